"""The ledger as a spreadsheet."""

from __future__ import annotations

from import_export.fields import Field

from ehr.common.resources import SafeResource
from ehr.intake.models import ImportBatch
from ehr.intake.services.store import COUNTED

LABELS = {"rows": "Số dòng", **{name: str(fate.label) for name, fate in COUNTED.items()}}


def _count(name: str) -> Field:
    return Field(f"counts__{name}", LABELS[name], readonly=True, default=0)


class BatchResource(SafeResource):
    """One line per batch: file, place, state, counts. Export only."""

    kind = Field("get_kind_display", "Loại", readonly=True)
    commune = Field("commune__full_name", "Xã/phường", readonly=True)
    state = Field("get_state_display", "Trạng thái", readonly=True)
    by = Field("by__username", "Người gửi", readonly=True)
    rows = _count("rows")
    new = _count("new")
    updated = _count("updated")
    unchanged = _count("unchanged")
    possible_duplicate = _count("possible_duplicate")
    refused = _count("refused")

    class Meta(SafeResource.Meta):
        model = ImportBatch
        fields = export_order = [
            "file_name", "kind", "commune", "state", "by", "door", "created_at", "finished_at", "undone_at", *LABELS,
        ]  # fmt: skip
