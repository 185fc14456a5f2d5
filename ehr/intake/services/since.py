"""Whom others entered or changed while a batch waited and was written: only they can make another person of a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection

from ehr.intake.matching import said_numbers
from ehr.intake.matching.hits import communes_of
from ehr.intake.models import ImportBatch, ImportRow

#: A save says when it began and is seen when it ends.
MARGIN = dt.timedelta(minutes=1)
SLACK = 10_000  # versions

# What a name is looked up by: the person, and the household. Numbers are looked up whoever changed them.
_CHANGED = """
    SELECT p.id FROM records_person p
    WHERE p.commune_id = ANY(%(communes)s) AND p.status IN ('active', 'moved', 'dead')
      AND (p.updated_at >= %(since)s OR EXISTS (
           SELECT 1 FROM records_membership m WHERE m.person_id = p.id AND m.updated_at >= %(since)s))"""
_CHANGED_NOW = """
    SELECT p.id FROM (
        SELECT id FROM records_personevent WHERE pgh_id > %(people)s
          AND pgh_created_at >= %(since)s AND pgh_context ->> 'batch' IS DISTINCT FROM %(batch)s
        UNION
        SELECT person_id FROM records_membershipevent WHERE pgh_id > %(members)s
          AND pgh_created_at >= %(since)s AND pgh_context ->> 'batch' IS DISTINCT FROM %(batch)s
    ) changed JOIN records_person p ON p.id = changed.id
    WHERE p.commune_id = ANY(%(communes)s)"""
_MARKS = """SELECT (SELECT coalesce(max(pgh_id), 0) FROM records_personevent),
                   (SELECT coalesce(max(pgh_id), 0) FROM records_membershipevent)"""
# The oldest transaction that still runs, and the next one to come.
_RUNNING = """SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint
              FROM pg_current_snapshot() s"""


class Others:
    """People of the commune whom others changed since the batch was sent. The commune is looked through once; then only
    what was written in between is looked at, and each version not again when all who could have written beside it are
    through."""

    def __init__(self, batch: ImportBatch) -> None:
        self._batch = batch.pk
        asked: dict[str, Any] = {"communes": communes_of([batch.commune]), "since": batch.created_at - MARGIN}
        with connection.cursor() as cursor:
            cursor.execute(_MARKS)
            people, members = cursor.fetchone()
            cursor.execute(_CHANGED, asked)
            self._people = {key for (key,) in cursor.fetchall()}
        # Who saves at this moment may have taken a lower number.
        self._asked = asked | {"people": people - SLACK, "members": members - SLACK, "batch": str(batch.pk)}
        self._marks: list[tuple[int, dict[str, int]]] = []

    def changed(self) -> set[int]:
        """All of them as of now. Four statements at most."""
        with connection.cursor() as cursor:
            passed = self._mark(cursor)
            cursor.execute(_CHANGED_NOW, self._asked)
            self._people.update(key for (key,) in cursor.fetchall())
        self._asked |= passed
        if self._people:  # without those of this batch: a second row of the same name is another person
            rows = ImportRow.objects.filter(batch=self._batch, state=ImportRow.State.WRITTEN, person__isnull=False)
            self._people.difference_update(rows.order_by().values_list("person", flat=True))
        return self._people

    def _mark(self, cursor: Any) -> dict[str, int]:
        """Marks how far the history goes now. Gives the latest mark up to which nothing can be added any more: whoever
        took a number below it was a transaction then, and all of those have ended. What is looked at now begins before
        it, what is looked at next does not."""
        cursor.execute(_RUNNING)
        oldest, coming = cursor.fetchone()
        cursor.execute(_MARKS)
        people, members = cursor.fetchone()
        passed: dict[str, int] = {}
        while self._marks and self._marks[0][0] <= oldest:
            passed = self._marks.pop(0)[1]
        self._marks.append((coming, {"people": people, "members": members}))
        return passed

    def names(self) -> set[str]:
        """The keys by which the names of all of them are looked up. Three statements at most."""
        changed = self.changed()
        if not changed:
            return set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT plain_name FROM records_person WHERE id = ANY(%s)", [[*changed]])
            return {name.replace("y", "i") for (name,) in cursor.fetchall()}


def with_known_number(rows: Iterable[ImportRow]) -> set[int]:
    """Positions of the rows with a number that some record has or had. One query."""
    numbers = {row.position: said_numbers(row.values) for row in rows}
    known = known_numbers({number for each in numbers.values() for number in each})
    return {position for position, each in numbers.items() if not known.isdisjoint(each)}


def known_numbers(numbers: Iterable[str]) -> set[str]:
    """Those of these numbers that some record has or had. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT value FROM records_identifier WHERE value = ANY(%s)", [sorted(numbers)])
        return {value for (value,) in cursor.fetchall()}
