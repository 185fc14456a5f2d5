"""Who may see which people: decided here, once. Models with a person offer `objects.visible_to(user)`.

Scope follows residence (province, commune or village of the person) or management (station), as the user's current
assignments say. REQ-ADM-08. An old district is expanded to its villages, because no present address has a district.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate

if TYPE_CHECKING:
    from stations.models import User


CACHED = "_scope"  # attribute of the user object, for one request
_MOST = 5_000  # scopes kept in memory; more are forgotten all at once
_KEPT: dict[tuple[int, int, dt.date], Scope] = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """Places of one user as sets of primary keys; empty sets see nobody."""

    provinces: frozenset[int] = frozenset()
    communes: frozenset[int] = frozenset()
    villages: frozenset[int] = frozenset()
    stations: frozenset[int] = frozenset()
    roles: frozenset[str] = field(default_factory=frozenset)
    village_communes: frozenset[int] = frozenset()  # present communes of `villages`; a hint for indexes, not a right

    def people(self, prefix: str = "") -> Q:
        """Condition on a model's rows; `prefix` is the path to the person, such as "person__"."""
        condition = Q(pk__in=[])
        if self.provinces:
            condition |= Q(**{f"{prefix}province__in": self.provinces})
        if self.communes:
            condition |= Q(**{f"{prefix}commune__in": self.communes})
        if self.villages:
            condition |= Q(**{f"{prefix}village__in": self.villages})
        if self.stations:
            condition |= Q(**{f"{prefix}station__in": self.stations})
        return condition

    def places(self, *, wide: bool = True) -> Q:
        """Condition on villages: those at the user's places. `wide=False` leaves out provinces, too many for a list."""
        condition = Q(pk__in=self.villages) | Q(commune__in=self.communes)
        return condition | Q(commune__parent__in=self.provinces) if wide else condition

    def includes(self, person: Any) -> bool:
        """`people()` for one row already read: decides without a query. A test keeps both equal."""
        return (
            person.province_id in self.provinces
            or person.commune_id in self.communes
            or person.village_id in self.villages
            or person.station_id in self.stations
        )

    def can(self, right: str) -> bool:
        """Whether one of the user's roles has `right` (see `stations.roles`)."""
        from stations.roles import RIGHTS

        return any(right in RIGHTS[role] for role in self.roles)


def scope_of(user: User) -> Scope:
    """The user's scope today, kept on the user object for the request.

    The user of a session carries `scope_version`, a number that the database raises with every change of assignments
    and places: a scope read at this number is still right, and no query is made. Other users take two queries."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Scope()
    cached = getattr(user, CACHED, None)
    if cached is None:
        version = getattr(user, "scope_version", None)
        cached = _read_scope(user) if version is None else _kept_scope(user, version)
        setattr(user, CACHED, cached)
    return cached


def _kept_scope(user: User, version: int) -> Scope:
    key = (user.pk, version, localdate())
    scope = _KEPT.get(key)
    if scope is None:
        if len(_KEPT) >= _MOST:
            _KEPT.clear()
        scope = _KEPT[key] = _read_scope(user)
    return scope


def forget() -> None:
    """No scope is remembered any longer: another database stands behind the same numbers (tests)."""
    _KEPT.clear()


def _read_scope(user: User) -> Scope:
    from stations.models import Assignment, ServiceArea, Village
    from stations.roles import RIGHTS

    village_communes: set[int] = set()
    today = localdate()
    provinces: set[int] = set()
    communes: set[int] = set()
    villages: set[int] = set()
    stations: set[int] = set()
    roles: set[str] = set()
    served_by: set[int] = set()
    old_units: list[int] = []
    assignments = Assignment.objects.valid_on(today).filter(user=user).select_related("unit", "organization__unit")
    for assignment in assignments:
        roles.add(assignment.role)
        if "record.view" not in RIGHTS[assignment.role] and "report.view" not in RIGHTS[assignment.role]:
            continue
        unit = assignment.unit or (assignment.organization and assignment.organization.unit)
        if assignment.organization and assignment.organization.kind in ("station", "site"):
            stations.add(assignment.organization_id)
            served_by.add(assignment.organization_id)
            if assignment.organization.kind == "site":
                continue  # a site sees the villages it serves, not the whole commune
        if unit is None:
            continue
        if unit.scheme == "old":  # people carry new units; an old one is known by its villages
            old_units.append(unit.pk)
        elif unit.level == "province":
            provinces.add(unit.pk)
        else:
            communes.add(unit.pk)
    places = Q(pk__in=[])
    if old_units:
        places |= (
            Q(old_commune__in=old_units)
            | Q(old_commune__parent__in=old_units)
            | Q(old_commune__parent__parent__in=old_units)
        )
    if served_by:
        areas = ServiceArea.objects.valid_on(today).filter(organization__in=served_by)
        places |= Q(pk__in=areas.values("village"))
    if old_units or served_by:
        for village, commune in Village.objects.filter(places).values_list("pk", "commune"):
            villages.add(village)
            village_communes.add(commune)
    return Scope(
        frozenset(provinces), frozenset(communes), frozenset(villages), frozenset(stations), frozenset(roles),
        frozenset(village_communes),
    )  # fmt: skip


class ScopedQuerySet(models.QuerySet):
    """Base of every queryset whose rows belong to a person; `person_path` is the way there."""

    person_path = "person__"

    def visible_to(self, user):
        """Rows of the people in the user's scope; nobody for users without the right to see records."""
        scope = scope_of(user)
        if not scope.can("record.view"):
            return self.none()
        return self.filter(scope.people(self.person_path))
