"""Admin pages of the code lists: looked at by everybody, changed by administrators, never deleted."""

from django.contrib import admin

from ehr.codes import services
from ehr.codes.models import Code, CodeSystem, Release
from ehr.codes.resources import CodeResource
from ehr.common.admin import BaseForm, ExportAdmin, ListAdmin


@admin.register(CodeSystem)
class CodeSystemAdmin(ExportAdmin):
    delete_right = ""
    list_display = ["name", "key", "uri"]
    search_fields = ["name", "key"]


@admin.register(Release)
class ReleaseAdmin(ExportAdmin):
    delete_right = ""
    list_display = ["system", "version", "valid_from", "valid_to", "source", "loaded_at"]
    list_display_links = ["system", "version"]
    list_select_related = ["system"]
    list_filter = ["system"]
    search_fields = ["system__name", "system__key", "version"]
    autocomplete_fields = ["system"]
    readonly_fields = ["sha256", "loaded_at"]

    def autocomplete_label(self, obj):
        return f"{obj.system.name}: {obj.version}"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("system")


class CodeForm(BaseForm):
    def check_instance(self):
        services.check_code(self.instance)


@admin.register(Code)
class CodeAdmin(ListAdmin):
    form = CodeForm
    delete_right = ""
    list_display = ["code", "name", "system", "release", "parent_code", "valid_from", "valid_to"]
    list_display_links = ["code", "name"]
    list_select_related = ["system", "release__system"]
    list_filter = ["system"]
    search_fields = ["code__istartswith", "plain_name__contains"]
    search_help_text = "Tìm theo mã hoặc tên (không cần dấu)."
    plain_search = True
    autocomplete_fields = ["system", "release"]
    resource_classes = [CodeResource]
    fieldsets = [
        (None, {"fields": ["system", "release", "code", "name", "name_en"]}),
        ("Vị trí", {"fields": ["parent_code", "position", "properties"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]

    def save_model(self, request, obj, form, change):
        services.save_code(code=obj)
