"""Rows of claims into their tables: COPY for what is new, one UPDATE for what changes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql

from ehr.common.copying import NULL, copy_lines, line

_TEXT: dict[type, Callable[[Any], str]] = {
    int: str, uuid.UUID: str, dt.date: dt.date.isoformat, dt.datetime: dt.datetime.isoformat,
    bytes: lambda value: f"\\x{value.hex()}",
}  # fmt: skip


def copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Stores rows with one COPY; JSON and arrays come as text."""
    copy_lines(model._meta.db_table, columns, [line(list(map(_as_text, row))) for row in rows])


def _as_text(value: Any) -> str:
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[no-any-return]
    return NULL if value is None else str(value) if isinstance(value, str) else _TEXT[kind](value)


def update(model: type[models.Model], types: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    """Sets columns of many rows with one statement. `types`: PostgreSQL type by column, the key first; each row has
    its values in that order. Arrays travel as their text form."""
    if not rows:
        return
    key, *others = types
    table = sql.Identifier(model._meta.db_table)
    query = sql.SQL("UPDATE {table} t SET {sets} FROM (SELECT * FROM unnest({arrays}) AS d({names})) d WHERE {where}")
    names = {name: sql.Identifier(name) for name in types}
    statement = query.format(
        table=table,
        sets=sql.SQL(", ").join(
            sql.SQL("{0} = d.{0}::{1}").format(names[name], sql.SQL(types[name])) for name in others
        ),
        arrays=sql.SQL(", ").join(
            sql.SQL("%s::{}[]").format(sql.SQL("text" if kind.endswith("[]") else kind)) for kind in types.values()
        ),
        names=sql.SQL(", ").join(names.values()),
        where=sql.SQL("t.{0} = d.{0}").format(names[key]),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def array(values: Iterable[str]) -> str:
    """The text form of an array of texts."""
    return "{" + ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values) + "}"
