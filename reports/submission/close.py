"""The monthly close: the figures of all units as they stood when the month ended, kept for ever.

It reads the history as of 00:00 on the 1st, so it does not matter when it runs, how often it is killed or how many run
at once, and asking the history again later gives the same figures. At 00:10 every transaction of the old month is over.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from reports.asof import as_of
from reports.periods import Period
from reports.questions import Question
from reports.registry import REPORTS
from reports.submission.models import ReportDuty, Snapshot
from reports.submission.services import columns_of
from reports.tables import Table
from reports.together import count_together
from stations.models import AdminUnit

LOCK = 831_006
AT_ONCE = 1_000  # tables
Say = Callable[[int, int], None]


class Key(NamedTuple):
    """One table of the close."""

    report: str
    unit: int
    grouping: str


@dataclass(slots=True)
class Closed:
    """What a run did. `different`: with `verify`, tables whose recomputed figures are not those that were kept."""

    made: int = 0
    kept: int = 0
    unknown: int = 0
    seconds: float = 0.0
    busy: bool = False
    different: list[Key] = field(default_factory=list)


def close(period: Period, *, unit: AdminUnit | None = None, say: Say | None = None) -> Closed:
    """Keeps what is not kept yet. `unit`: only this unit and those below. Raises ValueError before the month's end."""
    begin = time.monotonic()
    if not _begin(period):
        return Closed(busy=True)
    try:
        done = Closed()
        wanted = list(tables_of(period, unit))
        kept = _kept(period)
        missing = [key for key in wanted if key not in kept]
        done.kept = len(wanted) - len(missing)
        for number, (_, table) in enumerate(_built(missing, period, done), start=1):
            columns = columns_of(table, origin=Snapshot.Origin.CLOSE, by=None, as_of=period.end_instant)
            # each in a transaction of its own: what is done stays done
            Snapshot.objects.bulk_create([Snapshot(**columns)], ignore_conflicts=True)
            done.made += 1
            if say:
                say(number, len(missing))
        done.seconds = time.monotonic() - begin
        return done
    finally:
        _end(period)


def verify(period: Period, *, unit: AdminUnit | None = None) -> Closed:
    """Computes the kept tables again from the history and compares their hashes. Writes nothing."""
    begin = time.monotonic()
    done = Closed()
    hashes = _kept(period)
    wanted = [key for key in tables_of(period, unit) if key in hashes]
    for key, table in _built(wanted, period, done):
        done.kept += 1
        if table.data_hash() != hashes[key]:
            done.different.append(key)
    done.seconds = time.monotonic() - begin
    return done


def tables_of(period: Period, unit: AdminUnit | None = None) -> Iterator[Key]:
    """All tables that are to be kept: the reports that are closed, for all units, by all their groupings."""
    duties = ReportDuty.objects.valid_on(period.start).filter(period_kind=period.kind, closes=True)
    owed = duties.values_list("report", flat=True)
    units = list(_units(unit))
    for name in sorted(set(owed)):
        report = REPORTS.get(name)
        if report is not None and not report.personal:
            for each in units:
                yield from (Key(name, each.pk, grouping) for grouping in report.groupings_for(each))


def _units(unit: AdminUnit | None) -> Iterator[AdminUnit]:
    """Units of the provinces where somebody has a record: the new ones, and the old districts that went into them."""
    from ehr.records.models import Person

    provinces = Person.objects.order_by().values("province").distinct()
    new = Q(scheme="new", pk__in=provinces) | Q(scheme="new", level="commune", parent__in=provinces)
    old = Q(scheme="old", level="district", children__old_villages__commune__parent__in=provinces)
    rows = AdminUnit.objects.filter(new | old).distinct().order_by("scheme", "level", "code")
    if unit is not None:
        rows = rows.filter(Q(pk=unit.pk) | Q(parent=unit))
    yield from rows


def _built(keys: list[Key], period: Period, done: Closed) -> Iterator[tuple[Key, Table]]:
    """The tables, `AT_ONCE` of them counted at once; nothing is written while the record is read as of then."""
    units = AdminUnit.objects.select_related("parent__parent").in_bulk({key.unit for key in keys})
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        makers: list[Callable[[], Table]] = []
        with as_of(period.end_instant) as gaps:
            done.unknown = gaps.unknown
            for report, owed in itertools.groupby(part, key=lambda key: key.report):
                # today is the day after: the figures run to the last day
                questions = [Question(units[key.unit], period, key.grouping, None, period.end) for key in owed]
                makers += count_together(REPORTS[report], questions)
        for key, make in zip(part, makers, strict=True):
            yield key, make()


def _kept(period: Period) -> dict[Key, str]:
    rows = Snapshot.objects.filter(period=period.iso, origin=Snapshot.Origin.CLOSE)
    return {
        Key(report, unit, grouping): data_hash
        for report, unit, grouping, data_hash in rows.values_list("report", "unit", "grouping", "data_hash")
    }


def _begin(period: Period) -> bool:
    """One close of a month at a time; the lock of a worker that died goes with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, _number(period)])
        return bool(cursor.fetchone()[0])


def _end(period: Period) -> None:
    if connection.is_usable() and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, _number(period)])


def _number(period: Period) -> int:
    return period.start.year * 100 + period.start.month
