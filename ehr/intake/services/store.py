"""ImportRow in bulk: COPY in, set-based updates, counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from ehr.common.copying import NULL, copy_lines, line
from ehr.intake.models import Fate, ImportBatch, ImportRow
from ehr.intake.register.models import RegisterLine

_TEXTS = ("sheet", "fate", "state", "label", "decision")
_JSON = ("values", "cleaned", "problems", "changes", "candidates")
COUNTED = {
    "new": Fate.NEW, "updated": Fate.UPDATE, "unchanged": Fate.UNCHANGED, "possible_duplicate": Fate.DUPLICATE,
    "refused": Fate.REFUSED,
}  # fmt: skip


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_json(value: Any) -> str:
    """Compact JSON with Vietnamese letters as they are."""
    return _encode(value)


@dataclass(slots=True)
class NewRow:
    """A row to be stored: the columns of ImportRow, without what a model instance costs."""

    batch_id: int
    position: int
    sheet: str
    number: int
    label: str
    values: dict[str, Any]
    cleaned: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    fate: str = Fate.REFUSED.value
    state: str = ImportRow.State.WAITING.value
    follows: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    decision: str = ""
    person_id: int | None = None


def copy_rows(rows: Iterable[NewRow]) -> None:
    """Stores rows with one COPY."""
    columns = ("position", *_TEXTS, *_JSON, "batch_id", "number", "follows", "person_id")
    lines = []
    for row in rows:
        texts = [str(row.position), row.sheet, row.fate, row.state, row.label, row.decision]
        texts += [as_json(value) if value else empty for value, empty in (
            (row.values, "{}"), (row.cleaned, "[]"), (row.problems, "[]"), (row.changes, "{}"), (row.candidates, "[]"),
        )]  # fmt: skip
        texts += [str(row.batch_id), str(row.number)]
        texts += [NULL if key is None else str(key) for key in (row.follows, row.person_id)]
        lines.append(line(texts))
    copy_lines("intake_importrow", columns, lines)


def store_outcomes(rows: Iterable[ImportRow]) -> None:
    """Writes state, person, fate, problems and changes of rows with one statement."""
    names = ("state", "fate", "problems", "changes")
    found = [{"id": row.pk, "person": row.person_id} | {name: getattr(row, name) for name in names} for row in rows]
    if found:
        with connection.cursor() as cursor:
            cursor.execute(STORE_OUTCOMES, [as_json(found)])


def mark_written(keys: Sequence[int], people: Sequence[int]) -> None:
    """Rows of which each made the person beside it; nothing else of them changes. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_WRITTEN, [list(keys), list(people)])


MARK_WRITTEN = """
    UPDATE intake_importrow r SET state = 'written', person_id = u.person
    FROM unnest(%s::bigint[], %s::bigint[]) AS u(id, person) WHERE r.id = u.id"""
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


def analyze_rows() -> None:
    """After many rows came in: without statistics each chunk of the writing would be looked for among all of them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_importrow (id, batch_id, position, fate, state, decision, follows, person_id)")


def drop_rows(batch_id: int) -> None:
    """All rows of a batch leave, and the lines of a comparison that stand for them. Two statements: the ORM would load
    each row with all that is on it."""
    RegisterLine.objects.filter(batch=batch_id, row__isnull=False).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM intake_importrow WHERE batch_id = %s", [batch_id])
