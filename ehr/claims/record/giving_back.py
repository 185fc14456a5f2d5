"""Facts that files filled into records go again with the files, unless somebody changed or confirmed them; what other
claims say takes their place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.claims.models import Claim
from ehr.claims.record import filled, known, people
from ehr.claims.record.plan import Plan, Stored
from ehr.claims.record.visits import visit_day
from ehr.claims.storing.document import claim_of
from ehr.common import events
from ehr.common.among import among
from ehr.records import bulk
from ehr.records.bulk.completeness import recount
from ehr.records.bulk.rows import References
from ehr.records.bulk.writing import write
from ehr.records.models import Encounter, Identifier, Person
from ehr.records.services.changes import Changes
from stations.models import User


def give_back(
    of: Collection[int], visits: Collection[int], files: Collection[int], *, by: User | None, but: Collection[int]
) -> int:
    """Takes out of the records of these people, and of these visits that the station entered itself, what the files
    filled in; then fills what is empty now from the other claims of these people. `but`: claims that count no longer.
    Gives how many facts went.

    In the caller's transaction. A fixed number of statements, and some for each file that fills again."""
    if not of or not files:
        return 0
    list(
        Person.objects.filter(among("id", of))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    going = filled.read(of, visits, files).going
    if not going:
        return 0
    changed = {row.owner for row in going if row.table.model not in _OF_VISITS}
    with audit.copy_context(by=by, door=people.DOOR, claim_file=max(files), undo=1):
        write(_changes(going))
        _new_versions(going)
        touched = Changes()
        recount(changed, touched, today=localdate())
        write(touched)
    for person in changed:
        events.publish_on_commit("person_saved", person_id=person)
    _fill_again(changed, but, numbers=any(row.table.model is Identifier for row in going))
    return sum(len(row.back) or 1 for row in going)


_OF_VISITS = frozenset(table.model for table in (filled.VISIT, *filled.LISTS))


def _changes(rows: Iterable[filled.Row]) -> Changes:
    changes, read = Changes(), References().read
    of_table: dict[Any, dict[int, filled.Row]] = {}
    for row in rows:
        of_table.setdefault(row.table.model, {})[row.key] = row
    for model, by_key in of_table.items():
        for stored in read(model, "t.id = ANY(%s)", [sorted(by_key)], lock=True):
            row = by_key[stored.id]
            if row.made:
                changes.remove(model, stored)
            else:
                changes.change(model, stored, row.back)
    return changes


def _new_versions(rows: Iterable[filled.Row]) -> None:
    """A visit that is open on somebody's screen is stale now."""
    visits = {row.owner for row in rows if row.table.model in _OF_VISITS}
    if visits:
        Encounter.objects.filter(among("id", visits)).update(version=F("version") + 1, updated_at=timezone.now())


def _fill_again(of: Collection[int], but: Collection[int], *, numbers: bool) -> None:
    """What the other claims of these people say, in place of what went; each by the file that says it. `numbers`:
    whether a number or a card went."""
    claims = Claim.objects.filter(
        among("person_id", of),
        state=Claim.State.ACTIVE,
        restricted=[],
        current__isnull=False,
        person__status__in=people.USABLE,
    ).exclude(among("id", but))
    claims = claims.select_related("current__file").defer("current__file__envelope", "current__file__problems")
    plans = [_plan(claim) for claim in claims.order_by("pk")]
    if not plans:
        return
    stored = known.read(of)
    plans.sort(key=lambda plan: plan.encounter["exam_date"], reverse=True)  # type: ignore[index]
    wanted: dict[tuple[int, int], dict[str, Any]] = {}  # (file, person): facts
    taken: set[tuple[int, str]] = set()
    for plan in plans:
        person = plan.pair.person_id
        for name, value in people.gaps(stored[person], people.facts_of(plan)).items():
            if (person, name) not in taken:
                taken.add((person, name))
                wanted.setdefault((plan.pair.file.pk, person), {})[name] = value
    for file in sorted({file for file, _ in wanted}):
        rows = [bulk.BulkRow(person, facts, person) for (of_file, person), facts in wanted.items() if of_file == file]
        people.write_facts(rows, file)
    if numbers:
        _keep_numbers(plans, of)


def _keep_numbers(plans: Sequence[Plan], of: Collection[int]) -> None:
    stored = known.read(of)
    for file in sorted({plan.pair.file.pk for plan in plans}):
        with audit.copy_context(by=None, door=people.DOOR, claim_file=file):
            people.keep_numbers([plan for plan in plans if plan.pair.file.pk == file], stored)


def _plan(claim: Claim) -> Plan:
    """As much of a plan as facts of people ask."""
    version = claim.current
    assert version is not None and claim.person_id is not None  # noqa: S101 - the query asks for both
    read = claim_of(version)
    on: dt.date = visit_day(read) or version.made_on or localdate(version.stored_at)
    pair = Stored(claim.pk, version.pk, read, claim.person_id, claim.encounter_id, version.file)
    return Plan(pair, {"exam_date": on})
