"""Filling `DailyCount`: one grouped statement over all people, by the definitions of the coverage report."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from ehr.records.models import Person
from reports.coverage import IN_USE, column_conditions
from reports.dashboard.models import DailyCount
from reports.periods import Period
from stations.models import AdminUnit

LOCK = 831_007
KEPT = dt.timedelta(minutes=2)
COLUMNS = ("records", "residents", "linked", "examined", "managed")
Spot = tuple[int, int | None]  # (commune, village)


@transaction.atomic
def count(on: dt.date, communes: Collection[int] | None = None) -> int:
    """Counts the day anew, for these communes or for all; the number of places written. Counting twice, or two at
    once, gives the same rows. A commune where nobody has a record gets a row that says so: it was counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    now = timezone.now()
    found = _counted(on, communes)
    for commune in (_communes() if communes is None else set(communes)) - {commune for commune, _ in found}:
        found[commune, None] = dict.fromkeys(COLUMNS, 0)
    rows = DailyCount.objects.filter(on=on)
    (rows if communes is None else rows.filter(commune__in=communes)).delete()
    names = ", ".join(f'"{name}"' for name in ("on", "commune_id", "village_id", *COLUMNS, "counted_at"))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {DailyCount._meta.db_table} ({names}) FROM STDIN") as copy,
    ):
        for (commune, village), figures in found.items():
            copy.write_row([on, commune, village, *(figures[name] for name in COLUMNS), now])
    return len(found)


def _counted(on: dt.date, communes: Collection[int] | None) -> dict[Spot, dict[str, int]]:
    found: dict[Spot, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for commune, village, name, number in _figures(Period(on, "day"), communes):
        found[commune, village][name] += number
    return found


def _figures(day: Period, communes: Collection[int] | None) -> Iterator[tuple[int, int | None, str, int]]:
    conditions = column_conditions(day)
    people = Person.objects.filter(status__in=IN_USE, created_at__lt=day.end_instant)
    if communes is not None:
        people = people.filter(commune__in=communes)
    spots = people.order_by().values_list("commune_id", "village_id")
    living = Q(status=Person.Status.ACTIVE)
    plain = spots.annotate(
        n_records=Count("pk"), n_residents=Count("pk", filter=living),
        n_linked=Count("pk", filter=conditions["linked"]), n_managed=Count("pk", filter=conditions["managed"]),
    )  # fmt: skip
    for commune, village, records, residents, linked, managed in plain:
        yield commune, village, "records", records
        yield commune, village, "residents", residents
        yield commune, village, "linked", linked
        yield commune, village, "managed", managed
    # A semi-join of its own is quicker than one look per person.
    for commune, village, number in spots.filter(conditions["examined"]).annotate(n_examined=Count("pk")):
        yield commune, village, "examined", number


def is_old(counted_at: dt.datetime | None) -> bool:
    """Whether figures of this moment are to be counted again when somebody looks at them."""
    return counted_at is None or counted_at < timezone.now() - KEPT


def renew(communes: Collection[int], *, today: dt.date) -> bool:
    """Counts today's figures of some communes again when they are old; whether it did."""
    fresh = DailyCount.objects.filter(on=today, commune__in=communes, counted_at__gte=timezone.now() - KEPT)
    if set(fresh.values_list("commune", flat=True)) >= set(communes):
        return False
    count(today, communes)
    return True


def _communes() -> set[int]:
    """All communes of the provinces where somebody has a record."""
    provinces = Person.objects.order_by().values("province").distinct()
    units = AdminUnit.objects.filter(scheme="new", level="commune", parent__in=provinces)
    return set(units.values_list("pk", flat=True))
