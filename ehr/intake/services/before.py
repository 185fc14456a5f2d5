"""Rows as they were, kept before a batch changes them, where their own history does not know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.services.tables import household_table, tables_of

# Names of tables and columns come from the models, values are parameters.
KEEP = """
    INSERT INTO intake_importbefore (batch_id, "table", key, row)
    SELECT %s, '{name}', t.id, to_jsonb(t) FROM {name} t
    WHERE {condition} AND NOT EXISTS (SELECT 1 FROM {history} e WHERE e.{owner} = {own} AND e.id = t.id)
    ON CONFLICT DO NOTHING"""


def keep_before(batch: ImportBatch, rows: Sequence[ImportRow]) -> None:
    """Keeps the present state of everything that these rows may change and whose history is empty, as after a load with
    the triggers off. People and households that the rows make need nothing."""
    people = sorted({row.person_id for row in rows if row.person_id})
    households = sorted({str(row.values["household_code"]) for row in rows if row.values.get("household_code")})
    if not people and not households:
        return
    with connection.cursor() as cursor:
        if people:
            for table in tables_of(batch.kind):
                own = "t.id" if table.owner == "pgh_obj_id" else f"t.{table.owner}"
                statement = KEEP.format(
                    name=table.name, history=table.history, owner=table.owner, own=own, condition=table.belongs_to()
                )
                cursor.execute(statement, [batch.pk, people])
        _keep_households(cursor, batch, people, households)


def keep_households(batch: ImportBatch, codes: list[str]) -> None:
    """The same for rows that make people: households that they name, and who belongs to them."""
    if codes:
        with connection.cursor() as cursor:
            _keep_households(cursor, batch, [], codes)


def _keep_households(cursor: Any, batch: ImportBatch, people: list[int], codes: list[str]) -> None:
    """Households that the rows name or whose members they are, and who belongs to them: a new head replaces another."""
    table = household_table()
    condition = """t.id IN (SELECT id FROM records_household WHERE commune_id = %s AND code = ANY(%s)
        UNION SELECT household_id FROM records_membership WHERE person_id = ANY(%s) AND valid_to IS NULL)"""
    named = [batch.commune_id, codes, people]
    statement = KEEP.format(name=table.name, history=table.history, owner=table.owner, own="t.id", condition=condition)
    cursor.execute(statement, [batch.pk, *named])
    statement = KEEP.format(
        name="records_membership", history="records_membershipevent", owner="person_id", own="t.person_id",
        condition=condition.replace("t.id IN", "t.valid_to IS NULL AND t.household_id IN"),
    )  # fmt: skip
    cursor.execute(statement, [batch.pk, *named])
