"""What a file is after reading, whatever its format: sheets of cells, or one sentence why it was refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell in which the spreadsheet shows an error instead of a value. `text`: "#REF!", "#N/A", "#DIV/0!" …"""

    text: str

    def __str__(self) -> str:
        return self.text


#: Empty cells are None, never "". Whole numbers are int even where the file keeps 38196000123.0. Text is NFC, as typed
#: otherwise: spaces and line breaks stay.
Cell = None | str | int | float | bool | dt.date | dt.datetime | dt.time | CellError


class Merged(NamedTuple):
    """A merged range, as indexes into `Sheet.rows` and its rows; both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """One sheet with something in it. `rows[0]` is row `first_row` as Excel shows it; column 0 is always column A.

    Rows may be of different length: empty cells at the end of a row may be missing, blank rows between others are [].
    Hidden rows, columns and sheets are kept. A merged range has its value in the top left cell only, as the file does:
    `fill_merged` spreads it. `notes`: what was done to the sheet on reading ("Đã chuyển … từ bảng mã TCVN3 …"), for the
    preview."""

    name: str
    rows: list[list[Cell]]
    first_row: int = 1
    merged: list[Merged] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hidden: bool = False


def fill_merged(sheet: Sheet, *, top: int = 0, bottom: int | None = None) -> list[list[Cell]]:
    """The rows of `sheet` with each merged range filled with its value, down and right; rows without one are the same
    lists, not copies. Only ranges that touch rows `top` … `bottom` (indexes, `bottom` not included) are filled.

    >>> fill_merged(Sheet("x", [["Hộ 1", "An"], [None, "Bình"]], merged=[Merged(0, 0, 1, 0)]))
    [['Hộ 1', 'An'], ['Hộ 1', 'Bình']]
    """
    rows = list(sheet.rows)
    copied: set[int] = set()
    last = len(rows) if bottom is None else min(bottom, len(rows))
    for area in sheet.merged:
        if area.top >= last or area.bottom < top or area.top >= len(rows) or area.left >= len(rows[area.top]):
            continue
        value = rows[area.top][area.left]
        if value is None:
            continue
        for index in range(max(area.top, top), min(area.bottom + 1, last)):
            if index not in copied:
                rows[index] = list(rows[index])
                copied.add(index)
            row = rows[index]
            row.extend([None] * (area.right + 1 - len(row)))
            row[area.left : area.right + 1] = [value] * (area.right + 1 - area.left)
    return rows


class FileRefused(Exception):
    """The file cannot be taken in. `code`: stable, "file.…"; `message`: Vietnamese, what was found and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
