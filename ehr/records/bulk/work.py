"""Rows through the rules of the single saves: what each of them would do, and why some may not."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ehr.common.problems import Problem
from ehr.records.bulk.flat import flat
from ehr.records.bulk.reading import Households, Stored, numbers_in_use, twins_of
from ehr.records.services.fields import OF_A, OF_B
from ehr.records.services.section_a_checks import check_others, check_withdrawal, in_use, withdraws
from ehr.records.services.section_a_plan import SectionA, StoredPerson, household_columns
from ehr.records.services.section_b_plan import SectionB, StoredHistory
from stations.models import User
from stations.scope import Scope, scope_of

Fate = Literal["new", "update", "unchanged", "refused"]
GONE = Problem("", "person.gone", "Hồ sơ mà dòng này khớp không còn nữa; hãy gửi lại tệp để đối chiếu lại.")
OUTSIDE = Problem("current_commune", "current_commune.scope", "Nơi ở này ngoài địa bàn bạn được giao.")
TWICE = Problem("id_number", "id_number.twice", "Số định danh này ghi ở nhiều dòng: mỗi người một số, hãy sửa lại.")
NO_RIGHT = Problem("status", "status.right", "Bạn không có quyền đánh dấu hồ sơ nhập nhầm.")


MOST_ANSWERS = 20_000  # kept of sections B that are the same


@dataclass(slots=True)
class BulkRow:
    """One row. `key`: whatever the caller knows it by. `values`: field codes of sections A and B as `save_person` and
    `save_history` take them. `person_id`: whose record it changes, None for a new person."""

    key: Any
    values: Mapping[str, Any]
    person_id: int | None = None


@dataclass(slots=True)
class Outcome:
    """What becomes of a row. `changes`: field → (before, after) of an update, in words a row can carry again.
    `person_id`: of an update; of a new person once it is written."""

    key: Any
    fate: Fate
    problems: list[Problem] = field(default_factory=list)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    person_id: int | None = None


@dataclass(slots=True)
class Work:
    """A row between its rules and its writing."""

    row: BulkRow
    a: SectionA | None = None
    b: SectionB | None = None
    household: Any = None
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False

    def refuse(self, *problems: Problem) -> None:
        self.problems += problems
        self.refused = self.refused or any(problem.level == "error" for problem in problems)

    def outcome(self) -> Outcome:
        row = self.row
        if self.refused:
            return Outcome(row.key, "refused", self.problems, {}, row.person_id)
        if row.person_id is None:
            return Outcome(row.key, "new", self.problems)
        changes = {}
        for section in (self.a, self.b):
            if section is not None:
                before = section.before
                for code, value in section.changed.items():
                    changes[code] = flat(code, before.get(code)), flat(code, value)
        return Outcome(row.key, "update" if changes else "unchanged", self.problems, changes, row.person_id)


class Rules:
    """One call: reads what its rows need, then applies the rules to every row."""

    def __init__(
        self, rows: Sequence[BulkRow], *, by: User | None, today: dt.date, lock: bool,
        answers: dict[Any, SectionB] | None = None,
    ) -> None:  # fmt: skip
        """`answers`: section B of new people whose answers are the same is looked at once and shared (kept here), for
        callers that write nothing."""
        self.today, self._lock = today, lock
        self._answers = answers
        self._scope: Scope | None = None if by is None else scope_of(by)
        parts = [_split(row.values) for row in rows]
        people = [row.person_id for row in rows if row.person_id is not None]
        self.stored = Stored([a for a, _ in parts], people, with_history=any(b for _, b in parts), lock=lock)
        self.households = Households(self.stored)
        self.works = [self._section_a(row, a) for row, (a, _) in zip(rows, parts, strict=True)]
        self._ask_others()
        self._find_households()
        for work, (_, b) in zip(self.works, parts, strict=True):
            if b:
                self._section_b(work, b)

    def _section_a(self, row: BulkRow, values: Mapping[str, Any]) -> Work:
        stored, work = _NOBODY, Work(row)
        if row.person_id is not None:
            found = self.stored.people.get(row.person_id)
            if found is None:
                work.refuse(GONE)
                return work
            stored = found
            if self._scope is not None and not (self._scope.can("record.view") and self._scope.includes(stored.person)):
                work.refuse(OUTSIDE)
                return work
        if values or row.person_id is None:
            work.a = SectionA(stored, values, self.stored.refs.places, today=self.today)
            work.refuse(*work.a.problems)
        return work

    # --- What other records say -------------------------------------------------------------------------------------

    def _ask_others(self) -> None:
        asked = [work for work in self.works if work.a is not None and work.a.place is not None]
        numbers: dict[str, set[Any]] = defaultdict(set)
        for at, work in enumerate(asked):
            section: Any = work.a
            if section.number and "id_number" in section.changed:
                numbers[section.number].add(work.row.person_id or -1 - at)
        carriers = numbers_in_use(numbers)
        twins = [work.a.twin for work in asked if work.a]  # of new people only
        twice: set[Any] = twins_of([twin for twin in twins if twin])
        leaving = [work.row.person_id for work in asked if work.row.person_id and work.a and withdraws(work.a)]
        withdrawn = in_use(leaving) if leaving else set()
        for work, twin in zip(asked, twins, strict=True):
            self._check_others(work, numbers, carriers, twin in twice, withdrawn)
            if twin:
                twice.add(twin)  # the next row like this one is a probable twin, too

    def _check_others(
        self, work: Work, numbers: Mapping[str, set[Any]], carriers: Mapping[str, set[int]], twin: bool, used: set[int]
    ) -> None:
        section: Any = work.a
        person = work.row.person_id
        given = section.number if "id_number" in section.changed else ""
        taken = bool(given and carriers.get(given, set()) - {person})
        work.refuse(*check_others(section, taken=taken, twin=twin))
        if given and len(numbers[given]) > 1:
            work.refuse(TWICE)
        if withdraws(section):
            if self._scope is not None and not self._scope.can("record.delete"):
                work.refuse(NO_RIGHT)
            work.refuse(*check_withdrawal(section, in_use=person in used))
        if self._scope is not None and not self._scope.includes(section.where):
            work.refuse(OUTSIDE)

    def _find_households(self) -> None:
        wanted = []
        for work in self.works:
            if not work.refused and work.a is not None and work.a.household_code:
                wanted.append((work, household_columns(work.a)))
        self.households.read(
            {(each["commune_id"], each["village_id"], each["code"]) for _, each in wanted}, lock=self._lock
        )
        for work, columns in wanted:
            work.household = self.households.find(columns)

    # --- Section B --------------------------------------------------------------------------------------------------

    def _section_b(self, work: Work, values: Mapping[str, Any]) -> None:
        key = work.row.person_id
        if key is not None and key not in self.stored.people:
            return
        person = self.stored.people[key] if key is not None else _NOBODY
        stored = self.stored.histories[key] if key is not None else StoredHistory()
        stored.household = work.household or person.household
        sex = work.a.after.get("sex") if work.a is not None else person.person.sex
        work.b = self._shared(stored, values, sex or "") if key is None else SectionB(stored, values, sex=sex or "")
        work.refuse(*work.b.problems)

    def _shared(self, stored: StoredHistory, values: Mapping[str, Any], sex: str) -> SectionB:
        """Section B of a new person."""
        if self._answers is None:
            return SectionB(stored, values, sex=sex)
        toilet = None if stored.household is None else stored.household.toilet_type
        said = (sex, toilet, tuple(values.items()))
        found = self._answers.get(said)
        if found is None:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            found = self._answers[said] = SectionB(stored, values, sex=sex)
        return found


_NOBODY = StoredPerson()


def _split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values of section A and of section B. Raises TypeError for a code that neither has."""
    a, b = {}, {}
    for code, value in values.items():
        if code in OF_A:
            a[code] = value
        elif code in OF_B:
            b[code] = value
        else:
            raise TypeError(f"unknown field code: {code}")
    return a, b


def rounds(rows: Iterable[BulkRow]) -> list[list[BulkRow]]:
    """Rows of the same person one after the other, so that each sees what the former one wrote."""
    found: list[list[BulkRow]] = []
    seen: dict[int, int] = {}
    for row in rows:
        at = 0
        if row.person_id is not None:
            at = seen.get(row.person_id, 0)
            seen[row.person_id] = at + 1
        while len(found) <= at:
            found.append([])
        found[at].append(row)
    return found
