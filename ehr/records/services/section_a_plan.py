"""From values of section A to what is to be written, over rows already read: no query, one person or thousands.

`SectionA` first says what is wrong (`check`), then, with the person's key at hand, which rows come, change and end
(`columns`, `plan`). What needs other people's rows (a number in use, a twin, the household) is asked by the caller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from ehr.common import identifiers
from ehr.common.answers import Answer
from ehr.common.dates import Precision, age_on
from ehr.common.problems import errors
from ehr.common.text import plain, sort_key
from ehr.records import facts, rules
from ehr.records.models import Address, Household, Identifier, Membership, Person, Relative
from ehr.records.sections import a
from ehr.records.services.changes import Changes, Columns
from ehr.records.services.common import province_of
from ehr.records.services.fields import OF_A, empty_of
from ehr.records.services.places import Places
from ehr.records.services.section_a_checks import check_places
from ehr.records.services.section_a_input import NUMBERS, clean_values

ISSUE = {"id_issue_date": "issued_on", "id_issue_place": "issued_by"}
#: Names come again, among neighbours and between the checks of one row.
_plain, _sort_key = lru_cache(maxsize=8192)(plain), lru_cache(maxsize=8192)(sort_key)
_PRECISIONS = {precision: precision.value for precision in Precision}
DEFAULTS: Columns = {each.attname: empty_of(each) for each in Person._meta.concrete_fields if not each.generated}
# Table, row of it, column, whether that is a key, what it stores for nothing. A birth date is two columns.
_SORTED = {
    code: ("" if code == "birth_date" else place.table, place.part, place.attname, place.is_key, place.empty)
    for code, place in OF_A.items()
}


@dataclass(slots=True)
class StoredPerson:
    """Rows of one person that section A reads and writes: all identifiers, the present membership and household, the
    place of permanent registration, relatives by role. Nothing for a person who does not exist yet."""

    person: Any = None
    household: Any = None
    membership: Any = None
    identifiers: Sequence[Any] = ()
    permanent: Any = None
    relatives: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Section A as it is; empty for a new person."""
        if self.person is None:
            return {}
        current = {row.kind: row for row in self.identifiers if row.valid_to is None}
        return facts.section_a_from(
            self.person, self.household, self.membership, current, self.permanent, self.relatives
        )


def _nothing(value: Any) -> bool:
    """Empty in one of the ways in which a field can be."""
    kind = value.__class__
    return value is None or (kind is str and not value) or (kind is Answer and not value.state)


def _same(stored: Any, given: Any) -> bool:
    return given is stored or (_nothing(given) and _nothing(stored)) or given == stored


