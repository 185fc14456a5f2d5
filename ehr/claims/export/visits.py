"""Visits entered here with all that belongs to them, many at once: a fixed number of queries a chunk."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ehr.claims.values import VIETNAM
from ehr.records.models import (
    Appointment,
    CareDocument,
    ClinicalNote,
    Delivery,
    Diagnosis,
    Encounter,
    Identifier,
    LabResult,
    Medication,
    Person,
    Procedure,
    Relative,
)

LISTS: dict[str, Any] = {
    "diagnoses": Diagnosis, "medications": Medication, "procedures": Procedure, "labs": LabResult,
    "notes": ClinicalNote, "papers": CareDocument, "appointments": Appointment, "deliveries": Delivery,
}  # fmt: skip
_PLACES = (
    "village__old_commune__parent__parent", "commune", "province", "ethnicity", "nationality", "occupation",
)  # fmt: skip


@dataclass(slots=True)
class Visit:
    """One visit. `numbers`: identifiers of the person, former ones too; `relatives` by role."""

    encounter: Encounter
    person: Person
    numbers: list[Identifier] = field(default_factory=list)
    relatives: dict[str, Relative] = field(default_factory=dict)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    labs: list[LabResult] = field(default_factory=list)
    notes: list[ClinicalNote] = field(default_factory=list)
    papers: list[CareDocument] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def day(self) -> dt.date:
        """The day that decides about standard and period: that of the end, else that of the exam."""
        encounter = self.encounter
        if encounter.ended_at is not None:
            return encounter.ended_at.astimezone(VIETNAM).date()
        return encounter.visit_end_date or encounter.exam_date


def visits(keys: Sequence[int]) -> list[Visit]:
    """These encounters in this order. Eleven queries."""
    found = {row.pk: row for row in Encounter.objects.filter(pk__in=keys).select_related("facility")}
    people = {
        row.pk: row
        for row in Person.objects.filter(pk__in={row.person_id for row in found.values()}).select_related(*_PLACES)
    }
    numbers: dict[int, list[Identifier]] = defaultdict(list)
    for number in Identifier.objects.filter(person__in=people).order_by("pk"):
        numbers[number.person_id].append(number)
    relatives: dict[int, dict[str, Relative]] = defaultdict(dict)
    for relative in Relative.objects.filter(person__in=people, role__in=("mother", "father", "caregiver")):
        relatives[relative.person_id][relative.role] = relative
    made = {
        pk: Visit(row, people[row.person_id], numbers[row.person_id], relatives[row.person_id])
        for pk, row in found.items()
    }
    for name, model in LISTS.items():
        order = ("encounter", "position", "pk") if hasattr(model, "position") else ("encounter", "pk")
        for row in model.objects.filter(encounter__in=found).order_by(*order):
            getattr(made[row.encounter_id], name).append(row)
    return [made[key] for key in keys if key in made]


def paper_of(delivery: Delivery, papers: Sequence[CareDocument]) -> CareDocument | None:
    """The birth paper of this child: by its number; the only one of the visit also without."""
    own = [each for each in papers if each.kind == CareDocument.Kind.BIRTH]
    named = next((each for each in own if each.number == delivery.certificate_number), None)
    return named or (own[0] if len(own) == 1 else None)
