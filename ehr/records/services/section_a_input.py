"""Values of section A as a door sends them → their stored form: clean texts and numbers, codes and units as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ehr.common import identifiers
from ehr.common.answers import Answer
from ehr.common.problems import Problem
from ehr.common.text import nfc, nfc_lines
from ehr.records.models import Household
from ehr.records.sections import a
from ehr.records.services.common import as_answer, resolve_codes
from stations.models import AdminUnit, Village

SYSTEMS = a.SYSTEMS | {"id_missing_reason": "id-missing-reason"}
STORES = a.STORES | a.EXTRA_STORES
NUMBERS = {  # field code: kind of identifier
    "health_insurance_number": "BHYT_CARD",
    "social_insurance_code": "BHXH_NO",
    "vneid_account": "E_ACCOUNT",
    "population_member_code": "LOCAL",
    "birth_certificate_number": "BIRTH_CERT_NO",
}
UNITS = {  # field code: (level, scheme)
    "current_commune": ("commune", "new"),
    "permanent_commune": ("commune", ""),
    "current_district": ("district", "old"),
    "permanent_district": ("district", "old"),
    "permanent_province": ("province", ""),
    "birth_registration_province": ("province", ""),
}


def clean_values(
    values: Mapping[str, Any], household: Household | None, before: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Texts in their stored form, codes and units as rows."""
    given = {name: _text(name, value) for name, value in values.items() if name in STORES}
    unknown = [name for name in values if name not in STORES]
    if unknown:
        raise TypeError(f"unknown field codes: {', '.join(sorted(unknown))}")
    problems = _one_number(given)
    for name in a.ANSWERABLE & given.keys():
        given[name] = as_answer(given[name])
    if given.get("id_number"):
        given["id_number"] = identifiers.clean_number(given["id_number"])
    for name in ("phone_mobile", "phone_landline", "caregiver_phone_mobile", "caregiver_phone_landline"):
        value = given.get(name)
        if isinstance(value, Answer) and value.state == "value":
            given[name] = Answer(identifiers.clean_phone(str(value.value)), "value")
        elif isinstance(value, str):
            given[name] = identifiers.clean_phone(value)
    for name in NUMBERS.keys() & given.keys():
        value = given[name]
        if isinstance(value, Answer) and value.state == "value":
            given[name] = Answer(identifiers.clean_number(str(value.value)), "value")
        elif isinstance(value, str):
            given[name] = identifiers.clean_number(value)
    given, unknown_codes = resolve_codes(given, {name: system for name, system in SYSTEMS.items() if name in given})
    problems += unknown_codes + _resolve_units(given, before)
    if household is not None:
        given.setdefault("current_commune", household.commune)
        given.setdefault("current_village_code", household.village)
        given.setdefault("current_address_detail", household.address_detail)
    village = given.get("current_village_code")
    if isinstance(village, Village) and not given.get("current_commune"):
        given["current_commune"] = village.commune
    return given, problems


def _text(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return nfc_lines(value) if name == "note" else nfc(value)


def _one_number(given: dict[str, Any]) -> list[Problem]:
    """The exchange sends the card number under two tags; two different numbers are refused, for one would be lost."""
    number, second = (identifiers.clean_number(given.get(name) or "") for name in ("id_number", "person_identifier"))
    if "person_identifier" in given and second and not number:
        given["id_number"] = second
    given.pop("person_identifier", None)
    if number and second and number != second:
        message = "Mã định danh khác với số CMND/CCCD: chỉ ghi một số."
        return [Problem("person_identifier", "person_identifier.differs", message)]
    return []


def _resolve_units(given: dict[str, Any], before: Mapping[str, Any]) -> list[Problem]:
    """Unit codes as rows. A commune or province code without more is of the present list, after "old-" of the former
    one; a district is always of the former one. A village code belongs to the commune, given or as it was."""
    problems = []
    for name, (level, scheme) in UNITS.items():
        value = given.get(name)
        if isinstance(value, str) and value:
            named, _, bare = value.rpartition("-")
            known = AdminUnit.objects.filter(code=bare, level=level, scheme=scheme or named or "new")
            unit = known.select_related("parent").first()
            given[name] = unit
            if unit is None:
                problems.append(
                    Problem(name, f"{name}.unknown_code", f"Mã đơn vị «{value[:10]}» không có trong danh mục.")
                )
        elif name in given:
            given[name] = value or None
    for name, commune in (("current_village_code", "current_commune"), ("permanent_village_code", "permanent_commune")):
        value = given.get(name)
        if isinstance(value, str) and value:
            rows = Village.objects.filter(code=value).select_related("commune")
            unit = given.get(commune) or before.get(commune)
            found = list(rows.filter(commune=unit) if isinstance(unit, AdminUnit) else rows[:2])
            given[name] = found[0] if len(found) == 1 else None
            if len(found) != 1:
                problems.append(Problem(name, f"{name}.unknown_code", f"Mã thôn «{value[:20]}» không có trong xã."))
        elif name in given:
            given[name] = value or None
    given.pop("current_province", None)  # follows the commune
    return problems
