"""What claims tell of pregnancies: leave before the birth, ends, births, deaths of children. Pure: no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from ehr.claims.claim import Claim, Row
from ehr.claims.record.texts import day, joined, line, prose, shown, whole
from ehr.common.dates import format_date


@dataclass(frozen=True, slots=True)
class Told:
    """`field` and `words` of the task; `on`: when it happened, None for an illegible day; `born`: when the child that
    died was born."""

    field: str
    words: str
    on: dt.date | None = None
    born: dt.date | None = None


def told(claim: Claim) -> Iterator[Told]:
    """Everything that a claim says of pregnancies."""
    for row in claim.rows("XML10"):
        values = row.values
        period = joined(format_date(day(values, "TU_NGAY")), format_date(day(values, "DEN_NGAY")))
        words = joined(
            f"Giấy nghỉ dưỡng thai số {line(values, 'SO_CT')}".strip(), period, prose(values, "CHAN_DOAN_RV")
        )
        yield Told("pregnancy", words[:500])
    for row in (*claim.rows("XML7"), *claim.rows("XML11")):
        if line(row.values, "MA_DINH_CHI_THAI") == "1":
            yield _ended(claim, row)
    for row in claim.rows("XML8"):
        if row.values.get("NGAY_CONCHET", "").strip():
            yield _died(claim, row)
    for row in claim.rows("XML9"):
        on = day(row.values, "NGAY_SINH_CON")
        if on is not None:
            yield Told("birth", f"Đã sinh con ngày {format_date(on)}", on)


def _ended(claim: Claim, row: Row) -> Told:
    values, weeks = row.values, whole(row.values, "TUOI_THAI")
    words = joined(
        "Đình chỉ thai nghén", shown(row, "THOIGIAN_DINHCHI", claim.standard, None),
        f"thai {weeks} tuần" if weeks else "", prose(values, "NGUYENNHAN_DINHCHI"),
    )  # fmt: skip
    return Told("pregnancy_end", words[:500], day(values, "THOIGIAN_DINHCHI"))


def _died(claim: Claim, row: Row) -> Told:
    values, count = row.values, whole(row.values, "SO_CONCHET")
    words = joined(
        f"Con chết ngày {shown(row, 'NGAY_CONCHET', claim.standard, None)}",
        f"sinh ngày {shown(row, 'NGAY_SINHCON', claim.standard, None)}" if line(values, "NGAY_SINHCON") else "",
        f"số con: {count}" if count else "",
    )  # fmt: skip
    return Told("child_death", words[:500], day(values, "NGAY_CONCHET"), day(values, "NGAY_SINHCON"))
