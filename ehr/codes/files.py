"""Reading a release of a code list from CSV: every fault named by row and column, in Vietnamese.

Columns: code, name; optional name_en, parent_code, position, valid_from, valid_to; every other column becomes a
property of the code. An empty cell is no property: a flag is "1" or empty.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ehr.common.dates import DateError, parse_date
from ehr.common.problems import Problem
from ehr.common.text import nfc

LENGTHS = {"code": 30, "name": 500, "name_en": 500, "parent_code": 30}
REQUIRED = ("code", "name")
KNOWN = (*LENGTHS, "position", "valid_from", "valid_to")
MOST_PROBLEMS = 50
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class CodeRow:
    """One line of a release."""

    code: str
    name: str
    name_en: str = ""
    parent_code: str = ""
    position: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    properties: dict[str, str] = field(default_factory=dict)


class CodesFileError(Exception):
    """The file cannot be loaded; `problems` name row and column. Nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = problems


def read_codes(content: bytes) -> list[CodeRow]:
    """All lines of the file. Raises CodesFileError with up to 50 problems."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"Tệp không phải UTF-8 (dòng {line}). Hãy lưu lại dưới dạng «CSV UTF-8»."
        raise CodesFileError([Problem("", "file.encoding", message)]) from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [nfc(cell).lower() for cell in next(lines, [])]
        _refuse(list(_check_header(header)))
        cells = [(lines.line_num, line) for line in lines if any(cell.strip() for cell in line)]
    except csv.Error as error:
        message = f"Dòng {lines.line_num}: tệp CSV hỏng (dấu nháy kép không khép hoặc ký tự lạ)."
        raise CodesFileError([Problem("", "file.csv", message)]) from error
    problems: list[Problem] = []
    rows = [
        row
        for number, (line_number, line) in enumerate(cells)
        if (row := _row(header, line_number, line, number, problems))
    ]
    if not cells:
        problems.append(Problem("", "file.empty", "Tệp không có dòng mã nào."))
    problems += _check_together(rows, [line_number for line_number, _ in cells]) if not problems else []
    _refuse(problems)
    return rows


def _refuse(problems: list[Problem]) -> None:
    if len(problems) > MOST_PROBLEMS:
        rest = len(problems) - MOST_PROBLEMS
        problems = [*problems[:MOST_PROBLEMS], Problem("", "file.more", f"… và {rest} lỗi nữa.")]
    if problems:
        raise CodesFileError(problems)


def _check_header(header: list[str]) -> Iterator[Problem]:
    for name in REQUIRED:
        if name not in header:
            yield Problem(name, "column.missing", f"Thiếu cột «{name}» ở dòng tiêu đề.")
    for number, name in enumerate(header, start=1):
        if header.index(name) != number - 1:
            yield Problem(name, "column.twice", f"Dòng tiêu đề: cột «{name}» lặp lại (cột thứ {number}).")
        elif not _COLUMN.fullmatch(name):
            message = (
                f"Dòng tiêu đề, cột thứ {number}: tên cột «{name[:40]}» phải là chữ thường không dấu, số, gạch dưới."
            )
            yield Problem(name, "column.name", message)


def _row(header: list[str], number: int, line: list[str], position: int, problems: list[Problem]) -> CodeRow | None:
    """The row, or None after adding its problems. `number`: line in the file, for people."""

    def fault(column: str, code: str, text: str) -> None:
        problems.append(
            Problem(column, code, f"Dòng {number}, cột «{column}»: {text}" if column else f"Dòng {number}: {text}")
        )

    before = len(problems)
    if len(line) != len(header):
        fault("", "row.width", f"có {len(line)} ô, tiêu đề có {len(header)} cột.")
        return None
    cells = {name: nfc(cell) for name, cell in zip(header, line, strict=True)}
    for name, longest in LENGTHS.items():
        value = cells.get(name, "")
        if not value and name in REQUIRED:
            fault(name, "cell.empty", "để trống.")
        elif len(value) > longest:
            fault(name, "cell.long", f"dài {len(value)} ký tự, tối đa {longest}.")
    order = cells.get("position", "")
    if order and not (order.isascii() and order.isdigit() and len(order) < 10):
        fault("position", "cell.number", f"«{order[:20]}» không phải số nguyên.")
    days = {name: _day(cells.get(name, ""), name, fault) for name in ("valid_from", "valid_to")}
    if days["valid_from"] and days["valid_to"] and days["valid_to"] <= days["valid_from"]:
        fault("valid_to", "period.empty", "phải sau ngày bắt đầu hiệu lực.")
    if len(problems) > before:
        return None
    extra = {name: value for name, value in cells.items() if value and name not in KNOWN}
    place = int(order) if order else position
    return CodeRow(
        cells["code"], cells["name"], cells.get("name_en", ""), cells.get("parent_code", ""), place,
        days["valid_from"], days["valid_to"], extra,
    )  # fmt: skip


def _day(text: str, name: str, fault: object) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else parse_date(text)
    except (DateError, ValueError):
        fault(name, "cell.date", f"«{text[:20]}» không phải ngày (12/03/2026 hoặc 2026-03-12).")  # type: ignore[operator]
        return None


def _check_together(rows: list[CodeRow], numbers: list[int]) -> list[Problem]:
    """What only the whole file shows: codes used twice, parents that are not there."""
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for row, number in zip(rows, numbers, strict=True):
        if row.code in first:
            message = f"Dòng {number}, cột «code»: mã «{row.code}» đã có ở dòng {first[row.code]}."
            problems.append(Problem("code", "code.twice", message))
        first.setdefault(row.code, number)
    for row, number in zip(rows, numbers, strict=True):
        if row.parent_code and (row.parent_code not in first or row.parent_code == row.code):
            message = f"Dòng {number}, cột «parent_code»: mã cha «{row.parent_code}» không có trong tệp."
            problems.append(Problem("parent_code", "parent.unknown", message))
    return problems
