"""The ledger of claim files as a spreadsheet."""

from __future__ import annotations

from import_export.fields import Field

from ehr.claims.export.models import ClaimExport
from ehr.claims.models import ClaimFile
from ehr.common.resources import SafeResource

LABELS = {
    "encounters": "Số hồ sơ", "stored": "Mới", "versions": "Bản mới", "unchanged": "Không đổi", "older": "Cũ hơn",
    "rejected": "Từ chối", "ambiguous": "Chờ quyết định", "unmatched": "Chưa tìm thấy người",
    "foreign": "Ngoài địa bàn", "new_people": "Hồ sơ mới lập", "errors": "Lỗi", "warnings": "Cảnh báo",
}  # fmt: skip


def _count(name: str) -> Field:
    return Field(f"counts__{name}", LABELS[name], readonly=True, default=0)


class ClaimFileResource(SafeResource):
    """One line per file: sender, standard, state, counts. Export only."""

    kind = Field("get_kind_display", "Loại", readonly=True)
    facility = Field("facility__name", "Cơ sở gửi", readonly=True)
    state = Field("get_state_display", "Trạng thái", readonly=True)
    by = Field("by__username", "Người gửi", readonly=True)
    encounters = _count("encounters")
    stored = _count("stored")
    versions = _count("versions")
    unchanged = _count("unchanged")
    older = _count("older")
    rejected = _count("rejected")
    ambiguous = _count("ambiguous")
    unmatched = _count("unmatched")
    foreign = _count("foreign")
    new_people = _count("new_people")
    errors = _count("errors")
    warnings = _count("warnings")

    class Meta(SafeResource.Meta):
        model = ClaimFile
        fields = export_order = [
            "name", "sha256", "kind", "standard", "facility_code", "facility", "made_on", "state", "message", "by",
            "door", "created_at", "finished_at", "undone_at", *LABELS,
        ]  # fmt: skip


class ClaimExportResource(SafeResource):
    """One line per package that went out. Export only."""

    facility = Field("facility__name", "Cơ sở", readonly=True)
    by = Field("by__username", "Người xuất", readonly=True)

    class Meta(SafeResource.Meta):
        model = ClaimExport
        fields = export_order = [
            "facility_code", "facility", "first", "last", "visits", "held", "restricted", "by", "door", "created_at",
            "sha256", "size",
        ]  # fmt: skip
