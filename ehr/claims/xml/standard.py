"""Which standard a claim follows, by its content. Source: README of the specification, section 1."""

from __future__ import annotations

import datetime as dt
from functools import cache

from ehr.claims.claim import Row
from ehr.claims.spec import Standard, tables
from ehr.claims.values import read_when

#: Decision 3176 governs data from this day on; without XML13 its files look like those of 4750.
SINCE_3176 = dt.date(2025, 1, 1)
#: Decision 4210 governed data up to the day before.
SINCE_4750 = dt.date(2024, 7, 1)
_FAMILY_ONLY = ("XML0", *(f"XML{number}" for number in range(6, 16)))


@cache
def _telling(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Columns of a table that only 4210 has, and that only the 130 family has."""
    old, new = (frozenset(tables(standard)[name].columns) for standard in (Standard.QD4210, Standard.QD3176))
    return old - new, new - old


def recognise(found: dict[str, list[Row]], made_on: str = "") -> Standard:
    """`found`: rows by table, the spec of which is not yet known. `made_on`: NGAYLAP, for when nothing else tells."""
    family = _family(found, made_on)
    if family is Standard.QD4210:
        return family
    for row in found.get("XML13", ()):
        if "MA_CSKCB_DEN" in row.raw or "TINH_TRANG_CT" in row.raw:
            return Standard.QD3176
        if "MA_NOI_DEN" in row.raw or "PP_DIEU_TRI" in row.raw:
            return Standard.QD4750
    day = _day(found) or _read(made_on)
    return Standard.QD4750 if day is not None and day < SINCE_3176 else Standard.QD3176


def _family(found: dict[str, list[Row]], made_on: str) -> Standard:
    """4210, or 3176 for any of the 130 family."""
    for row in found.get("XML1", ()):
        if "MA_THE_BHYT" in row.raw or "MA_THE" in row.raw:
            return Standard.QD3176 if "MA_THE_BHYT" in row.raw else Standard.QD4210
    if any(name in found for name in _FAMILY_ONLY):
        return Standard.QD3176
    votes = 0
    for name in ("XML1", "XML2", "XML3", "XML4", "XML5"):
        old, new = _telling(name)
        for row in found.get(name, ())[:3]:
            votes += len(new.intersection(row.raw)) - len(old.intersection(row.raw))
    if votes:
        return Standard.QD3176 if votes > 0 else Standard.QD4210
    day = _day(found) or _read(made_on)
    return Standard.QD4210 if day is not None and day < SINCE_4750 else Standard.QD3176


def _day(found: dict[str, list[Row]]) -> dt.date | None:
    """Day of discharge; of arrival for a check-in; of the meeting for an appraisal."""
    for name, columns in (("XML1", ("NGAY_RA", "NGAY_VAO")), ("XML0", ("NGAY_VAO",)), ("XML12", ("NGAY_HOP",))):
        for row in found.get(name, ()):
            for column in columns:
                if day := _read(row.raw.get(column, "")):
                    return day
    return None


def _read(text: str) -> dt.date | None:
    when, _ = read_when(text, True)
    return when.date if when else None
