"""Where the table of a sheet begins: found, known from a saved mapping, or pointed at by the officer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ehr.common.text import plain
from ehr.intake.columns import Layout, signature
from ehr.intake.columns.table import DEEPEST
from ehr.intake.files import FileRefused, Sheet
from ehr.intake.models import ImportBatch, SavedMapping

SHOWN = 30  # rows of a sheet among which the officer looks for the header
WITHIN = 300  # rows below a header that tell what its columns hold
LOOK_FOR_SAVED = 60  # rows in which the header of a saved mapping is looked for


@dataclass(frozen=True, slots=True)
class HeaderAt:
    """The header of `sheet` ("": of every sheet) begins in `row`, as the spreadsheet program counts. `rows`: how many
    rows it has, 0 when the machine shall look. `place`: of the sheet among those of the file, from 0, instead of its
    name (which may be that of a person, and so belongs in no address)."""

    row: int
    sheet: str = ""
    rows: int = 0
    place: int | None = None


def top_of_sheets(batch: ImportBatch, rows: int = SHOWN) -> list[Sheet]:
    """The sheets of the stored file with their first rows. Raises FileRefused."""
    from ehr.intake.files import read_top

    return read_top(bytes_of(batch), batch.file_name, rows)


def bytes_of(batch: ImportBatch) -> bytes:
    """The stored file. Raises FileRefused when it was removed by its age."""
    if batch.file.cleared_at is not None:
        raise FileRefused("file.cleared", CLEARED)
    return bytes(batch.file.data)


CLEARED = "Nội dung tệp đã được xóa theo thời hạn lưu: hãy gửi lại tệp."


def layouts_at(batch: ImportBatch, headers: Sequence[HeaderAt]) -> list[Layout]:
    """The columns below these headers, for the officer to map; `set_columns` takes them back. Nothing is stored.

    Raises FileRefused when the file cannot be read or nothing stands in such a row."""
    deepest = max((header.row for header in headers), default=0)
    sheets = top_of_sheets(batch, max(0, deepest) + DEEPEST + WITHIN)
    named = [header if header.place is None else _named(header, sheets) for header in headers]
    found = [layout for header in named for layout in looked_over(batch, sheets, _asked(header, batch.kind))]
    # Only the top was looked at: the rest of the sheet follows when the file is read.
    return [replace(layout, last_row=0) for layout in found]


def _named(header: HeaderAt, sheets: Sequence[Sheet]) -> HeaderAt:
    if header.place is None or header.place >= len(sheets):
        raise FileRefused("file.no_sheet", "Tệp không có trang tính này.")
    return replace(header, sheet=sheets[header.place].name, place=None)


def headers_only(headers: Sequence[HeaderAt], kind: str) -> list[dict[str, Any]]:
    """What a batch keeps of headers that somebody named when sending the file, until it is read."""
    return [_asked(header, kind).to_json() for header in headers]


def _asked(header: HeaderAt, kind: str) -> Layout:
    return Layout(header.sheet, header.row, header.row + max(1, header.rows), [], kind=kind, header_rows=header.rows)


def looked_over(batch: ImportBatch, sheets: Sequence[Sheet], layout: Layout) -> list[Layout]:
    """The layout itself, or what it says about the header completed by what stands in the sheets."""
    if layout.looked_over:
        return [layout]
    mapping = layout.mapping() if layout.columns else None
    wanted = [sheet for sheet in sheets if layout.sheet in ("", sheet.name)]
    found = [recognised(batch, sheet, header=layout, mapping=mapping) for sheet in wanted]
    layouts = [each for each in found if each is not None]
    if not layouts:
        where = f" của trang «{layout.sheet}»" if layout.sheet else ""
        message = f"Dòng {layout.header_row}{where} không có chữ nào: hãy chọn dòng có tên các cột."
        raise FileRefused("file.no_header", message)
    return layouts


def recognised(
    batch: ImportBatch, sheet: Sheet, *, header: Layout | None = None, mapping: Mapping[str, str] | None = None
) -> Layout | None:
    """The columns of a sheet, below `header` when that is known. `mapping` wins, else what the commune saved for these
    headers. None when there is no table."""
    from ehr.intake.columns import recognise

    at = {"header_row": header.header_row, "header_rows": header.header_rows} if header else {}
    layout = recognise(sheet, batch.kind, mapping, **at)
    if layout is None:
        return None if header else _by_saved(batch, sheet)
    if mapping is not None:
        return layout
    saved = SavedMapping.objects.filter(commune=batch.commune, kind=batch.kind, signature=signature(layout)).first()
    return (recognise(sheet, batch.kind, saved.columns, **at) or layout) if saved else layout


def _by_saved(batch: ImportBatch, sheet: Sheet) -> Layout | None:
    """The table below a header that only a saved mapping knows: its officer pointed at it the first time."""
    from ehr.intake.columns import recognise

    saved = list(SavedMapping.objects.filter(commune=batch.commune, kind=batch.kind))
    top = replace(sheet, rows=sheet.rows[: LOOK_FOR_SAVED + WITHIN])
    for row, cells in enumerate(sheet.rows[:LOOK_FOR_SAVED] if saved else ()):
        texts = [key for cell in cells if isinstance(cell, str) and (key := plain(cell))]
        for each in saved:
            known = " › ".join(each.columns)
            if len(texts) < 2 or not all(text in known for text in texts):
                continue
            for rows in range(1, DEEPEST + 1):
                at = {"header_row": sheet.first_row + row, "header_rows": rows}
                found = recognise(top, batch.kind, each.columns, **at)
                if found is not None and signature(found) == each.signature:
                    return recognise(sheet, batch.kind, each.columns, **at)
    return None
