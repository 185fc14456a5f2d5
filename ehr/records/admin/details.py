"""Rows of section A one at a time: numbers, addresses, relatives."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ehr.records.admin.base import DetailAdmin
from ehr.records.admin.filters import CommuneOfPerson, VillageOfPerson
from ehr.records.admin.history import person_field
from ehr.records.admin.search import PeopleSearch
from ehr.records.models import Address, Identifier, Relative


class AddableDetail(PeopleSearch, DetailAdmin):
    """Rows of which a person may have more than the form has lines for."""

    add_right = None
    autocomplete_fields = ["person"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "person" and field is not None:
            field.queryset = person_field(super(), request, self.model).queryset
        return field


@admin.register(Identifier)
class IdentifierAdmin(AddableDetail):
    """All numbers, former ones too; the numbers of the form are typed on the person's page."""

    list_display = ["value", "kind", "person", "issued_on", "valid_from", "valid_to", "source"]
    list_filter = ["kind", CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person"]
    autocomplete_fields = ["person", "country"]
    fieldsets = [
        (None, {"fields": ["person", "kind", "value"]}),
        ("Nơi cấp", {"fields": ["issued_on", "issued_by", "country"]}),
        ("Thời gian và nguồn", {"fields": ["valid_from", "valid_to", "source"]}),
    ]


@admin.register(Address)
class AddressAdmin(AddableDetail):
    """Permanent registration and former homes; the present home stands on the person's page."""

    list_display = ["person", "use", "detail", "commune", "province", "valid_from", "valid_to"]
    list_filter = ["use", CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "commune", "province"]
    autocomplete_fields = ["person", "village", "commune", "district", "province", "recorded_commune"]
    fieldsets = [
        (None, {"fields": ["person", "use", "detail"]}),
        ("Địa bàn", {"fields": ["village", "commune", "district", "province", "recorded_commune"]}),
        ("Thời gian", {"fields": ["valid_from", "valid_to"]}),
    ]


@admin.register(Relative)
class RelativeAdmin(AddableDetail):
    list_display = ["person", "role", "name", "relation_text", "phone_mobile", "is_guardian"]
    list_filter = ["role", CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person"]
    autocomplete_fields = ["person", "linked_person"]
    fieldsets = [
        (None, {"fields": ["person", "role", "name", "linked_person"]}),
        ("Quan hệ", {"fields": ["relation", "relation_text", "is_guardian"]}),
        ("Liên hệ", {"fields": ["identifier", "phone_mobile", "phone_landline"]}),
    ]
