"""Rows of a visit that its own form does not edit: drugs, services, notes."""

from __future__ import annotations

from ehr.records.admin.base import ReadOnlyInline
from ehr.records.models import ClinicalNote, Medication, Procedure


class MedicationInline(ReadOnlyInline):
    model = Medication
    fields = ["name", "strength", "quantity", "unit", "dosage", "instruction", "dispensed_at"]


class ProcedureInline(ReadOnlyInline):
    model = Procedure
    fields = ["group", "name", "code", "quantity", "performed_at"]


class NoteInline(ReadOnlyInline):
    model = ClinicalNote
    fields = ["written_at", "progress", "stage", "consultation", "operation"]


INLINES = (MedicationInline, ProcedureInline, NoteInline)
