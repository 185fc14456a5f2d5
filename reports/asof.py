"""The record as it was at an earlier moment: every report asked within `as_of(moment)` reads the tables of that time.

The history keeps each version of each row with the start of the transaction that wrote it. For every tracked table
that changed since, a temporary view of the same name is laid over it, which PostgreSQL finds first: rows that did not
change come from the table itself (with its indexes), the others from their last version before the moment. So no report
needs to know about time.

Not kept in the history, and therefore as they are today: population figures and targets, units, villages, code lists.
A row that was loaded with the triggers off and changed since shows what its first later version says (`Gaps`)."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

_CHANGED, _VERSIONS = "asof_changed_", "asof_version_"


@dataclass(frozen=True, slots=True)
class Gaps:
    """`tables` that changed since the moment; `unknown`: rows whose version of that moment nobody kept."""

    tables: tuple[str, ...] = ()
    unknown: int = 0


@contextlib.contextmanager
def as_of(moment: dt.datetime) -> Iterator[Gaps]:
    """Everything read inside, on this connection, is as it was at `moment`: what transactions begun before it wrote.

    Nothing may be written inside: the views refuse it. The views belong to the session and go at the end; a worker that
    dies takes them along. Not to be nested. Raises ValueError for a moment that has not come."""
    if moment > timezone.now():
        raise ValueError("a moment that has not come")
    laid: list[str] = []
    unknown = 0
    try:
        for event in tracked_events():
            tracked = event.pgh_tracked_model
            if _find_changed(tracked, event, moment):
                laid.append(tracked._meta.db_table)
                unknown += _lay_over(tracked, event, moment)
        yield Gaps(tuple(laid), unknown)
    finally:
        _take_off(laid)


@cache
def tracked_events() -> tuple[Any, ...]:
    """The event models of all tracked tables of the record."""
    return tuple(model for model in apps.get_models() if getattr(model, "pgh_tracked_model", None) is not None)


def _find_changed(tracked: type[models.Model], event: type[models.Model], moment: dt.datetime) -> bool:
    """Keys of the rows with a version since the moment, in a temporary table; False when there is none."""
    table = _CHANGED + tracked._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TEMPORARY TABLE "{table}" AS '  # noqa: S608 - names of our own tables
            f'SELECT DISTINCT pgh_obj_id AS id FROM "{event._meta.db_table}" WHERE pgh_created_at >= %s',
            [moment],
        )
        found = cursor.rowcount > 0
        if found:
            cursor.execute(f'CREATE UNIQUE INDEX ON "{table}" (id)')
            cursor.execute(f'ANALYZE "{table}"')
        else:
            cursor.execute(f'DROP TABLE "{table}"')
    return found


def _lay_over(tracked: type[models.Model], event: type[models.Model], moment: dt.datetime) -> int:
    """The versions of the changed rows, and the view; the number of rows whose version is not known."""
    table, kept = tracked._meta.db_table, {field.column for field in event._meta.concrete_fields}
    types = {str(field.column): field.db_type(connection) for field in tracked._meta.concrete_fields}
    columns = list(types)
    changed, versions = f'"{_CHANGED}{table}"', f'"{_VERSIONS}{table}"'
    generated = _generated(table)
    of_version = ", ".join(
        f'"{name}"' if name in kept else f"{generated[name]} AS \"{name}\"" if name in generated
        else f'pgh_obj_id AS "{name}"' if name == tracked._meta.pk.column else f'NULL::{types[name]} AS "{name}"'
        for name in columns
    )  # fmt: skip
    born = " AND t.created_at < %s" if "created_at" in columns else ""
    with connection.cursor() as cursor:
        # The last version before the moment; without one, the old row of a deletion, else the row was not there yet.
        cursor.execute(
            f"CREATE TEMPORARY TABLE {versions} AS SELECT {of_version} FROM ("  # noqa: S608
            f'SELECT DISTINCT ON (e.pgh_obj_id) e.* FROM "{event._meta.db_table}" e JOIN {changed} c '
            "ON c.id = e.pgh_obj_id WHERE e.pgh_created_at < %s ORDER BY e.pgh_obj_id, e.pgh_id DESC"
            ") last WHERE pgh_label <> 'delete'",
            [moment],
        )
        unknown = _rows_without_past(cursor, tracked, event, moment, of_version, columns)
        rows = ", ".join(f't."{name}"' for name in columns)
        plain = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f'CREATE TEMPORARY VIEW "{table}" AS SELECT {rows} FROM public."{table}" t '  # noqa: S608
            f"WHERE NOT EXISTS (SELECT FROM {changed} c WHERE c.id = t.id){_literal(cursor, born, moment)} "
            f"UNION ALL SELECT {plain} FROM {versions}"
        )
    return unknown


def _rows_without_past(
    cursor, tracked: type[models.Model], event: type[models.Model], moment: dt.datetime, of_version: str,
    columns: Sequence[str],
) -> int:  # fmt: skip
    """Rows that were there (created before the moment) although their history begins later: their first version."""
    if "created_at" not in columns:
        return 0
    versions = f'"{_VERSIONS}{tracked._meta.db_table}"'
    changed = f'"{_CHANGED}{tracked._meta.db_table}"'
    cursor.execute(
        f"INSERT INTO {versions} SELECT {of_version} FROM ("  # noqa: S608
        f'SELECT DISTINCT ON (e.pgh_obj_id) e.* FROM "{event._meta.db_table}" e JOIN {changed} c '
        "ON c.id = e.pgh_obj_id ORDER BY e.pgh_obj_id, e.pgh_id"
        ") first WHERE pgh_label <> 'insert' AND pgh_created_at >= %s AND created_at < %s",
        [moment, moment],
    )
    return int(cursor.rowcount)


@cache
def _generated(table: str) -> dict[str, str]:
    """Columns that PostgreSQL computes, with their expressions: the history leaves them out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_attrdef d "
            "ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
            "WHERE a.attrelid = ('public.' || quote_ident(%s))::regclass AND a.attgenerated = 's'",
            [table],
        )
        return dict(cursor.fetchall())


def _literal(cursor, sql: str, moment: dt.datetime) -> str:
    """A view takes no parameters."""
    return sql.replace("%s", f"'{moment.isoformat()}'::timestamptz")


def _take_off(laid: Sequence[str]) -> None:
    """Removes what `as_of` made. In a broken transaction nothing can be removed and nothing need be: it rolls back."""
    if not connection.is_usable() or connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        for table in laid:
            cursor.execute(f'DROP VIEW IF EXISTS pg_temp."{table}"')
            cursor.execute(f'DROP TABLE IF EXISTS pg_temp."{_VERSIONS}{table}"')
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relname LIKE 'asof\\_%%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
