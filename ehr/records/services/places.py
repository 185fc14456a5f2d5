"""Units and villages that a save names by code, read together: one statement each, for one person or for thousands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from stations.models import AdminUnit, Village

UNITS = {  # field code: (level, scheme)
    "current_commune": ("commune", "new"),
    "permanent_commune": ("commune", ""),
    "current_district": ("district", "old"),
    "permanent_district": ("district", "old"),
    "permanent_province": ("province", ""),
    "birth_registration_province": ("province", ""),
}
VILLAGES = (("current_village_code", "current_commune"), ("permanent_village_code", "permanent_commune"))

_COMMUNE = dict(VILLAGES)
_NAMED = UNITS.keys() | _COMMUNE.keys()
_PARENT: Any = AdminUnit._meta.get_field("parent")


class Places:
    """Units by (scheme, level, code) and by key; villages by (commune, code) and by key."""

    def __init__(self) -> None:
        self.units: dict[tuple[str, str, str], AdminUnit] = {}
        self.unit_keys: dict[int, AdminUnit] = {}
        self.villages: dict[str, list[Village]] = {}
        self.village_keys: dict[int, Village] = {}

    def read(
        self, rows: Iterable[Mapping[str, Any]], *, unit_keys: Iterable[int] = (), village_keys: Iterable[int] = (),
        communes: Iterable[int] = (),
    ) -> None:  # fmt: skip
        """Reads what the rows name by code, and the keys. `communes`: where the people live who are already known."""
        named: set[tuple[str, str]] = set()
        codes: set[str] = set()
        anywhere: set[str] = set()
        for row in rows:
            for name in _NAMED & row.keys():
                value = row[name]
                if value.__class__ is not str or not value:
                    continue
                if name in UNITS:
                    named.add((name, value))
                else:
                    (codes if row.get(_COMMUNE[name]) or communes else anywhere).add(value.strip())
        self._read_units({_key(value, *UNITS[name]) for name, value in named}, set(unit_keys))
        self._read_villages(codes, anywhere, set(village_keys), communes, rows)

    def _read_units(self, wanted: set[tuple[str, str, str]], keys: set[int]) -> None:
        keys -= self.unit_keys.keys()
        if not (wanted or keys):
            return
        condition = Q(code__in={code for _, _, code in wanted}) if wanted else Q(pk__in=())
        if keys:
            condition |= Q(pk__in=keys)
        for unit in AdminUnit.objects.filter(condition).order_by().select_related("parent__parent"):
            self.add(unit)

    def add(self, unit: AdminUnit | None) -> None:
        """Keeps a unit already read, and those above it."""
        while unit is not None and unit.pk not in self.unit_keys:
            self.unit_keys[unit.pk] = self.units[unit.scheme, unit.level, unit.code] = unit
            unit = unit.parent if _PARENT.is_cached(unit) else None

    def _read_villages(
        self, codes: set[str], anywhere: set[str], keys: set[int], communes: Iterable[int], rows: Any
    ) -> None:
        if not (codes or anywhere or keys):
            return
        named = {row[name].pk for row in rows for _, name in VILLAGES if isinstance(row.get(name), AdminUnit)}
        within = {unit.pk for unit in self.units.values() if unit.level == "commune"} | {*communes} | named
        condition = Q(code__in=codes, commune__in=within) if codes else Q(pk__in=())
        if anywhere:
            condition |= Q(code__in=anywhere)
        if keys:
            condition |= Q(pk__in=keys)
        found = list(Village.objects.filter(condition).order_by())
        self._read_units(set(), {village.commune_id for village in found})
        for village in found:
            if village.pk not in self.village_keys:
                village.commune = self.unit_keys[village.commune_id]
                self.villages.setdefault(village.code, []).append(village)
                self.village_keys[village.pk] = village

    def unit(self, name: str, value: str) -> AdminUnit | None:
        """A commune or province code without more is of the present list, after "old-" of the former one; a district
        is always of the former one."""
        return self.units.get(_key(value, *UNITS[name]))

    def village(self, code: str, commune: AdminUnit | None) -> Village | None:
        """The village of this code in the commune; without a commune only when the code is the only one."""
        found = self.villages.get(code, ())
        if commune is not None:
            found = [village for village in found if village.commune_id == commune.pk]
        return found[0] if len(found) == 1 else None


def _key(value: str, level: str, scheme: str) -> tuple[str, str, str]:
    named, _, bare = value.strip().rpartition("-")
    return scheme or named or "new", level, bare
