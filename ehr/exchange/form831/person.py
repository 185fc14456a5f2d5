"""Section A and THONGTINCHUNG, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ehr.common import identifiers
from ehr.common.dates import DateError, PartialDate
from ehr.common.problems import Problem
from ehr.common.text import plain
from ehr.exchange.form831.layout import Data, rows, text
from ehr.exchange.form831.places import Units
from ehr.exchange.form831.words import RH, Taker, coded, text_of
from ehr.records.facts import codes_of
from ehr.records.sections.a import SYSTEMS

#: Leaves that are one field each.
LEAVES = {
    "MADINHDANH": "person_identifier", "VNEID": "vneid_account", "MABHXH": "social_insurance_code",
    "MATHE": "health_insurance_number", "MAHO_GIADINH": "household_code", "MA_NHANKHAU": "population_member_code",
    "HOTEN": "full_name", "QUANHE_CHUHO": "relation_to_head", "GIOITINH": "sex", "NHOMMAU_HEABO": "blood_group_abo",
    "NGAYSINH": "birth_date", "MATINH_KHAISINH": "birth_registration_province", "MADANTOC": "ethnicity",
    "MAQUOCTICH": "nationality", "MATONGIAO": "religion", "MANGHENGHIEP": "occupation", "SOCMND": "id_number",
    "NGAYCAP": "id_issue_date", "NOICAP": "id_issue_place", "DIACHI_THUONGTRU": "permanent_address_detail",
    "MATINH_THUONGTRU": "permanent_province", "MAHUYEN_THUONGTRU": "permanent_district",
    "MAXA_THUONGTRU": "permanent_commune", "MATHONXOM_THUONGTRU": "permanent_village_code",
    "DIACHI_HIENTAI": "current_address_detail", "MATINH_HIENTAI": "current_province",
    "MAHUYEN_HIENTAI": "current_district", "MAXA_HIENTAI": "current_commune",
    "MATHONXOM_HIENTAI": "current_village_code", "DIENTHOAI_CD": "phone_landline", "DIENTHOAI_DD": "phone_mobile",
    "EMAIL": "email",
}  # fmt: skip
TAGS = {code: tag for tag, code in LEAVES.items()}
_PLAIN = (
    "VNEID", "MABHXH", "MATHE", "MAHO_GIADINH", "MA_NHANKHAU", "HOTEN", "NOICAP", "DIACHI_THUONGTRU", "DIACHI_HIENTAI",
    "DIENTHOAI_CD", "DIENTHOAI_DD", "EMAIL",
)  # fmt: skip
CAREGIVER = {
    "LOAI_QUANHE": "relative_relation_code", "TEN_QUANHE": "caregiver_relation", "MADINHDANH": "relative_identifier",
    "HOTEN": "caregiver_name", "DIENTHOAI": "caregiver_phone_landline", "DIDONG": "caregiver_phone_mobile",
    "GIAMHO": "relative_is_guardian",
}  # fmt: skip
PARENT = "19"  # LOAI_QUANHE of "Bố/Mẹ"
PARENTS = {"Mẹ": "mother_name", "Bố": "father_name"}
_PARENT_WORDS = {
    "me": "mother_name", "me de": "mother_name", "ma": "mother_name", "bo": "father_name", "cha": "father_name",
    "bo de": "father_name", "ba": "father_name",
}  # fmt: skip


# --- Out -------------------------------------------------------------------------------------------------------------


def write(values: Mapping[str, Any]) -> Data:
    """THONGTINCHUNG of section A as `facts.section_a` gives it."""
    data: Data = {tag: text_of(values.get(code)) for tag, code in LEAVES.items()}
    data["NHOMMAU_HERH"] = RH.get(values.get("blood_group_rh") or "", "")
    data["QUANHE_GIADINH"] = _relatives(values)
    return data


def _relatives(values: Mapping[str, Any]) -> list[Data]:
    """Mother, father, caregiver, in this order. A caregiver whose relation is "Mẹ" or "Bố" is told from the parent by
    standing behind one: then the parent's row is written though it has no name."""
    parents = {word: text_of(values.get(code)) for word, code in PARENTS.items()}
    caregiver = {tag: text_of(values.get(code)) for tag, code in CAREGIVER.items()}
    own = _PARENT_WORDS.get(plain(caregiver["TEN_QUANHE"])) if any(caregiver.values()) else None
    found = [
        {"LOAI_QUANHE": PARENT, "TEN_QUANHE": word, "HOTEN": name}
        for word, name in parents.items()
        if name or own == PARENTS[word]
    ]
    return [*found, caregiver] if any(caregiver.values()) else found


