from django.contrib import admin

from ehr.common.admin import BaseAdmin, ReadOnlyMixin
from reports.dashboard.models import DailyCount
from stations.scope import scope_of


@admin.register(DailyCount)
class DailyCountAdmin(ReadOnlyMixin, BaseAdmin):
    """Counts of the communes and provinces in one's scope."""

    view_right = "report.view"
    list_display = ["on", "commune", "village", "records", "residents", "linked", "examined", "managed", "counted_at"]
    list_select_related = ["commune", "village"]
    list_filter = ["on"]
    search_fields = ["commune__plain_name__contains", "village__plain_name__contains"]

    def get_queryset(self, request):
        scope = scope_of(request.user)
        rows = super().get_queryset(request).select_related("commune", "village")
        return rows.filter(commune__in=scope.communes) | rows.filter(commune__parent__in=scope.provinces)
