"""Background work on claim files. Every task may run twice, at once or again, without harm."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError

from ehr.claims import services
from ehr.claims.identity import later
from ehr.claims.models import ClaimFile
from ehr.common.background import enqueue_on_commit

#: Faults that pass are tried again, ever more slowly; `claims.resume` picks up what is left after that.
_RETRY: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError), "retry_backoff": 2, "retry_backoff_max": 300,
    "retry_jitter": True, "max_retries": 6,
}  # fmt: skip


@shared_task(name="claims.read", **_RETRY)
def read(file_id: int) -> None:
    """Looks a file over, cuts it into chunks and calls workers to them."""
    if file := ClaimFile.objects.filter(pk=file_id).first():
        services.process(file, send=True)


@shared_task(name="claims.work", **_RETRY)
def work(file_id: int) -> None:
    """One chunk of a file, then the end of the queue: files take turns."""
    if services.work(file_id):
        enqueue_on_commit("claims.work", file_id)


@shared_task(name="claims.undo", **_RETRY)
def undo(file_id: int) -> None:
    """Takes a file back, or what is left of it."""
    if file := ClaimFile.objects.filter(pk=file_id).first():
        services.run_undo(file)


@shared_task(name="claims.resume")
def resume() -> None:
    """Every minute: hands out again the work that lost its worker."""
    services.resume()


@shared_task(name="claims.inbox")
def inbox() -> None:
    """Every minute: takes in what partner software dropped into the inbox folder."""
    services.take_in()


@shared_task(name="claims.rematch")
def rematch() -> None:
    """Every two minutes: claims that waited for people who came or changed since."""
    later.rematch_changed()


@shared_task(name="claims.rematch_all")
def rematch_all() -> None:
    """Every night: all claims that wait for their person."""
    later.rematch()