class SectionA:
    """One save of section A."""

    __slots__ = (
        "after", "before", "changed", "given", "left", "permanent", "place", "problems", "relatives", "stored", "today",
    )  # fmt: skip

    def __init__(
        self, stored: StoredPerson, values: Mapping[str, Any], places: Places, *, today: dt.date,
        household: Household | None = None,
    ) -> None:  # fmt: skip
        """Checks all that can be said from these rows alone; the findings stand in `problems`."""
        self.stored, self.today = stored, today
        self.before = before = stored.values()
        self.given, problems = clean_values(values, household, before, places)
        self.after = after = {**before, **self.given} if before else self.given
        # What no list has was given all the same: it is not also missing.
        given_codes = {f"{problem.field}.required" for problem in problems}
        problems += [each for each in rules.check_person(after, today=today) if each.code not in given_codes]
        problems += check_places(after)
        self.problems = problems
        if before:
            self.changed = {code: value for code, value in self.given.items() if not _same(before[code], value)}
        else:
            self.changed = {code: value for code, value in self.given.items() if not _nothing(value)}
        self.place = None if errors(problems) else self._place()
        # Known when the columns are: whether a residence is left; columns of relatives by role, of the address.
        self.left = False
        self.relatives: dict[str, Columns] = {}
        self.permanent: Columns = {}

    def _place(self) -> tuple[Any, Any, Any]:
        """Commune, village and province where the person is going to live."""
        commune, village = self.after["current_commune"], self.after.get("current_village_code") or None
        if village is not None and village.commune_id != commune.id:
            village = None
        return commune, village, province_of(commune)

    @property
    def where(self) -> SimpleNamespace:
        """The keys by which a scope decides."""
        commune, village, province = self.place  # type: ignore[misc]
        station = self.after.get("station")
        return SimpleNamespace(
            commune_id=commune.id, village_id=village.id if village else None, province_id=province.id,
            station_id=station.id if station else None,
        )  # fmt: skip

    @property
    def number(self) -> str:
        """A personal number that no other active record may carry, "" when none was given."""
        number = self.given.get("id_number") or ""
        return number if number and identifiers.classify_identity_number(number) == "SDDCN" else ""

    @property
    def twin(self) -> tuple[str, dt.date, str, int] | None:
        """What a second record of a new person would share with the first one."""
        birth = self.after["birth_date"]
        if self.stored.person is not None or birth.date is None:
            return None
        return _plain(self.after["full_name"]), birth.date, self.after["sex"], self.after["current_commune"].id

    @property
    def tables(self) -> set[str]:
        """Tables of which a value differs from the stored one: a form sends all of them with every save."""
        return {OF_A[code].table for code in self.changed}

    @property
    def household_code(self) -> str:
        """The household to find or open; a number that is not changed moves nobody."""
        return self.changed.get("household_code") or ""

    # --- The person's own row ---------------------------------------------------------------------------------------

    def columns(self, *, has_household: bool) -> Columns:
        """The columns to set: for a new person all that differ from their default, else those that change."""
        person = self.stored.person
        columns = self._own_columns()
        columns |= self._answers()
        if person is None:
            columns["section_a_complete_on"] = self._complete_on(
                SimpleNamespace(**{**DEFAULTS, **columns}), has_household
            )
            return columns
        self.left = self._moved(columns)
        if self.left:
            columns["resident_since"] = self.today
        columns["section_a_complete_on"] = self._complete_on(_Over(columns, person), has_household)
        columns = {name: value for name, value in columns.items() if getattr(person, name) != value}
        if columns or self.changed:
            columns["version"] = person.version + 1
        return columns

    def _sort(self) -> Columns:
        """The given values by table, in the form in which columns keep them; gives those of the person's own row."""
        person: Columns = {}
        for code, value in self.given.items():
            table, part, attname, is_key, empty = _SORTED[code]
            if value.__class__ is Answer:
                value = value.value
            if value is None or value == "":
                value = empty
            elif is_key:
                value = value.id
            if table == "person":
                person[attname] = value
            elif table == "relative":
                self.relatives.setdefault(part, {})[attname] = value
            elif table == "address":
                self.permanent[attname] = value
        return person

    def _own_columns(self) -> Columns:
        columns = self._sort()
        name, birth = self.after["full_name"], self.after["birth_date"]
        commune, village, province = self.place  # type: ignore[misc]
        columns["plain_name"], columns["sort_name"] = _plain(name), _sort_key(name)
        columns["birth_date"], columns["birth_precision"] = birth.date, _PRECISIONS[birth.precision]
        columns["commune_id"], columns["province_id"] = commune.id, province.id
        columns["village_id"] = village.id if village else None
        return columns

    def _answers(self) -> Columns:
        """ "Không có" and "không biết" of all fields that may be answered so, wherever their value is kept."""
        person = self.stored.person
        none: set[str] = set(person.answered_none) if person else set()
        unknown: set[str] = set(person.answered_unknown) if person else set()
        stored = set(none), set(unknown)
        for name in a.ANSWERABLE & self.given.keys():
            state = self.given[name].state
            (none.add if state == "none" else none.discard)(name)
            (unknown.add if state == "unknown" else unknown.discard)(name)
        if stored == (none, unknown):
            return {}
        return {"answered_none": sorted(none), "answered_unknown": sorted(unknown)}

    def _complete_on(self, person: Any, has_household: bool) -> dt.date | None:
        """The day from which section A is complete; kept while it stays so."""
        if rules.missing_in_section_a(completeness_facts(person, self.after, has_household, self.today)):
            return None
        return person.section_a_complete_on or self.today

    # --- The rows around it -----------------------------------------------------------------------------------------

    def _moved(self, columns: Mapping[str, Any]) -> bool:
        """Whether the person leaves a residence; a village that only became known is no move."""
        old_village = self.before.get("current_village_code") or None
        old = self.before["current_commune"].id, old_village.id if old_village else None
        if old == (columns["commune_id"], columns["village_id"]):
            return False
        return old[1] is not None or old[0] != columns["commune_id"]

    def plan(self, changes: Changes, person_id: int, *, household: Any = None) -> None:
        """Rows of the other tables, after `columns`. `household`: where the person now belongs, None for no change."""
        new = self.stored.person is None
        tables = self.tables
        if self.left:
            self._plan_former_address(changes, person_id)
        if "identifier" in tables:
            self._plan_identifiers(changes, person_id, new)
        if "address" in tables:
            self._plan_permanent(changes, person_id, new)
        if "relative" in tables:
            self._plan_relatives(changes, person_id)
        if household is None and "membership" in tables:
            household = self.stored.household
        if household is not None:
            plan_membership(
                changes, person_id, self.stored.membership, household, self.after.get("relation_to_head") or None,
                self.today,
            )  # fmt: skip

    def _plan_former_address(self, changes: Changes, person_id: int) -> None:
        before = self.before
        commune, village = before["current_commune"], before.get("current_village_code") or None
        district = before.get("current_district") or None
        since = self.given.get("resident_since", before.get("resident_since")) or None
        changes.add(
            Address,
            {
                "person_id": person_id, "use": "former", "detail": before.get("current_address_detail") or "",
                "village_id": village.id if village else None, "commune_id": commune.id,
                "district_id": district.id if district else None, "province_id": commune.parent_id,
                "valid_from": since, "valid_to": self.today,
            },
        )  # fmt: skip

    def _plan_identifiers(self, changes: Changes, person_id: int, new: bool) -> None:
        """Current numbers. A changed number ends the former one, which search still finds (REQ-IDN-04)."""
        wanted, ends = self._wanted_numbers()
        issue = {column: self.given[code] for code, column in ISSUE.items() if code in self.given}
        if not (ends or issue):
            return
        rows = self.stored.identifiers
        current = {row.kind: row for row in rows if row.valid_to is None}
        _add_issue(wanted, "id_number" in self.given, current, issue)
        for kind in sorted(ends | wanted.keys()):
            row, want = current.get(kind), wanted.get(kind)
            if row and (want is None or row.value != want["value"]):
                changes.change(Identifier, row, {"valid_to": self.today})
                row = None
            if want is None:
                continue
            row = row or next((old for old in rows if old.kind == kind and old.value == want["value"]), None)
            if row is None:
                start = None if new else self.today
                changes.add(Identifier, {"person_id": person_id, "kind": kind, "valid_from": start, **want})
            else:
                changes.change(Identifier, row, {**want, "valid_to": None})

    def _wanted_numbers(self) -> tuple[dict[str, Columns], set[str]]:
        """Numbers that are to be current, by kind; and the kinds whose other current numbers end."""
        given = self.given
        wanted: dict[str, Columns] = {}
        ends: set[str] = set()
        if "id_number" in given:
            ends.update(facts.IDENTITY_KINDS)
            if given["id_number"]:
                wanted[identifiers.classify_identity_number(given["id_number"])] = {"value": given["id_number"]}
        for code, kind in NUMBERS.items():
            if code in given:
                ends.add(kind)
                value = rules.plain_value(given[code])
                if value:
                    wanted[kind] = {"value": str(value)}
        return wanted, ends

    def _plan_permanent(self, changes: Changes, person_id: int, new: bool) -> None:
        """The place of permanent registration; the province follows the commune when it is not given."""
        columns = self.permanent
        if new and not any(columns.values()):
            return
        if columns.get("commune_id") and not columns.get("province_id"):
            columns["province_id"] = province_of(self.given["permanent_commune"]).id
        if self.stored.permanent is None:
            changes.add(Address, {"person_id": person_id, "use": "permanent", **columns})
        else:
            changes.change(Address, self.stored.permanent, columns)

    def _plan_relatives(self, changes: Changes, person_id: int) -> None:
        """Mother, father and caregiver; a relative of whom nothing was written gets no row."""
        for role, columns in self.relatives.items():
            row = self.stored.relatives.get(role)
            if row is not None:
                changes.change(Relative, row, columns)
            elif any(value is not None and value != "" for value in columns.values()):
                changes.add(Relative, {"person_id": person_id, "role": role, **columns})


