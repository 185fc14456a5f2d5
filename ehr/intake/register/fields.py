"""Fields of section A as SQL: what the register holds, in the JSON form in which rows of a list hold it.

`before_sql(fields)` gives the expression and the joins for exactly the fields that a list has; a list of eight columns
does not read the relatives and addresses of a district. `differs_sql(fields)` finds the few rows for which that
expression is worth making: an object of JSON costs six times as much as comparing its texts one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ehr.records.facts import IDENTITY_KINDS, PERSON_CODES
from ehr.records.sections import a

STORES = a.STORES | a.EXTRA_STORES
#: In the list for other reasons: remarks are read (`remarks`), places above the village are those of the batch.
NOT_COMPARED = frozenset(
    {"note", "status", "death_date", "moved_out_on", "moved_out_to", "person_identifier", "current_province",
     "current_commune", "current_district", "identity_source", "identity_confirmed_on", "station"}
)  # fmt: skip
#: Free texts: another spelling of the same words is no change. Names are looked at again with their tones.
LOOSE = frozenset(
    {"current_address_detail", "permanent_address_detail", "id_issue_place", "caregiver_relation", "mother_name",
     "father_name", "caregiver_name"}
)  # fmt: skip
FIELDS = frozenset(STORES) - NOT_COMPARED - {"relative_is_guardian"}
#: Temporary table (person_id) of the people to read, so that the numbers of a province are not sorted for a village.
MATCHED = "register_matched"

BIRTH = (
    "CASE p.birth_precision WHEN 'day' THEN to_char(p.birth_date, 'YYYY-MM-DD') "
    "WHEN 'month' THEN to_char(p.birth_date, 'YYYY-MM') WHEN 'year' THEN to_char(p.birth_date, 'YYYY') ELSE '?' END"
)


@dataclass(slots=True)
class Before:
    """`expression`: a jsonb object of field codes; `joins`: what it needs beside `records_person p`."""

    expression: str
    joins: str


def before_sql(fields: Iterable[str]) -> Before:
    """SQL of what the register holds in `fields` (those it can compare; others are left out)."""
    wanted = sorted(FIELDS.intersection(fields))
    sources = _Sources()
    pairs = [f"'{code}', {sources.column(code)}" for code in wanted]
    # At most 100 arguments per call: more fields than that are joined objects.
    parts = [", ".join(pairs[at : at + 40]) for at in range(0, len(pairs), 40)]
    expression = " || ".join(f"jsonb_build_object({part})" for part in parts) or "'{}'::jsonb"
    return Before(expression, "\n".join(sources.joins.values()))


@dataclass(slots=True)
class Differs:
    """`condition`: true of a row `intake_importrow r` that may say otherwise than the register of its person, who is
    `records_person p`; false of those only that surely say the same. `joins`: what it needs beside these two."""

    condition: str
    joins: str


def differs_sql(fields: Iterable[str]) -> Differs:
    """SQL that finds rows that differ in `fields`. A person with two current numbers of a kind may stand in it twice.

    A row that names any of the current numbers of its person is no change of number, whichever of them is shown."""
    sources = _Sources(apart=True)
    conditions = []
    for code in sorted(FIELDS.intersection(fields)):
        if STORES[code] == "identifier.identity":
            conditions.append(f"(r.values ? '{code}' AND {sources.same_number(code)}.id IS NULL)")
        else:
            conditions.append(f"r.values ->> '{code}' <> {sources.column(code)}")
    return Differs(" OR ".join(conditions) or "false", "\n".join(sources.joins.values()))


class _Sources:
    """Collects the joins that the columns need, once each. `apart`: current numbers by a join for each kind, which a
    parallel plan can do, instead of one pass over those of the people in `MATCHED`."""

    def __init__(self, *, apart: bool = False) -> None:
        self.joins: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._apart = apart

    def same_number(self, code: str) -> str:
        """The current identity number that is the one of the row."""
        kinds = ", ".join(f"'{kind}'" for kind in IDENTITY_KINDS)
        on = f"same.person_id = p.id AND same.value = r.values ->> '{code}' AND same.valid_to IS NULL"
        return self._join("same", "records_identifier", f"{on} AND same.kind IN ({kinds})")

    def column(self, code: str) -> str:
        table, _, rest = STORES[code].partition(".")
        text: str = getattr(self, f"_{table}")(code, rest)
        return _answered(code, text) if code in a.ANSWERABLE else f"coalesce({text}, '')"

    def _join(self, alias: str, table: str, on: str) -> str:
        self.joins.setdefault(alias, f"LEFT JOIN {table} {alias} ON {on}")
        return alias

    def _code(self, name: str, key: str) -> str:
        return f"{self._join(f'c_{name}', 'codes_code', f'c_{name}.id = {key}')}.code"

    def _unit(self, name: str, key: str) -> str:
        alias = self._join(f"u_{name}", "stations_adminunit", f"u_{name}.id = {key}")
        return f"CASE {alias}.scheme WHEN 'old' THEN 'old-' || {alias}.code ELSE {alias}.code END"

    def _village(self, name: str, key: str) -> str:
        return f"{self._join(f'v_{name}', 'stations_village', f'v_{name}.id = {key}')}.code"

    def _person(self, code: str, column: str) -> str:
        if column == "birth_date":
            return BIRTH
        if column in PERSON_CODES:
            return self._code(column, f"p.{column}_id")
        if column == "village":
            return self._village("current", "p.village_id")
        if column in ("birth_province", "recorded_district"):
            return self._unit(column, f"p.{column}_id")
        if column in ("resident_since",):
            return f"to_char(p.{column}, 'YYYY-MM-DD')"
        return f"p.{column}"

    def _household(self, code: str, column: str) -> str:
        self._membership("", "id")
        return f"{self._join('h', 'records_household', 'h.id = m.household_id')}.{column}"

    def _membership(self, code: str, column: str) -> str:
        self._join("m", "records_membership", "m.person_id = p.id AND m.valid_to IS NULL")
        return self._code("relation", "m.relation_id") if column == "relation" else f"m.{column}"

    def _identifier(self, code: str, rest: str) -> str:
        kind, _, column = rest.partition(".")
        column = column or "value"
        kinds = IDENTITY_KINDS if kind == "identity" else (kind,)
        cases = " ".join(
            f"WHEN {self._number(each, 'value')} IS NOT NULL THEN {self._number(each, column)}" for each in kinds
        )
        return f"CASE {cases} END"

    def _number(self, kind: str, column: str) -> str:
        """A column of the current number of a kind; all kinds are read by one pass over the numbers."""
        name = f"{kind.lower()}_{column}"
        if self._apart:
            alias = f"n_{kind.lower()}"
            on = f"{alias}.person_id = p.id AND {alias}.kind = '{kind}' AND {alias}.valid_to IS NULL"
            return _number_text(self._join(alias, "records_identifier", on), column)
        text = _number_text("i", column)
        self._numbers[name] = f"max({text}) FILTER (WHERE i.kind = '{kind}') AS {name}"
        self.joins["numbers"] = (
            f"LEFT JOIN (SELECT i.person_id, {', '.join(self._numbers.values())} "  # noqa: S608
            f"FROM {MATCHED} x JOIN records_identifier i ON i.person_id = x.person_id AND i.valid_to IS NULL "
            "GROUP BY i.person_id) numbers ON numbers.person_id = p.id"
        )
        return f"numbers.{name}"

    def _address(self, code: str, rest: str) -> str:
        column = rest.partition(".")[2]
        self._join("ap", "records_address", "ap.person_id = p.id AND ap.use = 'permanent' AND ap.valid_to IS NULL")
        if column == "detail":
            return "ap.detail"
        if column == "village":
            return self._village("permanent", "ap.village_id")
        return self._unit(f"permanent_{column}", f"ap.{column}_id")

    def _relative(self, code: str, rest: str) -> str:
        role, _, column = rest.partition(".")
        alias = self._join(f"r_{role}", "records_relative", f"r_{role}.person_id = p.id AND r_{role}.role = '{role}'")
        if column == "relation":
            return self._code(f"relative_{role}", f"{alias}.relation_id")
        return f"{alias}.{column}"


def _number_text(alias: str, column: str) -> str:
    return f"to_char({alias}.issued_on, 'YYYY-MM-DD')" if column == "issued_on" else f"{alias}.{column}"


def _answered(code: str, text: str) -> str:
    """A field that may be answered "không có" or "không biết" without a value."""
    return (
        f"CASE WHEN {text} <> '' THEN {text} WHEN '{code}' = ANY(p.answered_none) THEN 'Không có' "
        f"WHEN '{code}' = ANY(p.answered_unknown) THEN 'Không biết' ELSE '' END"
    )
