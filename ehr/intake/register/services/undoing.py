"""Taking one acceptance back: its people are as before it, unless somebody changed them since; the rest stays."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ehr.audit import services as audit
from ehr.common.background import enqueue_on_commit
from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.register.models import RegisterAcceptance, RegisterLine
from ehr.intake.services.access import may_undo, require_commune
from ehr.intake.services.blocking import changed_people
from ehr.intake.services.clearing import require_kept
from ehr.intake.services.restoring import take_back_or_keep
from ehr.intake.services.store import count
from stations.models import User

Progress = RegisterAcceptance.State
State = RegisterLine.State
CHUNK = 2000
HERE = 200  # so few people are put back while the officer waits


def blockers(acceptance: RegisterAcceptance) -> set[int]:
    """Keys of the people of this acceptance whom somebody changed since."""
    people = _written(acceptance).values_list("person", flat=True)
    return changed_people(acceptance.batch, [key for key in people if key])


def undo(
    acceptance: RegisterAcceptance, *, by: User | None, rest: bool = False, wait: bool | None = None
) -> RegisterAcceptance:
    """Takes an acceptance back. With people whom somebody changed since only when `rest` is true: these stay.

    `wait`: in this process; None does so for few people. Undoing twice undoes once.
    Raises PermissionDenied, ValidationError (`register.blocked`, `batch.cleared`)."""
    _require(acceptance, by)
    require_kept(acceptance.batch)
    with transaction.atomic():
        acceptance = _locked(acceptance.pk)
        if acceptance.state != Progress.DONE:
            return acceptance
        if not rest and (blocked := blockers(acceptance)):
            message = f"{len(blocked)} hồ sơ đã được sửa sau lần nhận này: chỉ hoàn tác được phần còn lại."
            raise ValidationError(message, code="register.blocked")
        acceptance.state, acceptance.undone_by = Progress.UNDOING, by
        acceptance.save(update_fields=["state", "undone_by"])
        if wait is None:
            wait = acceptance.accepted <= HERE
        if not wait:
            enqueue_on_commit("intake.register.undo", acceptance.pk)
    if wait:
        run_undo(acceptance.pk)
        acceptance.refresh_from_db()
    return acceptance


def run_undo(acceptance_id: int) -> None:
    """Takes back what is left, chunk by chunk. May run twice, or again after it was killed."""
    while True:
        with transaction.atomic():
            if not _undo_chunk(acceptance_id):
                return


def _require(acceptance: RegisterAcceptance, by: User | None) -> None:
    """The head of the station, who sent the list, or who accepted."""
    require_commune(by, acceptance.batch.commune)
    if not may_undo(acceptance.batch, by) and (by is None or acceptance.by_id != by.pk):
        raise PermissionDenied


def _locked(key: int) -> RegisterAcceptance:
    found = RegisterAcceptance.objects.select_for_update(of=("self",))
    return found.select_related("batch__commune", "undone_by").get(pk=key)


def _written(acceptance: RegisterAcceptance) -> QuerySet[RegisterLine]:
    return RegisterLine.objects.filter(acceptance=acceptance, state=State.ACCEPTED)


def _undo_chunk(acceptance_id: int) -> bool:
    """The last lines of the acceptance, inside the caller's transaction. False when nothing was left."""
    acceptance = _locked(acceptance_id)
    if acceptance.state != Progress.UNDOING:
        return False
    batch = acceptance.batch
    lines = list(_written(acceptance).order_by("-pk").only("pk", "person_id", "row_id")[:CHUNK])
    if not lines:
        acceptance.state, acceptance.undone_at = Progress.UNDONE, timezone.now()
        acceptance.save(update_fields=["state", "undone_at"])
        ImportBatch.objects.filter(pk=batch.pk).update(counts=count(batch))
        return False
    people = sorted({line.person_id for line in lines if line.person_id})
    blocked = changed_people(batch, people)
    with audit.copy_context(by=acceptance.undone_by, door="excel", undo=batch.pk):
        blocked |= take_back_or_keep(batch, [key for key in people if key not in blocked])
    kept = [line for line in lines if line.person_id in blocked]
    acceptance.kept += len(kept)
    acceptance.save(update_fields=["kept"])
    # Lines that stay as they were written are let go, so that the next chunk does not meet them again.
    RegisterLine.objects.filter(pk__in=[line.pk for line in kept]).update(acceptance=None)
    undone = [line for line in lines if line.person_id not in blocked]
    RegisterLine.objects.filter(pk__in=[line.pk for line in undone]).update(
        state=State.OPEN, acceptance=None, problems=[]
    )
    rows = ImportRow.objects.filter(pk__in=[line.row_id for line in undone if line.row_id])
    rows.update(state=ImportRow.State.UNDONE)
    return True
