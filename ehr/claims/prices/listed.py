"""The price list of one facility in memory: what a drug or service of a visit costs on its day."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable

from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.common.text import plain
from ehr.common.validity import is_valid_on

Kind = PriceItem.Kind
_BETWEEN = re.compile(r"[^a-z0-9]+")


class NoPrice(Exception):
    """No line of the list, or several, fit. `message` is Vietnamese; `column` is the claim column it is about."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


def key(*parts: str) -> str:
    """Words as they are compared: without tones, blanks and signs ("Amlodipin 5 mg" is "amlodipin5mg")."""
    return _BETWEEN.sub("", plain(" ".join(parts)))


def full_key(name: str, strength: str) -> str:
    """A drug with its strength, which may stand in the name."""
    return key(name) if key(strength) in key(name) else key(name, strength)


class PriceList:
    """All lines and terms of a facility. Two queries to make."""

    def __init__(self, items: Iterable[PriceItem], terms: Iterable[BillingTerms]) -> None:
        self._by_code: dict[tuple[str, str], list[PriceItem]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[PriceItem]] = defaultdict(list)
        self._each: list[PriceItem] = []
        for item in items:
            family = "drug" if item.kind == Kind.DRUG else "service"
            self._by_code[family, item.code].append(item)
            if item.registration_number:
                self._by_code["registration", item.registration_number].append(item)
            for name in {key(item.name), full_key(item.name, item.strength)}:
                self._by_name[family, name].append(item)
            if item.each_visit:
                self._each.append(item)
        self._terms = list(terms)

    @classmethod
    def of(cls, facility_id: int) -> PriceList:
        return cls(
            PriceItem.objects.filter(facility=facility_id).order_by("pk"),
            BillingTerms.objects.filter(facility=facility_id).order_by("-valid_from"),
        )

    def terms(self, day: dt.date) -> BillingTerms | None:
        return next((each for each in self._terms if is_valid_on(each, day)), None)

    def each_visit(self, day: dt.date) -> list[PriceItem]:
        """What every visit with an exam is charged."""
        return [item for item in self._each if is_valid_on(item, day)]

    def drug(self, *, name: str, strength: str, code: str, registration: str, day: dt.date) -> PriceItem:
        """The line of a drug: by its registration number, else its code with its strength, else its name. A drug that
        was typed with its name alone is found when the list has it in one strength. Raises NoPrice."""
        shown = f"{name} {strength}".strip()
        full = full_key(name, strength)
        sets = [
            self._by_code.get(("registration", registration), []) if registration else [],
            _of_full(self._by_code.get(("drug", code), []), full, strength) if code else [],
            _of_full(self._by_name.get(("drug", full), []), full, strength),
            [] if strength else self._by_name.get(("drug", key(name)), []),
        ]
        return _one(sets, f"Thuốc «{shown}»", "MA_THUOC", day)

    def service(self, *, name: str, code: str, day: dt.date) -> PriceItem:
        """The line of a service or supply by its code, else its name. Raises NoPrice."""
        sets = [
            self._by_code.get(("service", code), []) if code else [],
            self._by_name.get(("service", key(name)), []) if name and not code else [],
        ]
        shown = f"{code} {name}".strip()
        return _one(sets, f"Dịch vụ «{shown}»", "MA_DICH_VU", day)


def _of_full(items: list[PriceItem], full: str, strength: str) -> list[PriceItem]:
    """Those of the strength, when the visit says one."""
    same = [item for item in items if full_key(item.name, item.strength) == full]
    return same or ([] if strength else items)


def _one(sets: list[list[PriceItem]], what: str, column: str, day: dt.date) -> PriceItem:
    former = False
    for items in sets:
        valid = [item for item in items if is_valid_on(item, day)]
        former = former or bool(items)
        if len(valid) == 1:
            return valid[0]
        if valid:
            names = "; ".join(sorted({f"{item} ({item.registration_number or item.code})" for item in valid}))
            raise NoPrice(column, f"{what} hợp với {len(valid)} dòng của bảng giá ngày {day:%d/%m/%Y}: {names[:300]}.")
    if former:
        raise NoPrice(column, f"{what} có trong bảng giá của cơ sở nhưng không áp dụng ngày {day:%d/%m/%Y}.")
    raise NoPrice(column, f"{what} không có trong bảng giá của cơ sở ngày {day:%d/%m/%Y}.")
