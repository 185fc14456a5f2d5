"""A whole list at once, for doors that confirm or undo batches and know no groups: the command, REST."""

from __future__ import annotations

from django.utils import timezone

from ehr.intake.models import ImportBatch
from ehr.intake.register.models import RegisterAcceptance
from ehr.intake.register.services.accepting import BY_ITSELF, accept, run
from ehr.intake.register.services.undoing import run_undo, undo
from ehr.intake.services.locks import touch
from ehr.intake.services.store import count

State = ImportBatch.State
Progress = RegisterAcceptance.State


def write_all(batch: ImportBatch) -> None:
    """Accepts each group that needs no decision, one acceptance each; for a confirmed batch. People whom the list lacks
    and rows that may be several people stay for the screen. May be called again after it was killed."""
    batch.refresh_from_db()
    if batch.state not in (State.QUEUED, State.WRITING):
        return
    touch(batch, state=State.WRITING)
    for key in _unfinished(batch, Progress.QUEUED, Progress.WORKING):
        run(key)
    for group in BY_ITSELF:
        made = accept(batch, group=group, by=batch.by, wait=True)
        touch(batch, done=batch.done + (made.total if made else 0), failures=0)
    touch(batch, state=State.DONE, counts=count(batch), finished_at=timezone.now())


def undo_all(batch: ImportBatch) -> None:
    """Takes back every acceptance, the latest first; for a batch that is being undone. People whom somebody changed
    since stay. May be called again after it was killed."""
    batch.refresh_from_db()
    if batch.state != State.UNDOING:
        return
    for key in _unfinished(batch, Progress.UNDOING):
        run_undo(key)
    for made in RegisterAcceptance.objects.filter(batch=batch, state=Progress.DONE).order_by("-pk"):
        undo(made, by=batch.undone_by, rest=True, wait=True)
        touch(batch, failures=0)
    touch(batch, state=State.UNDONE, counts=count(batch), undone_at=timezone.now())


def _unfinished(batch: ImportBatch, *states: str) -> list[int]:
    made = RegisterAcceptance.objects.filter(batch=batch, state__in=states).order_by("pk")
    return list(made.values_list("pk", flat=True))
