"""Sections A and B of thousands of people at once, under the same rules and with the same rows as `save_person` and
`save_history`: the planning is theirs, only reading and writing are done by sets.

A call makes a fixed number of queries. Several rows of one person are applied one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.garbage import without_gc
from ehr.records.bulk.plans import Kept, keep, write_plans
from ehr.records.bulk.work import BulkRow, Outcome, Rules, Work, rounds
from ehr.records.bulk.writing import open_households, take_keys
from ehr.records.bulk.writing import write as write_changes
from ehr.records.models import Person
from ehr.records.services.changes import Changes
from ehr.records.services.common import require_right
from stations.models import User

__all__ = ["BulkRow", "Outcome", "check", "write", "write_plans"]


@without_gc()
def check(rows: Sequence[BulkRow], *, by: User | None, today: dt.date, kept: Kept | None = None) -> list[Outcome]:
    """What `write` would make of the rows, in their order. Writes nothing. `kept`: takes the plans of new people, for
    `write_plans`. Raises PermissionDenied without the right to change records, TypeError for a field code that sections
    A and B do not have."""
    require_right(by, "record.change")
    found = {}
    for group in rounds(rows):
        rules = Rules(group, by=by, today=today, lock=False, answers=None if kept is None else kept.answers)
        for work in rules.works:
            found[id(work.row)] = work.outcome()
        if kept is not None:
            keep(kept, rules, today=today)
    return [found[id(row)] for row in rows]


@without_gc()
def write(
    rows: Sequence[BulkRow], *, by: User | None, door: str, today: dt.date, clearing: bool = False, **more: str | int
) -> list[Outcome]:
    """Stores the rows that pass the rules, in the caller's transaction; a refused or unchanged row writes nothing.

    People, histories and households are locked in the order of their keys before they are read. What another
    transaction inserts meanwhile (the same number, the same household) is found by a constraint: IntegrityError ends
    the caller's transaction, which is then to be called again, and the second time the check refuses the row or finds
    the household. `clearing`: empty values also empty facts of the household (for an undo). `more`: what the
    history keeps beside user and door: `batch=12` of a sheet, `claim_file=3` of claims."""
    require_right(by, "record.change")
    found = {}
    with audit.copy_context(by=by, door=door, **more):
        for group in rounds(rows):
            for outcome, row in zip(_write(group, by=by, today=today, clearing=clearing), group, strict=True):
                found[id(row)] = outcome
    return [found[id(row)] for row in rows]


def _write(group: Sequence[BulkRow], *, by: User | None, today: dt.date, clearing: bool) -> list[Outcome]:
    rules = Rules(group, by=by, today=today, lock=True)
    outcomes = [work.outcome() for work in rules.works]
    accepted = [
        (work, outcome)
        for work, outcome in zip(rules.works, outcomes, strict=True)
        if outcome.fate in ("new", "update")
    ]
    changes = Changes()
    _open_households([work for work, _ in accepted], changes)
    keys = iter(take_keys(Person, sum(outcome.fate == "new" for _, outcome in accepted)))
    for work, outcome in accepted:
        if outcome.person_id is None:
            outcome.person_id = next(keys)
        _plan(work, changes, outcome.person_id, clearing)
    write_changes(changes)
    for _, outcome in accepted:
        events.publish_on_commit("person_saved", person_id=outcome.person_id)
    return outcomes


def _open_households(works: Sequence[Work], changes: Changes) -> None:
    """Gives keys to the households that accepted rows open. The address is that of the first row."""
    opened = {}
    for work in works:
        if work.household is not None and work.household.is_new and id(work.household) not in opened:
            opened[id(work.household)] = work.household
            work.household.address_detail = (work.a and work.a.after.get("current_address_detail")) or ""
    open_households(opened.values(), changes)


def _plan(work: Work, changes: Changes, person_id: int, clearing: bool) -> None:
    if work.a is not None and (work.a.changed or work.row.person_id is None):
        stored = work.a.stored
        columns = work.a.columns(has_household=bool(work.household or stored.household))
        if stored.person is None:
            changes.add(Person, {"id": person_id, **columns})
        else:
            changes.change(Person, stored.person, columns)
        work.a.plan(changes, person_id, household=work.household)
    if work.b is not None:
        work.b.plan(changes, person_id, clearing=clearing)
