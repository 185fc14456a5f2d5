"""What came in on files leaves the database when it is old enough; the ledger stays.

Files and rows are copies: what was confirmed of them lives in the records, with its history. Classes of REQ-PDP-07: a
population list, a survey or a vaccination book is a register (5 years), results of examinations are health-check papers
(2 years). What was never written belongs to nobody's record and goes first. 0 days keeps for ever, for those who
destroy by a decision of their own."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.timezone import localtime

from ehr.intake.models import ImportBatch, ImportBefore, ImportFile, ImportPlan, ImportRow, Kind
from ehr.intake.register.models import RegisterAcceptance, RegisterComparison, RegisterLine
from ehr.intake.services.locks import locked, touch

log = logging.getLogger(__name__)
State = ImportBatch.State
Kept = ImportRow.State
WRITTEN = (State.DONE, State.UNDONE)
NEVER_WRITTEN = (State.PREVIEW, State.REFUSED, State.CANCELLED)
#: Rows of which the ledger still says whose record they made: only what they held goes.
LINKED = (Kept.WRITTEN, Kept.UNDONE, Kept.KEPT)
EMPTY = {"values": {}, "cleaned": [], "problems": [], "changes": {}, "candidates": [], "label": ""}
TOO_OLD = "Quá hạn chờ xác nhận: nội dung tệp đã được xóa theo thời hạn lưu."


def require_kept(batch: ImportBatch) -> None:
    """Raises ValidationError (`batch.cleared`) when there is no way back any more."""
    if batch.cleared_at is not None:
        day = localtime(batch.cleared_at)
        message = (
            f"Không hoàn tác được nữa: nội dung của lần nhập này đã được xóa ngày {day:%d/%m/%Y} theo thời hạn lưu."
        )
        raise ValidationError(message, code="batch.cleared")


def clear_old(*, now: dt.datetime | None = None) -> int:
    """Clears every batch that is over its age, each in a transaction of its own, then the files that no batch needs.
    Returns how many batches. May be called any number of times."""
    now = now or timezone.now()
    cleared = sum(_clear(pk) for pk in old(now).order_by("pk").values_list("pk", flat=True))
    _clear_files()
    if cleared:
        log.info("cleared %s batches by age", cleared)
    return cleared


def old(now: dt.datetime) -> QuerySet[ImportBatch]:
    """Batches over their age that still hold something. The clock starts when the batch was written or undone; for what
    was never written when it was last touched."""
    ended = Coalesce("undone_at", "finished_at", "created_at")
    batches = ImportBatch.objects.filter(cleared_at=None).alias(ended=ended)
    found = Q(pk__in=[])
    papers = (Q(kind=Kind.EXAM), settings.INTAKE_KEEP_EXAM_DAYS), (~Q(kind=Kind.EXAM), settings.INTAKE_KEEP_DAYS)
    for kinds, days in papers:
        if days:
            found |= kinds & Q(state__in=WRITTEN, ended__lt=now - dt.timedelta(days=days))
    if days := settings.INTAKE_KEEP_UNWRITTEN_DAYS:
        found |= Q(state__in=NEVER_WRITTEN, touched_at__lt=now - dt.timedelta(days=days))
    # A population list is taken over piece by piece while it stays a preview: its pieces are written.
    # A population list is accepted group by group while it stays a preview: its age is that of the last acceptance.
    days = settings.INTAKE_KEEP_DAYS
    taken = RegisterAcceptance.objects.filter(batch=OuterRef("pk"))
    recent = taken.filter(created_at__gte=now - dt.timedelta(days=days)) if days else taken
    return batches.filter(found).exclude(Q(state=State.PREVIEW) & Exists(recent))


@transaction.atomic
def _clear(batch_id: int) -> bool:
    batch = locked(batch_id)
    if batch.cleared_at is not None or batch.state not in (*WRITTEN, *NEVER_WRITTEN):
        return False  # somebody was faster, or works on it again
    for table in (RegisterLine, RegisterComparison, ImportBefore, ImportPlan):
        table.objects.filter(batch=batch).delete()
    with connection.cursor() as cursor:  # one statement; the ORM would load the rows to look for lines of theirs
        cursor.execute(
            "DELETE FROM intake_importrow WHERE batch_id = %s AND NOT state = ANY(%s)", [batch.pk, [*map(str, LINKED)]]
        )
    ImportRow.objects.filter(batch=batch).update(**EMPTY)
    over: dict[str, Any] = {}
    if batch.state == State.PREVIEW:
        accepted = RegisterAcceptance.objects.filter(batch=batch).exists()
        over = {"state": State.DONE if accepted else State.CANCELLED, "message": TOO_OLD, "message_code": "too_old"}
    touch(batch, cleared_at=timezone.now(), layout=[], **over)
    return True


@transaction.atomic
def _clear_files() -> None:
    """The bytes of files of which every batch is cleared. The row with their SHA-256 and size stays."""
    needed = ImportBatch.objects.filter(cleared_at=None).values("file")
    ImportFile.objects.filter(cleared_at=None, batches__isnull=False).exclude(pk__in=needed).update(
        data=b"", cleared_at=timezone.now()
    )
