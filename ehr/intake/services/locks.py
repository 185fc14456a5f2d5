"""One worker at a time on one batch, and nobody left behind when it dies.

Two locks. A session lock of the database says that somebody is alive and at work: it ends with the connection, however
the process ends, so a batch without it can be taken over at once. A row lock inside each transaction makes sure of the
rest: whatever the session lock was worth, no row is written twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from ehr.intake.models import ImportBatch

CLASS = 831_003  # first half of our advisory lock keys; the second half is the batch


@contextmanager
def working_on(batch_id: int) -> Iterator[bool]:
    """True for the one worker that has the batch, False for all who come meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [CLASS, batch_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            _unlock(batch_id)


def _unlock(batch_id: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [CLASS, batch_id])
    except (OperationalError, InterfaceError):
        connection.close()  # the connection is broken, and its lock went with it


def locked(batch_id: int) -> ImportBatch:
    """The batch with its row locked until the end of the transaction; others may still point to it."""
    return ImportBatch.objects.select_for_update(no_key=True).get(pk=batch_id)


def touch(batch: ImportBatch, **columns: object) -> None:
    """Sets columns and says that work goes on."""
    ImportBatch.objects.filter(pk=batch.pk).update(touched_at=timezone.now(), **columns)
    for name, value in columns.items():
        setattr(batch, name, value)
