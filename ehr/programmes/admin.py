"""Programmes in the admin: rare corrections of episodes, marks and checks to look at, the dated values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ehr.common.admin import ListAdmin
from ehr.common.resources import SafeResource
from ehr.programmes.models import (
    Abortion,
    AdverseEvent,
    Contraception,
    GrowthStandard,
    HealthCheck,
    IndicatorSetting,
    NcdRegistration,
    NcdVisit,
    Pregnancy,
)
from ehr.programmes.services import KINDS, save_episode, save_reaction
from ehr.programmes.services.reactions import COLUMNS as REACTION
from ehr.records.admin import forms as made
from ehr.records.admin.base import DOOR, FlatAdmin, LookOnlyAdmin, column
from ehr.records.admin.filters import CommuneOfEncounter, CommuneOfPerson, SexOfPerson, VillageOfPerson
from ehr.records.admin.history import OfPersonSection, person_field, require_chosen
from ehr.records.admin.search import PeopleSearch
from ehr.records.services import Saved


def columns_of(model: Any, *names: str) -> type[SafeResource]:
    """An export of these columns beside the record code of the person."""
    meta = type("Meta", (SafeResource.Meta,), {"model": model, "fields": ("person", *names)})
    return type(
        f"{model.__name__}Resource", (SafeResource,), {"person": column("person__code", "Mã hồ sơ"), "Meta": meta}
    )


class EpisodeAdmin(OfPersonSection, PeopleSearch, FlatAdmin):
    """One episode of a person, stored by `save_episode`."""

    kind = ""
    list_filter: list[Any] = [CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person"]
    ordering = ["-pk"]  # written last, first: sorting a province by date would read all of it
    autocomplete_fields = ["person", "facility"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("person", "facility")

    def read(self, obj: Any) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in KINDS[self.kind].columns}

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        columns = KINDS[self.kind].columns
        fields = {name: made.column_field(self, request, self.model._meta.get_field(name)) for name in columns}
        return fields if obj is not None else {"person": person_field(self, request, self.model), **fields}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [(None, {"fields": ["person", *made.in_pairs(list(KINDS[self.kind].columns))]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("person", *KINDS[self.kind].columns)
        return super().get_readonly_fields(request, obj)

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values = form.changed_values()
        stored = form.instance if form.instance.pk else None
        person = require_chosen(values.pop("person", None) if stored is None else stored.person)
        if stored is not None and not values:
            return None
        return save_episode(
            kind=self.kind, person=person, values=values, by=request.user, door=DOOR, episode=stored,
            version=form.cleaned_data.get("version"),
        )  # fmt: skip


@admin.register(Pregnancy)
class PregnancyAdmin(EpisodeAdmin):
    """Pregnancies; children born stand with the deliveries of the record."""

    kind = "pregnancy"
    list_display = ["person", "registered_on", "due_on", "risk", "outcome", "ended_on"]
    list_filter = ["outcome", "risk", CommuneOfPerson, VillageOfPerson]
    resource_classes = [
        columns_of(
            Pregnancy, "registered_on", "last_period_on", "due_on", "gravida", "para", "risk", "outcome", "ended_on",
            "birth_place", "birth_attendant", "complication", "note",
        )
    ]  # fmt: skip


@admin.register(NcdRegistration)
class NcdRegistrationAdmin(EpisodeAdmin):
    """Lines of the disease books."""

    kind = "ncd"
    list_display = ["person", "disease", "registered_on", "status", "left_on"]
    list_filter = ["disease", "status", SexOfPerson, CommuneOfPerson, VillageOfPerson]
    resource_classes = [
        columns_of(
            NcdRegistration, "disease", "icd10_code", "detected_on", "registered_on", "status", "left_on",
            "left_reason", "note",
        )
    ]  # fmt: skip


@admin.register(Contraception)
class ContraceptionAdmin(EpisodeAdmin):
    kind = "contraception"
    list_display = ["person", "method", "started_on", "ended_on"]
    list_filter = ["method", CommuneOfPerson, VillageOfPerson]
    resource_classes = [
        columns_of(Contraception, "method", "started_on", "ended_on", "end_reason", "provider", "complication", "note")
    ]


@admin.register(Abortion)
class AbortionAdmin(EpisodeAdmin):
    kind = "abortion"
    list_display = ["person", "done_on", "gestation_weeks", "method"]
    list_filter = ["method", CommuneOfPerson, VillageOfPerson]
    resource_classes = [
        columns_of(Abortion, "done_on", "gestation_weeks", "method", "performer", "complication", "note")
    ]


class VisitFactsAdmin(PeopleSearch, LookOnlyAdmin):
    """Facts of a visit, to look through; they are written on the page of the visit."""

    person_path = "encounter__person_id"
    search_prefix = "encounter__person__"
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("encounter__person")

    @admin.display(description="Người dân")
    def person(self, obj: Any) -> str:
        return str(obj.encounter.person)

    @admin.display(description="Ngày khám")
    def exam_date(self, obj: Any) -> Any:
        return obj.encounter.exam_date


class NcdVisitResource(SafeResource):
    person = column("encounter__person__code", "Mã hồ sơ")
    exam_date = column("encounter__exam_date", "Ngày khám")
    registration = column("registration", "Sổ quản lý")

    class Meta(SafeResource.Meta):
        model = NcdVisit
        fields = ("person", "exam_date", "registration", "target", "glucose_mmol_l", "hba1c_percent", "medicine")


@admin.register(NcdVisit)
class NcdVisitAdmin(VisitFactsAdmin):
    list_display = ["person", "exam_date", "registration", "target", "glucose_mmol_l", "hba1c_percent", "medicine"]
    list_filter = ["target", "registration__disease", CommuneOfEncounter]
    list_select_related = ["registration"]
    resource_classes = [NcdVisitResource]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("encounter__person", "registration")


class HealthCheckResource(SafeResource):
    person = column("encounter__person__code", "Mã hồ sơ")
    exam_date = column("encounter__exam_date", "Ngày khám")

    class Meta(SafeResource.Meta):
        model = HealthCheck
        fields = ("person", "exam_date", "target_groups", "funding", "health_class", "school_year", "conclusion")


@admin.register(HealthCheck)
class HealthCheckAdmin(VisitFactsAdmin):
    list_display = ["person", "exam_date", "target_groups", "funding", "health_class", "school_year"]
    list_filter = ["health_class", "funding", CommuneOfEncounter]
    resource_classes = [HealthCheckResource]


class AdverseEventResource(SafeResource):
    person = column("immunization__person__code", "Mã hồ sơ")
    vaccine = column("immunization__vaccine__name", "Vắc xin")

    class Meta(SafeResource.Meta):
        model = AdverseEvent
        fields = ("person", "vaccine", "severity", "occurred_at", "reported_at", "description")


@admin.register(AdverseEvent)
class AdverseEventAdmin(PeopleSearch, FlatAdmin):
    """Reactions to doses, stored by `save_reaction`."""

    person_path = "immunization__person_id"
    search_prefix = "immunization__person__"
    list_display = ["person", "immunization", "severity", "occurred_at", "reported_at"]
    list_filter = ["severity"]
    ordering = ["-pk"]
    autocomplete_fields = ["immunization"]
    resource_classes = [AdverseEventResource]
    fieldsets = [(None, {"fields": ["immunization", "severity", "occurred_at", "reported_at", "description"]})]

    @admin.display(description="Người dân")
    def person(self, obj: AdverseEvent) -> str:
        return str(obj.immunization.person)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("immunization__person", "immunization__vaccine")

    def read(self, obj: AdverseEvent) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in REACTION}

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        fields = {name: made.column_field(self, request, AdverseEvent._meta.get_field(name)) for name in REACTION}
        if obj is not None:
            return fields
        dose = made.column_field(self, request, AdverseEvent._meta.get_field("immunization"))
        dose.queryset = dose.queryset.visible_to(request.user).filter(status="given")
        dose.required = True
        return {"immunization": dose, **fields}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("immunization",) if self.has_change_permission(request, obj) else ("immunization", *REACTION)

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values = form.changed_values()
        stored = form.instance if form.instance.pk else None
        dose = values.pop("immunization", None) if stored is None else stored.immunization
        if stored is not None and not values:
            return None
        return save_reaction(
            immunization=dose, values=values, by=request.user, door=DOOR, event=stored,
            version=form.cleaned_data.get("version"),
        )  # fmt: skip

    def history_of(self, obj: AdverseEvent) -> Iterator[Any]:
        yield AdverseEvent, {"id": obj.pk}


@admin.register(GrowthStandard)
class GrowthStandardAdmin(ListAdmin):
    """Rows of the standards; they come with the reference data."""

    delete_right = ""
    list_display = ["standard", "measure", "sex", "age_days", "power", "median", "variation"]
    list_filter = ["standard", "measure", "sex"]
    search_fields = ["=age_days"]


@admin.register(IndicatorSetting)
class IndicatorSettingAdmin(ListAdmin):
    """A new value is a new row with its first day: reports of past months keep the old one."""

    delete_right = ""
    list_display = ["name", "key", "value", "valid_from", "valid_to", "source"]
    search_fields = ["name__icontains", "key__istartswith"]
    fieldsets = [
        (None, {"fields": ["key", "name", "value", "source"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]
