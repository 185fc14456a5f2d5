"""Where the table stands in a sheet: header rows, title, and the rows that hold no person."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ehr.common.text import plain
from ehr.intake.columns.vocabulary import Words, group_of, headers, toned
from ehr.intake.files import Cell, Sheet, fill_merged

HEADER_WITHIN = 200  # rows; a title block is shorter
DEEPEST = 3  # header rows
LOOK_FOR_NAMES = 200  # rows
NAMES = frozenset({"full_name", "full_name:family", "full_name:given"})

BLANK = "Dòng trống."
REPEATED = "Dòng tiêu đề lặp lại."
MARKS = "Dòng ký hiệu cột (A, B, 1, 2…)."
TITLE = "Dòng tên danh sách, thôn hoặc hộ, không phải người."
TOTAL = "Dòng tổng cộng."
SIGNATURE = "Phần ký tên, ghi chú cuối bảng."
ONLY_NUMBER = "Chỉ có số thứ tự, không có người."
OTHER_TABLE = "Bảng khác có tiêu đề khác: hãy tách ra trang tính riêng."

_MARK = re.compile(r"\(?\s*(?:[A-Za-zĐđ]|[0-9]{1,3}(?:[.,][0-9])?[a-z]?)\s*\)?(?:\s*=.*)?")
_TOTAL = re.compile(
    r"(?:tổng|cộng|tong so|tong cong|cong)\b"
    r"(?:\s*(?:số|cộng|so|cong|hộ|khẩu|nhân khẩu|người|trang|nam|nữ|toàn|thôn|xã)\b)*[\s:.,=\d]*"
    r"(?:hộ|khẩu|người|nhân khẩu)?[\s:.,;=\d]*.{0,40}",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?:.{0,40},\s*)?ngày\s*[\d.…_]*\s*tháng\s*[\d.…_]*\s*năm|người lập|lập bảng|người điều tra|điều tra viên"
    r"|người cung cấp|trưởng (?:thôn|bản|trạm|ấp|khu|ban|công an|phòng)|thủ trưởng|chủ tịch|phó chủ tịch|hiệu trưởng"
    r"|tm\.|t/m|kt\.|xác nhận|ký tên|\(?\s*ký|cán bộ|người tổng hợp|kế toán|giám đốc|đại diện|công an xã|ubnd"
    r"|nơi nhận|ghi chú\s*:|lưu ý\s*:|\*|chú thích", re.IGNORECASE,
)  # fmt: skip


@dataclass(slots=True)
class Header:
    """`top` and `bottom`: indexes of the first and last header row. `paths`: per column its headers, top to bottom.
    `name`: index of the column with the name. `found`: how many columns have a known header."""

    top: int
    bottom: int
    paths: list[list[str]]
    name: int
    found: int


def text_of(cell: Cell) -> str:
    """The cell as one line of text."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, dt.date):
        return cell.strftime("%d/%m/%Y")
    return " ".join(str(cell).split())


def filled(row: Sequence[Cell]) -> list[int]:
    """Indexes of the cells with something in them."""
    return [
        index
        for index, cell in enumerate(row)
        if cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())
    ]


def _has_cells(row: Sequence[Cell], number: int) -> bool:
    """Whether so many cells are filled; most rows say it with their first ones."""
    for cell in row:
        if cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace()):
            number -= 1
            if not number:
                return True
    return False


def find_header(sheet: Sheet, kind: str) -> Header | None:
    """The header with most known columns among the first rows; None when no row names a column for names or numbers."""
    words = headers(kind)
    rows = fill_merged(sheet, bottom=HEADER_WITHIN + DEEPEST)
    best = None
    for index in range(min(len(rows), HEADER_WITHIN)):
        name = _name_column(rows[index], words)
        if name is None:
            continue
        header = _header_at(sheet, rows, index, name, words)
        if header.found >= 2 and (best is None or header.found > best.found):
            best = header
    return best


