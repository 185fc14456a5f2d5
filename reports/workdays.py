"""Working days of offices: Monday to Friday without public holidays, and Saturdays that make up for a bridge day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reports.submission.models import Holiday

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """`off`: closed weekdays; `work`: open days of a weekend. A year that nobody entered has its weekends only: a day
    counted by it is never later than the law's."""

    off: frozenset[dt.date] = frozenset()
    work: frozenset[dt.date] = frozenset()

    def is_open(self, day: dt.date) -> bool:
        return day in self.work or (day.weekday() < 5 and day not in self.off)

    def after(self, day: dt.date, number: int) -> dt.date:
        """The `number`-th working day after `day`; `day` itself for 0."""
        while number > 0:
            day += ONE_DAY
            number -= self.is_open(day)
        return day

    def between(self, first: dt.date, last: dt.date) -> int:
        """Working days from `first` to `last`, both counted; 0 when `last` is before `first`."""
        days = (last - first).days + 1
        return sum(self.is_open(first + number * ONE_DAY) for number in range(days))


def work_calendar() -> WorkCalendar:
    """All days entered. One query."""
    days: dict[str, set[dt.date]] = {kind: set() for kind in Holiday.Kind.values}
    for kind, day in Holiday.objects.values_list("kind", "day"):
        days[kind].add(day)
    return WorkCalendar(frozenset(days[Holiday.Kind.OFF]), frozenset(days[Holiday.Kind.WORK]))
