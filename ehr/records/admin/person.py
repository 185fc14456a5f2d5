"""People (section A), with what belongs to them below the form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from unfold.decorators import action

from ehr.common.dates import PartialDate
from ehr.common.resources import SafeResource
from ehr.records import facts
from ehr.records.admin import forms as made
from ehr.records.admin.base import DOOR, ReadOnlyInline, SectionAdmin, column
from ehr.records.admin.filters import CommuneFilter, VillageFilter
from ehr.records.admin.search import PeopleSearch
from ehr.records.forms.person import label_of
from ehr.records.models import Address, Household, Identifier, Membership, Person, Relative
from ehr.records.sections import SECTION_A, a
from ehr.records.services import Saved, save_person

STORES = a.STORES | a.EXTRA_STORES
OFFICE = (  # what the paper has no line for, as the office groups it
    ("Cư trú và trạng thái hồ sơ", (
        "status", "residence", "resident_since", "moved_out_on", "moved_out_to", "death_date",
    )),
    ("Xác minh và quản lý", (
        "id_missing_reason", "birth_certificate_number", "identity_source", "identity_confirmed_on", "station", "note",
    )),
)  # fmt: skip
VILLAGES = {
    "permanent_village_code": "Thôn, bản, tổ dân phố (thường trú)",
    "current_village_code": "Thôn, bản, tổ dân phố (hiện tại)",
}
TABLES = {"identifier": Identifier, "address": Address, "relative": Relative}


class IdentifierInline(ReadOnlyInline):
    model = Identifier
    verbose_name_plural = "Các số giấy tờ đã ghi (cả số cũ)"
    fields = ["kind", "value", "issued_on", "issued_by", "valid_from", "valid_to", "source"]


class AddressInline(ReadOnlyInline):
    model = Address
    verbose_name_plural = "Nơi đăng ký thường trú và nơi ở trước đây"
    fields = ["use", "detail", "village", "commune", "district", "province", "valid_from", "valid_to"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("village", "commune", "district", "province")


class RelativeInline(ReadOnlyInline):
    model = Relative
    fk_name = "person"
    fields = ["role", "name", "relation_text", "identifier", "phone_mobile", "is_guardian"]


class MembershipInline(ReadOnlyInline):
    model = Membership
    verbose_name_plural = "Hộ gia đình qua các thời kỳ"
    fields = ["household", "relation", "is_head", "valid_from", "valid_to"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("household", "relation")


class PersonResource(SafeResource):
    """Columns of an exported list: section A as far as it stands in the row, readable without code lists."""

    sex = column("get_sex_display", "Giới tính")
    birth_precision = column("get_birth_precision_display", "Độ chính xác ngày sinh")
    ethnicity = column("ethnicity__name", "Dân tộc")
    occupation = column("occupation__name", "Nghề nghiệp")
    village = column("village__name", "Thôn")
    commune = column("commune__full_name", "Xã/phường")
    province = column("province__full_name", "Tỉnh/thành phố")
    residence = column("get_residence_display", "Tình trạng cư trú")
    status = column("get_status_display", "Trạng thái hồ sơ")

    class Meta(SafeResource.Meta):
        model = Person
        fields = (
            "code", "full_name", "sex", "birth_date", "birth_precision", "ethnicity", "occupation", "phone_mobile",
            "village", "commune", "province", "address_detail", "residence", "status", "death_date", "moved_out_on",
            "section_a_complete_on",
        )  # fmt: skip
        export_order = fields


@admin.register(Person)
class PersonAdmin(PeopleSearch, SectionAdmin):
    """Section A. Stored by `save_person`, as on every other door."""

    section = SECTION_A
    model_of_section = Person
    beside = {"birth_certificate_number": "Số giấy chứng sinh"}
    person_path = "pk"
    search_prefix = ""
    # The province follows the commune; the personal number is the same line as the card number (see the service).
    read_only_codes = ("current_province", "person_identifier")
    list_display = ["full_name", "code", "sex", "birth", "village_name", "commune_name", "state"]
    list_display_links = ["full_name", "code"]
    list_filter = ["status", "sex", "residence", CommuneFilter, VillageFilter]
    list_select_related = ["village", "commune"]
    autocomplete_fields = [
        "village", "commune", "recorded_district", "birth_province", "ethnicity", "nationality", "religion",
        "occupation", "station", "province",
    ]  # fmt: skip
    inlines = [IdentifierInline, AddressInline, RelativeInline, MembershipInline]
    resource_classes = [PersonResource]
    actions = ["mark_as_error"]

    @admin.display(description="Ngày sinh", ordering="birth_date")
    def birth(self, obj: Person) -> str:
        return PartialDate.of(obj.birth_date, obj.birth_precision).text()

    def autocomplete_label(self, obj: Person) -> str:
        return f"{obj.full_name}, {self.birth(obj)} ({obj.code})"

    @classmethod
    def label_of(cls, code: str) -> str:
        return VILLAGES.get(code) or label_of(code)

    @admin.display(description="Thôn", ordering="village")
    def village_name(self, obj: Person) -> str:
        return obj.village.name if obj.village else ""

    @admin.display(description="Xã/phường", ordering="commune")
    def commune_name(self, obj: Person) -> str:
        return obj.commune.full_name

    @admin.display(description="Trạng thái", ordering="status")
    def state(self, obj: Person) -> str:
        return str(obj.get_status_display())

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Also for the columns of the permanent address, which stands in a table of its own."""
        return (*self.autocomplete_fields, "district")

    def people_of(self, obj: Person) -> list[int]:
        return [obj.pk]

    def get_queryset(self, request: HttpRequest) -> Any:
        people = super().get_queryset(request)
        if request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist"):
            return people  # the list shows little, and planning eleven joins takes longer than reading fifty rows
        # What the form shows of other rows, read with the person instead of one by one.
        return people.select_related(
            "village__commune", "commune__parent", "province", "recorded_district", "ethnicity", "nationality",
            "religion", "occupation", "birth_province", "station", "id_missing_reason",
        )  # fmt: skip

    def read(self, obj: Person) -> dict[str, Any]:
        values = facts.section_a(obj)
        values["person_identifier"] = values.get("person_identifier") or ""
        return values

    # --- form ---------------------------------------------------------------------------------------------------------
    def code_fieldsets(self, obj: Any) -> list[Any]:
        return [*super().code_fieldsets(obj), *((label, {"fields": list(codes)}) for label, codes in OFFICE)]

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return {code: self._field(request, code) for code in STORES if code not in self.read_only_codes}

    def _field(self, request: HttpRequest, code: str) -> forms.Field:
        table, _, rest = STORES[code].partition(".")
        answerable = code in a.ANSWERABLE
        if code == "birth_date":
            return made.partial_date()
        if code == "status":
            return self._status(request)
        return made.column_field(self, request, self._column(table, rest), answerable=answerable)

    def _column(self, table: str, rest: str) -> models.Field:
        if table == "person":
            return Person._meta.get_field(rest)
        if table == "household":
            return Household._meta.get_field(rest)
        if table == "membership":
            return Membership._meta.get_field(rest)
        return TABLES[table]._meta.get_field(rest.partition(".")[2] or "value")

    def _status(self, request: HttpRequest) -> forms.Field:
        """Merging is another page's work; a record entered in error is marked by the action of the list."""
        field = made.column_field(self, request, Person._meta.get_field("status"))
        keep = (Person.Status.DUPLICATE, Person.Status.ERROR)
        field.choices = [choice for choice in field.choices if choice[0] not in keep] + [
            (status.value, status.label) for status in keep
        ]
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"status": Person.Status.ACTIVE, **super().get_changeform_initial_data(request)}

    # --- writing ------------------------------------------------------------------------------------------------------
    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values = form.changed_values()
        person = form.instance if form.instance.pk else None
        if person is not None and not values:
            return None
        return save_person(
            values=values, by=request.user, door=DOOR, person=person, version=form.cleaned_data.get("version")
        )

    def history_of(self, obj: Person) -> Iterator[Any]:
        yield Person, {"id": obj.pk}
        for model in (Identifier, Address, Relative, Membership):
            yield model, {"person_id": obj.pk}

    @action(description="Đánh dấu hồ sơ nhập nhầm", permissions=["withdraw"])
    def mark_as_error(self, request: HttpRequest, queryset: Any) -> None:
        """Instead of deleting: the record stays, with its history, and leaves every count (REQ-REC-14)."""
        done, refused = 0, []
        for person in queryset:
            try:
                save_person(values={"status": Person.Status.ERROR}, by=request.user, door=DOOR, person=person)
            except ValidationError as error:
                refused.append(f"{person.code}: {' '.join(error.messages)}")
            else:
                done += 1
        for message in refused:
            messages.error(request, message)
        if done:
            messages.success(request, f"Đã đánh dấu {done} hồ sơ nhập nhầm.")

    def has_withdraw_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can(request, "record.delete")
