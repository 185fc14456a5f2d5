"""The visits that stay, with their reasons, as a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from ehr.claims.export.services import Held, Period
from ehr.common.dates import format_date
from ehr.common.spreadsheet import safe_cell

HEADERS = (
    ("MA_LK", 28), ("Bảng", 8), ("Dòng", 7), ("Cột", 18), ("Tên cột", 34), ("Mã quy tắc", 14), ("Mức", 10),
    ("Lý do", 80),
)  # fmt: skip
LEVELS = {"reject": "Từ chối", "error": "Lỗi", "warning": "Cảnh báo"}
_FONT = {"font_name": "Times New Roman", "font_size": 12}


def held_book(period: Period, held: Sequence[Held]) -> bytes:
    """One line for each reason, under a title with facility and days."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet("Giữ lại")
    title = book.add_format(_FONT | {"bold": True, "font_size": 14})
    head = book.add_format(_FONT | {"bold": True, "border": 1, "bg_color": "#EDF7F8", "text_wrap": True})
    cell = book.add_format(_FONT | {"border": 1, "text_wrap": True, "valign": "top"})
    days = f"{format_date(period.first)} – {format_date(period.last)}"
    sheet.write_string(0, 0, safe_cell(f"Lượt khám giữ lại khi xuất XML: {period.facility.name}, {days}"), title)
    for column, (label, width) in enumerate(HEADERS):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, label, head)
    for at, each in enumerate(held, 3):
        values = (each.ma_lk, each.table, each.line or "", each.column, each.label, each.rule,
                  LEVELS.get(each.level, each.level), each.message)  # fmt: skip
        for column, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(at, column, value, cell)
            else:
                sheet.write_string(at, column, safe_cell(value), cell)
    sheet.freeze_panes(3, 1)
    sheet.autofilter(2, 0, max(3, 2 + len(held)), len(HEADERS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    book.close()
    return out.getvalue()
