"""ImportRow in bulk: COPY in, set-based updates, counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from ehr.intake.models import Fate, ImportBatch, ImportRow

COLUMNS = (
    "batch_id", "position", "follows", "sheet", "number", "fate", "state", "label", "values", "cleaned", "problems",
    "changes", "candidates", "decision", "person_id",
)  # fmt: skip
JSON_COLUMNS = frozenset(["values", "cleaned", "problems", "changes", "candidates"])
COUNTED = {
    "new": Fate.NEW, "updated": Fate.UPDATE, "unchanged": Fate.UNCHANGED, "possible_duplicate": Fate.DUPLICATE,
    "refused": Fate.REFUSED,
}  # fmt: skip


def as_json(value: Any) -> str:
    """Compact JSON with Vietnamese letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def copy_rows(rows: Iterable[ImportRow]) -> None:
    """Stores unsaved rows with one COPY."""
    columns = ", ".join(f'"{column}"' for column in COLUMNS)
    empty = {"[]": "[]", "{}": "{}"}
    with connection.cursor() as cursor, cursor.copy(f"COPY intake_importrow ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(
                [
                    (as_json(value) if value else empty[str(value)]) if column in JSON_COLUMNS else value
                    for column in COLUMNS
                    for value in (getattr(row, column),)
                ]
            )


def store_outcomes(rows: Iterable[ImportRow]) -> None:
    """Writes state, person, fate, problems and changes of rows with one statement."""
    names = ("state", "fate", "problems", "changes")
    found = [{"id": row.pk, "person": row.person_id} | {name: getattr(row, name) for name in names} for row in rows]
    if found:
        with connection.cursor() as cursor:
            cursor.execute(STORE_OUTCOMES, [as_json(found)])


STORE_OUTCOMES = """
    UPDATE intake_importrow r
    SET state = u.state, person_id = u.person, fate = u.fate, problems = u.problems, changes = u.changes
    FROM jsonb_to_recordset(%s::jsonb)
         AS u(id bigint, person bigint, state text, fate text, problems jsonb, changes jsonb)
    WHERE r.id = u.id"""


def count(batch: ImportBatch) -> dict[str, int]:
    """The counts of a batch as its rows stand now. One query."""
    rows = ImportRow.objects.filter(batch=batch).order_by()
    state = ImportRow.State
    asked: Mapping[str, Any] = {
        "rows": Count("pk"),
        **{name: Count("pk", filter=Q(fate=fate)) for name, fate in COUNTED.items()},
        "cleaned": Count("pk", filter=~Q(cleaned=[])),
        "written": Count("pk", filter=Q(state=state.WRITTEN)),
        "skipped": Count("pk", filter=Q(state=state.SKIPPED)),
        "undone": Count("pk", filter=Q(state=state.UNDONE)),
        "kept": Count("pk", filter=Q(state=state.KEPT)),
        "waiting": Count("pk", filter=Q(fate=Fate.DUPLICATE, state=state.WAITING)),
    }
    return rows.aggregate(**asked)
