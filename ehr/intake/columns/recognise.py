"""A sheet → its layout."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ehr.common.text import plain
from ehr.intake.columns.layout import Block, Column, Layout, header_keys
from ehr.intake.columns.match import WHY_EMPTY, match_columns
from ehr.intake.columns.table import Header, find_header, header_by_hand, runs, scan, text_of
from ehr.intake.columns.title import is_title, read_title
from ehr.intake.files import Sheet, fill_merged

SAMPLES = 3
EXAMPLE = "vi du"
HOUSEHOLD = ("household_code", "head_name", "current_address_detail", "phone_mobile")  # keys of a household's title
LOOK_FOR_SAMPLES = 300  # rows


def recognise(
    sheet: Sheet, kind: str, saved: Mapping[str, str] | None = None, *, header_row: int = 0, header_rows: int = 0
) -> Layout | None:
    """How the sheet is to be read; None when it holds no table of people (cover, notes).

    `kind`: a value of `ehr.intake.models.Kind`. `saved`: what `Layout.mapping` gave before; it wins.
    `header_row`: where somebody says the header begins, as the spreadsheet program counts; `header_rows`: how many rows
    it has, 0: look."""
    if header_row:
        header = header_by_hand(sheet, kind, header_row - sheet.first_row, header_rows)
    else:
        header = None if _is_example(sheet) else find_header(sheet, kind)
    if header is None:
        return None
    found = scan(sheet, header, kind, is_title)
    skipped_rows = {index for index, _ in found.skipped}
    last = found.last
    while last > header.bottom and last in skipped_rows:
        last -= 1
    columns = _columns(sheet, header, skipped_rows)
    paths = [header.paths[column.index] if column.index < len(header.paths) else [] for column in columns]
    match_columns(columns, paths, kind, saved)
    columns = [column for column in columns if column.why != WHY_EMPTY or column.samples]
    title = read_title(fill_merged(sheet, bottom=header.top)[: header.top])
    blocks = _blocks(sheet, [index for index, _ in found.titles], title, last, skipped_rows)
    first = header.bottom + 1
    while first <= last and first in skipped_rows:
        first += 1
    return Layout(
        sheet=sheet.name,
        header_row=sheet.first_row + header.top,
        header_rows=header.bottom - header.top + 1,
        first_row=sheet.first_row + first,
        columns=columns,
        title=title,
        skipped=[(sheet.first_row + index, why) for index, why in runs(found.skipped)],
        last_row=sheet.first_row + last,
        blocks=blocks,
        notes=list(sheet.notes),
        kind=kind,
        skip=sorted(sheet.first_row + index for index in skipped_rows if index <= last),
    )


def _is_example(sheet: Sheet) -> bool:
    """The sheet of our templates that shows how to fill them in: its people are invented."""
    first = text_of(sheet.rows[0][0]) if sheet.rows and sheet.rows[0] else ""
    return plain(sheet.name) == EXAMPLE or plain(first).startswith(f"{EXAMPLE} nguoi bia")


def _columns(sheet: Sheet, header: Header, skipped: set[int]) -> list[Column]:
    """One per column with a header or with something below it."""
    below = range(header.bottom + 1, min(len(sheet.rows), header.bottom + 1 + LOOK_FOR_SAMPLES))
    rows = [sheet.rows[index] for index in below if index not in skipped]
    width = max([len(header.paths), *(len(row) for row in rows)]) if rows else len(header.paths)
    columns = []
    for index in range(width):
        path = header.paths[index] if index < len(header.paths) else []
        samples: list[str] = []
        for row in rows:
            text = text_of(row[index])[:40] if index < len(row) else ""
            if text and text not in samples:
                samples.append(text)
                if len(samples) == SAMPLES:
                    break
        if path or samples:
            columns.append(Column(index, letter(index), " › ".join(path), samples=samples))
    return columns


def _blocks(sheet: Sheet, titles: list[int], first: dict[str, str], last: int, skipped: set[int]) -> list[Block]:
    """Parts of the table with a title of their own. Title rows with no person between them make one; a title of a
    household keeps the village of the part before, a new village ends the household."""
    blocks: list[Block] = []
    current = dict(first)
    while titles:
        group = [titles.pop(0)]
        while titles and all(index in skipped for index in range(group[-1], titles[0])):
            group.append(titles.pop(0))
        own = read_title([sheet.rows[index] for index in group])
        if not own:
            continue
        ended = HOUSEHOLD if own.keys() & {"current_village", "household_code", "head_name"} else ()
        current = {key: value for key, value in current.items() if key not in ended} | own
        if blocks:
            blocks[-1].last_row = sheet.first_row + group[0] - 1
        blocks.append(Block(sheet.first_row + group[-1] + 1, sheet.first_row + last, dict(current)))
    return blocks


def letter(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA: the column as spreadsheet programs name it."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def signature(layout: Layout) -> str:
    """64 hexadecimal digits that are the same for sheets with the same headers in the same order."""
    return hashlib.sha256("\n".join(header_keys(layout.columns)).encode()).hexdigest()
