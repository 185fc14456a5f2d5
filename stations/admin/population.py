"""Entered figures: population and yearly targets."""

from django.contrib import admin

from ehr.common.admin import ListAdmin
from stations.admin.scoped import PlaceMixin
from stations.models import PopulationFigure, VillageTarget
from stations.resources import PopulationResource, TargetResource
from stations.scope import scope_of


class _FigureAdmin(PlaceMixin, ListAdmin):
    plain_search = True

    def has_import_permission(self, request):
        """Rows of a sheet may name any place: only for those who may change all of them."""
        return super().has_import_permission(request) and scope_of(request.user).can("list.change")


@admin.register(PopulationFigure)
class PopulationFigureAdmin(_FigureAdmin):
    list_display = ["place", "period_start", "period_end", "population", "source"]
    list_filter = ["period_start"]
    list_select_related = ["unit", "village__commune"]
    search_fields = ["unit__plain_name__contains", "village__plain_name__contains", "unit__code__startswith"]
    autocomplete_fields = ["unit", "village"]
    resource_classes = [PopulationResource]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("unit__parent", "village__commune__parent")

    @admin.display(description="Đơn vị, thôn")
    def place(self, obj):
        return f"{obj.village}, {obj.village.commune}" if obj.village else obj.unit


@admin.register(VillageTarget)
class VillageTargetAdmin(_FigureAdmin):
    list_display = ["village", "commune", "year", "target", "source"]
    list_filter = ["year"]
    list_select_related = ["village__commune"]
    search_fields = ["village__plain_name__contains", "village__commune__plain_name__contains"]
    autocomplete_fields = ["village"]
    resource_classes = [TargetResource]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("village__commune__parent")

    @admin.display(description="Xã/phường", ordering="village__commune__plain_name")
    def commune(self, obj):
        return obj.village.commune
