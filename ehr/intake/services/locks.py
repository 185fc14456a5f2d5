"""One worker at a time on one batch, and nobody left behind when it dies.

Two locks. A session lock of the database says that somebody is alive and at work: it ends with the connection, however
the process ends, so a batch without it can be taken over at once. A row lock inside each transaction makes sure of the
rest: whatever the session lock was worth, no row is written twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from ehr.common.locks import session_lock
from ehr.intake.models import ImportBatch

CLASS = 831_003  # of our session locks; the second half of the key is the batch


@contextmanager
def working_on(batch_id: int) -> Iterator[bool]:
    """True for the one worker that has the batch, False for all who come meanwhile."""
    with session_lock(CLASS, batch_id) as mine:
        yield mine


def locked(batch_id: int) -> ImportBatch:
    """The batch with its row locked until the end of the transaction; others may still point to it."""
    return ImportBatch.objects.select_for_update(no_key=True).get(pk=batch_id)


def touch(batch: ImportBatch, **columns: object) -> None:
    """Sets columns and says that work goes on."""
    ImportBatch.objects.filter(pk=batch.pk).update(touched_at=timezone.now(), **columns)
    for name, value in columns.items():
        setattr(batch, name, value)


STEPS = 10  # in which work is shown to go on, where it is small enough
FEWEST = 250  # rows of a step: each costs a fixed number of statements


def step_of(total: int, most: int) -> int:
    """How many rows to do in one transaction: few enough for the bar to move every second, never more than `most`."""
    return min(most, max(FEWEST, -(-total // STEPS)))
