"""Administrative units of both eras, their names and succession; villages."""

from django.contrib import admin

from ehr.common.admin import BaseForm, BaseTabularInline, ExportAdmin, ListAdmin, ReadOnlyMixin
from stations import services
from stations.admin.scoped import PlaceMixin, ProvinceFilter
from stations.models import AdminUnit, AdminUnitName, AdminUnitSuccession, Village, VillagePlacement
from stations.resources import AdminUnitResource, VillageResource
from stations.scope import scope_of


class NameInline(BaseTabularInline):
    model = AdminUnitName
    delete_right = ""


class SuccessorInline(ReadOnlyMixin, BaseTabularInline):
    model = AdminUnitSuccession
    fk_name = "old"
    fields = ["new", "part", "is_default", "effective", "basis"]
    verbose_name_plural = "Chuyển thành (từ 01/07/2025)"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("old", "new")


class PredecessorInline(SuccessorInline):
    fk_name = "new"
    fields = ["old", "part", "is_default", "effective", "basis"]
    verbose_name_plural = "Hình thành từ (trước 01/07/2025)"


@admin.register(AdminUnit)
class AdminUnitAdmin(ListAdmin):
    """Official lists: loaded by `load_reference`, corrected here, never deleted."""

    delete_right = ""
    list_display = ["code", "full_name", "level", "scheme", "parent", "valid_from", "valid_to"]
    list_display_links = ["code", "full_name"]
    list_filter = ["scheme", "level"]
    list_select_related = ["parent"]
    search_fields = ["plain_name__contains", "code__startswith"]
    search_help_text = "Tìm theo tên (không cần dấu) hoặc mã."
    plain_search = True
    autocomplete_fields = ["parent"]
    inlines = [NameInline, SuccessorInline, PredecessorInline]
    resource_classes = [AdminUnitResource]
    fieldsets = [
        (None, {"fields": ["scheme", "code", "level", "parent"]}),
        ("Tên", {"fields": ["unit_type", "name", "full_name"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to", "source"]}),
    ]

    def get_queryset(self, request):
        # Search boxes show where a unit lies: many communes share a name.
        return super().get_queryset(request).select_related("parent__parent")

    def autocomplete_label(self, obj):
        above = [obj.parent.name] if obj.parent else []
        if obj.parent and obj.parent.parent:
            above.append(obj.parent.parent.name)
        old = ", đến 30/06/2025" if obj.scheme == "old" else ""
        return f"{', '.join([obj.full_name, *above])} ({obj.code}{old})"

    def save_model(self, request, obj, form, change):
        services.save_unit(unit=obj, by=request.user)


@admin.register(AdminUnitName)
class AdminUnitNameAdmin(ExportAdmin):
    delete_right = ""
    list_display = ["full_name", "unit", "unit_type", "valid_from", "valid_to", "document"]
    list_select_related = ["unit"]
    search_fields = ["unit__plain_name__contains", "unit__code__startswith"]
    plain_search = True
    autocomplete_fields = ["unit"]


@admin.register(AdminUnitSuccession)
class AdminUnitSuccessionAdmin(ReadOnlyMixin, ExportAdmin):
    list_display = ["old_code", "old", "new_code", "new", "part", "is_default", "effective"]
    list_display_links = ["old_code", "old"]
    list_filter = ["part", "is_default"]
    list_select_related = ["old", "new"]
    ordering = ["old__code", "-is_default"]
    search_fields = [
        "old__plain_name__contains", "new__plain_name__contains", "old__code__startswith", "new__code__startswith",
    ]  # fmt: skip
    plain_search = True

    @admin.display(description="Mã cũ", ordering="old__code")
    def old_code(self, obj):
        return obj.old.code

    @admin.display(description="Mã mới", ordering="new__code")
    def new_code(self, obj):
        return obj.new.code


class PlacementInline(ReadOnlyMixin, BaseTabularInline):
    """Written by the service when the commune changes."""

    model = VillagePlacement
    fields = ["commune", "valid_from", "valid_to", "document"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("commune", "village")


class VillageForm(BaseForm):
    def check_instance(self):
        services.check_village(self.instance)


@admin.register(Village)
class VillageAdmin(PlaceMixin, ListAdmin):
    form = VillageForm
    delete_right = ""
    list_display = ["name", "code", "kind", "commune", "province", "old_commune", "position", "valid_to"]
    list_filter = ["kind", ProvinceFilter]
    list_select_related = ["commune__parent", "old_commune"]
    search_fields = ["plain_name__contains", "commune__plain_name__contains", "commune__code__startswith"]
    search_help_text = "Tìm theo tên thôn, tên xã (không cần dấu) hoặc mã xã."
    plain_search = True
    autocomplete_fields = ["commune", "old_commune"]
    inlines = [PlacementInline]
    resource_classes = [VillageResource]
    fieldsets = [
        (None, {"fields": ["kind", "name", "code", "position"]}),
        ("Địa bàn", {"fields": ["commune", "old_commune"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("commune__parent", "old_commune")

    def place_of(self, obj):
        return {"village": obj}

    @admin.display(description="Tỉnh, thành phố")
    def province(self, obj):
        return obj.commune.parent.name

    def autocomplete_label(self, obj):
        return f"{obj.name}, {obj.commune.full_name}, {obj.commune.parent.name}"

    def has_import_permission(self, request):
        """Rows of a sheet may name any commune: only for those who may change all of them."""
        return super().has_import_permission(request) and scope_of(request.user).can("list.change")

    def save_model(self, request, obj, form, change):
        services.save_village(village=obj, by=request.user)


@admin.register(VillagePlacement)
class VillagePlacementAdmin(ReadOnlyMixin, ExportAdmin):
    list_display = ["village", "commune", "valid_from", "valid_to", "document"]
    list_select_related = ["village", "commune"]
    search_fields = ["village__plain_name__contains", "commune__plain_name__contains"]
    plain_search = True
