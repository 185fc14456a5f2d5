"""Reading a record as the flat dictionary of form-831 field codes that every door speaks.

Texts, numbers and dates that may be answered "không có" or "không biết" come as `Answer`; a birth date as
`PartialDate`; codes, units and villages as their rows; tick boxes as "yes", "no", "unknown" or "" (not asked)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, Precision
from ehr.common.prepared import Prepared
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
from stations import memory
from stations.models import AdminUnit, Organization, Village

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
PERSON_PLACES = ("village", "commune", "province", "birth_province", "recorded_district", "station")
_PLACE: dict[Any, Callable[[int | None], Any]] = {
    AdminUnit: memory.unit, Village: memory.village, Organization: memory.organization,
}  # fmt: skip
TICKS = frozenset(item.code for item in SECTION_B.items() if item.kind == "bool")
_KINDS: dict[str, tuple[float, dict[str, Code]]] = {}
_BY_KEY: dict[str, tuple[dict[str, Code], dict[int, Code]]] = {}
_KEEP_SECONDS = 60

_MEMBERSHIP = Prepared(
    lambda key: Membership.objects.filter(person=key, valid_to=None).select_related("household").order_by(), int
)
_IDENTIFIERS = Prepared(lambda key: Identifier.objects.filter(person=key).order_by("pk"), int)
_PERMANENT = Prepared(lambda key: Address.objects.filter(person=key, use="permanent", valid_to=None).order_by(), int)
_RELATIVES = Prepared(lambda key: Relative.objects.filter(person=key).exclude(role="other").order_by("pk"), int)
_HISTORY = Prepared(lambda key: HealthHistory.objects.filter(person=key).order_by(), int)
_SURGERIES = Prepared(lambda key: Surgery.objects.filter(person=key), int)
LISTS_OF_B = ("allergy", "condition", "disability", "family")
_LISTS = {
    name: Prepared(lambda key, model=model: model.objects.filter(person=key).order_by("pk"), int)  # type: ignore[misc]
    for name, model in (
        ("allergy", Allergy), ("condition", Condition), ("disability", Disability), ("family", FamilyHistory),
    )
}  # fmt: skip


def codes_of(system: str) -> dict[str, Code]:
    """Codes of a small list by code, the latest release winning; read again once a minute."""
    now = time.monotonic()
    kept = _KINDS.get(system)
    if kept is None or now - kept[0] > _KEEP_SECONDS or not kept[1]:
        rows = Code.objects.filter(system__key=system).order_by("release__valid_from", "pk")
        kept = _KINDS[system] = (now, {code.code: code for code in rows})
    return kept[1]


def code_of(system: str, pk: int | None) -> Code | None:
    """The code with this key, from the lists in memory; None for no key, and for one of a former release."""
    if pk is None:
        return None
    codes = codes_of(system)
    kept = _BY_KEY.get(system)
    if kept is None or kept[0] is not codes:
        kept = _BY_KEY[system] = (codes, {code.pk: code for code in codes.values()})
    return kept[1].get(pk)


def household_of(person: Person) -> tuple[Household | None, Membership | None]:
    """The present household, with its places, and membership. One query."""
    membership = _MEMBERSHIP.first(person.pk)
    if membership is None:
        return None, None
    household = membership.household
    put_places(household, "village", "commune", "province")
    relation = code_of("relation-831", membership.relation_id)
    if relation is not None:
        membership.relation = relation
    return household, membership


def put_places(row: Any, *names: str) -> None:
    """Fills foreign keys to units, villages and stations that were not read with the row, from memory."""
    for name in names:
        if name not in row._state.fields_cache:
            field = row._meta.get_field(name)
            setattr(row, name, _PLACE[field.related_model](getattr(row, field.attname)))


def section_a(person: Person) -> Values:
    """Section A of one person. Four queries beside the person's own."""
    household, membership, identifiers, permanent, relatives = rows_of_a(person)
    current = {row.kind: row for row in identifiers if row.valid_to is None}
    return section_a_from(person, household, membership, current, permanent, relatives)


