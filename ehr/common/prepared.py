"""Querysets compiled once: for the few reads that every page and every save repeats.

Django builds the SQL of a queryset anew each time, and for rows of forty columns that takes three times as long as the
database takes to answer; the database parses and plans it anew, which takes longer than finding the row. A `Prepared`
keeps the SQL, the database keeps the plan, only the values change; the model instances are the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Field, Lookup, Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
# Values that no query has, to find where the real ones go.
_MARKERS: dict[type, Callable[[int], Any]] = {
    int: lambda at: -(91_000_000 + at), str: lambda at: f"prepared-{at}", dt.date: lambda at: dt.date(1, 1, 1 + at),
    list: lambda at: [f"prepared-{at}"],
}  # fmt: skip


@Field.register_lookup
class AnyOf(Lookup):  # type: ignore[type-arg]
    """`filter(code__any=["I10", "E11"])`: like `in`, with all values as one array, so that the SQL stays the same."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", (*params, list(self.rhs))


def _cursor() -> Any:
    """A cursor whose statements the database prepares: it parses and plans them once per connection (psycopg sends
    values apart, and `prepare_threshold` 0 in the settings means: at the first use)."""
    with connection.cursor():  # opens or checks the connection
        # Not in the stubs; Django makes its own cursors so.
        return connection._prepare_cursor(ServerBindingCursor(connection.connection))  # type: ignore[attr-defined,call-arg]


class _Plan:
    """The SQL of a queryset, where its values stand, and how a row becomes an instance."""

    def __init__(self, queryset: QuerySet[Any], markers: list[Any]) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, params = compiler.as_sql()
        self.params = list(params)
        self.places = [(at, markers.index(value)) for at, value in enumerate(params) if value in markers]
        if {number for _, number in self.places} != set(range(len(markers))):
            raise ValueError("a value of the queryset does not reach its SQL unchanged")
        info = compiler.klass_info
        columns = info["select_fields"]
        self.model, self.first, self.last = info["model"], columns[0], columns[-1] + 1
        self.names = [column[0].target.attname for column in compiler.select[self.first : self.last]]
        # The stubs are those of a later Django.
        self.related = get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]
        self.annotations = compiler.annotation_col_map
        self.compiler, self.converters = compiler, compiler.get_converters([column[0] for column in compiler.select])

    def run(self, values: tuple[Any, ...]) -> list[Any]:
        params = list(self.params)
        for at, number in self.places:
            params[at] = values[number]
        with _cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self._instance(row) for row in rows]

    def _instance(self, row: Any) -> Any:
        made = self.model.from_db(connection.alias, self.names, row[self.first : self.last])
        for populator in self.related:
            populator.populate(row, made)
        for name, at in (self.annotations or {}).items():
            setattr(made, name, row[at])
        return made


class Prepared(Generic[M]):
    """A queryset with open values.

    `build` makes it from one value of each of `types` (int, str, date, list of str), which must reach the SQL as
    they are: equality on plain columns, `any` for lists. It is called once, at the first use."""

    def __init__(self, build: Callable[..., QuerySet[M]], *types: type) -> None:
        self._build, self._types = build, types
        self._plan: _Plan | None = None

    def all(self, *values: Any) -> list[M]:
        """The rows for these values. One statement."""
        if len(values) != len(self._types):
            raise TypeError(f"{len(self._types)} values expected, got {len(values)}")
        if self._plan is None:
            markers = [_MARKERS[kind](at) for at, kind in enumerate(self._types)]
            self._plan = _Plan(self._build(*markers), markers)
        return self._plan.run(values)

    def first(self, *values: Any) -> M | None:
        """The first row, or None. One statement."""
        rows = self.all(*values)
        return rows[0] if rows else None
