"""Taking a file in: the bytes once, a batch for them, the columns as the officer corrects them, and giving it up."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ehr.common.background import enqueue_on_commit
from ehr.common.text import nfc
from ehr.intake.columns import Layout, signature
from ehr.intake.models import ImportBatch, ImportFile, ImportRow, Kind, SavedMapping
from ehr.intake.register.models import RegisterAcceptance, RegisterLine
from ehr.intake.services import reading
from ehr.intake.services.access import require_commune, wrong_state
from ehr.intake.services.headers import HeaderAt, headers_only
from ehr.intake.services.locks import locked, touch
from ehr.intake.services.mapping import check_mapping
from ehr.intake.services.plans import forget_plans
from ehr.intake.services.store import drop_rows
from stations.models import AdminUnit, User

State = ImportBatch.State
DECIDED = "Tệp này đang được xử lý từ lần gửi trước: hủy lần nhập đó, hoặc sửa dòng tiêu đề trên màn hình của nó."
UNDER_WAY = (State.READING, State.PREVIEW, State.QUEUED, State.WRITING)


def upload(
    *,
    data: bytes,
    file_name: str,
    kind: str,
    commune: AdminUnit,
    by: User | None,
    door: str,
    wait: bool = False,
    key: uuid.UUID | None = None,
    headers: Sequence[HeaderAt] = (),
) -> ImportBatch:
    """Stores the file and starts reading it (in this process with `wait`).

    The same bytes for the same commune and kind that are under way already give that batch: nothing is written twice.
    A preview that waits from before is read again, because people may have been entered since, unless somebody decided
    rows of it. Bytes that were written before are read again, and every row that did not change says so.
    `key`: of the submission; a double click gives the batch of the first. `headers`: where the tables begin, when the
    sender knows better.
    Raises PermissionDenied; ValidationError (`batch.decided`) for `headers` of a file on which work went on."""
    require_commune(by, commune)
    begin = timezone.now()
    if kind not in Kind.values:
        raise ValueError(f"unknown kind: {kind}")
    with transaction.atomic():
        batch, new = _batch(data, file_name, kind, commune, by, door, key)
        wanted = headers_only(headers, kind)
        if new and wanted:
            touch(batch, layout=wanted)
        if not new and batch.key != key and _is_old(batch, begin):
            _read_again(batch, wanted or batch.layout)
            new = True
        if wanted and not new:
            raise ValidationError(DECIDED, code="batch.decided")
        if new and not wait:
            enqueue_on_commit("intake.read", batch.pk)
    if wait and batch.state == State.READING:
        reading.read(batch)
        batch.refresh_from_db()
    return batch


def _batch(
    data: bytes, file_name: str, kind: str, commune: AdminUnit, by: User | None, door: str, key: uuid.UUID | None
) -> tuple[ImportBatch, bool]:
    """The batch of these bytes and whether it is a new one. Two uploads of the same bytes wait for each other here."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = ImportFile.objects.defer("data").select_for_update().filter(sha256=sha256).first()
    if file is None:
        ImportFile.objects.bulk_create(
            [ImportFile(sha256=sha256, data=data, size=len(data))], ignore_conflicts=True
        )  # another upload of the same bytes may have come in between
        file = ImportFile.objects.defer("data").select_for_update().get(sha256=sha256)
    if file.cleared_at is not None:
        file.data, file.cleared_at = data, None
        file.save(update_fields=["data", "cleared_at"])
    if key and (sent := ImportBatch.objects.filter(key=key, by=by).first()):
        return sent, False
    same = ImportBatch.objects.filter(file=file, commune=commune, kind=kind)
    if running := same.filter(state__in=UNDER_WAY).select_for_update(no_key=True).first():
        return running, False
    return ImportBatch.objects.create(
        key=key or uuid.uuid4(), kind=kind, commune=commune, file=file, file_name=_name(file_name), by=by, door=door,
    ), True  # fmt: skip


