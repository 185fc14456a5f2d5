"""Invented people per second, against COPY alone of the same rows, prepared in memory, into tables without keys.

A database of its own, dropped afterwards. `python -m tests.bench.make_demo 1000000` for the full size."""

import os
import sys
import time
from pathlib import Path

PEOPLE = 100_000
FULL_SIZE = 1_000_000
BUDGET_SECONDS = 180  # for a million on two cores
DATABASE = "bench_make_demo"


def main(people: int = PEOPLE) -> None:
    """Prints people per second, the floor, their ratio, what a million would take. Raises when the count is wrong."""
    _set_up()
    from django.core.management import call_command
    from django.db import connection

    from ehr.records.models import Person

    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_reference", verbosity=0)
        begin = time.perf_counter()
        call_command("make_demo", people=people, province="38", seed="bench", verbosity=0, i_know=True)
        seconds = time.perf_counter() - begin
        if Person.objects.count() != people:
            raise AssertionError(f"{Person.objects.count()} people instead of {people}")
        floor = _floor()
        print(f"make_demo: {people:,} people in {seconds:.1f} s, {people / seconds:,.0f} people/s".replace(",", " "))
        print(f"floor: COPY of the same rows in memory, one process, no keys or indexes: {floor:.1f} s")
        million = FULL_SIZE / people * seconds
        print(f"ratio {seconds / floor:.1f}; a million at this speed: {million:.0f} s (budget {BUDGET_SECONDS} s)")
    finally:
        connection.close()
        _administer(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _set_up() -> None:
    """Points the settings at a fresh database beside the one they would use."""
    from ehr.config.runtime import embedded, environment

    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        var_dir = Path(os.environ.setdefault("VAR_DIR", str(environment.BASE_DIR / "var" / "bench")))
        embedded.ensure_running(var_dir, embedded.wanted())
        os.environ["DJANGO_SETTINGS_MODULE"] = "ehr.config.settings"
        import django

        django.setup()
    from django.db import connection

    _administer(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _administer(f"CREATE DATABASE {DATABASE}")
    connection.close()
    connection.settings_dict["NAME"] = DATABASE


def _administer(statement: str) -> None:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def _floor() -> float:
    """Seconds to COPY the rows that are there, from memory, into plain copies of the tables."""
    import psycopg

    from ehr.config.demo.load import conninfo
    from ehr.config.demo.rows import COLUMNS

    seconds = 0.0
    with psycopg.connect(**conninfo(), autocommit=True) as own, own.cursor() as cursor:
        for table, columns in COLUMNS.items():
            names = ", ".join(f'"{name}"' for name in columns.split())
            with cursor.copy(f'COPY (SELECT {names} FROM "{table}") TO STDOUT') as copy:
                data = b"".join(bytes(block) for block in copy)
            cursor.execute(f'CREATE UNLOGGED TABLE floor_table AS SELECT {names} FROM "{table}" WITH NO DATA')
            begin = time.perf_counter()
            with cursor.copy("COPY floor_table FROM STDIN") as copy:
                copy.write(data)
            seconds += time.perf_counter() - begin
            cursor.execute("DROP TABLE floor_table")
    return seconds


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
