"""Organisations of the health service, their codes and the villages they serve."""

from django.contrib import admin

from ehr.common.admin import BaseTabularInline, ExportAdmin, ListAdmin
from stations import services
from stations.admin.scoped import PlaceMixin
from stations.models import FacilityCode, Organization, ServiceArea
from stations.resources import OrganizationResource


class FacilityCodeInline(BaseTabularInline):
    model = FacilityCode
    delete_right = ""


class ServiceAreaInline(BaseTabularInline):
    model = ServiceArea
    autocomplete_fields = ["village"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("village", "organization")


@admin.register(Organization)
class OrganizationAdmin(ListAdmin):
    delete_right = ""
    list_display = ["name", "kind", "unit", "parent", "valid_to"]
    list_filter = ["kind"]
    list_select_related = ["unit", "parent"]
    search_fields = ["plain_name__contains", "codes__code__istartswith"]
    search_help_text = "Tìm theo tên (không cần dấu) hoặc mã cơ sở."
    plain_search = True
    autocomplete_fields = ["parent", "unit"]
    inlines = [FacilityCodeInline, ServiceAreaInline]
    resource_classes = [OrganizationResource]
    fieldsets = [
        (None, {"fields": ["name", "kind", "parent"]}),
        ("Địa bàn", {"fields": ["unit", "address"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]

    def get_export_queryset(self, request):
        return super().get_export_queryset(request).prefetch_related("codes")

    def save_model(self, request, obj, form, change):
        services.save_organization(organization=obj, by=request.user)


@admin.register(FacilityCode)
class FacilityCodeAdmin(ExportAdmin):
    delete_right = ""
    list_display = ["code", "kind", "organization", "valid_from", "valid_to", "source"]
    list_filter = ["kind"]
    list_select_related = ["organization"]
    search_fields = ["code__istartswith", "organization__plain_name__contains"]
    plain_search = True
    autocomplete_fields = ["organization"]


@admin.register(ServiceArea)
class ServiceAreaAdmin(PlaceMixin, ExportAdmin):
    list_display = ["organization", "village", "commune", "valid_from", "valid_to"]
    list_select_related = ["organization", "village__commune"]
    search_fields = ["organization__plain_name__contains", "village__plain_name__contains"]
    plain_search = True
    autocomplete_fields = ["organization", "village"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("organization", "village__commune")

    @admin.display(description="Xã/phường")
    def commune(self, obj):
        return obj.village.commune
