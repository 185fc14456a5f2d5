"""Names of places in cells: villages of the commune that the batch is for, communes and provinces of both lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ehr.common.text import nfc, plain
from ehr.intake.cells.read import NOTHING, Read, changed, refused, text_of
from ehr.intake.cells.words import WordList, code_list
from ehr.intake.files import Cell
from ehr.records.facts import codes_of
from stations.models import AdminUnit, AdminUnitName, AdminUnitSuccession, Village

KINDS = (
    "to dan pho", "khu dan cu", "khu pho", "khoi pho", "thon", "ban", "ap", "xom", "tdp", "kdc", "kp", "khom", "lang",
    "buon", "bon", "plei", "khu", "khoi", "doi", "phum", "soc", "to",
)  # fmt: skip
SHORT = {
    "t": "thon",
    "tdp": "to dan pho",
    "kp": "khu pho",
    "kdc": "khu dan cu",
    "a": "ap",
    "x": "xom",
    "b": "ban",
    "k": "khu",
}
_SHORT = re.compile(r"(tdp|kdc|kp|t|a|x|b|k)\s*(\d+)")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(["mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi"], 1)
}
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
UNIT = re.compile(
    r"^(?:ubnd\s+)?(?:xã|phường|thị trấn|đặc khu|huyện|quận|thị xã|thành phố|tỉnh|tp\.?|tx\.?|tt\.?|h\.|q\.|p\.|x\.|t\.)\s*",
    re.IGNORECASE,
)
PLAIN_UNIT = re.compile(
    r"^(?:ubnd\s+)?(?:(?:xa|phuong|thi tran|dac khu|huyen|quan|thi xa|thanh pho|tinh|tp|tx|tt)\b\.?|[hqpxt]\.)\s*",
    re.IGNORECASE,
)
LISTED = 20  # village names in a message


def split_kind(text: str) -> tuple[str, str]:
    """Kind and name of a village without tones: "Thôn 01" → ("thon", "1"), "T2" → ("thon", "2"), "Nà Ngám" → ("", …)."""
    words = plain(text)
    if found := _SHORT.fullmatch(words):
        return SHORT[found[1]], str(int(found[2]))
    kind = next((kind for kind in KINDS if words.startswith(f"{kind} ")), "")
    name = words[len(kind) :].strip()
    last = name.rpartition(" ")[2]
    if kind and (name in _NUMBERS or name in _ROMAN):
        name = _NUMBERS.get(name) or _ROMAN[name]
    elif (
        kind in ("thon", "ap", "khu pho", "to dan pho", "xom", "to", "khu")
        and name.startswith("so ")
        and last.isdigit()
    ):
        name = last  # "Tổ dân phố số 5"
    if name.isdigit():
        name = str(int(name))
    return kind, name


def bare_unit(text: str) -> str:
    """The name of a commune, district or province without its kind and without tones."""
    text = nfc(text).strip(" .,;:-")
    shape = UNIT if not text.isascii() else PLAIN_UNIT  # "Quan Sơn" is a name, "quan son" may be "quận Son"
    return plain(shape.sub("", text, count=1)) or plain(text)


@dataclass
class _Names:
    """Names → what bears them; a name of two is None."""

    found: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, what: Any) -> None:
        if name:
            self.found[name] = what if self.found.get(name, what) == what else None


class Places:
    """Names of places for a batch of one commune. Four queries when it is made, one per province asked for later."""

    def __init__(self, commune: AdminUnit) -> None:
        self.commune = commune
        villages = list(
            Village.objects.filter(commune=commune).select_related("old_commune").order_by("position", "name")
        )
        self.villages = [village for village in villages if village.valid_to is None]
        self.closed = [village for village in villages if village.valid_to is not None]
        self._by_name = _village_names(self.villages)
        self._closed_names = _village_names(self.closed).found
        old = [
            each.old for each in AdminUnitSuccession.objects.filter(new=commune).select_related("old__parent__parent")
        ]
        self.old_communes = old
        renamed = AdminUnitName.objects.filter(unit_id__in=[commune.pk, *(each.pk for each in old)])
        names = [commune.full_name, commune.name, *(name.full_name for name in renamed)]
        self._own_names = {bare_unit(name) for name in [*names, *(each.full_name for each in old)]}
        self._own_provinces = self._province_names(old)
        self._words: dict[str, WordList] = {}
        self._provinces: dict[str, AdminUnit | None] | None = None
        self._communes: dict[tuple[int, str], list[AdminUnit]] = {}
        self._addresses: dict[tuple[str, ...], dict[str, str]] = {}
        self._villages: dict[str, Village | None] = {}

    def _province_names(self, old: Iterable[AdminUnit]) -> set[str]:
        units = [
            self.commune.parent,
            *(each.parent for each in old),
            *(each.parent.parent for each in old if each.parent),
        ]
        return {bare_unit(unit.full_name) for unit in units if unit and unit.level == "province"}

    # --- Villages ----------------------------------------------------------------------------------------------------

    def village(self, text: str) -> Village | None:
        """The village in force that is meant, None when it is none or could be two."""
        if text not in self._villages:
            self._villages[text] = self._find_village(text)
        return self._villages[text]

    def _find_village(self, text: str) -> Village | None:
        for part in (text, text.split(",")[0], re.sub(r"\(.*?\)", " ", text), text.split("-")[0]):
            kind, name = split_kind(part)
            for key in (f"{kind} {name}".strip(), plain(part), *([] if kind else [f"* {name}"])):
                found = self._by_name.found.get(key)
                if found is not None:
                    return found
            found = self._by_name.found.get(f"* {name}")
            if kind and found is not None and split_kind(found.name)[0] in ("", kind):
                return found
            if kind and found is not None and not name.isdigit():
                return found  # "Thôn Nà Ngám" for "Bản Nà Ngám"; a bare number never changes its kind
        return next((village for village in self.villages if village.code.lower() == text.strip().lower()), None)

    def village_at_start(self, text: str) -> Village | None:
        """The village whose name begins the text: "Thôn 1 năm 2025"."""
        words = text.split()
        for end in range(min(len(words), 8), 0, -1):
            if found := self.village(" ".join(words[:end])):
                return found
        return None

    def village_in(self, address: str) -> Village | None:
        """The one village named in a part of an address."""
        found = {village.pk: village for part in re.split(r"[,;]| - ", address) if (village := self._named(part))}
        return next(iter(found.values())) if len(found) == 1 else None

    def _named(self, part: str) -> Village | None:
        """A part of an address that names a village: with its kind, or by a name of letters."""
        kind, name = split_kind(part)
        return self.village(part) if kind or not name.replace(" ", "").isdigit() else None

    def read_village(self, cell: Cell) -> Read:
        """A village's name → its code. An unknown one is refused with the names there are."""
        written = text_of(cell)
        text = nfc(written)
        if not text:
            return NOTHING
        village = self.village(text)
        if village is None:
            return refused("current_village.unknown", self.unknown_village(text))
        if plain(text) == plain(village.name):
            return village.code, None
        return changed(village.code, "Cách viết khác của thôn này.", village.name)

    def unknown_village(self, text: str) -> str:
        """What is said of a name that no village in force bears."""
        kind, name = split_kind(text)
        if any(key in self._closed_names for key in (f"{kind} {name}".strip(), plain(text), f"* {name}")):
            return f"Thôn này không còn trong danh mục của {self.commune.full_name}. Ghi thôn hiện nay: {self.village_names()}."
        return f"Không có thôn này ở {self.commune.full_name}. Các thôn: {self.village_names()}."

    def village_names(self) -> str:
        names = [village.name for village in self.villages]
        if not names:
            return "chưa khai báo thôn nào"
        return ", ".join(names[:LISTED]) + (f" và {len(names) - LISTED} thôn khác" if len(names) > LISTED else "")

    # --- Commune, province -------------------------------------------------------------------------------------------

    def is_own_commune(self, text: str) -> bool:
        """Whether this is the batch's commune, by its present name, a former one, or that of a unit merged into it."""
        return bare_unit(text) in self._own_names or plain(text) in self._own_names or text.strip() == self.commune.code

    def begins_with_own(self, text: str) -> bool:
        """Whether the text begins with a name of the batch's commune: "Tân Mai năm 2025"."""
        words = bare_unit(text)
        return any(name and words.startswith(f"{name} ") for name in self._own_names)

    def read_commune(self, cell: Cell) -> Read:
        """The commune of residence must be the batch's."""
        text = nfc(text_of(cell))
        if not text:
            return NOTHING
        if self.is_own_commune(text) or any(self.is_own_commune(part) for part in text.split(",")):
            return self.commune.code, None
        return refused(
            "current_commune.other",
            f"Dòng ghi nơi ở là xã khác; lần nhập này dành cho {self.commune.full_name}. Nếu là nơi đăng ký HKTT, ghép cột "
            "này vào mục HKTT.",
        )  # fmt: skip

    def read_province_name(self, cell: Cell) -> Read:
        """The province of residence follows the commune; another name is said, not stored."""
        text = nfc(text_of(cell))
        if not text or bare_unit(text) in self._own_provinces:
            return NOTHING
        return refused(
            "current_province.other",
            f"Tỉnh ghi trên dòng khác tỉnh của {self.commune.full_name}; không ghi được.",
            "warning",
        )

    def province(self, text: str) -> str | None:
        """Code of a province by name: of the present list, else "old-" and the code of the former one."""
        if self._provinces is None:
            names = _Names()
            fresh = set()
            for unit in AdminUnit.objects.filter(level="province").order_by("-scheme"):  # "old" before "new"
                key = bare_unit(unit.full_name)
                if unit.scheme == "new":
                    fresh.add(key)
                    names.found[key] = unit
                elif key not in fresh:
                    names.found[key] = unit
            for short, full in (
                ("tphcm", "ho chi minh"),
                ("hcm", "ho chi minh"),
                ("tp hcm", "ho chi minh"),
                ("sai gon", "ho chi minh"),
                ("hn", "ha noi"),
                ("hue", "hue"),
                ("thua thien hue", "thua thien hue"),
                ("brvt", "ba ria vung tau"),
                ("dak lak", "dak lak"),
                ("daklak", "dak lak"),
                ("bac can", "bac kan"),
            ):
                if full in names.found:
                    names.found.setdefault(short, names.found[full])
            self._provinces = names.found
        unit = self._provinces.get(bare_unit(text)) or self._provinces.get(plain(text))
        return _code(unit) if unit else None

    def read_birth_province(self, cell: Cell) -> Read:
        """Province of birth registration, also at the end of an address. An unknown one leaves the field alone."""
        text = nfc(text_of(cell))
        if not text:
            return NOTHING
        parts = [part for part in re.split(r"[,;]|\s[-–]\s", text) if part.strip()]
        for part in (text, *parts[::-1][:1]):
            if code := self.province(part):
                return (code, None) if part == text else changed(code, "Lấy tỉnh ở cuối địa chỉ.", part.strip())
        return refused(
            "birth_registration_province.unknown",
            "Không tìm thấy tỉnh này: mục này chưa ghi được, các mục khác vẫn ghi.",
            "warning",
        )

    def read_text(self, cell: Cell) -> Read:
        """Part of an address that is resolved together with its neighbours (`permanent`)."""
        text = nfc(text_of(cell)).strip(" .,;")
        return (text, None) if text else NOTHING

    # --- Permanent address -------------------------------------------------------------------------------------------

    def permanent(
        self,
        *,
        address: str = "",
        detail: str = "",
        village: str = "",
        commune: str = "",
        district: str = "",
        province: str = "",
    ) -> dict[str, str]:
        """Field codes of the permanent address: the commune when its name is unique in its province (of the present list
        or of the former), and what is left over as `permanent_address_detail`. Nothing that was written is lost."""
        key = (address, detail, village, commune, district, province)
        if key not in self._addresses:
            self._addresses[key] = self._permanent(*key)
        return self._addresses[key]

    def _permanent(
        self, address: str, detail: str, village: str, commune: str, district: str, province: str
    ) -> dict[str, str]:
        rest = [part for part in (detail, village) if part]
        if address:
            parts = [part.strip() for part in re.split(r"[,;]|\s[-–]\s", address) if part.strip()]
            if len(parts) > 1 and not province and self.province(parts[-1]):
                province = parts.pop()
            if (
                province
                and parts
                and not district
                and len(parts) > 1
                and re.match(r"(?:huyện|quận|thị xã|thành phố|tp|tx|h\.|q\.)\b", parts[-1], re.IGNORECASE)
            ):
                district = parts.pop()
            if (
                not commune
                and parts
                and (
                    re.match(r"(?:xã|phường|thị trấn|đặc khu|x\.|p\.|tt\.?)\b", parts[-1], re.IGNORECASE)
                    or (len(parts) > 1 and province)
                    or self.is_own_commune(parts[-1])
                )
            ):
                commune = parts.pop()
            rest += parts
        values: dict[str, str] = {}
        unit = self._commune(commune, district, province) if commune else None
        if unit is not None:
            values["permanent_commune"] = _code(unit)
        else:
            rest += [part for part in (commune, district) if part]
            if province and (code := self.province(province)):
                values["permanent_province"] = code
            elif province:
                rest.append(province)
        if rest:
            values["permanent_address_detail"] = nfc(", ".join(rest))
        return values

    def _commune(self, commune: str, district: str, province: str) -> AdminUnit | None:
        """One commune of this name, of the present list, else of the former one (where the district tells more)."""
        if self.is_own_commune(commune) and (not province or bare_unit(province) in self._own_provinces):
            if bare_unit(commune) in (bare_unit(self.commune.full_name),) and not district:
                return self.commune
            old = [each for each in self.old_communes if bare_unit(each.full_name) == bare_unit(commune)]
            old = [
                each
                for each in old
                if not district or (each.parent and bare_unit(each.parent.full_name) == bare_unit(district))
            ]
            return (
                old[0]
                if len(old) == 1
                else (
                    self.commune if bare_unit(commune) == bare_unit(self.commune.full_name) and not district else None
                )
            )
        code = self.province(province) if province else None
        if code is None:
            return None
        scheme, _, bare = code.rpartition("-")
        found = [] if scheme or district else self._in_province("new", bare).get(bare_unit(commune), [])
        if len(found) == 1:
            return found[0]
        former = self._in_province("old", _same_old(bare, scheme, province)).get(bare_unit(commune), [])
        if district:
            former = [
                each for each in former if each.parent and bare_unit(each.parent.full_name) == bare_unit(district)
            ]
        return former[0] if len(former) == 1 and not found else None

    def _in_province(self, scheme: str, code: str) -> dict[str, list[AdminUnit]]:
        key = (scheme, code)
        if key not in self._communes:
            path = "parent" if scheme == "new" else "parent__parent"
            units = AdminUnit.objects.filter(
                level="commune", scheme=scheme, **{f"{path}__code": code, f"{path}__level": "province"}
            )
            by_name: dict[str, list[AdminUnit]] = {}
            for unit in units.select_related("parent"):
                by_name.setdefault(bare_unit(unit.full_name), []).append(unit)
            self._communes[key] = by_name
        return self._communes[key]

    # --- Words -------------------------------------------------------------------------------------------------------

    def words(self, system: str) -> WordList:
        """The names and spellings of a code list."""
        if system not in self._words:
            codes = {
                code: (row.name, str(row.properties.get("other_names", ""))) for code, row in codes_of(system).items()
            }
            self._words[system] = code_list(system, codes)
        return self._words[system]


def _village_names(villages: Iterable[Village]) -> _Names:
    """Names with kind ("thon 1"), as written, and without kind under "* " ("* na ngam")."""
    names = _Names()
    for village in villages:
        kind, name = split_kind(village.name)
        for key in {f"{kind} {name}".strip(), plain(village.name)}:
            names.add(key, village)
        names.add(f"* {name}", village)
        if village.old_commune:
            names.add(f"{kind} {name} {plain(village.old_commune.name)}".strip(), village)
    return names


def _code(unit: AdminUnit) -> str:
    return unit.code if unit.scheme == "new" else f"old-{unit.code}"


def _same_old(code: str, scheme: str, province: str) -> str:
    """Code of the former province of that name: provinces kept their codes when they kept their names."""
    return code
