"""What became of a batch: for commands and partners as plain data, for people as a spreadsheet to correct."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import xlsxwriter

from ehr.common.dates import format_date
from ehr.common.spreadsheet import safe_cell
from ehr.intake.columns import Layout
from ehr.intake.files import Sheet
from ehr.intake.models import Fate, ImportBatch, ImportRow
from ehr.intake.services.reading import sheets_of
from ehr.intake.services.store import COUNTED
from ehr.records.models import Person
from stations.models import User

PROBLEM = ("column", "value", "code", "level", "message")
REASON = "Lý do"


def result(batch: ImportBatch) -> dict[str, Any]:
    """{batch, state, message, counts, problems}: what the command prints and REST answers.

    `batch` is the key; `counts` {rows, new, updated, unchanged, possible_duplicate, refused}; `problems` one entry for
    each problem of each row, in the order of rows: {sheet, row, column, value, code, level, message}."""
    return {
        "batch": str(batch.key),
        "state": batch.state,
        "message": batch.message,
        "counts": {name: batch.counts.get(name, 0) for name in ("rows", *COUNTED)},
        "problems": list(_problems(batch)),
    }


def _problems(batch: ImportBatch) -> Iterator[dict[str, Any]]:
    if batch.state == ImportBatch.State.REFUSED:
        yield {
            "sheet": "", "row": None, "column": "", "value": "", "code": batch.message_code, "level": "error",
            "message": batch.message,
        }  # fmt: skip
    rows = ImportRow.objects.filter(batch=batch).order_by("position")
    for sheet, number, fate, found, candidates in rows.values_list(
        "sheet", "number", "fate", "problems", "candidates"
    ).iterator(chunk_size=5000):
        where = {"sheet": sheet, "row": number}
        for problem in found:
            yield where | {name: problem.get(name, "") for name in PROBLEM}
        if fate == Fate.DUPLICATE:
            why = "; ".join(dict.fromkeys(each["why"] for each in candidates))
            message = f"Có thể trùng với hồ sơ đã có ({why}): cần quyết định."
            yield where | {
                "column": "", "value": "", "code": "row.possible_duplicate", "level": "warning", "message": message,
            }  # fmt: skip


def refused_workbook(batch: ImportBatch) -> bytes:
    """The refused rows as they came, below the title and header rows of their sheet, with the reason in a last column:
    corrected, it can be sent again as it is. Raises FileRefused when the file cannot be read any more."""
    reasons: dict[str, dict[int, str]] = {}
    refused = ImportRow.objects.filter(batch=batch, fate=Fate.REFUSED).order_by("position")
    for name, number, problems in refused.values_list("sheet", "number", "problems"):
        reasons.setdefault(name, {})[number] = reason_of(problems)
    layouts = {layout["sheet"]: Layout.from_json(layout) for layout in batch.layout}
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "font_color": "#b42318"})
        for sheet in sheets_of(batch):
            if sheet.name in layouts and (wanted := reasons.get(sheet.name[:100])):
                _write_sheet(book.add_worksheet(sheet.name[:31]), sheet, layouts[sheet.name], wanted, bold, wrap)
        if not book.worksheets():
            book.add_worksheet("Từ chối").write_string(0, 0, "Không có dòng nào bị từ chối.")
    return out.getvalue()


def people_of_refused(batch: ImportBatch, *, by: User) -> list[int]:
    """Keys of the people, of those that the user may see, whom refused rows are about."""
    refused = ImportRow.objects.filter(batch=batch, fate=Fate.REFUSED, person__in=Person.objects.visible_to(by))
    return sorted(set(refused.order_by().values_list("person_id", flat=True)))


def reason_of(problems: list[dict[str, Any]]) -> str:
    """All errors of a row as one text: "Cột F: …"."""
    errors = [each for each in problems if each["level"] == "error"]
    return "\n".join(
        f"Cột {each['column']}: {each['message']}" if each["column"] else each["message"] for each in errors
    )


def _write_sheet(page: Any, sheet: Sheet, layout: Layout, wanted: dict[int, str], bold: Any, wrap: Any) -> None:
    """Title, header and the wanted rows; the column of reasons stands behind the widest row, or where the file that
    comes back already has one."""
    width = max((len(row) for row in sheet.rows[: layout.first_row]), default=0)
    width = max([width, *(column.index + 1 for column in layout.columns)])
    header = sheet.rows[layout.header_row - sheet.first_row]
    last = next((index for index, cell in enumerate(header) if cell == REASON), width)
    line = 0
    for number, row in enumerate(sheet.rows, sheet.first_row):
        is_header = number < layout.first_row
        if not (is_header or number in wanted):
            continue
        for index, cell in enumerate(row[:width]):
            if index != last:
                _write_cell(page, line, index, cell, bold if is_header else None)
        if number == layout.header_row:
            page.write_string(line, last, REASON, bold)
        elif number in wanted:
            page.write_string(line, last, safe_cell(wanted[number]), wrap)
        line += 1
    page.set_column(0, max(0, width - 1), 16)
    page.set_column(last, last, 60)


def _write_cell(page: Any, line: int, index: int, cell: Any, style: Any) -> None:
    """Numbers stay numbers; dates and everything else are text as people read it, defused."""
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        page.write_string(line, index, "x" if cell else "", style)
    elif isinstance(cell, int | float):
        page.write_number(line, index, cell, style)
    elif isinstance(cell, dt.datetime):
        page.write_string(line, index, format_date(cell.date()), style)
    elif isinstance(cell, dt.date):
        page.write_string(line, index, format_date(cell), style)
    else:
        page.write_string(line, index, safe_cell(getattr(cell, "text", None) or str(cell)), style)
