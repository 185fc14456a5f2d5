"""Correcting single rows of a list of the record, where the form of the section has no box for the column."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.dates import PartialDate, Precision
from ehr.common.problems import raise_errors
from ehr.common.transactions import saving
from ehr.records import facts, rules
from ehr.records.models import (
    Address,
    Allergy,
    Condition,
    Disability,
    FamilyHistory,
    HealthHistory,
    Identifier,
    Membership,
    Person,
    Relative,
    Surgery,
)  # fmt: skip
from ehr.records.services.common import Saved, lock, require_person
from ehr.records.services.person import completeness_facts
from stations.models import User

OF_A = (Identifier, Address, Relative, Membership)
OF_B = (Allergy, Condition, Disability, Surgery, FamilyHistory)


def section_version(row: Any) -> int | None:
    """Version of the section that the row belongs to: it guards the row, too."""
    if isinstance(row, OF_A):
        return row.person.version
    return HealthHistory.objects.filter(person=row.person_id).values_list("version", flat=True).first()


@saving
def save_row(
    *, row: Any, by: User | None, door: str, version: int | None = None, today: dt.date | None = None
) -> Saved:
    """Checks, stores and logs one row of section A or B that is edited by itself.

    `version`: of the section (`section_version`) when the row was opened. Returns the row and the warnings.
    Raises ValidationError by column, StaleError, PermissionDenied, TypeError for other tables."""
    if not isinstance(row, (*OF_A, *OF_B)):
        raise TypeError(f"not a row that is edited alone: {type(row).__name__}")
    today = today or localdate()
    require_person(by, row.person)
    stored = type(row).objects.filter(pk=row.pk).values_list("person", flat=True).first() if row.pk else row.person_id
    if stored != row.person_id:
        raise ValueError("a row does not change its person")
    person = lock(Person.objects.all(), row.person_id, version if isinstance(row, OF_A) else None)
    problems = list(_check(row, person, today))
    row.full_clean(exclude=["person"])
    warnings = raise_errors(problems)
    with audit.context(by=by, door=door):
        row.save()
        if isinstance(row, OF_A):
            _touch_person(person, today)
        else:
            _touch_history(person, version)
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(row, warnings)


def _check(row: Any, person: Person, today: dt.date) -> Any:
    if isinstance(row, Identifier):
        birth = PartialDate(person.birth_date, Precision(person.birth_precision))
        yield from rules.check_identifier(row.kind, row.value, birth=birth, sex=person.sex)
    yield from rules.check_period(getattr(row, "valid_from", None), getattr(row, "valid_to", None), today=today)
    for name in ("year", "onset_year"):
        yield from rules.check_year(name, getattr(row, name, None), birth=person.birth_date, today=today)


def _touch_person(person: Person, today: dt.date) -> None:
    """The section has a new version, and may have become complete or incomplete."""
    household, _ = facts.household_of(person)
    missing = rules.missing_in_section_a(
        completeness_facts(person, facts.section_a(person), household is not None, today)
    )
    person.section_a_complete_on = None if missing else person.section_a_complete_on or today
    person.version += 1
    person.save(update_fields=["section_a_complete_on", "version", "updated_at"])


def _touch_history(person: Person, version: int | None) -> None:
    history = HealthHistory.objects.filter(person=person).first()
    if history is not None:
        history = lock(HealthHistory.objects.all(), history.pk, version)
        history.version += 1
        history.save(update_fields=["version", "updated_at"])
