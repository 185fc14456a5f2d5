"""Writing chunks by COPY: in this process and one transaction, or by several processes into an empty database."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from typing import Any

import psycopg
from django.db import connection, transaction

from ehr.config.demo import suspend
from ehr.config.demo.chunk import Generator
from ehr.config.demo.context import Context, Job, Tally
from ehr.config.demo.rows import COLUMNS, NUMBERED, copy_statement

LARGE = 30_000  # people; below, everything stays in place and is checked row by row
PEOPLE_PER_TASK = 6_000  # some 15 MB of lines
COUNTED = ("records_person", "records_encounter")
Say = Callable[[str], None]
NO_HISTORY = "SELECT set_config('pgtrigger.ignore', %s, true)"


def conninfo() -> dict[str, Any]:
    """How worker processes reach the database of this one."""
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}


def take_keys(people: int, visits: int) -> dict[str, int]:
    """First keys of ranges that nobody else gets: for people, households (at most as many), encounters."""
    first = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, number in zip(NUMBERED, (people, people, visits), strict=True):
            cursor.execute(f'LOCK TABLE "{table}" IN EXCLUSIVE MODE')
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
            first[table] = cursor.fetchone()[0]
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first[table] + max(number, 1) - 1]
            )
    return first


def load_here(context: Context, jobs: list[Job], *, history: bool = False) -> Tally:
    """All jobs in one transaction with every check in place. Invented people need no history: without `history` the
    triggers are told to ignore this transaction, which needs no lock on the tables."""
    generator, tally = Generator(context), Tally()
    with transaction.atomic(), connection.cursor() as cursor:
        if not history:
            cursor.execute(NO_HISTORY, [_history_triggers(cursor)])
        for group in _groups(jobs):
            for table, data in _data(generator, group, tally).items():
                with cursor.copy(copy_statement(table)) as copy:
                    copy.write(data)
            # Django's foreign keys wait for the commit; checking now keeps the list of what waits short.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT set_config('pgtrigger.ignore', NULL, true)")
    return tally


def _history_triggers(cursor: Any) -> str:
    """Names of the history triggers of the tables, as an array literal."""
    cursor.execute(
        "SELECT coalesce(array_agg(tgname::text), '{}')::text FROM pg_trigger "
        "WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal",
        [list(COLUMNS)],
    )
    return str(cursor.fetchone()[0])


def load_large(context: Context, jobs: list[Job], *, processes: int, say: Say) -> Tally:
    """All jobs by several processes, each task its own transaction, indexes and checks built afterwards."""
    tally, begin = Tally(), time.monotonic()
    total = sum(job.people for job in jobs)
    with transaction.atomic():
        suspend.suspend(COLUMNS)
    try:
        for rows in _by_processes(context, list(_groups(jobs)), processes):
            before = tally.rows.get("records_person", 0) * 10 // total
            tally.add(rows)
            made = tally.rows["records_person"]
            if made * 10 // total > before:
                say(f"  {made:,} người ({time.monotonic() - begin:.0f} giây)".replace(",", "."))
    finally:
        middle = time.monotonic()
        suspend.restore(conninfo(), threads=processes)
        say(f"  chỉ mục và ràng buộc: {time.monotonic() - middle:.0f} giây")
    return tally


def _by_processes(context: Context, groups: list[list[Job]], processes: int) -> Iterator[dict[str, int]]:
    spawn = multiprocessing.get_context("spawn")  # a forked process would share our connection
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_start, initargs=(context, conninfo())) as pool:
        running = {pool.submit(_work, group) for group in groups}
        try:
            for done in as_completed(running):
                yield done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _groups(jobs: list[Job]) -> Iterator[list[Job]]:
    group: list[Job] = []
    for job in jobs:
        group.append(job)
        if sum(each.people for each in group) >= PEOPLE_PER_TASK:
            yield group
            group = []
    if group:
        yield group


def _data(generator: Generator, jobs: list[Job], tally: Tally) -> dict[str, bytes]:
    parts: dict[str, list[bytes]] = {}
    for job in jobs:
        lines = generator.generate(job)
        tally.add(lines.counts())
        for table, data in lines.data().items():
            parts.setdefault(table, []).append(data)
    return {table: b"".join(parts[table]) for table in COLUMNS if table in parts}


# ------------------------------------------------------------------------------------------------- in a worker process
_worker: dict[str, Any] = {}


def _start(context: Context, where: dict[str, Any]) -> None:
    own = psycopg.connect(**where, autocommit=True)
    own.execute("SET synchronous_commit = off")
    _worker.update(generator=Generator(context), connection=own)
    gc.freeze()
    gc.disable()  # kin point at each other: collected once per task instead of thousands of times


def _work(jobs: list[Job]) -> dict[str, int]:
    tally = Tally()
    data = _data(_worker["generator"], jobs, tally)
    own = _worker["connection"]
    with own.transaction(), own.cursor() as cursor:
        for table, lines in data.items():
            with cursor.copy(copy_statement(table)) as copy:
                copy.write(lines)
    gc.collect()
    return tally.rows


def analyze() -> None:
    """Statistics for the planner, and for what reports count the visibility map that their index-only scans need."""
    with ThreadPoolExecutor(2) as pool:
        counted = pool.submit(_execute, "VACUUM (ANALYZE)", COUNTED)
        others = pool.submit(_execute, "ANALYZE", [table for table in COLUMNS if table not in COUNTED])
        counted.result()
        others.result()


def _execute(statement: str, tables: Iterable[str]) -> None:
    with psycopg.connect(**conninfo(), autocommit=True) as own:
        own.execute(f"{statement} " + ", ".join(f'"{table}"' for table in tables))
