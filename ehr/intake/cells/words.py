"""Words that stand for a code: data/words.csv and the code lists, with tones first, then without."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ehr.common.text import nfc, plain

DATA = Path(__file__).parent / "data" / "words.csv"
_SPACES = re.compile(r"[\s.,;:_]+")


def fold(text: str) -> str:
    """Lower case with tones and signs, single spaces, no full stops: "Q. hệ" → "q hệ", "Rh(+)" stays."""
    return _SPACES.sub(" ", nfc(text).lower()).strip()


@dataclass
class WordList:
    """Spelling → (code, why). Without tones only where one code remains."""

    labels: dict[str, str] = field(default_factory=dict)  # code → label for messages
    toned: dict[str, tuple[str, str]] = field(default_factory=dict)
    untoned: dict[str, tuple[str, str] | None] = field(default_factory=dict)

    def add(self, spelling: str, code: str, why: str = "") -> None:
        """A later spelling never takes the place of an earlier one."""
        if key := fold(spelling):
            self.toned.setdefault(key, (code, why))
        if key := plain(spelling):
            known = self.untoned.setdefault(key, (code, why))
            if known is not None and known[0] != code:
                self.untoned[key] = None

    def find(self, text: str) -> tuple[str, str] | None:
        """(code, why) of what is written, None when it is not in the list or could be two things."""
        found = self.toned.get(fold(text))
        return found or self.untoned.get(plain(text)) or None

    def names(self, limit: int = 12) -> str:
        """The labels, for "expected one of"."""
        labels = list(dict.fromkeys(self.labels.values()))
        return ", ".join(labels[:limit]) + (", …" if len(labels) > limit else "")


@lru_cache(maxsize=1)
def _lines() -> dict[str, list[dict[str, str]]]:
    lists: dict[str, list[dict[str, str]]] = {}
    with DATA.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            lists.setdefault(row["list"], []).append(row)
    return lists


@lru_cache(maxsize=32)
def own_list(name: str) -> WordList:
    """A list of words.csv; the first spelling of a code is its label."""
    words = WordList()
    for row in _lines()[name]:
        spellings = row["spellings"].split("|")
        words.labels.setdefault(row["code"], spellings[0])
        for spelling in spellings:
            words.add(spelling, row["code"], row["why"])
    return words


def code_list(name: str, codes: dict[str, tuple[str, str]]) -> WordList:
    """A code list of the database with our spellings. `codes`: {code: (name, other names, separated by commas)}.

    Names come first, then our words, then other names of the list where they are not another entry's name."""
    words = WordList()
    for code, (label, _) in codes.items():
        words.labels[code] = label
        words.add(label, code)
        words.add(code, code)
    for row in _lines().get(name, ()):
        if row["code"] in codes:
            for spelling in row["spellings"].split("|"):
                words.add(spelling, row["code"], row["why"])
    for code, (_, others) in codes.items():
        for other in others.split(","):
            if plain(other) not in words.untoned:
                words.add(other, code)
    return words
