"""Storing what a claim asks of a visit entered here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ehr.audit import services as audit
from ehr.claims.export.visit.births import check_births, plan_births
from ehr.claims.prices.models import PriceItem
from ehr.common import events
from ehr.common.problems import Problem, raise_errors
from ehr.common.transactions import saving
from ehr.records.models import (
    Appointment,
    CareDocument,
    ClinicalNote,
    Encounter,
    Identifier,
    LabResult,
    Medication,
    Procedure,
)  # fmt: skip
from ehr.records.services.common import Saved, lock, require_person
from ehr.records.services.lines import LineChanges
from ehr.records.services.rows import save_row
from stations.models import User

#: Columns of the visit that the page types.
COLUMNS = (
    "started_at", "ended_at", "care_class", "payment_code", "outcome_code", "discharge_code", "diagnosis_in",
    "treatment", "department_code", "record_number", "doctor_code", "referred_to", "referral_number",
)  # fmt: skip
#: Columns of the card that paid.
CARD = ("coverage_from", "coverage_to", "primary_facility")
_GROUPS = {str(value) for value in Procedure.Group.values}
_SUPPLIES = {"10", "11"}


@dataclass(slots=True)
class VisitFacts:
    """Everything that the page types. `ordered_at`: of all drugs and services. `services`: [{item, quantity, performer,
    performed_at, resulted_at}]; `listed`: codes that could be chosen, others stay as they are. `papers`: {kind:
    (number, [[heading, text]])}, empty texts left out. `births`: as `births.births_in` has them. `card`: period and
    first facility of the card, None: no card."""

    columns: dict[str, Any]
    ordered_at: dt.datetime | None = None
    services: Sequence[Mapping[str, Any]] = ()
    listed: frozenset[str] = frozenset()
    next_on: dt.date | None = None
    next_number: str = ""
    progress: str = ""
    papers: dict[str, tuple[str, list[list[str]]]] = field(default_factory=dict)
    card: dict[str, Any] | None = None
    births: Sequence[Mapping[str, Any]] = ()


@saving
def save_visit_facts(
    *, encounter: Encounter, facts: VisitFacts, by: User | None, door: str, version: int | None = None,
    card: Identifier | None = None,
) -> Saved:  # fmt: skip
    """Stores what a claim asks of the visit; `card`: the row of the card that `facts.card` is about. Raises
    ValidationError, StaleError, PermissionDenied."""
    require_person(by, encounter.person)
    person, facility = encounter.person, encounter.facility_id
    encounter = lock(Encounter.objects.filter(person=person), encounter.pk, version)
    if encounter.status == Encounter.Status.ERROR or encounter.source != Encounter.Source.STATION:
        raise_errors([Problem("", "encounter.not_ours", "Chỉ bổ sung được lượt khám nhập tại trạm, chưa hủy.")])
    raise_errors([*_check(facts), *check_births(facts.births, encounter, person)])
    for name, value in facts.columns.items():
        setattr(encounter, name, value)
    encounter.version += 1
    encounter.clean_fields(exclude=["person", "bmi", "facility"])
    lines = LineChanges()
    services = [_procedure(row, facts) for row in facts.services]
    procedures = Procedure.objects.filter(encounter=encounter, code__in=facts.listed).order_by("position", "pk")
    lines.plan(procedures, services, partial(Procedure, encounter=encounter), field="services")
    notes = ClinicalNote.objects.filter(encounter=encounter).order_by("position", "pk")
    lines.plan(notes, _notes(encounter, facts), partial(ClinicalNote, encounter=encounter), field="progress")
    made = {"person": person, "encounter": encounter, "facility_id": facility}
    coming = Appointment.objects.filter(encounter=encounter).order_by("pk")
    wanted = [{"on": facts.next_on, "number": facts.next_number}] if facts.next_on else []
    lines.plan(coming, wanted, partial(Appointment, **made), field="next_on")
    for kind, (number, sections) in facts.papers.items():
        papers = CareDocument.objects.filter(encounter=encounter, kind=kind).order_by("pk")
        left = encounter.ended_at.date() if encounter.ended_at else encounter.exam_date
        paper = {"kind": kind, "number": number, "issued_on": left, "sections": sections,
                 "to_facility": encounter.referred_to if kind == CareDocument.Kind.REFERRAL else ""}  # fmt: skip
        lines.plan(papers, [paper] if sections else [], partial(CareDocument, **made), field=kind)
    plan_births(lines, facts.births, encounter, person)
    with audit.context(by=by, door=door):
        encounter.save()
        lines.write()
        Medication.objects.filter(encounter=encounter).exclude(prescribed_at=facts.ordered_at).update(
            prescribed_at=facts.ordered_at
        )
        for row in facts.services:
            LabResult.objects.filter(encounter=encounter, service_code=row["item"].code).update(
                resulted_at=row.get("resulted_at")
            )
    if card is not None and facts.card is not None and any(getattr(card, key) != facts.card[key] for key in CARD):
        for key in CARD:
            setattr(card, key, facts.card[key])
        save_row(row=card, by=by, door=door)
    events.publish_on_commit("encounter_saved", person_id=person.pk, encounter_id=encounter.pk)
    return Saved(encounter)


def _check(facts: VisitFacts) -> Any:
    """Times in their order; the other rules are those of the claim and speak when the visit leaves."""
    start, end, ordered = facts.columns.get("started_at"), facts.columns.get("ended_at"), facts.ordered_at
    card = facts.card or {}
    if card.get("coverage_from") and card.get("coverage_to") and card["coverage_to"] <= card["coverage_from"]:
        yield Problem("coverage_to", "coverage_to.order", "Thẻ hết hạn trước ngày bắt đầu: xem lại hai ngày này.")
    if start and end and end < start:
        yield Problem("ended_at", "ended_at.order", "Ra trước khi vào: xem lại hai giờ này.")
    if ordered and ((start and ordered < start) or (end and ordered > end)):
        yield Problem("ordered_at", "ordered_at.order", "Giờ chỉ định, kê đơn phải nằm giữa giờ vào và giờ ra.")


def _procedure(row: Mapping[str, Any], facts: VisitFacts) -> dict[str, Any]:
    item: PriceItem = row["item"]
    group = "10" if item.group in _SUPPLIES else item.group if item.group in _GROUPS else str(Procedure.Group.OTHER)
    return {
        "group": group, "code": item.code, "name": item.name, "quantity": row.get("quantity") or 1,
        "performer_code": row.get("performer") or "", "ordered_at": facts.ordered_at,
        "performed_at": row.get("performed_at"),
    }  # fmt: skip


def _notes(encounter: Encounter, facts: VisitFacts) -> list[dict[str, Any]]:
    if not facts.progress:
        return []
    at = facts.ordered_at or encounter.started_at
    return [{"progress": facts.progress, "written_at": at, "author_code": encounter.doctor_code}]
