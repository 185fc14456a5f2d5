"""Rules between tables: keys, papers that belong to a visit, sums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ehr.claims.claim import Row
from ehr.claims.rules.facts import HALF, ZERO, Facts, Hit, differs, total
from ehr.claims.rules.lines import in_groups
from ehr.claims.rules.registry import rule
from ehr.claims.rules.services import beds

_COURSE_KINDS = frozenset({"02", "03", "04", "05", "06", "08"})
_SHORT_STAY = dt.timedelta(hours=4)


@rule("CLM-X-01")
def keys(facts: Facts) -> Iterator[Hit]:
    """Every row has the MA_LK of XML1. XML12 has none; XML9 carries that of the mother, which is the visit's."""
    wanted = facts.main.text("MA_LK") if facts.main else ""
    for name, rows in facts.claim.tables.items():
        if name == "XML12":
            continue
        for row in rows:
            key = row.text("MA_LK")
            if not key:
                yield Hit(name, row, "MA_LK", "Mã liên kết (MA_LK) để trống.")
            elif facts.main is not None and key != wanted:
                yield Hit(name, row, "MA_LK", f"Mã liên kết {key[:100]} khác với XML1 ({wanted[:100] or 'để trống'}).")
            elif facts.main is None and name != "XML0":
                yield Hit(name, row, "MA_LK", "Hồ sơ không có XML1 nên không biết dòng này thuộc lượt khám nào.")
                return


@rule("CLM-X-02", of="XML1", when="MA_LK")
def key_twice(facts: Facts, row: Row) -> Iterator[Hit]:
    key = row.text("MA_LK")
    if key and key in facts.known.repeated:
        message = f"Tệp có hai hồ sơ cùng mã liên kết {key[:100]}: không tự nhận hồ sơ nào, cần người quyết định."
        yield Hit("XML1", row, "MA_LK", message)


@rule("CLM-X-03", of="XML1")
def discharge_paper(facts: Facts, row: Row) -> Iterator[Hit]:
    if facts.kind == "03" and row.text("MA_LOAI_RV") != "3" and not facts.rows("XML7"):
        yield Hit("XML1", row, "MA_LOAI_KCB", "Điều trị nội trú nhưng không có giấy ra viện (XML7).")


@rule("CLM-X-04", of="XML1")
def referral_paper(facts: Facts, row: Row) -> Iterator[Hit]:
    referred = row.text("MA_LOAI_RV") in ("2", "5")
    if referred and not facts.rows("XML13"):
        yield Hit("XML1", row, "MA_LOAI_RV", "Ra viện do chuyển cơ sở nhưng không có giấy chuyển (XML13).")
    elif not referred and facts.rows("XML13"):
        message = f"Có giấy chuyển (XML13) nhưng mã loại ra viện là {row.text('MA_LOAI_RV') or 'để trống'}."
        yield Hit("XML1", row, "MA_LOAI_RV", message)


@rule("CLM-X-05", of="XML1", when="NGAY_TAI_KHAM")
def appointment_paper(facts: Facts, row: Row) -> Iterator[Hit]:
    if row.has("NGAY_TAI_KHAM") and not facts.rows("XML14"):
        yield Hit("XML1", row, "NGAY_TAI_KHAM", "Có ngày tái khám nhưng không có giấy hẹn khám lại (XML14).")


@rule("CLM-X-06", of="XML1", when="CAN_NANG_CON")
def birth_paper(facts: Facts, row: Row) -> Iterator[Hit]:
    if row.has("CAN_NANG_CON") and not facts.rows("XML9"):
        yield Hit("XML1", row, "CAN_NANG_CON", "Có cân nặng của con nhưng không có giấy chứng sinh (XML9).")


@rule("CLM-X-07", of="XML1")
def course(facts: Facts, row: Row) -> Iterator[Hit]:
    if facts.kind in _COURSE_KINDS and not facts.rows("XML5"):
        yield Hit("XML1", row, "MA_LOAI_KCB", f"Loại KCB {facts.kind} nhưng không có diễn biến lâm sàng (XML5).")


