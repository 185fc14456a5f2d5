"""What the rules see: one claim, what is known outside of it, and the form of their answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from ehr.claims.claim import Claim, Envelope, Row
from ehr.claims.spec import Level, Standard
from ehr.claims.values import VIETNAM, read_number

#: MA_LOAI_KCB of treatment with a bed, of plain visits, and of treatment over days without a bed.
INPATIENT = frozenset({"03", "04", "09"})
OUTPATIENT = frozenset({"01", "02", "05", "07", "08"})
#: First letters of cards of police, army and cipher staff.
ARMED = ("CA", "QN", "CY")
ZERO = Decimal(0)
CENT = Decimal("0.02")
HALF = Decimal("0.5")


#: By place of a rule in its plan: the values that its answer depends on, where it found nothing.
Passed = list[set[object]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a claim does not say itself.

    `lists`: codes by the names of tables.csv ("ICD-10", "ICD-YHCT", "MA_CSKCB", "DVHC_TINH", "DVHC_XA", "MA_KHOA",
    "MA_NGHE_NGHIEP", "MA_QUOCTICH" …), each in force at the day of the claim; they come before our own lists, and a
    list that is neither here nor among ours is not checked. `staff`: approved staff codes, None: not checked.
    `repeated`: MA_LK that stand more than once in the file. `long_prescriptions`: ICD-10 codes for which TT 26/2025
    allows more than 30 days. `own_facility`: code of the station itself."""

    now: dt.datetime
    lists: Mapping[str, Container[str]] = field(default_factory=dict)
    staff: Collection[str] | None = None
    envelope: Envelope | None = None
    repeated: Container[str] = frozenset()
    long_prescriptions: Container[str] = frozenset()
    own_facility: str = ""
    may_read_restricted: bool = True
    #: What has passed a rule while this was known (`rules.check`).
    passed: dict[str, Passed] = field(default_factory=dict, init=False, repr=False, compare=False)

    def sharing(self, passed: dict[str, Passed]) -> Known:
        """Itself, remembering together with others that know the same lists, staff and diseases."""
        object.__setattr__(self, "passed", passed)
        return self

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(VIETNAM).date()


class Hit(NamedTuple):
    """A broken rule: where, why, and another level than the rule's, "" for its own."""

    table: str
    row: Row | None
    column: str
    message: str
    level: Level | str = ""


class Facts:
    """One claim, and what several rules ask about it."""

    def __init__(self, claim: Claim, known: Known) -> None:
        self.claim = claim
        self.known = known
        self.standard: Standard = claim.standard
        main = next(iter(claim.rows("XML1")), None)
        self.main: Row | None = main
        self.arrived: dt.datetime | None = main.moment("NGAY_VAO") if main else None
        self.left: dt.datetime | None = main.moment("NGAY_RA") if main else None
        #: MA_LOAI_KCB of two digits, also where a spreadsheet lost the zero.
        self.kind: str = main.text("MA_LOAI_KCB").zfill(2) if main and main.has("MA_LOAI_KCB") else ""
        at = self.left or self.arrived
        #: Day for which codes must be valid: discharge, else arrival, else today.
        self.day: dt.date = at.date() if at else known.today
        #: Rows of XML2 and XML3, which cost something.
        self.lines: list[Row] = [*self.rows("XML2"), *self.rows("XML3")]
        #: Groups of cost in XML3, without leading zero.
        self.groups = frozenset([row.text("MA_NHOM").lstrip("0") for row in self.rows("XML3")])
        self._services: dict[str, list[Row]] | None = None
        self.armed: bool = bool(main and main.text("MA_THE_BHYT")[:2].upper() in ARMED)

    def rows(self, table: str) -> list[Row]:
        return self.claim.tables.get(table, [])

    @property
    def services(self) -> dict[str, list[Row]]:
        """Lines of XML3 by MA_DICH_VU."""
        if self._services is None:
            self._services = {}
            for row in self.rows("XML3"):
                self._services.setdefault(row.text("MA_DICH_VU"), []).append(row)
        return self._services

    def in_list(self, name: str, code: str) -> bool:
        """Whether a list from outside has the code; true when there is no such list."""
        found = self.known.lists.get(name)
        return found is None or code in found

    def approved(self, code: str) -> bool:
        """Whether the staff code is approved, without its suffix (.HD.99001 …); true when no list is given."""
        staff = self.known.staff
        return staff is None or code in staff or code.split(".")[0] in staff


def total(rows: list[Row], column: str) -> Decimal:
    """Sum of a column; what is no number counts as zero."""
    found = ZERO
    for row in rows:
        text = row.values.get(column, "0")
        if text != "0":
            found += read_number(text)[0] or ZERO
    return found


def label(row: Row, column: str) -> str:
    """ "MA_BN (mã người bệnh …)" for messages."""
    known = row.column(column)
    return f"{column} ({known.label})" if known else column


def empty(table: str, row: Row, columns: str) -> Iterator[Hit]:
    """Those of the columns that are empty."""
    values = row.values
    for column in columns.split():
        if column not in values:
            yield Hit(table, row, column, f"{label(row, column)} để trống, cần có giá trị.")


def staff(facts: Facts, table: str, row: Row, columns: str) -> Iterator[Hit]:
    """Staff codes that are filled but not approved; codes in a list are looked at one by one."""
    if facts.known.staff is None:
        return
    for column in columns.split():
        for code in row.items(column):
            if not facts.approved(code):
                yield Hit(table, row, column, f"{label(row, column)}: mã nhân viên {code} chưa được phê duyệt.")


def money(amount: Decimal) -> str:
    """1050.5 → "1.050,5"."""
    text = f"{amount:,.2f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def differs(
    table: str, row: Row, column: str, expected: Decimal, formula: str, tolerance: Decimal = CENT
) -> Iterator[Hit]:
    """A hit when the amount is not what the formula gives. An empty amount counts as zero."""
    found = row.number(column)
    if found is None and row.has(column):
        return  # not a number: CLM-ANY-03 says so
    if abs((found or ZERO) - expected) > tolerance:
        yield Hit(table, row, column, f"{column} là {money(found or ZERO)}, tính ra {money(expected)} ({formula}).")


def minute(at: dt.datetime | None) -> str:
    """08:05 ngày 03/10/2025."""
    return f"{at:%H:%M} ngày {at:%d/%m/%Y}" if at else "không rõ"
