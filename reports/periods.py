"""The period of a report: month, quarter, half-year, year, or the state on a day. Asia/Ho_Chi_Minh.

Half-open: from 00:00 of `start` up to, not including, 00:00 of `end`."""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from django.utils import timezone

Kind = Literal["month", "quarter", "half", "year", "day"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMES: dict[Kind, str] = {
    "month": "tháng", "quarter": "quý", "half": "6 tháng", "year": "năm", "day": "tính đến ngày",
}  # fmt: skip
EXAMPLES: dict[Kind, str] = {
    "month": "06/2026", "quarter": "Quý III/2026", "half": "6 tháng đầu năm 2026", "year": "2026", "day": "15/06/2026",
}  # fmt: skip
#: First day of the two-tier administrative units (Resolution 202/2025/QH15).
NEW_UNITS_SINCE = dt.date(2025, 7, 1)
_MONTHS: dict[Kind, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_ROMAN = ("I", "II", "III", "IV")
_HALVES = ("đầu", "cuối")
_SEP = r"\s*[/.\- ]\s*"
_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("day", re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)),
    (
        "day",
        re.compile(rf"(?:ngày\s+)?(?P<day>\d{{1,2}}){_SEP}(?P<month>\d{{1,2}}){_SEP}(?P<year>\d{{4}})", re.A | re.I),
    ),
    ("month", re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})", re.ASCII)),
    ("month", re.compile(rf"(?:tháng\s+)?(?P<month>\d{{1,2}}){_SEP}(?P<year>\d{{4}})", re.A | re.I)),
    ("quarter", re.compile(r"(?P<year>\d{4})-?Q(?P<part>[1-4])", re.A | re.I)),
    (
        "quarter",
        re.compile(rf"(?:quý\s+|Q)?(?P<part>[1-4]|IV|I{{1,3}}){_SEP}(?:năm\s+)?(?P<year>\d{{4}})", re.A | re.I),
    ),
    ("half", re.compile(r"(?P<year>\d{4})-?H(?P<part>[12])", re.A | re.I)),
    ("half", re.compile(r"6\s*tháng\s+(?P<part>đầu|cuối)\s+năm\s+(?P<year>\d{4})", re.I)),
    ("year", re.compile(r"(?:năm\s+)?(?P<year>\d{4})", re.A | re.I)),
)


class PeriodError(ValueError):
    """A text that is not a period one can report on. The message is Vietnamese."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One calendar period. Make it with `of`, `parse` or `next`, never with a start that is not its first day."""

    start: dt.date
    kind: Kind = "month"

    @classmethod
    def of(cls, kind: Kind, day: dt.date) -> "Period":
        """The period of this kind that `day` lies in."""
        if kind == "day":
            return cls(day, kind)
        months = _MONTHS[kind]
        return cls(dt.date(day.year, (day.month - 1) // months * months + 1, 1), kind)

    @classmethod
    def parse(cls, text: str, *, today: dt.date, kinds: Collection[Kind] = KINDS) -> "Period":
        """2026-06, 06/2026, 2026-Q3, Quý III/2026, 2026-H1, 6 tháng đầu năm 2026, 2026, 2026-06-15, 15/06/2026.

        Raises PeriodError, also for a kind that is not among `kinds` and for a period that has not begun."""
        text = " ".join(text.split())
        offered = [kind for kind in KINDS if kind in kinds]
        wanted = f"Viết {' hoặc '.join(f'{NAMES[kind]}, ví dụ {EXAMPLES[kind]}' for kind in offered)}."
        kind, found = next(((kind, m) for kind, form in _FORMS if (m := form.fullmatch(text))), (None, None))
        if kind is None or found is None:
            raise PeriodError(f"Không đọc được kỳ “{text[:30]}”. {wanted}")
        if kind not in offered:
            raise PeriodError(f"Báo cáo này không lập theo {NAMES[kind]} (“{text[:30]}”). {wanted}")
        period = cls._read(kind, found.groupdict())
        if period is None:
            raise PeriodError(f"Không có kỳ “{text[:30]}”. {wanted}")
        if period.start > today:
            raise PeriodError(f"{period.title} chưa đến.")
        return period

    @classmethod
    def _read(cls, kind: Kind, given: dict[str, str]) -> "Period | None":
        year = int(given["year"])
        if not 1900 <= year <= 2199:
            return None
        part = given.get("part", "").upper()
        number = _ROMAN.index(part) + 1 if part in _ROMAN else {"ĐẦU": 1, "CUỐI": 2}.get(part) or int(part or 1)
        month = int(given["month"]) if "month" in given else (number - 1) * _MONTHS[kind] + 1
        try:
            return cls(dt.date(year, month, int(given.get("day", 1))), kind)
        except ValueError:
            return None

    @property
    def end(self) -> dt.date:
        """First day after the period."""
        if self.kind == "day":
            return self.start + dt.timedelta(days=1)
        year, month = divmod(self.start.month - 1 + _MONTHS[self.kind], 12)
        return dt.date(self.start.year + year, month + 1, 1)

    @property
    def last_day(self) -> dt.date:
        return self.end - dt.timedelta(days=1)

    @property
    def start_instant(self) -> dt.datetime:
        """The first moment of the period."""
        return timezone.make_aware(dt.datetime.combine(self.start, dt.time()))

    @property
    def end_instant(self) -> dt.datetime:
        """The first moment that no longer belongs to the period."""
        return timezone.make_aware(dt.datetime.combine(self.end, dt.time()))

    @property
    def text(self) -> str:
        """06/2024, Quý III/2026, 6 tháng đầu năm 2026, 2026, 15/06/2026: as people type it, and `parse` reads it."""
        number = (self.start.month - 1) // _MONTHS.get(self.kind, 1)
        return {
            "month": f"{self.start:%m/%Y}",
            "quarter": f"Quý {_ROMAN[number % 4]}/{self.start.year}",
            "half": f"6 tháng {_HALVES[number % 2]} năm {self.start.year}",
            "year": f"{self.start.year}",
            "day": f"{self.start:%d/%m/%Y}",
        }[self.kind]

    @property
    def title(self) -> str:
        """Tháng 06/2024, Quý III/2026, Năm 2026, Tính đến hết ngày 15/06/2026: as a heading has it."""
        before = {"month": "Tháng ", "year": "Năm ", "day": "Tính đến hết ngày "}
        return before.get(self.kind, "") + self.text

    @property
    def iso(self) -> str:
        """2024-06, 2026-Q3, 2026-H1, 2026, 2026-06-15: for addresses, files and programs."""
        number = (self.start.month - 1) // _MONTHS.get(self.kind, 1) + 1
        return {
            "month": f"{self.start:%Y-%m}",
            "quarter": f"{self.start.year}-Q{number}",
            "half": f"{self.start.year}-H{number}",
            "year": f"{self.start.year}",
            "day": f"{self.start:%Y-%m-%d}",
        }[self.kind]

    @property
    def months(self) -> int:
        """Length in months; 0 for a day."""
        return _MONTHS.get(self.kind, 0)

    def next(self) -> "Period":
        return Period(self.end, self.kind)

    def previous(self) -> "Period":
        return Period.of(self.kind, self.start - dt.timedelta(days=1))

    def data_until(self, today: dt.date) -> dt.date:
        """Last day whose data is in: today in the running period, else the period's last day."""
        return min(self.last_day, today)

    @property
    def before_new_units(self) -> bool:
        return self.end <= NEW_UNITS_SINCE
