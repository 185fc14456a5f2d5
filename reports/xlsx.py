"""A report as a spreadsheet: real numbers and days, frozen and repeated headings, one page wide, a print area, no
formula from any name. Rows are written one after the other and leave memory: a register of any length fits."""

import datetime as dt
import io
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ehr.common.spreadsheet import safe_cell
from reports.letterhead import Letterhead
from reports.tables import MISSING, NUMBERS, Column, Row, Table, hidden_in, value_of

_BASE = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter"}
_CELL = _BASE | {"border": 1}
FORMATS: dict[str, dict[str, Any]] = {
    "head": _BASE | {"align": "center", "text_wrap": True},
    "head_bold": _BASE | {"align": "center", "bold": True, "text_wrap": True},
    "title": _BASE | {"align": "center", "bold": True, "font_size": 14, "text_wrap": True},
    "subtitle": _BASE | {"align": "center", "italic": True},
    "heading": _CELL | {"align": "center", "bold": True, "text_wrap": True, "bg_color": "#EDEDED"},
    "number": _CELL | {"align": "center", "italic": True, "font_size": 11},
    "index": _CELL | {"align": "center"},
    "text": _CELL | {"text_wrap": True},
    "date": _CELL | {"align": "center", "num_format": "dd/mm/yyyy"},
    "int": _CELL | {"num_format": "#,##0"},
    "decimal1": _CELL | {"num_format": "#,##0.0"},
    "decimal2": _CELL | {"num_format": "#,##0.00"},
    "percent": _CELL | {"num_format": "0.00%"},
    "missing": _CELL | {"align": "right"},
    "note": _BASE | {"text_wrap": True, "font_size": 11, "valign": "top"},
}
CELLS = ("index", "text", "date", "int", "decimal1", "decimal2", "percent", "missing")
_OVER = {"font_color": "#B00020", "bold": True}
CHARACTERS_PER_MM = 0.52
OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip


def xlsx_file(table: Table, head: Letterhead) -> bytes:
    """Workbook of one sheet. Excel shows the thousands and decimal signs of the reader's language."""
    out = io.BytesIO()
    write_xlsx(table, head, out)
    return out.getvalue()


def write_xlsx(table: Table, head: Letterhead, out: BinaryIO) -> None:
    book = xlsxwriter.Workbook(out, OPTIONS)
    sheet = book.add_worksheet("Báo cáo")
    formats = {name: book.add_format(given) for name, given in FORMATS.items()}
    for name in CELLS:
        formats[f"{name}!"] = book.add_format(FORMATS[name] | _OVER)
        formats[f"{name}="] = book.add_format(FORMATS[name] | {"bold": True})
    top = _heading(sheet, table, head, formats)
    first = _columns(sheet, top, table, formats)
    row = first
    for item in table.rows:
        _write_row(sheet, row, table.columns, item, formats, "!" if item.flags else "")
        row += 1
    if table.total is not None:
        _write_row(sheet, row, table.columns, table.total, formats, "=")
        row += 1
    row = _notes(sheet, row + 1, table, formats)
    sheet.freeze_panes(first, 0)
    sheet.repeat_rows(top, first - 1)
    sheet.print_area(0, 0, row - 1, len(table.columns) - 1)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if table.landscape:
        sheet.set_landscape()
    sheet.set_margins(left=1.18, right=0.6, top=0.79, bottom=0.79)
    sheet.set_footer("&C&P/&N")
    book.set_properties({"title": table.title, "subject": safe_cell(table.unit_name)})
    book.close()


def _merge(sheet: Worksheet, row: int, first: int, last: int, text: str, style: Format) -> None:
    """Text over the columns first…last; one column cannot be merged."""
    if last > first:
        sheet.merge_range(row, first, row, last, "", style)
    sheet.write_string(row, first, safe_cell(text), style)


