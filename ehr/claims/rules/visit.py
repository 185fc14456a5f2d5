"""Rules of XML0 (check-in) and XML1 (the visit): who, where, when, why, outcome."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from ehr.claims.claim import Row
from ehr.claims.rules.facts import INPATIENT, Facts, Hit, empty, label, minute, staff
from ehr.claims.rules.registry import rule
from ehr.claims.spec import ROUTES_CHANGED, code_list
from ehr.claims.values import split_list

_ID_NUMBER = re.compile(r"\d{9}|\d{12}|[A-Z]\d{7}", re.ASCII)
_ICD = re.compile(r"[A-Z]\d\d(?:\.\d{1,3})?[†*+]?", re.ASCII)
#: Codes of traditional medicine begin with U and have more parts, or are written with "YHCT" sets of their own.
_TRADITIONAL = re.compile(r"U\d{2}\.\d{3}|U\d{2}\.\d{2,3}\.\d+|YHCT.*", re.ASCII)
_MOST_OTHER = 12
#: Forms of codes whose lists are not published.
_FORMS = {"MA_NGHE_NGHIEP": (re.compile(r"\d{5}", re.ASCII), "5 chữ số"),
          "MA_QUOCTICH": (re.compile(r"\d{3}", re.ASCII), "3 chữ số")}  # fmt: skip
_FACILITY = re.compile(r"[0-9A-Z]{5}", re.ASCII)
_UNSPECIFIC = ("Z00", "R53")
#: Routes of people who came to another place than their card says, "without referral": not at the own place.
_WRONG_ROUTE = re.compile(r"3(?:\.\d+)?")


# --------------------------------------------------------------------------------------------------------------- XML0
@rule("CLM-T0-01", of="XML0", lacking="MA_LK HO_TEN NGAY_SINH GIOI_TINH MA_DOITUONG_KCB NGAY_VAO MA_LOAI_KCB MA_CSKCB")
def checkin_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML0", row, "MA_LK HO_TEN NGAY_SINH GIOI_TINH MA_DOITUONG_KCB NGAY_VAO MA_LOAI_KCB MA_CSKCB")


@rule("CLM-T0-02", of="XML0")
def checkin_without_cost(facts: Facts, row: Row) -> Iterator[Hit]:
    if not any(map(row.has, ("MA_DICH_VU", "MA_THUOC", "MA_VAT_TU"))):
        message = "Không có mã dịch vụ, mã thuốc, mã vật tư nào: check-in phải gắn với chi phí đầu tiên."
        yield Hit("XML0", row, "MA_DICH_VU", message)


@rule("CLM-T0-03", of="XML0", when="NGAY_VAO_NOI_TRU")
def checkin_ward_before_arrival(facts: Facts, row: Row) -> Iterator[Hit]:
    arrived, ward = row.moment("NGAY_VAO"), row.moment("NGAY_VAO_NOI_TRU")
    if arrived and ward and ward < arrived:
        message = f"Vào nội trú lúc {minute(ward)}, trước khi đến cơ sở lúc {minute(arrived)}."
        yield Hit("XML0", row, "NGAY_VAO_NOI_TRU", message)


# ---------------------------------------------------------------------------------------------------- XML1: the person
@rule("CLM-T1-01", of="XML1", lacking="MA_BN HO_TEN NGAY_SINH GIOI_TINH DIA_CHI")
def person_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "MA_BN HO_TEN NGAY_SINH GIOI_TINH DIA_CHI")


@rule("CLM-T1-02", of="XML1")
def id_number(facts: Facts, row: Row) -> Iterator[Hit]:
    """A newborn (under 60 days) may have none yet; one with a birth certificate has a number."""
    number = row.text("SO_CCCD")
    if not number:
        born = row.date("NGAY_SINH")
        if born is None or facts.arrived is None or (facts.arrived.date() - born).days > 60:
            yield Hit("XML1", row, "SO_CCCD", "Số CCCD/định danh để trống.")
    elif not _ID_NUMBER.fullmatch(number):
        message = f"Số CCCD/định danh có {len(number)} ký tự, cần 9 hoặc 12 chữ số, hoặc 1 chữ hoa và 7 chữ số."
        yield Hit("XML1", row, "SO_CCCD", message)


@rule("CLM-T1-03", of="XML1", reads="MATINH_CU_TRU MAXA_CU_TRU")
def residence(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "MATINH_CU_TRU MAXA_CU_TRU")
    for column, name in (("MATINH_CU_TRU", "DVHC_TINH"), ("MAXA_CU_TRU", "DVHC_XA")):
        code = row.text(column)
        if code and not facts.in_list(name, code):
            message = f"{label(row, column)}: mã {code} không có trong danh mục hành chính còn hiệu lực."
            yield Hit("XML1", row, column, message)


@rule("CLM-T1-04", of="XML1")
def district(facts: Facts, row: Row) -> Iterator[Hit]:
    """There is no district level since 01/07/2025."""
    if facts.left is None:
        return
    new = facts.left.date() >= ROUTES_CHANGED
    if new and row.has("MAHUYEN_CU_TRU"):
        yield Hit("XML1", row, "MAHUYEN_CU_TRU", "Có mã huyện dù ra viện từ 01/07/2025 (không còn cấp huyện).")
    elif not new and not row.has("MAHUYEN_CU_TRU"):
        yield Hit("XML1", row, "MAHUYEN_CU_TRU", "Mã huyện để trống dù ra viện trước 01/07/2025.")


@rule("CLM-T1-05", of="XML1", reads="MA_QUOCTICH MA_DANTOC MA_NGHE_NGHIEP")
def nationality_and_like(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "MA_QUOCTICH MA_DANTOC MA_NGHE_NGHIEP")
    for column in ("MA_QUOCTICH", "MA_DANTOC", "MA_NGHE_NGHIEP"):
        code = row.text(column)
        ours = code_list(column, facts.standard)
        known = facts.known.lists.get(column) or (ours.codes if ours and ours.trust != "open" else None)
        if not code or (known is not None and code in known):
            continue
        if known is None:  # the list is not published: its form is
            wanted = _FORMS.get(column)
            if wanted is not None and not wanted[0].fullmatch(code):
                message = f"{label(row, column)}: mã {code[:20]} không đúng dạng {wanted[1]}."
                yield Hit("XML1", row, column, message, "warning")
        elif code.zfill(2) in known:
            message = f"{label(row, column)}: mã {code} thiếu số 0 ở đầu, được đọc là {code.zfill(2)}."
            yield Hit("XML1", row, column, message, "warning")
        else:
            yield Hit("XML1", row, column, f"{label(row, column)}: mã {code[:20]} không có trong danh mục.")


# ----------------------------------------------------------------------------------------------------- XML1: the cards
@rule("CLM-T1-06", of="XML1", when="MA_THE_BHYT")
def card_lists_differ(facts: Facts, row: Row) -> Iterator[Hit]:
    cards = len(row.positions("MA_THE_BHYT"))
    for column in ("MA_DKBD", "GT_THE_TU", "GT_THE_DEN"):
        found = len(row.positions(column))
        shorter_end = column == "GT_THE_DEN" and found < cards  # the last card may have no end
        if cards and found and found != cards and not (shorter_end and cards - found == 1):
            yield Hit("XML1", row, column, f"Có {cards} thẻ BHYT nhưng {column} có {found} giá trị.")


@rule("CLM-T1-07", of="XML1", lacking="MA_DKBD GT_THE_TU GT_THE_DEN")
def card_without_data(facts: Facts, row: Row) -> Iterator[Hit]:
    if row.has("MA_THE_BHYT"):
        for hit in empty("XML1", row, "MA_DKBD GT_THE_TU GT_THE_DEN"):
            yield hit._replace(message=f"Có thẻ BHYT nhưng {label(row, hit.column)} để trống.")


def _periods(row: Row) -> list[tuple[dt.date | None, dt.date | None]]:
    """Start and end of each card."""
    starts, ends = row.positions("GT_THE_TU"), row.positions("GT_THE_DEN")
    ends += [""] * (len(starts) - len(ends))
    return [(_date(start), _date(end)) for start, end in zip(starts, ends, strict=False)]


@lru_cache(maxsize=4096)
def _date(text: str) -> dt.date | None:
    """The day that a text of at least eight digits begins with."""
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) >= 8 and text.isdigit() else None
    except ValueError:
        return None


@rule("CLM-T1-08", of="XML1", when="GT_THE_TU")
def card_period(facts: Facts, row: Row) -> Iterator[Hit]:
    periods = [period for period in _periods(row) if period[0]]
    for start, end in periods:
        if start and end and end <= start:
            yield Hit(
                "XML1", row, "GT_THE_DEN", f"Thẻ hết hạn {end:%d/%m/%Y}, không sau ngày bắt đầu {start:%d/%m/%Y}."
            )
    if periods and facts.arrived:
        day = facts.arrived.date()
        if not any(start and start <= day and (end is None or day <= end) for start, end in periods):
            yield Hit("XML1", row, "GT_THE_TU", f"Ngày vào {day:%d/%m/%Y} nằm ngoài thời hạn của mọi thẻ.")


@rule("CLM-T1-09", of="XML1", reads="MA_DKBD MA_CSKCB MA_NOI_DI MA_NOI_DEN")
def facilities(facts: Facts, row: Row) -> Iterator[Hit]:
    for column in ("MA_DKBD", "MA_CSKCB", "MA_NOI_DI", "MA_NOI_DEN"):
        for code in row.items(column):
            if not facts.in_list("MA_CSKCB", code):
                yield Hit("XML1", row, column, f"{label(row, column)}: mã {code[:20]} không có trong danh mục cơ sở.")
            elif not _FACILITY.fullmatch(code):
                message = f"{label(row, column)}: mã {code[:20]} không đúng dạng 5 chữ số, chữ hoa."
                yield Hit("XML1", row, column, message, "warning")


@rule("CLM-T1-10", of="XML1", when="MA_NOI_DI")
def referral_paper(facts: Facts, row: Row) -> Iterator[Hit]:
    if row.has("MA_NOI_DI") and not row.has("GIAY_CHUYEN_TUYEN"):
        message = "Có cơ sở chuyển đến (MA_NOI_DI) nhưng số giấy chuyển hoặc giấy hẹn để trống."
        yield Hit("XML1", row, "GIAY_CHUYEN_TUYEN", message)


# ------------------------------------------------------------------------------------------------- XML1: the diagnoses
@rule("CLM-T1-11", of="XML1", lacking="LY_DO_VV CHAN_DOAN_VAO CHAN_DOAN_RV MA_BENH_CHINH")
def reasons_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "LY_DO_VV CHAN_DOAN_VAO CHAN_DOAN_RV MA_BENH_CHINH")


def icd_fault(facts: Facts, code: str) -> str:
    """Why a code is no ICD-10 code, "" when it is one. Without a list only its form is looked at."""
    if _TRADITIONAL.fullmatch(code) or code in (facts.known.lists.get("ICD-YHCT") or ()):
        return f"mã {code[:20]} là mã y học cổ truyền, phải ghi ở MA_BENH_YHCT"
    known = facts.known.lists.get("ICD-10")
    if known is None:
        return "" if _ICD.fullmatch(code) else f"mã {code[:20]} không đúng dạng ICD-10"
    return "" if code in known or code.rstrip("†*+") in known else f"mã {code[:20]} không có trong danh mục ICD-10"


@rule("CLM-T1-12", of="XML1", when="MA_BENH_CHINH", reads="MA_BENH_CHINH")
def main_diagnosis(facts: Facts, row: Row) -> Iterator[Hit]:
    codes = split_list(row.text("MA_BENH_CHINH").replace(",", ";"))
    if len(codes) > 1:
        yield Hit("XML1", row, "MA_BENH_CHINH", f"Bệnh chính có {len(codes)} mã, chỉ được một mã.")
    elif codes and (fault := icd_fault(facts, codes[0])):
        yield Hit("XML1", row, "MA_BENH_CHINH", f"Bệnh chính: {fault}.")


@rule("CLM-T1-13", of="XML1", when="MA_BENH_KT", reads="MA_BENH_KT")
def other_diagnoses(facts: Facts, row: Row) -> Iterator[Hit]:
    codes = row.items("MA_BENH_KT")
    if len(codes) > _MOST_OTHER:
        yield Hit("XML1", row, "MA_BENH_KT", f"Có {len(codes)} mã bệnh kèm theo, tối đa {_MOST_OTHER} mã.")
    for code in codes:
        if fault := icd_fault(facts, code):
            yield Hit("XML1", row, "MA_BENH_KT", f"Bệnh kèm theo: {fault}.")


@rule("CLM-T1-14", of="XML1", when="MA_BENH_YHCT", reads="MA_BENH_YHCT")
def traditional_diagnoses(facts: Facts, row: Row) -> Iterator[Hit]:
    for code in row.items("MA_BENH_YHCT"):
        known = facts.known.lists.get("ICD-YHCT")
        if (known is not None and code not in known) or (known is None and not _TRADITIONAL.fullmatch(code)):
            yield Hit("XML1", row, "MA_BENH_YHCT", f"Mã {code[:20]} không có trong danh mục bệnh y học cổ truyền.")


@rule("CLM-T1-15", of="XML1", when="MA_BENH_CHINH MA_BENH_KT", reads="MA_BENH_CHINH MA_BENH_KT")
def unspecific(facts: Facts, row: Row) -> Iterator[Hit]:
    for column in ("MA_BENH_CHINH", "MA_BENH_KT"):
        for code in row.items(column):
            if code.startswith(_UNSPECIFIC):
                yield Hit("XML1", row, column, f"Mã {code} không đặc hiệu (khám tổng quát hoặc mệt mỏi).")


# ------------------------------------------------------------------------------------------------ XML1: route and times
@rule("CLM-T1-16", of="XML1", reads="MA_DOITUONG_KCB MA_CSKCB MA_DKBD day")
def route(facts: Facts, row: Row) -> Iterator[Hit]:
    code = row.text("MA_DOITUONG_KCB")
    if not code:
        yield from empty("XML1", row, "MA_DOITUONG_KCB")
        return
    ours = code_list("MA_DOITUONG_KCB", facts.standard, old_routes=facts.day < ROUTES_CHANGED)
    if ours and code not in ours.codes:
        level = "warning" if ours.trust == "recalled" else ""
        message = f"Mã đối tượng {code[:20]} không có trong danh mục dùng vào ngày {facts.day:%d/%m/%Y}."
        yield Hit("XML1", row, "MA_DOITUONG_KCB", message, level)
    elif _WRONG_ROUTE.fullmatch(code) and row.text("MA_CSKCB") in row.items("MA_DKBD"):
        message = f"Mã đối tượng {code} (tự đến) dù thẻ đăng ký ban đầu tại chính cơ sở này."
        yield Hit("XML1", row, "MA_DOITUONG_KCB", message)


@rule("CLM-T1-18", of="XML1")
def order_of_times(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "NGAY_VAO NGAY_RA")
    if facts.arrived and facts.left and facts.left < facts.arrived:
        yield Hit(
            "XML1", row, "NGAY_RA", f"Ra viện lúc {minute(facts.left)}, trước khi vào lúc {minute(facts.arrived)}."
        )
    born = row.date("NGAY_SINH")
    if born and facts.arrived and facts.arrived.date() < born:
        yield Hit("XML1", row, "NGAY_SINH", f"Ngày vào {facts.arrived:%d/%m/%Y} trước ngày sinh {born:%d/%m/%Y}.")


@rule("CLM-T1-19", of="XML1")
def ward_time(facts: Facts, row: Row) -> Iterator[Hit]:
    if facts.kind in INPATIENT:
        yield from empty("XML1", row, "NGAY_VAO_NOI_TRU")
    ward = row.moment("NGAY_VAO_NOI_TRU")
    if ward and facts.arrived and ward < facts.arrived:
        message = f"Vào nội trú lúc {minute(ward)}, trước khi đến cơ sở lúc {minute(facts.arrived)}."
        yield Hit("XML1", row, "NGAY_VAO_NOI_TRU", message)


@rule("CLM-T1-20", of="XML1", when="MA_LY_DO_VNT", lacking="LY_DO_VNT PP_DIEU_TRI")
def ward_reason(facts: Facts, row: Row) -> Iterator[Hit]:
    """MA_LY_DO_VNT has no published list, so that it may be empty; too long is wrong."""
    if facts.kind in INPATIENT:
        yield from empty("XML1", row, "LY_DO_VNT PP_DIEU_TRI")
    if len(row.text("MA_LY_DO_VNT")) > 5:
        yield Hit("XML1", row, "MA_LY_DO_VNT", "Mã lý do nhập viện dài quá 5 ký tự.")


@rule("CLM-T1-21", of="XML1")
def long_exam(facts: Facts, row: Row) -> Iterator[Hit]:
    if facts.kind == "01" and facts.arrived and facts.left and facts.left - facts.arrived > dt.timedelta(days=1):
        days = (facts.left - facts.arrived).days
        yield Hit("XML1", row, "NGAY_RA", f"Khám bệnh (loại 01) kéo dài hơn {days} ngày.")


@rule("CLM-T1-22", of="XML1", when="SO_NGAY_DTRI")
def days_of_treatment(facts: Facts, row: Row) -> Iterator[Hit]:
    days = row.number("SO_NGAY_DTRI")
    if days is None or not facts.arrived or not facts.left:
        return
    if facts.kind in ("01", "07", "09"):
        expected = 0
    elif facts.kind in ("02", "03", "04", "06"):
        expected = (facts.left.date() - facts.arrived.date()).days + 1
    else:
        return
    if days != expected:
        message = (
            f"Số ngày điều trị là {days:f}, với loại KCB {facts.kind} và ngày vào, ngày ra thì phải là {expected}."
        )
        yield Hit("XML1", row, "SO_NGAY_DTRI", message)


@rule("CLM-T1-23", of="XML1", lacking="KET_QUA_DTRI MA_LOAI_RV MA_LOAI_KCB MA_KHOA MA_CSKCB NAM_QT THANG_QT MA_HSBA")
def outcome_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "KET_QUA_DTRI MA_LOAI_RV MA_LOAI_KCB MA_KHOA MA_CSKCB NAM_QT THANG_QT MA_HSBA")


@rule("CLM-T1-24", of="XML1", reads="MA_TTDV")
def signer(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML1", row, "MA_TTDV")
    yield from staff(facts, "XML1", row, "MA_TTDV")


@rule("CLM-T1-25", of="XML1", reads="CAN_NANG")
def weight(facts: Facts, row: Row) -> Iterator[Hit]:
    if not row.has("CAN_NANG"):
        yield from empty("XML1", row, "CAN_NANG")
        return
    kilograms = row.number("CAN_NANG")
    if kilograms is None:
        yield Hit("XML1", row, "CAN_NANG", f"Cân nặng là “{row.text('CAN_NANG')[:20]}”, không phải số.")
    elif kilograms > Decimal(200):
        yield Hit("XML1", row, "CAN_NANG", f"Cân nặng {kilograms:f} kg, quá 200 kg.")


@rule("CLM-T1-26", of="XML1", when="MA_KHUVUC")
def area(facts: Facts, row: Row) -> Iterator[Hit]:
    code = row.text("MA_KHUVUC")
    if code and code.upper() not in ("K1", "K2", "K3"):
        yield Hit("XML1", row, "MA_KHUVUC", f"Mã khu vực là {code[:20]}, cần K1, K2, K3 hoặc để trống.")


@rule("CLM-T1-27", of="XML1", when="NGAY_TAI_KHAM")
def follow_up(facts: Facts, row: Row) -> Iterator[Hit]:
    for text in row.items("NGAY_TAI_KHAM"):
        day = _date(text)
        if day and facts.left and day <= facts.left.date():
            message = f"Ngày tái khám {day:%d/%m/%Y} không sau ngày ra {facts.left:%d/%m/%Y}."
            yield Hit("XML1", row, "NGAY_TAI_KHAM", message)
