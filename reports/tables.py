"""What every report is: a table of typed rows with columns, a total, definitions and findings. Renderers get this and
never a queryset, so that screen, XLSX, PDF, CSV, JSON and REST cannot differ."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol, overload

from django.db.models import QuerySet

from ehr.common.numbers import format_number
from ehr.common.problems import Problem
from reports.periods import Period
from stations.models import AdminUnit

Kind = Literal["index", "text", "int", "decimal", "percent", "date"]
NUMBERS = ("int", "decimal", "percent")
MISSING = "-"
WIDTHS = frozenset((8, 9, *range(10, 23), 24, 25, 26, 28, 30, 32, 35, 38, 40, 46, 48))  # the classes w-… of pdf.css
TOTAL = "Tổng cộng"
SMALL = "<5"
COVERED = "…"
TEXT_WIDTH_MM = 165
CHUNK = 2_000
#: Names of a row itself, on it and in its JSON: no column may bear one, or it would show the row's own value.
RESERVED = frozenset({"key", "values", "marks", "flags", "hidden", "person_id"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` is the attribute of a row, `number` what the form prints below the heading: "(3)".

    `width`: millimetres of the printed page, one of WIDTHS; a column of 46 or more takes what is left. `people`: a
    figure opens the list behind it. `counts`: the figure counts people or their events, so that 1 to 4 is not shown
    outside the responsible unit; `people` columns always do. `of`: keys of the columns it is computed from
    (a rate, a difference, a sum): when one of them is hidden, so is this one. `places`: decimals of "decimal"
    (percent always has two). `group`: heading over neighbouring columns that name the same one."""

    key: str
    heading: str
    number: str
    kind: Kind
    width: int
    people: bool = False
    counts: bool = False
    of: tuple[str, ...] = ()
    places: int = 1
    group: str = ""


class Row(Protocol):
    """A row is a frozen dataclass with the attributes that the columns name: int, str, Decimal, date or None.

    `key` says which place (or clerk, facility, person) it is about; `flags` names findings such as "over_100"; `marks`
    are numbers of its notes. `PlainRow` serves where no class of its own is wanted."""

    @property
    def key(self) -> str: ...
    @property
    def flags(self) -> frozenset[str]: ...
    @property
    def marks(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class PlainRow:
    """A row by column keys. `hidden`: columns whose figure is not shown, with what is shown instead (SMALL, COVERED);
    their value is None. `person_id` names whom a line of a register is about, for the access log."""

    key: str
    values: dict[str, Any]
    marks: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()
    hidden: dict[str, str] = field(default_factory=dict)
    person_id: int | None = None

    def __post_init__(self) -> None:
        if taken := RESERVED & self.values.keys():
            raise ValueError(f"a column may not be called {', '.join(sorted(taken))}")

    def __getattr__(self, name: str) -> Any:
        if name in RESERVED or name not in self.values:  # while it is being copied it has no values yet
            raise AttributeError(name)
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the table. Numbered ones are marked in the row they explain. `small`: it names a count of one
    to four people, and is left out where those are hidden."""

    text: str
    number: int | None = None
    small: bool = False


class QueryRows(Sequence[Row]):
    """Rows of a register made while they are read: a page of the screen is one query, a file streams through.

    `query` needs a total order; `make(number, item)` gives the row of line `number`, from 1, without queries."""

    def __init__(self, query: QuerySet[Any, Any], make: Callable[[int, Any], Row]) -> None:
        self.query, self.make, self._length = query, make, -1

    def __len__(self) -> int:
        if self._length < 0:
            self._length = self.query.order_by().count()
        return self._length

    def __iter__(self) -> Iterator[Row]:
        for number, item in enumerate(self.query.iterator(chunk_size=CHUNK), start=1):
            yield self.make(number, item)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, int):
            return self.make(at + 1, self.query[at])
        start, stop, step = at.indices(len(self))
        if step != 1:
            raise ValueError("rows are read forwards")
        return [self.make(number, item) for number, item in enumerate(self.query[start:stop], start=start + 1)]


@dataclass(frozen=True, slots=True)
class Heading:
    """A cell of the head of the table, over so many columns and rows."""

    text: str
    kind: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A finished report. `problems`: breaches of its invariants; `explanations`: what a flag in a row means;
    `total` None: there is nothing to sum (registers). `version`: which definitions it follows, kept with a snapshot;
    `personal`: every row is about one person."""

    report: str
    title: str
    subtitle: str
    unit: AdminUnit
    unit_name: str
    period: Period
    by: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: Row | None = None
    definitions: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    explanations: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    version: str = "1"
    personal: bool = False

    @property
    def landscape(self) -> bool:
        """Whether the columns need the long side of A4 (165 mm of text on the short side)."""
        return sum(column.width for column in self.columns) > TEXT_WIDTH_MM

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """(heading, how many columns) over the columns, from left to right; empty when no column has a group."""
        runs: list[tuple[str, int]] = []
        for column in self.columns:
            if column.group and runs and runs[-1][0] == column.group:
                runs[-1] = (column.group, runs[-1][1] + 1)
            else:
                runs.append((column.group, 1))
        return tuple(runs) if any(heading for heading, _ in runs) else ()

    @property
    def headings(self) -> tuple[tuple["Heading", ...], ...]:
        """Rows of headings: one, or two when columns are grouped; a column of no group is as high as both."""
        if not self.groups:
            return (tuple(Heading(column.heading, column.kind) for column in self.columns),)
        upper, at = [], 0
        for heading, length in self.groups:
            column = self.columns[at]
            upper.append(Heading(heading, "group", length) if heading else Heading(column.heading, column.kind, rows=2))
            at += length
        return tuple(upper), tuple(Heading(column.heading, column.kind) for column in self.columns if column.group)

    def data_hash(self) -> str:
        """SHA-256 of what the table says, the same for every format and on every day."""
        from reports.stored import data_hash

        return data_hash(self)


def value_of(row: Row, column: Column) -> Any:
    """int, str, Decimal, date; None when missing or hidden."""
    return getattr(row, column.key)


def hidden_in(row: Row, column: Column) -> str:
    """What stands instead of a figure that may not be shown: "<5" or "…"; "" when it may."""
    return row.hidden.get(column.key, "") if isinstance(row, PlainRow) else ""


def text_of(column: Column, row: Row) -> str:
    """The cell as people read it: 47.199, 102,32%, 15/06/2026, "-" for a missing figure, "<5" for a hidden one."""
    if hidden := hidden_in(row, column):
        return hidden
    value = value_of(row, column)
    if value is None:
        return MISSING if column.kind in NUMBERS else ""
    if column.kind == "percent":
        return f"{format_number(value, 2)}%"
    if column.kind == "decimal":
        return format_number(value, column.places)
    if column.kind == "date":
        return value if isinstance(value, str) else f"{value:%d/%m/%Y}"
    return format_number(value) if column.kind == "int" else str(value)


def all_rows(table: Table) -> Iterator[Row]:
    """The rows, then the total if there is one."""
    yield from table.rows
    if table.total is not None:
        yield table.total


def known(values: Sequence[int | None]) -> int | None:
    """Sum of what is known; None when nothing is."""
    found = [value for value in values if value is not None]
    return sum(found) if found else None


Value = int | str | Decimal | dt.date | None
