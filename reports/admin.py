"""Admin page of the reports that left the system."""

from django.contrib import admin
from django.db.models import Q

from ehr.common.admin import ExportAdmin, ReadOnlyMixin
from reports.models import ReportRun
from stations.scope import scope_of


@admin.register(ReportRun)
class ReportRunAdmin(ReadOnlyMixin, ExportAdmin):
    """One's own reports, and those about units in one's scope."""

    view_right = "report.view"
    list_display = ["report", "unit", "period", "grouping", "format", "user", "at"]
    list_select_related = ["unit", "user"]
    list_filter = ["report", "format"]
    search_fields = ["report", "unit__plain_name__contains"]

    def get_queryset(self, request):
        scope = scope_of(request.user)
        mine = Q(user=request.user) | Q(unit__in=scope.communes | scope.provinces) | Q(unit__parent__in=scope.provinces)
        return super().get_queryset(request).filter(mine).select_related("unit", "user")
