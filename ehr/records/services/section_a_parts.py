"""The tables around Person that section A writes: household, identifiers, permanent address, relatives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ehr.common import identifiers
from ehr.records import facts, rules
from ehr.records.models import Address, Household, Identifier, Person, Relative
from ehr.records.services.common import empty_value, province_of
from ehr.records.services.section_a_input import NUMBERS, STORES

ISSUE = {"id_issue_date": "issued_on", "id_issue_place": "issued_by"}


def find_household(
    person: Person, given: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Household | None:
    """The household that `household_code` names in the person's village; opened when it does not exist yet. A number
    that is not changed moves nobody: a form sends it along with every save."""
    code = given.get("household_code")
    if not code or code == before.get("household_code"):
        return None
    where = {"commune": person.commune, "village": person.village, "code": code, "closed_on": None}
    household = Household.objects.filter(**where).first()
    if household is None:
        household = Household.objects.create(
            **where, province=province_of(person.commune), address_detail=after.get("current_address_detail") or ""
        )
    return household


def save_identifiers(person: Person, given: Mapping[str, Any], *, new: bool, today: dt.date) -> None:
    """Current numbers. A changed number ends the former one, which search still finds (REQ-IDN-04)."""
    wanted, ends = _wanted_numbers(given)
    issue = {column: given[code] for code, column in ISSUE.items() if code in given}
    if not (ends or issue):
        return
    rows = [] if new else list(Identifier.objects.filter(person=person))
    current = {row.kind: row for row in rows if row.valid_to is None}
    _add_issue(wanted, given, current, issue)
    create = []
    for kind in ends | wanted.keys():
        row, want = current.get(kind), wanted.get(kind)
        if row and (want is None or row.value != want["value"]):
            row.valid_to = today
            row.save()
            row = None
        if want is None:
            continue
        row = row or next((old for old in rows if old.kind == kind and old.value == want["value"]), None)
        if row is None:
            create.append(Identifier(person=person, kind=kind, valid_from=None if new else today, **want))
        else:
            _save_changed(row, {**want, "valid_to": None})
    for row in create:
        row.full_clean(exclude=["person"], validate_unique=False, validate_constraints=False)
    if create:
        Identifier.objects.bulk_create(create)


def _wanted_numbers(given: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Numbers that are to be current, by kind; and the kinds whose other current numbers end."""
    wanted: dict[str, dict[str, Any]] = {}
    ends: set[str] = set()
    if "id_number" in given:
        ends |= set(facts.IDENTITY_KINDS)
        if given["id_number"]:
            wanted[identifiers.classify_identity_number(given["id_number"])] = {"value": given["id_number"]}
    for code, kind in NUMBERS.items():
        if code in given:
            ends.add(kind)
            value = rules.plain_value(given[code])
            if value:
                wanted[kind] = {"value": str(value)}
    return wanted, ends


def _add_issue(
    wanted: dict[str, dict[str, Any]],
    given: Mapping[str, Any],
    current: Mapping[str, Identifier],
    issue: Mapping[str, Any],
) -> None:
    """Date and place of issue belong to the number on the form's line, the given one or the one that stays."""
    there = wanted if "id_number" in given else current
    kind = next((kind for kind in facts.IDENTITY_KINDS if kind in there), None)
    if kind is None or not issue:
        return
    columns = wanted.setdefault(kind, {"value": current[kind].value} if kind in current else {})
    for column, value in issue.items():
        columns[column] = value or (None if column == "issued_on" else "")


def save_permanent(person: Person, given: Mapping[str, Any], *, new: bool) -> None:
    """The place of permanent registration; the province follows the commune when it is not given."""
    columns: dict[str, Any] = {
        STORES[code].rpartition(".")[2]: value or ("" if code.endswith("detail") else None)
        for code, value in given.items()
        if STORES[code].startswith("address.permanent.")
    }
    if not columns or (new and not any(columns.values())):
        return
    row = None if new else Address.objects.filter(person=person, use="permanent", valid_to=None).first()
    row = row or Address(person=person, use="permanent")
    if columns.get("commune") and not columns.get("province"):
        columns["province"] = province_of(columns["commune"])
    _save_changed(row, columns)


def save_relatives(person: Person, given: Mapping[str, Any], *, new: bool) -> None:
    """Mother, father and caregiver; a relative of whom nothing was written gets no row."""
    by_role: dict[str, dict[str, Any]] = {}
    for code, value in given.items():
        table, _, rest = STORES[code].partition(".")
        if table == "relative":
            role, _, column = rest.partition(".")
            by_role.setdefault(role, {})[column] = rules.plain_value(value)
    if not by_role:
        return
    rows = {} if new else {row.role: row for row in Relative.objects.filter(person=person, role__in=by_role)}
    create: list[Relative] = []
    for role, columns in by_role.items():
        row = rows.get(role) or Relative(person=person, role=role)
        columns = {key: empty_value(row, key) if value in (None, "") else value for key, value in columns.items()}
        if row.pk is None:
            if any(value not in (None, "") for value in columns.values()):
                for key, value in columns.items():
                    setattr(row, key, value)
                create.append(row)
        else:
            _save_changed(row, columns)
    if create:
        Relative.objects.bulk_create(create)


def _save_changed(row: Any, columns: Mapping[str, Any]) -> None:
    """Saves the row when a column differs."""
    changed = row.pk is None
    for key, value in columns.items():
        if getattr(row, key) != value:
            setattr(row, key, value)
            changed = True
    if changed:
        row.save()
