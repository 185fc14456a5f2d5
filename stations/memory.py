"""Places by their key, kept in memory: every page of a person names its village, commune and province.

Places change a few times a year. A change made in this process is seen at once, one made elsewhere within a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from ehr.common.prepared import Prepared
from stations.models import AdminUnit, Organization, Village

KEEP_SECONDS = 60
_MOST = 20_000  # places; more are forgotten all at once
_KEPT: dict[tuple[type[Model], int], tuple[float, Any]] = {}
_MOST_LISTS = 500
_LISTED: dict[Hashable, tuple[float, list[Any]]] = {}
_READ: dict[type[Model], Prepared[Any]] = {
    AdminUnit: Prepared(lambda pk: AdminUnit.objects.filter(pk=pk).order_by(), int),
    Village: Prepared(lambda pk: Village.objects.filter(pk=pk).order_by(), int),
    Organization: Prepared(lambda pk: Organization.objects.filter(pk=pk).order_by(), int),
}


def unit(pk: int | None) -> AdminUnit | None:
    """The unit with its parents. At most one query per level."""
    found = _place(AdminUnit, pk)
    if found is not None and found.parent_id and "parent" not in found._state.fields_cache:
        found.parent = unit(found.parent_id)
    return found


def village(pk: int | None) -> Village | None:
    """The village with its commune."""
    found = _place(Village, pk)
    if found is not None and "commune" not in found._state.fields_cache:
        found.commune = unit(found.commune_id)
    return found


def organization(pk: int | None) -> Organization | None:
    return _place(Organization, pk)


def listed(name: Hashable, read: Callable[[], list[Any]]) -> list[Any]:
    """A list of places, such as the villages that a form offers, read once a minute. `name`: what it depends on."""
    now, kept = time.monotonic(), _LISTED.get(name)
    if kept is None or now - kept[0] > KEEP_SECONDS:
        if len(_LISTED) > _MOST_LISTS:
            _LISTED.clear()
        kept = _LISTED[name] = (now, read())
    return kept[1]


def load(model: type[Model], keys: Iterable[int | None]) -> None:
    """Reads those places of a list that are not in memory, by one query; parents of units by one more a level."""
    now = time.monotonic()
    missing = {key for key in keys if key is not None and not _is_fresh((model, key), now)}
    if missing:
        rows: list[Any] = list(model._default_manager.filter(pk__in=missing))
        _KEPT.update({(model, row.pk): (now, row) for row in rows})
        if model is AdminUnit:
            load(AdminUnit, (row.parent_id for row in rows))
        elif model is Village:
            load(AdminUnit, (row.commune_id for row in rows))


def _is_fresh(name: tuple[type[Model], int], now: float) -> bool:
    kept = _KEPT.get(name)
    return kept is not None and now - kept[0] <= KEEP_SECONDS


def _place(model: type[Model], pk: int | None) -> Any:
    if pk is None:
        return None
    now = time.monotonic()
    if not _is_fresh((model, pk), now):
        if len(_KEPT) > _MOST:
            _KEPT.clear()
        _KEPT[model, pk] = (now, _READ[model].first(pk))
    return _KEPT[model, pk][1]


def forget(**_: Any) -> None:
    """Nothing is remembered any longer: a place was saved or removed, or a test begins."""
    _KEPT.clear()
    _LISTED.clear()


for _model in _READ:
    post_save.connect(forget, sender=_model, dispatch_uid=f"memory-{_model.__name__}")
    post_delete.connect(forget, sender=_model, dispatch_uid=f"memory-{_model.__name__}")
