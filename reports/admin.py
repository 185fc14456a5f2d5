"""Admin page of the reports that left the system."""

from django.contrib import admin
from django.db.models import Q

from ehr.common.admin import BaseAdmin, ExportAdmin, ReadOnlyMixin
from reports.models import PrintJob, ReportBatch, ReportRun
from stations.scope import scope_of


@admin.register(ReportRun)
class ReportRunAdmin(ReadOnlyMixin, ExportAdmin):
    """One's own reports, and those about units in one's scope."""

    view_right = "report.view"
    list_display = ["report", "unit", "period_kind", "period", "grouping", "format", "user", "at"]
    list_select_related = ["unit", "user"]
    list_filter = ["report", "format"]
    search_fields = ["report", "unit__plain_name__contains"]

    def get_queryset(self, request):
        scope = scope_of(request.user)
        mine = Q(user=request.user) | Q(unit__in=scope.communes | scope.provinces) | Q(unit__parent__in=scope.provinces)
        return super().get_queryset(request).filter(mine).select_related("unit", "user")


@admin.register(PrintJob)
class PrintJobAdmin(ReadOnlyMixin, BaseAdmin):
    """Prints of villages in one's scope: how far they are, not their pages, which only the asker may fetch."""

    view_right = "record.print"
    list_display = ["village", "user", "state", "done", "total", "created_at", "finished_at"]
    list_select_related = ["village", "user"]
    list_filter = ["state"]
    search_fields = ["village__plain_name__contains"]
    fields = ["village", "user", "state", "done", "total", "message", "created_at", "finished_at"]

    def get_queryset(self, request):
        scope = scope_of(request.user)
        places = Q(village__commune__in=scope.communes) | Q(village__commune__parent__in=scope.provinces)
        mine = Q(user=request.user) | Q(village__in=scope.villages) | places
        return super().get_queryset(request).filter(mine).select_related("village", "user")


@admin.register(ReportBatch)
class ReportBatchAdmin(ReadOnlyMixin, BaseAdmin):
    """Batches of reports: one's own, and those about units in one's scope; their files are the asker's."""

    view_right = "report.view"
    list_display = ["report", "unit", "period", "user", "state", "done", "total", "created_at", "finished_at"]
    list_select_related = ["unit", "user"]
    list_filter = ["report", "state"]
    search_fields = ["report", "unit__plain_name__contains"]
    fields = ["report", "unit", "period", "user", "state", "done", "total", "message", "created_at", "finished_at"]

    def get_queryset(self, request):
        scope = scope_of(request.user)
        mine = Q(user=request.user) | Q(unit__in=scope.communes | scope.provinces) | Q(unit__parent__in=scope.provinces)
        return super().get_queryset(request).filter(mine).select_related("unit", "user")
