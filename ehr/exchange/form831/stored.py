"""Records of many people with all four sections: a fixed number of queries, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from ehr.common.answers import Answer
from ehr.records import facts
from ehr.records.bulk.reading import Stored
from ehr.records.models import (
    Appointment,
    CareDocument,
    ClinicalNote,
    Delivery,
    Encounter,
    Identifier,
    Medication,
    Procedure,
)
from ehr.vaccination.models import Immunization, VaccinationRecord
from ehr.vaccination.queries import mother_doses

#: What hospitals tell about a visit beyond form 831, with the words for it.
CARE: tuple[tuple[Any, str], ...] = (
    (Medication, "thuốc"), (Procedure, "dịch vụ kỹ thuật"), (ClinicalNote, "diễn biến"), (CareDocument, "giấy tờ"),
    (Appointment, "hẹn khám lại"), (Delivery, "sinh con"),
)  # fmt: skip


@dataclass(slots=True)
class Record:
    """One person: sections as `ehr.records.facts` gives them. `kinds`: rows behind the lists of section B. `care`: how
    many rows of each kind of care its visits have. `other_numbers`: current numbers that section A does not show."""

    person_id: int
    code: str
    a: dict[str, Any]
    b: dict[str, Any]
    kinds: dict[tuple[str, str], list[Any]]
    doses: list[Immunization] = field(default_factory=list)
    mother: Answer = Answer.NOT_ASKED
    visits: list[dict[str, Any]] = field(default_factory=list)
    care: dict[str, int] = field(default_factory=dict)
    other_numbers: int = 0


def records(people: Sequence[tuple[int, str]]) -> Iterator[Record]:
    """Records of these people, (key, code) each, in their order. About thirty queries for all."""
    keys = [key for key, _ in people]
    stored = Stored([], keys, with_history=True, lock=False)
    doses: dict[int, list[Immunization]] = defaultdict(list)
    rows = Immunization.objects.filter(person__in=keys).select_related("form_row", "vaccine", "facility")
    for dose in rows.order_by("table", "form_row__position", "vaccine", "dose_number", "pk"):
        doses[dose.person_id].append(dose)
    mothers = {row.person_id: mother_doses(row) for row in VaccinationRecord.objects.filter(person__in=keys)}
    visits: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for encounter in _encounters(keys):
        visits[encounter.person_id].append(facts.section_d(encounter))
    care = _care(keys)
    for key, code in people:
        person, history = stored.people.get(key), stored.histories.get(key)
        if person is None or history is None:
            continue
        history.household = person.household
        yield Record(
            person_id=key, code=code, a=person.values(), b=history.values(),
            kinds=facts.lines_by_kind(history.lists), doses=doses[key],
            mother=mothers.get(key, Answer.NOT_ASKED), visits=visits[key], care=care[key],
            other_numbers=_others(person.identifiers),
        )  # fmt: skip


def _encounters(keys: list[int]) -> Iterator[Encounter]:
    rows = Encounter.objects.filter(person__in=keys, status=Encounter.Status.FINISHED).select_related("facility")
    lists = ("examfinding_set", "labresult_set__group", "labresult_set__loinc", "diagnosis_set")
    yield from rows.order_by("exam_date", "pk").prefetch_related(*lists)


def _care(keys: list[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for model, word in CARE:
        rows = model.objects.filter(encounter__person__in=keys, encounter__status=Encounter.Status.FINISHED)
        for key, count in rows.order_by().values_list("encounter__person").annotate(n=Count("pk")):
            found[key][word] = count
    return found


def _others(rows: Sequence[Any]) -> int:
    """Current numbers of identity beyond the one that the form has a line for."""
    shown = [row for row in rows if row.valid_to is None and row.kind in facts.IDENTITY_KINDS]
    extra = [row for row in rows if row.valid_to is None and row.kind in _UNSEEN]
    return max(0, len(shown) - 1) + len(extra)


_UNSEEN = frozenset({Identifier.Kind.HOUSEHOLD, Identifier.Kind.TEMPORARY})
