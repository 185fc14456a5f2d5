"""Writing the rows behind a list of the form: equal rows stay untouched, so that history does not grow for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from ehr.records.services.changes import differing, equal


class LineChanges:
    """What differs between stored rows and wanted lines, of any number of lists; written with at most one INSERT,
    one UPDATE and one DELETE per table."""

    def __init__(self) -> None:
        self.create: list[Any] = []
        self.update: list[Any] = []
        self.delete: list[Any] = []
        self._columns: dict[type[models.Model], set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.delete)

    def plan(
        self, existing: Iterable[Any], wanted: Sequence[dict[str, Any]], make: Callable[..., Any], *, field: str
    ) -> None:
        """Makes the rows equal to `wanted`: keeps equal ones, reuses rows for changed lines, adds and removes the rest.

        `field`: the field code under which a row that does not fit its table is reported. Raises ValidationError."""
        left, new = differing(existing, wanted)
        for line in new:
            if left:
                self.change(left.pop(0), line, field=field)
            else:
                row = make(**line)
                _check(row, field)
                self.create.append(row)
        self.delete += left

    def change(self, row: Any, columns: dict[str, Any], *, field: str) -> None:
        """Sets columns of a stored row; nothing happens when they are equal. Raises ValidationError."""
        if equal(row, columns):
            return
        for key, value in columns.items():
            setattr(row, key, value)
        row.updated_at = timezone.now()  # bulk_update does not fill auto_now
        _check(row, field)
        self.update.append(row)
        self._columns.setdefault(type(row), {"updated_at"}).update(columns)

    def absorb(self, other: LineChanges) -> None:
        """Takes over what `other` planned, so that many visits are written together."""
        self.create += other.create
        self.update += other.update
        self.delete += other.delete
        for model, columns in other._columns.items():
            self._columns.setdefault(model, {"updated_at"}).update(columns)

    def write(self) -> None:
        """Stores all planned changes."""
        for model, rows in _by_model(self.delete).items():
            model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
        for model, rows in _by_model(self.update).items():
            model._default_manager.bulk_update(rows, sorted(self._columns[model]))
        for model, rows in _by_model(self.create).items():
            model._default_manager.bulk_create(rows)


def _check(row: Any, field: str) -> None:
    """Lengths and choices of the row's own columns; foreign keys were resolved before."""
    keys = [each.name for each in row._meta.fields if each.is_relation]
    try:
        row.clean_fields(exclude=keys)
    except ValidationError as exc:
        found = []
        for column, errors in exc.error_dict.items():
            label = row._meta.get_field(column).verbose_name
            for error in errors:
                found += [ValidationError(f"{label}: {message}", code=error.code) for message in error.messages]
        raise ValidationError({field: found}) from exc


def _by_model(rows: Iterable[Any]) -> dict[type[models.Model], list[Any]]:
    found: dict[type[models.Model], list[Any]] = {}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    return found
