"""A table as text in cells, for the templates of screen and paper: they show, they do not compute."""

from collections.abc import Callable
from dataclasses import dataclass

from reports.tables import Column, Row, Table, text_of


@dataclass(frozen=True, slots=True)
class Cell:
    """`css`: index, text, int or percent; `href`: the list of people behind the figure; `over`: above 100 %."""

    text: str
    css: str
    marks: tuple[int, ...] = ()
    href: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class TableView:
    """Rows and total row as cells."""

    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]


Link = Callable[[Column, Row], str]


def view_of(table: Table, link: Link | None = None) -> TableView:
    """Cells of all rows. `link` gives the address behind a figure, "" for none."""
    rows = tuple(_cells(table, row, link) for row in table.rows)
    return TableView(rows, _cells(table, table.total, link))


def _cells(table: Table, row: Row, link: Link | None) -> tuple[Cell, ...]:
    marked = next((column.key for column in table.columns if column.kind == "int"), "")
    return tuple(
        Cell(
            text_of(column, row),
            column.kind,
            marks=row.marks if column.key == marked else (),
            href=link(column, row) if link and column.people and getattr(row, column.key) else "",
            over=column.kind == "percent" and "over_100" in row.flags,
        )
        for column in table.columns
    )
