"""Workbooks of official forms, filled in with the figures of a report.

A form is an .xlsx file in this folder, edited with any spreadsheet program: whatever it says stays, and marks are
replaced: {{don_vi}} unit, {{ky}} period, {{ky_ngan}} the period in a sentence, {{nam}} its year, {{so}} abbreviation of
the number, {{co_quan}} who issues it, {{ghi_chu}} the remarks under the table. One row holds {{dong.<column>}} and is
repeated with its looks for every line of the report; one may hold {{tong.<column>}}: the total. Columns that the form
does not name are left out; a form that names one which the report lacks is refused."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ehr.common.spreadsheet import safe_cell
from reports.letterhead import Letterhead
from reports.tables import MISSING, NUMBERS, Column, Row, Table, hidden_in, value_of

FOLDER = Path(__file__).parent
_MARK = re.compile(r"\{\{\s*([a-z_]+)(?:\.([a-z_0-9]+))?\s*\}\}")
CHARACTERS = 105  # of the remarks in one line of the sheet, at the width of the forms here
LINE = 15.0  # points


class FormError(ValueError):
    """The form and the report do not fit together; the message says which mark."""


def write_form(name: str, table: Table, head: Letterhead, out: BinaryIO) -> None:
    """The form `name` of this folder, filled in. Raises FormError."""
    book = load_workbook(FOLDER / name)
    sheet = book.active
    lines, total = _row_of(sheet, "dong"), _row_of(sheet, "tong")
    if lines is None:
        raise FormError(f"{name}: không có dòng nào mang dấu {{{{dong.…}}}}.")
    columns = {column.key: column for column in table.columns}
    _fill_texts(sheet, _texts(table, head))
    marks = _marks(sheet, lines, columns, name)
    if total is not None and table.total is not None:
        for place, column in _marks(sheet, total, columns, name).items():
            _put(sheet.cell(total, place), column, table.total)
    _make_room(sheet, lines, len(table.rows))
    for number, row in enumerate(table.rows):
        for place, column in marks.items():
            _put(sheet.cell(lines + number, place), column, row)
    sheet.print_area = f"A1:{get_column_letter(sheet.max_column)}{sheet.max_row}"
    book.properties.title = table.title
    book.save(out)


def _texts(table: Table, head: Letterhead) -> dict[str, str]:
    remarks = [*table.explanations, *(note.text for note in table.notes), *table.definitions]
    return {
        "don_vi": table.unit_name, "ky": table.subtitle, "ky_ngan": table.period.title.lower(),
        "nam": str(head.day.year), "so": head.number, "co_quan": head.own, "ghi_chu": "\n".join(remarks),
    }  # fmt: skip


def _row_of(sheet: Worksheet, kind: str) -> int | None:
    """The first row with a mark of this kind."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and any(found[1] == kind for found in _MARK.finditer(cell.value)):
                return int(cell.row)
    return None


def _marks(sheet: Worksheet, row: int, columns: dict[str, Column], name: str) -> dict[int, Column]:
    """Place → the column of the report that the form wants there."""
    found = {}
    for cell in sheet[row]:
        mark = _MARK.fullmatch(cell.value) if isinstance(cell.value, str) else None
        if mark is None:
            continue
        if mark[2] not in columns:
            raise FormError(f"{name}: báo cáo không có cột {mark[2]!r} (ô {cell.coordinate}).")
        found[cell.column] = columns[mark[2]]
    return found


def _fill_texts(sheet: Worksheet, texts: dict[str, str]) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and (marks := [m for m in _MARK.finditer(cell.value) if m[2] is None]):
                for mark in marks:
                    if mark[1] not in texts:
                        raise FormError(f"Không hiểu dấu {mark[0]} ở ô {cell.coordinate}.")
                only = len(marks) == 1 and cell.value == marks[0][0]
                text = _MARK.sub(lambda mark: texts[mark[1]] if mark[2] is None else mark[0], cell.value)
                cell.value = safe_cell(text)
                if only and "\n" in text:
                    height = sum(LINE * (1 + len(part) // CHARACTERS) for part in text.split("\n"))
                    sheet.row_dimensions[cell.row].height = height


def _make_room(sheet: Worksheet, first: int, rows: int) -> None:
    """Moves what stands below the row of lines, with its merged cells and heights, and repeats the row's looks."""
    shift = rows - 1
    below = [area for area in sheet.merged_cells.ranges if area.min_row > first]
    heights = {row: sheet.row_dimensions[row].height for row in range(first + 1, sheet.max_row + 1)}
    for area in list(below):
        sheet.unmerge_cells(str(area))
    last = get_column_letter(sheet.max_column)
    if shift and sheet.max_row > first:
        sheet.move_range(f"A{first + 1}:{last}{sheet.max_row}", rows=shift)
    for area in below:
        area.shift(row_shift=shift)
        sheet.merge_cells(str(area))
    for row in heights:
        sheet.row_dimensions[row].height = None
    for row, height in heights.items():
        sheet.row_dimensions[row + shift].height = height
    for number in range(1, rows):
        for cell in sheet[first]:
            _look_like(cell, sheet.cell(first + number, cell.column))


def _look_like(one: Any, other: Any) -> None:
    if one.has_style:
        for name in ("font", "border", "fill", "alignment", "protection"):
            setattr(other, name, copy.copy(getattr(one, name)))
        other.number_format = one.number_format


def _put(cell: Cell, column: Column, row: Row) -> None:
    """A figure as a number, a day as a day, in the looks of the form; what is hidden or missing as its sign."""
    value: Any = value_of(row, column)
    if hidden := hidden_in(row, column):
        cell.value = hidden
    elif value is None:
        cell.value = MISSING if column.kind in NUMBERS else None
    elif column.kind == "percent":
        cell.value = float(value.scaleb(-2))
    elif column.kind == "decimal":
        cell.value = float(value)
    else:
        cell.value = safe_cell(value) if isinstance(value, str) else value
