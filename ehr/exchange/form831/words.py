"""Single values of the exchange: what a stored value is written as, and what a written text means."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ehr.claims.values import plain_decimal
from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.dates import DateError, PartialDate, format_date, parse_date
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.problems import Level, Problem
from ehr.common.text import plain
from ehr.records.models.household import Toilet
from stations.models import AdminUnit, Village

NONE_WORD, UNKNOWN_WORD = "Không", "Không biết"
#: Between a result and its unit: the format has no tag for units, and no stored text has this blank.
NBSP = "\N{NO-BREAK SPACE}"
RH = {"pos": "Rh(+)", "neg": "Rh(-)"}
_RH_WORDS = {
    "pos": "pos", "neg": "neg", "+": "pos", "-": "neg", "duong": "pos", "am": "neg", "duong tinh": "pos",
    "am tinh": "neg",
}  # fmt: skip
YES_NO = {"yes": "1", "no": "0"}
_TOILETS = {value: str(label) for value, label in Toilet.choices if value != "unknown"}
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_FROM_YES_NO = {number: word for word, number in YES_NO.items()}


def text_of(value: Any) -> str:
    """A stored value as a leaf: codes and units by their code, dates as dd/MM/yyyy, numbers with a point."""
    if isinstance(value, Answer):
        value = value.value
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, PartialDate):
        return value.text()
    if isinstance(value, dt.datetime):
        raise TypeError("the exchange has no times")
    if isinstance(value, dt.date):
        return format_date(value)
    if isinstance(value, Code | AdminUnit | Village):
        return value.code
    if isinstance(value, int | Decimal):
        return plain_decimal(Decimal(value))
    return str(value)


def answer_text(value: Any) -> str:
    """A free text with its answers: "Không" and "Không biết" are answers, an empty leaf is none (rule 13)."""
    if isinstance(value, Answer) and value.state in ("none", "unknown"):
        return NONE_WORD if value.state == "none" else UNKNOWN_WORD
    return text_of(value)


def toilet_text(value: str) -> str:
    return UNKNOWN_WORD if value == "unknown" else _TOILETS.get(value, "")


@dataclass(slots=True)
class Taker:
    """Takes leaves into field codes; what cannot be read is named by field and tag and left out.

    `trusted`: the file is one of ours, where no trap of other exporters is to be feared."""

    trusted: bool
    notes: list[Problem] = field(default_factory=list)

    def note(self, name: str, code: str, message: str, level: Level = "warning") -> None:
        self.notes.append(Problem(name, f"form831.{code}", message, level))

    def unreadable(self, name: str, tag: str, why: str, level: Level = "warning") -> None:
        self.note(name, "unreadable", f"Thẻ {tag}: {why} Mục này không nhận.", level)

    def date(self, name: str, tag: str, value: str) -> dt.date | None:
        """dd/MM/yyyy; with a time behind it, the time is dropped."""
        value = value.strip()
        if not value:
            return None
        try:
            return parse_date(value.split("T")[0].split(" ")[0] if ":" in value else value)
        except DateError as error:
            self.unreadable(name, tag, error.message)
            return None

    def number(self, name: str, tag: str, value: str) -> Decimal | None:
        """A number, with a unit behind it or without ("3200 gr")."""
        found = _NUMBER.match(value.replace(" ", "")) if value else None
        try:
            return parse_decimal(found[0] if found else value) if value else None
        except NumberError as error:
            self.unreadable(name, tag, error.message)
            return None

    def whole(self, name: str, tag: str, value: str) -> int | None:
        number = self.number(name, tag, value)
        if number is None or number == int(number):
            return None if number is None else int(number)
        self.unreadable(name, tag, f"phải là số nguyên, đang là {plain_decimal(number)}.")
        return None

    def choice(self, name: str, tag: str, value: str, words: Mapping[str, str]) -> str:
        """`words`: text of the leaf → stored value."""
        if not value:
            return ""
        found = words.get(value) or words.get(value.lstrip("0") or "0")
        if found is None:
            self.unreadable(name, tag, f"giá trị «{value[:20]}» không có trong mẫu.")
            return ""
        return found

    def yes_no(self, name: str, tag: str, value: str) -> str:
        return self.choice(name, tag, value, _FROM_YES_NO)

    def rh(self, value: str) -> str:
        key = value.lower().replace("rh", "").strip(" ()") if value else ""
        return self.choice("blood_group_rh", "NHOMMAU_HERH", plain(key) or key, _RH_WORDS) if key else ""

    def toilet(self, value: str) -> str:
        if not value:
            return ""
        words = {plain(label): code for code, label in _TOILETS.items()} | {plain(UNKNOWN_WORD): "unknown"}
        words |= {plain(code): code for code in _TOILETS} | {"khong co": "none"}
        return self.choice("household_toilet_type", "LOAIHOXIGD", plain(value), words)


def coded(codes: Mapping[str, Code], value: str) -> str | None:
    """The code that a leaf means: as it stands, with or without a zero before it, or by its name."""
    for text in (value, value.zfill(2), value.lstrip("0")):
        if text in codes:
            return text
    key = plain(value)
    return next((code for code, row in codes.items() if key and plain(row.name) == key), None)
