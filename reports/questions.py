"""What is asked of a report, and which units a user may ask about."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate

from ehr.common.validity import is_valid_on
from ehr.records.models import Person
from reports.periods import NEW_UNITS_SINCE, Period
from stations import memory
from stations.models import AdminUnit, AdminUnitName, Assignment, User, Village
from stations.scope import Scope, ScopedQuerySet, scope_of

#: What a line of a table stands for. "commune" before 01/07/2025 means the communes of that time (REQ-ADM-06);
#: "commune_old" and "district" group by the former unit of the village in any period (REQ-ADM-05).
GROUPINGS = {
    "site": "điểm trạm", "village": "thôn, bản, tổ dân phố", "commune": "xã, phường", "commune_old": "xã, phường (cũ)",
    "district": "quận, huyện (cũ)", "province": "tỉnh, thành phố", "unit": "toàn đơn vị",
}  # fmt: skip
RIGHT = "report.view"
_TOKEN = re.compile(r"(old|new)-[0-9A-Z]{2,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """One report for one unit and period. `user` None is the command line, which sees everything.

    `only_villages`: when set, the user sees just these villages of the unit. `options`: the chosen value of each
    further parameter that the report declares (`Report.options`). `definitions_of`: a day whose set of definitions
    is to be used instead of the period's own, to compare an old and a new set over one month (REQ-RPT-11)."""

    unit: AdminUnit
    period: Period
    by: str
    user: User | None
    today: dt.date
    only_villages: frozenset[int] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    definitions_of: dt.date | None = None

    @property
    def defined_on(self) -> dt.date:
        """The day whose definitions hold. A report that counts otherwise from a day on asks it, not the period."""
        return self.definitions_of or self.period.last_day

    def visible(self, rows: ScopedQuerySet) -> Any:
        """Rows of the people whom the asker may see: all of them for the command line."""
        return rows if self.user is None else rows.filter(scope_of(self.user).people(rows.person_path))

    def people(self) -> Any:
        """Person records that the asker may see, of every status."""
        return self.visible(Person.objects.all())


class UnitError(ValueError):
    """No such unit. The message is Vietnamese."""


def find_unit(code: str, scheme: str | None = None) -> tuple[AdminUnit, AdminUnit | None]:
    """The unit with this code, and the one of the other scheme that bears the same code, if any. One query.

    Without `scheme` the new list goes first: 16516 means another commune before 01/07/2025. Raises UnitError."""
    found = {unit.scheme: unit for unit in AdminUnit.objects.filter(code=code).order_by("level")}
    if scheme is None:
        scheme = "new" if "new" in found else "old"
    if scheme not in found:
        others = f" Mã này có trong danh mục {'old' if scheme == 'new' else 'new'}." if found else ""
        raise UnitError(f"Không có đơn vị mã {code!r} trong danh mục {scheme}.{others}")
    return found[scheme], next((unit for name, unit in found.items() if name != scheme), None)


def unit_token(unit: AdminUnit) -> str:
    """How addresses and forms name a unit: new-16516, old-381."""
    return f"{unit.scheme}-{unit.code}"


def unit_of_token(token: str) -> AdminUnit | None:
    """The unit, None for an unknown one or for text that is no such name. One query."""
    if not _TOKEN.fullmatch(token):
        return None
    scheme, _, code = token.partition("-")
    return AdminUnit.objects.select_related("parent__parent").filter(scheme=scheme, code=code).first()


def day_of(scheme: str, period: Period) -> dt.date:
    """The period's last day, or the nearest day on which units of the scheme existed."""
    if scheme == "old":
        return min(period.last_day, NEW_UNITS_SINCE - dt.timedelta(days=1))
    return max(period.last_day, NEW_UNITS_SINCE)


def names_of(units: Iterable[AdminUnit], period: Period) -> dict[int, str]:
    """Names valid at the end of the period, by primary key. One query.

    A unit keeps the name of its own time: an old one that of 30/06/2025 at the latest, a new one that of 01/07/2025 at
    the earliest. Later readers are told that a unit is an old one."""
    units = list(units)
    days = {unit.pk: day_of(unit.scheme, period) for unit in units}
    names = {
        name.unit_id: name.full_name
        for name in AdminUnitName.objects.filter(unit__in=days)
        if is_valid_on(name, days[name.unit_id])
    }
    suffix = {"old": "" if period.before_new_units else " (cũ)", "new": ""}
    return {unit.pk: f"{names.get(unit.pk, unit.full_name)}{suffix[unit.scheme]}" for unit in units}


