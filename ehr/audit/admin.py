"""Admin pages of the logs: looked at, never touched."""

from django.apps import apps
from django.contrib import admin

from ehr.audit.models import AccessLog, Submission
from ehr.common.admin import BaseAdmin, ExportAdmin, ReadOnlyMixin


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyMixin, ExportAdmin):
    """Who read whose record, for the people in the user's scope."""

    view_right = "access.view"
    list_display = ["at", "user", "roles", "person_id", "action", "object", "door", "address"]
    list_filter = ["action", "door", "at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "=person_id"]
    search_help_text = "Tìm theo tên đăng nhập hoặc số thứ tự hồ sơ."

    def get_queryset(self, request):
        # The log lies below the record and knows no people; the registry of models does.
        people = apps.get_model("records.Person")._default_manager.visible_to(request.user)
        return super().get_queryset(request).filter(person_id__in=people.order_by().values("pk"))


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyMixin, BaseAdmin):
    """Technical: which forms were stored when. Not where they led to, which may name a record."""

    view_right = "user.change"
    list_display = ["key", "user", "at"]
    list_select_related = ["user"]
    fields = ["key", "user", "at"]
    ordering = ["-at"]
