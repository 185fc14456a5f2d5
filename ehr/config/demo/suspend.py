"""Large loads into an empty database: indexes, foreign keys and history triggers step aside and come back.

Checking each foreign key and growing each index row by row costs several times the writing itself; building and
checking them once, over sorted rows, costs little. What was taken away is written into the table `demo_suspended` in
the same transaction that takes it away, so that a load that was killed is repaired by the next run of the command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from django.db import connection

LEDGER = "demo_suspended"
INDEX, CONSTRAINT, VALIDATION = 1, 2, 3  # restored in this order
Say = Callable[[str], None]

INDEXES = """
    SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid), k.conname, am.amname = 'gin'
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_am am ON am.oid = i.relam
    LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.contype = 'u'
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND NOT x.indisprimary
    ORDER BY am.amname = 'gin' DESC, c.reltuples DESC, i.relname"""
FOREIGN_KEYS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND k.contype = 'f' ORDER BY 1, 2"""


def suspend(tables: Iterable[str]) -> None:
    """Drops the indexes (not the primary keys) and foreign keys of `tables` and disables their triggers.
    One transaction; the caller must see to it that `restore` follows."""
    names = list(tables)
    drops: list[str] = []
    kept: list[tuple[int, str, str]] = []
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [names])
        for table, index, definition, constraint, _ in cursor.fetchall():
            kept.append((INDEX, table, definition))
            if constraint:
                drops.append(f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint}"')
                kept.append(
                    (
                        CONSTRAINT,
                        table,
                        f'ALTER TABLE "{table}" ADD CONSTRAINT "{constraint}" UNIQUE USING INDEX "{index}"',
                    )
                )
            else:
                drops.append(f'DROP INDEX "{index}"')
        cursor.execute(FOREIGN_KEYS, [names])
        foreign_drops = []
        for table, name, definition in cursor.fetchall():
            foreign_drops.append(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
            kept.append((CONSTRAINT, table, f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition} NOT VALID'))
            kept.append((VALIDATION, table, f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{name}"'))
        for table in names:
            drops.append(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            kept.append((CONSTRAINT, table, f'ALTER TABLE "{table}" ENABLE TRIGGER USER'))
        cursor.execute(f"CREATE TABLE {LEDGER} (id serial PRIMARY KEY, phase int, name text, statement text)")
        cursor.executemany(f"INSERT INTO {LEDGER} (phase, name, statement) VALUES (%s, %s, %s)", kept)  # noqa: S608
        for statement in foreign_drops + drops:
            cursor.execute(statement)


def is_suspended() -> bool:
    """Whether a load took something away and did not bring it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [LEDGER])
        return bool(cursor.fetchone()[0])


def restore(conninfo: dict[str, Any], *, threads: int = 2) -> None:
    """Brings everything back: indexes and checks in parallel. Raises the database's error when rows break a rule; what
    is still missing then stays in the ledger."""
    with psycopg.connect(**conninfo, autocommit=True) as plain:
        for phase in (INDEX, CONSTRAINT, VALIDATION):
            rows = plain.execute(f"SELECT id, statement FROM {LEDGER} WHERE phase = %s ORDER BY id", [phase]).fetchall()  # noqa: S608
            workers = 1 if phase == CONSTRAINT else threads
            with ThreadPoolExecutor(workers) as pool:
                shares = [rows[number::workers] for number in range(workers)]
                for done in [pool.submit(_execute, conninfo, share) for share in shares]:
                    done.result()
        plain.execute(f"DROP TABLE {LEDGER}")


def _execute(conninfo: dict[str, Any], rows: list[tuple[int, str]]) -> None:
    with psycopg.connect(**conninfo, autocommit=True) as own:
        own.execute("SET maintenance_work_mem = '384MB'")
        own.execute("SET synchronous_commit = off")
        for pk, statement in rows:
            with own.transaction():
                own.execute(statement)
                own.execute(f"DELETE FROM {LEDGER} WHERE id = %s", [pk])  # noqa: S608
