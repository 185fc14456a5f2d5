"""What was done at visits beyond form 831, to look through: drugs, services, notes, papers, appointments, births."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ehr.common.resources import SafeResource
from ehr.records.admin.base import LookOnlyAdmin, column
from ehr.records.admin.encounter import OfEncounterAdmin
from ehr.records.admin.filters import CommuneOfEncounter, CommuneOfPerson
from ehr.records.admin.search import PeopleSearch
from ehr.records.models import Appointment, CareDocument, ClinicalNote, Delivery, Medication, Procedure


@admin.register(Medication)
class MedicationAdmin(OfEncounterAdmin):
    list_display = ["person", "encounter", "name", "strength", "quantity", "unit", "dosage"]
    list_filter = ["programme", CommuneOfEncounter]
    list_select_related = ["encounter__person"]


@admin.register(Procedure)
class ProcedureAdmin(OfEncounterAdmin):
    list_display = ["person", "encounter", "group", "name", "code", "performed_at"]
    list_filter = ["group", CommuneOfEncounter]
    list_select_related = ["encounter__person"]


@admin.register(ClinicalNote)
class ClinicalNoteAdmin(OfEncounterAdmin):
    list_display = ["person", "encounter", "written_at", "progress"]
    list_filter = [CommuneOfEncounter]
    list_select_related = ["encounter__person"]


class OfVisitResource(SafeResource):
    """Columns that rows of people from visits share."""

    person = column("person__code", "Mã hồ sơ")
    facility = column("facility__name", "Cơ sở")


class DocumentResource(OfVisitResource):
    kind = column("get_kind_display", "Loại giấy")

    class Meta(SafeResource.Meta):
        model = CareDocument
        exclude = ("id", "encounter", "source_key", "position", "created_at", "updated_at")


class AppointmentResource(OfVisitResource):
    state = column("get_state_display", "Trạng thái")

    class Meta(SafeResource.Meta):
        model = Appointment
        exclude = ("id", "encounter", "created_at", "updated_at")


class DeliveryResource(OfVisitResource):
    class Meta(SafeResource.Meta):
        model = Delivery
        exclude = ("id", "encounter", "child", "created_at", "updated_at")


class FromVisitAdmin(PeopleSearch, LookOnlyAdmin):
    """Rows of people that a visit gave rise to."""

    list_select_related = ["person", "facility"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)


@admin.register(CareDocument)
class CareDocumentAdmin(FromVisitAdmin):
    list_display = ["person", "kind", "number", "issued_on", "facility", "facility_name"]
    list_filter = ["kind", CommuneOfPerson]
    resource_classes = [DocumentResource]


@admin.register(Appointment)
class AppointmentAdmin(FromVisitAdmin):
    list_display = ["person", "on", "state", "number", "facility", "facility_name"]
    list_filter = ["state", CommuneOfPerson]
    resource_classes = [AppointmentResource]


@admin.register(Delivery)
class DeliveryAdmin(FromVisitAdmin):
    list_display = ["person", "born_on", "child_name", "weight_g", "live_birth"]
    list_filter = ["live_birth", CommuneOfPerson]
    resource_classes = [DeliveryResource]
