"""Where a patient lives: the present commune, and its village when the address names one. Kept in memory."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate

from ehr.claims.identity.patients import Patient
from ehr.common.text import plain
from ehr.intake.places.names import address_parts, bare_unit
from ehr.intake.places.villages import Villages
from stations import memory
from stations.models import AdminUnit, AdminUnitSuccession, Organization, Village

#: Communes have two tiers, and new codes, since this day.
TWO_TIERS = dt.date(2025, 7, 1)
#: "TP Sầm Sơn" is the former town, not the ward of the same name.
_ABOVE = re.compile(r"(?:huyen|quan|thi xa|thanh pho|tinh|tp|tx)\b")


@dataclass(frozen=True)
class Home:
    """`commune`: in present units, None when the claim does not say which. `served`: one of ours. `elsewhere`: surely
    not one of ours. `villages`: those of one of ours, of which the address may name one."""

    commune: AdminUnit | None = None
    served: bool = False
    elsewhere: bool = False
    villages: Villages | None = None
    address: str = ""

    @cached_property
    def village(self) -> Village | None:
        """Looked for when somebody asks: a patient whose numbers are certain needs none."""
        return self.villages.within(self.address) if self.villages is not None else None


_UNIT = ("id", "scheme", "code", "level", "full_name", "parent_id")


class Communes:
    """Present communes by the codes and names that claims use, and the villages of ours. Six queries."""

    def __init__(self) -> None:
        # Rows of the 14,000 communes of both lists; an object is made of those that a claim names.
        rows = AdminUnit.objects.filter(level="commune").order_by().values_list(*_UNIT)
        self._rows = {row[0]: row for row in rows}
        self._units: dict[int, AdminUnit] = {}
        self.codes = {(scheme, code): key for key, scheme, code, *_ in self._rows.values()}
        self._above = dict(AdminUnit.objects.filter(level="province").order_by().values_list("pk", "full_name"))
        self.all_provinces = {bare_unit(name) for name in self._above.values()}
        successions = AdminUnitSuccession.objects.filter(is_default=True, old__level="commune")
        self.became: dict[int, int] = dict(successions.values_list("old", "new"))
        self.served = served_communes()
        self.provinces: dict[int, set[str]] = {}  # names of present and former provinces of our communes
        self.villages: dict[int, Villages] = {}
        self._read_ours()
        self.names: dict[str, list[AdminUnit]] = {}
        for old, new in [*((key, key) for key in self.served), *self.became.items()]:
            if new in self.served:
                named = self.names.setdefault(bare_unit(self._rows[old][4]), [])
                unit = self.unit(new)
                if unit is not None and unit not in named:
                    named.append(unit)

    def unit(self, key: int) -> AdminUnit | None:
        """The commune of this key."""
        row = self._rows.get(key)
        if row is None:
            return None
        if key not in self._units:
            self._units[key] = AdminUnit.from_db(connection.alias, _UNIT, row)
        return self._units[key]

    def _read_ours(self) -> None:
        former = AdminUnitSuccession.objects.filter(old__level="commune", new__in=self.served, is_default=True)
        for new, name in former.values_list("new", "old__parent__parent__full_name"):
            self.provinces.setdefault(new, set()).add(bare_unit(name or ""))
        rows: dict[int, list[Village]] = {}
        for village in Village.objects.filter(commune__in=self.served).select_related("old_commune"):
            rows.setdefault(village.commune_id, []).append(village)
        for key in self.served:
            unit = self.unit(key)
            if unit is None:
                continue
            self.villages[key] = Villages(unit, rows.get(key, []))
            if above := self._above.get(unit.parent_id or 0):
                self.provinces.setdefault(key, set()).add(bare_unit(above))

    def of_code(self, code: str, on: dt.date | None) -> AdminUnit | None:
        """The present commune of a code: of the list of that day, else of the other one; an old commune stands for the
        one that took most of it over."""
        first = ("new", "old") if on is None or on >= TWO_TIERS else ("old", "new")
        key = next((found for scheme in first if (found := self.codes.get((scheme, code)))), None)
        return self.present(key) if key is not None else None

    def present(self, key: int) -> AdminUnit | None:
        """The unit as it is now."""
        return self.unit(self.became.get(key, key))

    def named(self, address: str) -> AdminUnit | None:
        """The one commune of ours that an address names, for files without codes (4210). A province at the end of the
        address must be its province, of the present or of the former list."""
        parts = address_parts(address)
        named = [bare_unit(part) for part in parts[-4:] if not _ABOVE.match(plain(part))]
        found = {unit.pk: unit for name in named for unit in self.names.get(name, [])}
        tail = bare_unit(parts[-1]) if parts else ""
        here = [unit for unit in found.values() if tail in self.provinces[unit.pk]]
        if not here and tail not in self.all_provinces:  # the address ends with the commune or the district
            here = list(found.values())
        return here[0] if len(here) == 1 else None


def served_communes() -> frozenset[int]:
    """Communes that are ours: with a station of the list in them, and with villages, which only those who work here
    have entered (the list of facilities has stations of the whole country)."""
    stations = Organization.objects.valid_on(localdate()).filter(kind__in=("station", "site"), unit=OuterRef("pk"))
    villages = Village.objects.filter(commune=OuterRef("pk"), valid_to=None)
    units = AdminUnit.objects.filter(Exists(stations), Exists(villages), level="commune", scheme="new")
    return frozenset(units.values_list("pk", flat=True))


def communes() -> Communes:
    """As of this minute."""
    return memory.listed("claims.communes.present", lambda: [Communes()])[0]


def homes(patients: list[Patient]) -> Iterator[Home]:
    """Where each patient lives. The queries are about the places, never about the patients."""
    known = communes()
    for patient in patients:
        if patient.commune_id is not None:
            commune = known.present(patient.commune_id)
        elif patient.commune_code:
            commune = known.of_code(patient.commune_code, patient.on)
        else:
            commune = known.named(patient.address)
        if commune is None:
            yield Home(elsewhere=bool(patient.commune_code))
        elif commune.pk not in known.served:
            yield Home(commune, elsewhere=True)
        else:
            yield Home(commune, served=True, villages=known.villages[commune.pk], address=patient.address)
