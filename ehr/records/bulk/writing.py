"""Changes of thousands of people into the tables: COPY for what is new, one UPDATE and one DELETE per table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.utils import timezone

from ehr.common.copying import NULL, copy_lines, line
from ehr.records.models import Household, Membership, Person
from ehr.records.services.changes import Changes, Columns
from ehr.records.services.fields import empty_of

STAMPS = ("created_at", "updated_at")
# Rows to which others point come first: a foreign key that is checked at once finds them.
FIRST = (Household, Person)


def take_keys(model: type[models.Model], number: int) -> list[int]:
    """New keys that nobody else gets. One query."""
    if not number:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            # OFFSET 0: the name of the sequence is looked up once, not for each key.
            "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) s, "
            "generate_series(1, %s)",
            [model._meta.db_table, number],
        )
        return [key for (key,) in cursor.fetchall()]


def open_households(opened: Iterable[Any], changes: Changes) -> None:
    """Gives keys to new households, and has them inserted. In one order whoever writes, so that two who open the same
    ones do not wait for each other."""
    ordered = sorted(opened, key=lambda each: (each.commune_id, each.village_id or 0, each.code))
    for household, key in zip(ordered, take_keys(Household, len(ordered)), strict=True):
        household.id = key
        changes.add(Household, household.__dict__)


def write(changes: Changes, ready: Mapping[type[models.Model], Sequence[str]] | None = None) -> None:
    """Stores everything; the history context of COPY must stand. Ends and deletions before what takes their place.
    `ready`: lines for COPY of further tables, as `planned_columns` has their columns."""
    ready = ready or {}
    _settle_heads(changes)
    for model, keys in changes.deletes.items():
        _delete(model, keys)
    _step_back(changes)
    for model, changed in changes.updates.items():
        rows = changes.rows[model]
        _update(model, [rows[key] for key in sorted(changed)], sorted(set().union(*changed.values())))
    for model in sorted({*changes.inserts, *ready}, key=lambda each: (each not in FIRST, each._meta.db_table)):
        if model in ready:
            copy_lines(model._meta.db_table, planned_columns(model), ready[model])
        if model in changes.inserts:
            _copy(model, changes.inserts[model])


# --- Heads of households ---------------------------------------------------------------------------------------------


def _settle_heads(changes: Changes) -> None:
    """Of several rows that name themselves head of one household, the last one is, as if saved one after the other."""
    heads = changes.heads
    for columns in changes.inserts.get(Membership, ()):
        if columns["is_head"] and heads.get(columns["household_id"]) != columns["person_id"]:
            columns["is_head"] = False
    for row in changes.rows.get(Membership, {}).values():
        if row.is_head and heads.get(row.household_id, row.person_id) != row.person_id:
            row.is_head = False


def _step_back(changes: Changes) -> None:
    """Present heads make way for the new ones."""
    if changes.heads:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_membership m SET is_head = false, updated_at = %s "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS h(household, person) "
                "WHERE m.household_id = h.household AND m.valid_to IS NULL AND m.is_head AND m.person_id <> h.person",
                [timezone.now(), list(changes.heads), list(changes.heads.values())],
            )


# --- DELETE and UPDATE -----------------------------------------------------------------------------------------------


def _delete(model: type[models.Model], keys: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = ANY(%s)', [list(keys)])  # noqa: S608


def _update(model: type[models.Model], rows: Sequence[Any], names: Sequence[str]) -> None:
    """Sets the columns of all rows by one statement. Values travel as texts and get the type of their column."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    sets, arrays, params = [], ["%s::bigint[]"], [[row.id for row in rows]]
    for at, field in enumerate(fields):
        sets.append(f'"{field.column}" = d.c{at}::{_type(field)}')
        arrays.append("%s::text[]")
        params.append([_as_text(getattr(row, field.attname)) for row in rows])
    names_of = ", ".join(["id", *(f"c{at}" for at in range(len(fields)))])
    sql = (
        f'UPDATE "{model._meta.db_table}" t SET {", ".join(sets)}, updated_at = %s '  # noqa: S608
        f"FROM unnest({', '.join(arrays)}) AS d({names_of}) WHERE t.id = d.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [timezone.now(), *params])


def _type(field: Any) -> str:
    return str(field.db_type(connection) if not field.is_relation else field.target_field.rel_db_type(connection))


def _as_text(value: Any) -> str | None:
    return None if value is None else value if value.__class__ is str else _TEXT[value.__class__](value)


# --- COPY ------------------------------------------------------------------------------------------------------------


def _array(value: Iterable[str]) -> str:
    """Names of fields: letters and underscores only."""
    return "{" + ",".join(value) + "}"


_TEXT: dict[type, Callable[[Any], str]] = {
    int: str, bool: lambda value: "t" if value else "f", Decimal: str, list: _array, tuple: _array,
    dt.date: dt.date.isoformat, dt.datetime: dt.datetime.isoformat,
}  # fmt: skip


@lru_cache(maxsize=64)
def _shape(model: type[models.Model], with_key: bool) -> tuple[list[str], dict[str, int], tuple[str, ...]]:
    """The columns, the place of each by attname, and a line of defaults."""
    fields = [each for each in model._meta.concrete_fields if not each.generated and (with_key or not each.primary_key)]
    defaults = []
    for field in fields:
        text = None if field.primary_key or field.attname in STAMPS else _as_text(empty_of(field))
        defaults.append(NULL if text is None else text)
    places = {field.attname: at for at, field in enumerate(fields)}
    return [str(field.column) for field in fields], places, tuple(defaults)


@lru_cache(maxsize=64)
def _planned_shape(model: type[models.Model]) -> tuple[list[str], dict[str, int], tuple[str, ...]]:
    """As `_shape`, without what is known when the row is written: stamps, and the key of the person."""
    columns, places, defaults = _shape(model, False)
    kept = [at for name, at in places.items() if name not in (*STAMPS, "person_id")]
    names = {at: name for name, at in places.items()}
    return (
        [columns[at] for at in kept],
        {names[at]: new for new, at in enumerate(kept)},
        tuple(defaults[at] for at in kept),
    )


def planned_columns(model: type[models.Model]) -> list[str]:
    """The columns of a line of which the beginning comes when it is written: created_at, updated_at, the person's key,
    then those of `planned_line`."""
    return [*STAMPS, "id" if model is Person else "person_id", *_planned_shape(model)[0]]


def planned_line(model: type[models.Model], row: Columns) -> str:
    """The rest of such a line. `row` without the key of the person."""
    _, places, defaults = _planned_shape(model)
    texts = list(defaults)
    for name, value in row.items():
        kind = value.__class__
        texts[places[name]] = value if kind is str else NULL if value is None else _TEXT[kind](value)
    return line(texts)


def _copy(model: type[models.Model], rows: Sequence[Columns]) -> None:
    """Inserts the rows. One statement; the history of all of them is written by one more inside the database."""
    columns, places, defaults = _shape(model, "id" in rows[0])
    former = list(defaults)
    now = timezone.now().isoformat()
    for name in STAMPS:
        if name in places:
            former[places[name]] = now
    lines = []
    for row in rows:
        texts = former.copy()
        for name, value in row.items():
            kind = value.__class__
            if kind is str:
                texts[places[name]] = value
            else:
                texts[places[name]] = NULL if value is None else _TEXT[kind](value)
        lines.append(line(texts))
    copy_lines(model._meta.db_table, columns, lines)
