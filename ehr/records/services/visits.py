"""Section D of many people at once, for sheets: the plan of `save_encounter` for each visit, written together.

A sheet adds and corrects: results and diagnoses of a visit that it does not name stay."""

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
from ehr.common.problems import Problem, errors, problems_of
from ehr.records.facts import codes_of
from ehr.records.models import Diagnosis, Encounter, ExamFinding, LabResult, Person
from ehr.records.sections import d
from ehr.records.services.encounter import (
    DIAGNOSIS_FIELDS,
    NOT_CHECKED,
    DiseaseCodes,
    EncounterPlan,
    StoredLines,
    plan_encounter,
)
from ehr.records.services.lines import LineChanges
from stations.models import User

LAB_FIELDS = tuple(f"lab_{name}" for name in d.LABS)


@dataclass(slots=True)
class Visit:
    """A stored visit with its lists, or one that a sheet brings (`stored` None). `values`: what sheets said so far."""

    encounter: Encounter
    stored: StoredLines | None
    values: dict[str, Any] = field(default_factory=dict)
    planned: EncounterPlan | None = None

    def current(self, name: str) -> Any:
        """What is stored under a field code; None for nothing."""
        if self.stored is None:
            return None
        if name in ("labs", "diagnoses"):
            return getattr(self.stored, name)
        if name in LAB_FIELDS:
            return _lab_text(self.stored.labs, name) or None
        if name in DIAGNOSIS_FIELDS:
            main = self.stored.diagnoses[0] if self.stored.diagnoses else None
            return getattr(main, name.removeprefix("diagnosis_"), None) or None
        table, _, rest = d.STORES.get(name, f"encounter.{name}").partition(".")
        if table == "finding":
            system = codes_of("organ-system")[rest].pk
            return next((row.finding for row in self.stored.findings if row.system_id == system), None)
        value = getattr(self.encounter, rest)
        return None if value == "" else value


@dataclass(slots=True)
class Checked:
    """The answer for one line of a sheet. `changes`: {field code: (before, after)}."""

    problems: list[Problem]
    changes: dict[str, tuple[Any, Any]]

    @property
    def refused(self) -> bool:
        return bool(errors(self.problems))


