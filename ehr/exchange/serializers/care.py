"""What was done at a visit beyond form 831, as JSON to read: drugs, services, notes, papers, appointments, births."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from rest_framework import serializers

from ehr.exchange.serializers.shape import ShapeSerializer, column_field, shape
from ehr.records.models import (
    Appointment,
    CareDocument,
    ClinicalNote,
    Delivery,
    Encounter,
    LabResult,
    Medication,
    Procedure,
)


def read_field(column: models.Field) -> Any:
    """The JSON field of a column that partners only read."""
    label = str(column.verbose_name)
    if isinstance(column, models.DateTimeField):
        return serializers.DateTimeField(read_only=True, label=label)
    if isinstance(column, models.JSONField):
        lines = serializers.ListField(child=serializers.CharField())
        return serializers.ListField(child=lines, read_only=True, label=label, help_text="[[đề mục, nội dung], …]")
    return column_field(column, read_only=True, label=label)


def _shape(model: type[models.Model], names: Iterable[str], doc: str) -> type[ShapeSerializer]:
    columns = {name: read_field(model._meta.get_field(name)) for name in names}  # type: ignore[arg-type]
    return shape(model.__name__, columns, doc)


MedicationLine = _shape(
    Medication,
    ("drug_code", "name", "strength", "dose_form", "unit", "route_code", "dosage", "instruction", "quantity",
     "registration_number", "prescribed_at", "dispensed_at", "prescriber_code", "programme"),
    "Một thuốc của lượt khám.",
)  # fmt: skip
ProcedureLine = _shape(
    Procedure,
    ("group", "code", "name", "icd9_code", "body_site", "anaesthesia", "quantity", "ordered_at", "performed_at",
     "performer_code"),
    "Một dịch vụ kỹ thuật đã làm.",
)  # fmt: skip
NoteLine = _shape(
    ClinicalNote, ("written_at", "author_code", "progress", "stage", "consultation", "operation"),
    "Một lần ghi diễn biến lâm sàng.",
)  # fmt: skip
DocumentLine = _shape(
    CareDocument, ("kind", "number", "issued_on", "to_facility", "sections"), "Một giấy tờ của lượt khám."
)
AppointmentLine = _shape(Appointment, ("on", "number", "reason", "state"), "Một lần hẹn khám lại.")
DeliveryLine = _shape(
    Delivery,
    ("child_name", "child_sex", "born_at", "born_on", "weight_g", "gestation_weeks", "parity", "children_born",
     "living_children", "caesarean", "under_32_weeks", "live_birth", "child_state", "place", "attendant",
     "certificate_number"),
    "Một con sinh ra.",
)  # fmt: skip
#: Name in the answer: (accessor of the visit, shape).
LISTS: dict[str, tuple[str, type[ShapeSerializer]]] = {
    "medications": ("medication_set", MedicationLine),
    "procedures": ("procedure_set", ProcedureLine),
    "notes": ("clinicalnote_set", NoteLine),
    "documents": ("caredocument_set", DocumentLine),
    "appointments": ("appointment_set", AppointmentLine),
    "deliveries": ("delivery_set", DeliveryLine),
}
#: Columns of the visit that came with an insurance claim, codes as sent.
TOLD = (
    "source", "source_note", "started_at", "ended_at", "admitted_at", "care_class", "payment_code", "admission_route",
    "admission_reason", "diagnosis_in", "treatment", "outcome_code", "discharge_code", "department_code",
    "injury_code", "referred_from", "referred_to", "referral_number", "record_number", "patient_number",
    "patient_address",
)  # fmt: skip
OF_LAB = ("index_code", "description", "conclusion", "resulted_at")


def fields_of_visit() -> dict[str, Any]:
    """Everything above as fields of the answer about a visit."""
    found = {name: read_field(Encounter._meta.get_field(name)) for name in TOLD}  # type: ignore[arg-type]
    for name, (_, line) in LISTS.items():
        found[name] = line(many=True, read_only=True)
    return found


def fields_of_lab() -> dict[str, Any]:
    """What a claim tells of a result besides its value."""
    return {name: read_field(LabResult._meta.get_field(name)) for name in OF_LAB}  # type: ignore[arg-type]


def values_of(visit: Encounter) -> dict[str, Any]:
    """The values behind `fields_of_visit`. No query for a visit whose lists were prefetched."""
    told = {name: getattr(visit, name) for name in TOLD}
    return told | {name: list(getattr(visit, accessor).all()) for name, (accessor, _) in LISTS.items()}


PREFETCHED = tuple(accessor for accessor, _ in LISTS.values())