def rows_of_a(person: Person) -> tuple[Household | None, Membership | None, list[Identifier], Any, dict[str, Relative]]:
    """The rows around a person that section A shows, former numbers too; relatives by role. Four queries."""
    _read_related(person)
    household, membership = household_of(person)
    identifiers = _IDENTIFIERS.all(person.pk)
    permanent = _PERMANENT.first(person.pk)
    if permanent is not None:
        put_places(permanent, "commune", "district", "province", "village")
    relatives = {row.role: row for row in _RELATIVES.all(person.pk)}
    for row in relatives.values():
        relation = code_of("relation-831", row.relation_id)
        if relation is not None:
            row.relation = relation
    return household, membership, identifiers, permanent, relatives


def _read_related(person: Person) -> None:
    """The codes and units to which the person's row points, unless they were read with it, from the lists kept in
    memory. Joining ten tables to one row takes the database and us several times as long."""
    missing = PERSON_CODES.keys() - person._state.fields_cache.keys()
    for name in missing:
        key = getattr(person, f"{name}_id")
        code = code_of(PERSON_CODES[name], key)
        if code is not None or key is None:  # one of a former release is read when it is asked for
            setattr(person, name, code)
    put_places(person, *PERSON_PLACES)


def section_a_from(person, household, membership, identifiers, permanent, relatives) -> Values:
    """Section A from rows already read; `identifiers` by kind, `relatives` by role."""
    identity = next((identifiers[kind] for kind in IDENTITY_KINDS if kind in identifiers), None)
    rows = {
        ("person", ""): person, ("household", ""): household, ("membership", ""): membership,
        ("address", "permanent"): permanent, ("identifier", "identity"): identity,
    }  # fmt: skip
    rows |= {("relative", role): row for role, row in relatives.items()}
    rows |= {("identifier", kind): row for kind, row in identifiers.items()}
    values: Values = dict(_NOTHING_OF_A)
    for where, codes, read in _READ_A:
        row = rows.get(where)
        if row is not None:
            for code, value in zip(codes, read(row), strict=True):
                if value is not None:
                    values[code] = value
    for code in a.ANSWERABLE:
        values[code] = _answer(person, code, values[code])
    values["birth_date"] = PartialDate(person.birth_date, Precision(person.birth_precision))
    return values


