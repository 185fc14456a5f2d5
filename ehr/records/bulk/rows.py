"""Stored rows as light objects: a model instance costs several times the row itself when there are thousands of them.

They answer like instances: columns by attname, related codes, units and villages by name, from `References`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from ehr.codes.models import Code
from ehr.records import facts
from ehr.records.services.places import Places
from stations.models import AdminUnit, Organization, Village


class References:
    """Codes, units, villages and stations of one call, by key."""

    def __init__(self) -> None:
        self.places = Places()
        self.codes: dict[int, Code] = {}
        self.organizations: dict[int, Organization] = {}
        self._classes: dict[type[models.Model], tuple[type, type, list[str]]] = {}

    def lookup(self, model: type[models.Model] | None) -> Any:
        """Rows of the model by key; None for models whose rows nobody asks for by name."""
        if model is None:
            return None
        return {
            Code: self.codes, AdminUnit: self.places.unit_keys, Village: self.places.village_keys,
            Organization: self.organizations,
        }.get(model)  # fmt: skip

    def kept_codes(self, systems: Iterable[str]) -> None:
        """Codes of the small lists, from memory."""
        for system in systems:
            self.codes.update((code.id, code) for code in facts.codes_of(system).values())

    def classes(self, model: type[models.Model]) -> tuple[type, type, list[str]]:
        """The class of stored rows, the class of rows to come, and the columns of a stored row in their order."""
        found = self._classes.get(model)
        if found is None:
            names = [field.attname for field in model._meta.concrete_fields if not field.generated]
            members: dict[str, Any] = {"__str__": model.__str__, "_meta": model._meta, "is_new": False}
            for field in model._meta.concrete_fields:
                lookup = self.lookup(field.related_model) if field.is_relation else None
                if lookup is not None:
                    members[field.name] = _related(field.attname, lookup)
            stored = type(f"Stored{model.__name__}", (), members)
            new = type(f"New{model.__name__}", (stored,), {"is_new": True})
            found = self._classes[model] = (stored, new, names)
        return found

    def new(self, model: type[models.Model], columns: dict[str, Any]) -> Any:
        """A row to come; it is `columns`: what is set on it later is inserted, too."""
        row = self.classes(model)[1]()
        row.__dict__ = columns
        return row

    def read(
        self, model: type[models.Model], where: str, params: list[Any], *, lock: bool = False, order: str = "id"
    ) -> list[Any]:
        """Rows of the model's table as light objects. One query. `where` and `order`: SQL written here, never given."""
        made, _, names = self.classes(model)
        columns = ", ".join(f't."{field.column}"' for field in model._meta.concrete_fields if not field.generated)
        sql = f'SELECT {columns} FROM "{model._meta.db_table}" t WHERE {where} ORDER BY {order}'  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql + (" FOR UPDATE" if lock else ""), params)
            found = cursor.fetchall()
        rows = []
        for values in found:
            row = made()
            row.__dict__ = dict(zip(names, values, strict=True))
            rows.append(row)
        return rows


def _related(attname: str, lookup: dict[int, Any]) -> property:
    def get(row: Any) -> Any:
        key = row.__dict__[attname]
        return None if key is None else lookup[key]

    return property(get)
