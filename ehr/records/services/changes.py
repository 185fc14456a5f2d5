"""What a save is going to write, as plain columns per table. Planning fills it, one of two writers stores it: here by
the ORM for one person, in `ehr.records.bulk` by COPY for thousands. So both write the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import timezone

Columns = dict[str, Any]  # attname → value, keys of other rows under their "…_id"
Model = type[models.Model]


def differing(existing: Iterable[Any], wanted: Sequence[Columns]) -> tuple[list[Any], list[Columns]]:
    """Stored rows that no wanted line equals, and wanted lines that no stored row equals; each row serves one line."""
    left, new = list(existing), []
    for line in wanted:
        same = next((row for row in left if equal(row, line)), None)
        if same is not None:
            left.remove(same)
        else:
            new.append(line)
    return left, new


def equal(row: Any, line: Columns) -> bool:
    """Whether the row has these values in these columns."""
    return all(getattr(row, key) == line[key] for key in line)


class Changes:
    """Rows to insert, change and delete, per table; and who becomes head of a household."""

    __slots__ = ("created", "deletes", "heads", "inserts", "rows", "updates")

    def __init__(self) -> None:
        self.inserts: dict[Model, list[Columns]] = {}
        self.updates: dict[Model, dict[int, set[str]]] = {}
        self.rows: dict[Model, dict[int, Any]] = {}
        self.deletes: dict[Model, list[int]] = {}
        self.heads: dict[int, int] = {}  # household: person
        self.created: dict[Model, list[Any]] = {}  # by `write`

    def __bool__(self) -> bool:
        return bool(self.inserts or self.updates or self.deletes or self.heads)

    def add(self, model: Model, columns: Columns) -> None:
        """A new row; columns that are not named take their default."""
        rows = self.inserts.get(model)
        if rows is None:
            rows = self.inserts[model] = []
        rows.append(columns)

    def change(self, model: Model, row: Any, columns: Mapping[str, Any]) -> bool:
        """Sets columns of a stored row; False when they are equal. A row that is not stored yet just takes them."""
        differing = [name for name, value in columns.items() if getattr(row, name) != value]
        for name in differing:
            setattr(row, name, columns[name])
        if differing and not getattr(row, "is_new", False):
            self.updates.setdefault(model, {}).setdefault(row.id, set()).update(differing)
            self.rows.setdefault(model, {})[row.id] = row
        return bool(differing)

    def remove(self, model: Model, row: Any) -> None:
        self.deletes.setdefault(model, []).append(row.id)

    def plan_lines(
        self, model: Model, existing: Sequence[Any], wanted: Sequence[Columns], base: Mapping[str, Any]
    ) -> None:
        """Makes the rows of one list equal to `wanted`: equal rows stay untouched, so that history does not grow for
        nothing; changed lines reuse rows; the rest comes or goes. `base`: columns that all rows of the list share."""
        left, new = differing(existing, wanted)
        for line in new:
            if left:
                self.change(model, left.pop(0), line)
            else:
                self.add(model, {**base, **line})
        for row in left:
            self.remove(model, row)

    def write(self) -> None:
        """Stores everything by the ORM: at most one INSERT, UPDATE and DELETE per table. Ends and deletions come
        before what takes their place."""
        for model, keys in self.deletes.items():
            model._base_manager.filter(pk__in=keys).delete()
        for household, person in self.heads.items():
            _step_back(household, person)
        now = timezone.now()
        for model, changed in self.updates.items():
            rows = [self.rows[model][key] for key in changed]
            columns = set().union(*changed.values())
            if len(rows) == 1:
                values = {name: getattr(rows[0], name) for name in columns}
                model._base_manager.filter(pk=rows[0].pk).update(**values, updated_at=now)
            else:
                for row in rows:
                    row.updated_at = now
                model._base_manager.bulk_update(rows, sorted(columns | {"updated_at"}))
        for model, added in self.inserts.items():
            self.created[model] = model._base_manager.bulk_create([model(**columns) for columns in added])


def _step_back(household: int, person: int) -> None:
    """A present head makes way for the new one."""
    from ehr.records.models import Membership

    heads = Membership.objects.filter(household=household, valid_to=None, is_head=True)
    heads.exclude(person=person).update(is_head=False)