def _sum(row: Row, column: str, expected: Decimal, formula: str) -> Iterable[Hit]:
    found = row.number(column)
    if found is not None and abs(found - expected) <= HALF:
        return ()
    return differs("XML1", row, column, expected, formula, HALF)


@rule("CLM-X-08", of="XML1")
def drugs_total(facts: Facts, row: Row) -> Iterable[Hit]:
    return _sum(row, "T_THUOC", total(facts.rows("XML2"), "THANH_TIEN_BV"), "tổng thành tiền BV của XML2")


@rule("CLM-X-09", of="XML1")
def supplies_total(facts: Facts, row: Row) -> Iterable[Hit]:
    supplies = [line for line in facts.rows("XML3") if line.has("MA_VAT_TU")]
    return _sum(row, "T_VTYT", total(supplies, "THANH_TIEN_BV"), "tổng thành tiền BV của vật tư trong XML3")


@rule("CLM-X-10", of="XML1")
def totals(facts: Facts, row: Row) -> Iterator[Hit]:
    for name, column in (("T_TONGCHI_BV", "THANH_TIEN_BV"), ("T_TONGCHI_BH", "THANH_TIEN_BH")):
        yield from _sum(row, name, total(facts.lines, column), f"tổng thành tiền {column[-2:]} của XML2 và XML3")


@rule("CLM-X-11", of="XML1")
def patient_totals(facts: Facts, row: Row) -> Iterator[Hit]:
    for column in ("T_BNTT", "T_BNCCT", "T_NGUONKHAC"):
        yield from _sum(row, column, total(facts.lines, column), f"tổng {column} của XML2 và XML3")


@rule("CLM-X-12", of="XML1", when="T_TONGCHI_BH")
def fund_total(facts: Facts, row: Row) -> Iterator[Hit]:
    """Other sources are taken off what the patient pays first; only what is left of them lessens the fund's part."""
    covered, shared = row.number("T_TONGCHI_BH"), row.number("T_BNCCT")
    if covered is None or shared is None:
        return
    found = row.number("T_BHTT")
    other = row.number("T_NGUONKHAC") or ZERO
    if other and found is not None and abs(found - total(facts.lines, "T_BHTT")) <= HALF:
        return  # the lines say how much of the other sources the fund was spared
    yield from _sum(row, "T_BHTT", covered - shared, "T_TONGCHI_BH − T_BNCCT")


@rule("CLM-X-13", of="XML1")
def fund_by_service(facts: Facts, row: Row) -> Iterable[Hit]:
    if facts.armed:
        return ()
    lines = [line for line in facts.lines if line.values.get("MA_PTTT") == "1"]
    return _sum(row, "T_BHTT_GDV", total(lines, "T_BHTT"), "tổng T_BHTT các dòng có MA_PTTT là 1")


@rule("CLM-X-14", of="XML1")
def total_4210(facts: Facts, row: Row) -> Iterable[Hit]:
    return _sum(row, "T_TONGCHI", total(facts.lines, "THANH_TIEN"), "tổng thành tiền của XML2 và XML3")


@rule("CLM-X-15")
def exam_fees(facts: Facts) -> Iterator[Hit]:
    fees = in_groups(facts, "13") if facts.kind in ("03", "04", "09") else []
    if len(fees) > 1:
        yield Hit("XML3", fees[1], "MA_NHOM", f"Đợt nội trú có {len(fees)} tiền khám, chỉ được tính một lần.")


@rule("CLM-X-16")
def bed_days(facts: Facts) -> Iterator[Hit]:
    lines = beds(facts)
    if not lines or not facts.arrived or not facts.left:
        return
    days = total(lines, "SO_LUONG")
    stay = facts.left - facts.arrived
    most = (facts.left.date() - facts.arrived.date()).days + 1
    if dt.timedelta(0) <= stay < _SHORT_STAY:
        yield Hit("XML3", lines[0], "SO_LUONG", "Nằm dưới 4 giờ nhưng có tính ngày giường.")
    elif days > most:
        yield Hit("XML3", lines[0], "SO_LUONG", f"Tính {days:f} ngày giường, đợt điều trị chỉ có {most} ngày.")