def _heading(sheet: Worksheet, table: Table, head: Letterhead, formats: dict[str, Format]) -> int:
    """Letterhead and title; returns the row of the column headings."""
    last = len(table.columns) - 1
    middle = _middle(table.columns)
    for index, (left, right) in enumerate(((head.upper, head.nation), (head.own, head.motto))):
        sheet.set_row(index, 34 if max(len(left), len(right)) > 28 else 18)
        _merge(sheet, index, 0, middle, left, formats["head" if index == 0 else "head_bold"])
        _merge(sheet, index, middle + 1, last, right, formats["head_bold"])
    for row, (text, style) in enumerate(
        ((head.title, "title"), (table.title, "title"), (f"{table.unit_name} – {table.subtitle}", "subtitle")), start=3
    ):
        sheet.set_row(row, 20)
        _merge(sheet, row, 0, last, text, formats[style])
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width * CHARACTERS_PER_MM)
    return 7


def _middle(columns: tuple[Column, ...]) -> int:
    """The last column of the left half of the paper, by width."""
    half, width = sum(column.width for column in columns) * 0.45, 0
    for index, column in enumerate(columns[:-2]):
        width += column.width
        if width >= half:
            return index
    return max(len(columns) - 2, 0)


def _columns(sheet: Worksheet, top: int, table: Table, formats: dict[str, Format]) -> int:
    """Headings, with groups above them if any, and the printed column numbers; returns the first row of figures."""
    row, at = top, 0
    for heading, length in table.groups:
        _merge(sheet, row, at, at + length - 1, heading, formats["heading"])
        at += length
    row += bool(table.groups)
    sheet.set_row(row, 80)
    for index, column in enumerate(table.columns):
        sheet.write_string(row, index, column.heading, formats["heading"])
    for index, column in enumerate(table.columns):
        sheet.write_string(row + 1, index, column.number, formats["number"])
    return row + 2


def _write_row(
    sheet: Worksheet, row: int, columns: tuple[Column, ...], item: Row, formats: dict[str, Format], style: str
) -> None:
    for index, column in enumerate(columns):
        value, kind = value_of(item, column), column.kind
        if hidden := hidden_in(item, column):
            sheet.write_string(row, index, hidden, formats[f"missing{style}"])
        elif value is None and kind in NUMBERS:
            sheet.write_string(row, index, MISSING, formats[f"missing{style}"])
        elif value is None:
            sheet.write_blank(row, index, None, formats[f"text{style}"])
        elif kind == "percent":
            sheet.write_number(row, index, float(value.scaleb(-2)), formats[f"percent{style}"])
        elif kind == "decimal":
            sheet.write_number(row, index, float(value), formats[f"decimal{min(max(column.places, 1), 2)}{style}"])
        elif kind == "date" and isinstance(value, dt.date) and value.year >= 1900:  # a spreadsheet begins in 1900
            sheet.write_datetime(row, index, dt.datetime.combine(value, dt.time()), formats[f"date{style}"])
        elif kind in ("text", "date"):
            text = f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else str(value)
            sheet.write_string(row, index, safe_cell(text), formats[f"{kind}{style}"])
        else:
            sheet.write_number(row, index, value, formats[f"{kind}{style}"])


def _notes(sheet: Worksheet, row: int, table: Table, formats: dict[str, Format]) -> int:
    """Sentences under the table; returns the row after the last one."""
    last = len(table.columns) - 1
    texts = [note.text if note.number is None else f"[{note.number}] {note.text}" for note in table.notes]
    if table.problems:
        texts += ["Chỗ không thỏa điều kiện kiểm tra:", *(f"- {problem.message}" for problem in table.problems)]
    width = sum(column.width for column in table.columns) * CHARACTERS_PER_MM * 1.2
    for text in (*table.explanations, *texts, *table.definitions):
        sheet.set_row(row, 16 * (1 + int(len(text) / width)))
        _merge(sheet, row, 0, last, text, formats["note"])
        row += 1
    return row
