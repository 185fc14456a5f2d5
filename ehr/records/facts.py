"""Reading a record as the flat dictionary of form-831 field codes that every door speaks.

Texts, numbers and dates that may be answered "không có" or "không biết" come as `Answer`; a birth date as
`PartialDate`; codes, units and villages as their rows; tick boxes as "yes", "no", "unknown" or "" (not asked)."""

from __future__ import annotations

import time
from typing import Any

from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, Precision
from ehr.records.models import (
    Address,
    Allergy,
    Condition,
    Disability,
    Encounter,
    FamilyHistory,
    HealthHistory,
    Household,
    Identifier,
    Membership,
    Person,
    Relative,
    Surgery,
)  # fmt: skip
from ehr.records.models.base import Answered
from ehr.records.sections import SECTION_B, a, b, d
from stations.models import AdminUnit

Values = dict[str, Any]
IDENTITY_KINDS = ("SDDCN", "CMND9", "FOREIGN_ID", "PASSPORT", "ID_CERTIFICATE")
INSURANCE_KINDS = ("BHYT_CARD",)
# Columns of HealthHistory whose value says it all; the others may also be answered "không có" or "không biết".
CHOICES_OR_DATE = frozenset(
    field.name for field in HealthHistory._meta.fields if field.choices or field.name == "surveyed_on"
)
PERSON_CODES = {
    "ethnicity": "ethnicity", "nationality": "country", "religion": "religion", "occupation": "occupation",
    "id_missing_reason": "id-missing-reason",
}  # fmt: skip
PERSON_UNITS = frozenset({"commune", "province", "birth_province", "recorded_district"})
TICKS = frozenset(item.code for item in SECTION_B.items() if item.kind == "bool")
_KINDS: dict[str, tuple[float, dict[str, Code]]] = {}
_KEEP_SECONDS = 60


def codes_of(system: str) -> dict[str, Code]:
    """Codes of a small list by code, the latest release winning; read again once a minute."""
    now = time.monotonic()
    kept = _KINDS.get(system)
    if kept is None or now - kept[0] > _KEEP_SECONDS or not kept[1]:
        rows = Code.objects.filter(system__key=system).order_by("release__valid_from", "pk")
        kept = _KINDS[system] = (now, {code.code: code for code in rows})
    return kept[1]


def household_of(person: Person) -> tuple[Household | None, Membership | None]:
    """The present household and membership. One query."""
    membership = (
        Membership.objects.filter(person=person, valid_to=None).select_related("household__village", "relation").first()
    )
    return (membership.household, membership) if membership else (None, None)


def section_a(person: Person) -> Values:
    """Section A of one person. Five queries beside the person's own; a sixth for the managing station."""
    _read_related(person)
    household, membership = household_of(person)
    identifiers = {row.kind: row for row in Identifier.objects.filter(person=person, valid_to=None).order_by("pk")}
    permanent = (
        Address.objects.filter(person=person, use="permanent", valid_to=None)
        .select_related("commune", "district", "province", "village")
        .first()
    )
    relatives = {row.role: row for row in Relative.objects.filter(person=person).exclude(role="other")}
    return section_a_from(person, household, membership, identifiers, permanent, relatives)


def _read_related(person: Person) -> None:
    """The codes and units to which the person's row points, unless they were read with it: codes from the lists kept
    in memory, all units by one query. Joining ten tables to one row takes the database and us several times as long."""
    missing = {*PERSON_CODES, *PERSON_UNITS} - person._state.fields_cache.keys()
    for name in missing & PERSON_CODES.keys():
        key = getattr(person, f"{name}_id")
        code = next((code for code in codes_of(PERSON_CODES[name]).values() if code.pk == key), None)
        if code is not None or key is None:  # one of a former release is read when it is asked for
            setattr(person, name, code)
    keys = {name: getattr(person, f"{name}_id") for name in missing & PERSON_UNITS}
    wanted = {key for key in keys.values() if key}
    units = AdminUnit.objects.select_related("parent").in_bulk(wanted) if wanted else {}
    for name, key in keys.items():
        setattr(person, name, units.get(key))


