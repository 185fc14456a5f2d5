"""Putting people back to what they were before a batch, from the change history, set by set.

Of each row of a tracked table that the batch touched, its first version by the batch says whether the batch made it
(then it goes) or changed it (then the version before, or the copy of `ImportBefore`, comes back)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import IntegrityError, connection, models, transaction

from ehr.intake.models import ImportBatch
from ehr.intake.services.tables import Table, household_table, tables_of
from ehr.records.models import Person

log = logging.getLogger(__name__)


class NoPast(IntegrityError):
    """A row was changed by the batch, and nobody knows what it was before."""


# Names of tables and columns come from the models, values are parameters.
TOUCHED = """
    INSERT INTO intake_touched
    SELECT '{name}', x.key, x.created,
           (SELECT max(b.pgh_id) FROM {history} b WHERE b.{owner} = x.owner AND b.id = x.key AND b.pgh_id < x.first)
    FROM (SELECT t.id AS key, min(t.pgh_id) AS first, min(t.{owner}) AS owner,
                 (array_agg(t.pgh_label ORDER BY t.pgh_id))[1] = 'insert' AS created
          FROM unnest(%s::bigint[]) AS a(person) {join}
          WHERE t.pgh_context->>'batch' = %s {more}
          GROUP BY t.id) x"""
PAST = """(SELECT x.key, b.* FROM intake_touched x 
           JOIN (SELECT pgh_id, {columns} FROM {history}) b ON b.pgh_id = x.before
           WHERE x.name = '{name}' AND NOT x.created
           UNION ALL
           SELECT x.key, NULL, {populated} FROM intake_touched x
           JOIN intake_importbefore o ON o.batch_id = %s AND o.table = x.name AND o.key = x.key
           CROSS JOIN LATERAL jsonb_populate_record(NULL::{name}, o.row) b
           WHERE x.name = '{name}' AND NOT x.created AND x.before IS NULL) b"""
STAGE = "CREATE TEMP TABLE intake_touched (name text, key bigint, created bool, before bigint) ON COMMIT DROP"
HOUSEHOLDS = """
    CREATE TEMP TABLE intake_household ON COMMIT DROP AS
    SELECT DISTINCT household_id AS id FROM (
        SELECT household_id FROM records_membership WHERE person_id = ANY(%s)
        UNION ALL
        SELECT t.household_id FROM unnest(%s::bigint[]) AS a(person)
        JOIN records_membershipevent t ON t.person_id = a.person WHERE t.pgh_context->>'batch' = %s) m"""
# Who is not on the sheet but lost the place as head to somebody who is. Looked up by the person, one by one (+ 0: never
# by the batch): with the statistics of a young database all rows of the batch would be read for each chunk.
NEIGHBOURS = """
    SELECT DISTINCT m.person_id FROM records_membership m JOIN intake_household h ON h.id = m.household_id
    WHERE (SELECT r.id FROM intake_importrow r WHERE r.batch_id + 0 = %s AND r.person_id = m.person_id
           AND r.state = 'written' LIMIT 1) IS NULL"""


def take_back_or_keep(batch: ImportBatch, people: Sequence[int]) -> set[int]:
    """`take_back`; the people on whom something else rests stay as they are and are returned."""
    if not people:
        return set()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            take_back(batch, people)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # foreign keys are asked here, not at the commit
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        if len(people) == 1:
            log.warning("batch %s: one person is kept: %s", batch.pk, type(error).__name__)
            return set(people)
        middle = len(people) // 2
        return take_back_or_keep(batch, people[:middle]) | take_back_or_keep(batch, people[middle:])
    return set()


def take_back(batch: ImportBatch, people: Sequence[int]) -> None:
    """Removes what the batch made for these people and restores what it changed, their households too. Runs in the
    caller's transaction and history context. Raises IntegrityError when something else rests on what would go."""
    keys = list(people)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.intake_touched, pg_temp.intake_household")
        cursor.execute(STAGE)
        cursor.execute(HOUSEHOLDS, [keys, keys, str(batch.pk)])
        for table in tables_of(batch.kind):
            _touched(cursor, batch, table, keys)
        _touched_neighbours(cursor, batch)
        _touched_households(cursor, batch)
        cursor.execute("ANALYZE intake_touched")
        _check_past(cursor, batch)
        _let_go(cursor)
        order = tables_of(batch.kind)
        for table in reversed(order):
            _remove(cursor, table)
        for table in (household_table(), *order):
            _restore(cursor, batch, table)
        _remove_households(cursor)


def _touched(cursor: Any, batch: ImportBatch, table: Table, people: list[int], more: str = "") -> None:
    statement = TOUCHED.format(
        name=table.name, history=table.history, owner=table.owner, join=table.history_of("a.person"), more=more
    )
    cursor.execute(statement, [people, str(batch.pk)])