def plan_membership(
    changes: Changes, person_id: int, current: Any, household: Any, relation: Any, today: dt.date
) -> Columns | None:
    """Puts a person into a household, ending the former membership; the same household only updates the relation.
    Code 01 makes the person the head: a present head steps back. Returns the columns of a new membership."""
    is_head = bool(relation and relation.code == "01")
    key = relation.id if relation else None
    if is_head:
        changes.heads[household.id] = person_id
    if current is not None and current.household_id == household.id:
        changes.change(Membership, current, {"relation_id": key, "is_head": is_head})
        return None
    if current is not None:
        changes.change(Membership, current, {"valid_to": today, "is_head": False})
    columns = {
        "person_id": person_id, "household_id": household.id, "relation_id": key, "is_head": is_head,
        "valid_from": today,
    }  # fmt: skip
    changes.add(Membership, columns)
    return columns


def household_columns(section: SectionA) -> Columns:
    """A household that this save opens."""
    commune, village, province = section.place  # type: ignore[misc]
    return {
        "code": section.household_code, "commune_id": commune.id, "village_id": village.id if village else None,
        "province_id": province.id, "address_detail": section.after.get("current_address_detail") or "",
    }  # fmt: skip


def _add_issue(
    wanted: dict[str, Columns], number_given: bool, current: Mapping[str, Any], issue: Mapping[str, Any]
) -> None:
    """Date and place of issue belong to the number on the form's line, the given one or the one that stays."""
    there = wanted if number_given else current
    kind = next((kind for kind in facts.IDENTITY_KINDS if kind in there), None)
    if kind is None or not issue:
        return
    columns = wanted.setdefault(kind, {"value": current[kind].value} if kind in current else {})
    for column, value in issue.items():
        columns[column] = value or (None if column == "issued_on" else "")


