"""The record as it was at an earlier moment: every report asked within `as_of(moment)` reads the tables of that time.

The history keeps each version of each row with the start of the transaction that wrote it. For every tracked table
that changed since, a temporary view of the same name is laid over it, which PostgreSQL finds first: rows that did not
change come from the table itself, the others from their last version before the moment. So no report needs to know
about time. The view has a shape that PostgreSQL takes apart, so that it looks rows up by the table's own indexes.

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
from django.db import connection, models, transaction
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

    It is a transaction that sees nothing of what others write meanwhile; within a transaction of the caller that is up
    to the caller. The record cannot be written inside: the views refuse it. The views belong to the session and go at
    the end; a worker that dies takes them along. Not to be nested. Raises ValueError for a moment that has not come."""
    if moment > timezone.now():
        raise ValueError("a moment that has not come")
    laid: list[str] = []
    unknown = 0
    with _standing_still():
        try:
            for event in tracked_events():
                tracked = event.pgh_tracked_model
                if _find_changed(tracked, event, moment):
                    laid.append(tracked._meta.db_table)
                    unknown += _lay_over(tracked, event, moment)
            yield Gaps(tuple(laid), unknown)
        finally:
            _take_off(laid)


@contextlib.contextmanager
def _standing_still() -> Iterator[None]:
    """A row that somebody changes after the changed ones were collected would be read as it is now."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


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
    table, versions = tracked._meta.db_table, f'"{_VERSIONS}{tracked._meta.db_table}"'
    kept = {field.column for field in event._meta.concrete_fields}
    columns = [str(field.column) for field in tracked._meta.concrete_fields]
    computed = {str(tracked._meta.pk.column): "pgh_obj_id"} | _generated(table)
    of_version = ", ".join(f'"{name}"' if name in kept else computed.get(name, "NULL") for name in columns)
    plain = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        # Of exactly the table's types: else PostgreSQL does not take the view apart.
        cursor.execute(f'CREATE TEMPORARY TABLE {versions} AS SELECT {plain} FROM public."{table}" WITH NO DATA')  # noqa: S608
        # The last version before the moment; without one, the old row of a deletion, else the row was not there yet.
        cursor.execute(
            f"INSERT INTO {versions} ({plain}) SELECT {of_version} FROM ("  # noqa: S608
            f'SELECT DISTINCT ON (e.pgh_obj_id) e.* FROM "{event._meta.db_table}" e JOIN "{_CHANGED}{table}" c '
            "ON c.id = e.pgh_obj_id WHERE e.pgh_created_at < %s ORDER BY e.pgh_obj_id, e.pgh_id DESC"
            ") last WHERE pgh_label <> 'delete'",
            [moment],
        )
        unknown = _rows_without_past(cursor, tracked, event, moment, f"({plain}) SELECT {of_version}")
        for name in _looked_up_by(tracked):
            cursor.execute(f'CREATE INDEX ON {versions} ("{name}")')
        cursor.execute(f"ANALYZE {versions}")
        cursor.execute(_view(tracked, columns, moment))
    return unknown


def _view(tracked: type[models.Model], columns: Sequence[str], moment: dt.datetime) -> str:
    """A view takes no parameters, so the moment stands in it.

    Who may be seen is said outside the UNION ALL and under OR. Said inside, or as a join, PostgreSQL would read the
    whole of both tables for one person's rows; so it reads both by their indexes."""
    table, plain = tracked._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    born = f" AND created_at < '{moment.isoformat()}'::timestamptz" if "created_at" in columns else ""
    return (
        f'CREATE TEMPORARY VIEW "{table}" AS SELECT {plain} FROM ('  # noqa: S608 - names of our own tables
        f'SELECT {plain}, false AS asof_version FROM public."{table}" '
        f'UNION ALL SELECT {plain}, true FROM "{_VERSIONS}{table}") row WHERE asof_version '
        f'OR NOT EXISTS (SELECT FROM "{_CHANGED}{table}" c WHERE c.id = row."{tracked._meta.pk.column}"){born}'
    )


def _looked_up_by(tracked: type[models.Model]) -> list[str]:
    """Columns by which single rows are asked for: the key, and the keys of other tables that have an index."""
    fields = tracked._meta.concrete_fields
    return [str(f.column) for f in fields if f.primary_key or (f.is_relation and getattr(f, "db_index", False))]


def _rows_without_past(
    cursor, tracked: type[models.Model], event: type[models.Model], moment: dt.datetime, columns_of_version: str
) -> int:
    """Rows that were there (created before the moment) although their history begins later: their first version."""
    if all(field.column != "created_at" for field in tracked._meta.concrete_fields):
        return 0
    table = tracked._meta.db_table
    cursor.execute(
        f'INSERT INTO "{_VERSIONS}{table}" {columns_of_version} FROM ('  # noqa: S608
        f'SELECT DISTINCT ON (e.pgh_obj_id) e.* FROM "{event._meta.db_table}" e JOIN "{_CHANGED}{table}" c '
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
