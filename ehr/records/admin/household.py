"""Households with their members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ehr.common.admin import BaseTabularInline
from ehr.common.resources import SafeResource
from ehr.records.admin import forms as made
from ehr.records.admin.base import DOOR, DetailAdmin, FlatAdmin, OfPeopleAdmin, column
from ehr.records.admin.filters import CommuneFilter, CommuneOfPerson, VillageFilter, VillageOfPerson
from ehr.records.admin.search import PeopleSearch
from ehr.records.models import Household, Membership, Person
from ehr.records.services import Saved, save_household, set_membership
from ehr.records.services.household import FIELDS


class MemberForm(made.RowForm):
    """A present member: who it is stays, the relation may change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            person = self.instance.person
            self.fields["person"] = made.fixed_text(self.fields["person"].label or "")
            self.initial["person"] = f"{person.full_name} ({person.code})"


class MemberInline(BaseTabularInline):
    """Present members. Who leaves is written where the person goes to: on the person's page."""

    model = Membership
    form = MemberForm
    view_right = "record.view"
    change_right = "record.change"
    delete_right = ""
    can_delete = False
    hide_title = True
    autocomplete_fields = ["person"]
    fields = ["person", "relation"]
    verbose_name = "Thành viên"
    verbose_name_plural = "Thành viên trong hộ (thêm dòng để đưa một người vào hộ)"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).filter(valid_to=None).visible_to(request.user)
        return rows.select_related("person", "relation", "household").order_by("-is_head", "person__birth_date", "pk")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "relation":
            return made.CodeChoiceField("relation-831", label=db_field.verbose_name)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = Person.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class HouseholdResource(SafeResource):
    """Columns of an exported list of households: no people in it."""

    village = column("village__name", "Thôn")
    commune = column("commune__full_name", "Xã/phường")
    province = column("province__full_name", "Tỉnh/thành phố")
    toilet_type = column("get_toilet_type_display", "Loại hố xí của gia đình")

    class Meta(SafeResource.Meta):
        model = Household
        fields = ("code", "village", "commune", "province", "address_detail", "toilet_type", "phone", "closed_on")
        export_order = fields


@admin.register(Household)
class HouseholdAdmin(FlatAdmin):
    """Stored by `save_household` and `set_membership`."""

    ordering = ["village_id", "code", "pk"]  # an index gives it, at any size
    list_display = ["__str__", "village", "commune", "address_detail", "toilet_type", "closed_on"]
    list_filter = ["toilet_type", CommuneFilter, VillageFilter]
    list_select_related = ["village", "commune"]
    search_fields = ["code__istartswith", "village__plain_name__contains", "phone__startswith"]
    search_help_text = "Tìm theo mã hộ, tên thôn (không cần dấu) hoặc số điện thoại của hộ."
    plain_search = True
    autocomplete_fields = ["village", "commune"]
    inlines = [MemberInline]
    resource_classes = [HouseholdResource]
    fieldsets = [
        (None, {"fields": ["code", "phone"]}),
        ("Nơi ở", {"fields": ["commune", "village", "address_detail"]}),
        ("Nhà ở và trạng thái", {"fields": ["toilet_type", "closed_on", "note"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("village__commune", "commune__parent", "province")

    def autocomplete_label(self, obj: Household) -> str:
        return f"{obj}, {obj.village or obj.commune}"

    def people_of(self, obj: Household) -> list[int]:
        """The members that its page names."""
        return list(Membership.objects.filter(household=obj, valid_to=None).values_list("person", flat=True))

    def get_data_for_export(self, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        """The file names no person: nothing to log."""
        return super(OfPeopleAdmin, self).get_data_for_export(request, queryset, **kwargs)

    def read(self, obj: Household) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in FIELDS}

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return {name: made.column_field(self, request, Household._meta.get_field(name)) for name in FIELDS}

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values, household = form.changed_values(), form.instance if form.instance.pk else None
        saved = Saved(household) if household is not None and not values else save_household(
            values=values, by=request.user, door=DOOR, household=household, version=form.cleaned_data.get("version")
        )  # fmt: skip
        warnings = list(saved.warnings)
        for row in (row for formset in formsets for row in formset.forms if row.has_changed()):
            person = row.instance.person if row.instance.pk else row.cleaned_data.get("person")
            if person is None:
                raise ValidationError("Chọn người cần đưa vào hộ.", code="person.required")
            member = set_membership(
                person=person, household=saved.object, relation=row.cleaned_data.get("relation") or None,
                by=request.user, door=DOOR,
            )  # fmt: skip
            warnings += member.warnings
        return Saved(saved.object, warnings)

    def history_of(self, obj: Household) -> Iterator[Any]:
        yield Household, {"id": obj.pk}
        yield Membership, {"household_id": obj.pk}


@admin.register(Membership)
class MembershipAdmin(PeopleSearch, DetailAdmin):
    """Who lived where and when; the present household changes on the person's page."""

    list_display = ["person", "household", "relation", "is_head", "valid_from", "valid_to"]
    list_filter = ["is_head", CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "household", "relation"]
    fields = ["person", "household", "relation", "is_head", "valid_from", "valid_to"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person", "household", "relation", "is_head")
