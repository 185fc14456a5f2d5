"""Locks that say that a process is alive and at work: held by its database session, they end with it, however the
process ends. What they guard is whatever two numbers stand for: a class of work and the row that is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def session_lock(kind: int, key: int) -> Iterator[bool]:
    """True for the one process that has the lock, False for all who come meanwhile. `kind`, `key`: 32 bits each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, key])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            _unlock(kind, key)


def _unlock(kind: int, key: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, key])
    except (OperationalError, InterfaceError):
        connection.close()  # the connection is broken, and its lock went with it


def at_work(kind: int) -> set[int]:
    """Keys of this kind that some living process holds. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())",
            [kind],
        )
        return {row[0] for row in cursor.fetchall()}
