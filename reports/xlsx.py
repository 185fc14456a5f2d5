"""A report as a spreadsheet: real numbers, frozen and repeated headings, one page wide, no formula from any name."""

import io

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ehr.common.spreadsheet import safe_cell
from reports.letterhead import Letterhead
from reports.tables import MISSING, Column, Row, Table

_BASE = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter"}
_CELL = _BASE | {"border": 1}
FORMATS = {
    "head": _BASE | {"align": "center", "text_wrap": True},
    "head_bold": _BASE | {"align": "center", "bold": True, "text_wrap": True},
    "title": _BASE | {"align": "center", "bold": True, "font_size": 14, "text_wrap": True},
    "subtitle": _BASE | {"align": "center", "italic": True},
    "heading": _CELL | {"align": "center", "bold": True, "text_wrap": True, "bg_color": "#EDEDED"},
    "number": _CELL | {"align": "center", "italic": True, "font_size": 11},
    "index": _CELL | {"align": "center"},
    "text": _CELL | {"text_wrap": True},
    "int": _CELL | {"num_format": "#,##0"},
    "percent": _CELL | {"num_format": "0.00%"},
    "missing": _CELL | {"align": "right"},
    "note": _BASE | {"text_wrap": True, "font_size": 11, "valign": "top"},
}
_OVER = {"font_color": "#B00020", "bold": True}
CHARACTERS_PER_MM = 0.52


def xlsx_file(table: Table, head: Letterhead) -> bytes:
    """Workbook of one sheet. Excel shows the thousands and decimal signs of the reader's language."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet("Báo cáo")
    formats = {name: book.add_format(given) for name, given in FORMATS.items()}
    for name in ("index", "text", "int", "percent", "missing"):
        formats[f"{name}!"] = book.add_format(FORMATS[name] | _OVER)
        formats[f"{name}="] = book.add_format(FORMATS[name] | {"bold": True})
    first = _heading(sheet, table, head, formats)
    row = first
    for item in table.rows:
        _write_row(sheet, row, table.columns, item, formats, "!" if item.flags else "")
        row += 1
    _write_row(sheet, row, table.columns, table.total, formats, "=")
    _notes(sheet, row + 2, table, formats)
    sheet.freeze_panes(first, 0)
    sheet.repeat_rows(first - 2, first - 1)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if table.landscape:
        sheet.set_landscape()
    sheet.set_margins(left=1.18, right=0.6, top=0.79, bottom=0.79)
    sheet.set_footer("&C&P/&N")
    book.set_properties({"title": table.title, "subject": safe_cell(table.unit_name)})
    book.close()
    return out.getvalue()


def _heading(sheet: Worksheet, table: Table, head: Letterhead, formats: dict[str, Format]) -> int:
    """Letterhead, title and column headings; returns the first row of figures."""
    last = len(table.columns) - 1
    middle = 2
    for index, (left, right) in enumerate(((head.upper, head.nation), (head.own, head.motto))):
        strength = "head" if index == 0 else "head_bold"
        sheet.merge_range(index, 0, index, middle, "", formats[strength])
        sheet.write_string(index, 0, safe_cell(left), formats[strength])
        sheet.merge_range(index, middle + 1, index, last, right, formats["head_bold"])
        sheet.set_row(index, 34 if len(left) > 28 else 18)
    for row, (text, style) in enumerate(
        ((head.title, "title"), (table.title, "title"), (f"{table.unit_name} – {table.subtitle}", "subtitle")), start=3
    ):
        sheet.merge_range(row, 0, row, last, "", formats[style])
        sheet.write_string(row, 0, safe_cell(text), formats[style])
        sheet.set_row(row, 20)
    top = 7
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width * CHARACTERS_PER_MM)
        sheet.write_string(top, index, column.heading, formats["heading"])
        sheet.write_string(top + 1, index, column.number, formats["number"])
    sheet.set_row(top, 80)
    return top + 2


def _write_row(
    sheet: Worksheet, row: int, columns: tuple[Column, ...], item: Row, formats: dict[str, Format], style: str
) -> None:
    for index, column in enumerate(columns):
        value = getattr(item, column.key)
        if column.kind == "text":
            sheet.write_string(row, index, safe_cell(value), formats[f"text{style}"])
        elif value is None:
            mark = "" if column.kind == "index" else MISSING
            sheet.write_string(row, index, mark, formats[f"missing{style}"])
        elif column.kind == "percent":
            sheet.write_number(row, index, float(value.scaleb(-2)), formats[f"percent{style}"])
        else:
            sheet.write_number(row, index, value, formats[f"{column.kind}{style}"])


def _notes(sheet: Worksheet, row: int, table: Table, formats: dict[str, Format]) -> None:
    last = len(table.columns) - 1
    texts = [note.text if note.number is None else f"[{note.number}] {note.text}" for note in table.notes]
    if table.problems:
        texts += ["Chỗ không thỏa điều kiện kiểm tra:", *(f"- {problem.message}" for problem in table.problems)]
    for text in (*table.explanations, *texts, *table.definitions):
        sheet.merge_range(row, 0, row, last, "", formats["note"])
        sheet.write_string(row, 0, safe_cell(text), formats["note"])
        sheet.set_row(row, 16 * (1 + len(text) // 105))
        row += 1