def _touched_neighbours(cursor: Any, batch: ImportBatch) -> None:
    cursor.execute(NEIGHBOURS, [batch.pk])
    neighbours = [row[0] for row in cursor.fetchall()]
    for table in tables_of(batch.kind):
        if neighbours and table.name == "records_membership":
            _touched(cursor, batch, table, neighbours, _untouched_since(table))


def _touched_households(cursor: Any, batch: ImportBatch) -> None:
    """Households are shared: what others changed since stays."""
    table = household_table()
    cursor.execute("SELECT id FROM intake_household")
    keys = [row[0] for row in cursor.fetchall()]
    _touched(cursor, batch, table, keys, _untouched_since(table))


def _untouched_since(table: Table) -> str:
    # Names come from the models.
    return f"""AND NOT EXISTS (SELECT 1 FROM {table.history} later
        WHERE later.{table.owner} = t.{table.owner} AND later.id = t.id AND later.pgh_id > t.pgh_id
          AND later.pgh_context->>'batch' IS DISTINCT FROM t.pgh_context->>'batch'
          AND NOT coalesce(later.pgh_context ? 'undo', false))"""  # noqa: S608


def _check_past(cursor: Any, batch: ImportBatch) -> None:
    cursor.execute(
        """SELECT count(*) FROM intake_touched x WHERE NOT x.created AND x.before IS NULL AND NOT EXISTS
           (SELECT 1 FROM intake_importbefore o WHERE o.batch_id = %s AND o.table = x.name AND o.key = x.key)""",
        [batch.pk],
    )
    if missing := cursor.fetchone()[0]:
        raise NoPast(f"{missing} rows without a version from before the batch")


# --- Removing -------------------------------------------------------------------------------------------------------

MADE = "(SELECT key FROM intake_touched WHERE name = '{name}' AND created)"


def _let_go(cursor: Any) -> None:
    """Links that may become empty, and links between two people of the batch who both go."""
    gone = MADE.format(name="records_person")
    for field in _links():
        table, column = field.model._meta.db_table, field.column
        cursor.execute(f"UPDATE {table} SET {column} = NULL WHERE {column} IN {gone}")  # noqa: S608
    cursor.execute(f"UPDATE records_person SET mother_id = NULL WHERE mother_id IN {gone} AND id IN {gone}")  # noqa: S608


def _links() -> Iterator[Any]:
    for relation in Person._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and getattr(relation, "on_delete", None) is models.SET_NULL:
            yield relation.field  # type: ignore[union-attr]


def _remove(cursor: Any, table: Table) -> None:
    cursor.execute(f"DELETE FROM {table.name} WHERE id IN {MADE.format(name=table.name)}")  # noqa: S608


def _remove_households(cursor: Any) -> None:
    """Households that the batch opened, once nobody is left in them."""
    made = MADE.format(name="records_household")
    cursor.execute(
        f"""DELETE FROM records_household h WHERE h.id IN {made}
            AND NOT EXISTS (SELECT 1 FROM records_membership m WHERE m.household_id = h.id)"""  # noqa: S608
    )


# --- Restoring ------------------------------------------------------------------------------------------------------


def _restore(cursor: Any, batch: ImportBatch, table: Table) -> None:
    columns = [f'"{name}"' for name in (*table.columns, *(["version"] if table.versioned else []))]  # "table" is one
    past = PAST.format(
        name=table.name, history=table.history, columns=", ".join(columns),
        populated=", ".join(f"b.{column}" for column in columns),
    )  # fmt: skip
    sets = ", ".join(f'"{column}" = b."{column}"' for column in table.columns) + ", updated_at = now()"
    if table.versioned:
        sets += ", version = t.version + 1"  # a form opened before the undo is stale
    for condition in _passes(table):
        cursor.execute(f"UPDATE {table.name} t SET {sets} FROM {past} WHERE t.id = b.key AND {condition}", [batch.pk])  # noqa: S608
    names = ", ".join(columns)
    cursor.execute(
        f"""INSERT INTO {table.name} (id, updated_at, {names})
            SELECT b.key, now(), {", ".join(f"b.{column}" for column in columns)} FROM {past}
            WHERE NOT EXISTS (SELECT 1 FROM {table.name} t WHERE t.id = b.key)""",  # noqa: S608
        [batch.pk],
    )


def _passes(table: Table) -> tuple[str, ...]:
    """Rows that end or step back first, so that the one current number, household or head is free for its owner."""
    if not table.dated:
        return ("true",)
    head = "b.is_head" if "is_head" in table.columns else "false"
    return ("b.valid_to IS NOT NULL", f"b.valid_to IS NULL AND NOT {head}", f"b.valid_to IS NULL AND {head}")
