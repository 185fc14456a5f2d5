"""The words by which columns are known: data/headers.csv, groups.csv and fields.csv, read once.

headers.csv: `field` (field code, a part of one, "stt" or "ignored"), `section` of the form ("-" for none), `group`
under which it stands, `alone` (1: also without its group), spellings. groups.csv: spellings of group headers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ehr.common.sections import load_form831
from ehr.common.text import nfc, plain

DATA = Path(__file__).parent / "data"
SECTIONS = {  # kind of the batch: sections of the form whose columns it takes
    "survey": "AB",
    "register": "A",
    "vaccination": "AC",
    "exam": "AD",
}

_OR = re.compile(r"\s*(?:[/;,]|\bhoặc\b|\bhay\b)\s*", re.IGNORECASE)
_NOT_WORD = re.compile(r"[\W_]+")
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\*+")
_NUMBERING = re.compile(
    r"^\s*(?:\(?[0-9]{1,2}(?:\.[0-9]{1,2})*[a-zđ]?\s*[.):\-]\s*|[ivx]{1,4}\s*[.)]\s*|[a-zđ]\s*[.)]\s*|[0-9][a-d]\s+)",
    re.IGNORECASE,
)
# Words that say nothing about which column it is: "Số điện thoại của người dân (nếu có)".
_FILLERS = frozenset(
    [
        "cua",
        "nguoi",
        "dan",
        "cong",
        "nhan",
        "khau",
        "thanh",
        "vien",
        "benh",
        "hoc",
        "sinh",
        "chau",
        "neu",
        "co",
        "ghi",
        "ro",
        "hien",
        "nay",
        "dd",
        "mm",
        "yyyy",
        "d",
        "m",
        "y",
        "ngay/thang/nam",
        "bat",
        "buoc",
        "don",
        "vi",
        "theo",
        "so",
        "lieu",
        "dien",
        "ro",
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of headers.csv. `order`: its place there; the first of two equal candidates wins."""

    field: str
    section: str
    group: str
    alone: bool
    order: int


def toned(text: str) -> str:
    """Lower case with tones, words only: "Đ.T" → "đ t", "Ngày, tháng" → "ngày tháng"."""
    return " ".join(_NOT_WORD.sub(" ", nfc(text).lower()).split())


@lru_cache(maxsize=4096)
def variants(text: str) -> tuple[str, ...]:
    """The header as it stands, without notes in parentheses, without its number, without both."""
    text = nfc(text.replace("\n", " "))
    found = [text]
    for shorter in (
        _PARENTHESES.sub(" ", text),
        _NUMBERING.sub("", text),
        _NUMBERING.sub("", _PARENTHESES.sub(" ", text)),
    ):
        if shorter.strip() and shorter not in found:
            found.append(shorter)
    return tuple(found)


