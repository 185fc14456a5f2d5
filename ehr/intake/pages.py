"""What files that came in add to a person's pages: the timeline names each batch that wrote the record."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.timezone import localdate

from ehr.intake.models import ImportBatch, ImportRow
from ehr.records.models import Person
from ehr.records.timeline import Entry, register_source

WHAT = {
    ImportRow.State.WRITTEN: "Ghi từ tệp", ImportRow.State.KEPT: "Ghi từ tệp, giữ nguyên khi hoàn tác",
    ImportRow.State.UNDONE: "Đã hoàn tác việc ghi từ tệp",
}  # fmt: skip
MOST = 200


def register() -> None:
    """Called once when the apps are ready."""
    register_source("intake", batch_entries)


def batch_entries(person: Person) -> Iterator[Entry]:
    """Batches whose rows were written into this record, those that were taken back included. One query."""
    rows = ImportRow.objects.filter(person=person, state__in=WHAT).select_related("batch__by").order_by("-pk")
    for row in rows.defer("values", "cleaned", "problems", "changes", "candidates", "batch__layout")[:MOST]:
        batch: ImportBatch = row.batch
        at = (batch.undone_at if row.state == ImportRow.State.UNDONE else batch.finished_at) or batch.created_at
        yield Entry(
            localdate(at), "intake", f"{WHAT[ImportRow.State(row.state)]} «{batch.file_name}»",
            f"{batch.get_kind_display()}, {row}, {batch.by or 'Hệ thống'} gửi",
            reverse("intake:batch", args=[batch.key]),
        )  # fmt: skip
