"""Section B, and its lists one row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ehr.common.resources import SafeResource
from ehr.records import facts
from ehr.records.admin import forms as made
from ehr.records.admin.base import DOOR, DetailAdmin, SectionAdmin, column
from ehr.records.admin.filters import CommuneOfPerson, SexOfPerson, VillageOfPerson
from ehr.records.admin.search import PeopleSearch
from ehr.records.models import (
    Allergy,
    Condition,
    Disability,
    FamilyHistory,
    HealthHistory,
    Household,
    Person,
    Surgery,
)  # fmt: skip
from ehr.records.sections import SECTION_B, b
from ehr.records.services import Saved, save_history

STORES = b.STORES | b.EXTRA_STORES
LISTS = (Allergy, Condition, Disability, Surgery, FamilyHistory)


def person_field(page: Any, request: HttpRequest, model: Any) -> forms.Field:
    """Whose record it is: only people whom the user may see."""
    field = made.column_field(page, request, model._meta.get_field("person"))
    field.queryset = Person.objects.visible_to(request.user)
    return field


def require_chosen(person: Person | None) -> Person:
    """Raises ValidationError when no person was chosen for a new row."""
    if person is None:
        raise ValidationError({"person": ValidationError("Chọn người dân.", code="person.required")})
    return person


class HistoryResource(SafeResource):
    """The single answers of section B; the lists have their own pages."""

    person = column("person__code", "Mã hồ sơ")

    class Meta(SafeResource.Meta):
        model = HealthHistory
        exclude = ("id", "version", "created_at", "updated_at")


class OfPersonSection:
    """Pages of a section of which each person has one row."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        found = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return ("person", *found) if obj is not None else found


@admin.register(HealthHistory)
class HealthHistoryAdmin(OfPersonSection, PeopleSearch, SectionAdmin):
    """Section B with its lists as the paper has them. Stored by `save_history`."""

    section = SECTION_B
    model_of_section = HealthHistory
    beside = {code: f"{SECTION_B.item(code[:-7]).label}: người mắc" for code in b.EXTRA_STORES if code != "surveyed_on"}
    list_display = ["person", "surveyed_on", "risk_smoking", "risk_alcohol", "risk_physical_activity", "updated_at"]
    list_filter = ["risk_smoking", "risk_alcohol", SexOfPerson, CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person"]
    autocomplete_fields = ["person"]
    resource_classes = [HistoryResource]
    ordering = ["person__sort_name", "pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("person")

    def read(self, obj: HealthHistory) -> dict[str, Any]:
        return facts.section_b(obj.person)

    def code_fieldsets(self, obj: Any) -> list[Any]:
        found = [("Người được hỏi", {"fields": ["person", "surveyed_on"]}), *super().code_fieldsets(obj)]
        for _, options in found:
            if "family_disease_cancer" in options["fields"]:
                options["fields"] = [*options["fields"], *self.beside]
        return found

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        fields = {code: self._field(request, code, store) for code, store in STORES.items()}
        return fields if obj is not None else {"person": person_field(self, request, HealthHistory), **fields}

    def _field(self, request: HttpRequest, code: str, store: str) -> forms.Field:
        table, _, rest = store.partition(".")
        if table == "history":
            field = HealthHistory._meta.get_field(rest)
            return made.column_field(self, request, field, answerable=not field.choices and rest != "surveyed_on")
        if table == "household":
            return made.column_field(self, request, Household._meta.get_field(rest))
        if code in facts.TICKS:
            return made.tick()
        if rest.endswith(".relative"):
            return made.text(150)
        return made.answer_text(lines=True)

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values = form.changed_values()
        person = require_chosen(values.pop("person", None) if form.instance.pk is None else form.instance.person)
        if form.instance.pk and not values:
            return None
        return save_history(
            person=person, values=values, by=request.user, door=DOOR, version=form.cleaned_data.get("version")
        )

    def history_of(self, obj: HealthHistory) -> Iterator[Any]:
        for model in (HealthHistory, *LISTS):
            yield model, {"person_id": obj.person_id}


class LineAdmin(PeopleSearch, DetailAdmin):
    """One line of a list of section B. Its kind and answer are written on the page of the section."""

    list_display = ["person", "kind", "answer", "detail"]
    list_filter = ["answer", "kind", CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "kind"]
    fields = ["person", "kind", "answer", "detail"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person", "kind", "answer")


class KindFilter(admin.SimpleListFilter):
    """Kinds of the list that the table uses, not all codes of all lists."""

    title = "Loại"
    parameter_name = "loai"
    system = ""
    column = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [choice for choice in made.code_choices(self.system) if choice[0]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        code = facts.codes_of(self.system).get(self.value() or "")
        return queryset.filter(**{self.column: code}) if code else queryset


class AllergyKind(KindFilter):
    system = "allergy-kind"


class DiseaseKind(KindFilter):
    system = "own-disease"


class DisabilityKind(KindFilter):
    system = "disability-kind"


class FamilyDisease(DiseaseKind):
    column = "disease_kind"


@admin.register(Allergy)
class AllergyAdmin(LineAdmin):
    list_filter = ["answer", AllergyKind, CommuneOfPerson, VillageOfPerson]


@admin.register(Condition)
class ConditionAdmin(LineAdmin):
    """Here the exact ICD-10 code and the year are added to a tick of the form."""

    list_display = ["person", "kind", "answer", "detail", "icd10", "onset_year"]
    list_filter = ["answer", DiseaseKind, CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "kind", "icd10"]
    fields = ["person", "kind", "answer", "detail", "icd10", "onset_year"]
    autocomplete_fields = ["icd10"]


@admin.register(Disability)
class DisabilityAdmin(LineAdmin):
    list_filter = ["answer", DisabilityKind, CommuneOfPerson, VillageOfPerson]


@admin.register(Surgery)
class SurgeryAdmin(LineAdmin):
    ordering = ["-pk"]  # written last, first: sorting a province by year would read all of it
    list_display = ["person", "body_part", "year"]
    list_filter = [CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person"]
    fields = ["person", "body_part", "year"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person",)


@admin.register(FamilyHistory)
class FamilyHistoryAdmin(LineAdmin):
    list_display = ["person", "kind", "answer", "detail", "relative"]
    list_filter = ["answer", FamilyDisease, CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "allergy_kind", "disease_kind"]
    fields = ["person", "allergy_kind", "disease_kind", "answer", "detail", "relative"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person", "allergy_kind", "disease_kind", "answer")

    @admin.display(description="Loại")
    def kind(self, obj: FamilyHistory) -> str:
        return obj.kind.name
