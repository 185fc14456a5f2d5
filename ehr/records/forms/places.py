"""Choosing a unit, village or station: a select that always works, a box with suggestions where scripts run.

The places of one form are looked up after its fields were parsed (`resolve_places`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from stations import memory
from stations.models import AdminUnit, Organization, Village
from stations.scope import Scope

PLACE: dict[type[Model], Callable[[int], Any]] = {
    Village: memory.village, AdminUnit: memory.unit, Organization: memory.organization,
}  # fmt: skip
MOST_OFFERED = 200
NOT_LISTED = "Không có trong danh mục, hãy chọn lại."


def place_label(place: Any) -> str:
    """ "Xã Quảng Đại, tỉnh Thanh Hóa"; units of the three-tier list say so."""
    if not isinstance(place, AdminUnit):
        return str(place)
    name = f"{place.full_name}, {place.parent.full_name}" if place.parent else place.full_name
    return f"{name} (cũ)" if place.scheme == "old" else name


class PlaceSelect(forms.Select):
    """A select whose options are the places offered to the user and the one that is chosen."""

    offer: Callable[[], Iterable[Any]] = staticmethod(lambda: ())

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.chosen: list[Any] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> PlaceSelect:
        copy = super().__deepcopy__(memo)
        copy.chosen = []
        return copy

    def read_choices(self) -> None:
        """Asks for what is offered; a select that is never shown asks for nothing."""
        places = {place.pk: place for place in (*self.offer(), *self.chosen)}
        self.choices = [("", ""), *((str(pk), place_label(place)) for pk, place in places.items())]

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        self.read_choices()
        return super().optgroups(name, value, attrs)


class PlaceField(forms.Field):
    """A row of `model` by its primary key. Cleans to the key (int) or None; `resolve_places` turns keys into rows."""

    widget = PlaceSelect
    model: type[Model]

    def __init__(
        self, model: type[Model], *, level: str = "", scheme: str = "", combo: str = "", **kwargs: Any
    ) -> None:
        self.model, self.level, self.scheme = model, level, scheme
        super().__init__(**{"required": False, **kwargs})
        if combo:
            self.widget.attrs["data-combo"] = combo

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if not str(value).isdigit() or len(str(value)) > 18:
            raise ValidationError(NOT_LISTED, code="unknown")
        return int(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Model):
            if value not in self.widget.chosen:
                self.widget.chosen.append(value)
            return value.pk
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(getattr(initial, "pk", initial) or "") != str(data or "")

    def fits(self, place: Any) -> bool:
        """Whether the row is of the level and list that the field asks for."""
        return not isinstance(place, AdminUnit) or (
            self.level in ("", place.level) and self.scheme in ("", place.scheme)
        )


def resolve_places(form: forms.Form, known: Iterable[Any] = ()) -> None:
    """Replaces the keys in `cleaned_data` by rows; a key that leads nowhere is an error of its field.

    `known`: rows already read. Others come from the places in memory."""
    rows: dict[tuple[type[Model], int], Any] = {(type(place), place.pk): place for place in known if place}
    fields = {name: field for name, field in form.fields.items() if isinstance(field, PlaceField)}
    for name, field in fields.items():
        key = form.cleaned_data.get(name)
        if key is None:
            continue
        place = rows.get((field.model, key)) or PLACE[field.model](key)
        if place is None or not field.fits(place):
            form.add_error(name, ValidationError(NOT_LISTED, code=f"{name}.unknown_code"))
        else:
            form.cleaned_data[name] = place
            field.widget.chosen.append(place)


def offered_communes(scope: Scope) -> list[AdminUnit]:
    """Communes at the user's places, for a select without scripts. At most one query."""
    return memory.listed(("communes", scope), lambda: _communes(scope))


def _communes(scope: Scope) -> list[AdminUnit]:
    units = AdminUnit.objects.filter(level="commune", scheme="new").select_related("parent")
    inside = units.filter(pk__in=scope.communes) | units.filter(villages__in=scope.villages)
    if scope.provinces:
        inside |= units.filter(parent__in=scope.provinces)
    return list(inside.distinct().order_by("plain_name")[:MOST_OFFERED])


def offered_villages(communes: Iterable[int]) -> list[Village]:
    """Villages in force of the communes, in the order of the commune. At most one query."""
    keys = frozenset(communes)
    rows = Village.objects.filter(commune__in=keys, valid_to=None).order_by("commune", "position", "name")
    return memory.listed(("villages", keys), lambda: list(rows[:MOST_OFFERED]))


def provinces() -> list[AdminUnit]:
    """The provinces of the two-tier list by name. At most one query."""
    rows = AdminUnit.objects.filter(level="province", scheme="new").order_by("plain_name")
    return memory.listed("provinces", lambda: list(rows))
