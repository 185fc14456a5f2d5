"""Admin pages of files that came in: looked at by whoever may see the commune. What the rows say about people is shown
on the screens of the batch only, where reading it is logged."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from ehr.common.admin import BaseAdmin, ExportAdmin, ReadOnlyMixin
from ehr.intake.models import ImportBatch, ImportBefore, ImportFile, ImportPlan, ImportRow, SavedMapping
from ehr.intake.register.models import RegisterAcceptance, RegisterComparison, RegisterLine
from ehr.intake.resources import BatchResource
from ehr.records.admin.base import link


class IntakeAdmin(ReadOnlyMixin, BaseAdmin):
    """A page of rows that only the services of this app write."""

    view_right = "record.view"


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyMixin, ExportAdmin):
    """The ledger: by whom, when, which file, what became of it."""

    view_right = "record.view"
    export_right = "record.export"
    resource_classes = [BatchResource]
    list_display = ["file_name", "kind", "commune", "state", "by", "created_at", "finished_at", "undone_at"]
    list_select_related = ["commune", "by"]
    list_filter = ["kind", "state"]
    search_fields = ["file_name"]
    fields = [
        "file_name", "screen", "kind", "commune", "by", "door", "state", "message", "counts", "done", "total",
        "created_at", "read_at", "started_at", "finished_at", "undone_at", "undone_by", "file",
    ]  # fmt: skip
    readonly_fields = ["screen", "counts"]

    @admin.display(description="Màn hình của lần nhập")
    def screen(self, batch: ImportBatch) -> str:
        return link(reverse("intake:batch", args=[batch.key]), "Mở")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("commune", "by", "undone_by", "file").defer("file__data")


@admin.register(ImportFile)
class ImportFileAdmin(IntakeAdmin):
    """Which bytes are kept, not what they say."""

    list_display = ["sha256", "size", "created_at"]
    search_fields = ["sha256"]
    fields = ["sha256", "size", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = ImportBatch.objects.visible_to(request.user).order_by().values("file")
        return super().get_queryset(request).defer("data").filter(pk__in=seen)


class OfBatchAdmin(IntakeAdmin):
    """Rows of a batch."""

    list_select_related = ["batch"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("batch").defer("batch__layout", "batch__counts")


@admin.register(ImportRow)
class ImportRowAdmin(OfBatchAdmin):
    """What became of each row."""

    list_display = ["batch", "sheet", "number", "fate", "state", "decision"]
    list_filter = ["fate", "state"]
    search_fields = ["=batch__file_name"]
    fields = ["batch", "sheet", "number", "follows", "fate", "state", "decision"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("values", "cleaned", "problems", "changes", "candidates")


@admin.register(ImportBefore)
class ImportBeforeAdmin(OfBatchAdmin):
    """Which rows are kept for an undo."""

    list_display = ["batch", "table", "key"]
    fields = ["batch", "table", "key"]


@admin.register(ImportPlan)
class ImportPlanAdmin(OfBatchAdmin):
    """Rows whose writing is prepared."""

    list_display = ["batch", "first", "last"]
    fields = ["batch", "first", "last"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("data")


@admin.register(SavedMapping)
class SavedMappingAdmin(IntakeAdmin):
    """Columns as an officer mapped them, offered when the same headers come again."""

    list_display = ["commune", "kind", "by", "updated_at"]
    list_select_related = ["commune", "by"]
    list_filter = ["kind"]
    fields = ["commune", "kind", "columns", "by", "updated_at"]


@admin.register(RegisterComparison)
class RegisterComparisonAdmin(OfBatchAdmin):
    """What a population list was compared with."""

    list_display = ["batch", "whole", "unchanged", "compared_at"]
    fields = ["batch", "whole", "places", "unchanged", "compared_at"]


@admin.register(RegisterAcceptance)
class RegisterAcceptanceAdmin(OfBatchAdmin):
    """Which changes were taken over together, by whom, and what became of them."""

    list_display = ["batch", "group", "state", "total", "accepted", "refused", "by", "created_at"]
    list_select_related = ["batch", "by"]
    list_filter = ["group", "state"]
    fields = [
        "batch", "group", "outcome", "state", "total", "accepted", "refused", "kept", "by", "door", "created_at",
        "finished_at", "undone_at", "undone_by",
    ]  # fmt: skip


@admin.register(RegisterLine)
class RegisterLineAdmin(OfBatchAdmin):
    """Lines of a comparison, without the people they are about."""

    list_display = ["batch", "group", "state"]
    list_filter = ["group", "state"]
    fields = ["batch", "group", "state"]
