"""Writing pregnancies, lines of the disease books, contraception, abortions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.problems import Problem, raise_errors
from ehr.common.transactions import saving
from ehr.programmes import rules
from ehr.programmes.models import Abortion, Contraception, NcdRegistration, Pregnancy
from ehr.records.models import Delivery, Person
from ehr.records.services.common import Saved, empty_value, lock, require_person
from stations.models import User

Check = Callable[..., Iterable[Problem]]
CHILD = ("child_name", "child_sex", "weight_g", "gestation_weeks", "caesarean", "live_birth")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of episode: its table, the columns that doors write, its rules."""

    model: Any
    columns: tuple[str, ...]
    check: Check


_PLACE = ("facility", "facility_name", "note")
KINDS: dict[str, Kind] = {
    "pregnancy": Kind(
        Pregnancy,
        (
            "registered_on", "last_period_on", "due_on", "gravida", "para", "risk", "risk_note", "hiv_tested",
            "syphilis_tested", "hepatitis_b_tested", "outcome", "ended_on", "birth_place", "birth_attendant",
            "complication", *_PLACE,
        ),
        rules.check_pregnancy,
    ),
    "ncd": Kind(
        NcdRegistration,
        (
            "disease", "icd10_code", "detected_on", "registered_on", "status", "left_on", "left_reason", *_PLACE,
        ),
        rules.check_registration,
    ),
    "contraception": Kind(
        Contraception,
        (
            "method", "started_on", "living_children", "ended_on", "end_reason", "provider", "complication", *_PLACE,
        ),
        rules.check_contraception,
    ),
    "abortion": Kind(
        Abortion,
        (
            "done_on", "gestation_weeks", "living_children", "method", "tissue_checked", "performer", "complication",
            "follow_up_on", *_PLACE,
        ),
        rules.check_abortion,
    ),
}  # fmt: skip


def owner_of(person: Person) -> rules.Owner:
    """What the rules ask of a person."""
    return rules.Owner(person.sex, person.birth_date, person.birth_precision, person.death_date)


@saving
def save_episode(
    *,
    kind: str,
    person: Person,
    values: Mapping[str, Any],
    by: User | None,
    door: str,
    episode: Any = None,
    version: int | None = None,
    children: Sequence[Mapping[str, Any]] | None = None,
    today: dt.date | None = None,
) -> Saved:
    """Checks, stores and logs one episode of `kind` (a key of KINDS).

    `values`: columns of the kind; absent ones stay. `children`: for a pregnancy that ended with a birth, one line for
    each child {child_name, child_sex, weight_g, gestation_weeks, caesarean, live_birth}; they become deliveries of the
    woman on `ended_on`, in place of those stored for that day; None leaves them. A due date that is empty follows from
    the last period. What equals the stored row is not written again.
    Returns the row and the warnings. Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, person)
    about, today = KINDS[kind], today or localdate()
    unknown = set(values) - set(about.columns)
    if unknown:
        raise TypeError(f"unknown columns: {', '.join(sorted(unknown))}")
    new = episode is None
    row = about.model(person=person, version=0) if new else lock(_rows(about, person), episode.pk, version)
    before = _state(row, about)
    for name, value in values.items():
        setattr(row, name, empty_value(row, name) if value in (None, "") else value)
    if kind == "pregnancy" and row.last_period_on and not row.due_on:
        row.due_on = rules.due_date(row.last_period_on)
    found = raise_errors(about.check(_state(row, about), owner=owner_of(person), today=today))
    with audit.context(by=by, door=door):
        if new or _state(row, about) != before:
            row.version += 1
            row.clean_fields(exclude=["person", "facility"])
            row.validate_constraints()
            row.save()
        if kind == "pregnancy" and children is not None:
            _save_children(row, children)
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(row, found)


def _rows(about: Kind, person: Person) -> Any:
    return about.model.objects.filter(person=person)


def _state(row: Any, about: Kind) -> dict[str, Any]:
    """Columns of the row as values, foreign keys as numbers."""
    return {name: getattr(row, row._meta.get_field(name).attname) for name in about.columns}


def births_of(pregnancy: Pregnancy) -> list[Delivery]:
    """Deliveries of the woman on the day on which the pregnancy ended. One query."""
    if pregnancy.outcome != Pregnancy.Outcome.BIRTH or not pregnancy.ended_on:
        return []
    return list(Delivery.objects.filter(person=pregnancy.person_id, born_on=pregnancy.ended_on).order_by("pk"))


def _save_children(pregnancy: Pregnancy, children: Sequence[Mapping[str, Any]]) -> None:
    """Lines take stored deliveries in their order; further ones come, and what no line takes goes, unless it came with
    a claim of a hospital or leads to the child's own record."""
    if pregnancy.outcome != Pregnancy.Outcome.BIRTH:
        if children:
            message = "Chỉ ghi trẻ sinh ra khi thai kỳ kết thúc bằng sinh."
            raise_errors([Problem("children", "children.not_born", message)])
        return
    stored = births_of(pregnancy)
    for place, line in enumerate(children):
        columns = {name: line.get(name) for name in CHILD}
        columns["live_birth"] = columns["live_birth"] is not False
        delivery = stored[place] if place < len(stored) else None
        if delivery is None:
            delivery = Delivery(person_id=pregnancy.person_id, born_on=pregnancy.ended_on)
        before = {name: getattr(delivery, name) for name in (*CHILD, "children_born")}
        for name, value in columns.items():
            setattr(delivery, name, empty_value(delivery, name) if value in (None, "") else value)
        delivery.children_born = (
            max(len(children), len(stored)) if not delivery.encounter_id else delivery.children_born
        )
        if delivery.pk is None or before != {name: getattr(delivery, name) for name in before}:
            delivery.facility = delivery.facility or pregnancy.facility
            delivery.clean_fields(exclude=["person", "facility", "encounter", "child"])
            delivery.updated_at = timezone.now()
            delivery.save()
    for delivery in stored[len(children) :]:
        if delivery.encounter_id is None and delivery.child_id is None:
            delivery.delete()
