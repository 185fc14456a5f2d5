"""Claims that waited for their person, and those that waited for a decision."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from ehr.claims.identity import newcomers
from ehr.claims.identity.entering import enter, leave
from ehr.claims.identity.patients import Patient, patient_of
from ehr.claims.identity.places import homes
from ehr.claims.identity.who import Match, search
from ehr.claims.models import Claim
from ehr.claims.patient import hashes, told
from ehr.claims.storing.document import claim_of
from ehr.records.models import Identifier, Person
from stations.models import User
from stations.scope import scope_of

CHUNK = 500
_MARK = "claims:rematch:mark"
_TRACKED = ("PersonEvent", "IdentifierEvent")

# Waiting claims that say a number, card or name of one of these people.
_ABOUT = """
    SELECT c.id FROM claims_claim c
    WHERE c.match IN ('foreign', 'unmatched') AND c.id IN (
        SELECT id FROM claims_claim WHERE number <> '' AND match IN ('foreign', 'unmatched')
            AND number IN (SELECT value FROM records_identifier WHERE person_id = ANY(%(people)s))
        UNION ALL
        SELECT id FROM claims_claim WHERE match IN ('foreign', 'unmatched')
            AND cards && ARRAY(SELECT value FROM records_identifier WHERE person_id = ANY(%(people)s)
                               AND kind IN ('BHYT_CARD', 'BHXH_NO'))::varchar[]
        UNION ALL
        SELECT id FROM claims_claim WHERE match IN ('foreign', 'unmatched') AND blind && %(blind)s::varchar[]
        UNION ALL
        SELECT id FROM claims_claim WHERE match IN ('foreign', 'unmatched')
            AND name_key IN (SELECT replace(plain_name, 'y', 'i') FROM records_person WHERE id = ANY(%(people)s)))"""


def rematch(people: Collection[int] | None = None) -> int:
    """Looks again for the people of waiting claims: of those that these people may be meant by, or of all. Gives how
    many claims found somebody. A transaction for each 500; claims that another worker holds are left to it."""
    found = 0
    for keys in _pages(people):
        found += _rematch(keys)
    return found


def _pages(people: Collection[int] | None) -> Iterator[list[int]]:
    if people is None:
        waiting = Claim.objects.waiting().order_by("pk").values_list("pk", flat=True)
        keys = list(waiting[:CHUNK])
        while keys:
            yield keys
            keys = list(waiting.filter(pk__gt=keys[-1])[:CHUNK])
        return
    with connection.cursor() as cursor:
        cursor.execute(_ABOUT, {"people": list(people), "blind": _hashes(people)})
        keys = sorted(key for (key,) in cursor.fetchall())
    yield from (keys[at : at + CHUNK] for at in range(0, len(keys), CHUNK))


@transaction.atomic
def _rematch(keys: Sequence[int]) -> int:
    rows = Claim.objects.waiting().filter(pk__in=keys).select_for_update(skip_locked=True, no_key=True, of=("self",))
    claims = {claim.pk: claim for claim in rows.order_by("pk")}
    patients = [_patient(claim) for claim in claims.values()]
    places = dict(zip(claims, homes(patients), strict=True))
    answers = search(patients, places)
    for key, answer in answers.items():
        claim = claims[key]
        claim.person_id, claim.match, claim.candidates = answer.person_id, answer.match, answer.candidates
    changed = [claims[key] for key in answers]
    Claim.objects.bulk_update(changed, ["person", "match", "candidates"], batch_size=CHUNK)
    enter([claim for claim in changed if claim.person_id], by=None)
    return len(changed)


def _hashes(people: Collection[int]) -> list[str]:
    """What restricted claims keep of the numbers and names of these people; nothing while no such claim waits."""
    if not Claim.objects.waiting().exclude(restricted=[]).exists():
        return []
    numbers = Identifier.objects.filter(person__in=people).order_by().values_list("value", flat=True)
    names = Person.objects.filter(pk__in=people).order_by().values_list("plain_name", flat=True)
    return hashes(numbers, (name.replace("y", "i") for name in names))


def _patient(claim: Claim) -> Patient:
    """Also of a restricted claim: it is opened for the machine only."""
    said = told(claim)
    return Patient(claim.pk, said.full_name, said.birth, said.sex, said.number, said.cards, commune_id=claim.commune_id)


def rematch_changed() -> int:
    """Looks again for the people that came or changed since the last time, as the history tells. What a slow
    transaction wrote before is seen by the next call, which begins where the one before this one ended; what was loaded
    without history waits for the night."""
    found = 0
    marks: dict[str, tuple[int, int]] = cache.get(_MARK) or {}
    people: set[int] = set()
    for name in _TRACKED:
        model = apps.get_model("records", name)
        last = model._default_manager.aggregate(last=Max("pgh_id"))["last"] or 0
        before, since = marks.get(name, (last, last))
        if last > before:
            rows: QuerySet = model._default_manager.filter(pgh_id__gt=before, pgh_id__lte=last)
            column = "pgh_obj_id" if name == "PersonEvent" else "person_id"
            people |= set(rows.order_by().values_list(column, flat=True))
        marks[name] = (since, last)
    if people:
        found = rematch(people)
    cache.set(_MARK, marks, None)
    return found


# --- Decisions -------------------------------------------------------------------------------------------------------

GONE = "Hồ sơ này không còn chờ quyết định."
OTHER = "Người được chọn không có trong danh sách hồ sơ có thể đúng."
NOT_OURS = "Không lập hồ sơ mới được: hồ sơ BHYT không ghi rõ người này cư trú ở xã/phường của bạn, hoặc thiếu họ tên, \
ngày sinh, giới tính."
MADE = "Đã lập hồ sơ mới theo quyết định này nên không lấy lại riêng được; nếu nhầm, hãy hoàn tác tệp rồi gửi lại."
NOT_THEIRS = "Hồ sơ BHYT không thuộc người này"


@transaction.atomic
def decide(claim: Claim, *, by: User, person: Person | None = None, new: bool = False, foreign: bool = False) -> Claim:
    """Keeps who a claim of the decision list is about: `person`, one of its candidates; a `new` resident, whose record
    the claim makes; or somebody `foreign`, who is not of ours. None of them takes a decision back (not that of a new
    record). The claim then goes into the record of its person.

    Raises PermissionDenied without the right or for a claim or person that `by` may not see, ValidationError
    (`claim.state`, `person.candidate`, `person.refused`)."""
    scope = scope_of(by)
    if not scope.can("record.change") or not Claim.objects.visible_to(by).filter(pk=claim.pk).exists():
        raise PermissionDenied
    claim = Claim.objects.select_for_update(of=("self",)).select_related("current__file").get(pk=claim.pk)
    if not (person or new or foreign):
        return _reopen(claim, by=by)
    if claim.match != Match.AMBIGUOUS or claim.decided_by_id is not None:
        raise ValidationError(GONE, code="claim.state")
    if person is not None:
        if person.pk not in {int(key) for key, _ in claim.candidates}:
            raise ValidationError(OTHER, code="person.candidate")
        if not Person.objects.visible_to(by).filter(pk=person.pk).exists():
            raise PermissionDenied
        claim.person, claim.match = person, Match.MATCHED
    elif new:
        claim.person_id, claim.match = _make(claim, by=by), Match.NEW
    else:
        claim.match = Match.FOREIGN
    claim.decided_by = by
    claim.save(update_fields=["person", "match", "decided_by", "updated_at"])
    if claim.person_id:
        enter([claim], by=by)
    return claim


def _make(claim: Claim, *, by: User) -> int:
    """A record for the patient, in a commune of the user's."""
    if claim.current is None:
        raise ValidationError(GONE, code="claim.state")
    patient = patient_of(claim_of(claim.current), claim.pk)
    (home,) = homes([patient])
    scope = scope_of(by)
    ours = home.commune is not None and (home.commune.pk in scope.communes or home.commune.parent_id in scope.provinces)
    if not (home.served and ours):
        raise ValidationError(NOT_OURS, code="person.refused")
    made = newcomers.make([patient], {patient.position: home}, batch=claim.current.file_id).get(patient.position)
    if made is None or made.person_id is None:
        raise ValidationError(NOT_OURS, code="person.refused")
    return made.person_id


def _reopen(claim: Claim, *, by: User) -> Claim:
    if claim.decided_by_id is None or not claim.candidates:
        raise ValidationError(GONE, code="claim.state")
    if claim.match == Match.NEW:
        raise ValidationError(MADE, code="claim.state")
    leave(claim, by=by, reason=NOT_THEIRS)
    claim.person, claim.match, claim.decided_by, claim.encounter = None, Match.AMBIGUOUS, None, None
    claim.save(update_fields=["person", "match", "decided_by", "encounter", "updated_at"])
    return claim


__all__ = ["decide", "rematch", "rematch_changed"]