# --- In --------------------------------------------------------------------------------------------------------------


def read(data: Mapping[str, Any], taker: Taker, units: Units) -> dict[str, Any]:
    """Field codes of section A that the record says; the sex as it is written."""
    values: dict[str, Any] = {LEAVES[tag]: value for tag in _PLAIN if (value := text(data, tag))}
    values |= _numbers(data, taker)
    if birth := _birth(text(data, "NGAYSINH"), taker):
        values["birth_date"] = birth
    found: dict[str, Any] = {
        "sex": taker.choice("sex", "GIOITINH", text(data, "GIOITINH"), {"1": "1", "2": "2", "3": "3"}),
        "blood_group_abo": taker.choice(
            "blood_group_abo", "NHOMMAU_HEABO", text(data, "NHOMMAU_HEABO").upper(), _same("A", "B", "AB", "O")
        ),
        "blood_group_rh": taker.rh(text(data, "NHOMMAU_HERH")),
        "id_issue_date": taker.date("id_issue_date", "NGAYCAP", text(data, "NGAYCAP")),
    }
    for name in ("relation_to_head", "ethnicity", "nationality", "religion", "occupation"):
        found[name] = _coded(name, text(data, TAGS[name]), taker)
    found |= _places(data, taker, units)
    values |= {name: value for name, value in found.items() if value}
    return values | _family(rows(data, "QUANHE_GIADINH"), taker)


def _same(*values: str) -> dict[str, str]:
    return {value: value for value in values}


def _numbers(data: Mapping[str, Any], taker: Taker) -> dict[str, Any]:
    """The number of the person stands under two tags. Two cards of the state are refused by the rules; beside one, an
    old card (9 digits) is named and left out."""
    first, second = (identifiers.clean_number(text(data, tag)) for tag in ("SOCMND", "MADINHDANH"))
    if not (first or second):
        return {}
    if first and second and first != second:
        kinds = [identifiers.classify_identity_number(number) for number in (first, second)]
        if kinds == ["SDDCN", "SDDCN"]:
            return {"id_number": first, "person_identifier": second}
        kept = second if kinds[1] == "SDDCN" else first
        other = "SOCMND" if kept == second else "MADINHDANH"
        taker.note("id_number", "two_numbers", f"Thẻ {other} ghi một số khác số định danh: chỉ nhận số định danh.")
        return {"id_number": kept}
    return {"id_number": first or second}


def _birth(value: str, taker: Taker) -> PartialDate | None:
    try:
        return PartialDate.parse(value) if value else None
    except DateError as error:
        taker.unreadable("birth_date", "NGAYSINH", error.message, "error")
        return None


def _coded(name: str, value: str, taker: Taker) -> str:
    """A code of a national list; other systems number some lists in their own way."""
    if not value:
        return ""
    found = coded(codes_of(SYSTEMS[name]), value)
    if found is None:
        taker.unreadable(name, TAGS[name], f"mã «{value[:20]}» không có trong danh mục.")
    return found or ""


def _places(data: Mapping[str, Any], taker: Taker, units: Units) -> dict[str, Any]:
    """Units by code. A district stands only beside communes of the former list."""
    found: dict[str, Any] = {}
    for name, level in (
        ("birth_registration_province", "province"), ("permanent_province", "province"),
        ("permanent_district", "district"), ("current_district", "district"),
    ):  # fmt: skip
        if value := text(data, TAGS[name]):
            unit = units.any(level, value)
            found[name] = unit and units.code(unit)
            if unit is None:
                taker.unreadable(name, TAGS[name], f"mã «{value[:10]}» không có trong danh mục.")
    found |= _commune("permanent", data, taker, units)
    current = text(data, "MAXA_HIENTAI")
    if current:
        unit, moved = units.present(current, text(data, "MAHUYEN_HIENTAI"), trusted=taker.trusted)
        found["current_commune"] = unit and unit.code
        if unit is None:
            message = f"mã «{current[:10]}» không có trong danh mục hai cấp, cũng không đổi được từ danh mục cũ."
            taker.unreadable("current_commune", "MAXA_HIENTAI", message)
        elif moved:
            message = f"Mã xã cũ ở thẻ MAXA_HIENTAI được đổi sang {unit.full_name} (đơn vị hiện nay)."
            taker.note("current_commune", "old_commune", message, "info")
    found |= _village("current", data, found.get("current_commune") or "", taker, units)
    return found


