"""Units and villages that records of an exchange file name by code, read for many people at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ehr.exchange.form831.layout import Data, text
from ehr.intake.places.units import code_of
from stations.models import AdminUnit, Village
from stations.models.units import AdminUnitSuccession

_UNIT_TAGS = (
    "MATINH_KHAISINH", "MATINH_THUONGTRU", "MAHUYEN_THUONGTRU", "MAXA_THUONGTRU", "MAHUYEN_HIENTAI", "MAXA_HIENTAI",
)  # fmt: skip
_VILLAGE_TAGS = ("MATHONXOM_THUONGTRU", "MATHONXOM_HIENTAI")


class Units:
    """Three queries to make. The exchange writes a bare code, which may be of the former list or of the present one."""

    def __init__(self, people: Iterable[Mapping[str, Data]]) -> None:
        general = [each for each in people if each]
        codes = {text(each, tag) for each in general for tag in _UNIT_TAGS} - {""}
        villages = {text(each, tag) for each in general for tag in _VILLAGE_TAGS} - {""}
        self._units: dict[tuple[str, str, str], AdminUnit] = {}
        for unit in AdminUnit.objects.filter(code__in=codes).select_related("parent__parent").order_by():
            self._units[unit.scheme, unit.level, unit.code] = unit
        old = [unit.pk for unit in self._units.values() if unit.scheme == "old" and unit.level == "commune"]
        successions = AdminUnitSuccession.objects.filter(old__in=old, is_default=True).select_related("new__parent")
        self._successors = {row.old_id: row.new for row in successions.order_by()}
        known = Village.objects.filter(code__in=villages).order_by().values_list("commune__code", "code")
        self._villages = set(known) if villages else set()

    @staticmethod
    def code(unit: AdminUnit) -> str:
        """The code as services take it."""
        return unit.code if unit.level == AdminUnit.Level.DISTRICT else code_of(unit)

    def any(self, level: str, code: str) -> AdminUnit | None:
        """Of the present list, else of the former one."""
        return self._units.get(("new", level, code)) or self._units.get(("old", level, code))

    def commune(self, code: str, district: str) -> AdminUnit | None:
        """Beside its own district a commune of the former list, else one of the present list."""
        old = self._units.get(("old", "commune", code))
        if old is not None and district and old.parent and old.parent.code == district:
            return old
        return self.any("commune", code)

    def present(self, code: str, district: str, *, trusted: bool) -> tuple[AdminUnit | None, bool]:
        """A commune of today, and whether it stands for one of the former list."""
        new = self._units.get(("new", "commune", code))
        if new is not None and (trusted or not district):
            return new, False
        old = self._units.get(("old", "commune", code))
        if old is not None and (new is None or not district or (old.parent and old.parent.code == district)):
            successor = self._successors.get(old.pk)
            if successor is not None:
                return successor, successor.code != code
        return new, False

    def has_village(self, commune: str, code: str) -> bool:
        return (commune.removeprefix("old-"), code) in self._villages
