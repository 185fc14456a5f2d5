"""Writing section A: the one way in which a person comes into being or changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.problems import errors, raise_errors, warnings
from ehr.common.transactions import saving
from ehr.records import facts
from ehr.records.models import Household, Person
from ehr.records.services.changes import Changes
from ehr.records.services.common import (
    Saved,
    lock_person,
    require_person,
    require_place,
    require_right,
)  # fmt: skip
from ehr.records.services.household import require_household
from ehr.records.services.places import Places
from ehr.records.services.section_a_checks import (
    ask_others,
    check_others,
    check_withdrawal,
    clash_problem,
    in_use,
    withdraws,
)  # fmt: skip
from ehr.records.services.section_a_plan import SectionA, StoredPerson, completeness_facts, household_columns
from stations.models import User

__all__ = ["completeness_facts", "save_person"]


@saving
def save_person(
    *,
    values: Mapping[str, Any],
    by: User | None,
    door: str,
    person: Person | None = None,
    household: Household | None = None,
    version: int | None = None,
    today: dt.date | None = None,
) -> Saved:
    """Checks, stores and logs section A of one person.

    `values`: field codes of SECTION_A and its extras; a code that is absent stays as it is, an empty value clears it.
    `household`: where a new member belongs; else `household_code` finds or opens the household in the same village.
    Returns the person and the warnings. Raises ValidationError (codes of rules.py), StaleError, PermissionDenied;
    nothing is written then. `ehr.records.bulk` does the same for thousands of people at once."""
    today = today or localdate()
    stored = StoredPerson()
    if person is None:
        require_right(by, "record.change")
    else:
        require_person(by, person)
        locked = lock_person(person.pk, version)
        stored = StoredPerson(locked, *facts.rows_of_a(locked))
    places = Places()
    places.read([values], communes=[stored.person.commune_id] if stored.person else [])
    section = SectionA(stored, values, places, today=today, household=household)
    problems = section.problems
    if not errors(problems):
        found = ask_others(section)
        problems += check_others(section, taken="taken" in found, twin="twin" in found)
    if withdraws(section):
        require_right(by, "record.delete")
        problems += check_withdrawal(section, in_use=person is not None and bool(in_use([person.pk])))
    raise_errors(problems)
    require_place(by, **vars(section.where))
    if household is not None:
        require_household(by, household, section.where)
    with audit.context(by=by, door=door):
        try:
            saved = _write(section, household)
        except IntegrityError as clash:  # another request took the number between our check and our write
            raise_errors([clash_problem(clash)])
    events.publish_on_commit("person_saved", person_id=saved.pk)
    return Saved(saved, warnings(problems))


def _write(section: SectionA, household: Household | None) -> Person:
    person, opened = section.stored.person, False
    if household is None and section.household_code:
        household, opened = _find_household(section)
    columns = section.columns(has_household=bool(household or section.stored.household))
    if person is None:
        person = Person.objects.create(**columns)
    elif columns:
        for name, value in columns.items():
            setattr(person, name, value)
        person.save(update_fields=[*columns, "updated_at"])
    changes = Changes()
    section.plan(changes, person.pk, household=household)
    if opened:
        changes.heads.clear()  # nobody has to step back in a new household
    changes.write()
    return person


def _find_household(section: SectionA) -> tuple[Household, bool]:
    """The household that `household_code` names in the person's village, and whether it was opened for this."""
    columns = household_columns(section)
    where = {name: columns[name] for name in ("commune_id", "village_id", "code")}
    household = Household.objects.filter(**where, closed_on=None).first()
    return (household, False) if household else (Household.objects.create(**columns), True)
