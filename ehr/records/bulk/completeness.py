"""Whether section A of many people is complete, after something was taken out of it other than by a save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from ehr.records import rules
from ehr.records.bulk.reading import Stored
from ehr.records.models import Person
from ehr.records.services.changes import Changes
from ehr.records.services.section_a_plan import completeness_facts


def recount(people: Iterable[int], changes: Changes, *, today: dt.date) -> None:
    """Adds to `changes` the new version of these people, with the day from which section A is complete. Their rows must
    be stored as they are to be judged; locks them. A fixed number of queries."""
    for of in Stored([], people, with_history=False, lock=True).people.values():
        person = of.person
        missing = rules.missing_in_section_a(completeness_facts(person, of.values(), of.household is not None, today))
        complete = None if missing else person.section_a_complete_on or today
        changes.change(Person, person, {"section_a_complete_on": complete, "version": person.version + 1})
