"""Work that lost its worker, handed out again; files that were set aside, tried again."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from ehr.claims.models import ClaimChunk, ClaimFile
from ehr.claims.services import chunks
from ehr.claims.services.access import require_undo, wrong_state
from ehr.claims.services.states import CHUNK, READING, locked, touch
from ehr.common.background import enqueue_on_commit
from ehr.common.locks import at_work
from stations.models import User

State = ClaimFile.State
TASKS = {State.WAITING: "claims.read", State.WORKING: "claims.work", State.UNDOING: "claims.undo"}
QUIET = dt.timedelta(seconds=30)  # a task that was sent a moment ago may still stand in the queue


def stuck() -> list[tuple[str, int]]:
    """(task, file) of all work that nobody does: no worker holds its lock, and it is not just about to begin."""
    quiet = ClaimFile.objects.filter(state__in=TASKS, touched_at__lt=timezone.now() - QUIET)
    busy = at_work(READING)
    busy |= set(ClaimChunk.objects.filter(pk__in=at_work(CHUNK)).values_list("file", flat=True))
    return [(TASKS[State(state)], pk) for pk, state in quiet.values_list("pk", "state") if pk not in busy]


def resume() -> int:
    """Sends the tasks of stuck files again; how many."""
    found = stuck()
    for task, file_id in found:
        # One more a minute for a file that waits in a long queue: it finds nothing to do and costs nothing.
        enqueue_on_commit(task, file_id)
    return len(found)


@transaction.atomic
def retry(file: ClaimFile, *, by: User | None, wait: bool = False) -> ClaimFile:
    """Tries a file again that was set aside. Raises PermissionDenied, ValidationError (`claims.state`)."""
    require_undo(file, by)
    file = locked(file.pk)
    if file.state != State.FAILED:
        raise wrong_state(file, "chạy lại")
    chunks.restart(file)
    touch(file)
    if not wait:
        enqueue_on_commit(TASKS[State(file.state)], file.pk)
    return file
