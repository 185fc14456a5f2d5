"""Typed values of the text in claim files: exact decimals, dates with precision, minutes in Vietnam time, NFC text.

Every reader gives the value and a notice: "" when the text is written as the standard says, else what was tolerated
(decimal comma, seconds …) or why there is no value. Texts repeat a lot within a file, so results are kept.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from ehr.claims.spec import Kind
from ehr.common.dates import PartialDate, Precision

#: Times in claim files are Vietnam time without a zone; the offset has not changed since 1975.
VIETNAM = dt.timezone(dt.timedelta(hours=7), "Asia/Ho_Chi_Minh")

#: "": as the standard says. Tolerated: comma, seconds, date_only, time_given, short. No value: bad.
Notice = Literal["", "comma", "seconds", "date_only", "time_given", "short", "bad"]


@dataclass(frozen=True, slots=True)
class When:
    """A day with its precision, and the minute where the text has one (`at`, aware, Vietnam time)."""

    day: PartialDate
    at: dt.datetime | None = None

    @property
    def date(self) -> dt.date | None:
        """First day of the known period."""
        return self.day.date

    def moment(self) -> dt.datetime | None:
        """The minute, or midnight of the day; None when the date is unknown."""
        if self.at is not None or self.day.date is None:
            return self.at
        return dt.datetime.combine(self.day.date, dt.time(), VIETNAM)


Value = str | Decimal | When | None

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)
_LONGEST_NUMBER = 40
_LENGTHS = (4, 6, 8, 10, 12, 14)


def clean(text: str) -> str:
    """NFC without blanks at the ends. Lines inside stay: clinical notes have them."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def clean_all(raw: Mapping[str, str]) -> dict[str, str]:
    """`clean` of every value, without those that are empty."""
    found = {name: text for name, value in raw.items() if value and (text := value.strip())}
    together = "".join(found.values())
    # Every part of a text in NFC is in NFC, so that one look is enough for nearly every row.
    if not together.isascii() and not unicodedata.is_normalized("NFC", together):
        return {name: unicodedata.normalize("NFC", text) for name, text in found.items()}
    return found


@lru_cache(maxsize=16384)
def read_number(text: str) -> tuple[Decimal | None, Notice]:
    """ "10.000" is ten; "57,45" is read with the notice "comma". Anything but digits and one mark is "bad"."""
    text = text.strip()
    if not text:
        return None, ""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None, "bad"
    if "," in text:
        return Decimal(text.replace(",", ".")), "comma"
    return Decimal(text), ""


@lru_cache(maxsize=8192)
def read_when(text: str, minute: bool) -> tuple[When | None, Notice]:
    """yyyy, yyyyMM, yyyyMMdd, yyyyMMddHHmm or yyyyMMddHHmmss, zeros for unknown parts from the right.

    `minute`: the column holds a time (yyyyMMddHHmm). A date in it is midnight of that day ("date_only"), seconds are
    dropped ("seconds"), a time in a date column is kept with the notice "time_given". Only the notice depends on it.
    """
    text = text.strip()
    if not text:
        return None, ""
    if len(text) not in _LENGTHS or not text.isascii() or not text.isdigit():
        return None, "bad"
    day = _day(text[:8])
    if day is None:
        return None, "bad"
    rest = text[8:]
    if not rest:
        if len(text) < 8:
            return When(day), "short"
        return (When(day), "date_only") if minute else (When(day), "")
    if day.precision is not Precision.DAY:
        return (When(day), "") if not rest.strip("0") else (None, "bad")
    clock = _clock(rest)
    if clock is None:
        return None, "bad"
    at = dt.datetime.combine(day.date or dt.date.min, clock)
    if not minute:
        return When(day, at), "time_given"
    return When(day, at), "" if len(rest) == 4 else "seconds" if len(rest) == 6 else "date_only"


def read_date(text: str) -> dt.date | None:
    """First day of the known period."""
    if len(text) == 12 and text.isascii() and text.isdigit():  # as `read_moment`: days repeat, minutes do not
        day = _day(text[:8])
        if day is not None and day.precision is Precision.DAY and _clock(text[8:]) is not None:
            return day.date
    when = read_when(text, True)[0]
    return when.date if when is not None else None


