"""Work that lost its worker: whoever finds it goes on with it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from ehr.common.locks import at_work
from ehr.intake.models import ImportBatch
from ehr.intake.services.locks import CLASS, locked, touch

log = logging.getLogger(__name__)
State = ImportBatch.State
TASKS = {
    State.READING: "intake.read", State.QUEUED: "intake.write", State.WRITING: "intake.write",
    State.UNDOING: "intake.undo",
}  # fmt: skip
QUIET = dt.timedelta(seconds=30)  # a task that was sent a moment ago may still stand in the queue
MOST_FAILURES = 3
GIVEN_UP = "Máy gặp lỗi nhiều lần khi xử lý tệp này. Hãy báo quản trị hệ thống; có thể thử lại sau."


def stuck() -> list[tuple[str, int]]:
    """(task, batch) of all work that nobody does: no worker holds its lock, and it is not just about to begin."""
    quiet = ImportBatch.objects.filter(state__in=TASKS, touched_at__lt=timezone.now() - QUIET)
    busy = at_work(CLASS)
    return [(TASKS[State(state)], pk) for pk, state in quiet.values_list("pk", "state") if pk not in busy]


def guarded(batch_id: int, work: Callable[[ImportBatch], None]) -> None:
    """Runs a task body; an error is counted and raised, and after the third one in a row the batch is put aside, so
    that it is not tried for ever. Nothing of what was written is touched then."""
    batch = ImportBatch.objects.select_related("commune__parent", "by").filter(pk=batch_id).first()
    if batch is None:
        return
    try:
        work(batch)
    except Exception:
        _count_failure(batch_id)
        raise


@transaction.atomic
def _count_failure(batch_id: int) -> None:
    batch = locked(batch_id)
    failures = batch.failures + 1
    touch(batch, failures=failures)
    if failures < MOST_FAILURES or batch.state not in TASKS:
        return
    aside = {State.READING: State.REFUSED, State.QUEUED: State.PREVIEW}.get(State(batch.state), State.DONE)
    touch(batch, state=aside, message=GIVEN_UP, message_code="failed", failures=0)
