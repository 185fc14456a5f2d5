"""Reading programmes of one person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from ehr.programmes.models import (
    Abortion,
    AdverseEvent,
    Contraception,
    HealthCheck,
    IndicatorSetting,
    NcdRegistration,
    NcdVisit,
    Pregnancy,
)
from ehr.programmes.rules import target_of
from ehr.records.models import Encounter, Person


@dataclass(frozen=True, slots=True)
class Programmes:
    """Everything about one person, latest first."""

    pregnancies: list[Pregnancy]
    books: list[NcdRegistration]
    checks: list[HealthCheck]
    contraceptions: list[Contraception]
    abortions: list[Abortion]
    reactions: list[AdverseEvent]


def programmes_of(person: Person) -> Programmes:
    """Seven queries."""
    marks = NcdVisit.objects.select_related("encounter").order_by("-encounter__exam_date", "-pk")
    books = NcdRegistration.objects.filter(person=person).prefetch_related(Prefetch("visits", marks))
    checks = HealthCheck.objects.filter(encounter__person=person, encounter__status=Encounter.Status.FINISHED)
    reactions = AdverseEvent.objects.filter(immunization__person=person)
    return Programmes(
        list(Pregnancy.objects.filter(person=person)),
        list(books.order_by("disease", "-registered_on")),
        list(checks.select_related("encounter__facility").order_by("-encounter__exam_date")),
        list(Contraception.objects.filter(person=person)),
        list(Abortion.objects.filter(person=person)),
        list(reactions.select_related("immunization__vaccine")),
    )


def open_books(person: Person, day: dt.date) -> list[NcdRegistration]:
    """Lines of disease books that were open on the day. One query."""
    rows = NcdRegistration.objects.filter(person=person, registered_on__lte=day).order_by("disease", "pk")
    return [row for row in rows if row.left_on is None or row.left_on >= day]


def setting(key: str, day: dt.date, default: Any = None) -> Any:
    """The dated value of an indicator on a day; `default` when there is none. One query."""
    row = IndicatorSetting.objects.valid_on(day).filter(key=key).order_by("-valid_from").first()
    return default if row is None else row.value


def proposed_target(book: NcdRegistration, visit: Encounter, books: list[NcdRegistration]) -> str:
    """The mark that the measured blood pressure speaks for; the clinician's own mark wins (REQ-NCD-03)."""
    if book.disease != NcdRegistration.Disease.HYPERTENSION:
        return "2"
    diabetic = any(other.disease == NcdRegistration.Disease.DIABETES for other in books)
    limits = setting("bp-target-diabetes" if diabetic else "bp-target", visit.exam_date, [])
    pressure = (visit.bp_systolic, visit.bp_diastolic)
    return target_of(book.disease, pressure=pressure, pressure_below=limits)
