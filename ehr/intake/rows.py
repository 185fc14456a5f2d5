"""Rows of a sheet as flat dictionaries of field codes, every cell cleaned visibly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ehr.intake.cells import More, Read, Reader, reader_for, shown
from ehr.intake.columns import Layout
from ehr.intake.combine import Line, finishers
from ehr.intake.files import Cell, Sheet, fill_merged
from ehr.intake.places import Places

Planned = tuple[int, str, Reader, dict[Any, Read], str]  # index, field, reader, results kept, letter
WITHIN = 500  # rows in which a household ends
KEPT_CELLS = 2_000  # results kept per column: texts that come again are read once


@dataclass(slots=True)
class Row:
    """One person on a sheet. `number`: the row as the spreadsheet program shows it. `values`: field codes in JSON form
    (`ehr.intake.values`); an empty cell gives no key. `cleaned`: [{column, field, was, became, why}].
    `problems`: [{column, field, value, code, level, message}]; level "error" refuses the row. `label`: the name."""

    sheet: str
    number: int
    values: dict[str, Any] = field(default_factory=dict)
    cleaned: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    label: str = ""

    def clean(self, column: str, name: str, was: str, became: str, why: str) -> None:
        self.cleaned.append({"column": column, "field": name, "was": was, "became": became, "why": why})

    def problem(self, column: str, name: str, value: str, code: str, level: str, message: str) -> None:
        self.problems.append(
            {"column": column, "field": name, "value": value, "code": code, "level": level, "message": message}
        )


def read_rows(
    sheet: Sheet, layout: Layout, places: Places, *, begin: int | None = None, end: int | None = None
) -> Iterator[Row]:
    """The persons of a sheet, in its order. `layout`: as `columns.recognise` made it, or as the officer corrected it.
    `begin`, `end`: only rows of these indexes, from one that `first_free_row` gives.

    Every mapped cell ends as a value, as a cleaned cell or as a problem of its row; rows that hold no person are those
    of `layout.skip`. Raises KeyError for a column mapped to a field that no column can have."""
    rows = fill_merged(sheet, top=max(0, layout.first_row - sheet.first_row)) if sheet.merged else sheet.rows
    skip = set(layout.skip)
    first = layout.first_row - sheet.first_row
    last = layout.last_row - sheet.first_row if layout.last_row else len(rows) - 1
    columns = [column for column in layout.columns if column.field]
    plan: list[Planned] = [
        (column.index, column.field, reader_for(column.field, places), {}, column.letter) for column in columns
    ]
    finish = finishers(
        layout,
        columns,
        places,
        [rows[i] for i in range(max(0, first), min(last, len(rows) - 1) + 1) if i + sheet.first_row not in skip],
    )
    titles = _titles(layout)
    stop = min(last, len(rows) - 1) + 1
    for index in range(max(0, first, begin or 0), stop if end is None else min(stop, end)):
        number = index + sheet.first_row
        if number in skip:
            continue
        cells = rows[index]
        row = Row(sheet.name, number)
        parts = _read(row, cells, plan)
        if not parts and not row.problems and not row.cleaned and not any(cell not in (None, "") for cell in cells):
            continue
        line = Line(row, parts, cells, titles(number))
        for step in finish:
            step(line)
        row.values = parts
        row.label = str(parts.get("full_name", ""))[:100]
        yield row


def first_free_row(sheet: Sheet, layout: Layout, places: Places, near: int) -> int | None:
    """The index of a row at `near` or a little below on which nothing depends that stands above it: the rows from there
    can be read apart. None where the sheet has no such row (merged cells, the head's name carried down)."""
    by_field = {column.field: column for column in layout.columns}
    titles = {key for part in (layout.title, *(block.title for block in layout.blocks)) for key in part}
    if sheet.merged or "head_name" in by_field or "head_name" in titles:
        return None
    begin = max(0, layout.first_row - sheet.first_row) + 1
    column = by_field.get("household_code")
    if column is None:
        return max(near, begin)
    reader, skip = reader_for("household_code", places), set(layout.skip)
    for index in range(max(near, begin), min(near + WITHIN, len(sheet.rows))):
        cells = sheet.rows[index]
        cell = cells[column.index] if column.index < len(cells) else None
        if cell not in (None, "") and index + sheet.first_row not in skip and reader(cell)[0] is not None:
            return index  # its household begins anew
    return None


def _read(row: Row, cells: Sequence[Cell], plan: list[Planned]) -> dict[str, Any]:
    """The cells of one row by their readers. Hot: everything that is not a plain value leaves by `_more`."""
    parts: dict[str, Any] = {}
    width = len(cells)
    for index, name, reader, kept, letter in plan:
        if index >= width:
            continue
        cell = cells[index]
        if cell is None:
            continue
        found = kept.get(cell)
        if found is None or cell is True or cell is False:  # equal to 1 and 0, but not the same
            found = reader(cell)
            if not isinstance(cell, bool):
                if len(kept) >= KEPT_CELLS:
                    kept.clear()
                kept[cell] = found
        value, more = found
        if value is not None:
            if name in parts and parts[name] != value:
                row.problem(
                    letter,
                    name,
                    shown(cell),
                    "cell.conflict",
                    "error",
                    "Hai cột của dòng này cho hai giá trị khác nhau của cùng một mục.",
                )
            else:
                parts[name] = value
        if more is not None:
            _more(row, parts, more, letter, name, cell)
    return parts


def _more(row: Row, parts: dict[str, Any], more: More, letter: str, name: str, cell: Cell) -> None:
    was = shown(cell)
    for target, became, why in more.cleaned:
        row.clean(letter, target or name, was, became, why)
    for target, code, level, message in more.problems:
        row.problem(letter, target or name, was, code, level, message)
    for target, value in more.others:
        if target in parts and parts[target] != value:
            row.problem(
                letter,
                target,
                was,
                "cell.conflict",
                "error",
                "Hai cột của dòng này cho hai giá trị khác nhau của cùng một mục.",
            )
        else:
            parts[target] = value


def _titles(layout: Layout) -> Callable[[int], dict[str, str]]:
    """The title that holds at a row; rows are asked for in rising order."""
    blocks = sorted(layout.blocks, key=lambda block: block.first_row)
    place = 0
    current = layout.title

    def title(number: int) -> dict[str, str]:
        nonlocal place, current
        while place < len(blocks) and blocks[place].first_row <= number:
            current = blocks[place].title
            place += 1
        return current

    return title
