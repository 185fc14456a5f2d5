"""Children of birth papers (XML9): found among the mother's children or by the numbers of the paper, else made; linked
to the mother and to the delivery. A child is made once for all versions of a claim and all claims of a birth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.claims.claim import Row
from ehr.claims.identity.patients import identity_number
from ehr.claims.models import ClaimTask
from ehr.claims.record.notices import Draft
from ehr.claims.record.papers import certificate_number
from ehr.claims.record.people import write_facts, write_what_fits
from ehr.claims.record.plan import Plan
from ehr.claims.record.texts import day, line
from ehr.common.dates import PartialDate, Precision, format_date
from ehr.common.identifiers import BHYT_CARD, clean_number
from ehr.common.problems import raise_errors
from ehr.common.text import name_key, title_name
from ehr.records import bulk
from ehr.records.models import Delivery, Identifier, Person
from ehr.records.services.common import require_person
from stations.models import User

MADE = "made"  # `field` of the task about a child whose record a claim made
_NUMBERS = ("BIRTH_CERT_NO", "BHYT_CARD")


def link(plans: Iterable[Plan]) -> dict[int, list[Draft]]:
    """Links the deliveries of these plans to their children; what to look at, by claim. Fixed number of statements."""
    births = [each for each in plans if each.encounter is not None and each.claim.rows("XML9")]
    if not births:
        return {}
    notices: dict[int, list[Draft]] = defaultdict(list)
    waiting = _waiting(births)
    papers = []
    for each in births:
        for row in each.claim.rows("XML9"):
            delivery = _take(waiting[each.encounter_id or 0], row)
            if delivery is None:
                continue
            if _is_mother(each, row):
                papers.append((each, row, delivery))
            else:
                words = joined_words(row)
                notices[each.pair.claim_pk].append(
                    Draft(ClaimTask.Kind.NEWBORN, "mother", "", f"Người ghi trên giấy chứng sinh khác với mẹ: {words}")
                )
    found = _children(papers)
    new = [paper for paper in papers if paper[2].pk not in found]
    made = _make(new)
    for each, row, delivery in papers:
        child = found.get(delivery.pk) or made.get(delivery.pk)
        if child is None:
            notices[each.pair.claim_pk].append(
                Draft(ClaimTask.Kind.NEWBORN, "refused", "", f"Chưa lập được hồ sơ cho trẻ: {joined_words(row)}")
            )
    _connect([(delivery.pk, found.get(delivery.pk) or made.get(delivery.pk), delivery.person_id)
              for _, _, delivery in papers])  # fmt: skip
    _tell(births, notices)
    return notices


def joined_words(row: Row) -> str:
    """A child in words."""
    born = day(row.values, "NGAY_SINH_CON")
    return f"{title_name(line(row.values, 'HO_TEN_CON')) or 'chưa đặt tên'}, sinh ngày {format_date(born)}"


def _waiting(births: Sequence[Plan]) -> dict[int, list[Delivery]]:
    """Deliveries of these visits that have no child yet."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    keys = [each.encounter_id for each in births]
    for row in Delivery.objects.filter(encounter__in=keys, child=None).order_by("pk"):
        found[row.encounter_id or 0].append(row)
    return found


def _take(deliveries: list[Delivery], row: Row) -> Delivery | None:
    """The delivery of a birth paper."""
    number, name, born = certificate_number(row), line(row.values, "HO_TEN_CON", 255), day(row.values, "NGAY_SINH_CON")
    for delivery in deliveries:
        if (delivery.certificate_number, delivery.child_name, delivery.born_on) == (number, name, born):
            deliveries.remove(delivery)
            return delivery
    return None


def _is_mother(plan: Plan, row: Row) -> bool:
    """Whether the paper is about the patient: by number, then by social-insurance number; without both it is."""
    main = plan.claim.main
    if main is None:
        return False
    paper, own = identity_number(row.text("SO_CCCD_NND")), identity_number(main.text("SO_CCCD"))
    if paper and own:
        return paper == own
    insured = clean_number(row.text("MA_BHXH_NND") or row.text("MA_THE_NND"))[-10:]
    cards = {clean_number(card)[-10:] for card in (main.items("MA_THE_BHYT") or main.items("MA_THE"))}
    return not insured or not cards or insured in cards


Paper = tuple[Plan | None, Row, Delivery]


def _card(row: Row) -> str:
    card = clean_number(row.text("MA_THE_TAM"))
    return card if BHYT_CARD.fullmatch(card) else ""


def _children(papers: Sequence[Paper]) -> dict[int, int]:
    """Known children, by delivery: by a number of the paper, else a child of the mother of this day and sex (of twins
    the one of the name). Two queries."""
    wanted = {number for _, row, _ in papers for number in (_certificate(row), _card(row)) if number}
    numbers = dict(
        Identifier.objects.filter(value__in=wanted, kind__in=_NUMBERS, valid_to=None)
        .exclude(person__status__in=(Person.Status.ERROR, Person.Status.DUPLICATE))
        .values_list("value", "person_id")
    )
    mothers = {delivery.person_id for _, _, delivery in papers}
    own: dict[tuple[int, Any], list[Person]] = defaultdict(list)
    children = Person.objects.active().filter(mother__in=mothers, born_of=None).order_by("pk")
    for child in children:
        own[child.mother_id or 0, child.birth_date].append(child)
    found: dict[int, int] = {}
    for _, row, delivery in papers:
        known = numbers.get(_certificate(row)) or numbers.get(_card(row))
        if known is None:
            same = own[delivery.person_id, delivery.born_on]
            fitting = [child for child in same if delivery.child_sex in ("3", "") or child.sex == delivery.child_sex]
            named = [child for child in fitting if name_key(child.full_name) == name_key(delivery.child_name)]
            several = sum(1 for _, _, other in papers if other.person_id == delivery.person_id) > 1
            best = named or ([] if several else fitting)
            if len(best) == 1:
                known = best[0].pk
                same.remove(best[0])
        if known is not None and known not in found.values():
            found[delivery.pk] = known
    return found


