"""Which claims say something that only the officers of a programme may know. Pure: no database, no clock.

What counts is data (`data/restricted.csv`, dated, with its source): whole tables, ICD-10 codes in any column that the
standard says holds them, words of diagnoses and notes, drugs that are given for nothing else. One hit seals the whole
claim. REQ-EXC-08, REQ-SEC-04; spec claims README §8."""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from ehr.claims.claim import Claim, Row
from ehr.claims.spec import DATA, Standard, tables
from ehr.common.text import nfc, plain
from ehr.common.validity import is_valid_on

#: What is said of each kind to those who may see it.
LABELS = {
    "hiv": "HIV", "tb": "Lao", "mental": "Sức khỏe tâm thần", "abuse": "Bạo hành, xâm hại", "donor": "Người hiến",
}  # fmt: skip
ICD10 = "ICD-10"
#: Columns that say in words what a person has; the names are the same in all standards.
WORDED = (
    "TEN_BENH", "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "LY_DO_VV", "LY_DO_VNT", "GHI_CHU", "PP_DIEU_TRI", "PP_DIEUTRI",
    "DIEN_BIEN", "DIEN_BIEN_LS", "HOI_CHAN", "QT_BENHLY", "DAU_HIEU_LS", "TOMTAT_KQ", "TINH_TRANG_CT", "HUONG_DIEU_TRI",
    "KET_QUA_KHAM",
)  # fmt: skip
_DRUGS = ("TEN_THUOC", "TEN_DICH_VU")
_NO = r"âm tính|am tinh|neg|không phản ứng|khong phan ung|non[- ]?reactive"
_NEGATIVE = re.compile(rf"[\s/]*(?:(?:ab|ag|test|nhanh|1|2)[\s/]*)*[:=]?\s*(?:\(\s*-\s*\)|-(?=\s*(?:$|[,.;)]))|{_NO})")
_ICD = re.compile(r"[A-Z][0-9]{2}(?:\.?[0-9]{1,2})?")
#: A result that says "not found": a screening test of HIV before every operation makes no restricted claim.
_CLEAR = re.compile(rf"{_NO}|^\(?-\)?$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the list. `codes`: first and last three or four characters of a range without dots."""

    kind: str
    what: str
    code: str
    first: str
    last: str
    valid_from: dt.date | None
    valid_to: dt.date | None


@cache
def rules() -> tuple[Rule, ...]:
    """restricted.csv, in its order."""
    found = []
    with (DATA / "restricted.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            first, _, last = row["code"].replace(".", "").partition("-")
            day = [dt.date.fromisoformat(text) if text else None for text in (row["valid_from"], row["valid_to"])]
            found.append(Rule(row["kind"], row["what"], row["code"], first, last or first, day[0], day[1]))
    return tuple(found)


@cache
def _changes() -> tuple[dt.date, ...]:
    """Days on which the list changes."""
    days = {day for rule in rules() for day in (rule.valid_from, rule.valid_to) if day is not None}
    return tuple(sorted(days))


@lru_cache(maxsize=1024)
def _period(on: dt.date) -> dt.date:
    """The day on which the list that holds on `on` began: texts are looked up once per period, not per day."""
    return max((day for day in _changes() if day <= on), default=dt.date.min)


@lru_cache(maxsize=64)
def _of(what: str, period: dt.date) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules() if rule.what == what and is_valid_on(rule, period))


@cache
def _code_columns(standard: Standard, table: str) -> tuple[str, ...]:
    """Columns of ICD-10 codes, as tables.csv has them."""
    known = tables(standard).get(table)
    return tuple(name for name, column in known.columns.items() if column.code_list == ICD10) if known else ()


@lru_cache(maxsize=20_000)
def _kinds_of_codes(text: str, period: dt.date) -> frozenset[str]:
    """Kinds of the ICD-10 codes in a text, however they are parted."""
    codes = {found.replace(".", "") for found in _ICD.findall(text.upper())}
    return frozenset(rule.kind for rule in _of("icd10", period) for code in codes if _within(code, rule))


def _within(code: str, rule: Rule) -> bool:
    length = len(rule.first)
    return rule.first <= code[:length] <= rule.last


@cache
def _words_of(standard: Standard, table: str) -> tuple[str, ...]:
    """Columns of words that the table has; tables that the standard does not know may have any."""
    known = tables(standard).get(table)
    return tuple(name for name in WORDED if known is None or name in known.columns)


_NONE: frozenset[str] = frozenset()
_PHRASE = 120  # characters


def _kinds_of_words(text: str, period: dt.date) -> frozenset[str]:
    """Diagnoses are short and come again; notes are not kept in memory."""
    return _kinds_of_phrase(text, period) if len(text) <= _PHRASE else _kinds_of_text(text, period)


@lru_cache(maxsize=4096)
def _kinds_of_phrase(text: str, period: dt.date) -> frozenset[str]:
    return _kinds_of_text(text, period)


def _kinds_of_text(text: str, period: dt.date) -> frozenset[str]:
    low = text.lower()
    if not any(rule.code in low for rule in _of("word", period)):  # nearly every note, and each is another text
        return _NONE
    return frozenset(rule.kind for rule in _of("word", period) if _says(nfc(low), rule.code))


def _says(text: str, word: str) -> bool:
    """The word stands in the text, not only with "negative" behind it."""
    return any(
        not _NEGATIVE.match(text, found.end()) for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    )


@lru_cache(maxsize=20_000)
def _kinds_of_drug(text: str, period: dt.date) -> frozenset[str]:
    name = plain(text)
    return frozenset(rule.kind for rule in _of("drug", period) if rule.code in name)


def _of_test(row: Row, period: dt.date) -> frozenset[str]:
    """A test whose name holds a word of the list, with a result that does not deny it."""
    kinds = _kinds_of_test(f"{row.text('TEN_CHI_SO')} {row.text('TEN_DICH_VU')}", period)
    return kinds if kinds and row.has("GIA_TRI") and not _CLEAR.search(row.text("GIA_TRI").lower()) else _NONE


@lru_cache(maxsize=4096)
def _kinds_of_test(text: str, period: dt.date) -> frozenset[str]:
    name = plain(text)
    return frozenset(rule.kind for rule in _of("word", period) if rule.code in name)


def _of_row(kinds: set[str], standard: Standard, table: str, row: Row, period: dt.date) -> None:
    """Adds the kinds of what one row says."""
    raw = row.raw
    for column in _code_columns(standard, table):
        if text := raw.get(column):
            kinds |= _kinds_of_codes(text, period)
    for column in _words_of(standard, table):
        if text := raw.get(column):
            kinds |= _kinds_of_words(text, period)
    if table == "XML2":
        for column in _DRUGS:
            if text := raw.get(column):
                kinds |= _kinds_of_drug(text, period)
    elif table == "XML4":
        kinds |= _of_test(row, period)


def restricted_of(claim: Claim) -> tuple[str, ...]:
    """Kinds of restricted facts in the claim, in the order of `LABELS`; () for an ordinary one. The list that held on
    the day of discharge decides, without one that of the present."""
    main = claim.main
    on = (main.date("NGAY_RA") or main.date("NGAY_VAO")) if main is not None else None
    period = _period(on or dt.date.max)
    kinds = {rule.kind for rule in _of("table", period) if _filled(claim.rows(rule.code))}
    for name, rows in claim.tables.items():
        for row in rows:
            _of_row(kinds, claim.standard, name, row, period)
    return tuple(kind for kind in LABELS if kind in kinds)


def _filled(rows: list[Row]) -> bool:
    """A slot for every table, empty where there is nothing, is common: only a row with a value says something."""
    return any(row.has(column) for row in rows for column in row.raw if column not in ("MA_LK", "STT"))


__all__ = ["LABELS", "restricted_of"]
