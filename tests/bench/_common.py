"""What the benchmarks of the working screens share: a database of their own with a province in it, its users, clocks,
tables of results."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ehr.config.runtime import embedded
from ehr.config.runtime.environment import BASE_DIR

DATABASE = "bench"
PEOPLE = 1_000_000
PROVINCE = "38"
SEED = "1"
SINCE = date(2025, 7, 1)


# ------------------------------------------------------------------------------------------------------ the database
def set_up(people: int = PEOPLE) -> None:
    """Points Django at the database `bench` beside the one it would use, with `people` invented people of a province.

    Another number than before makes the database anew; the default database is never written to."""
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        var_dir = Path(os.environ.setdefault("VAR_DIR", str(BASE_DIR / "var" / "bench")))
        embedded.ensure_running(var_dir, embedded.wanted())
        os.environ["DJANGO_SETTINGS_MODULE"] = "ehr.config.settings"
        import django

        django.setup()
    from django.core.management import call_command

    _use_database()
    call_command("prepare", "--no-demo", verbosity=0)
    _fill(people)


def database_url() -> str:
    """Address of the database for other processes."""
    url = os.environ.get("DATABASE_URL") or embedded.database_url(Path(os.environ["VAR_DIR"]))
    return re.sub(r"/[^/]*$", f"/{DATABASE}", url)


def _use_database() -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = DATABASE
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE}")


def _fill(people: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from ehr.records.models import Person

    there = Person.objects.count()
    if there and abs(there - people) > people // 50:  # saves of earlier runs have added some
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        _use_database()
        call_command("prepare", "--no-demo", verbosity=0)
        there = 0
    if not there:
        print(f"   making {people:,} people, once".replace(",", " "), flush=True)
        call_command("make_demo", people=people, province=PROVINCE, seed=SEED, verbosity=0, i_know=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


# --------------------------------------------------------------------------------------------------------- the users
def department() -> Any:
    """A user of the provincial department: sees the whole province."""
    from stations.models import AdminUnit

    return _user("bench.so", "department", unit=AdminUnit.objects.get(scheme="new", level="province", code=PROVINCE))


def middle_clerk() -> Any:
    """The clerk of a commune of middle size."""
    from ehr.records.models import Person

    return clerk(Person.objects.order_by().values("commune").distinct().count() // 2)


def clerk(number: int = 0) -> Any:
    """The clerk of the station of a commune: 0 the one with most people, 1 the next."""
    from django.db.models import Count

    from ehr.records.models import Person
    from stations.models import AdminUnit, Organization, ServiceArea, Village

    name = f"Trạm y tế đo tốc độ {number}"
    station = Organization.objects.filter(name=name).first()
    if station is None:
        largest = Person.objects.order_by().values_list("commune").annotate(n=Count("pk")).order_by("-n", "commune")
        commune = AdminUnit.objects.get(pk=largest[number][0])
        station = Organization.objects.create(name=name, plain_name=f"tram {number}", kind="station", unit=commune)
        ServiceArea.objects.bulk_create(
            ServiceArea(organization=station, village=village, valid_from=SINCE)
            for village in Village.objects.filter(commune=commune)
        )
    return _user(f"bench.{number}", "clerk", organization=station)


def _user(username: str, role: str, **place: Any) -> Any:
    from stations.models import Assignment, User

    user, created = User.objects.get_or_create(
        username=username, defaults={"full_name": "Người đo tốc độ", "must_change_password": False}
    )
    if created:
        Assignment.objects.create(user=user, role=role, valid_from=SINCE, **place)
    return user


def client(user: Any) -> Any:
    """Django's client in this process, logged in."""
    from django.test import Client

    made = Client(raise_request_exception=True)
    made.force_login(user, backend="stations.backends.SessionBackend")
    return made


def some_people(user: Any, number: int, *, seed: str = SEED) -> list[Any]:
    """Active people at the user's places, by chance but the same ones every time."""
    from django.db.models import Max, Min

    from ehr.records.models import Person

    bounds = Person.objects.visible_to(user).aggregate(low=Min("pk"), high=Max("pk"))
    chance, found = random.Random(seed), {}
    while len(found) < number:
        keys = [chance.randint(bounds["low"], bounds["high"]) for _ in range(number * 2)]
        rows = Person.objects.visible_to(user).residents().filter(pk__in=keys).select_related("village", "commune")
        found |= {row.pk: row for row in rows.order_by("pk")}
    return sorted(found.values(), key=lambda row: row.pk)[:number]


# -------------------------------------------------------------------------------------------------------- the clocks
@dataclass
class Sql:
    """What one piece of work asked the database."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


@contextlib.contextmanager
def sql_clock() -> Iterator[Sql]:
    """Counts the statements inside, and the time from sending each to having its rows."""
    from django.db import connection

    seen = Sql()

    def wrapper(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seen.seconds += time.perf_counter() - begin
            seen.statements.append((sql, params))

    with connection.execute_wrapper(wrapper):
        yield seen


def timed(work: Callable[[], Any]) -> float:
    """Seconds that the work takes."""
    return answer(work)[1]


def answer(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the seconds that it takes."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def percentile(seconds: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# -------------------------------------------------------------------------------------------------------- the tables
@dataclass
class Line:
    """One measurement. Times in seconds; `floor`: the honest small script; `budget` in milliseconds for the p95, or a
    ratio to the floor's median with `budget_ratio`."""

    title: str
    seconds: Sequence[float]
    floor: Sequence[float] = ()
    statements: int | None = None
    most_statements: int | None = None
    budget: float | None = None
    budget_ratio: float | None = None

    def cells(self) -> list[str]:
        p50, p95 = statistics.median(self.seconds), percentile(self.seconds, 0.95)
        floor = statistics.median(self.floor) if self.floor else None
        ratio = p50 / floor if floor else None
        over = [
            self.budget is not None and p95 * 1000 > self.budget,
            self.budget_ratio is not None and ratio is not None and ratio > self.budget_ratio,
            self.most_statements is not None and (self.statements or 0) > self.most_statements,
        ]
        budget = [
            f"p95 {self.budget:g} ms" if self.budget is not None else "",
            f"{self.budget_ratio:g}×" if self.budget_ratio is not None else "",
            f"{self.most_statements} SQL" if self.most_statements is not None else "",
        ]
        return [
            self.title, str(len(self.seconds)), f"{p50 * 1000:.1f}", f"{p95 * 1000:.1f}",
            f"{floor * 1000:.1f}" if floor else "", f"{ratio:.2f}" if ratio else "",
            "" if self.statements is None else str(self.statements),
            ", ".join(filter(None, budget)), "" if not any(budget) else "OVER" if any(over) else "ok",
        ]  # fmt: skip


HEAD = ["", "n", "p50 ms", "p95 ms", "floor ms", "ratio", "SQL", "budget", ""]


def show(title: str, lines: Sequence[Line]) -> None:
    """Prints the measurements as a table."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    print(f"   {title} (load {os.getloadavg()[0]:.1f})")
    for row in rows:
        cells = [
            cell.ljust(width) if at in (0, 7, 8) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"   {'  '.join(cells)}".rstrip(), flush=True)


def from_command_line(main: Callable[[int], None], about: str | None) -> None:
    """`python -m tests.bench.search --people 50000`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--people", type=int, default=PEOPLE)
    main(parser.parse_args().people)
