"""Reading the change history that the triggers keep: who changed what, when, through which door, from what to what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

ACTIONS = {"insert": "Thêm", "update": "Sửa", "delete": "Xóa"}
DOORS = {
    "screen": "Màn hình nhập liệu", "admin": "Trang quản trị", "rest": "Hệ thống đối tác (REST)", "task": "Tác vụ nền",
    "demo": "Dữ liệu minh họa", "copy": "Nạp hàng loạt", "excel": "Tệp Excel", "command": "Lệnh quản trị",
    "claim": "Hồ sơ BHYT (XML)",
}  # fmt: skip
SYSTEM = "Hệ thống"  # who changed when no user did
MOST_READ = 2000  # versions of one table
NOT_SHOWN = frozenset(("created_at", "updated_at", "version", "plain_name", "sort_name", "id"))


@dataclass(frozen=True, slots=True)
class Difference:
    """One column: its label, the value before ("" for a new row) and after, as people read them."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One stored version of one row."""

    at: dt.datetime
    user: str
    door: str
    action: str
    row: str
    differences: tuple[Difference, ...]


def door_named(door: str | None) -> str:
    """The door of a change in words; one that has no words as it is kept."""
    return DOORS.get(door or "", door or "Không rõ")


def authors(keys: Iterable[int | str | None]) -> Callable[[int | str | None], str]:
    """Gives the name for each of these keys of users, as the history keeps them; SYSTEM for none. One query."""
    users = get_user_model()._default_manager.in_bulk({int(key) for key in keys if key})
    return lambda key: str(users.get(int(key), SYSTEM)) if key else SYSTEM


def event_model(model: type[models.Model]) -> type[models.Model]:
    """The history table of a tracked model. Raises LookupError."""
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")


def changes(
    tracked: Iterable[tuple[type[models.Model], dict[str, Any]]],
    *,
    label: Callable[[models.Model], str] = str,
    limit: int = 500,
) -> list[Change]:
    """Changes of the rows that `tracked` names as (model, condition on its history table), latest first.

    `label`: how a row is named to which a foreign key points.
    Queries: one per model, one for the users, and one per table that foreign keys of the changes point to."""
    versions: list[tuple[models.Model, Any, Any]] = []  # model's options, version, version before
    for model, condition in tracked:
        before: dict[int, Any] = {}
        stored = event_model(model)._default_manager.filter(**condition).order_by("-pgh_id")[:MOST_READ]
        for version in reversed(stored):
            versions.append((model, version, before.get(version.id)))
            before[version.id] = version
    versions.sort(key=lambda entry: (entry[1].pgh_created_at, entry[1].pgh_id), reverse=True)
    shown = versions[:limit]
    named = authors((version.pgh_context or {}).get("user") for _, version, _ in shown)
    labels = _Labels(label)
    for model, version, former in shown:
        labels.want(model, version, former)
    return [_change(model, version, former, named, labels) for model, version, former in shown]


def _columns(model: type[models.Model]) -> Iterator[models.Field]:
    for field in model._meta.concrete_fields:
        if field.name not in NOT_SHOWN and not field.generated:
            yield field


class _Labels:
    """Texts of the rows that foreign keys of the shown versions point to, read once per table."""

    def __init__(self, label: Callable[[models.Model], str]) -> None:
        self._label = label
        self._wanted: dict[type[models.Model], set[Any]] = {}
        self._texts: dict[type[models.Model], dict[Any, str]] = {}

    def want(self, model: type[models.Model], *versions: Any) -> None:
        for field in _columns(model):
            if field.is_relation:
                keys = {getattr(version, field.attname) for version in versions if version is not None} - {None}
                self._wanted.setdefault(field.related_model, set()).update(keys)

    def text(self, model: type[models.Model], key: Any) -> str:
        if model not in self._texts:
            rows = model._base_manager.filter(pk__in=self._wanted[model])
            self._texts[model] = {row.pk: self._label(row) for row in rows}
        return self._texts[model].get(key, f"số {key}")


def _change(
    model: type[models.Model], version: Any, former: Any, named: Callable[[int | str | None], str], labels: _Labels
) -> Change:
    context = version.pgh_context or {}
    action = version.pgh_label.removesuffix("_event")
    differences = []
    for field in _columns(model):
        new = getattr(version, field.attname)
        old = getattr(former, field.attname) if former is not None else None
        if action == "delete":
            old, new = new, None
        if old != new and (former is not None or action == "delete" or new not in (None, "", [])):
            differences.append(
                Difference(str(field.verbose_name), _text(field, old, labels), _text(field, new, labels))
            )
    return Change(
        at=version.pgh_created_at,
        user=named(context.get("user")),
        door=door_named(context.get("door")),
        action=ACTIONS.get(action, action),
        row=str(model._meta.verbose_name),
        differences=tuple(differences),
    )


def _text(field: models.Field, value: Any, labels: _Labels) -> str:
    if value is None or value == "":
        return ""
    if field.is_relation:
        return labels.text(field.related_model, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
