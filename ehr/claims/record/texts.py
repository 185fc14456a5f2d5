"""Values of claim rows (`Row.values`: clean texts) as columns of the record keep them, no longer than the column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import models

from ehr.claims.claim import Row
from ehr.claims.spec import Standard, code_label
from ehr.claims.values import VIETNAM, read_number, read_when

#: A number that is certain, with a unit behind it or without: "5.6", "5,6 mmol/L". A comma before exactly three digits
#: may be a mark of thousands: not certain.
_MEASURED = re.compile(
    r"(-?\d{1,9}(?:\.\d{1,4}|,\d{1,2}|,\d{4})?)(?:\s*([^\d\s<>≤≥=.,;:/–-][^\d<>≤≥]{0,30}))?", re.ASCII
)
_UNIT = re.compile(r"[A-Za-zµμ%°‰][\w/^*%°µμ.²³⁹]*(?:/[\w^*.²³⁹]+)*")


def line(values: Mapping[str, str], name: str, limit: int = 0) -> str:
    """One line of text, "" for no value; cut at `limit` characters."""
    value = values.get(name)
    if not value:
        return ""
    if "\n" in value or "\t" in value:
        value = " ".join(value.split())
    return value[:limit] if limit else value


def prose(values: Mapping[str, str], name: str) -> str:
    """Text with its lines."""
    value = values.get(name)
    if not value:
        return ""
    return value.replace("\r\n", "\n") if "\r" in value else value


def minute(values: Mapping[str, str], name: str) -> dt.datetime | None:
    """The time; midnight of a date; None when no full date can be read."""
    value = values.get(name)
    if not value:
        return None
    if len(value) != 12 or not _is_time(value):
        when, _ = read_when(value, True)
        return when.moment() if when and when.day.precision == "day" else None
    on = _date(value[:8])
    if on is None:
        return None
    return dt.datetime(on.year, on.month, on.day, int(value[8:10]), int(value[10:]), tzinfo=VIETNAM)


def _is_time(text: str) -> bool:
    """Whether hour and minute are possible in yyyyMMddHHmm: so many times differ that keeping the read ones (as
    `read_when` does) is of no use, while days repeat."""
    return text.isdigit() and text.isascii() and text[8:10] < "24" and text[10:] < "60"


@lru_cache(maxsize=4096)
def _date(digits: str) -> dt.date | None:
    when, _ = read_when(digits, False)
    return when.date if when and when.day.precision == "day" else None


def day(values: Mapping[str, str], name: str) -> dt.date | None:
    """The full date; None when a part of it is not known."""
    value = values.get(name)
    if not value:
        return None
    return _date(value[:8] if len(value) == 12 and _is_time(value) else value)


def number(values: Mapping[str, str], name: str, digits: int, places: int) -> Decimal | None:
    """The number with at most `places` decimals; None when it does not fit a column of `digits` digits."""
    value = values.get(name)
    found = read_number(value)[0] if value else None
    return _fitting(found, digits, places) if found is not None else None


@lru_cache(maxsize=16384)
def _fitting(value: Decimal, digits: int, places: int) -> Decimal | None:
    if abs(value) >= 10 ** (digits - places):
        return None
    return round(value, places) if -value.as_tuple().exponent > places else value  # type: ignore[operator]


def whole(values: Mapping[str, str], name: str, most: int = 32767) -> int | None:
    """A whole number from 0 to `most`; None for anything else."""
    value = values.get(name)
    found = read_number(value)[0] if value else None
    if found is None or found != found.to_integral_value() or not 0 <= found <= most:
        return None
    return int(found)


@lru_cache(maxsize=16384)
def measured(text: str) -> tuple[Decimal | None, str]:
    """What of a result is surely a number, and the unit written behind it: "5.6 mmol/L" → (5.6, "mmol/L"). Comparisons
    (<5), ranges (3–5), "1+" and words have none."""
    found = _MEASURED.fullmatch(text.strip())
    if not found:
        return None, ""
    unit = (found[2] or "").strip()
    if unit and not _UNIT.fullmatch(unit):
        return None, ""
    return Decimal(found[1].replace(",", ".")), unit


def limits(model: type[models.Model]) -> dict[str, int]:
    """Most characters of each column that has a limit."""
    return {
        field.attname: field.max_length
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and field.max_length
    }


def shown(row: Row, name: str, standard: Standard, on: dt.date | None) -> str:
    """A column as people read it: dates as dd/mm/yyyy, codes with their words."""
    text = row.text(name)
    if not text:
        return ""
    column = row.column(name)
    if column is None:
        return text
    if column.kind in ("day", "minute") and not column.many:
        when = row.when(name)
        if when is None:
            return text
        return f"{when.at:%H:%M} ngày {when.at:%d/%m/%Y}" if when.at else when.day.text()
    if column.code_list:
        return code_label(column.code_list, text, standard, on) or text
    return text


def place(code: str, names: Mapping[str, str]) -> str:
    """Facilities of a ";" list by name and code."""
    codes = [part.strip() for part in code.split(";") if part.strip()]
    return "; ".join(f"{names[each]} ({each})" if each in names else each for each in codes)


def joined(*parts: Any) -> str:
    """Parts with a value, by ", "."""
    return ", ".join(str(part) for part in parts if part)
