"""Admin pages of claim files. What claims say about people is shown on their screens only, where reading it is logged;
here stands what was received, by whom, and what became of it. Levels of rules are set here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from ehr.claims.export.models import ClaimExport, ExportedVisit
from ehr.claims.models import (
    Claim,
    ClaimChunk,
    ClaimEntry,
    ClaimFile,
    ClaimFilePart,
    ClaimTask,
    ClaimVersion,
    RuleLevel,
)
from ehr.claims.prices import admin as _prices  # noqa: F401 - registers its pages
from ehr.claims.resources import ClaimExportResource, ClaimFileResource
from ehr.claims.spec import rules
from ehr.common.admin import BaseAdmin, BaseForm, ExportAdmin, ReadOnlyMixin


class ClaimsAdmin(ReadOnlyMixin, BaseAdmin):
    """A page of rows that only the services of this app write."""

    view_right = "record.view"


@admin.register(ClaimFile)
class ClaimFileAdmin(ReadOnlyMixin, ExportAdmin):
    """The ledger: by whom, when, which file, what became of it."""

    view_right = "record.view"
    export_right = "record.export"
    resource_classes = [ClaimFileResource]
    list_display = ["name", "facility_code", "facility", "standard", "state", "total", "by", "created_at"]
    list_select_related = ["facility", "by"]
    list_filter = ["state", "kind", "standard"]
    search_fields = ["name", "=facility_code", "sha256__startswith"]
    fields = [
        "name", "sha256", "size", "kind", "standard", "facility_code", "facility", "made_on", "signed", "by", "door",
        "state", "message", "counts", "done", "total", "created_at", "started_at", "finished_at", "undone_at",
        "undone_by",
    ]  # fmt: skip
    readonly_fields = ["counts", "total", "done"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("facility", "by", "undone_by").defer("envelope", "problems")


class OfFileAdmin(ClaimsAdmin):
    """Rows of a file."""

    list_select_related = ["file"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("file").defer("file__envelope", "file__problems")


@admin.register(ClaimFilePart)
class ClaimFilePartAdmin(OfFileAdmin):
    """Which parts of a file are kept, not what they say."""

    list_display = ["file", "position"]
    fields = ["file", "position"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("data")


@admin.register(ClaimChunk)
class ClaimChunkAdmin(OfFileAdmin):
    """What became of each part of the work."""

    list_display = ["file", "first", "count", "state", "attempts", "message"]
    list_filter = ["state"]
    fields = ["file", "first", "count", "state", "attempts", "message"]


@admin.register(ClaimEntry)
class ClaimEntryAdmin(OfFileAdmin):
    """What became of each HOSO."""

    list_display = ["file", "index", "outcome", "worst"]
    list_filter = ["outcome", "worst"]
    fields = ["file", "index", "outcome", "worst"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("problems", "label")


@admin.register(Claim)
class ClaimAdmin(ClaimsAdmin):
    """Which claims there are, without the people they are about."""

    list_display = ["facility_code", "ma_lk", "kind", "state", "match", "started_at"]
    list_filter = ["kind", "state", "match"]
    search_fields = ["=ma_lk", "=facility_code"]
    fields = ["facility_code", "ma_lk", "kind", "state", "match", "started_at", "ended_at", "created_at", "updated_at"]


class OfClaimAdmin(ClaimsAdmin):
    """Rows of a claim."""

    list_select_related = ["claim"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("claim")


@admin.register(ClaimVersion)
class ClaimVersionAdmin(OfClaimAdmin):
    """Which versions of a claim came, with which file."""

    list_display = ["claim", "number", "standard", "file", "made_on", "stored_at", "undone_at"]
    list_select_related = ["claim", "file"]
    list_filter = ["standard"]
    fields = ["claim", "number", "file", "index", "standard", "digest", "made_on", "stored_at", "undone_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("claim", "file")
        return rows.defer("content", "differences", "sealed", "file__envelope", "file__problems")


@admin.register(ClaimTask)
class ClaimTaskAdmin(OfClaimAdmin):
    """What was to be looked at, and who decided; not about whom."""

    list_display = ["claim", "kind", "state", "decided_by", "decided_at", "created_at"]
    list_select_related = ["claim", "decided_by"]
    list_filter = ["kind", "state"]
    fields = ["claim", "kind", "state", "decided_by", "decided_at", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("decided_by").defer("recorded", "claimed")


@admin.register(ClaimExport)
class ClaimExportAdmin(ReadOnlyMixin, ExportAdmin):
    """The ledger of packages: by whom, when, of which facility and days, how many visits."""

    view_right = "record.view"
    export_right = "record.export"
    resource_classes = [ClaimExportResource]
    list_display = ["facility_code", "facility", "first", "last", "visits", "held", "by", "created_at"]
    list_select_related = ["facility", "by"]
    list_filter = ["door"]
    search_fields = ["=facility_code", "sha256__startswith"]
    fields = [
        "facility_code", "facility", "first", "last", "by", "door", "visits", "held", "restricted", "sha256", "size",
        "created_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("facility", "by")


@admin.register(ExportedVisit)
class ExportedVisitAdmin(ClaimsAdmin):
    """Which visits went out with which package, not what they said."""

    list_display = ["export", "facility_code", "ma_lk"]
    list_select_related = ["export"]
    search_fields = ["=ma_lk"]
    fields = ["export", "facility_code", "ma_lk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("export").defer("digests")


class RuleLevelForm(BaseForm):
    def check_instance(self) -> None:
        """The rule is one of ours."""
        if self.instance.rule_id not in rules():
            message = f"Không có quy tắc {self.instance.rule_id}. Ví dụ mã đúng: CLM-T1-08."
            raise ValidationError({"rule_id": ValidationError(message, code="rule_id.unknown")})
        first, last = self.instance.valid_from, self.instance.valid_to
        if first and last and last <= first:
            message = "Ngày kết thúc phải sau ngày bắt đầu."
            raise ValidationError({"valid_to": ValidationError(message, code="valid_to.order")})


@admin.register(RuleLevel)
class RuleLevelAdmin(ExportAdmin):
    """How strict the import is here."""

    form = RuleLevelForm
    list_display = ["rule_id", "level", "valid_from", "valid_to", "note"]
    list_filter = ["level"]
    search_fields = ["rule_id"]
    fields = ["rule_id", "level", "valid_from", "valid_to", "note"]