def _certificate(row: Row) -> str:
    """As an identifier keeps it."""
    return certificate_number(row)[:30]


def _make(papers: Sequence[Paper]) -> dict[int, int]:
    """Records of children nobody knows, at the mother's home, by the rules of every other door; by delivery."""
    if not papers:
        return {}
    homes = Person.objects.select_related("ethnicity", "nationality", "commune", "village")
    mothers = homes.in_bulk({delivery.person_id for _, _, delivery in papers})
    rows = [bulk.BulkRow(delivery.pk, _values(row, delivery, mothers[delivery.person_id]), None)
            for _, row, delivery in papers]  # fmt: skip
    plan = papers[0][0]
    outcomes = write_facts(rows, plan.pair.file.pk if plan is not None else 0)
    return {row.key: outcome.person_id for row, outcome in zip(rows, outcomes, strict=True) if outcome.person_id}


def _values(row: Row, delivery: Delivery, mother: Person) -> dict[str, Any]:
    name = title_name(line(row.values, "HO_TEN_CON", 100)) or f"Con bà {mother.full_name}"[:100]
    values = {
        "full_name": name,
        "sex": delivery.child_sex if delivery.child_sex in ("1", "2", "3") else "3",
        "birth_date": PartialDate(delivery.born_on, Precision.DAY),
        "ethnicity": mother.ethnicity.code if mother.ethnicity else "",
        "nationality": mother.nationality.code if mother.nationality else "",
        "current_commune": mother.commune.code,
        "current_village_code": mother.village.code if mother.village else "",
        "current_address_detail": mother.address_detail,
        "mother_name": mother.full_name,
        "father_name": title_name(line(row.values, "HO_TEN_CHA", 100)),
        "birth_certificate_number": _certificate(row),
        "health_insurance_number": _card(row),
        "identity_source": Person.IdentitySource.INSURANCE.value,
        "birth_weight_g": str(delivery.weight_g) if delivery.weight_g else "",
    }
    return {code: value for code, value in values.items() if value}


@transaction.atomic
def take(encounter_id: int | None, row: Row, *, by: User) -> tuple[Person | None, bool]:
    """The child of this birth paper, found or made by somebody who says that it is a child of the patient; whether its
    record was made. No child when the delivery is gone or has one. Raises ValidationError, PermissionDenied."""
    waiting = Delivery.objects.filter(encounter=encounter_id, child=None).order_by("pk").select_for_update(of=("self",))
    delivery = _take(list(waiting), row) if encounter_id else None
    if delivery is None:
        return None, False
    known: int | None = _children([(None, row, delivery)]).get(delivery.pk)
    made = known is None
    if known is not None:
        require_person(by, Person.objects.get(pk=known))
    else:
        mother = Person.objects.select_related("ethnicity", "nationality", "commune", "village").get(
            pk=delivery.person_id
        )
        new = bulk.BulkRow(delivery.pk, _values(row, delivery, mother), None)
        (outcome,) = write_what_fits([new], lambda rows: bulk.write(rows, by=by, door="screen", today=localdate()))
        raise_errors(outcome.problems if outcome.fate == "refused" else ())
        known = outcome.person_id
    with audit.copy_context(by=by, door="screen"):
        _connect([(delivery.pk, known, delivery.person_id)])
    return (Person.objects.get(pk=known) if known else None), made


def _connect(links: Sequence[tuple[int, int | None, int]]) -> None:
    """(delivery, child, mother). A child that has a mother keeps her."""
    pairs = [(delivery, child, mother) for delivery, child, mother in links if child]
    if not pairs:
        return
    deliveries, children, mothers = (list(column) for column in zip(*pairs, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_delivery d SET child_id = v.child, updated_at = now() "
            "FROM unnest(%s::bigint[], %s::bigint[]) v(delivery, child) WHERE d.id = v.delivery AND d.child_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM records_delivery o WHERE o.child_id = v.child)",
            [deliveries, children],
        )
        cursor.execute(
            "UPDATE records_person p SET mother_id = v.mother, updated_at = now() "
            "FROM unnest(%s::bigint[], %s::bigint[]) v(child, mother) WHERE p.id = v.child AND p.mother_id IS NULL",
            [children, mothers],
        )
        cursor.execute(
            "UPDATE records_relative r SET linked_person_id = v.mother FROM unnest(%s::bigint[], %s::bigint[]) "
            "v(child, mother) WHERE r.person_id = v.child AND r.role = 'mother' AND r.linked_person_id IS NULL",
            [children, mothers],
        )


def _tell(births: Sequence[Plan], notices: dict[int, list[Draft]]) -> None:
    """A task for each child of these births: its name may be a planned one, and its household is to be chosen. The same
    words for every version, so that the task comes once."""
    by_visit = {each.encounter_id: each for each in births}
    rows = Delivery.objects.filter(encounter__in=list(by_visit), child__isnull=False).select_related("child")
    for row in rows.order_by("pk"):
        plan = by_visit[row.encounter_id]
        code = row.child.code if row.child else ""
        words = f"Hồ sơ {code}, sinh ngày {format_date(row.born_on)}: xem lại họ tên, hộ gia đình"
        notices[plan.pair.claim_pk].append(Draft(ClaimTask.Kind.NEWBORN, MADE, "", words))
