"""Reports of a province of a million people: the monthly close, a table from its snapshot, and the dashboard.

The close keeps last month's figures of all units in a transaction that is taken back, then reads history once more and
compares. The floor of a dashboard is the search page, which asks the record nothing."""

from __future__ import annotations

import os
import statistics
import time
from datetime import timedelta
from typing import Any

from tests.bench import _common, pages

ROUNDS = 30
BUDGET_CLOSE, BUDGET_SNAPSHOT_MS, BUDGET_DASHBOARD = 60.0, 20.0, 1.3


def main(people: int = _common.PEOPLE) -> None:
    """Prints seconds of the close, milliseconds of a snapshot in SQL and of a dashboard for two roles."""
    _common.set_up(people)
    print(f"   {people:,} people (load {os.getloadavg()[0]:.1f})".replace(",", " "))
    _close()
    _dashboard()


def last_month() -> Any:
    """The month that ended last."""
    from django.utils.timezone import localdate

    from reports.periods import Period

    return Period.of("month", localdate().replace(day=1) - timedelta(days=1))


def _close() -> None:
    """Raises when the history gives other figures a moment later."""
    from django.db import transaction

    from reports.submission.close import close, verify
    from reports.submission.models import Snapshot

    period = last_month()
    with transaction.atomic():
        before = set(Snapshot.objects.values_list("pk", flat=True))
        begin = time.perf_counter()
        done = close(period)
        seconds = time.perf_counter() - begin
        print(f"   close of {period.iso}: {done.made} tables, {seconds:.1f} s (budget {BUDGET_CLOSE:g} s)")
        made = Snapshot.objects.exclude(pk__in=before)
        _snapshots(list(made.order_by("-period_start", "unit").values_list("pk", flat=True)[:ROUNDS]))
        again = verify(period)
        if again.different:
            raise AssertionError(f"{len(again.different)} tables differ when history is asked again")
        print(f"   the same {again.kept} tables computed again: equal, {again.seconds:.1f} s")
        transaction.set_rollback(True)


def _snapshots(keys: list[int]) -> None:
    from reports.submission.models import Snapshot
    from reports.submission.services import table_of

    sql, whole = [], []
    for key in keys:
        with _common.sql_clock() as clock:
            _, seconds = _common.answer(lambda key=key: table_of(Snapshot.objects.select_related("unit").get(pk=key)))
        sql.append(clock.seconds * 1000)
        whole.append(seconds * 1000)
    print(
        f"   table from its snapshot: SQL {statistics.median(sql):.1f} ms, with its hash compared "
        f"{statistics.median(whole):.1f} ms (budget {BUDGET_SNAPSHOT_MS:g} ms in SQL)"
    )


def _dashboard() -> None:
    from django.utils.timezone import localdate

    from reports.dashboard.counting import count

    print(f"   counting the day for the dashboards: {_common.timed(lambda: count(localdate())):.1f} s")
    for title, user in (("clerk of a commune", _common.clerk()), ("provincial department", _common.department())):
        _dashboard_of(title, user)


def _dashboard_of(title: str, user: Any) -> None:
    from django.urls import reverse

    browser = _common.client(user)
    (ours, size, statements), (empty, _, _) = (
        pages.visit(browser, [reverse(name)] * ROUNDS) for name in ("dashboard:overview", "records:find")
    )
    mine, form, bare = (statistics.median(seconds) * 1000 for seconds in (ours, empty, pages.bare(user, [size])[0]))
    print(
        f"   dashboard, {title}: {mine:.0f} ms, {statements} statements; the empty search page {form:.0f} ms: "
        f"{mine / form:.2f}× (budget {BUDGET_DASHBOARD:g}×); a bare view {bare:.0f} ms"
    )


if __name__ == "__main__":
    _common.from_command_line(main, __doc__)