def section_a_from(person, household, membership, identifiers, permanent, relatives) -> Values:
    """Section A from rows already read; `identifiers` by kind, `relatives` by role."""
    rows = {"person": person, "household": household, "membership": membership}
    identity = next((identifiers[kind] for kind in IDENTITY_KINDS if kind in identifiers), None)
    values: Values = {}
    for code, store in (a.STORES | a.EXTRA_STORES).items():
        table, _, rest = store.partition(".")
        if table == "identifier":
            kind, _, column = rest.partition(".")
            row = identity if kind == "identity" else identifiers.get(kind)
            value = getattr(row, column or "value") if row else ("" if not column.endswith("_on") else None)
        elif table == "address":
            value = getattr(permanent, rest.partition(".")[2], None)
        elif table == "relative":
            role, _, column = rest.partition(".")
            value = getattr(relatives.get(role), column, None)
        else:
            value = getattr(rows[table], rest, None)
        values[code] = _answer(person, code, value) if code in a.ANSWERABLE else ("" if value is None else value)
    values["birth_date"] = PartialDate(person.birth_date, Precision(person.birth_precision))
    return values


def _answer(row: Answered, name: str, value: Any) -> Answer:
    if value not in (None, ""):
        return Answer(value, "value")
    if name in row.answered_none:
        return Answer.NONE
    return Answer.UNKNOWN if name in row.answered_unknown else Answer.NOT_ASKED


def section_b(person: Person) -> Values:
    """Section B of one person. Seven queries."""
    history = HealthHistory.objects.filter(person=person).first() or HealthHistory(person=person)
    household, _ = household_of(person)
    return section_b_from(
        history,
        household,
        {
            "allergy": list(Allergy.objects.filter(person=person).order_by("pk")),
            "condition": list(Condition.objects.filter(person=person).order_by("pk")),
            "disability": list(Disability.objects.filter(person=person).order_by("pk")),
            "family": list(FamilyHistory.objects.filter(person=person).order_by("pk")),
        },
        list(Surgery.objects.filter(person=person)),
    )


def section_b_from(history, household, lists, surgeries) -> Values:
    """Section B from rows already read; `lists` holds the rows of allergy, condition, disability and family."""
    by_kind = lines_by_kind(lists)
    values: Values = {}
    for code, store in (b.STORES | b.EXTRA_STORES).items():
        table, _, rest = store.partition(".")
        if table == "history":
            value = getattr(history, rest)
            values[code] = value if rest in CHOICES_OR_DATE else _answer(history, rest, value)
        elif table == "household":
            values[code] = household.toilet_type if household else ""
        elif table == "surgery":
            values[code] = _answer(history, code, "\n".join(str(row) for row in surgeries))
        else:
            kind, _, column = rest.partition(".")
            rows = by_kind.get((table, kind), [])
            if column == "relative":
                values[code] = "; ".join(dict.fromkeys(row.relative for row in rows if row.relative))
            else:
                values[code] = _line_value(code, rows)
    return values


def lines_by_kind(lists) -> dict[tuple[str, str], list]:
    """Rows of the lists by (table, number of the kind): ("condition", "6"), ("family_allergy", "1")…"""
    found: dict[tuple[str, str], list] = {}
    systems = {
        code.pk: code.code
        for key in ("allergy-kind", "own-disease", "disability-kind")
        for code in codes_of(key).values()
    }
    for table, rows in lists.items():
        for row in rows:
            if table == "family":
                name = "family_allergy" if row.allergy_kind_id else "family_disease"
                kind = systems[row.allergy_kind_id or row.disease_kind_id]
            else:
                name, kind = table, systems[row.kind_id]
            found.setdefault((name, kind), []).append(row)
    return found


def _line_value(code: str, rows: list) -> Any:
    if code in TICKS:
        answers = {row.answer for row in rows}
        return next((answer for answer in ("yes", "unknown", "no") if answer in answers), "")
    details = [row.detail for row in rows if row.answer == "yes"]
    if details:
        return Answer("\n".join(detail or "Có" for detail in details), "value")
    answers = {row.answer for row in rows}
    return Answer.UNKNOWN if "unknown" in answers else Answer.NONE if "no" in answers else Answer.NOT_ASKED


def section_d(encounter: Encounter) -> Values:
    """One visit. Three queries beside its own (none when its lists were prefetched)."""
    values: Values = {}
    for code, store in (d.STORES | d.EXTRA_STORES).items():
        table, _, rest = store.partition(".")
        if table == "encounter":
            values[code] = getattr(encounter, rest)
    kinds = {code.pk: code.code for code in codes_of("organ-system").values()}
    findings = {kinds[row.system_id]: row.finding for row in encounter.examfinding_set.all()}
    for code, store in d.STORES.items():
        if store.startswith("finding."):
            values[code] = findings.get(store.partition(".")[2], "")
    values["labs"] = list(encounter.labresult_set.all())
    values["diagnoses"] = list(encounter.diagnosis_set.all())
    return values
