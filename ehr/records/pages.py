"""What the record itself adds to a person's pages: its tabs and its entries of the timeline."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.timezone import localdate

from ehr.records import care, words
from ehr.records.models import (
    Appointment,
    CareDocument,
    Delivery,
    Diagnosis,
    Encounter,
    HealthHistory,
    Medication,
    Membership,
    Person,
)
from ehr.records.timeline import Entry, PersonTab, register_source, register_tab

MOST_DRUGS = 6  # named in one line of the timeline
STATUS_WORDS = {"finished": "", "open": " (đang khám, chưa kết thúc)", "error": " (đã hủy: nhập nhầm)"}


def register() -> None:
    """Called once when the apps are ready."""
    register_tab(PersonTab("A", "A. Hành chính", "records:person", 10))
    register_tab(PersonTab("B", "B. Tiền sử", "records:history", 20, _histories))
    register_tab(PersonTab("D", "D. Khám", "records:encounters", 40, _encounters))
    register_tab(PersonTab("timeline", "Diễn biến", "records:timeline", 50))
    register_source("record", record_entries)
    register_source("encounters", encounter_entries)


def _histories() -> Case:
    """1 when section B was begun."""
    begun = HealthHistory.objects.filter(person=OuterRef("pk"))
    return Case(When(Exists(begun), then=Value(1)), default=Value(0), output_field=IntegerField())


def _encounters() -> Coalesce:
    rows = Encounter.objects.filter(person=OuterRef("pk"), status=Encounter.Status.FINISHED).order_by()
    return Coalesce(Subquery(rows.values("person").annotate(n=Count("pk")).values("n")), 0)


def record_entries(person: Person) -> Iterator[Entry]:
    """Birth, opening of the record, households, moving away, death. One query."""
    if person.birth_date:
        yield Entry(person.birth_date, "person", "Ngày sinh", precision=person.birth_precision)
    yield Entry(localdate(person.created_at), "person", "Lập hồ sơ")
    if person.moved_out_on:
        yield Entry(person.moved_out_on, "person", "Chuyển đi", person.moved_out_to)
    if person.death_date:
        yield Entry(person.death_date, "person", "Qua đời")
    for row in Membership.objects.filter(person=person).select_related("household", "relation"):
        url = reverse("records:household", args=[row.household_id])
        if row.valid_from:
            yield Entry(
                row.valid_from, "household", f"Vào {row.household}", row.relation.name if row.relation else "", url
            )
        if row.valid_to:
            yield Entry(row.valid_to, "household", f"Ra khỏi {row.household}", "", url)


def encounter_entries(person: Person) -> Iterator[Entry]:
    """Visits with their diagnoses and drugs, days to come back, births, papers without a visit. Six queries."""
    visits = list(Encounter.objects.filter(person=person).select_related("facility"))
    names: dict[int, list[str]] = {}
    for row in Diagnosis.objects.filter(encounter__in=visits):
        names.setdefault(row.encounter_id, []).append(row.conclusion if row.conclusion and not row.name else str(row))
    drugs: dict[int, list[str]] = {}
    for encounter, name in (
        Medication.objects.filter(encounter__in=visits).order_by("position").values_list("encounter_id", "name")
    ):
        drugs.setdefault(encounter, []).append(name)
    for visit in visits:
        place = visit.facility.name if visit.facility else visit.facility_name
        taken = drugs.get(visit.pk, [])
        more = f" và {len(taken) - MOST_DRUGS} thuốc khác" if len(taken) > MOST_DRUGS else ""
        parts = [
            *names.get(visit.pk, []),
            f"Thuốc: {', '.join(taken[:MOST_DRUGS])}{more}" if taken else "",
            place,
            "Theo hồ sơ BHYT" if visit.source == Encounter.Source.CLAIM else "",
        ]
        title = words.word("MA_LOAI_KCB", visit.care_class, visit.exam_date) or visit.get_kind_display()
        url = reverse("records:encounter", args=[person.code, visit.pk])
        text = "; ".join(part for part in parts if part)
        yield Entry(visit.exam_date, "encounter", title + STATUS_WORDS[visit.status], text, url)
    yield from _care_entries(person)


def _care_entries(person: Person) -> Iterator[Entry]:
    """Three queries."""
    counted = Q(encounter=None) | ~Q(encounter__status=Encounter.Status.ERROR)
    for row in Appointment.objects.filter(counted, person=person).select_related("facility"):
        parts = [row.reason, care.place_of(row), row.get_state_display()]
        yield Entry(row.on, "appointment", "Hẹn khám lại", "; ".join(part for part in parts if part))
    for birth in Delivery.objects.filter(counted, person=person).select_related("facility", "child"):
        weight = f"{birth.weight_g} g" if birth.weight_g else ""
        parts = ["" if birth.live_birth else "không sinh sống", birth.child_name, weight, care.place_of(birth)]
        yield Entry(birth.born_on, "delivery", "Sinh con", "; ".join(part for part in parts if part))
    for paper in CareDocument.objects.filter(person=person, encounter=None, issued_on__isnull=False):
        text = "; ".join(f"{heading}: {words_}" for heading, words_ in paper.sections[:3])
        yield Entry(paper.issued_on, "document", str(paper), text)
