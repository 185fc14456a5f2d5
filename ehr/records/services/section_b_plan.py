"""From values of section B to what is to be written, over rows already read: no query, one person or thousands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import models

from ehr.common.answers import Answer
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.problems import Problem
from ehr.common.text import nfc, nfc_lines
from ehr.records import facts, rules
from ehr.records.models import Allergy, Condition, Disability, FamilyHistory, HealthHistory, Household, Surgery
from ehr.records.models.household import Toilet
from ehr.records.services.changes import Changes, Columns
from ehr.records.services.common import as_answer
from ehr.records.services.fields import OF_B, OF_LISTS, Place, check_fit, refusals
from ehr.records.services.fields import STORES_B as STORES

LISTS: dict[str, tuple[Any, str]] = {
    "allergy": (Allergy, "allergy-kind"),
    "condition": (Condition, "own-disease"),
    "disability": (Disability, "disability-kind"),
}
FAMILY = {"family_allergy": ("allergy-kind", "allergy_kind_id"), "family_disease": ("own-disease", "disease_kind_id")}
TICKS = facts.TICKS
NO_HOUSEHOLD = Problem(
    "household_toilet_type",
    "household.missing",
    "Người này chưa thuộc hộ nào nên chưa ghi được loại hố xí của gia đình.",
    "warning",
)
YEAR = re.compile(r"\(?\b((?:19|20)\d\d)\b\)?\s*$")
BODY_PART = Surgery._meta.get_field("body_part")
LONGEST_RELATIVE: int = FamilyHistory._meta.get_field("relative").max_length or 0


@dataclass(slots=True)
class StoredHistory:
    """Rows of one person that section B reads and writes; `lists` by "allergy", "condition", "disability", "family".
    Lists that the save does not touch may be left out."""

    history: Any = None
    household: Any = None
    lists: Mapping[str, list[Any]] = field(default_factory=dict)
    surgeries: Sequence[Any] = ()

    def values(self) -> dict[str, Any]:
        """Section B as it is."""
        if self.history is None and not self.lists and not self.surgeries:
            toilet = self.household.toilet_type if self.household else ""
            return {**facts.NOTHING_OF_B, "household_toilet_type": toilet} if toilet else facts.NOTHING_OF_B
        return facts.section_b_from(self.history or _blank(), self.household, self.lists, self.surgeries)


@lru_cache(maxsize=1)
def _blank() -> HealthHistory:
    return HealthHistory(version=0)


def _same(name: str, stored: Any, given: Any) -> bool:
    """Whether an answer is the stored one. Lines that are rows of a list are the same in any order, and an operation
    however its year is written: a sheet that comes a second time changes nothing."""
    if given is stored or given == stored:
        return True
    if name not in _TEXTS_OF_LISTS or not isinstance(given.value, str) or not isinstance(stored.value, str):
        return False
    lines = [nfc(line) for line in given.value.splitlines() if line.strip()]
    if name == "surgery_history":
        lines = [str(Surgery(**operation(line))) for line in lines]
    return sorted(lines) == sorted(stored.value.splitlines())


def operation(text: str) -> Columns:
    """One operation a line; a year at the end of the line is the year of the operation."""
    year = YEAR.search(text)
    part = text[: year.start()].rstrip(" ,;-(") if year else text
    return {"body_part": part or text, "year": int(year[1]) if year and part else None}


class SectionB:
    """One save of section B."""

    __slots__ = ("before", "changed", "lines", "problems", "ready", "stored", "toilet")

    def __init__(self, stored: StoredHistory, values: Mapping[str, Any], *, sex: str) -> None:
        """Checks everything; the findings stand in `problems`. `sex` as of section A."""
        self.stored = stored
        self.before = before = stored.values()
        given, problems = clean_values(values)
        problems += rules.check_history({**before, **given} if before is not facts.NOTHING_OF_B else given, sex=sex)
        if given.get("household_toilet_type") and stored.household is None:
            problems.append(NO_HOUSEHOLD)
        self.problems = problems
        self.ready: dict[str, list[str]] | None = None  # what `plan_own` gives, as lines, where several rows share it
        self.toilet: str = given.get("household_toilet_type") or ""  # as given, whatever the household says
        self.changed = {name: value for name, value in given.items() if not _same(name, before[name], value)}
        if stored.household is None:
            self.changed.pop("household_toilet_type", None)
        self.lines: list[tuple[Any, Sequence[Any], list[Columns], Columns]] = []
        if not any(problem.level == "error" for problem in problems):
            self._read_lines()

    def plan(self, changes: Changes, person_id: int, *, clearing: bool = False) -> None:
        """What is to be written. `clearing`: an empty kind of toilet empties the household's, too (an undo)."""
        if "household_toilet_type" in self.changed:
            plan_toilet(changes, self.stored.household, self.changed["household_toilet_type"], clearing)
        self.plan_own(changes, person_id)

    def plan_own(self, changes: Changes, person_id: int) -> None:
        """`plan` without what belongs to the household."""
        stored, changed = self.stored, self.changed
        for model, existing, wanted, base in self.lines:
            changes.plan_lines(model, existing, wanted, {"person_id": person_id, **base})
        if not changed.keys() - {"household_toilet_type"}:
            return
        columns = self._columns()
        columns["version"] = 1 + (stored.history.version if stored.history else 0)
        if stored.history is None:
            changes.add(HealthHistory, {"person_id": person_id, **columns})
        else:
            changes.change(HealthHistory, stored.history, columns)

    def _columns(self) -> Columns:
        history = self.stored.history
        none = set(history.answered_none) if history else set()
        unknown = set(history.answered_unknown) if history else set()
        stored = set(none), set(unknown)
        columns: Columns = {}
        for name, value in self.changed.items():
            place = OF_B[name]
            if place.table == "history":
                if value.__class__ is not Answer:
                    columns[place.attname] = value
                    continue
                columns[place.attname] = place.empty if value.value is None else value.value
            elif name != "surgery_history":
                continue
            (none.add if value.state == "none" else none.discard)(name)
            (unknown.add if value.state == "unknown" else unknown.discard)(name)
        if stored != (none, unknown):
            columns["answered_none"], columns["answered_unknown"] = sorted(none), sorted(unknown)
        return columns

    # --- Rows behind the lines of the form --------------------------------------------------------------------------

    def _read_lines(self) -> None:
        existing = facts.lines_by_kind(self.stored.lists) if self.stored.lists else {}
        family: dict[str, Place] = {}
        for name, value in self.changed.items():
            place = OF_B[name]
            if place.table in LISTS:
                model, system = LISTS[place.table]
                kind = facts.codes_of(system)[place.part]
                rows = existing.get((place.table, place.part), ())
                self.lines.append((model, rows, lines_of(value), {"kind_id": kind.id}))
            elif place.table in FAMILY:
                family.setdefault(name.removesuffix("_person"), place)
        for name, place in family.items():
            system, column = FAMILY[place.table]
            rows = existing.get((place.table, place.part), ())
            kind = facts.codes_of(system)[place.part]
            self.lines.append((FamilyHistory, rows, self._family_lines(name, rows), {column: kind.id}))
        if "surgery_history" in self.changed:
            wanted = self._surgery_lines()
            for line in wanted:
                self.problems += refusals("surgery_history", BODY_PART, line["body_part"])
            self.lines.append((Surgery, self.stored.surgeries, wanted, {}))

    def _family_lines(self, name: str, rows: Sequence[Any]) -> list[Columns]:
        """The lines of one kind with their relatives. Rows may name different ones, which stay when nobody changed
        them."""
        changed, relative_of = self.changed, f"{name}_person"
        renamed = relative_of in changed
        relative = changed[relative_of] if renamed else self.before[relative_of]
        if name in changed:
            lines = lines_of(changed[name])
        else:
            lines = [{"answer": row.answer, "detail": row.detail} for row in rows]
        if not lines and relative and renamed:
            # Only the relative was written: it says "yes", and a warning says what is missing.
            lines = [{"answer": "yes", "detail": ""}]
        own = {(row.answer, row.detail): row.relative for row in rows}
        joined = relative if len(relative) <= LONGEST_RELATIVE else ""
        for line in lines:
            line["relative"] = relative if renamed else own.get((line["answer"], line["detail"]), joined)
        return lines

    def _surgery_lines(self) -> list[Columns]:
        kept = {str(row): {"body_part": row.body_part, "year": row.year} for row in self.stored.surgeries}
        lines = [nfc(line) for line in str(self.changed["surgery_history"].value or "").splitlines()]
        return [kept.get(line) or operation(line) for line in lines if line]