@lru_cache(maxsize=8192)
def read_moment(text: str) -> dt.datetime | None:
    """The minute, or midnight of a date; None without a readable full date."""
    if len(text) == 12 and text.isascii() and text.isdigit():  # nearly all, and most are asked for nothing else
        day, clock = _day(text[:8]), _clock(text[8:])
        if clock is not None and day is not None and day.date is not None and day.precision is Precision.DAY:
            return dt.datetime.combine(day.date, clock)
    when = read_when(text, True)[0]
    return when.moment() if when is not None and when.day.precision is Precision.DAY else None


@lru_cache(maxsize=4096)
def _clock(digits: str) -> dt.time | None:
    """HH, HHmm or HHmmss as a time of that minute."""
    hour, minute, second = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
    return dt.time(hour, minute, tzinfo=VIETNAM) if hour < 24 and minute < 60 and second < 60 else None


@lru_cache(maxsize=4096)
def _day(digits: str) -> PartialDate | None:
    year, month, day = int(digits[:4]), int(digits[4:6] or 0), int(digits[6:8] or 0)
    if not 1800 <= year < 2200 or month > 12 or (day and not month):
        return None
    if not month:
        return PartialDate(dt.date(year, 1, 1), Precision.YEAR)
    if not day:
        return PartialDate(dt.date(year, month, 1), Precision.MONTH)
    try:
        return PartialDate(dt.date(year, month, day), Precision.DAY)
    except ValueError:
        return None


def exact(kind: Kind) -> re.Pattern[str] | None:
    """What whole values look like that are written as the standard says, beyond doubt: numbers, days and minutes that
    exist. Others may be right as well (29 February); None for texts."""
    return _EXACT.get(kind)


_DATE = (
    r"(?:18|19|20|21)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)
_EXACT: dict[Kind, re.Pattern[str]] = {
    "integer": re.compile(r"0|[1-9]\d{0,19}", re.ASCII),
    "decimal": re.compile(r"(?:0|[1-9]\d{0,19})(?:\.\d{0,9}[1-9])?", re.ASCII),
    "day": re.compile(_DATE, re.ASCII),
    "minute": re.compile(rf"{_DATE}(?:[01]\d|2[0-3])[0-5]\d", re.ASCII),
}


@lru_cache(maxsize=16384)
def canonical(text: str, kind: Kind) -> str:
    """The value as the standard writes it: decimals with a point and no zeros at the end, times of 12 digits, dates of
    8, text as NFC. What cannot be read stays as it is. Equal values have equal canonical texts."""
    form = _EXACT.get(kind)
    if form is not None and form.fullmatch(text):
        return text
    if kind in ("decimal", "integer"):
        number, _ = read_number(text)
        return clean(text) if number is None else plain_decimal(number)
    if kind in ("day", "minute"):
        when, _ = read_when(text, kind == "minute")
        return clean(text) if when is None else digits(when, minute=kind == "minute")
    return clean(text)


def plain_decimal(number: Decimal) -> str:
    """ "1050", "57.45": a point, no exponent, no zeros at the end."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def digits(when: When, *, minute: bool) -> str:
    """yyyyMMdd, or yyyyMMddHHmm for `minute` and where a time is known; zeros for unknown parts."""
    day = when.date
    if day is None:
        return ""
    precision = when.day.precision
    month = 0 if precision is Precision.YEAR else day.month
    text = f"{day.year:04d}{month:02d}{day.day if precision is Precision.DAY else 0:02d}"
    if when.at is not None:
        return text + f"{when.at.hour:02d}{when.at.minute:02d}"
    return text + "0000" if minute else text


def split_list(text: str) -> list[str]:
    """Values of a ";" list without blanks and empty parts: "A;; B ;" → ["A", "B"]."""
    if ";" not in text:
        return [part] if (part := text.strip()) else []
    return [part for piece in text.split(";") if (part := piece.strip())]


def list_positions(text: str) -> list[str]:
    """Values of a ";" list with their positions: empty ones inside stay, those at the end go ("A;;C;" → ["A","","C"]).
    For columns whose values belong together by position, as cards and their dates do."""
    if ";" not in text:
        return [part] if (part := text.strip()) else []
    parts = [piece.strip() for piece in text.split(";")]
    while parts and not parts[-1]:
        parts.pop()
    return parts
