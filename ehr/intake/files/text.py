"""Comma, semicolon and tab separated text, in any encoding that Excel in Vietnam has written."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from pathlib import PurePath

from ehr.intake.files.archive import damaged
from ehr.intake.files.legacy import FEW, as_latin, reads
from ehr.intake.files.limits import Limits, number
from ehr.intake.files.repair import refused_encoding, repair
from ehr.intake.files.sheet import FileRefused, Sheet
from ehr.intake.files.sniff import SAVE_AS, TAKEN
from ehr.intake.files.workbook import Values
from ehr.intake.files.xlsx import too_large

_DELIMITERS = ",;\t"
_SAMPLE = 200  # records by which the delimiter is chosen
_SEP = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_BOMS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]


def read_csv(data: bytes, file_name: str, limits: Limits, first: int | None = None) -> Sheet:
    """One sheet; all cells are text, so that no leading zero is lost. Raises FileRefused."""
    text, latin = _decode(data)
    if "\0" in text[:4096]:
        raise FileRefused("file.type", f"Đây không phải bảng tính đọc được. {TAKEN}")
    first_row = 1
    if sep := _SEP.match(text):
        text, first_row = text[sep.end() :], 2
    delimiter = sep[1] if sep else _delimiter(text, file_name)
    values = Values()
    rows = _rows(text, delimiter, limits, values, first)
    sheet = Sheet(PurePath(file_name).stem or "CSV", rows, first_row)
    _repair(sheet, values, latin)
    return sheet


def _repair(sheet: Sheet, values: Values, latin: bool) -> None:
    """Repairs the text. `latin`: the bytes were no Unicode, so that something must explain them: Windows-1258, the
    usual "ANSI" of a Vietnamese Windows, or an old font. Few strange texts may be foreign names in Latin-1."""
    seen = values.seen
    if not latin:
        repair(sheet, seen)
        return
    strange = {text for text in seen.suspects if not reads(text, "")}
    repair(sheet, seen, ("cp1258", "tcvn3", "vni"))
    if not sheet.notes and len(strange) >= FEW:
        raise refused_encoding(sheet, strange)


def _decode(data: bytes) -> tuple[str, bool]:
    """The text, and whether its bytes are only seen through Windows-1252."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data.removeprefix(bom), encoding), False
    head = data[:4096]
    if head.count(0) > len(head) // 5:  # UTF-16 without its mark: most bytes of one side are zero
        odd, even = head[1::2].count(0), head[::2].count(0)
        return _strict(data, "utf-16-le" if odd > even else "utf-16-be"), False
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and not data[: error.start].isascii():
            raise damaged() from None  # cut within the last letter
    return as_latin(data), True


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise damaged() from None


def _delimiter(text: str, file_name: str) -> str:
    """The sign that cuts most records into the same number of cells. Raises FileRefused when none does, unless the
    name says that it is a list of one column."""
    sample = text[:200_000]
    best, best_score = "", (0.0, 0)
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        try:
            records = itertools.islice(csv.reader(io.StringIO(sample), delimiter=delimiter), _SAMPLE)
            widths = [len(row) for row in records if row]
        except csv.Error:
            continue
        cut = [width for width in widths if width > 1]
        width, count = Counter(cut).most_common(1)[0] if cut else (1, 0)
        score = count / max(1, len(widths)), width
        if score > best_score:
            best, best_score = delimiter, score
    named = PurePath(file_name).suffix.lower() in (".csv", ".txt", ".tsv", "")
    if best and (named or best_score[0] >= 0.9):
        return best
    if named:
        return ","
    raise FileRefused(
        "file.type",
        "Đây là tệp văn bản, không phải bảng tính: không thấy các cột ngăn nhau bằng dấu phẩy, chấm phẩy hay tab. "
        + SAVE_AS,
    )


def _rows(text: str, delimiter: str, limits: Limits, values: Values, first: int | None) -> list:
    rows: list = []
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    last_line = 0
    try:
        for record in reader:
            row = list(map(values.__getitem__, record))
            while row and row[-1] is None:
                row.pop()
            rows.append(row)
            width = max(width, len(row))
            if len(rows) > limits.rows and row:
                raise too_large(f"hơn {number(limits.rows)} dòng", f"tối đa {number(limits.rows)} dòng")
            if width > limits.columns:
                raise too_large(f"{number(width)} cột", f"tối đa {number(limits.columns)} cột")
            if len(rows) * width > limits.cells and row:
                raise too_large(f"hơn {number(limits.cells)} ô", f"tối đa {number(limits.cells)} ô")
            begin, last_line = last_line, reader.line_num
            if len(rows) == first:
                return rows
    except csv.Error:
        raise _open_quote(reader.line_num) from None
    if rows and any("\n" in cell for cell in rows[-1] if type(cell) is str):
        _check_end(text, begin, delimiter)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _check_end(text: str, begin: int, delimiter: str) -> None:
    """A quote that is never closed swallows the rest of the file in one cell, without an error."""
    lines = io.StringIO(text, newline="").readlines()[begin:]
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise _open_quote(begin + 1) from None


def _open_quote(line: int) -> FileRefused:
    return FileRefused(
        "file.damaged",
        f"Tệp CSV có dấu ngoặc kép mở ở khoảng dòng {number(line)} mà không đóng, nên không biết ô kết thúc ở đâu. "
        + SAVE_AS,
    )
