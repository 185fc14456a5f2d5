"""Pages of the price list and of the terms of payment: everybody with lists sees them, those responsible for the place
of a facility change them, by hand or with a spreadsheet."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.claims.prices.resources import BillingTermsResource, PriceItemResource
from ehr.common.admin import BaseForm, ListAdmin
from ehr.common.numbers import format_number
from stations.admin.scoped import PlaceMixin
from stations.models import Organization
from stations.scope import scope_of


class OfFacilityAdmin(PlaceMixin, ListAdmin):
    """Rows of a facility."""

    form = BaseForm
    list_select_related = ["facility__unit"]

    def place_of(self, obj: Any) -> dict[str, Any]:
        return {"unit": obj.facility.unit}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("facility__unit")

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Who may change all places searches among all facilities, the others choose among theirs."""
        return ["facility"] if scope_of(request.user).can("list.change") else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        scope = scope_of(request.user)
        if db_field.name == "facility" and not scope.can("list.change"):
            places = Q(unit__in=scope.communes | scope.provinces) | Q(unit__parent__in=scope.provinces)
            kwargs["queryset"] = Organization.objects.filter(places | Q(pk__in=scope.stations)).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(PriceItem)
class PriceItemAdmin(OfFacilityAdmin):
    """Drugs, services and supplies with their prices."""

    plain_search = True
    resource_classes = [PriceItemResource]
    list_display = ["name", "strength", "code", "kind", "shown_price", "valid_from", "valid_to", "facility"]
    list_filter = ["kind", "group", "each_visit"]
    search_fields = ["plain_name__contains", "code__startswith", "registration_number__startswith"]
    fieldsets = [
        (None, {"fields": [("facility", "kind"), ("group", "each_visit"), ("valid_from", "valid_to")]}),
        ("Danh mục", {"fields": ["name", ("code", "unit"), ("strength", "dose_form"),
                                 ("route_code", "registration_number"), ("bid", "device_code")]}),
        ("Giá", {"fields": [("price", "covered_price"), ("service_rate", "covered_rate"), ("scope", "source")]}),
    ]  # fmt: skip

    @admin.display(description="Đơn giá", ordering="price")
    def shown_price(self, obj: PriceItem) -> str:
        return format_number(obj.price)


@admin.register(BillingTerms)
class BillingTermsAdmin(OfFacilityAdmin):
    """What a facility declares for all of its claims."""

    resource_classes = [BillingTermsResource]
    list_display = ["facility", "head_code", "benefit", "payment", "valid_from", "valid_to"]
    search_fields = ["facility__plain_name__contains", "head_code"]
    fields = [
        "facility", "head_code", ("department_code", "care_class"), ("payment_code", "payment"), "benefit",
        "occupation_code",
        ("valid_from", "valid_to"),
    ]  # fmt: skip
