"""Pages about places: everybody sees them, only those responsible for the place change them."""

from django.contrib import admin
from django.db.models import Q

from stations.models import AdminUnit
from stations.scope import scope_of
from stations.services import may_change_place


class PlaceMixin:
    """Rows about a village or unit; the fields `commune`, `village` and `unit` offer only what the user may change."""

    view_right = "list.view"
    change_right = "place.change"

    def place_of(self, obj):
        """{"village": …} or {"unit": …} of a row."""
        village = getattr(obj, "village", None)
        return {"village": village} if village else {"unit": getattr(obj, "unit", None)}

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._may(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._may(request, obj)

    def _may(self, request, obj):
        return obj is None or obj.pk is None or may_change_place(request.user, **self.place_of(obj))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        scope = scope_of(request.user)
        if db_field.name in ("commune", "unit", "village") and not scope.can("list.change"):
            kwargs["queryset"] = within(db_field.related_model, scope)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def within(model, scope):
    """Units or villages that the scope reaches."""
    if model is AdminUnit:
        condition = Q(pk__in=scope.communes | scope.provinces) | Q(parent__in=scope.provinces)
    else:
        condition = scope.places()
    return model.objects.filter(condition)


class ProvinceFilter(admin.SimpleListFilter):
    """The 34 provinces; `path` leads from the row to its commune."""

    title = "Tỉnh, thành phố"
    parameter_name = "tinh"
    path = "commune"

    def lookups(self, request, model_admin):
        provinces = AdminUnit.objects.filter(scheme="new", level="province").order_by("plain_name")
        return list(provinces.values_list("code", "name"))

    def queryset(self, request, queryset):
        code = self.value()
        return queryset.filter(**{f"{self.path}__parent__code": code}) if code else queryset