def _is_old(batch: ImportBatch, begin: dt.datetime) -> bool:
    """Whether this is a preview from before `begin` on which nobody has worked yet."""
    if batch.state != State.PREVIEW or batch.read_at is None or batch.read_at >= begin:
        return False
    lines = RegisterLine.objects.filter(batch=batch)
    worked_on = (
        ImportRow.objects.filter(batch=batch).exclude(decision=ImportRow.Decision.NONE),
        RegisterAcceptance.objects.filter(batch=batch),
        lines.filter(state=RegisterLine.State.KEPT),
        lines.filter(mother_state__in=(RegisterLine.Mother.CHOSEN, RegisterLine.Mother.UNKNOWN)),
    )
    return not any(rows.exists() for rows in worked_on)


def _read_again(batch: ImportBatch, layout: Sequence[dict[str, Any]]) -> None:
    """Back to the beginning, with these columns; nothing was written yet."""
    drop_rows(batch.pk)
    forget_plans(batch.pk)
    touch(
        batch, layout=list(layout), state=State.READING, message="", message_code="", done=0, total=0, counts={},
        failures=0, read_at=None,
    )  # fmt: skip


def _name(file_name: str) -> str:
    """The name without folders, cut in front of its suffix."""
    name = nfc(file_name.replace("\\", "/").rpartition("/")[2]) or "tep"
    return name if len(name) <= 200 else name[:190] + name[-10:]


@transaction.atomic
def set_columns(
    batch: ImportBatch, layouts: Sequence[dict[str, Any]], *, by: User | None, save: bool = False, wait: bool = False
) -> ImportBatch:
    """Reads the file again with corrected columns. `layouts`: `Layout.to_json()` of the sheets to read.

    `save`: the mapping is offered when the same headers come again in this commune.
    Raises PermissionDenied, ValidationError (state; what `check_mapping` says), TypeError or KeyError for layouts that
    are none."""
    require_commune(by, batch.commune)
    known = [Layout.from_json(layout) for layout in layouts]
    check_mapping(known, batch.kind)
    batch = locked(batch.pk)
    if batch.state not in (State.PREVIEW, State.REFUSED):
        raise wrong_state(batch, "ghép lại cột")
    if save:
        for layout in known:
            SavedMapping.objects.update_or_create(
                commune=batch.commune, kind=batch.kind, signature=signature(layout),
                defaults={"columns": layout.mapping(), "by": by},
            )  # fmt: skip
    _read_again(batch, [layout.to_json() for layout in known])
    if not wait:
        enqueue_on_commit("intake.read", batch.pk)
        return batch
    reading.read(batch)
    batch.refresh_from_db()
    return batch


@transaction.atomic
def cancel(batch: ImportBatch, *, by: User | None) -> ImportBatch:
    """Gives the file up before anything is written, or stops the writing after the present chunk: what is written stays
    and can be undone. The rows that were not written leave the database. Raises PermissionDenied, ValidationError."""
    require_commune(by, batch.commune)
    # Rows before the batch, as the writers lock them: the chunk that is being written is waited for.
    list(ImportRow.objects.filter(batch=batch, state=ImportRow.State.WAITING).select_for_update().values_list("pk"))
    batch = locked(batch.pk)
    forget_plans(batch.pk)
    written = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRITTEN).exists()
    if batch.state in (State.QUEUED, State.WRITING) and written:
        ImportRow.objects.filter(batch=batch, state=ImportRow.State.WAITING).update(state=ImportRow.State.SKIPPED)
        touch(batch, state=State.DONE, message="Đã dừng giữa chừng: phần còn lại không ghi.", message_code="stopped")
    elif batch.state in UNDER_WAY or batch.state == State.REFUSED:
        drop_rows(batch.pk)
        touch(batch, state=State.CANCELLED)
    elif batch.state != State.CANCELLED:
        raise wrong_state(batch, "hủy")
    return batch
