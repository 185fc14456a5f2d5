"""Writing what a visit says about registered diseases, and what a periodic check asks beyond a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import F
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.problems import Problem, raise_errors
from ehr.common.transactions import saving
from ehr.programmes import rules
from ehr.programmes.models import HealthCheck, NcdRegistration, NcdVisit
from ehr.programmes.services.episodes import owner_of
from ehr.records.facts import codes_of
from ehr.records.models import Encounter
from ehr.records.services.common import Saved, empty_value, lock, require_person
from stations.models import User

MARK = ("target", "glucose_mmol_l", "hba1c_percent", "medicine")
CHECK = ("target_groups", "funding", "health_class", "school_year", "conclusion", "accepted_at")


@saving
def save_visit_facts(
    *,
    encounter: Encounter,
    by: User | None,
    door: str,
    marks: Mapping[int, Mapping[str, Any] | None] | None = None,
    check: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Saved:
    """Checks, stores and logs the facts of one visit.

    `marks`: key of a registration of the person → {target, glucose_mmol_l, hba1c_percent, medicine}, or None to take
    the mark away; others stay. `check`: {target_groups, funding, health_class, school_year, conclusion, accepted_at} of
    a periodic check; None leaves it. `version`: of the visit when the form was opened; a save raises it.
    Returns the Encounter and the warnings. Raises ValidationError (keys: "<registration>-<column>" or the column of the
    check), StaleError, PermissionDenied."""
    require_person(by, encounter.person)
    visit = lock(Encounter.objects.filter(person=encounter.person_id), encounter.pk, version)
    if visit.status != Encounter.Status.FINISHED:
        raise_errors([Problem("", "encounter.not_finished", "Chỉ ghi cho lượt khám đã hoàn tất.")])
    planned, problems = _plan_marks(visit, marks or {})
    sheet = None
    if check is not None:
        sheet = HealthCheck.objects.filter(encounter=visit).first() or HealthCheck(encounter=visit)
        before = {name: getattr(sheet, name) for name in CHECK}
        for name in CHECK:
            if name in check:
                value = check[name]
                if name == "accepted_at" and _same_minute(value, sheet.accepted_at):
                    continue  # the screen shows minutes; the seconds that another system wrote stay
                setattr(sheet, name, empty_value(sheet, name) if value in (None, "") else value)
        problems += _check_sheet(encounter, sheet)
        if sheet.pk and before == {name: getattr(sheet, name) for name in CHECK}:
            sheet = None
    found = raise_errors(problems)
    if planned or sheet is not None:
        with audit.context(by=by, door=door):
            for row, keep in planned:
                if keep:
                    row.clean_fields(exclude=["encounter", "registration"])
                    row.save()
                else:
                    row.delete()
            if sheet is not None:
                sheet.clean_fields(exclude=["encounter"])
                sheet.save()
            Encounter.objects.filter(pk=visit.pk).update(version=F("version") + 1)
        events.publish_on_commit("encounter_saved", person_id=visit.person_id, encounter_id=visit.pk)
        visit.version += 1
    return Saved(visit, found)


def _plan_marks(
    visit: Encounter, marks: Mapping[int, Mapping[str, Any] | None]
) -> tuple[list[tuple[NcdVisit, bool]], list[Problem]]:
    """Rows to write (True) or to take away (False), and what the rules say. Two queries."""
    if not marks:
        return [], []
    books: dict[int, Any] = NcdRegistration.objects.filter(person=visit.person_id).in_bulk(list(marks))
    stored = {row.registration_id: row for row in NcdVisit.objects.filter(encounter=visit)}
    planned, problems = [], []
    for key, values in marks.items():
        book, row = books.get(key), stored.get(key)
        if book is None:
            problems.append(Problem("", "registration.unknown", "Sổ quản lý này không thuộc người được khám."))
            continue
        if values is None:
            planned += [(row, False)] if row else []
            continue
        row = row or NcdVisit(encounter=visit, registration=book, target="")
        before = {name: getattr(row, name) for name in MARK}
        for name in MARK:
            if name in values:
                setattr(row, name, empty_value(row, name) if values[name] in (None, "") else values[name])
        row.target = row.target or NcdVisit.Target.NOT_ASSESSED
        state = {name: getattr(row, name) for name in MARK}
        for problem in rules.check_mark(state, label=str(book)):
            problems.append(Problem(f"{key}-{problem.field}", problem.code, problem.message, problem.level))
        problems += _check_day(visit, book, key)
        if row.pk is None or state != before:
            planned.append((row, True))
    return planned, problems


def _check_day(visit: Encounter, book: NcdRegistration, key: int) -> Iterator[Problem]:
    if book.left_on and visit.exam_date > book.left_on:
        message = f"{book}: lượt khám sau ngày ra khỏi sổ {book.left_on:%d/%m/%Y}."
        yield Problem(f"{key}-target", "registration.left", message)


def _same_minute(one: Any, other: Any) -> bool:
    return bool(one and other) and one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def _check_sheet(encounter: Encounter, sheet: HealthCheck) -> Iterator[Problem]:
    """The rules of a periodic check; one query for the person's other checks of the year."""
    year: dt.date = encounter.exam_date
    others = (
        HealthCheck.objects.filter(
            encounter__person=encounter.person_id, encounter__exam_date__year=year.year,
            encounter__status=Encounter.Status.FINISHED,
        )
        .exclude(encounter=encounter)
        .select_related("encounter__facility")
        .order_by("encounter__exam_date")
    )  # fmt: skip
    known = [
        (row.encounter.exam_date, row.encounter.facility.name if row.encounter.facility else "", row.target_groups)
        for row in others
    ]
    yield from rules.check_health_check(
        {name: getattr(sheet, name) for name in CHECK}, owner=owner_of(encounter.person), on=encounter.exam_date,
        targets=codes_of("check-target"), funding=codes_of("check-funding"), others=known,
        accepted_on=localdate(sheet.accepted_at) if sheet.accepted_at else None, today=localdate(),
    )  # fmt: skip
