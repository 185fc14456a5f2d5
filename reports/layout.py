"""A table as text in cells, for the templates of screen and paper: they show, they do not compute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.tables import NUMBERS, Column, Row, Table, hidden_in, text_of, value_of


@dataclass(frozen=True, slots=True)
class Cell:
    """`css`: the kind of the column; `href`: the list of people behind the figure; `over`: above 100 %, with
    `why`: the page that explains it."""

    text: str
    css: str
    marks: tuple[int, ...] = ()
    href: str = ""
    over: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class TableView:
    """Rows and total row as cells; `total` empty when there is none."""

    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]


Link = Callable[[Column, Row], str]
Why = Callable[[Row], str]


def view_of(
    table: Table, link: Link | None = None, rows: Sequence[Row] | None = None, why: Why | None = None
) -> TableView:
    """Cells of all rows, or of `rows` (a page). `link` gives the address behind a figure, `why` that of the page which
    explains a rate above 100 %; "" for none."""
    marked = next((column.key for column in table.columns if column.kind in NUMBERS), "")
    cells = tuple(_cells(table, row, link, marked, why) for row in (table.rows if rows is None else rows))
    return TableView(cells, () if table.total is None else _cells(table, table.total, link, marked, why))


def _cells(table: Table, row: Row, link: Link | None, marked: str, why: Why | None) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            text_of(column, row),
            column.kind,
            marks=row.marks if column.key == marked else (),
            href=_href(column, row, link),
            over=(over := column.kind == "percent" and over_100(column, row)),
            why=why(row) if over and why else "",
        )
        for column in table.columns
    )


def over_100(column: Column, row: Row) -> bool:
    """Whether this rate is flagged: "over_100" flags the first rate of the row, "over_100:key" the column `key`."""
    return "over_100" in row.flags or f"over_100:{column.key}" in row.flags


def _href(column: Column, row: Row, link: Link | None) -> str:
    linked = column.people and link is not None and not hidden_in(row, column) and value_of(row, column)
    return link(column, row) if linked and link is not None else ""
