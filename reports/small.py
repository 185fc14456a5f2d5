"""Counts of one to four people are not shown outside the responsible unit (REQ-PDP-09, REQ-ADM-08).

Responsible is who works where the people live: clerks and heads of stations, and systems of partners that serve single
communes. Centres, departments and partners of a whole province read aggregates: they see "<5".

The rule, for each column of counts:
1. a figure of 1 to 4 becomes "<5", in the rows and in the total;
2. while the total is shown and the hidden rows could be told from it (one row alone, or all at their least or most),
   the smallest shown figure above zero becomes "…"; with none left, the total does;
3. a figure computed from a hidden one (`Column.of`: rates, differences, sums) becomes "…".
It repeats until nothing changes. Comparing different reports or periods is not covered."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reports.tables import COVERED, SMALL, Column, Note, PlainRow, Row, Table
from stations.models import User
from stations.models.staff import Role
from stations.scope import scope_of

LIMIT = 5
NOTE = (
    "“<5”: số từ 1 đến 4 không hiển thị ngoài đơn vị quản lý trực tiếp; “…”: số được che để không suy ra số nhỏ "
    "(bảo vệ dữ liệu cá nhân)."
)


def sees_small(user: User | None) -> bool:
    """Whether small numbers are shown to this user; None is the command line of the installation."""
    if user is None:
        return True
    scope = scope_of(user)
    if scope.roles & {Role.CLERK, Role.HEAD}:
        return True
    return Role.PARTNER in scope.roles and not scope.provinces


def suppressed(table: Table) -> Table:
    """The table with small figures hidden; itself when there are none. Registers of people have none."""
    if table.personal:
        return table
    hiding = _Hiding(table)
    if not hiding.run():
        return table if not any(note.small for note in table.notes) else replace(table, notes=_notes(table))
    rows, total = hiding.rows(), hiding.total()
    hidden = {row.key for row in (*rows, total) if isinstance(row, PlainRow) and row.hidden}
    return replace(
        table, rows=rows, total=total, notes=(*_notes(table), Note(NOTE)),
        # A breach names the figures of its row.
        problems=tuple(problem for problem in table.problems if problem.field not in hidden),
    )  # fmt: skip


def _notes(table: Table) -> tuple[Note, ...]:
    return tuple(note for note in table.notes if not note.small)


class _Hiding:
    """Works on row numbers; -1 is the total."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.lines: dict[int, Row] = dict(enumerate(table.rows))
        if table.total is not None:
            self.lines[-1] = table.total
        self.marks: dict[tuple[int, str], str] = {}

    def run(self) -> bool:
        """Hides; whether anything was hidden."""
        for column in self._counted():
            for line, row in self.lines.items():
                if 1 <= (getattr(row, column.key) or 0) < LIMIT:
                    self.marks[line, column.key] = SMALL
        found = -1
        while found != len(self.marks):
            found = len(self.marks)
            for column in self._counted():
                self._complement(column.key)
            self._derived()
        return bool(self.marks)

    def _counted(self) -> Iterator[Column]:
        return (column for column in self.table.columns if column.kind == "int" and (column.people or column.counts))

    def _complement(self, key: str) -> None:
        """Point 2 of the rule."""
        while -1 in self.lines and (-1, key) not in self.marks:
            hidden = [line for line in self.lines if line >= 0 and (line, key) in self.marks]
            values = [getattr(self.lines[line], key) or 0 for line in hidden]
            small_only = all(self.marks[line, key] == SMALL for line in hidden)
            told = len(hidden) == 1 or (
                small_only and sum(values) in (len(values), len(values) * (LIMIT - 1))
            )  # fmt: skip
            if not hidden or not told:
                return
            shown = [
                (getattr(row, key), line)
                for line, row in self.lines.items()
                if line >= 0 and (line, key) not in self.marks and getattr(row, key)
            ]
            self.marks[min(shown)[1] if shown else -1, key] = COVERED

    def _derived(self) -> None:
        for column in self.table.columns:
            for line, row in self.lines.items():
                if getattr(row, column.key) is not None and any((line, key) in self.marks for key in column.of):
                    self.marks.setdefault((line, column.key), COVERED)

    def rows(self) -> list[Row]:
        return [self._hide(line, row) for line, row in self.lines.items() if line >= 0]

    def total(self) -> Row | None:
        return self._hide(-1, self.lines[-1]) if -1 in self.lines else None

    def _hide(self, line: int, row: Row) -> Row:
        hidden = {column.key: mark for column in self.table.columns if (mark := self.marks.get((line, column.key)))}
        if not hidden:
            return row
        values: dict[str, Any] = {column.key: getattr(row, column.key) for column in self.table.columns}
        # A flag such as "over_100" tells about the figures it is computed from.
        return PlainRow(row.key, values | dict.fromkeys(hidden), row.marks, frozenset(), hidden)
