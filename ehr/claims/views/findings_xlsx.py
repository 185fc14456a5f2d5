"""The findings of a file as an .xlsx, row by row from the database to a file on disk: memory does not grow."""

from __future__ import annotations

import tempfile
from typing import IO, Any

import xlsxwriter

from ehr.claims.models import ClaimEntry, ClaimFile
from ehr.claims.spec import Standard, table
from ehr.common.spreadsheet import safe_cell
from stations.models import User

COLUMNS = (
    ("Hồ sơ thứ", 10), ("MA_LK", 22), ("Họ và tên", 26), ("Mức", 11), ("Bảng", 8), ("Dòng", 7), ("Cột", 20),
    ("Tên cột", 34), ("Giá trị trên tệp", 28), ("Điều cần sửa", 70), ("Quy tắc", 14),
)  # fmt: skip
LEVELS = {"reject": "Từ chối", "error": "Lỗi", "warning": "Cảnh báo"}
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_IN_MEMORY = 8 << 20  # bytes; a larger sheet goes to disk
MOST_ROWS = 1_048_000  # a sheet has 1,048,576


def workbook(file: ClaimFile, user: User, *, level: str = "") -> IO[bytes]:
    """An open temporary file at its beginning; gone when closed. `level`: only findings of it, "" for all. Findings of
    restricted claims are left out for whoever may not know of them."""
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 the response reads and closes it
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        page = book.add_worksheet("Lỗi và cảnh báo")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for at, (title, width) in enumerate(COLUMNS):
            page.set_column(at, at, width)
            page.write_string(0, at, title, bold)
        page.freeze_panes(1, 0)
        line = 0
        for line, cells in enumerate(_rows(file, user, level), start=1):
            for at, cell in enumerate(cells):
                if isinstance(cell, int):
                    page.write_number(line, at, cell)
                elif cell:
                    page.write_string(line, at, safe_cell(cell))
            if line >= MOST_ROWS:
                break
        page.autofilter(0, 0, max(line, 1), len(COLUMNS) - 1)
    out.seek(0)
    return out


def _rows(file: ClaimFile, user: User, level: str) -> Any:
    labels = _labels(file.standard)
    for problem in file.problems:
        if not level or problem.get("level") == level:
            yield _cells("", "", "Cả tệp", problem, labels)
    entries = ClaimEntry.objects.visible_to(user).filter(file=file).exclude(problems=[]).order_by("index")
    for index, ma_lk, label, problems in entries.values_list("index", "ma_lk", "label", "problems").iterator(1000):
        for problem in problems:
            if not level or problem.get("level") == level:
                yield _cells(index, ma_lk, label, problem, labels)


def _cells(index: Any, ma_lk: str, label: str, problem: dict[str, Any], labels: Any) -> tuple[Any, ...]:
    name, column = problem.get("table", ""), problem.get("column", "")
    return (
        index, ma_lk, label, LEVELS.get(problem.get("level", ""), ""), name, problem.get("line") or "", column,
        labels(name, column), problem.get("value", ""), problem.get("message", ""), problem.get("rule", ""),
    )  # fmt: skip


def _labels(standard: str) -> Any:
    """(table, column) → its name in Vietnamese."""

    def label(name: str, column: str) -> str:
        known = table(Standard(standard), name) if standard in set(Standard) and name else None
        return known.columns[column].label if known and column in known.columns else ""

    return label