def _readers(stores: dict[str, str]) -> list[tuple[tuple[str, str], tuple[str, ...], Callable[[Any], Any]]]:
    """Per row of section A, its field codes and what reads all of them at once."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for code, store in stores.items():
        table, _, rest = store.partition(".")
        part, _, column = rest.partition(".") if table in ("identifier", "address", "relative") else ("", "", rest)
        found.setdefault((table, part), {})[code] = column or "value"
    return [(where, tuple(columns), _several(*columns.values())) for where, columns in found.items()]


def _several(*columns: str) -> Callable[[Any], Any]:
    """attrgetter that gives a tuple also for one column."""
    read = attrgetter(*columns)
    return read if len(columns) > 1 else lambda row: (read(row),)


_NOTHING_OF_A: Values = dict.fromkeys(a.STORES | a.EXTRA_STORES, "")
_READ_A = _readers(a.STORES | a.EXTRA_STORES)


def _answer(row: Answered, name: str, value: Any) -> Answer:
    if value not in (None, ""):
        return Answer(value, "value")
    if name in row.answered_none:
        return Answer.NONE
    return Answer.UNKNOWN if name in row.answered_unknown else Answer.NOT_ASKED


def section_b(person: Person) -> Values:
    """Section B of one person. Seven queries."""
    history = _HISTORY.first(person.pk) or HealthHistory(person=person)
    household, _ = household_of(person)
    return section_b_from(history, household, lists_of(person.pk), surgeries_of(person.pk))


def lists_of(
    person_id: int, names: Iterable[str] = ("allergy", "condition", "disability", "family")
) -> dict[str, list]:
    """Rows behind the lists of section B, oldest first; one query each."""
    return {name: _LISTS[name].all(person_id) for name in names}


def surgeries_of(person_id: int) -> list[Surgery]:
    """Operations, in the order of the form."""
    return _SURGERIES.all(person_id)


def section_b_from(history, household, lists, surgeries) -> Values:
    """Section B from rows already read; `lists` holds the rows of allergy, condition, disability and family."""
    values: Values = dict(NOTHING_OF_B)
    for code, value in zip(_CHOICES_OF_B, _read_choices(history), strict=True):
        values[code] = value
    for code, value in zip(_ANSWERS_OF_B, _read_answers(history), strict=True):
        values[code] = _answer(history, code, value)
    values["household_toilet_type"] = household.toilet_type if household else ""
    values["surgery_history"] = _answer(history, "surgery_history", "\n".join(str(row) for row in surgeries))
    for where, rows in lines_by_kind(lists).items():
        code, of_relative = _LINES_OF_B[where]
        values[code] = _line_value(code, rows)
        if of_relative:
            values[of_relative] = "; ".join(dict.fromkeys(row.relative for row in rows if row.relative))
    return values


def _lines_of_b() -> dict[tuple[str, str], tuple[str, str]]:
    """(table, number of the kind): field code of the line, and of its relative."""
    stores = b.STORES | b.EXTRA_STORES
    relatives = {store.removesuffix(".relative"): code for code, store in stores.items() if store.endswith(".relative")}
    lines = {}
    for code, store in stores.items():
        table, _, kind = store.partition(".")
        if table not in ("history", "household", "surgery") and not kind.endswith(".relative"):
            lines[table, kind] = code, relatives.get(store, "")
    return lines


_OF_HISTORY = tuple(code for code, store in (b.STORES | b.EXTRA_STORES).items() if store.startswith("history."))
_CHOICES_OF_B = tuple(code for code in _OF_HISTORY if code in CHOICES_OR_DATE)  # column and code have one name
_ANSWERS_OF_B = tuple(code for code in _OF_HISTORY if code not in CHOICES_OR_DATE)
_read_choices, _read_answers = _several(*_CHOICES_OF_B), _several(*_ANSWERS_OF_B)
_LINES_OF_B = _lines_of_b()
#: Section B of a person whom nobody asked yet.
NOTHING_OF_B: Values = {
    code: None if code == "surveyed_on" else "" if code in TICKS | CHOICES_OR_DATE | {"household_toilet_type"}
    or code.endswith("_person") else Answer.NOT_ASKED
    for code in b.STORES | b.EXTRA_STORES
}  # fmt: skip


def lines_by_kind(lists) -> dict[tuple[str, str], list]:
    """Rows of the lists by (table, number of the kind): ("condition", "6"), ("family_allergy", "1")…"""
    found: dict[tuple[str, str], list] = {}
    for table, rows in lists.items():
        for row in rows:
            if table == "family":
                name = "family_allergy" if row.allergy_kind_id else "family_disease"
                key = "allergy-kind" if row.allergy_kind_id else "own-disease"
                kind = _kind(key, row.allergy_kind_id or row.disease_kind_id)
            else:
                name, kind = table, _kind(_KIND_LISTS[table], row.kind_id)
            found.setdefault((name, kind), []).append(row)
    return found


_KIND_LISTS = {"allergy": "allergy-kind", "condition": "own-disease", "disability": "disability-kind"}


def _kind(system: str, key: int) -> str:
    """Number of a kind. Raises LookupError for one that its list lacks."""
    code = code_of(system, key)
    if code is None:
        raise LookupError(f"{system}: no kind with the key {key}")
    return code.code


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
