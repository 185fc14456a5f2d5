"""`column = ANY(keys)` for querysets: a list of a thousand keys is one value, where `__in` checks, converts and binds
each by itself, which costs several times the query."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import BooleanField, F, Func, Value


def among(column: str, keys: Collection[int]) -> Func:
    """A condition for `filter` and `exclude`: the column ("id", "person_id") holds one of the keys."""
    given = Func(Value(list(keys)), template="(%(expressions)s::bigint[])")
    return Func(F(column), given, template="%(expressions)s", arg_joiner=" = ANY", output_field=BooleanField())
