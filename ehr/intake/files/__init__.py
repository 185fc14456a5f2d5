"""Files that communes send, read into sheets of cells: .xlsx, .xls, .ods, .csv. Bad files are refused in one sentence.

`read_file` decides by content. Before a library opens a file, its size when unpacked, its extent and its declarations
are checked piece by piece; nothing is written and little memory is used before that."""

from __future__ import annotations

from ehr.intake.files import sniff
from ehr.intake.files.sheet import Cell, CellError, FileRefused, Merged, Sheet, fill_merged

__all__ = ["Cell", "CellError", "FileRefused", "Merged", "Sheet", "fill_merged", "read_file", "read_top"]


def read_top(data: bytes, file_name: str, rows: int) -> list[Sheet]:
    """The sheets with their first `rows` rows, as `read_file` reads them: enough to show, in a part of the time."""
    try:
        return read_file(data, file_name, first=rows)
    except FileRefused:  # few rows may not be enough to tell the encoding
        sheets = read_file(data, file_name)
        for sheet in sheets:
            del sheet.rows[rows:]
        return sheets


def read_file(data: bytes, file_name: str, *, first: int | None = None) -> list[Sheet]:
    """The sheets of `data` that hold something, in their order, hidden ones too. `file_name`: for messages and for the
    name of a CSV sheet. `first`: only so many rows of each. Raises FileRefused; limits are the settings INTAKE_MAX_*.
    """
    from ehr.intake.files import text, workbook  # calamine is loaded by those who read, not by every process
    from ehr.intake.files.archive import MIB, Archive
    from ehr.intake.files.limits import Limits, number

    limits = Limits.current()
    if len(data) > limits.bytes:
        raise FileRefused(
            "file.too_large",
            f"Tệp nặng {number(-(-len(data) // MIB))} MB, hệ thống chỉ nhận đến {number(limits.bytes // MIB)} MB. "
            "Hãy chia thành nhiều tệp, ví dụ mỗi thôn một tệp.",
        )
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileRefused("file.empty", "Tệp trống, không có nội dung nào.")
    kind = sniff.kind(data)
    if kind == "zip":
        archive = Archive(data, limits)
        kind = sniff.zip_kind(archive)
        sheets = (workbook.read_xlsx if kind == "xlsx" else workbook.read_ods)(data, archive, limits, first)
    elif kind == "ole":
        kind, sheets = "xls", workbook.read_xls(data, limits, first)
    else:
        kind, sheets = "csv", [text.read_csv(data, file_name, limits, first)]
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise FileRefused("file.empty", "Tệp không có ô nào có nội dung.")
    for note in sniff.extension_note(kind, file_name):
        sheets[0].notes.insert(0, note)
    return sheets
