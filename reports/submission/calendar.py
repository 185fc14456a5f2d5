"""Which reports a unit owes and until when (REQ-RPT-05, -06). The rules are rows of `ReportDuty`, not code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from ehr.common.validity import is_valid_on
from reports.periods import Kind, Period
from reports.submission.models import ReportDuty, Submission
from reports.workdays import WorkCalendar, work_calendar
from stations.models import AdminUnit

SENT = (Submission.State.SIGNED, Submission.State.RECEIVED)
REMIND_DAYS = 7


def due_on(duty: ReportDuty, period: Period, days: WorkCalendar) -> dt.date:
    """Last day on which the report of the period is in time.

    "Before the 30th of each month" is the 30th of the month itself (in February its last day)."""
    if duty.rule == ReportDuty.Rule.DAY:
        return period.last_day.replace(day=min(duty.number, period.last_day.day))
    if duty.rule == ReportDuty.Rule.DAYS_AFTER:
        return period.last_day + dt.timedelta(days=duty.number)
    return days.after(period.last_day, duty.number)


def begun(duty: ReportDuty, period: Period, today: dt.date) -> bool:
    """Whether the report can be made: a report due after its period is about the whole period."""
    return period.start <= today if duty.rule == ReportDuty.Rule.DAY else period.end <= today


def early_on(duty: ReportDuty, period: Period, days: WorkCalendar) -> dt.date:
    """The earlier of two days when the law names two: who sends by this one is in time by either reading."""
    on = due_on(duty, period, days)
    return on if duty.early_days is None else min(on, period.last_day + dt.timedelta(days=duty.early_days))


def kind_of(duty: ReportDuty) -> Kind:
    """The kind of its periods; the choices of the column are kinds."""
    return cast(Kind, duty.period_kind)


@dataclass(frozen=True, slots=True)
class Due:
    """A report that a unit owes for a period. `on`: last day in time; `early`: the day to be reminded of.

    `submission`: the latest version that was not dropped; `first_sent`: the first one that was signed and not given
    back, which says whether the report came in time (a later version corrects it)."""

    duty: ReportDuty
    unit: AdminUnit
    period: Period
    on: dt.date
    early: dt.date
    submission: Submission | None = None
    first_sent: Submission | None = None

    @property
    def sent(self) -> bool:
        return self.first_sent is not None

    def days_left(self, today: dt.date) -> int:
        """To the day to be reminded of; negative when it has passed."""
        return (self.early - today).days

    def late_days(self, today: dt.date) -> int:
        """Days after the last day in time: of the signature, or of today while nothing was sent; 0 when in time."""
        return self.first_sent.late_days if self.first_sent else max(0, (today - self.on).days)

    def is_late(self, today: dt.date) -> bool:
        return self.late_days(today) > 0

    @property
    def reminds_from(self) -> dt.date:
        """A week before; not before the period has ended, when the report is due after its end."""
        day = self.early - dt.timedelta(days=REMIND_DAYS)
        return day if self.duty.rule == ReportDuty.Rule.DAY else max(day, self.period.end)


def dues(units: Iterable[AdminUnit], day: dt.date) -> list[Due]:
    """What the units owe for the periods that hold `day`, by report and unit. Three queries at any number of units."""
    return dues_of(units, [day])


def dues_of(units: Iterable[AdminUnit], days: Iterable[dt.date]) -> list[Due]:
    """What the units owe for the periods that hold one of the days, each once. Three queries."""
    units, duties, calendar = list(units), list(ReportDuty.objects.order_by("report", "level", "pk")), work_calendar()
    wanted: dict[tuple[str, int, str, str], tuple[ReportDuty, AdminUnit, Period]] = {}
    for day in days:
        for duty in duties:
            if not is_valid_on(duty, day):
                continue
            period = Period.of(kind_of(duty), day)
            for unit in units:
                if unit.level == duty.level and unit.scheme == ("old" if duty.level == "district" else "new"):
                    wanted.setdefault((duty.report, unit.pk, period.iso, duty.grouping), (duty, unit, period))
    versions = _versions(units, {period.iso for _, _, period in wanted.values()})
    found = []
    for key, (duty, unit, period) in wanted.items():
        sent = [one for one in versions.get(key, []) if one.state in SENT]
        latest = versions[key][-1] if key in versions else None
        on, early = due_on(duty, period, calendar), early_on(duty, period, calendar)
        found.append(Due(duty, unit, period, on, early, latest, sent[0] if sent else None))
    return found


def _versions(units: list[AdminUnit], isos: set[str]) -> dict[tuple[str, int, str, str], list[Submission]]:
    """Versions that were not dropped, the first one first."""
    rows = Submission.objects.filter(unit__in=units, period__in=isos).exclude(state=Submission.State.DROPPED)
    found: dict[tuple[str, int, str, str], list[Submission]] = {}
    for row in rows.order_by("version"):
        found.setdefault((row.report, row.unit_id, row.period, row.grouping), []).append(row)
    return found


def title_of(due: Due) -> str:
    """The report's title; its key when the report is no longer there."""
    from reports.registry import REPORTS  # one of the reports is about this calendar

    report = REPORTS.get(due.duty.report)
    return report.title if report else due.duty.report


def open_dues(units: Iterable[AdminUnit], today: dt.date) -> list[Due]:
    """What is to be sent now: not sent yet, of the running periods and of the two months before, once its reminder has
    begun. Sorted by the day due. Three queries."""
    found = [due for due in dues_of(units, _days_back(today)) if not due.sent and due.reminds_from <= today]
    return sorted(found, key=lambda due: (due.early, due.unit.pk, due.duty.report))


def _days_back(today: dt.date) -> Iterator[dt.date]:
    """Today and one day in each of the two months before: periods whose reports may still be due."""
    day = today
    for _ in range(3):
        yield day
        day = day.replace(day=1) - dt.timedelta(days=1)
