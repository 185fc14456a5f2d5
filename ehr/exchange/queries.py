"""Reading records for partners: always in scope, with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate
from ehr.common.identifiers import clean_number
from ehr.common.text import plain
from ehr.exchange.places import with_code
from ehr.exchange.serializers import care
from ehr.records import facts
from ehr.records.models import Encounter, HealthHistory, Household, Identifier, LabResult, Membership, Person
from ehr.vaccination.models import Immunization, VaccinationRecord
from stations.models import Organization, User

Values = dict[str, Any]
MOST_FOUND = 50
WHOLE = (
    "commune", "village", "province", "recorded_district", "birth_province", "ethnicity", "nationality", "religion",
    "occupation", "id_missing_reason", "merged_into",
)  # fmt: skip


def facilities() -> QuerySet[Organization]:
    return with_code(Organization.objects.all())


# --------------------------------------------------------------------------------------------------------------- people
def people(user: User, filters: Mapping[str, Any]) -> QuerySet[Person]:
    """People in the user's scope; `filters` as PeopleQuery gives them, with places as rows."""
    found = Person.objects.visible_to(user).select_related("commune", "village")
    found = found.filter(status=filters["status"]) if filters.get("status") else found.active()
    for name in ("commune", "village"):
        if filters.get(name):
            found = found.filter(**{name: filters[name]})
    if filters.get("updated_since"):
        found = found.filter(updated_at__gte=filters["updated_since"])
    if filters.get("household"):
        found = found.filter(membership_set__household=int(filters["household"]), membership_set__valid_to=None)
    return found


def search(user: User, asked: Mapping[str, Any]) -> list[Person]:
    """At most 50 people holding the identifier, now or formerly, or of this name and birth date."""
    found = Person.objects.visible_to(user).select_related("commune", "village")
    if asked.get("identifier"):
        holders = Identifier.objects.filter(value=clean_number(asked["identifier"])).values("person")
        found = found.filter(pk__in=holders)
    else:
        birth: PartialDate = asked["birth_date"]
        found = found.filter(
            plain_name=plain(asked["full_name"]), birth_date=birth.date, birth_precision=birth.precision
        )
    return list(found.order_by("pk")[:MOST_FOUND])


def summaries(rows: Iterable[Person]) -> list[Values]:
    """Lines of a list of people. One query beside theirs."""
    rows = list(rows)
    current = Membership.objects.filter(person__in=rows, valid_to=None).select_related("household")
    households = {membership.person_id: membership.household for membership in current}
    return [_summary(person, households.get(person.pk)) for person in rows]


def _summary(person: Person, household: Household | None) -> Values:
    return {
        "code": person.code,
        "full_name": person.full_name,
        "sex": person.sex,
        "birth_date": _birth(person),
        "current_commune": person.commune,
        "current_village_code": person.village,
        "household_id": household.pk if household else None,
        "household_code": household.code if household else None,
        "status": person.status,
        "version": person.version,
        "updated_at": person.updated_at,
    }


def _birth(person: Person) -> PartialDate | None:
    return PartialDate.of(person.birth_date, person.birth_precision)


def person(user: User, code: str, *, whole: bool = False) -> Person:
    """The person with this record code. Raises Person.DoesNotExist outside the scope. One query."""
    found = Person.objects.visible_to(user)
    if whole:
        found = found.select_related(*WHOLE).prefetch_related(Prefetch("station", facilities()))
    return found.get(code=code)


def person_values(row: Person) -> Values:
    """Section A with its extras and what PersonMeta shows; `row` of `person(whole=True)`."""
    household, _ = facts.household_of(row)
    return {
        **facts.section_a(row),
        "code": row.code,
        "version": row.version,
        "household_id": household.pk if household else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "section_a_complete_on": row.section_a_complete_on,
        "merged_into": row.merged_into.code if row.merged_into else None,
    }


def history_values(row: Person) -> Values:
    """Section B with its version, 0 when nobody asked yet."""
    history = HealthHistory.objects.filter(person=row).first()
    return {
        **facts.section_b(row),
        "version": history.version if history else 0,
        "updated_at": history.updated_at if history else None,
    }


# --------------------------------------------------------------------------------------------------------- vaccinations
def vaccination_values(row: Person) -> Values:
    """Section C: the printed rows by code and the other doses, with its version. Three queries."""
    record = VaccinationRecord.objects.filter(person=row).first()
    doses = Immunization.objects.filter(person=row).select_related("form_row", "vaccine").order_by("pk")
    rows: dict[str, Immunization] = {}
    extra: list[Values] = []
    for dose in doses.prefetch_related(Prefetch("facility", facilities())):
        if dose.form_row:
            rows[dose.form_row.code] = dose
        else:
            extra.append({**_columns(dose), "id": dose.pk, "vaccine": dose.vaccine.code})
    return {
        "rows": rows,
        "extra": extra,
        "mother_tetanus_dose_count": _mother_doses(record),
        "version": record.version if record else 0,
        "updated_at": record.updated_at if record else None,
    }


def _columns(dose: Immunization) -> Values:
    return {field.name: getattr(dose, field.name) for field in dose._meta.concrete_fields if field.name != "person"}


def _mother_doses(record: VaccinationRecord | None) -> Any:
    name = "mother_tetanus_dose_count"
    return Answer.of(getattr(record, name), record.answer_state(name)) if record else None


# --------------------------------------------------------------------------------------------------------------- visits
def visits(user: User) -> QuerySet[Encounter]:
    """Visits in the user's scope with their lists. Eleven queries when read."""
    labs = LabResult.objects.select_related("group", "loinc")
    return (
        Encounter.objects.visible_to(user)
        .select_related("person")
        .prefetch_related(
            "examfinding_set",
            "diagnosis_set",
            Prefetch("labresult_set", labs),
            Prefetch("facility", facilities()),
            *care.PREFETCHED,
        )
    )


def visit_values(row: Encounter) -> Values:
    """Section D of one visit with what VisitMeta shows. No query for rows of `visits`."""
    return {
        **facts.section_d(row),
        **care.values_of(row),
        "id": row.pk,
        "person": row.person.code,
        "version": row.version,
        "status": row.status,
        "status_reason": row.status_reason,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


# ----------------------------------------------------------------------------------------------------------- households
def households(user: User, filters: Mapping[str, Any]) -> QuerySet[Household]:
    """Households in the user's scope; `filters` as HouseholdsQuery gives them, with places as rows."""
    found = Household.objects.visible_to(user).select_related("commune", "village")
    for name, path in (("commune", "commune"), ("village", "village"), ("household_code", "code")):
        if filters.get(name):
            found = found.filter(**{path: filters[name]})
    if filters.get("updated_since"):
        found = found.filter(updated_at__gte=filters["updated_since"])
    return found


def members(user: User, household: Household) -> list[Membership]:
    """Present members that the user may see. One query."""
    rows = Membership.objects.visible_to(user).filter(household=household, valid_to=None)
    return list(rows.select_related("person", "relation").order_by("-is_head", "pk"))


def member_values(row: Membership) -> Values:
    """One line of the members of a household."""
    return {
        "person": row.person.code,
        "full_name": row.person.full_name,
        "sex": row.person.sex,
        "birth_date": _birth(row.person),
        "relation_to_head": row.relation,
        "is_head": row.is_head,
        "valid_from": row.valid_from,
        "status": row.person.status,
    }
