"""Values of section A as a door sends them → their stored form: clean texts and numbers, codes and units as rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ehr.codes.models import Code
from ehr.common import identifiers
from ehr.common.answers import Answer
from ehr.common.problems import Problem
from ehr.common.text import nfc, nfc_lines
from ehr.records.facts import codes_of
from ehr.records.models import Household
from ehr.records.sections import a
from ehr.records.services.common import as_answer
from ehr.records.services.fields import STORES_A as STORES
from ehr.records.services.fields import check_fit
from ehr.records.services.places import UNITS, Places
from stations.models import AdminUnit, Village

SYSTEMS = a.SYSTEMS | {"id_missing_reason": "id-missing-reason"}
NUMBERS = {  # field code: kind of identifier
    "health_insurance_number": "BHYT_CARD",
    "social_insurance_code": "BHXH_NO",
    "vneid_account": "E_ACCOUNT",
    "population_member_code": "LOCAL",
    "birth_certificate_number": "BIRTH_CERT_NO",
}
PHONES = ("phone_mobile", "phone_landline", "caregiver_phone_mobile", "caregiver_phone_landline")
_UNIQUE = frozenset(["id_number", "person_identifier", "note"])
_KEPT_TEXTS = 4096
_TRUTH = {"yes": True, "no": False, "": None}


def clean_values(
    values: Mapping[str, Any], household: Household | None, before: Mapping[str, Any], places: Places
) -> tuple[dict[str, Any], list[Problem]]:
    """Texts in their stored form, codes and units as rows, and what no column or list can take. `places` has read what
    `values` names by code. Raises TypeError for a code that section A does not have."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    unfit: list[Problem] = []
    asked: list[str] = []  # of what is not known whether its column takes it
    for name, value in values.items():
        reading = _READINGS.get(name)
        if reading is None:
            unknown = ", ".join(sorted(values.keys() - STORES.keys()))
            raise TypeError(f"unknown field codes: {unknown}")
        clean, system, kept = reading
        if system:
            found = (codes_of(system).get(value) if value.__class__ is str else None) or clean(value)
            if found.__class__ is str:  # no code of its list
                message = f"Mã «{found[:30]}» không có trong danh mục."
                problems.append(Problem(name, f"{name}.unknown_code", message))
                found = None
            given[name] = found
        elif kept is not None and value.__class__ is str:
            known = kept.get(value) or _keep(name, value, clean, kept)
            given[name] = known[0]
            unfit += known[1]
        else:
            given[name] = clean(value)
            asked.append(name)
    if "person_identifier" in given:
        problems += _one_number(given)
    for name in UNITS:
        if name in given:
            given[name] = _unit(name, given[name], places, problems)
    for name, commune in (("current_village_code", "current_commune"), ("permanent_village_code", "permanent_commune")):
        if name in given:
            within = given.get(commune) or before.get(commune)
            given[name] = _village(name, given[name], within, places, problems)
    given.pop("current_province", None)  # follows the commune
    if household is not None:
        given.setdefault("current_commune", household.commune)
        given.setdefault("current_village_code", household.village)
        given.setdefault("current_address_detail", household.address_detail)
    village = given.get("current_village_code")
    if isinstance(village, Village) and not given.get("current_commune"):
        given["current_commune"] = village.commune
    if household is None:
        problems += unfit + check_fit({name: given[name] for name in asked if name in given})
    else:
        problems += check_fit(given)
    return given, problems


# --- One value -------------------------------------------------------------------------------------------------------


#: Codes, addresses and names of a household come again and again.
_nfc = lru_cache(maxsize=8192)(nfc)


def _line(value: Any) -> Any:
    return _nfc(value) if value.__class__ is str else value


def _coded(system: str) -> Callable[[Any], Any]:
    """The row of a code; a text that the list lacks stays a text, for the caller to refuse."""

    def cleaned(value: Any) -> Any:
        if value.__class__ is not str:
            return _one_of_list(value)
        codes = codes_of(system)
        return codes.get(value) or (_nfc(value) and codes.get(_nfc(value), value)) or None

    return cleaned


