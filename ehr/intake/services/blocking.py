"""Who changed the people of a batch after it, and so stands in the way of an undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from ehr.audit.changes import authors, door_named
from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.services.tables import tables, tables_of
from ehr.records.models import Person
from stations.models import User


@dataclass(frozen=True, slots=True)
class Blocker:
    """A person of the batch and the latest change by others: `who` (a user's name or "Hệ thống"), `door` in words.
    `person` is None for somebody whom the asking user may not see."""

    person: Person | None
    who: str
    at: dt.datetime
    door: str


TOUCHED = """
    CREATE TEMP TABLE intake_since ON COMMIT DROP AS
    SELECT person, min(at) AS at FROM ({parts}) done GROUP BY person"""
TOUCHED_PART = """SELECT a.person, t.pgh_created_at AS at FROM unnest(%s::bigint[]) AS a(person) {join}
    WHERE t.pgh_context->>'batch' = %s"""
# Changes by an undo, and by a batch that was undone for this person, leave things as they were.
LATER = """
    SELECT DISTINCT ON (person) person, at, who, door FROM ({parts}) later
    WHERE NOT EXISTS (SELECT 1 FROM intake_importrow r
                      WHERE r.batch_id = later.batch AND r.person_id = later.person AND r.state = 'undone')
    ORDER BY person, at DESC"""
LATER_PART = """SELECT a.person, t.pgh_created_at AS at, t.pgh_context->>'user' AS who, t.pgh_context->>'door' AS door,
           (t.pgh_context->>'batch')::bigint AS batch
    FROM intake_since a {join}
    WHERE t.pgh_created_at > a.at AND coalesce(t.pgh_context->>'batch', '') <> %s
      AND NOT coalesce(t.pgh_context ? 'undo', false)"""


def changed_people(batch: ImportBatch, people: Sequence[int]) -> set[int]:
    """Those of `people` whom somebody changed after this batch did. Three statements."""
    return {row[0] for row in _later(batch, people)}


def blockers_of(batch: ImportBatch, *, by: User | None) -> list[Blocker]:
    """All people of the batch who were changed since, latest change first."""
    rows = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRITTEN, person__isnull=False)
    found = _later(batch, list(rows.order_by().values_list("person", flat=True).distinct()))
    seen = Person.objects.all() if by is None else Person.objects.visible_to(by)
    people = seen.select_related("village").in_bulk([row[0] for row in found])
    named = authors(row[2] for row in found)
    made = [Blocker(people.get(person), named(who), at, door_named(door)) for person, at, who, door in found]
    return sorted(made, key=lambda blocker: blocker.at, reverse=True)


@transaction.atomic
def _later(batch: ImportBatch, people: Sequence[int]) -> list[tuple[int, dt.datetime, str | None, str | None]]:
    if not people:
        return []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.intake_since")
        parts = [TOUCHED_PART.format(join=table.history_of("a.person")) for table in tables_of(batch.kind)]
        given: list[Any] = [list(people), str(batch.pk)] * len(parts)
        cursor.execute(TOUCHED.format(parts="\nUNION ALL ".join(parts)), given)
        cursor.execute("ANALYZE intake_since")
        parts = [LATER_PART.format(join=table.history_of("a.person")) for table in tables()]
        cursor.execute(LATER.format(parts="\nUNION ALL ".join(parts)), [str(batch.pk)] * len(parts))
        return cursor.fetchall()
