"""Dates as people here write them: day first, always; birth dates that may lack the day or the month."""

import datetime as dt
import re
from dataclasses import dataclass

from django.db.models import TextChoices

YEARS = range(1800, 2200)
EXPECTED = "Viết theo ngày/tháng/năm, ví dụ 12/03/1980."


class Precision(TextChoices):
    """How much of a date is known."""

    DAY = "day", "Đủ ngày tháng năm"
    MONTH = "month", "Chỉ biết tháng và năm"
    YEAR = "year", "Chỉ biết năm"
    UNKNOWN = "unknown", "Không biết"


class DateError(ValueError):
    """A text that is not a date. `message` is Vietnamese, says what was found and what is expected."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date and how much of it is known. `date` is the first day of the known period, None when nothing is known."""

    date: dt.date | None
    precision: Precision = Precision.DAY

    def __post_init__(self) -> None:
        object.__setattr__(self, "precision", Precision(self.precision))
        if (self.date is None) != (self.precision is Precision.UNKNOWN):
            raise ValueError("A partial date lacks its date exactly when its precision is 'unknown'.")

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """12/03/1980, 12-3-1980, 12.3.1980, 12031980, 03/1980, 1980, 1980-03-12; 00 for an unknown part; ? for unknown.

        Raises DateError. Two-digit years are refused: 45 may be 1945 or 2045.
        """
        year, month, day = _parts(text)
        if year == month == day == 0:
            return cls(None, Precision.UNKNOWN)
        if year not in YEARS:
            raise DateError("date.year", f"Năm {year:04d} không hợp lệ. {EXPECTED}")
        if month == 0:
            return cls(dt.date(year, 1, 1), Precision.YEAR)
        if month > 12:
            raise DateError("date.month", f"Không có tháng {month}. {EXPECTED}")
        if day == 0:
            return cls(dt.date(year, month, 1), Precision.MONTH)
        try:
            return cls(dt.date(year, month, day), Precision.DAY)
        except ValueError:
            raise DateError("date.day", f"Tháng {month:02d}/{year} không có ngày {day}.") from None

    @classmethod
    def of(cls, date: dt.date | None, precision: str = Precision.DAY) -> "PartialDate | None":
        """From two stored columns; None when there is neither a date nor the answer "unknown"."""
        if date is None:
            return cls(None, Precision.UNKNOWN) if precision == Precision.UNKNOWN else None
        return cls(date, Precision(precision))

    def text(self) -> str:
        """12/03/1980, 03/1980, 1980, or "Không biết"."""
        if self.date is None:
            return str(Precision.UNKNOWN.label)
        if self.precision is Precision.YEAR:
            return f"{self.date.year:04d}"
        if self.precision is Precision.MONTH:
            return f"{self.date.month:02d}/{self.date.year:04d}"
        return format_date(self.date)

    def __str__(self) -> str:
        return self.text()


_SEPARATOR = r"\s*[/\-. ]\s*"
_DAY_FIRST = re.compile(rf"(?:(?:(\d{{1,2}}){_SEPARATOR})?(\d{{1,2}}){_SEPARATOR})?(\d{{4}})", re.ASCII)
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_SEPARATOR}(\d{{1,2}})(?:{_SEPARATOR}(\d{{1,2}}))?", re.ASCII)
_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4})", re.ASCII)
_SHORT_YEAR = re.compile(rf"\d{{1,2}}{_SEPARATOR}\d{{1,2}}{_SEPARATOR}\d{{2}}|\d{{1,2}}[/\-.]\d{{2}}|\d{{6}}", re.ASCII)
_UNKNOWN = {"?", "kb", "không biết", "không rõ", "khong biet", "khong ro"}


def _parts(text: str) -> tuple[int, int, int]:
    """Year, month, day as written, 0 for what is missing. Raises DateError when the shape is not a date's."""
    text = text.strip()
    if text.lower() in _UNKNOWN:
        return 0, 0, 0
    if found := _DAY_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
        day, month, year = (int(part or 0) for part in found.groups())
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part or 0) for part in found.groups())
    elif _SHORT_YEAR.fullmatch(text):
        raise DateError("date.short_year", f"“{text}” thiếu thế kỷ: năm phải viết đủ 4 chữ số. {EXPECTED}")
    else:
        raise DateError("date.format", f"Không đọc được ngày “{_excerpt(text)}”. {EXPECTED}")
    if day and not month:
        raise DateError("date.month", f"Có ngày nhưng thiếu tháng trong “{text}”. {EXPECTED}")
    return year, month, day


def parse_date(text: str) -> dt.date:
    """A full date, day first. Raises DateError, also when the day or the month is missing."""
    found = PartialDate.parse(text)
    if found.date is None or found.precision is not Precision.DAY:
        raise DateError("date.partial", f"“{_excerpt(text)}” thiếu ngày hoặc tháng. {EXPECTED}")
    return found.date


def format_date(day: dt.date | None) -> str:
    """dd/mm/yyyy, "" for None."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}" if day else ""


def age_on(born: dt.date | None, precision: str, day: dt.date) -> int | None:
    """Completed years on `day`; None when unknown or not yet born.

    With an unknown day or month the first day of the period counts, so a person known by year only is `day.year - year`
    old from 1 January: the way statistics count here, at most one too many.
    """
    if born is None or precision == Precision.UNKNOWN or day < born:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def months_on(born: dt.date | None, precision: str, day: dt.date) -> int | None:
    """Completed months on `day`; None when unknown, known by year only, or not yet born."""
    if born is None or precision in (Precision.UNKNOWN, Precision.YEAR) or day < born:
        return None
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def _excerpt(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