class Visits:
    """Visits of many people on certain days. Four queries to make, two more when ICD-10 codes are written.

    `lock`: keeps other writers of these visits out until the end of the transaction."""

    def __init__(
        self, people: Iterable[Person], days: Iterable[dt.date], codes: Iterable[str], *, today: dt.date,
        lock: bool = False,
    ) -> None:  # fmt: skip
        keys, wanted = sorted({person.pk for person in people}), sorted(set(days))
        rows = Encounter.objects.filter(person__in=keys, exam_date__in=wanted, status=Encounter.Status.FINISHED)
        rows = rows.filter(source=Encounter.Source.STATION)  # what a hospital told is not corrected by a sheet
        if lock:  # the person's row stands for visits that do not exist yet
            list(Person.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
            rows = rows.select_for_update(of=("self",))
        found = {row.pk: row for row in rows.select_related("facility").order_by("pk")}
        lists = {pk: StoredLines([], [], []) for pk in found}
        for model, name in ((ExamFinding, "findings"), (LabResult, "labs"), (Diagnosis, "diagnoses")):
            for row in model._default_manager.filter(encounter__in=found).order_by("encounter", "position", "pk"):
                getattr(lists[row.encounter_id], name).append(row)
        self._by_person: dict[int, list[Visit]] = {key: [] for key in keys}
        for pk, encounter in found.items():
            self._by_person[encounter.person_id].append(Visit(encounter, lists[pk]))
        # Lists of diseases hold for years: the latest day of the sheet stands for all.
        self._icd10 = DiseaseCodes.on(max(wanted, default=today), {code.upper() for code in codes})

    def of(self, person: Person) -> list[Visit]:
        """Visits of the person on the days asked for, oldest first; with those that lines before this one brought."""
        return self._by_person[person.pk]

    def apply(self, person: Person, visit: Visit | None, values: Mapping[str, Any], *, today: dt.date) -> Checked:
        """Checks one line after those applied before it; what it brings is kept unless it is refused. `visit` None: a
        new one. `values`: field codes without empty ones; results and diagnosis as the printed lines."""
        target = visit or Visit(Encounter(person=person, version=0), None)
        before = {name: target.values.get(name, target.current(name)) for name in values}
        merged = {**target.values, **values}
        try:
            planned = self._plan(person, target, merged, today)
        except ValidationError as exc:
            return Checked(problems_of(exc), {})
        checked = Checked(planned.problems, {})
        if checked.refused:
            return checked
        if planned.acts:
            checked.changes = {name: (before[name], value) for name, value in values.items() if before[name] != value}
        target.values, target.planned = merged, planned
        if visit is None:
            self._by_person[person.pk].append(target)
        return checked

    def _plan(self, person: Person, visit: Visit, values: Mapping[str, Any], today: dt.date) -> EncounterPlan:
        """On copies: a refused line leaves nothing behind."""
        stored = None
        given = dict(values)
        if visit.stored is not None:
            stored = StoredLines(*([copy.copy(row) for row in rows] for rows in _lists(visit.stored)))
            _keep_other_lines(given, stored)
        encounter = copy.copy(visit.encounter)
        planned = plan_encounter(encounter, given, person=person, today=today, stored=stored, icd10=self._icd10)
        if not errors(planned.problems):
            encounter.clean_fields(exclude=NOT_CHECKED)
        return planned

    def write(self, *, by: User | None, door: str, **more: str | int) -> int:
        """Stores what was applied: at most one INSERT, UPDATE and DELETE per table. Returns how many visits changed.
        In the caller's transaction; `more`: further metadata of the history, such as `batch=12`."""
        plans = [
            visit.planned
            for visits in self._by_person.values()
            for visit in visits
            if visit.planned is not None and visit.planned.acts
        ]
        if not plans:
            return 0
        lines, columns = LineChanges(), {"version", "updated_at"}
        for plan in plans:
            plan.encounter.version += 1
            plan.encounter.updated_at = timezone.now()  # bulk_update does not fill auto_now
            lines.absorb(plan.lines)
            columns |= set() if plan.new else plan.columns
        with audit.context(by=by, door=door, **more):
            Encounter.objects.bulk_create([plan.encounter for plan in plans if plan.new])
            Encounter.objects.bulk_update([plan.encounter for plan in plans if not plan.new], sorted(columns))
            lines.write()
        for plan in plans:
            events.publish_on_commit(
                "encounter_saved", person_id=plan.encounter.person_id, encounter_id=plan.encounter.pk
            )
        return len(plans)


def _lists(stored: StoredLines) -> tuple[list[Any], list[Any], list[Any]]:
    return stored.findings, stored.labs, stored.diagnoses


def _lab_text(labs: Sequence[LabResult], name: str) -> str:
    """The printed line of a group: its result without a name of its own."""
    group = codes_of("lab-group")[name.removeprefix("lab_")].pk
    return next((row.result for row in labs if row.group_id == group and not row.service_name), "")


def _keep_other_lines(given: dict[str, Any], stored: StoredLines) -> None:
    """The lists that `save_encounter` replaces, with the lines of the sheet put in place of theirs."""
    texts = {name: given.pop(name) for name in LAB_FIELDS if name in given}
    if texts:
        groups = {codes_of("lab-group")[name.removeprefix("lab_")].pk: name for name in texts}
        kept = [row for row in stored.labs if row.service_name or row.group_id not in groups]
        given["labs"] = [*kept, *({"group": name.removeprefix("lab_"), "result": text} for name, text in texts.items())]
    named = {name.removeprefix("diagnosis_"): given.pop(name) for name in DIAGNOSIS_FIELDS if name in given}
    if named:
        main, others = (stored.diagnoses[0], stored.diagnoses[1:]) if stored.diagnoses else (None, [])
        line = {name: getattr(main, name, "") for name in ("icd10_code", "name", "conclusion")}
        if named.get("icd10_code", line["icd10_code"]) != line["icd10_code"]:
            line["name"] = ""  # of the former code; the list gives the new one
        given["diagnoses"] = [{**line, **named}, *others]
