"""What matching asks of a row, and what it answers."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ehr.common.identifiers import BHXH_NUMBER, classify_identity_number, clean_number
from ehr.common.text import name_key, sort_key

UNKNOWN_SEX = ("", "3")
NUMBERS = ("id_number", "person_identifier", "health_insurance_number", "social_insurance_code")
_Y, _I = sort_key("y")[0], sort_key("i")[0]


def exact_name(sort_name: str) -> str:
    """A name with its tones for comparing, from its sort key: where the tone stands and y or i do not matter."""
    return sort_name.replace(_Y, _I)


@dataclass(frozen=True, slots=True)
class Span:
    """A birth date as far as it is known: all days from `first` to `last`."""

    first: dt.date
    last: dt.date

    @classmethod
    def parse(cls, text: str) -> Span | None:
        """ "1990-03-12", "1990-03", "1990" as rows keep them; None for "?", an empty or a broken text."""
        parts = text.split("-")
        try:
            year = int(parts[0])
            if len(parts) == 3:
                day = dt.date(year, int(parts[1]), int(parts[2]))
                return cls(day, day)
            return cls.of(dt.date(year, int(parts[1]) if len(parts) == 2 else 1, 1), ("year", "month")[len(parts) - 1])
        except (ValueError, IndexError):
            return None

    @classmethod
    def of(cls, date: dt.date | None, precision: str) -> Span | None:
        """From the two columns of a person."""
        if date is None:
            return None
        if precision == "year":
            return cls(dt.date(date.year, 1, 1), dt.date(date.year, 12, 31))
        if precision == "month":
            return cls(date.replace(day=1), date.replace(day=calendar.monthrange(date.year, date.month)[1]))
        return cls(date, date)

    @property
    def exact(self) -> bool:
        return self.first == self.last

    def meets(self, other: Span) -> bool:
        """Whether both may be the same day: 1980 meets 12/03/1980."""
        return self.first <= other.last and other.first <= self.last

    def swapped(self, other: Span) -> bool:
        """Both exact, the day and the month of one being the month and the day of the other."""
        one, two = self.first, other.first
        return (
            self.exact and other.exact and one.year == two.year and (one.day, one.month) == (two.month, two.day)
        ) and one != two


@dataclass(slots=True)
class StagedRow:
    """The identifying part of a row. `number`: CCCD, CMND, passport; `cards`: BHYT card and BHXH number; `key`: the
    name without tones, y as i; `exact`: the name with tones (`exact_name`); `bare`: it was written without tones; codes
    as in the sheet. `sheet`, `row`: where it stands, for messages. `digest`: equal for rows with equal cells; `codes`:
    the field codes that the row says, as `bits`. `commune`: the key of the only one where this name is looked up."""

    position: int
    number: str = ""
    cards: tuple[str, ...] = ()
    key: str = ""
    exact: str = ""
    bare: bool = False
    birth: Span | None = None
    sex: str = ""
    village: str = ""
    household: str = ""
    sheet: str = ""
    row: int = 0
    digest: int = 0
    codes: int = 0
    commune: int | None = None

    @property
    def national(self) -> bool:
        """A 12-digit number: one person in the country has it."""
        return len(self.number) == 12 and self.number.isdigit()


#: Names come again, in a village above all.
_name_key = lru_cache(maxsize=8192)(name_key)


@lru_cache(maxsize=8192)
def _exact_key(name: str) -> str:
    return exact_name(sort_key(name))


def staged(position: int, values: Mapping[str, Any], *, sheet: str = "", row: int = 0) -> StagedRow:
    """The identifying part of `values` (flat field codes in JSON form)."""
    name = str(values.get("full_name") or "")
    return StagedRow(
        position=position,
        number=_clean(values.get("id_number") or values.get("person_identifier")),
        cards=_cards(values),
        key=_name_key(name),
        exact=_exact_key(name),
        bare=name.isascii(),
        birth=Span.parse(str(values.get("birth_date") or "")),
        sex="" if (sex := str(values.get("sex") or "")) in UNKNOWN_SEX else sex,
        village=str(values.get("current_village_code") or ""),
        household=str(values.get("household_code") or "").strip(),
        sheet=sheet,
        row=row,
        digest=hash(frozenset(values.items())),
        codes=bits(values),
    )


_BITS: dict[str, int] = {}


def name_of(values: Mapping[str, Any]) -> str:
    """The key by which the name of a row is looked up, as in `StagedRow`."""
    return _name_key(str(values.get("full_name") or ""))


Flat = tuple[dict[str, int], list[tuple[Any, ...]]]


def flattened(rows: Iterable[StagedRow]) -> Flat:
    """Rows for another process, and what the bits of their codes mean here."""
    return dict(_BITS), [
        (
            row.position, row.number, row.cards, row.key, row.exact, row.bare,
            row.birth and (row.birth.first, row.birth.last), row.sex, row.village, row.household, row.sheet, row.row,
            row.digest, row.codes, row.commune,
        )
        for row in rows
    ]  # fmt: skip


def raised(flat: Flat) -> list[StagedRow]:
    """Rows of another process that has forked from this one: it hashes as we do, but may have met codes in another
    order."""
    meaning, rows = flat
    masks: dict[int, int] = {}
    found = []
    for row in rows:
        at, number, cards, key, exact, bare, birth, sex, village, household, sheet, line, digest, codes, commune = row
        if codes not in masks:
            masks[codes] = bits(code for code, bit in meaning.items() if bit & codes)
        span = Span(*birth) if birth else None
        found.append(
            StagedRow(
                at, number, cards, key, exact, bare, span, sex, village, household, sheet, line, digest, masks[codes],
                commune,
            )
        )  # fmt: skip
    return found


def moved(rows: Iterable[StagedRow], offset: int) -> list[StagedRow]:
    """The same rows so many positions later. They are changed in place: nobody else has them yet."""
    found = []
    for row in rows:
        row.position += offset
        found.append(row)
    return found


def bits(codes: Iterable[str]) -> int:
    """A set of field codes as one number: a hundred thousand sets would need more memory than all the rest."""
    mask = 0
    for code in codes:
        bit = _BITS.get(code)
        if bit is None:
            bit = _BITS[code] = 1 << len(_BITS)
        mask |= bit
    return mask


def _clean(value: Any) -> str:
    """The number as it is stored. Rows hold it so in most cases, and looking is cheaper than cleaning."""
    text = str(value or "")
    return text if text.isdigit() or not text else clean_number(text)


def said_numbers(values: Mapping[str, Any]) -> set[str]:
    """All numbers by which a row could find somebody, and perhaps more; "Không có" is none."""
    numbers = {_clean(values.get(code)) for code in NUMBERS if code in values}
    return {form for number in numbers if number and not number.isalpha() for form in (number, number[-10:])}


def _cards(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The card, and the social insurance number, which is the card's last ten digits too."""
    found = []
    for code in ("health_insurance_number", "social_insurance_code"):
        card = _clean(values.get(code))
        if len(card) in (10, 15) and classify_identity_number(card):
            found.append(card)
            if len(card) == 15 and BHXH_NUMBER.fullmatch(card[-10:]):
                found.append(card[-10:])
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Match:
    """Who a row is. `certain` with `person_id`: this person. `candidates`: [(person, why)], somebody must decide.
    `elsewhere`: the number belongs to a record that the user may not see. None of these: a new person."""

    person_id: int | None = None
    certain: bool = False
    rank: int = 0  # how well: 2 by number, 1 by the very name, 0 by a name that lacks tones
    candidates: list[tuple[int, str]] = field(default_factory=list)
    elsewhere: bool = False