# --- Completeness ----------------------------------------------------------------------------------------------------


def completeness_facts(person: Any, v: Mapping[str, Any], has_household: bool, today: dt.date) -> SimpleNamespace:
    """What `rules.missing_in_section_a` asks, from the values of section A."""
    guardians = [v.get("mother_name"), v.get("father_name"), v.get("caregiver_name")]
    return SimpleNamespace(
        full_name=person.full_name,
        sex=person.sex,
        birth_date=person.birth_date,
        has_identifier=bool(v.get("id_number")),
        id_missing_reason=person.id_missing_reason_id,
        ethnicity=person.ethnicity_id,
        occupation=person.occupation_id,
        age=age_on(person.birth_date, person.birth_precision, today) if person.birth_date else None,
        commune=person.commune_id,
        village=person.village_id,
        household=has_household,
        phone=any(
            bool(v.get(name))
            for name in ("phone_mobile", "phone_landline", "caregiver_phone_mobile", "caregiver_phone_landline")
        ),
        has_guardian=any(rules.plain_value(name) for name in guardians),
        has_insurance=bool(v.get("health_insurance_number")),
    )


class _Over:
    """A stored row under its new columns."""

    __slots__ = ("_columns", "_under")

    def __init__(self, columns: Mapping[str, Any], under: Any) -> None:
        self._columns, self._under = columns, under

    def __getattr__(self, name: str) -> Any:
        return self._columns[name] if name in self._columns else getattr(self._under, name)