def header_by_hand(sheet: Sheet, kind: str, index: int, depth: int = 0) -> Header | None:
    """The header that somebody pointed at: row `index` of `sheet.rows` and the `depth` - 1 rows below it; with 0 the
    rows around it that belong to it are found. None when there is nothing in the row."""
    rows = fill_merged(sheet, bottom=index + max(depth, DEEPEST) + 1)
    if not (0 <= index < len(rows) and filled(rows[index])):
        return None
    words = headers(kind)
    named = [_name_column(row, words) for row in rows[index : index + max(depth, 1)]]
    name = next((column for column in named if column is not None), None)
    if name is None:
        name = _looks_like_names(sheet.rows[index + max(depth, 1) :])
    if not depth:
        return _header_at(sheet, rows, index, name, words)
    bottom = min(index + depth, len(rows)) - 1
    return Header(index, bottom, _paths(rows, index, bottom, index), name, 0)


_NAME = re.compile(r"[^\W\d_]+(?:[ '’-]+[^\W\d_]+){1,6}")


def _looks_like_names(rows: Sequence[Sequence[Cell]]) -> int:
    """The column with most different names of people, the first one when no column has any."""
    seen: dict[int, set[str]] = {}
    for row in rows[:LOOK_FOR_NAMES]:
        for index, cell in enumerate(row):
            if isinstance(cell, str) and _NAME.fullmatch(cell.strip()) and (cell.istitle() or cell.isupper()):
                seen.setdefault(index, set()).add(cell)
    return max(seen, key=lambda index: (len(seen[index]), -index), default=0)


def _name_column(row: Sequence[Cell], words: Words) -> int | None:
    """Index of the cell that is the header of names, else of identity or insurance numbers."""
    second = None
    for index, cell in enumerate(row):
        if isinstance(cell, str) and len(cell) <= 80:
            fields = {entry.field for entry in words.known(cell) if entry.alone}
            if fields & NAMES:
                return index
            if second is None and fields & {"id_number", "health_insurance_number"}:
                second = index
    return second


def _is_header(row: Sequence[Cell], words: Words) -> bool:
    """Whether the row is the header of another table: a heading for names, and two more."""
    known = [words.known(cell) for cell in row if isinstance(cell, str) and len(cell) <= 80]
    named = any(entry.field in NAMES and entry.alone for entries in known for entry in entries)
    return named and sum(map(bool, known)) >= 3


def _header_at(sheet: Sheet, rows: list[list[Cell]], index: int, name: int, words: Words) -> Header:
    """The header around the row that names the column of names: group rows above, rows of parts below."""
    bottom = index
    while bottom + 1 < len(rows) and bottom - index < DEEPEST - 1 and _is_below(sheet, rows, index, bottom + 1, name):
        bottom += 1
    top = index
    while top > 0 and bottom - top < DEEPEST - 1 and _is_above(rows, top - 1, index):
        top -= 1
    paths = _paths(rows, top, bottom, index)
    found = 0
    for path in paths:
        if path and (words.known(path[-1]) or any(group_of(text) for text in path[:-1])):
            found += 1
    return Header(top, bottom, paths, name, found)


def _is_below(sheet: Sheet, rows: list[list[Cell]], header: int, index: int, name: int) -> bool:
    """Whether the row belongs to the header: nothing under "Họ và tên", only short texts, under a group or a gap."""
    original = sheet.rows[index] if index < len(sheet.rows) else []
    under_name = original[name] if name < len(original) else None
    if under_name not in (None, ""):
        return False
    places = filled(original)
    above = rows[header]
    # Without merged cells: the row has its texts only where the row above holds a group or nothing.
    below = [i for i in places if i >= len(above) or above[i] in (None, "") or _starts_group(above, i)]
    # A group over one column ("5. Phẫu thuật") looks like any heading.
    below_groups = len(below) == len(places) or len(below) >= max(2, 0.7 * len(places))
    if is_marks(original) and not below_groups:
        return False
    cells = [original[i] for i in places]
    if not cells or not all(isinstance(cell, str) and len(cell) <= 120 for cell in cells):
        # "Bại liệt" over 1, 2, 3: numbers are headers only below a merged group.
        return below_groups and all(isinstance(cell, int | str) and len(str(cell)) <= 40 for cell in cells)
    if any(
        area.top <= header <= area.bottom and area.bottom >= index and area.left <= name <= area.right
        for area in sheet.merged
    ):
        return True
    return below_groups and len(places) >= 2


