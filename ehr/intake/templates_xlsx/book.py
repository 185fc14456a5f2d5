"""Writing a template workbook: the sheet to fill in, an example, the notes, the lists."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from ehr.common.spreadsheet import safe_cell
from ehr.intake.sections.columns import SheetColumn
from ehr.intake.templates_xlsx.columns import Template
from ehr.intake.templates_xlsx.notes import cell_of, notes

LISTS_SHEET, EXAMPLE_SHEET, NOTES_SHEET = "Danh mục", "Ví dụ", "Hướng dẫn"
#: Sheets of a template that hold no people to take in.
NOT_DATA = (LISTS_SHEET, EXAMPLE_SHEET, NOTES_SHEET)
EXAMPLE_MARK = "VÍ DỤ: NGƯỜI BỊA, KHÔNG NHẬP TRANG NÀY"
ROWS = 3000  # rows with format and drop-down lists
TITLE_ROWS = 3
# Everything typed is text, numbers too: a cell that Excel rewrites (0912… → 912…, 1/2 → 2 January) is lost.
_TEXT = {"num_format": "@", "font_name": "Times New Roman", "font_size": 12}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"font_name": "Times New Roman", "font_size": 14, "bold": True},
    "line": {"font_name": "Times New Roman", "font_size": 12, "italic": True},
    "group": _TEXT | {"bold": True, "align": "center", "valign": "vcenter", "border": 1, "bg_color": "#D6EFF0"},
    "head": _TEXT
    | {"bold": True, "align": "center", "valign": "vcenter", "border": 1, "text_wrap": True, "bg_color": "#EDF7F8"},
    "needed": _TEXT
    | {"bold": True, "align": "center", "valign": "vcenter", "border": 1, "text_wrap": True, "bg_color": "#FFF2CC"},
    "text": _TEXT,
    "note": {"font_name": "Times New Roman", "font_size": 12, "text_wrap": True, "valign": "top"},
    "bold": {"font_name": "Times New Roman", "font_size": 12, "bold": True},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the template is for, as text."""

    commune: str
    province: str


def write_book(
    template: Template, place: Place, lists: Mapping[str, Sequence[str]], examples: Sequence[Mapping[str, str]]
) -> bytes:
    """The workbook. `lists`: drop-down lists by name; `examples`: field → text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    formats = {name: book.add_format(given) for name, given in _FORMATS.items()}
    sheet, example, guide, listed = (
        book.add_worksheet(name) for name in (template.sheet, EXAMPLE_SHEET, NOTES_SHEET, LISTS_SHEET)
    )
    ranges = _write_lists(listed, lists, formats)
    listed.hide()
    top = _write_table(sheet, template, formats, template.title, place)
    _set_up(sheet, template.columns, top, ranges, formats)
    filled = _write_table(example, template, formats, EXAMPLE_MARK, place)
    for number, row in enumerate(examples, start=1):
        for index, column in enumerate(template.columns):
            text = row.get(column.field, "") if column.field else str(number)
            example.write_string(filled + number - 1, index, safe_cell(text), formats["text"])
    example.set_tab_color("#FFC000")
    _write_notes(guide, template, formats)
    book.set_properties({"title": template.title, "subject": safe_cell(place.commune)})
    book.close()
    return out.getvalue()


def _write_table(sheet: Any, template: Template, formats: Mapping[str, Any], title: str, place: Place) -> int:
    """Title rows and headings; returns the first row to fill in (from 0)."""
    sheet.write_string(0, 0, title, formats["title"])
    sheet.write_string(1, 0, safe_cell(f"{place.commune}, {place.province}"), formats["line"])
    sheet.write_string(2, 0, template.about, formats["line"])
    top = TITLE_ROWS
    if any(column.group for column in template.columns):
        _write_groups(sheet, template.columns, top, formats)
        top += 1
    for index, column in enumerate(template.columns):
        sheet.write_string(top, index, column.header, formats["needed" if column.required else "head"])
        sheet.set_column(index, index, column.width, formats["text"])
    sheet.set_row(top, 48)
    sheet.freeze_panes(top + 1, _frozen(template.columns))
    sheet.repeat_rows(TITLE_ROWS, top)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P/&N")
    return top + 1


def _frozen(columns: Sequence[SheetColumn]) -> int:
    """Columns that stay in sight: up to the name."""
    return next(index + 1 for index, column in enumerate(columns) if column.field == "full_name")


def _write_groups(sheet: Any, columns: Sequence[SheetColumn], row: int, formats: Mapping[str, Any]) -> None:
    start = 0
    while start < len(columns):
        group = columns[start].group
        end = start
        while end + 1 < len(columns) and columns[end + 1].group == group:
            end += 1
        if group and end > start:
            sheet.merge_range(row, start, row, end, group, formats["group"])
        elif group:
            sheet.write_string(row, start, group, formats["group"])
        start = end + 1


def _write_lists(sheet: Any, lists: Mapping[str, Sequence[str]], formats: Mapping[str, Any]) -> dict[str, str]:
    """One column per list; returns the range of each as a formula."""
    ranges = {}
    for index, (name, values) in enumerate(lists.items()):
        sheet.write_string(0, index, name, formats["bold"])
        sheet.set_column(index, index, 30, formats["text"])
        for row, value in enumerate(values, start=1):
            sheet.write_string(row, index, safe_cell(value), formats["text"])
        letter = xl_col_to_name(index)
        ranges[name] = f"='{LISTS_SHEET}'!${letter}$2:${letter}${len(values) + 1}"
    return ranges


def _set_up(
    sheet: Any, columns: Sequence[SheetColumn], top: int, ranges: Mapping[str, str], formats: Mapping[str, Any]
) -> None:
    """Drop-down lists and hints. A list only warns: a word that the system knows though it is not listed may stay."""
    for index, column in enumerate(columns):
        source = ranges.get(column.source) if column.source else list(column.options) or None
        if source is None and not column.note:
            continue
        hint = {"input_title": column.header[:32], "input_message": column.note[:255]} if column.note else {}
        rule: dict[str, Any] = {"validate": "any"}
        if source is not None:
            rule = {
                "validate": "list", "source": source, "error_type": "warning", "ignore_blank": True,
                "error_title": column.header[:32],
                "error_message": "Giá trị không có trong danh sách. Vẫn giữ giá trị này?",
            }  # fmt: skip
        sheet.data_validation(top, index, top + ROWS - 1, index, {**rule, **hint})


def _write_notes(sheet: Any, template: Template, formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 40, formats["note"])
    sheet.set_column(1, 1, 12, formats["note"])
    sheet.set_column(2, 2, 70, formats["note"])
    sheet.write_string(0, 0, "HƯỚNG DẪN ĐIỀN", formats["title"])
    row = 2
    for number, text in enumerate(notes(template), start=1):
        sheet.merge_range(row, 0, row, 2, f"{number}. {text}", formats["note"])
        sheet.set_row(row, 16 * (1 + len(text) // 105) + 2)
        row += 1
    row += 1
    for index, heading in enumerate(("Cột", "Bắt buộc", "Cách ghi")):
        sheet.write_string(row, index, heading, formats["bold"])
    for line in cell_of(template):
        row += 1
        for index, text in enumerate(line):
            sheet.write_string(row, index, text, formats["note"])
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