class Words:
    """Spellings to what they stand for: first with tones ("Nam" is not "Năm"), then without, then with a typo."""

    def __init__(self) -> None:
        self._toned: dict[str, list[Entry]] = {}
        self._plain: dict[str, list[Entry]] = {}
        self._found: dict[str, tuple[list[Entry], bool]] = {}

    def add(self, spelling: str, entry: Entry) -> None:
        self._found.clear()
        for table, key in ((self._toned, toned(spelling)), (self._plain, plain(spelling))):
            if key and entry not in (entries := table.setdefault(key, [])):
                entries.append(entry)

    def known(self, text: str) -> list[Entry]:
        """Candidates for a header spelled in a known way."""
        for shape in variants(text):
            if found := self._toned.get(toned(shape)):
                return found
        for shape in variants(text):
            if found := self._plain.get(plain(shape)):
                return found
        return self._two_names(text)

    def _two_names(self, text: str) -> list[Entry]:
        """Two names of one column: "Số CCCD/ Mã định danh"."""
        parts = _OR.split(variants(text)[-1])
        if not 2 <= len(parts) <= 4:
            return []
        each = [self._toned.get(toned(part)) or self._plain.get(plain(part)) or [] for part in parts]
        same = {entry.field for entry in each[0]}.intersection(*({entry.field for entry in found} for found in each))
        return [entry for entry in each[0] if entry.field in same]

    def find(self, text: str) -> tuple[list[Entry], bool]:
        """Candidates for a header, and whether its spelling is a known one."""
        if text not in self._found:
            if len(self._found) >= 4096:
                self._found.clear()
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> tuple[list[Entry], bool]:
        if found := self.known(text):
            return found, True
        for shape in variants(text):
            if found := self._without_fillers(plain(shape)) or self._with_typo(plain(shape)):
                return found, False
        return [], False

    def _without_fillers(self, text: str) -> list[Entry]:
        """The longest known beginning after which only filler words stand."""
        words = text.split()
        for end in range(len(words) - 1, 0, -1):
            if words[end] not in _FILLERS:
                return []
            if (found := self._plain.get(" ".join(words[:end]))) and (end > 1 or len(words[0]) > 3):
                return found
        return []

    def _with_typo(self, text: str) -> list[Entry]:
        """One wrong, missing or doubled letter in a word of some length; two in a long text."""
        allowed = 0 if len(text) < 6 else 1 if len(text) < 14 else 2
        best: list[Entry] = []
        if not allowed:
            return best
        size = -(-len(text) // (allowed + 1))
        # Of one piece more than there are mistakes one is without any.
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        for known, entries in self._plain.items():
            if not allowed or abs(len(known) - len(text)) > allowed or not any(piece in known for piece in pieces):
                continue
            # Numbers tell columns apart: "Sởi 1" is no typo of "Sởi 2".
            if _digits(known) == _digits(text):
                distance = _distance(known, text, allowed)
                if distance <= allowed:
                    best, allowed = entries, distance - 1
                    if allowed < 0:
                        break
        return best


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _distance(left: str, right: str, limit: int) -> int:
    """Levenshtein distance, or limit + 1 as soon as it must be larger."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@lru_cache(maxsize=8)
def headers(kind: str) -> Words:
    """Spellings of the columns that a batch of this kind may have; those of other sections only as ignored ones."""
    words = Words()
    sections = SECTIONS[kind]
    lines = list(enumerate(_rows("headers.csv")))
    for order, row in lines:
        if row["section"] == "-" or set(row["section"]) & set(sections):
            entry = Entry(row["field"], row["section"], row["group"], row["alone"] == "1", order)
            for spelling in row["spellings"].split("|"):
                words.add(spelling, entry)
    for item in (item for section in load_form831() for item in section.items() if section.code in sections):
        if item.paper and item.label != "Khác" and not words.find(item.label)[1]:
            words.add(item.label, Entry(item.code, "", "", True, len(lines)))
    return words


@lru_cache(maxsize=1)
def _groups() -> dict[str, str]:
    return {
        key(spelling): row["group"]
        for key in (plain, toned)
        for row in _rows("groups.csv")
        for spelling in row["spellings"].split("|")
    }


@lru_cache(maxsize=4096)
def group_of(text: str) -> str:
    """The group that a group header names, "" when it names none."""
    groups = _groups()
    for shape in variants(text):
        for key in (toned(shape), plain(shape)):
            if key in groups:
                return groups[key]
    return ""


@lru_cache(maxsize=8)
def fields_of(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column of a batch of this kind may be mapped to: [(group label, [(field code, label)])]."""
    sections = SECTIONS[kind]
    given = set()
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for row in _rows("fields.csv"):
        if set(row["section"]) & set(sections):
            given.add(row["field"])
    for section in load_form831():
        if section.code not in sections:
            continue
        for group in section.groups:
            items = [
                (item.code, item.label)
                for item in group.items
                if item.paper and item.code not in given and "_col_" not in item.code and item.code not in _NOT_COLUMNS
            ]
            if items:
                found.append((group.label, items))
        parts = [(row["field"], row["label"]) for row in _rows("fields.csv") if section.code in row["section"]]
        found.append((_PARTS[section.code], parts))
    return found


_PARTS = {
    "A": "Thông tin hành chính: cột tách đôi, cột ngoài mẫu",
    "B": "Tiền sử: cột tách đôi",
    "C": "Mỗi dòng một mũi tiêm",
    "D": "Khám: cột ghép",
}
_NOT_COLUMNS = frozenset({"permanent_village_code", "service_name", "bmi"})


@lru_cache(maxsize=8)
def labels(kind: str) -> dict[str, str]:
    """Field code to label, for messages."""
    return {code: label for _, items in fields_of(kind) for code, label in items} | {"bmi": "BMI"}