def _commune(which: str, data: Mapping[str, Any], taker: Taker, units: Units) -> dict[str, Any]:
    name = f"{which}_commune"
    value = text(data, TAGS[name])
    if not value:
        return {}
    unit = units.commune(value, text(data, TAGS[f"{which}_district"]))
    if unit is None:
        taker.unreadable(name, TAGS[name], f"mã «{value[:10]}» không có trong danh mục.")
        return {}
    code = units.code(unit)
    return {name: code} | _village(which, data, code, taker, units)


def _village(which: str, data: Mapping[str, Any], commune: str, taker: Taker, units: Units) -> dict[str, Any]:
    name = f"{which}_village_code"
    value = text(data, TAGS[name])
    if not value:
        return {}
    if commune and units.has_village(commune, value):
        return {name: value}
    taker.unreadable(name, TAGS[name], f"mã thôn «{value[:20]}» không có trong xã.")
    return {}


def _family(found: Sequence[Data], taker: Taker) -> dict[str, Any]:
    """Mother and father by their relation, the first other row as the caregiver. Other systems write one row for a
    mother who is the caregiver as well: with a telephone or as guardian she is both."""
    values: dict[str, Any] = {}
    seen: set[str] = set()
    others = []
    for row in found:
        name = _PARENT_WORDS.get(plain(text(row, "TEN_QUANHE")))
        if name and name not in seen and text(row, "LOAI_QUANHE") in ("", PARENT, PARENT.lstrip("0")):
            seen.add(name)
            if text(row, "HOTEN"):
                values[name] = text(row, "HOTEN")
            if not taker.trusted and any(text(row, tag) for tag in ("DIENTHOAI", "DIDONG", "MADINHDANH")):
                others.append(row)
        elif any(text(row, tag) for tag in CAREGIVER):
            others.append(row)
    if not others:
        return values
    values |= _caregiver(others[0], taker)
    if len(others) > 1:
        message = (
            f"Thẻ QUANHE_GIADINH: mẫu chỉ có một người chăm sóc chính, {len(others) - 1} người thân khác không nhận."
        )
        taker.note("caregiver_name", "more_relatives", message)
    return values


def _caregiver(row: Data, taker: Taker) -> dict[str, Any]:
    values: dict[str, Any] = {code: value for tag, code in CAREGIVER.items() if (value := text(row, tag))}
    if "relative_is_guardian" in values:
        answer = taker.yes_no("relative_is_guardian", "GIAMHO", values.pop("relative_is_guardian"))
        if answer:
            values["relative_is_guardian"] = answer == "yes"
    if code := values.pop("relative_relation_code", ""):
        found = coded(codes_of(SYSTEMS["relative_relation_code"]), code)
        if found:
            values["relative_relation_code"] = found
        else:
            taker.unreadable("relative_relation_code", "LOAI_QUANHE", f"mã «{code[:20]}» không có trong danh mục.")
    return values


# --- The sex ---------------------------------------------------------------------------------------------------------


def sex_by_number(values: Mapping[str, Any]) -> str:
    """Sex that the personal number tells (digit 4), "" without one."""
    number = values.get("id_number") or ""
    return str(1 + int(number[3]) % 2) if identifiers.classify_identity_number(number) == "SDDCN" else ""


def sex_by_others(values: Mapping[str, Any], women_only: bool) -> str:
    """Sex that other facts tell: answers for women only, the middle name."""
    if women_only:
        return "2"
    words = plain(values.get("full_name") or "").split()[1:-1]
    return "2" if "thi" in words else "1" if "van" in words else ""


def settle_sex(found: Sequence[tuple[dict[str, Any], bool, list[Problem]]]) -> None:
    """Trap 1: one system writes 1 for women. `found`: (section A, says something of women only, notes) of all people
    of one sender. A number of the state decides; where all such numbers of a file say the opposite, the file is
    swapped, and other evidence decides about those without a number."""
    pairs = [(values["sex"], sex_by_number(values)) for values, _, _ in found if values.get("sex") in ("1", "2")]
    against = sum(bool(told) and told != written for written, told in pairs)
    swapped = against >= 3 and against == sum(bool(told) for _, told in pairs)
    for values, women_only, notes in found:
        written = values.get("sex")
        if written not in ("1", "2"):
            continue
        told = sex_by_number(values) or sex_by_others(values, women_only)
        if not told and swapped:
            told = "2" if written == "1" else "1"
        if told and told != written:
            values["sex"] = told
            by = "số định danh" if sex_by_number(values) else "các mục khác của hồ sơ"
            message = f"Thẻ GIOITINH ngược với {by}: ghi theo {by}. Hãy kiểm tra lại giới tính."
            notes.append(Problem("sex", "form831.sex_swapped", message, "warning"))
