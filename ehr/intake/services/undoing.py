"""Taking a batch back: whatever it made is removed, whatever it changed is as before, unless somebody changed it since.

What the batch did is read from the change history, which says with each version which batch wrote it. Chunk by chunk,
each one transaction, rows of the file last to first; a worker that dies loses the chunk it was at."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ehr.audit import services as audit
from ehr.common.background import enqueue_on_commit
from ehr.intake.models import ImportBatch, ImportRow, Kind
from ehr.intake.services import restoring
from ehr.intake.services.access import require_undo, wrong_state
from ehr.intake.services.blocking import Blocker, blockers_of, changed_people
from ehr.intake.services.clearing import require_kept
from ehr.intake.services.locks import locked, step_of, touch, working_on
from ehr.intake.services.store import count
from stations.models import User

State = ImportBatch.State
CHUNK = 2_000


def blockers(batch: ImportBatch, *, by: User | None = None) -> list[Blocker]:
    """The people of the batch whom somebody changed since, latest change first. With `by`, people whom this user may
    not see are counted but not named (`person` is None)."""
    return blockers_of(batch, by=by)


def undo(batch: ImportBatch, *, by: User | None, rest: bool = False, wait: bool = False) -> ImportBatch:
    """Starts taking the batch back. With blockers only when `rest` is true; these people then stay as they are.

    Raises PermissionDenied, ValidationError (`batch.state`, `batch.blocked`, `batch.cleared`). Undoing twice starts
    once."""
    require_undo(batch, by)
    with transaction.atomic():
        batch = locked(batch.pk)
        if batch.state == State.UNDOING:
            return batch
        if batch.state != State.DONE:
            raise wrong_state(batch, "hoàn tác")
        require_kept(batch)
        rows = _written(batch)
        people = [pk for pk in rows.values_list("person", flat=True) if pk]
        if not rest and (blocked := changed_people(batch, people)):
            message = f"{len(blocked)} hồ sơ đã được sửa sau lần nhập này: chỉ hoàn tác được phần còn lại."
            raise ValidationError(message, code="batch.blocked")
        touch(
            batch, state=State.UNDOING, done=0, total=rows.count(), undone_by=by, keep_blocked=rest, failures=0,
            started_at=timezone.now(),
        )  # fmt: skip
        if not wait:
            enqueue_on_commit("intake.undo", batch.pk)
    if wait:
        run_undo(batch)
        batch.refresh_from_db()
    return batch


def run_undo(batch: ImportBatch) -> None:
    """Takes back what is left of a batch in state UNDOING. One worker works, the others return."""
    with working_on(batch.pk) as mine:
        if not mine:
            return
        if batch.kind == Kind.REGISTER:
            from ehr.intake.register import services as register

            register.undo_all(batch)
            return
        size = step_of(ImportBatch.objects.values_list("total", flat=True).get(pk=batch.pk), CHUNK)
        while undo_chunk(batch.pk, size):
            continue


def undo_chunk(batch_id: int, size: int = 0) -> bool:
    """Takes back the last rows (CHUNK, unless `size` says otherwise) in one transaction. False when nothing is left."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.state != State.UNDOING:
            return False
        rows = list(_written(batch).select_for_update(of=("self",)).order_by("-position")[: size or CHUNK])
        with audit.copy_context(by=batch.undone_by, door="excel", undo=batch.pk):
            if not rows:
                _finish(batch)
                return False
            _undo_rows(batch, rows)
        touch(batch, done=batch.done + len(rows), failures=0)
    return True


def _written(batch: ImportBatch) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRITTEN)


def _undo_rows(batch: ImportBatch, rows: Sequence[ImportRow]) -> None:
    people = sorted({row.person_id for row in rows if row.person_id})
    blocked = changed_people(batch, people)
    blocked |= restoring.take_back_or_keep(batch, [pk for pk in people if pk not in blocked])
    kept = [row.pk for row in rows if row.person_id in blocked]
    done = [row.pk for row in rows if row.person_id not in blocked]
    ImportRow.objects.filter(pk__in=done).update(state=ImportRow.State.UNDONE)
    ImportRow.objects.filter(pk__in=kept).update(state=ImportRow.State.KEPT)


def _finish(batch: ImportBatch) -> None:
    counts = count(batch)
    message = f"Giữ nguyên {counts['kept']} hồ sơ đã được sửa sau lần nhập." if counts["kept"] else ""
    touch(
        batch, state=State.UNDONE, counts=counts, undone_at=timezone.now(), failures=0, message=message,
        message_code="kept" if message else "",
    )  # fmt: skip