def plan_toilet(changes: Changes, household: Any, toilet: str, clearing: bool = False) -> None:
    """A fact of the household, printed on each member's form: the latest answer wins (form831.md §4 rule 11)."""
    if household is not None and (toilet or clearing) and household.toilet_type != toilet:
        changes.change(Household, household, {"toilet_type": toilet, "version": household.version + 1})


def lines_of(value: Any) -> list[Columns]:
    """The rows that an answer stands for: none when nobody asked, one per written line."""
    if value.__class__ is Answer:
        if value.state == "value":
            details = [nfc(line) for line in str(value.value).splitlines() if line.strip()]
            return [{"answer": "yes", "detail": "" if detail == "Có" else detail} for detail in details]
        value = {"none": "no", "unknown": "unknown", "": ""}[value.state]
    return [{"answer": value, "detail": ""}] if value else []


# --- What was given --------------------------------------------------------------------------------------------------


def clean_values(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Values in the form in which the record keeps them, and what no column can take. Raises TypeError for a code that
    section B does not have."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        clean = _CLEANERS.get(name)
        if clean is None:
            raise TypeError(f"unknown field codes: {', '.join(sorted(values.keys() - STORES.keys()))}")
        try:
            given[name] = clean(value)
        except NumberError as exc:
            problems.append(Problem(name, exc.code, exc.message))
    toilet = given.get("household_toilet_type")
    if toilet and toilet not in _TOILETS:
        message = "Loại hố xí không có trên mẫu."
        problems.append(Problem("household_toilet_type", "household_toilet_type.choice", message))
    problems += check_fit(given)
    return given, problems


_TOILETS = frozenset(Toilet.values)
_PLAIN_CHOICES = frozenset({"yes", "no", "unknown", "0", "1", "2", ""})


def _choice(value: Any) -> Any:
    if value.__class__ is not str:
        return value or ""
    return value if value in _PLAIN_CHOICES else nfc(value)


def _day(value: Any) -> Any:
    return value or None


def _count(value: Any) -> Answer:
    return _number(value, whole=True)


def _measure(value: Any) -> Answer:
    return _number(value, whole=False)


def _number(value: Any, *, whole: bool) -> Answer:
    """A count or measure: 0 is a number here, not "không có"."""
    raw = value.value if isinstance(value, Answer) else value
    if isinstance(raw, str):
        if raw.strip() != "0" and as_answer(raw).state != "value":
            return as_answer(raw)
        raw = parse_decimal(raw)
    if raw is None:
        return as_answer(value)
    if whole and raw != int(raw):
        raise NumberError("number.whole", f"Phải là số nguyên, đang là {raw}.")
    return Answer(int(raw) if whole else Decimal(raw), "value")


def _line(value: Any) -> Answer:
    given = as_answer(value)
    return Answer(nfc(given.value), "value") if isinstance(given.value, str) else given


def _text(value: Any) -> Answer:
    given = as_answer(value)
    return Answer(nfc_lines(given.value), "value") if isinstance(given.value, str) else given


def _cleaner(place: Place) -> Callable[[Any], Any]:
    """A free text or a number takes "không có" and "không biết" as answers; the others say it in their choices."""
    if place.code == "surveyed_on":
        return _day
    if place.table == "history" and not place.field.choices:
        if isinstance(place.field, models.IntegerField):
            return _count
        if isinstance(place.field, models.DecimalField):
            return _measure
        return _line if isinstance(place.field, models.CharField) else _text
    answered = place.table not in ("history", "household") and place.code not in TICKS and place.column != "relative"
    return _text if answered else _choice


_CLEANERS: dict[str, Callable[[Any], Any]] = {code: _cleaner(place) for code, place in OF_B.items()}
_TEXTS_OF_LISTS = frozenset(
    code for code, place in OF_B.items() if place.table in OF_LISTS and _CLEANERS[code] is _text
)
