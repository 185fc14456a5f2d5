"""Communes and provinces of both lists by the names that people write."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ehr.common.text import nfc, plain
from ehr.intake.cells.read import NOTHING, Read, changed, refused, text_of
from ehr.intake.files import Cell
from ehr.intake.places.names import address_parts, bare_unit
from stations.models import AdminUnit

SHORT_PROVINCES = {
    "tphcm": "ho chi minh", "hcm": "ho chi minh", "tp hcm": "ho chi minh", "sai gon": "ho chi minh", "hn": "ha noi",
    "brvt": "ba ria vung tau", "daklak": "dak lak", "bac can": "bac kan", "hue": "thua thien hue",
}  # fmt: skip
_DISTRICT = re.compile(r"(?:huyện|quận|thị xã|thành phố|tp|tx|[hq]\.)(?!\w)", re.IGNORECASE)
_COMMUNE = re.compile(r"(?:(?:xã|phường|thị trấn|đặc khu|tt)(?!\w)|[xp]\.)", re.IGNORECASE)


class Units:
    """`commune`: that of the batch. `old`: the communes of the former list that went into it, with their parents.
    `names`: its present and former names. Provinces are read when asked for, their communes one query each."""

    def __init__(self, commune: AdminUnit, old: Sequence[AdminUnit], names: Sequence[str]) -> None:
        self.commune = commune
        self.old = list(old)
        self._own = {bare_unit(name) for name in [commune.full_name, *names, *(unit.full_name for unit in old)]}
        above = [unit for each in [commune, *old] for unit in _above(each)]
        self._own_provinces = {bare_unit(unit.full_name) for unit in above if unit.level == "province"}
        self._own_districts = {bare_unit(unit.full_name) for unit in above if unit.level == "district"}
        self._provinces: dict[str, dict[str, AdminUnit]] | None = None  # scheme → name
        self._communes: dict[int, dict[str, list[AdminUnit]]] = {}  # province → name
        self._addresses: dict[tuple[str, ...], dict[str, str]] = {}

    # --- Residence ---------------------------------------------------------------------------------------------------

    def is_own_commune(self, text: str) -> bool:
        """Whether this is the batch's commune, by its present name, a former one, or that of a unit merged into it."""
        return bare_unit(text) in self._own or plain(text) in self._own or text.strip() == self.commune.code

    def begins_with_own(self, text: str) -> bool:
        """Whether the text begins with a name of the batch's commune: "Tân Mai năm 2025"."""
        words = bare_unit(text)
        return any(words.startswith(f"{name} ") for name in self._own)

    def is_own_district(self, text: str) -> bool:
        """Whether a commune that went into the batch's lay in this district."""
        return bare_unit(text) in self._own_districts

    def read_commune(self, cell: Cell) -> Read:
        """The commune of residence must be the batch's."""
        text = nfc(text_of(cell))
        if not text:
            return NOTHING
        if self.is_own_commune(text) or any(self.is_own_commune(part) for part in text.split(",")):
            return self.commune.code, None
        return refused(
            "current_commune.other",
            f"Dòng ghi nơi ở là xã khác; lần nhập này dành cho {self.commune.full_name}. Nếu là nơi đăng ký HKTT, ghép "
            "cột này vào mục HKTT.",
        )

    def read_own_province(self, cell: Cell) -> Read:
        """The province of residence follows the commune; another name is said, not stored."""
        text = nfc(text_of(cell))
        if not text or bare_unit(text) in self._own_provinces:
            return NOTHING
        message = f"Tỉnh ghi trên dòng khác tỉnh của {self.commune.full_name}; không ghi được."
        return refused("current_province.other", message, "warning")

    # --- Provinces ---------------------------------------------------------------------------------------------------

    def province(self, text: str) -> AdminUnit | None:
        """A province by name: of the present list, else of the former one."""
        for name in (bare_unit(text), SHORT_PROVINCES.get(plain(text), ""), SHORT_PROVINCES.get(bare_unit(text), "")):
            if name and (found := self._province("new", name) or self._province("old", name)):
                return found
        return None

    def _province(self, scheme: str, name: str) -> AdminUnit | None:
        if self._provinces is None:
            self._provinces = {"new": {}, "old": {}}
            for unit in AdminUnit.objects.filter(level="province").order_by("valid_from"):  # the last name wins
                self._provinces[unit.scheme][bare_unit(unit.full_name)] = unit
        return self._provinces[scheme].get(name)

    def read_birth_province(self, cell: Cell) -> Read:
        """Province of birth registration, also at the end of an address. An unknown one leaves the field alone."""
        text = nfc(text_of(cell))
        if not text:
            return NOTHING
        for part in (text, *address_parts(text)[-1:]):
            if province := self.province(part):
                code = code_of(province)
                return (code, None) if part == text else changed(code, "Lấy tỉnh ở cuối địa chỉ.", part)
        message = "Không tìm thấy tỉnh này: mục này chưa ghi được, các mục khác vẫn ghi."
        return refused("birth_registration_province.unknown", message, "warning")

    # --- Permanent address -------------------------------------------------------------------------------------------

    def permanent(
        self, *, address: str = "", detail: str = "", village: str = "", commune: str = "", district: str = "",
        province: str = "",
    ) -> dict[str, str]:  # fmt: skip
        """Field codes of the permanent address: the commune when its name is unique in its province (of the present
        list or of the former), and the rest as `permanent_address_detail`. Nothing that was written is lost."""
        key = (address, detail, village, commune, district, province)
        if key not in self._addresses:
            self._addresses[key] = self._permanent(*key)
        return self._addresses[key]

    def _permanent(
        self, address: str, detail: str, village: str, commune: str, district: str, province: str
    ) -> dict[str, str]:
        rest = [part for part in (detail, village) if part]
        if address:
            left, commune, district, province = self._split(address, commune, district, province)
            rest += left
        values: dict[str, str] = {}
        unit = self._commune(commune, district, province) if commune else None
        if unit is not None:
            values["permanent_commune"] = code_of(unit)
        else:
            rest += [part for part in (commune, district) if part]
            known = self.province(province) if province else None
            if known is not None:
                values["permanent_province"] = code_of(known)
            elif province:
                rest.append(province)
        if rest:
            values["permanent_address_detail"] = nfc(", ".join(rest))
        return values

    def _split(self, address: str, commune: str, district: str, province: str) -> tuple[list[str], str, str, str]:
        """Province, district and commune from the end of an address, unless columns of their own say them."""
        parts = address_parts(address)
        if len(parts) > 1 and not province and self.province(parts[-1]):
            province = parts.pop()
        if len(parts) > 1 and province and not district and _DISTRICT.match(parts[-1]):
            district = parts.pop()
        if parts and not commune:
            last = parts[-1]
            if _COMMUNE.match(last) or (province and len(parts) > 1) or self.is_own_commune(last):
                commune = parts.pop()
        return parts, commune, district, province

    def _commune(self, commune: str, district: str, province: str) -> AdminUnit | None:
        """One commune of this name: of the present list, or, where the district tells so, of the former one."""
        name = bare_unit(commune)
        if not province and not self.is_own_commune(commune):
            return None
        provinces = {bare_unit(province)} if province else self._own_provinces
        found: list[AdminUnit] = []
        if not district:
            found = [unit for each in provinces for unit in self._of("new", each, province).get(name, [])]
        if not found:
            found = [unit for each in provinces for unit in self._of("old", each, province).get(name, [])]
            if district:
                wanted = bare_unit(district)
                found = [unit for unit in found if unit.parent and bare_unit(unit.parent.full_name) == wanted]
        return found[0] if len(found) == 1 else None

    def _of(self, scheme: str, name: str, written: str) -> dict[str, list[AdminUnit]]:
        """Communes by name of the province of this list."""
        province = self._province(scheme, name) or self._province(scheme, SHORT_PROVINCES.get(plain(written), ""))
        if province is None:
            return {}
        if province.pk not in self._communes:
            path = "parent" if scheme == "new" else "parent__parent"
            units = AdminUnit.objects.filter(level="commune", scheme=scheme, **{path: province})
            by_name: dict[str, list[AdminUnit]] = {}
            for unit in units.select_related("parent"):
                by_name.setdefault(bare_unit(unit.full_name), []).append(unit)
            self._communes[province.pk] = by_name
        return self._communes[province.pk]


def code_of(unit: AdminUnit) -> str:
    """The code as services take it: bare for the present list, after "old-" for the former one."""
    return unit.code if unit.scheme == "new" else f"old-{unit.code}"


def _above(unit: AdminUnit) -> list[AdminUnit]:
    found = []
    above = unit.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found
