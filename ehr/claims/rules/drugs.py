"""Rules of XML2: drugs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

from ehr.claims.claim import Row
from ehr.claims.rules.facts import OUTPATIENT, ZERO, Facts, Hit, differs, empty, money, staff
from ehr.claims.rules.lines import HUNDRED, bid, cents, department, group, percent, within_stay
from ehr.claims.rules.registry import rule

_EXEMPT = ("05V", "05C", "HD", "40.17", "40.573")
#: 1 viên/lần * 3 lần/ngày * 5 ngày [3 viên/ngày], or only the numbers.
_DOSE = re.compile(
    r"(?P<amount>[\d.,/]+)\s*(?P<unit>[^\d*/\[\]]*?)\s*(?:/\s*lần)?\s*\*\s*(?P<times>[\d.,]+)\s*(?:lần\s*(?:/\s*ngày)?)?"
    r"\s*\*\s*(?P<days>\d+)\s*(?:ngày)?\s*(?:\[.*\])?",
    re.IGNORECASE,
)
_LONGEST_DOSE = 300
_LONGEST_PRESCRIPTION, _VERY_LONG = 30, 90  # days


def _is_exempt(row: Row) -> bool:
    code = row.text("MA_THUOC")
    return any(code == part or code.startswith(part) for part in _EXEMPT) or "HD" in code


def _shares(row: Row) -> Iterator[Hit]:
    """T_BHTT, T_BNCCT, T_BNTT of a line: other sources are taken off what the patient pays first."""
    full, covered = row.number("THANH_TIEN_BV"), row.number("THANH_TIEN_BH")
    share = row.number("MUC_HUONG")
    if full is None or covered is None or share is None:
        return
    fund = cents(covered * share / HUNDRED)
    other = row.number("T_NGUONKHAC") or ZERO
    paid = [full - covered, covered - fund, fund]
    for at, amount in enumerate(paid):
        taken = min(max(amount, ZERO), other)
        paid[at], other = amount - taken, other - taken
    formulas = ("thành tiền BV − thành tiền BH", "thành tiền BH − quỹ trả", "thành tiền BH × mức hưởng")
    for column, expected, formula in zip(("T_BNTT", "T_BNCCT", "T_BHTT"), paid, formulas, strict=True):
        yield from differs(
            "XML2",
            row,
            column,
            expected,
            f"{formula}, đã trừ nguồn khác" if other or row.number("T_NGUONKHAC") else formula,
        )


@rule("CLM-T2-01", of="XML2", lacking="MA_THUOC TEN_THUOC HAM_LUONG SO_DANG_KY TT_THAU")
def drug_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    if not _is_exempt(row):
        blood = group(row) in ("7", "17")
        columns = "MA_THUOC TEN_THUOC" if blood else "MA_THUOC TEN_THUOC HAM_LUONG SO_DANG_KY TT_THAU"
        yield from empty("XML2", row, columns)


@rule("CLM-T2-04", of="XML2", when="TT_THAU", reads="TT_THAU")
def drug_bid(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from bid("XML2", row)


@rule("CLM-T2-05", of="XML2", when="TYLE_TT_BH", reads="TYLE_TT_BH")
def drug_share(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from percent("XML2", row, "TYLE_TT_BH")


@rule("CLM-T2-06", of="XML2", when="NGAY_YL")
def drug_order_time(facts: Facts, row: Row) -> Iterable[Hit]:
    return within_stay(facts, "XML2", row, "NGAY_YL")


@rule("CLM-T2-07", of="XML2", reads="MA_BAC_SI")
def drug_doctor(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML2", row, "MA_BAC_SI")
    yield from staff(facts, "XML2", row, "MA_BAC_SI")


@rule("CLM-T2-08", of="XML2", reads="MA_KHOA")
def drug_department(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from department(facts, "XML2", row)


@rule("CLM-T2-09", of="XML2", when="PHAM_VI", reads="PHAM_VI armed")
def drug_scope(facts: Facts, row: Row) -> Iterator[Hit]:
    if row.text("PHAM_VI") == "3" and not facts.armed:
        yield Hit("XML2", row, "PHAM_VI", "Phạm vi 3 chỉ dành cho thẻ nhóm CA, QN, CY (công an, quân đội, cơ yếu).")


@lru_cache(maxsize=4096)
def _dose(text: str) -> tuple[Decimal, str, int] | None:
    """Amount in all, unit and days of LIEU_DUNG; None when it is not in the pattern."""
    text = " ".join(text.split())
    found = _DOSE.fullmatch(text) if len(text) <= _LONGEST_DOSE else None
    if not found:
        return None
    amount, times = (_amount(found[name]) for name in ("amount", "times"))
    if amount is None or times is None:
        return None
    return amount * times * int(found["days"]), found["unit"].strip(), int(found["days"])


def _amount(text: str) -> Decimal | None:
    """ "1", "0,5", "1/2"."""
    parts = text.replace(",", ".").split("/")
    if not 1 <= len(parts) <= 2 or not all(re.fullmatch(r"\d+(\.\d+)?", part) for part in parts):
        return None
    numbers = [Decimal(part) for part in parts]
    if len(numbers) == 1:
        return numbers[0]
    return numbers[0] / numbers[1] if numbers[1] else None


@rule("CLM-T2-10", of="XML2", when="LIEU_DUNG", reads="LIEU_DUNG SO_LUONG DON_VI_TINH")
def drug_dose(facts: Facts, row: Row) -> Iterator[Hit]:
    if not row.has("LIEU_DUNG"):
        return
    dose = _dose(row.text("LIEU_DUNG"))
    if dose is None:
        message = "Liều dùng không theo mẫu lượng/lần * số lần/ngày * số ngày [tổng/ngày]."
        yield Hit("XML2", row, "LIEU_DUNG", message)
        return
    total, unit, _ = dose
    quantity = row.number("SO_LUONG")
    if quantity is not None and abs(total - quantity) > Decimal("0.01"):
        message = f"Liều dùng tính ra {money(total)}, số lượng cấp là {money(quantity)}."
        yield Hit("XML2", row, "LIEU_DUNG", message)
    if unit and row.has("DON_VI_TINH") and unit.casefold() != row.text("DON_VI_TINH").casefold():
        message = f"Liều dùng tính theo {unit}, đơn vị tính là {row.text('DON_VI_TINH')}."
        yield Hit("XML2", row, "LIEU_DUNG", message)


@rule("CLM-T2-11", of="XML2", when="LIEU_DUNG")
def drug_days(facts: Facts, row: Row) -> Iterator[Hit]:
    """Up to 90 days are allowed for the diseases of TT 26/2025: `known.long_prescriptions`."""
    dose = _dose(row.text("LIEU_DUNG"))
    if dose is None or dose[2] <= _LONGEST_PRESCRIPTION or facts.kind not in OUTPATIENT or facts.main is None:
        return
    codes = [*facts.main.items("MA_BENH_CHINH"), *facts.main.items("MA_BENH_KT")]
    most = _VERY_LONG if any(code in facts.known.long_prescriptions for code in codes) else _LONGEST_PRESCRIPTION
    if dose[2] > most:
        yield Hit("XML2", row, "SO_LUONG", f"Đơn ngoại trú {dose[2]} ngày, quá {most} ngày.")


@rule("CLM-T2-12", of="XML2", when="SO_LUONG", reads="SO_LUONG DON_GIA THANH_TIEN_BV")
def drug_full(facts: Facts, row: Row) -> Iterator[Hit]:
    quantity, price = row.number("SO_LUONG"), row.number("DON_GIA")
    if quantity is not None and price is not None:
        yield from differs("XML2", row, "THANH_TIEN_BV", cents(quantity * price), "số lượng × đơn giá")


@rule("CLM-T2-13", of="XML2", when="SO_LUONG", reads="SO_LUONG DON_GIA TYLE_TT_BH THANH_TIEN_BH")
def drug_covered(facts: Facts, row: Row) -> Iterator[Hit]:
    quantity, price, share = row.number("SO_LUONG"), row.number("DON_GIA"), row.number("TYLE_TT_BH")
    if quantity is not None and price is not None and share is not None:
        expected = cents(quantity * price * share / HUNDRED)
        yield from differs("XML2", row, "THANH_TIEN_BH", expected, "số lượng × đơn giá × tỷ lệ thanh toán")


@rule(
    "CLM-T2-14", of="XML2", when="MUC_HUONG",
    reads="THANH_TIEN_BV THANH_TIEN_BH MUC_HUONG T_NGUONKHAC T_BNTT T_BNCCT T_BHTT",
)  # fmt: skip
def drug_shares(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from _shares(row)


@rule("CLM-T2-15", of="XML2", reads="T_NGUONKHAC T_NGUONKHAC_NSNN T_NGUONKHAC_VTNN T_NGUONKHAC_VTTN T_NGUONKHAC_CL")
def drug_sources(facts: Facts, row: Row) -> Iterator[Hit]:
    parts = sum((row.number(f"T_NGUONKHAC_{part}") or ZERO for part in ("NSNN", "VTNN", "VTTN", "CL")), ZERO)
    yield from differs("XML2", row, "T_NGUONKHAC", parts, "tổng bốn nguồn khác")
