"""Spreadsheets through calamine, after the checks of the format; its values in the types of `Cell`."""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ehr.intake.files import ods, xls, xlsx
from ehr.intake.files.archive import Archive, damaged
from ehr.intake.files.limits import Limits, number
from ehr.intake.files.repair import Seen, repair
from ehr.intake.files.sheet import Cell, CellError, FileRefused, Merged, Sheet
from ehr.intake.files.xlsx import Extent, too_large

_ERROR = re.compile(r"#(?:REF|VALUE|DIV/0|NAME|N/A|NUM|NULL|GETTING_DATA|SPILL|CALC)[!?]?|Err:5\d\d")
_KEPT = 50_000  # distinct values that are kept once, however often they occur: memory, and the work of normalizing
_DAY = dt.timedelta(days=1)
_MIDNIGHT = dt.datetime(1900, 1, 1)  # noqa: DTZ001 - cells have no zone


class Values(dict[Any, Cell]):
    """Cells as calamine gives them → as we want them; remembers what it has seen, for memory and for speed: a sheet has
    few different values. `decomposed`: text was not NFC."""

    def __init__(self) -> None:
        super().__init__({"": None})
        self.seen = Seen()
        self.decomposed = False

    def __missing__(self, value: Any) -> Cell:
        kind = type(value)
        cell: Cell
        if kind is str:
            cell = value
            if not value.isascii():
                cell = unicodedata.normalize("NFC", value)
                if cell is not value:
                    self.decomposed = self.decomposed or cell != value
                self.seen.look(cell)
            elif "?" in value:
                self.seen.look(value)
            if value[0] in _UNUSUAL:
                cell = _unusual(unicodedata.normalize("NFC", value))
        elif kind is float or kind is int:
            cell = int(value) if kind is int or value.is_integer() else value
            if cell in (0, 1):
                return cell  # True and False would find it
        elif kind is bool:
            return value
        else:
            cell = _other(value)
        if len(self) < _KEPT:
            self[value] = cell
        return cell


# First characters of texts that are an error or blank.
_UNUSUAL = frozenset("#E \t\r\n\v\f\xa0\u3000")


def _unusual(text: str) -> Cell:
    if _ERROR.fullmatch(text):
        return CellError(text)
    return text if text.strip() else None


def _other(value: Any) -> Cell:
    if isinstance(value, dt.timedelta):
        if dt.timedelta() <= value < _DAY:
            return (_MIDNIGHT + value).time()
        return str(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value


def read_xlsx(data: bytes, archive: Archive, limits: Limits, first: int | None = None) -> list[Sheet]:
    """`first`, here and below: only so many rows of each sheet."""
    extents = xlsx.check(archive, limits)
    return _read(data, limits, extents, {}, first)


def read_ods(data: bytes, archive: Archive, limits: Limits, first: int | None = None) -> list[Sheet]:
    found = ods.check(archive, limits)
    extents = {name: extent for name, (extent, _) in found.items()}
    return _read(data, limits, extents, {name: merged for name, (_, merged) in found.items()}, first)


def read_xls(data: bytes, limits: Limits, first: int | None = None) -> list[Sheet]:
    return _read(data, limits, xls.check(data, limits), {}, first)


def _read(
    data: bytes, limits: Limits, extents: dict[str, Extent], merged: dict[str, list[Merged]], first: int | None
) -> list[Sheet]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [meta for meta in workbook.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        if len(sheets) > limits.sheets:
            raise FileRefused(
                "file.sheets",
                f"Tệp có {number(len(sheets))} trang tính, hệ thống chỉ nhận tối đa {number(limits.sheets)}. "
                "Hãy chia thành nhiều tệp.",
            )
        read = []
        cells = 0
        for meta in sheets:
            source = workbook.get_sheet_by_name(meta.name)
            last_row, last_column = source.end or (-1, -1)
            cells += (last_row + 1) * (last_column + 1)
            if cells > limits.cells:
                raise too_large(f"{number(cells)} ô", f"tối đa {number(limits.cells)} ô")
            sheet = _sheet(source, extents.get(meta.name, Extent()), merged.get(meta.name), first)
            sheet.hidden = meta.visible != SheetVisibleEnum.Visible
            if sheet.rows:
                read.append(sheet)
        return read
    except (CalamineError, OSError, ValueError, OverflowError):
        raise damaged() from None
    except FileRefused:
        raise
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # pyo3 does not export the class: calamine gave up on the content
            raise damaged() from None
        raise


def _sheet(source: CalamineSheet, extent: Extent, merged: list[Merged] | None, first: int | None) -> Sheet:
    values = Values()
    get = values.__getitem__
    # iter_rows, unlike to_python, makes one row at a time: half the memory. It begins in row 1, but in the first column
    # with a value.
    rows: list[list[Cell]] = [list(map(get, row)) for row in islice(source.iter_rows(), first)]
    if source.start is not None and source.start[1]:
        rows = [[None] * source.start[1] + row for row in rows]
    _put_errors(rows, extent, first)
    if merged is None:
        merged = [Merged(*start, *end) for start, end in sorted(source.merged_cell_ranges or [])]
    areas = _within(merged, rows)
    while rows and not any(cell is not None for cell in rows[-1]):
        rows.pop()
    for index, row in enumerate(rows):
        if row and row[-1] is None and not any(cell is not None for cell in row):
            rows[index] = []
    sheet = Sheet(unicodedata.normalize("NFC", source.name), rows, 1, areas)
    if values.decomposed:
        sheet.notes.append("Chữ có dấu tổ hợp (kiểu máy Mac) đã được chuyển về dạng dựng sẵn.")
    repair(sheet, values.seen)
    return sheet


def _put_errors(rows: list[list[Cell]], extent: Extent, first: int | None) -> None:
    """Error cells at their place: calamine gives nothing for them, and no last row that holds only them."""
    for (row, column), error in extent.errors.items():
        if first is not None and row >= first:
            continue
        rows.extend([] for _ in range(row + 1 - len(rows)))
        cells = rows[row]
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = error


def _within(merged: list[Merged], rows: list[list[Cell]]) -> list[Merged]:
    """Merged ranges as indexes into `rows`, cut to what is there. Ranges that overlap more than the sheet is large are
    no work of a spreadsheet program."""
    width = max((len(row) for row in rows), default=0)
    areas = []
    size = 0
    for area in merged:
        bottom, right = min(area.bottom, len(rows) - 1), min(area.right, width - 1)
        if area.top <= bottom and area.left <= right and (area.top, area.left) != (bottom, right):
            areas.append(Merged(area.top, area.left, bottom, right))
            size += (bottom - area.top + 1) * (right - area.left + 1)
    if size > 2 * len(rows) * width + 100:
        raise damaged()
    return areas
