"""Writing the access log, naming the actor of a change, and storing a submission once."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pghistory
from django.db import connection

from ehr.audit.models import AccessLog, Submission
from stations.scope import scope_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from stations.models import User


#: What COPY is told at present, for the outer of two contexts when the inner one ends.
_told: ContextVar[str] = ContextVar("told", default="")


@contextlib.contextmanager
def context(*, by: User | None, door: str, **more: str | int) -> Iterator[None]:
    """The triggers write the history rows; this says who changed, through which door, in which batch.

    `more`: further metadata of the change, such as `batch=12` or `reason="…"`. What an inner context says is added to
    what the outer one said, and holds until the inner one ends."""
    with pghistory.context() as tracked:
        outer = dict(tracked.metadata)
        tracked.metadata.update(user=by.pk if by else None, door=door, **more)
        try:
            yield
        finally:
            tracked.metadata.clear()
            tracked.metadata.update(outer)


@contextlib.contextmanager
def copy_context(*, by: User | None, door: str, **more: str | int) -> Iterator[None]:
    """As `context`, and also for COPY, which carries no statement that the context could ride on.

    Must run in a transaction: the database forgets the context at its end."""
    metadata = {"user": by.pk if by else None, "door": door, **more}
    with context(by=by, door=door, **more):
        outer, told = _told.get(), json.dumps(metadata)
        _tell_database(told)
        token = _told.set(told)
        try:
            yield
        finally:
            _told.reset(token)
        _tell_database(outer)  # not after an error: the transaction is lost, or goes back to where it was told so


def _tell_database(metadata: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [metadata])


def log_access(
    *, by: User, person_id: int, action: str, door: str, object: str = "", address: str | None = None
) -> None:
    """One read of one person. One INSERT."""
    log_accesses(by=by, person_ids=[person_id], action=action, door=door, object=object, address=address)


def log_accesses(
    *, by: User | None, person_ids: Iterable[int], action: str, door: str, object: str = "", address: str | None = None
) -> None:
    """Reads of many people (an export, a printed village) as one INSERT per 5,000 rows. `by=None`: a command."""
    roles = ",".join(sorted(scope_of(by).roles)) if by is not None else ""
    AccessLog.objects.bulk_create(
        [
            AccessLog(user=by, roles=roles, person_id=pk, action=action, object=object, door=door, address=address)
            for pk in person_ids
        ],
        batch_size=5000,
    )


def first_result(*, key: uuid.UUID, by: User) -> str | None:
    """Result of the submission `key` when it was stored before, else None. One SELECT."""
    return Submission.objects.filter(pk=key, user=by).values_list("result", flat=True).first()


def claim(*, key: uuid.UUID, by: User) -> bool:
    """Takes the submission key for this transaction; False when another request stored it first.

    A second request with the same key waits here until the first commits, so both cannot write. One INSERT."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_submission (key, user_id, result, at) VALUES (%s, %s, '', now()) ON CONFLICT DO NOTHING",
            [key, by.pk],
        )
        return cursor.rowcount == 1


def keep(*, key: uuid.UUID, by: User, result: str) -> bool:
    """`claim` and `settle` by one INSERT, at the end of the transaction; False when another request stored the key
    first: this transaction is then to be given up, and `first_result` says what the other one stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_submission (key, user_id, result, at) VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING",
            [key, by.pk, result],
        )
        return cursor.rowcount == 1


def settle(*, key: uuid.UUID, result: str) -> None:
    """Keeps where the stored submission led to, for the answer to a retry."""
    Submission.objects.filter(pk=key).update(result=result)


def accesses_of(person_id: int) -> QuerySet[AccessLog]:
    """Who read this person's record, latest first."""
    return AccessLog.objects.filter(person_id=person_id).select_related("user").order_by("-at")
