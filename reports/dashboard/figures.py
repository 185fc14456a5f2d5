"""What the first page of a place shows: built from counts of the day, entered populations and closed months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Min, OuterRef, Q, Subquery, Sum
from django.template.loader import render_to_string
from django.urls import reverse

from ehr.common.numbers import format_number, percent
from reports.dashboard import charts
from reports.dashboard.counting import COLUMNS
from reports.dashboard.models import DailyCount
from reports.periods import Period
from reports.places import Place, place_of
from reports.population import figures_for
from reports.questions import Question, unit_token
from reports.small import LIMIT
from reports.submission.models import Snapshot
from reports.tables import COVERED, SMALL
from stations.models import AdminUnit

MONTHS = 12
KEPT = 60  # seconds
UNCOUNTED = "chưa đếm"
TARGET = Decimal(95)  # per cent of the population with a record by the end of 2025 (provincial plan)
NAMES = {
    "residents": "Người có hồ sơ, đang cư trú", "managed": "Đã được quản lý sức khỏe",
    "linked": "Đã liên thông", "examined": "Đã khám tạo lập",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: the number, its share of the population, and since the last closed month."""

    label: str
    number: str
    share: str
    change: str
    href: str
    over: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One village or commune with its figures, for bars, tiles and the table that says the same."""

    label: str
    population: int | None
    counts: dict[str, int] | None  # None: nobody has counted, which is not zero
    href: str

    @property
    def rate(self) -> Decimal | None:
        return percent(self.counts["managed"], self.population) if self.counts else None

    def rate_shown(self, hide: bool) -> Decimal | None:
        """The rate, unless it gives away a small number."""
        return None if hide and self.counts and 0 < self.counts["managed"] < LIMIT else self.rate


def overview(question: Question, *, hide: bool = False) -> dict[str, Any]:
    """What the page of one unit says: `name`, `population`, `day`, `counted_at`, `uncounted` (keys of the communes
    that never were), the drawn `figures`, and whether they were `built` now.

    From the cache when it was made within a minute. `hide`: figures of one to four people are not shown."""
    places = "all" if question.only_villages is None else hash(question.only_villages)
    name = f"overview:{question.unit.pk}:{question.by}:{question.today}:{places}:{hide}"
    found = cache.get(name)
    if found is None:
        seen = _built(question, hide)
        found = {key: seen[key] for key in ("name", "population", "day", "counted_at", "uncounted")}
        found["figures"] = render_to_string("reports/dashboard/_figures.html", {"seen": seen, "unit": question.unit})
        if not seen["uncounted"]:  # what was never counted is being counted now: the next look shows it
            cache.set(name, found, KEPT)
        return {**found, "built": True}
    return {**found, "built": False}


def _built(question: Question, hide: bool) -> dict[str, Any]:
    place = place_of(question)
    day, sums, counted_at, without = _sums(place, question.today)
    uncounted = _keys_in(place, without)
    lines_of = [line for line in place.lines if line.shown_empty or line.key in sums]
    people = figures_for([*lines_of, place.unit_line], question.period)
    addresses = _addresses(question, lines_of) if question.by == "commune" else {}
    lines = [
        Line(
            line.name, people[line.key].people,
            None if line.key in uncounted else sums.get(line.key, _zero()), addresses.get(line.key, ""),
        )
        for line in lines_of
    ]  # fmt: skip
    counted = [line.counts for line in lines if line.counts is not None]
    # A sum that lacks a commune would pass for the whole.
    total = None if without else {column: sum(counts[column] for counts in counted) for column in COLUMNS}
    whole = people[place.unit_line.key].people
    history = _history(question)
    rate = percent(total["managed"], whole) if total else None
    figures = [(line.label, line.rate_shown(hide), line.href) for line in lines]
    return {
        "day": day, "counted_at": counted_at, "uncounted": sorted(without), "name": place.name, "population": whole,
        "cards": [_card(column, total, whole, history, question, hide) for column in NAMES],
        "trend": charts.trend(
            [(period.text, rate) for period, rate in history]
            + ([(f"{day:%d/%m}", rate)] if day and total else []),
            target=TARGET,
        ),
        "bars": charts.bars(figures) if len(figures) <= 40 else None,
        "tiles": charts.tiles(figures) if question.by != "village" and len(figures) > 1 else None,
        "lines": [
            {"label": line.label, "href": line.href, **_texts(line.counts, line.population, line.rate, hide)}
            for line in lines
        ],
        "total": _texts(total, whole, rate, hide),
    }  # fmt: skip


def _texts(counts: dict[str, int] | None, population: int | None, rate: Decimal | None, hide: bool) -> dict[str, str]:
    """The figures of a line as people read them."""
    people = "-" if population is None else format_number(population)
    if counts is None:
        return {**dict.fromkeys(COLUMNS, "-"), "population": people, "rate": UNCOUNTED}
    small = {name: hide and 0 < number < LIMIT for name, number in counts.items()}
    texts = {name: SMALL if small[name] else format_number(number) for name, number in counts.items()}
    shown = COVERED if small["managed"] else "-" if rate is None else f"{format_number(rate, 2)}%"
    return {**texts, "population": people, "rate": shown}


def _zero() -> dict[str, int]:
    return dict.fromkeys(COLUMNS, 0)


def _sums(
    place: Place, today: dt.date
) -> tuple[dt.date | None, dict[str, dict[str, int]], dt.datetime | None, set[int]]:
    """The day of the counts, counts by line, when they were counted, and communes that never were. Two queries.

    Each commune by the day it was counted last: one that is looked at after midnight is counted before the others.
    The day and the time are those of the oldest count."""
    days = _days(place.communes, today)
    of_day = Q(pk__in=[])
    for each in set(days.values()):
        of_day |= Q(on=each, commune__in=[commune for commune, on in days.items() if on == each])
    sums: dict[str, dict[str, int]] = {}
    counted_at = None
    grouped: Any = DailyCount.objects.filter(of_day).values("commune_id", "village_id").annotate(
        **{f"n_{name}": Sum(name) for name in COLUMNS}, at=Min("counted_at")
    )  # fmt: skip
    for row in grouped.order_by():
        key = place.line_of((row["village_id"], row["commune_id"]))
        if key is not None and row["n_records"]:
            into = sums.setdefault(key, _zero())
            for name in COLUMNS:
                into[name] += row[f"n_{name}"]
        counted_at = min(counted_at or row["at"], row["at"])
    return min(days.values(), default=None), sums, counted_at, set(place.communes) - set(days)


def _days(communes: Collection[int], today: dt.date) -> dict[int, dt.date]:
    """The day each commune was counted last; one that never was is not in it. One look into the index for each."""
    last = DailyCount.objects.filter(commune=OuterRef("pk"), on__lte=today).order_by("-on").values("on")[:1]
    units = AdminUnit.objects.filter(pk__in=communes).annotate(last=Subquery(last)).filter(last__isnull=False)
    return dict(units.order_by().values_list("pk", "last"))


def _keys_in(place: Place, communes: Collection[int]) -> set[str]:
    """Keys of the lines that people of these communes may count in."""
    by_village = {key for pk, key in place.village_lines.items() if place.villages[pk].commune_id in communes}
    return by_village | {place.commune_lines[pk] for pk in communes if pk in place.commune_lines}


def _history(question: Question) -> list[tuple[Period, Decimal | None]]:
    """Rates of the months closed last, oldest first. One query; without a closed month None stands in its place."""
    last = Period.of("month", question.today)
    months = []
    for _ in range(MONTHS):
        last = last.previous()
        months.append(last)
    rows = Snapshot.objects.filter(
        unit=question.unit, report="coverage", origin=Snapshot.Origin.CLOSE,
        period__in=[month.iso for month in months],
    ).values_list("period", "data__total__rate")  # fmt: skip
    known = {period: Decimal(str(rate)) for period, rate in rows if rate is not None}
    found = [(month, known.get(month.iso)) for month in reversed(months)]
    while found and found[0][1] is None:
        found.pop(0)
    return found


def _card(
    column: str,
    total: dict[str, int] | None,
    population: int | None,
    history: list[Any],
    question: Question,
    hide: bool,
) -> Card:
    """`total`: None as long as nobody has counted, which is not zero."""
    address = f"{reverse('reports:show', args=['lien-thong'])}?" + urlencode(
        {"unit": unit_token(question.unit), "period": question.period.iso, "by": question.by}
    )
    if total is None:
        return Card(NAMES[column], "-", UNCOUNTED, "", address, False)
    rate = percent(total[column], population)
    before = history[-1][1] if column == "managed" and history else None
    moved = rate - before if rate is not None and before is not None else None
    return Card(
        NAMES[column],
        SMALL if hide and 0 < total[column] < LIMIT else format_number(total[column]),
        "" if rate is None or (hide and 0 < total[column] < LIMIT) else f"{format_number(rate, 2)}% dân số",
        "" if moved is None else f"{'+' if moved >= 0 else '−'}{format_number(abs(moved), 2)} điểm so với tháng trước",
        address, rate is not None and rate > 100,
    )  # fmt: skip


def _addresses(question: Question, lines: list[Any]) -> dict[str, str]:
    """A commune opens its own page. One query."""
    units = AdminUnit.objects.filter(pk__in=[line.unit for line in lines if line.unit], scheme="new")
    tokens = {unit.pk: unit_token(unit) for unit in units}
    return {line.key: f"?{urlencode({'unit': tokens[line.unit]})}" for line in lines if line.unit in tokens}