# ---------------------------------------------------------------------------------------------------------- who may ask
class OutOfScope(LookupError):
    """The user may not ask about this unit: answered like a unit that does not exist."""


def villages_seen(user: User, unit: AdminUnit) -> frozenset[int] | None:
    """What of the unit the user may count: None is all of it, a set is these villages only. Raises OutOfScope.

    All: the unit or one above it is in the user's scope. Some: a site serves villages of the commune, or some villages
    of an old district went to a commune that it shares with others."""
    scope = scope_of(user)
    if not scope.can(RIGHT):
        raise OutOfScope
    if unit.scheme == "new":
        if unit.pk in scope.provinces or unit.pk in scope.communes or unit.parent_id in scope.provinces:
            return None
        some = Village.objects.filter(commune=unit, pk__in=scope.villages).values_list("pk", flat=True)
        if unit.level != "commune" or not (found := frozenset(some)):
            raise OutOfScope
        return found
    if _assigned(user, unit):
        return None
    condition = Q(old_commune=unit) | Q(old_commune__parent=unit) | Q(old_commune__parent__parent=unit)
    inside = scope.places()
    villages = Village.objects.filter(condition)
    if not villages.filter(inside).exists() or villages.exclude(inside).exists():
        raise OutOfScope
    return None


def _assigned(user: User, unit: AdminUnit) -> bool:
    """Whether a current assignment of the user stands on this old unit or one above it."""
    chain = [unit.pk, unit.parent_id, unit.parent.parent_id if unit.parent else None]
    places = Q(unit__in=chain) | Q(organization__unit__in=chain) & ~Q(organization__kind="site")
    return Assignment.objects.valid_on(localdate()).filter(places, user=user).exclude(role="admin").exists()


def units_offered(user: User) -> list[tuple[str, list[AdminUnit]]]:
    """Units the user may ask about, for the selection list: groups of (heading, units).

    Remembered for a minute, and no longer than the user's assignments stay as they are: then no query, else four."""
    scope = scope_of(user)
    if not scope.can(RIGHT):
        return []
    version = getattr(user, "scope_version", None)
    if version is None:
        return _units_offered(user, scope)
    return memory.listed(("offered", user.pk, version, localdate()), lambda: _units_offered(user, scope))


def _units_offered(user: User, scope: Scope) -> list[tuple[str, list[AdminUnit]]]:
    new = AdminUnit.objects.filter(scheme="new")
    served = Village.objects.filter(pk__in=scope.villages)
    communes = new.filter(level="commune").filter(
        Q(pk__in=scope.communes) | Q(parent__in=scope.provinces) | Q(pk__in=served.values("commune"))
    )
    districts = AdminUnit.objects.filter(
        Q(pk__in=_old_units(user))
        | Q(children__old_villages__commune__parent__in=scope.provinces)
        | Q(children__successions__new__parent__in=scope.provinces, children__successions__is_default=True),
        scheme="old", level="district",
    ).distinct()  # fmt: skip
    groups = [
        ("Tỉnh, thành phố", list(new.filter(pk__in=scope.provinces).order_by("plain_name"))),
        ("Quận, huyện (cũ)", list(districts.order_by("plain_name"))),
        ("Xã, phường", list(communes.order_by("plain_name"))),
    ]
    return [(heading, units) for heading, units in groups if units]


def _old_units(user: User) -> list[int]:
    """Old units that the user is assigned to, and the old districts below such a province."""
    rows = Assignment.objects.valid_on(localdate()).filter(user=user).exclude(role="admin")
    places = [pk for pair in rows.values_list("unit", "organization__unit") for pk in pair if pk]
    units = AdminUnit.objects.filter(Q(pk__in=places) | Q(parent__in=places), scheme="old")
    return list(units.values_list("pk", flat=True))
