"""Progress towards the targets of the commune plan, with a forecast: the pace it takes, the pace there is, the day on
which the target is reached (issue: target progress with forecast)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from ehr.common.numbers import percent
from reports.coverage import records
from reports.figures import Count, Derived, Entered, Item, Rate, count_lines, table_of
from reports.places import Place, place_of
from reports.plan import column_conditions
from reports.questions import Question
from reports.report import PeopleList, Report
from reports.tables import Note, Table
from reports.workdays import WorkCalendar, work_calendar
from stations.models import VillageTarget

WINDOW = 30  # days that make up today's pace
LONGEST = 3_660  # days; a slower pace reaches nothing worth naming
NO_HOLIDAYS = WorkCalendar()


def working_days(first: dt.date, last: dt.date, calendar: WorkCalendar = NO_HOLIDAYS) -> int:
    """Working days from `first` to `last`, both counted; 0 when `last` is before `first`."""
    return calendar.between(first, last)


def day_reached(
    remaining: int, added: int, window: int, today: dt.date, calendar: WorkCalendar = NO_HOLIDAYS
) -> dt.date | None:
    """The working day after `today` on which `remaining` records are there, at `added` per `window` working days."""
    if remaining <= 0 or added <= 0 or window <= 0:
        return None
    needed = -(-remaining * window // added)  # working days, rounded up
    return None if needed > LONGEST * 5 // 7 else calendar.after(today, needed)


class _Forecast:
    """Columns that need the calendar of the question."""

    def __init__(self, question: Question) -> None:
        self.today = question.period.data_until(question.today)
        self.calendar = work_calendar()
        self.target_day = dt.date(question.period.start.year, 12, 31)
        self.left = working_days(self.today + dt.timedelta(days=1), self.target_day, self.calendar)
        self.window = working_days(self.today - dt.timedelta(days=WINDOW - 1), self.today, self.calendar)

    def items(self) -> tuple[Item, ...]:
        return (
            Entered("target", "Chỉ tiêu", 16),
            Count("achieved", "Đạt được", 16),
            Rate("rate", "Tỷ lệ %", "achieved", "target", 17),
            Derived("remaining", "Còn lại", ("target", "achieved"), _remaining, "(6)=(3)−(4)", width=19),
            Derived("needed", "Nhịp cần có (hồ sơ/ngày)", ("target", "achieved"), self.needed, kind="decimal",
                    width=19),
            Count("added", "Lập thêm 30 ngày qua", 17, people=False),
            Derived("pace", "Nhịp hiện nay (hồ sơ/ngày)", ("added",), self.pace, kind="decimal", width=19),
            Derived("reached", "Ngày đạt theo nhịp hiện nay", ("target", "achieved", "added"), self.reached,
                    kind="date", width=24),
            Derived("verdict", "Nhận định", ("target", "achieved", "added"), self.verdict, kind="text", width=28),
        )  # fmt: skip

    def needed(self, v: Mapping[str, Any]) -> Any:
        left = _remaining(v)
        return None if left is None or not self.left else _tenth(max(left, 0), self.left)

    def pace(self, v: Mapping[str, Any]) -> Any:
        return _tenth(v["added"], self.window)

    def reached(self, v: Mapping[str, Any]) -> dt.date | None:
        return day_reached(_remaining(v) or 0, v["added"], self.window, self.today, self.calendar)

    def verdict(self, v: Mapping[str, Any]) -> str | None:
        left = _remaining(v)
        if left is None:
            return None
        if left <= 0:
            return "Đã đạt"
        day = self.reached(v)
        if day is None:
            return "Không đạt với nhịp này"
        return "Kịp" if day <= self.target_day else "Chậm so với chỉ tiêu"


def _remaining(v: Mapping[str, Any]) -> int | None:
    return None if v["target"] is None else v["target"] - v["achieved"]


def _tenth(above: int, below: int) -> Any:
    found = percent(above, below, 3)  # exact, and rounded once
    return None if found is None else (found / 100).quantize(found.__class__("0.1"))


def build(question: Question) -> Table:
    """Three statements: the records at the end of the period, with those of the last thirty days; targets; days off."""
    place, forecast = place_of(question), _Forecast(question)
    made = forecast.today - dt.timedelta(days=WINDOW)
    found = records(place, question.period).filter(column_conditions(question.period)["achieved"])
    figures = count_lines(place, found, {"achieved": Q(pk__isnull=False), "added": Q(created_at__date__gt=made)})
    targets = dict(
        VillageTarget.objects.filter(village__in=place.villages, year=question.period.start.year)
        .values_list("village", "target")
    )  # fmt: skip
    for line in place.lines:
        if line.village in targets:
            figures.setdefault(line.key, {"achieved": 0, "added": 0})["target"] = targets[line.village]
    without = [line.name for line in place.lines if line.village and line.village not in targets and line.shown_empty]
    notes = [Note(f"Còn {forecast.left} ngày làm việc đến {forecast.target_day:%d/%m/%Y}, đã trừ ngày nghỉ lễ.")]
    if without and targets:
        year = question.period.start.year
        notes.append(Note(f"Chưa có chỉ tiêu năm {year} của {len(without)} thôn; dòng tổng chỉ gồm chỉ tiêu đã nhập."))
    return table_of(
        question, place, forecast.items(), figures, report="progress", title="Tiến độ lập hồ sơ và dự báo",
        codes=("TGT-02", "TGT-03", "TGT-06", "TGT-07"), notes=notes,
    )  # fmt: skip


def people(question: Question, place: Place) -> dict[str, PeopleList]:
    found = records(place, question.period).filter(column_conditions(question.period)["achieved"])
    return {"achieved": PeopleList("Đạt được", found)}


REPORT = Report(
    key="progress",
    path="tien-do",
    title="Tiến độ lập hồ sơ và dự báo",
    summary="Nhịp cần có mỗi ngày làm việc đến cuối năm, nhịp 30 ngày qua và ngày đạt chỉ tiêu với nhịp đó.",
    build=build,
    levels={"commune": ("village",)},
    periods=("day", "month"),
    people=people,
)