def _starts_group(row: Sequence[Cell], index: int) -> bool:
    """A cell with an empty one to its right, or one that repeats (a filled merge): a header over several columns."""
    after = row[index + 1] if index + 1 < len(row) else None
    before = row[index - 1] if index else None
    return after in (None, "") or after == row[index] or before == row[index]


def _is_above(rows: list[list[Cell]], index: int, header: int) -> bool:
    """Whether the row above names groups of the header's columns: several texts, one of them wide or a known group."""
    row = rows[index]
    texts = [(i, row[i]) for i in filled(row)]
    if len({value for _, value in texts}) < 2 or not all(
        isinstance(value, str) and len(value) <= 100 for _, value in texts
    ):
        return False
    if any(":" in str(value) for _, value in texts):
        return False  # "Thôn: 1": a title
    wide = {value for i, value in texts if i + 1 < len(row) and row[i + 1] == value}
    under = rows[header]
    same = sum(1 for i, value in texts if i < len(under) and under[i] == value)
    return same > 0 or any(group_of(str(value)) for _, value in texts) or len(wide) >= 2


def _paths(rows: list[list[Cell]], top: int, bottom: int, name_row: int) -> list[list[str]]:
    """Per column the texts of its header rows, groups spread to the right over gaps, repeats (merged down) once."""
    width = max(len(row) for row in rows[top : bottom + 1])
    levels = []
    for index in range(top, bottom + 1):
        row = [text_of(rows[index][i]) if i < len(rows[index]) else "" for i in range(width)]
        levels.append(row)
    for depth in range(len(levels) - 1):
        current = ""
        for i in range(width):
            below = any(level[i] for level in levels[depth + 1 :])
            if levels[depth][i]:
                current = levels[depth][i]
            elif below and current and not (depth and levels[depth - 1][i] != levels[depth - 1][i - 1]):
                # A column that starts at a lower row of its own, such as STT, is under no group.
                levels[depth][i] = current
            else:
                current = ""
    paths = []
    for i in range(width):
        path: list[str] = []
        for level in levels:
            if level[i] and (not path or path[-1] != level[i]):
                path.append(level[i])
        paths.append(path)
    return paths


def is_marks(row: Sequence[Cell]) -> bool:
    """A row of column marks: A B 1 2 3 …, (1) (2) (3) …; at least three, all of them short and rising."""
    cells = [row[i] for i in filled(row)]
    if len(cells) < 3 or not all(
        isinstance(cell, str | int | float) and _MARK.fullmatch(str(cell).strip()) for cell in cells
    ):
        return False
    numbers = [int(found[0]) for cell in cells if (found := re.search(r"\d+", str(cell).partition("=")[0]))]
    letters = [str(cell).strip(" ()").lower() for cell in cells if not any(map(str.isdigit, str(cell)))]
    rising = (
        all(a <= b for a, b in pairwise(numbers))
        and len(set(numbers)) > len(numbers) // 2
        and letters == sorted(set(letters))
    )
    near = not numbers or numbers[-1] - numbers[0] <= 2 * len(cells)
    return rising and near and len(numbers) + len(letters) == len(cells)


@dataclass
class Scan:
    """What `scan` found below the header. `titles`: (row, texts) that open a new block."""

    skipped: list[tuple[int, str]] = field(default_factory=list)
    titles: list[tuple[int, list[int]]] = field(default_factory=list)
    last: int = 0


def scan(sheet: Sheet, header: Header, kind: str, is_title: Callable[[Sequence[Cell], Cell], bool]) -> Scan:
    """Looks at every row below the header and names those without a person. Rows by index into `sheet.rows`.

    `is_title(cells, name)`: whether a row of few cells is a title (of a household, of a village). What is in doubt is
    a person's row: its missing name is then reported."""
    rows = sheet.rows
    head = _keys(rows[header.bottom]) if header.bottom < len(rows) else set()
    heads = [_keys(rows[i]) for i in range(header.top, header.bottom + 1)]
    found = Scan(last=len(rows) - 1)
    words = headers(kind)
    numbering = _number_columns(header, words)
    after_header = True
    index = header.bottom + 1
    while index < len(rows):
        row = rows[index]
        name = row[header.name] if header.name < len(row) else None
        if (
            isinstance(name, str)
            and not after_header
            and name[:4].lower() not in ("họ v", "họ t", "tên", "họ &")
            and _has_cells(row, 4)
        ):
            index += 1
            continue
        places = filled(row)
        why = _why(row, places, name, heads, numbering, after_header)
        if why in (REPEATED, MARKS):
            after_header = True
        elif why not in ("", BLANK):
            after_header = False
        if why == "" and after_header:
            after_header = False
        if not why and len(places) >= 4 and _is_header(row, words) and len(head) > 3:
            found.skipped += [(i, OTHER_TABLE) for i in range(index, len(rows)) if filled(rows[i])]
            found.last = index - 1
            break
        numbered = isinstance(name, str) and any(isinstance(row[i], int) for i in places if i in numbering)
        if not why and len(places) <= 8 and not numbered and is_title([row[i] for i in places], name):
            why = TITLE
        if why == TITLE:
            found.titles.append((index, places))
        if why:
            found.skipped.append((index, why))
        index += 1
    _end(rows, header, found)
    return found


