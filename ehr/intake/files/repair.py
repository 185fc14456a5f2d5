"""The text of one sheet made right: old encodings converted where it is certain, the file refused where it is not."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

from ehr.intake.files.legacy import ETH, FEW, NAMES, convert, is_garbage, judge, reads
from ehr.intake.files.limits import number
from ehr.intake.files.sheet import CellError, FileRefused, Sheet

# Letters that only Unicode has: text with one of them is no old encoding. (đ, ơ, ư, Ạ … ỹ, ă, ĩ, ũ)
_UNICODE = re.compile("[ĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
_SUSPICIOUS = re.compile("[\x80-\xbf?\ufffd]")


class Seen:
    """What was seen of a sheet's text while reading; each distinct text about once. `texts`: those that are not ASCII
    or have a question mark; `unicode`: those with letters that only Unicode has; `suspects`: those that an old encoding
    could have written; `garbage`: broken whatever wrote them; `eth`: whether one has Ð, the Icelandic letter that
    looks like Đ."""

    def __init__(self) -> None:
        self.texts = 0
        self.unicode = 0
        self.eth = False
        self.suspects: set[str] = set()
        self.garbage: set[str] = set()

    def look(self, text: str) -> None:
        self.texts += 1
        unicode = _UNICODE.search(text) is not None
        self.unicode += unicode
        self.eth = self.eth or "Ð" in text or "ð" in text
        if unicode or text.isascii() or "\ufffd" in text:
            if _SUSPICIOUS.search(text) and is_garbage(text):
                self.garbage.add(text)
        else:
            self.suspects.add(text)


def refused_encoding(sheet: Sheet, texts: set[str]) -> FileRefused:
    """Names the first of the cells, not what is in it: messages are stored and logged."""
    places = (
        f"{column_letters(column + 1)}{sheet.first_row + index}"
        for index, row in enumerate(sheet.rows)
        for column, cell in enumerate(row)
        if type(cell) is str and cell in texts
    )
    first = next(places, "")
    return FileRefused(
        "file.encoding",
        f"Chữ trong trang “{sheet.name}” bị lỗi phông hoặc mất dấu, không chắc là bảng mã nào "
        f"({number(len(texts))} nội dung khác nhau, đầu tiên ở ô {first}). Hãy chuyển sang Unicode "
        "(ví dụ bằng UniKey: Công cụ, Chuyển mã) rồi gửi lại.",
    )


def column_letters(number_: int) -> str:
    """1 → "A", 27 → "AA"."""
    letters = ""
    while number_:
        number_, rest = divmod(number_ - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def repair(sheet: Sheet, seen: Seen, encodings: tuple[str, ...] = ("utf8", "tcvn3", "vni")) -> None:
    """Converts the cells of `sheet` in place where needed and notes it there. `encodings`: the possible ones.
    Raises FileRefused (file.encoding) when text is broken and no encoding explains it for certain."""
    found = judge(seen.suspects, encodings)
    broken = set(seen.garbage)
    if found.strong and not found.certain:
        raise refused_encoding(sheet, set(found.wrong))
    if not found.strong:
        broken |= {text for text in found.wrong if is_garbage(text)}
    if len(broken) >= FEW and len(broken) * 20 >= seen.texts:
        raise refused_encoding(sheet, broken)
    if broken:
        _mark_lost(sheet, broken)
    if found.strong:
        changed = _Conversion(sheet, seen, set(found.strong), found.encoding).run()
        sheet.notes.append(f"Đã chuyển {number(changed)} ô từ bảng mã {NAMES[found.encoding]} sang Unicode.")
    if seen.eth:
        _replace_eth(sheet)


def _mark_lost(sheet: Sheet, broken: set[str]) -> None:
    """Few broken texts: their cells become errors, so that they are named one by one and never stored."""
    count = 0
    for row in sheet.rows:
        for index, cell in enumerate(row):
            if type(cell) is str and cell in broken:
                row[index] = CellError(cell)
                count += 1
    sheet.notes.append(f"{number(count)} ô có chữ bị lỗi phông hoặc mất dấu, không đọc được.")


def _replace_eth(sheet: Sheet) -> None:
    count = 0
    for row in sheet.rows:
        for index, cell in enumerate(row):
            if type(cell) is str and cell != (right := cell.translate(ETH)):
                row[index] = right
                count += 1
    if count:
        sheet.notes.append(f"Đã thay chữ Ð (eth) bằng chữ Đ ở {number(count)} ô.")


class _Conversion:
    """Fonts are chosen cell by cell: a header in Unicode may stand above names in TCVN3. A text that both readings
    allow ("Lý") goes with the nearest certain cell of its column."""

    def __init__(self, sheet: Sheet, seen: Seen, strong: set[str], encoding: str) -> None:
        self.sheet = sheet
        self.rows = sheet.rows
        self.seen = seen
        self.strong = strong
        self.encoding = encoding
        self.converted = {text: convert(text, encoding) for text in seen.suspects}
        # As it stands yes, in the old encoding no.
        self.fine = {text for text in seen.suspects - strong if reads(text, "") and not reads(text, encoding)}

    def run(self) -> int:
        """Number of cells that changed."""
        if not self.seen.unicode and not self.fine:
            return self._apply(lambda text, row, column: True)
        self.certain = self._certain()
        both = Counter(old for places in self.certain.values() for _, old in places)
        self.usual = both[True] > both[False]
        if min(both.values()) * 10 > max(both.values()) and (lone := self._lone()):
            raise refused_encoding(self.sheet, lone)
        return self._apply(self._is_old)

    def _apply(self, old: Callable[[str, int, int], bool]) -> int:
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
            if column not in self.certain
            and type(cell) is str
            and cell in self.converted
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