def _one_of_list(value: Any) -> Code | str | None:
    return value if value is None or isinstance(value, Code) else str(value)


def _lines(value: Any) -> Any:
    return nfc_lines(value) if value.__class__ is str else value


def _as_is(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return identifiers.clean_number(value) if isinstance(value, str) else value


def _phone(value: Any) -> Any:
    return identifiers.clean_phone(value) if isinstance(value, str) else value


def _truth(value: Any) -> Any:
    return _TRUTH.get(value, value) if isinstance(value, str) else value


def _answer(clean: Callable[[str], str]) -> Callable[[Any], Answer]:
    def cleaned(value: Any) -> Answer:
        given = as_answer(_nfc(value) if value.__class__ is str else value)
        if given.state != "value":
            return given
        text = clean(str(given.value))
        return given if text == given.value else Answer(text, "value")

    return cleaned


def _cleaner(name: str) -> Callable[[Any], Any]:
    if name in a.ANSWERABLE:
        number = identifiers.clean_number if name in NUMBERS else identifiers.clean_phone if name in PHONES else _nfc
        return _answer(number)
    if name in PHONES:
        return _phone
    if name == "id_number" or name in NUMBERS:
        return _number
    if name == "relative_is_guardian":
        return _truth
    if name in SYSTEMS:
        return _coded(SYSTEMS[name])
    return _lines if name == "note" else _line


_CLEANERS: dict[str, Callable[[Any], Any]] = {name: _cleaner(name) for name in STORES}
for _name in ("birth_date", "current_province", "station"):
    _CLEANERS[_name] = _as_is


#: How the values of a field are read: its cleaner, its code list, and what its texts became, for fields whose texts
#: come again and again (numbers of a person do not).
_Known = tuple[Any, list[Problem]]
_READINGS: dict[str, tuple[Callable[[Any], Any], str, dict[str, _Known] | None]] = {
    name: (
        clean, SYSTEMS.get(name, ""),
        None if clean is _as_is or name in UNITS or name in NUMBERS or name in _UNIQUE else {},
    )
    for name, clean in _CLEANERS.items()
}  # fmt: skip


def _keep(name: str, value: str, clean: Callable[[Any], Any], kept: dict[str, _Known]) -> _Known:
    """The stored form of a text, and whether the column takes it."""
    cleaned = clean(value)
    if len(kept) >= _KEPT_TEXTS:
        kept.clear()
    found = kept[value] = cleaned, check_fit({name: cleaned})
    return found


def _one_number(given: dict[str, Any]) -> list[Problem]:
    """The exchange sends the card number under two tags; two different numbers are refused, for one would be lost."""
    number, second = (identifiers.clean_number(given.get(name) or "") for name in ("id_number", "person_identifier"))
    if second and not number:
        given["id_number"] = second
    given.pop("person_identifier", None)
    if number and second and number != second:
        message = "Mã định danh khác với số CMND/CCCD: chỉ ghi một số."
        return [Problem("person_identifier", "person_identifier.differs", message)]
    return []


def _unit(name: str, value: Any, places: Places, problems: list[Problem]) -> AdminUnit | None:
    if not isinstance(value, str) or not value:
        return value or None
    unit = places.unit(name, value)
    if unit is None:
        problems.append(Problem(name, f"{name}.unknown_code", f"Mã đơn vị «{value[:10]}» không có trong danh mục."))
    return unit


def _village(name: str, value: Any, commune: Any, places: Places, problems: list[Problem]) -> Village | None:
    """A village code belongs to the commune, given or as it was."""
    if not isinstance(value, str) or not value:
        return value or None
    village = places.village(value, commune if isinstance(commune, AdminUnit) else None)
    if village is None:
        problems.append(Problem(name, f"{name}.unknown_code", f"Mã thôn «{value[:20]}» không có trong xã."))
    return village
