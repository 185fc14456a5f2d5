"""The text of one sheet made right: old encodings converted where it is certain, the file refused where it is not."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from ehr.intake.files.legacy import NAMES, convert, reads
from ehr.intake.files.limits import number
from ehr.intake.files.sheet import Cell, CellError, FileRefused

# Letters that only Unicode has: text with one of them is no old encoding. (đ, ơ, ư, Ạ … ỹ, ă, ĩ, ũ)
_UNICODE = re.compile("[ĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
# Signs between letters, as old encodings leave them, and the mark of a lost character.
_GARBAGE = re.compile("[^\\W\\d_][¨©¬\xad®¸¹§¶\x80-\x9f][^\\W\\d_]|[®§¨][a-z]{2}|[ÃÂÄÆá][\xa0-\xbf]|á[º»]")
_LOST = re.compile(r"[^\W\d_]\?+[^\W\d_]")
_BAD_ENOUGH = 3  # so many different texts, and a twentieth of all, make a file suspicious: not one foreign name


@dataclass
class Seen:
    """What was seen of a sheet's text while reading; each distinct text once."""

    unicode: int = 0  # texts with letters that only Unicode has
    texts: int = 0
    suspects: set[str] = field(default_factory=set)  # texts that an old encoding could have written
    garbage: set[str] = field(default_factory=set)  # texts that are broken whatever wrote them

    def look(self, text: str) -> None:
        self.texts += 1
        if text.isascii():
            if "?" in text and _LOST.search(text) and "http" not in text:
                self.garbage.add(text)
        elif "\ufffd" in text:
            self.garbage.add(text)
        elif _UNICODE.search(text):
            self.unicode += 1
            if _GARBAGE.search(text):
                self.garbage.add(text)
        else:
            self.suspects.add(text)


def _refused(name: str, examples: set[str]) -> FileRefused:
    shown = ", ".join(f"“{text[:30]}”" for text in sorted(examples)[:3])
    return FileRefused(
        "file.encoding",
        f"Chữ trong trang “{name}” bị lỗi phông hoặc mất dấu, không chắc là bảng mã nào ({number(len(examples))} ô khác "
        f"nhau, ví dụ {shown}). Hãy chuyển sang Unicode (ví dụ bằng UniKey: Công cụ, Chuyển mã) rồi gửi lại.",
    )


def repair(name: str, rows: list[list[Cell]], seen: Seen, extra: tuple[str, ...] = ()) -> list[str]:
    """Converts the cells of `rows` in place where needed; returns the notes on it. `extra`: further encodings that are
    possible. Raises FileRefused (file.encoding) when text is broken and no encoding explains it for certain."""
    wrong = {text for text in seen.suspects if not reads(text, "")}
    encodings = [encoding for encoding in ("utf8", "tcvn3", "vni", *extra)]
    right = {encoding: {text for text in wrong if reads(text, encoding)} for encoding in encodings}
    best = max(encodings, key=lambda encoding: len(right[encoding]))
    strong = right[best]
    open_ = wrong - strong
    explained = set().union(*right.values()) - strong
    broken = seen.garbage | {text for text in open_ if not strong and _GARBAGE.search(text)}
    if strong:
        # Foreign names stay unexplained; many of them mean that the guess is wrong.
        if len(open_) > max(1, len(strong) // 10) or len(explained) > max(1, len(strong) // 20):
            raise _refused(name, open_)
        broken = seen.garbage
    if len(broken) >= _BAD_ENOUGH and len(broken) * 20 >= seen.texts:
        raise _refused(name, broken)
    notes = _mark_lost(rows, broken)
    if strong:
        changed = _Conversion(rows, seen, strong, best).run(name)
        notes.append(f"Đã chuyển {number(changed)} ô từ bảng mã {NAMES[best]} sang Unicode.")
    return notes


def _mark_lost(rows: list[list[Cell]], broken: set[str]) -> list[str]:
    """Few broken texts: their cells become errors, so that they are named one by one and never stored."""
    lost = {text for text in broken if "\ufffd" in text or not _UNICODE.search(text)}
    if not lost:
        return []
    count = 0
    for row in rows:
        for index, cell in enumerate(row):
            if type(cell) is str and cell in lost:
                row[index] = CellError(cell)
                count += 1
    return [f"{number(count)} ô có chữ bị lỗi phông hoặc mất dấu, không đọc được."]


class _Conversion:
    """Fonts are chosen cell by cell: a header in Unicode may stand above names in TCVN3. A text that both readings
    allow ("Lý") goes with the nearest certain cell of its column."""

    def __init__(self, rows: list[list[Cell]], seen: Seen, strong: set[str], encoding: str) -> None:
        self.rows = rows
        self.seen = seen
        self.strong = strong
        self.encoding = encoding
        self.converted = {text: convert(text, encoding) for text in seen.suspects}
        # As it stands yes, in the old encoding no.
        self.fine = {text for text in seen.suspects - strong if reads(text, "") and not reads(text, encoding)}

    def run(self, name: str) -> int:
        """Number of cells that changed."""
        if not self.seen.unicode and not self.fine:
            return self._apply(lambda text, row, column: True)
        self.certain = self._certain()
        both = Counter(old for places in self.certain.values() for _, old in places)
        self.usual = both[True] > both[False]
        if min(both.values()) * 10 > max(both.values()) and (lone := self._lone()):
            raise _refused(name, lone)
        return self._apply(self._is_old)

    def _apply(self, old) -> int:
        count = 0
        for number_, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                if type(cell) is str and cell in self.converted and old(cell, number_, column):
                    row[column] = self.converted[cell]
                    count += 1
        return count

    def _certain(self) -> dict[int, list[tuple[int, bool]]]:
        """(row, whether it is in the old encoding) of the certain cells, by column."""
        found: dict[int, list[tuple[int, bool]]] = {}
        for number_, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                if type(cell) is not str or cell.isascii():
                    continue
                if cell in self.strong:
                    found.setdefault(column, []).append((number_, True))
                elif cell in self.fine or cell not in self.converted:
                    found.setdefault(column, []).append((number_, False))
        return found

    def _lone(self) -> set[str]:
        """Texts that could be either, in columns where nothing is certain."""
        return {
            cell
            for row in self.rows
            for column, cell in enumerate(row)
            if column not in self.certain and type(cell) is str and cell in self.converted
            and self.converted[cell] != cell
        }

    def _is_old(self, text: str, row: int, column: int) -> bool:
        if text in self.strong:
            return True
        if text in self.fine:
            return False
        places = self.certain.get(column)
        if not places:
            return self.usual
        index = bisect_left(places, (row, False))
        near = places[max(0, index - 1) : index + 1]
        return min(near, key=lambda place: abs(place[0] - row))[1]
