"""Rules of XML3: services, supplies, beds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

from ehr.claims.claim import Row
from ehr.claims.rules.facts import CENT, OUTPATIENT, Facts, Hit, differs, empty, minute, money, staff
from ehr.claims.rules.lines import DEPARTMENT, HUNDRED, bid, cents, department, group, in_groups, percent, within_stay
from ehr.claims.rules.registry import rule
from ehr.claims.rules.visit import icd_fault
from ehr.claims.spec import Standard

_BED = re.compile(r"[HTCK]\d{3}", re.ASCII)
_TEST_GROUPS = ("1", "2", "3")
_PERFORMED_GROUPS = ("1", "2", "3", "8", "18")
_BED_GROUPS = ("14", "15", "16")


@rule("CLM-T3-01", of="XML3", lacking="MA_DICH_VU")
def service_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    if not row.has("MA_DICH_VU") and not row.has("MA_VAT_TU"):
        yield Hit("XML3", row, "MA_DICH_VU", "Không có cả mã dịch vụ lẫn mã vật tư.")


@rule("CLM-T3-03", of="XML3", reads="MA_NHOM MA_VAT_TU TEN_VAT_TU TT_THAU")
def supply(facts: Facts, row: Row) -> Iterator[Hit]:
    if group(row) in ("10", "11"):
        yield from empty("XML3", row, "MA_VAT_TU TEN_VAT_TU")
    elif row.has("MA_VAT_TU"):
        yield from empty("XML3", row, "TEN_VAT_TU")
    if row.has("MA_VAT_TU") or group(row) == "10":
        yield from bid("XML3", row)


@rule("CLM-T3-04", of="XML3", when="MA_VAT_TU")
def supply_date(facts: Facts, row: Row) -> Iterator[Hit]:
    if not row.has("MA_VAT_TU") or not row.has("MA_DICH_VU") or row.date("NGAY_YL") is None:
        return
    own = [line for line in facts.services.get(row.text("MA_DICH_VU"), ()) if not line.has("MA_VAT_TU")]
    days = {line.date("NGAY_YL") for line in own} | {line.date("NGAY_TH_YL") for line in own}
    if own and row.date("NGAY_YL") not in days:
        message = f"Vật tư ngày {row.date('NGAY_YL'):%d/%m/%Y}, khác ngày làm kỹ thuật đi kèm."
        yield Hit("XML3", row, "NGAY_YL", message)


@rule("CLM-T3-05", of="XML3", reads="MA_NHOM NGUOI_THUC_HIEN")
def performer(facts: Facts, row: Row) -> Iterator[Hit]:
    if group(row) in _PERFORMED_GROUPS and not row.has("NGUOI_THUC_HIEN"):
        yield Hit("XML3", row, "NGUOI_THUC_HIEN", f"Người thực hiện để trống với nhóm chi phí {group(row)}.")
    yield from staff(facts, "XML3", row, "NGUOI_THUC_HIEN")


@rule("CLM-T3-06", of="XML3", reads="MA_NHOM MA_MAY")
def device(facts: Facts, row: Row) -> Iterator[Hit]:
    if group(row) in _TEST_GROUPS and not row.has("MA_MAY"):
        yield Hit("XML3", row, "MA_MAY", f"Mã máy để trống với nhóm chi phí {group(row)}.")
    elif len(row.text("MA_MAY")) > 1024:
        yield Hit("XML3", row, "MA_MAY", "Mã máy dài quá 1.024 ký tự.")


@rule("CLM-T3-07", of="XML3", reads="MA_NHOM PP_VO_CAM")
def anaesthesia(facts: Facts, row: Row) -> Iterator[Hit]:
    if group(row) == "8" and row.text("PP_VO_CAM") not in ("1", "2", "3", "4"):
        found = row.text("PP_VO_CAM")[:10] or "để trống"
        yield Hit("XML3", row, "PP_VO_CAM", f"Phương pháp vô cảm của phẫu thuật là {found}, cần 1, 2, 3 hoặc 4.")


@rule("CLM-T3-08", of="XML3", when="SO_LUONG", reads="MA_NHOM SO_LUONG")
def surgery_quantity(facts: Facts, row: Row) -> Iterator[Hit]:
    quantity = row.number("SO_LUONG")
    if group(row) == "8" and quantity is not None and quantity > 1:
        yield Hit("XML3", row, "SO_LUONG", f"Phẫu thuật có số lượng {quantity:f}, thường chỉ là 1.")


def beds(facts: Facts) -> list[Row]:
    """Lines of bed days."""
    return in_groups(facts, *_BED_GROUPS)


@rule("CLM-T3-09")
def bed_code(facts: Facts) -> Iterator[Hit]:
    taken: list[tuple[str, dt.datetime, dt.datetime]] = []
    for row in beds(facts):
        codes = row.items("MA_GIUONG")
        if not codes:
            yield Hit("XML3", row, "MA_GIUONG", "Dòng ngày giường không có mã giường.")
        for code in codes:
            if not _BED.fullmatch(code):
                yield Hit(
                    "XML3", row, "MA_GIUONG", f"Mã giường {code[:20]} không đúng dạng H, T, C hoặc K và 3 chữ số."
                )
        start, end = row.moment("NGAY_YL"), row.moment("NGAY_KQ")
        if start and end and start < end:
            for code in codes:
                if any(code == other and start < until and since < end for other, since, until in taken):
                    yield Hit(
                        "XML3", row, "MA_GIUONG", f"Giường {code} bị tính hai lần trong cùng một khoảng thời gian."
                    )
                taken.append((code, start, end))


@rule("CLM-T3-10")
def bed_quantity(facts: Facts) -> Iterator[Hit]:
    for row in beds(facts):
        if facts.kind in OUTPATIENT:
            yield Hit("XML3", row, "MA_NHOM", f"Có ngày giường trong lượt khám ngoại trú (loại {facts.kind}).")
        quantity, start, end = row.number("SO_LUONG"), row.moment("NGAY_YL"), row.moment("NGAY_KQ")
        # The same minute twice says nothing about the end: many programs copy the first time.
        if quantity is not None and quantity > 1 and start and end and start < end and start.date() == end.date():
            yield Hit("XML3", row, "SO_LUONG", f"Tính {quantity:f} ngày giường trong một ngày {start:%d/%m/%Y}.")


@rule("CLM-T3-11", of="XML3", reads="MA_KHOA MA_DICH_VU MA_NHOM")
def service_department(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from department(facts, "XML3", row)
    code = row.text("MA_DICH_VU")
    if group(row) in _BED_GROUPS and DEPARTMENT.match(code):
        departments = [part[:3] for part in row.items("MA_KHOA")]
        if departments and code[:3] not in departments:
            message = f"Giường thuộc khoa {code[:3]} (mã {code}) nhưng mã khoa là {row.text('MA_KHOA')}."
            yield Hit("XML3", row, "MA_KHOA", message)


@rule("CLM-T3-12", of="XML3")
def service_times(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from within_stay(facts, "XML3", row, "NGAY_YL")
    yield from within_stay(facts, "XML3", row, "NGAY_KQ")
    ordered = row.moment("NGAY_YL")
    for column in ("NGAY_TH_YL", "NGAY_KQ") if ordered else ():
        at = row.moment(column)
        if at and ordered and at < ordered:
            yield Hit("XML3", row, column, f"{column} lúc {minute(at)}, trước y lệnh lúc {minute(ordered)}.")


@rule("CLM-T3-13", of="XML3", when="NGAY_TH_YL")
def quick_execution(facts: Facts, row: Row) -> Iterator[Hit]:
    if group(row) not in _PERFORMED_GROUPS:
        return
    done, result = row.moment("NGAY_TH_YL"), row.moment("NGAY_KQ")
    if done and result and dt.timedelta(0) <= result - done < dt.timedelta(minutes=3):
        minutes = int((result - done).total_seconds() // 60)
        yield Hit("XML3", row, "NGAY_KQ", f"Từ lúc thực hiện đến lúc có kết quả chỉ {minutes} phút.")


@rule("CLM-T3-14", of="XML3", when="NGUOI_THUC_HIEN", reads="MA_NHOM MA_BAC_SI NGUOI_THUC_HIEN")
def same_person(facts: Facts, row: Row) -> Iterator[Hit]:
    both = set(row.items("MA_BAC_SI")) & set(row.items("NGUOI_THUC_HIEN"))
    if group(row) in _TEST_GROUPS and both:
        yield Hit("XML3", row, "NGUOI_THUC_HIEN", "Người chỉ định và người thực hiện xét nghiệm là một.")


@rule("CLM-T3-15", of="XML3", reads="MA_BAC_SI")
def service_doctor(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML3", row, "MA_BAC_SI")
    yield from staff(facts, "XML3", row, "MA_BAC_SI")


@rule("CLM-T3-16", of="XML3", when="MA_BENH MA_BENH_YHCT", reads="MA_BENH MA_BENH_YHCT")
def service_diagnoses(facts: Facts, row: Row) -> Iterator[Hit]:
    traditional = facts.known.lists.get("ICD-YHCT")
    for code in row.items("MA_BENH"):
        if fault := icd_fault(facts, code):
            yield Hit("XML3", row, "MA_BENH", f"Mã bệnh của dịch vụ: {fault}.")
    for code in row.items("MA_BENH_YHCT"):
        if (traditional is not None and code not in traditional) or re.fullmatch(r"[A-TV-Z]\d\d(\.\d)?", code):
            message = f"Mã {code[:20]} không phải mã bệnh y học cổ truyền."
            yield Hit("XML3", row, "MA_BENH_YHCT", message)


@rule("CLM-T3-17", of="XML3", when="TYLE_TT_DV TYLE_TT_BH", reads="TYLE_TT_DV TYLE_TT_BH")
def service_share(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from percent("XML3", row, "TYLE_TT_DV")
    yield from percent("XML3", row, "TYLE_TT_BH")


@rule("CLM-T3-18", of="XML3", when="T_TRANTT")
def supply_ceiling(facts: Facts, row: Row) -> Iterator[Hit]:
    ceiling, fund = row.number("T_TRANTT"), row.number("T_BHTT")
    if ceiling is not None and fund is not None and ceiling < fund:
        message = f"Trần thanh toán {money(ceiling)} thấp hơn số quỹ trả {money(fund)}."
        yield Hit("XML3", row, "T_TRANTT", message)


@rule("CLM-T3-19")
def procedure_twice(facts: Facts) -> Iterator[Hit]:
    seen: set[tuple[str, str, str]] = set()
    for row in in_groups(facts, "8", "18"):
        if row.has("MA_VAT_TU") or not row.has("MA_DICH_VU"):
            continue
        key = (row.text("MA_DICH_VU"), row.text("NGAY_YL"), row.text("VI_TRI_TH_DVKT"))
        if key in seen:
            yield Hit("XML3", row, "MA_DICH_VU", f"Kỹ thuật {key[0]} được tính hai lần cùng một lúc.")
        seen.add(key)


@rule(
    "CLM-T3-20", of="XML3", when="TYLE_TT_BH",
    reads="SO_LUONG DON_GIA_BV DON_GIA_BH TYLE_TT_DV TYLE_TT_BH THANH_TIEN_BV THANH_TIEN_BH",
)  # fmt: skip
def service_amounts(facts: Facts, row: Row) -> Iterator[Hit]:
    """3176 puts TYLE_TT_DV into both products; 4750 into the covered one for special ratios only, so both are right
    there. 3176 also knows a hospital that charges no extra: SL × giá BV − SL × giá BH × (100 − TYLE_TT_DV)/100."""
    quantity, full, covered = (row.number(column) for column in ("SO_LUONG", "DON_GIA_BV", "DON_GIA_BH"))
    share, rate = row.number("TYLE_TT_DV"), row.number("TYLE_TT_BH")
    if quantity is None or full is None or covered is None or share is None or rate is None:
        return
    part, reduced = share / HUNDRED, covered * share / HUNDRED
    fulls = [quantity * full * part, quantity * (full - covered * (1 - part))]
    covereds = [quantity * reduced * rate / HUNDRED]
    if facts.standard is not Standard.QD3176:
        fulls.append(quantity * full)
        covereds.append(quantity * covered * rate / HUNDRED)
    yield from _one_of(row, "THANH_TIEN_BV", fulls, "số lượng × đơn giá BV × tỷ lệ dịch vụ")
    yield from _one_of(row, "THANH_TIEN_BH", covereds, "số lượng × đơn giá BH × tỷ lệ dịch vụ × tỷ lệ thanh toán")


def _one_of(row: Row, column: str, expected: list[Decimal], formula: str) -> Iterator[Hit]:
    found = row.number(column)
    if found is None or all(abs(found - cents(amount)) > CENT for amount in expected):
        yield from differs("XML3", row, column, cents(expected[0]), formula)
