"""Which reports a unit owes and until when (REQ-RPT-05, -06). The rules are rows of `ReportDuty`, not code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from reports.periods import Kind, Period
from reports.registry import REPORTS
from reports.submission.models import ReportDuty, Submission
from stations.models import AdminUnit

SENT = (Submission.State.SIGNED, Submission.State.RECEIVED)
REMIND_DAYS = 7


def due_on(duty: ReportDuty, period: Period) -> dt.date:
    """Last day on which the report of the period is in time.

    "Before the 30th of each month" is the 30th of the month itself (in February its last day). Working days are Monday
    to Friday; public holidays are not known here, so that the day named is never later than the law's."""
    if duty.rule == ReportDuty.Rule.DAY:
        return period.last_day.replace(day=min(duty.number, period.last_day.day))
    day, left = period.last_day, duty.number
    while left:
        day += dt.timedelta(days=1)
        if duty.rule == ReportDuty.Rule.DAYS_AFTER or day.weekday() < 5:
            left -= 1
    return day


def kind_of(duty: ReportDuty) -> Kind:
    """The kind of its periods; the choices of the column are kinds."""
    return cast(Kind, duty.period_kind)


def duties_on(day: dt.date) -> list[ReportDuty]:
    """Duties for periods that begin on `day` or hold it."""
    return list(ReportDuty.objects.valid_on(day).order_by("report", "level"))


@dataclass(frozen=True, slots=True)
class Due:
    """A report that a unit owes for a period. `submission`: the latest version that was not dropped, if any."""

    duty: ReportDuty
    unit: AdminUnit
    period: Period
    on: dt.date
    submission: Submission | None

    @property
    def sent(self) -> bool:
        return self.submission is not None and self.submission.state in SENT

    def days_left(self, today: dt.date) -> int:
        """Negative when the day has passed."""
        return (self.on - today).days

    def is_late(self, today: dt.date) -> bool:
        if self.sent:
            return bool(self.submission and self.submission.late_days)
        return today > self.on

    @property
    def reminds_from(self) -> dt.date:
        return self.on - dt.timedelta(days=REMIND_DAYS)


def dues(units: Iterable[AdminUnit], day: dt.date) -> list[Due]:
    """What the units owe for the periods that hold `day`, by unit and report. Two queries at any number of units."""
    units = list(units)
    pairs = [
        (duty, unit, Period.of(kind_of(duty), day))
        for duty in duties_on(day)
        for unit in units
        if unit.level == duty.level and unit.scheme == ("old" if duty.level == "district" else "new")
    ]
    isos = {period.iso for _, _, period in pairs}
    rows = Submission.objects.filter(unit__in=units, period__in=isos).exclude(state=Submission.State.DROPPED)
    latest = {(row.report, row.unit_id, row.period, row.grouping): row for row in rows.order_by("version")}
    return [
        Due(duty, unit, period, due_on(duty, period), latest.get((duty.report, unit.pk, period.iso, duty.grouping)))
        for duty, unit, period in pairs
    ]


def title_of(due: Due) -> str:
    """The report's title; its key when the report is no longer there."""
    report = REPORTS.get(due.duty.report)
    return report.title if report else due.duty.report


def open_dues(units: Iterable[AdminUnit], today: dt.date) -> list[Due]:
    """What is to be sent now: not sent yet, of the running periods and of those before whose day has come or passed
    within the year. Sorted by the day due."""
    units = list(units)
    found: dict[tuple[str, int, str], Due] = {}
    for day in _days_back(today):
        for due in dues(units, day):
            if not due.sent and due.reminds_from <= today and due.on >= today - dt.timedelta(days=366):
                found.setdefault((due.duty.report, due.unit.pk, due.period.iso), due)
    return sorted(found.values(), key=lambda due: (due.on, due.unit.pk, due.duty.report))


def _days_back(today: dt.date) -> Iterator[dt.date]:
    """Today and one day in each of the two months before: periods whose reports may still be due."""
    day = today
    for _ in range(3):
        yield day
        day = day.replace(day=1) - dt.timedelta(days=1)
