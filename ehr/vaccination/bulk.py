"""Section C of many people at once, for sheets: the rules and lines of `save_vaccinations`, few queries for all.

A sheet adds and corrects; it never empties a line that it does not name."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.problems import Problem, errors, problems_of
from ehr.records.models import Person
from ehr.vaccination.lines import Plan, check_columns, line_values, plan
from ehr.vaccination.models import Immunization, VaccinationRecord, Vaccine
from ehr.vaccination.queries import mother_doses
from ehr.vaccination.services import set_mother_doses, write_doses
from stations.models import User


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose that the form has no row for: `columns` as of `save_vaccinations`. Without `number`, the dose of the
    same day is meant, else the next one."""

    vaccine: Vaccine
    table: str
    number: int | None
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What one line of a sheet says about a person."""

    person: Person
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    doses: Sequence[Dose] = ()
    mother_tetanus_dose_count: Any = None


@dataclass(slots=True)
class Checked:
    """The answer to one `Given`. `changes`: (key, before, after) of each dose that it makes or changes; before is None
    for a new dose, and for the mother's doses both are Answers under their field code."""

    problems: list[Problem]
    changes: list[tuple[str, Any, Any]]

    @property
    def refused(self) -> bool:
        return bool(errors(self.problems))


@dataclass(slots=True)
class _State:
    """Section C of one person while lines are applied."""

    record: VaccinationRecord
    stored: dict[int, Immunization]
    doses: list[Immunization]
    mother: Answer | None = None


class Sections:
    """Section C of many people. Three queries to make (two for `lock=False`); `apply` reads nothing but vaccines once.

    `lock`: keeps other writers of these people out until the end of the transaction."""

    def __init__(self, people: Iterable[Person], *, lock: bool = False) -> None:
        keys = sorted({person.pk for person in people})
        records = VaccinationRecord.objects.filter(person__in=keys)
        if lock:  # the person's row stands for a record that does not exist yet
            list(Person.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
            records = records.select_for_update()
        by_person = {record.person_id: record for record in records}
        doses: dict[int, list[Immunization]] = {key: [] for key in keys}
        for dose in Immunization.objects.filter(person__in=keys).select_related("form_row", "vaccine").order_by("pk"):
            doses[dose.person_id].append(dose)
        self._states = {
            key: _State(
                by_person.get(key) or VaccinationRecord(person_id=key, version=0),
                {dose.pk: dose for dose in doses[key]},
                list(doses[key]),
            )
            for key in keys
        }

    def apply(self, given: Given, *, today: dt.date) -> Checked:
        """Checks one line after those applied before it; what it brings is kept unless it is refused."""
        state = self._states[given.person.pk]
        work = [copy.copy(dose) for dose in state.doses]
        before = {id(new): old for new, old in zip(work, state.doses, strict=True)}
        planned = plan(
            given.person, state.record, work, rows=given.rows, extra=_extra(work, given.doses),
            mother_tetanus_dose_count=given.mother_tetanus_dose_count, today=today,
        )  # fmt: skip
        touched = {key for key, _ in planned.changed}
        # What was there before and stays as it is, is not this line's fault.
        problems = [p for p in planned.problems if p.field in touched or not _is_line(p.field, planned)]
        try:
            check_columns(planned.changed)
        except ValidationError as exc:
            problems += problems_of(exc)
        changes: list[tuple[str, Any, Any]] = [
            (key, before.get(id(dose)), dose) for key, dose in planned.changed if _differs(dose, before.get(id(dose)))
        ]
        was = state.mother if state.mother is not None else mother_doses(state.record)
        if planned.mother is not None and planned.mother != was:
            changes.append(("mother_tetanus_dose_count", was, planned.mother))
        checked = Checked(problems, changes)
        if not checked.refused:
            state.doses = [dose for _, dose in planned.doses]
            state.mother = planned.mother if planned.mother is not None else state.mother
        return checked

    def write(self, *, by: User | None, door: str, **more: str | int) -> int:
        """Stores what was applied: at most one INSERT and one UPDATE per table. Returns how many people changed.
        In the caller's transaction; `more`: further metadata of the history, such as `batch=12`."""
        doses: list[tuple[str, Immunization]] = []
        records: list[VaccinationRecord] = []
        for state in self._states.values():
            changed = [dose for dose in state.doses if _differs(dose, state.stored.get(dose.pk or 0))]
            mother = state.mother if state.mother != mother_doses(state.record) else None
            if changed or mother is not None:
                doses += [("", dose) for dose in changed]
                set_mother_doses(state.record, mother)
                state.record.version += 1
                state.record.updated_at = timezone.now()  # bulk_update does not fill auto_now
                records.append(state.record)
        if not records:
            return 0
        with audit.context(by=by, door=door, **more):
            write_doses(doses, [])
            VaccinationRecord.objects.bulk_create([record for record in records if record.pk is None])
            VaccinationRecord.objects.bulk_update(
                [record for record in records if record.version > 1],
                ["mother_tetanus_dose_count", "answered_none", "answered_unknown", "version", "updated_at"],
            )
        for record in records:
            events.publish_on_commit("person_saved", person_id=record.person_id)
        return len(records)


def _differs(dose: Immunization, before: Immunization | None) -> bool:
    return before is None or line_values(dose) != line_values(before)


def _is_line(name: str, planned: Plan) -> bool:
    return any(key == name for key, _ in planned.doses)


def _extra(work: Sequence[Immunization], given: Sequence[Dose]) -> list[dict[str, Any]] | None:
    """The list that `plan` takes: all doses without a printed row, with those of the line among or behind them."""
    if not given:
        return None
    lines: list[dict[str, Any]] = [
        {"id": dose.pk or id(dose), "table": dose.table, "vaccine": dose.vaccine, "dose_number": dose.dose_number}
        | {"_day": dose.occurrence_date}
        for dose in work
        if not dose.form_row_id
    ]
    for dose in given:
        same = [line for line in lines if line["vaccine"] == dose.vaccine and line["table"] == dose.table]
        day = dose.columns.get("occurrence_date")
        if dose.number is None:
            found = next((line for line in same if day and line["_day"] == day), None)
            number = found["dose_number"] if found else 1 + max((line["dose_number"] for line in same), default=0)
        else:
            number = dose.number
            found = next((line for line in same if line["dose_number"] == number), None)
        if found is None:
            found = {"id": None, "table": dose.table, "vaccine": dose.vaccine, "dose_number": number, "_day": day}
            lines.append(found)
        found.update(dose.columns)
    return [{name: value for name, value in line.items() if name != "_day"} for line in lines]