def _keys(row: Sequence[Cell]) -> set[str]:
    return {toned(cell) for cell in row if isinstance(cell, str) and cell.strip()}


def _number_columns(header: Header, words: Words) -> set[int]:
    """Columns with running numbers."""
    numbers = set()
    for index, path in enumerate(header.paths):
        if path and any(entry.field == "stt" for entry in words.find(path[-1])[0]):
            numbers.add(index)
    return numbers


def _why(
    row: Sequence[Cell], places: list[int], name: Cell, heads: list[set[str]], numbering: set[int], after_header: bool
) -> str:
    """Why the row holds no person, "" when it may hold one."""
    if not places:
        return BLANK
    if set(places) <= numbering and all(
        isinstance(row[i], int) or text_of(row[i]).strip(".").isdigit() for i in places
    ):
        return ONLY_NUMBER
    keys = _keys(row)
    for head in heads:
        if len(keys) >= 2 and len(keys & head) >= max(2, 0.6 * len(places)) and len(keys & head) >= 0.5 * len(head):
            return REPEATED
    if after_header and is_marks(row):
        return MARKS
    first = next((cell.strip() for i in places if isinstance(cell := row[i], str)), "")
    if _TOTAL.fullmatch(first) and not _has_person(row, places, name, first, numbering):
        return TOTAL
    return ""


def _has_person(row: Sequence[Cell], places: list[int], name: Cell, first: str, numbering: set[int]) -> bool:
    """A row with a running number and a name, or whose name is another cell than the word of the total."""
    if not isinstance(name, str):
        return False
    return any(isinstance(row[i], int) for i in places if i in numbering) or (
        name.strip() != first and len(plain(name).split()) >= 2 and not any(map(str.isdigit, name))
    )


def _end(rows: list[list[Cell]], header: Header, found: Scan) -> None:
    """Signatures after the last person: from the first row that says so on, as long as the rows stay thin."""
    skipped = dict(found.skipped)
    start = None
    limit = max(header.bottom + 1, found.last - 60)
    width = max(3, len([path for path in header.paths if path]) // 3)
    for index in range(found.last, limit - 1, -1):
        places = filled(rows[index])
        if index in skipped and skipped[index] != SIGNATURE:
            if skipped[index] == TOTAL:
                break
            continue
        if len(places) > max(4, width):
            break
        texts = [text for i in places if isinstance(text := rows[index][i], str)]
        if any(_SIGNATURE.match(text.strip()) for text in texts) and not _row_number(rows[index]):
            start = index
    if start is None:
        return
    for index in range(start, found.last + 1):
        if index not in skipped and filled(rows[index]):
            found.skipped.append((index, SIGNATURE))
    found.titles = [(index, places) for index, places in found.titles if index < start]
    found.skipped.sort()


def _row_number(row: Sequence[Cell]) -> bool:
    """A running number in the first cell."""
    return bool(row) and isinstance(row[0], int)


def runs(skipped: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Blank rows next to each other as one entry with their number; other rows one by one."""
    index = 0
    while index < len(skipped):
        row, why = skipped[index]
        last = index
        if why in (BLANK, ONLY_NUMBER):
            while last + 1 < len(skipped) and skipped[last + 1] == (skipped[last][0] + 1, why):
                last += 1
        count = last - index + 1
        yield row, why if count == 1 else f"{why.rstrip('.')}: {count} dòng liền nhau."
        index = last + 1
