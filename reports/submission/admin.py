"""Admin pages of sent reports: looked at here, changed by their steps only; the calendar is a list like the others."""

from django.contrib import admin

from ehr.common.admin import BaseAdmin, ExportAdmin, ListAdmin, ReadOnlyMixin
from ehr.common.resources import SafeResource
from reports.submission.models import Holiday, ReportDuty, Snapshot, Submission


class SubmissionResource(SafeResource):
    """The ledger of sent reports, without their figures."""

    class Meta:
        model = Submission
        fields = (
            "report", "unit__full_name", "period", "grouping", "version", "state", "due_on", "checked_at", "signed_at",
            "received_at", "returned_at",
        )  # fmt: skip


class OfUnitMixin(ReadOnlyMixin):
    view_right = "report.view"

    def get_queryset(self, request):
        seen = self.model.objects.visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=seen).select_related("unit")


@admin.register(Submission)
class SubmissionAdmin(OfUnitMixin, ExportAdmin):
    resource_classes = [SubmissionResource]
    list_display = ["report", "unit", "period", "version", "state", "due_on", "signed_at", "received_at"]
    list_select_related = ["unit"]
    list_filter = ["report", "state"]
    search_fields = ["report", "period", "unit__plain_name__contains"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("checked_by", "signed_by", "received_by", "returned_by", "snapshot")
        )


@admin.register(Snapshot)
class SnapshotAdmin(OfUnitMixin, BaseAdmin):
    list_display = ["report", "unit", "period", "grouping", "origin", "as_of", "made_by"]
    list_select_related = ["unit", "made_by"]
    list_filter = ["report", "origin"]
    search_fields = ["report", "period", "unit__plain_name__contains"]
    fields = [
        "report", "definition", "unit", "period", "period_start", "period_end", "grouping", "origin", "as_of",
        "data_hash", "made_by", "made_at",
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("made_by").defer("data")


@admin.register(ReportDuty)
class ReportDutyAdmin(ListAdmin):
    list_display = [
        "report", "level", "period_kind", "grouping", "rule", "number", "early_days", "closes", "valid_from", "valid_to"
    ]  # fmt: skip
    list_filter = ["level", "period_kind"]
    search_fields = ["report", "source"]


@admin.register(Holiday)
class HolidayAdmin(ListAdmin):
    list_display = ["day", "kind", "name", "source"]
    list_filter = ["kind"]
    search_fields = ["name", "source"]
    date_hierarchy = "day"
