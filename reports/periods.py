"""The month of a report. Half-open: from 00:00 of its first day up to, not including, 00:00 of the next month."""

import datetime as dt
import re
from dataclasses import dataclass

from django.utils import timezone

#: First day of the two-tier administrative units (Resolution 202/2025/QH15).
NEW_UNITS_SINCE = dt.date(2025, 7, 1)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{4})", re.ASCII)


class MonthError(ValueError):
    """A text that is not a month one can report on. The message is Vietnamese."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month, Asia/Ho_Chi_Minh."""

    start: dt.date

    @classmethod
    def of(cls, day: dt.date) -> "Month":
        """The month that `day` lies in."""
        return cls(day.replace(day=1))

    @classmethod
    def parse(cls, text: str, *, today: dt.date) -> "Month":
        """2024-06 or 06/2024. Raises MonthError, also for a month that has not begun."""
        text = text.strip()
        if found := _YEAR_FIRST.fullmatch(text):
            year, month = found.groups()
        elif found := _MONTH_FIRST.fullmatch(text):
            month, year = found.groups()
        else:
            raise MonthError(f"Không đọc được tháng “{text[:20]}”. Viết tháng/năm, ví dụ 06/2024.")
        if not 1 <= int(month) <= 12 or not 1900 <= int(year) <= 2199:
            raise MonthError(f"Không có tháng “{text[:20]}”. Viết tháng/năm, ví dụ 06/2024.")
        result = cls(dt.date(int(year), int(month), 1))
        if result.start > today:
            raise MonthError(f"Tháng {result.text} chưa đến.")
        return result

    @property
    def end(self) -> dt.date:
        """First day of the next month."""
        return (self.start + dt.timedelta(days=31)).replace(day=1)

    @property
    def last_day(self) -> dt.date:
        return self.end - dt.timedelta(days=1)

    @property
    def end_instant(self) -> dt.datetime:
        """The first moment that no longer belongs to the month."""
        return timezone.make_aware(dt.datetime.combine(self.end, dt.time()))

    @property
    def text(self) -> str:
        """06/2024"""
        return f"{self.start:%m/%Y}"

    @property
    def iso(self) -> str:
        """2024-06"""
        return f"{self.start:%Y-%m}"

    def data_until(self, today: dt.date) -> dt.date:
        """Last day whose data is in: today in the running month, else the month's last day."""
        return min(self.last_day, today)

    @property
    def before_new_units(self) -> bool:
        return self.end <= NEW_UNITS_SINCE
