"""Lists as parameters of a statement: long lists of keys, names and numbers go with every chunk of a large file, and
psycopg takes them through an adapter value by value."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper


class PlainLists(ListDumper):
    """As psycopg's own, with one step for a list that has only whole numbers or only texts."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The text form of a PostgreSQL array."""
        kinds = set(map(type, obj))
        if kinds == {int}:
            return f"{{{','.join(map(str, obj))}}}".encode()
        if kinds == {str} and self.delimiter == b",":
            text = '","'.join(obj)
            if "\\" not in text and "\0" not in text and text.count('"') == 2 * (len(obj) - 1):
                return f'{{"{text}"}}'.encode()
        return super().dump(obj)


def use_plain_lists(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of `connection_created`."""
    connection.connection.adapters.register_dumper(list, PlainLists)
