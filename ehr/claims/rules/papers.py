"""Rules of the papers: discharge (XML7), summary (8), birth (9), leave (10, 11), referral (13), follow-up (14)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ehr.claims.claim import Row
from ehr.claims.rules.facts import INPATIENT, Facts, Hit, empty, label, staff
from ehr.claims.rules.registry import rule
from ehr.claims.values import read_when

_TEMPORARY_CARD = re.compile(r"TE1\d{12}", re.ASCII)
_LONGEST_SUMMARY = 4000
_SHORTEST_SUMMARY = 10


def _length(table: str, row: Row, column: str, wanted: int) -> Iterator[Hit]:
    value = row.text(column)
    if value and len(value) != wanted:
        yield Hit(table, row, column, f"{label(row, column)} có {len(value)} ký tự, cần đúng {wanted}.")


def _span(row: Row, start: str, end: str) -> int | None:
    """Days from the first to the last, both counted."""
    first, last = row.date(start), row.date(end)
    return (last - first).days + 1 if first and last else None


# --------------------------------------------------------------------------------------------------------------- XML7
@rule("CLM-T7-01", of="XML7")
def discharge_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML7", row, "PP_DIEUTRI MA_BS MA_TTDV")
    yield from staff(facts, "XML7", row, "MA_BS MA_TTDV")


@rule("CLM-T7-02", of="XML7")
def discharge_leave(facts: Facts, row: Row) -> Iterator[Hit]:
    columns = ("SO_NGAY_NGHI", "NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY")
    filled = [column for column in columns if row.has(column) and row.text(column) != "0"]
    if filled and len(filled) < 3:
        missing = ", ".join(column for column in columns if column not in filled)
        yield Hit(
            "XML7", row, missing.split(", ")[0], f"Nghỉ ngoại trú phải có đủ số ngày và hai ngày, thiếu {missing}."
        )
    if len(filled) < 3:
        return
    days, span = row.number("SO_NGAY_NGHI"), _span(row, "NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY")
    if days is not None and span is not None and days != span:
        yield Hit("XML7", row, "SO_NGAY_NGHI", f"Nghỉ {days:f} ngày nhưng từ ngày đến ngày là {span} ngày.")
    start = row.date("NGOAITRU_TUNGAY")
    if start and facts.left and start < facts.left.date():
        message = f"Nghỉ từ {start:%d/%m/%Y}, trước ngày ra {facts.left:%d/%m/%Y}."
        yield Hit("XML7", row, "NGOAITRU_TUNGAY", message)


# --------------------------------------------------------------------------------------------------------------- XML8
@rule("CLM-T8-01", of="XML8")
def summary(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML8", row, "PP_DIEUTRI TOMTAT_KQ KET_QUA_DTRI MA_TTDV")
    yield from staff(facts, "XML8", row, "MA_TTDV")
    length = len(row.text("TOMTAT_KQ"))
    if length > _LONGEST_SUMMARY or 0 < length < _SHORTEST_SUMMARY:
        yield Hit("XML8", row, "TOMTAT_KQ", f"Tóm tắt kết quả dài {length} ký tự, cần từ 10 đến 4.000.")


# --------------------------------------------------------------------------------------------------------------- XML9
_MOTHER = (
    "HO_TEN_NND NGAYSINH_NND SO_CCCD_NND NGAYCAP_CCCD_NND NOICAP_CCCD_NND NOI_CU_TRU_NND MA_DANTOC_NND MA_QUOCTICH"
)


@rule("CLM-T9-01", of="XML9")
def mother(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML9", row, _MOTHER)
    for column in ("NGAYSINH_NND", "NGAYCAP_CCCD_NND"):
        text = row.text(column)
        when, notice = read_when(text, False)
        if text and (when is None or notice or len(text) != 8 or when.day.precision != "day"):
            yield Hit("XML9", row, column, f"{label(row, column)} là “{text[:20]}”, cần đủ ngày dạng yyyyMMdd.")
    issued = row.date("NGAYCAP_CCCD_NND")
    if issued and issued > facts.known.today:
        yield Hit("XML9", row, "NGAYCAP_CCCD_NND", f"Ngày cấp CCCD {issued:%d/%m/%Y} ở tương lai.")
    for column, width in (("MA_DANTOC_NND", 2), ("MA_QUOCTICH", 3)):
        text = row.text(column)
        if text and not (len(text) == width and text.isdigit()):
            yield Hit("XML9", row, column, f"{label(row, column)} là {text[:20]}, cần {width} chữ số.")


@rule("CLM-T9-02", of="XML9")
def mother_numbers(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from _length("XML9", row, "MA_BHXH_NND", 10)
    yield from _length("XML9", row, "MA_THE_NND", 15)


@rule("CLM-T9-03", of="XML9")
def temporary_card(facts: Facts, row: Row) -> Iterator[Hit]:
    code = row.text("MA_THE_TAM")
    if not code:
        yield from empty("XML9", row, "MA_THE_TAM")
    elif not _TEMPORARY_CARD.fullmatch(code):
        yield Hit("XML9", row, "MA_THE_TAM", "Thẻ tạm của trẻ cần dạng TE1, 2 số mã tỉnh và 10 chữ số.")


@rule("CLM-T9-04", of="XML9")
def mother_residence(facts: Facts, row: Row) -> Iterator[Hit]:
    for column, width in (("MATINH_CU_TRU", 2), ("MAXA_CU_TRU", 5)):
        code = row.text(column)
        if not (len(code) == width and code.isdigit()):
            yield Hit("XML9", row, column, f"{label(row, column)} là {code[:20] or 'để trống'}, cần {width} chữ số.")


@rule("CLM-T9-05", of="XML9")
def child_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML9", row, "HO_TEN_CON MA_TTDV")


@rule("CLM-T9-06", of="XML9")
def birth_note(facts: Facts, row: Row) -> Iterator[Hit]:
    note = row.text("GHI_CHU").casefold()
    if row.text("SINHCON_PHAUTHUAT") == "1" and "phẫu thuật" not in note:
        yield Hit("XML9", row, "GHI_CHU", "Sinh con phải phẫu thuật nhưng ghi chú không có chữ “phẫu thuật”.")
    if row.text("SINHCON_DUOI32TUAN") == "1" and "dưới 32 tuần" not in note:
        yield Hit("XML9", row, "GHI_CHU", "Sinh con dưới 32 tuần nhưng ghi chú không có chữ “dưới 32 tuần”.")


# -------------------------------------------------------------------------------------------------------- XML10, XML11
@rule("CLM-T10-01", of="XML10")
def pregnancy_leave(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML10", row, "SO_CT SO_SERI SO_NGAY DON_VI CHAN_DOAN_RV TU_NGAY DEN_NGAY MA_TTDV")
    days, span = row.number("SO_NGAY"), _span(row, "TU_NGAY", "DEN_NGAY")
    if days is not None and days > 180:
        yield Hit("XML10", row, "SO_NGAY", f"Nghỉ dưỡng thai {days:f} ngày, tối đa 180 ngày.")
    if days is not None and span is not None and days != span:
        yield Hit("XML10", row, "SO_NGAY", f"Nghỉ {days:f} ngày nhưng từ ngày đến ngày là {span} ngày.")


@rule("CLM-T11-01", of="XML11")
def leave_numbers(facts: Facts, row: Row) -> Iterator[Hit]:
    if not row.has("MA_BHXH"):
        yield from empty("XML11", row, "MA_BHXH")
    yield from _length("XML11", row, "MA_BHXH", 10)
    for code in row.items("MA_THE_BHYT"):
        if len(code) != 15:
            yield Hit("XML11", row, "MA_THE_BHYT", f"Số thẻ BHYT có {len(code)} ký tự, cần đúng 15.")


def _most_leave(facts: Facts, row: Row) -> int:
    """30 days; tuberculosis (A15–A19) 180; the end of a pregnancy from 13 weeks on 50."""
    codes = facts.main.items("MA_BENH_CHINH") + facts.main.items("MA_BENH_KT") if facts.main else []
    if any(re.match(r"A1[5-9]", code) for code in codes):
        return 180
    weeks = row.number("TUOI_THAI")
    return 50 if row.text("MA_DINH_CHI_THAI") == "1" and weeks is not None and weeks >= 13 else 30


@rule("CLM-T11-02", of="XML11")
def leave_days(facts: Facts, row: Row) -> Iterator[Hit]:
    days = row.number("SO_NGAY_NGHI")
    if days is None or days <= 0 or days != days.to_integral_value():
        found = row.text("SO_NGAY_NGHI")[:20] or "để trống"
        yield Hit("XML11", row, "SO_NGAY_NGHI", f"Số ngày nghỉ là {found}, cần số nguyên lớn hơn 0.")
    elif days > (most := _most_leave(facts, row)):
        yield Hit("XML11", row, "SO_NGAY_NGHI", f"Nghỉ {days:f} ngày, trường hợp này tối đa {most} ngày.")


@rule("CLM-T11-03", of="XML11")
def leave_dates(facts: Facts, row: Row) -> Iterator[Hit]:
    start, end = row.date("TU_NGAY"), row.date("DEN_NGAY")
    for column, day in (("TU_NGAY", start), ("DEN_NGAY", end)):
        if day is None:
            found = row.text(column)[:20] or "để trống"
            yield Hit("XML11", row, column, f"{label(row, column)} là {found}, không phải một ngày.")
    if start and end and end < start:
        yield Hit("XML11", row, "DEN_NGAY", f"Nghỉ đến {end:%d/%m/%Y}, trước ngày bắt đầu {start:%d/%m/%Y}.")
    if start and facts.left and start > facts.left.date():
        yield Hit("XML11", row, "TU_NGAY", f"Nghỉ từ {start:%d/%m/%Y}, sau ngày ra {facts.left:%d/%m/%Y}.")
    if end and facts.arrived and end < facts.arrived.date():
        yield Hit("XML11", row, "DEN_NGAY", f"Nghỉ đến {end:%d/%m/%Y}, trước ngày vào {facts.arrived:%d/%m/%Y}.")


@rule("CLM-T11-04", of="XML11")
def leave_form(facts: Facts, row: Row) -> Iterator[Hit]:
    """Empty is allowed: the gateway fills in CT07 (tables.csv)."""
    if row.has("MAU_SO") and row.text("MAU_SO") != "CT07":
        yield Hit("XML11", row, "MAU_SO", f"Mẫu số là {row.text('MAU_SO')[:20]}, cần CT07.")


@rule("CLM-T11-05", of="XML11")
def leave_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML11", row, "SO_CT SO_SERI SO_KCB CHAN_DOAN_RV PP_DIEUTRI MA_TTDV MA_BS NGAY_CT")
    yield from staff(facts, "XML11", row, "MA_TTDV MA_BS")


# -------------------------------------------------------------------------------------------------------- XML13, XML14
@rule("CLM-T13-01", of="XML13")
def referral_numbers(facts: Facts, row: Row) -> Iterator[Hit]:
    columns = "SO_HOSO SO_CHUYENTUYEN GIAY_CHUYEN_TUYEN"
    yield from empty("XML13", row, columns)
    for column in columns.split():
        if len(row.text(column)) > 50:
            yield Hit("XML13", row, column, f"{label(row, column)} dài {len(row.text(column))} ký tự, tối đa 50.")


def _referral_places(facts: Facts, sender: str, receiver: str) -> Iterator[Hit]:
    for row in facts.rows("XML13"):
        yield from empty("XML13", row, receiver)
        for column in (sender, receiver):
            for code in row.items(column):
                if not facts.in_list("MA_CSKCB", code):
                    yield Hit(
                        "XML13", row, column, f"{label(row, column)}: mã {code[:20]} không có trong danh mục cơ sở."
                    )
        senders = {row.text("MA_CSKCB"), facts.main.text("MA_CSKCB") if facts.main else ""} - {""}
        if row.text(receiver) in senders:
            yield Hit("XML13", row, receiver, f"Nơi chuyển đến {row.text(receiver)} trùng với nơi chuyển đi.")


@rule("CLM-T13-02")
def referral_places(facts: Facts) -> Iterator[Hit]:
    yield from _referral_places(facts, "MA_CSKCB_DI", "MA_CSKCB_DEN")


@rule("CLM-T13-03")
def referral_places_4750(facts: Facts) -> Iterator[Hit]:
    yield from _referral_places(facts, "MA_NOI_DI", "MA_NOI_DEN")


@rule("CLM-T13-04", of="XML13")
def referral_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    columns = "DAU_HIEU_LS CHAN_DOAN_RV QT_BENHLY HUONG_DIEU_TRI PHUONGTIEN_VC MA_BAC_SI MA_TTDV"
    yield from empty("XML13", row, columns + (" TOMTAT_KQ" if facts.kind in INPATIENT else ""))


@rule("CLM-T13-05", of="XML13")
def referral_reason(facts: Facts, row: Row) -> Iterator[Hit]:
    """MA_LOAI_RV may be empty here: XML1 says it (tables.csv: must equal XML1 when filled)."""
    way = row.text("MA_LOAI_RV") or (facts.main.text("MA_LOAI_RV") if facts.main else "")
    if way not in ("2", "5"):
        yield Hit(
            "XML13",
            row,
            "MA_LOAI_RV",
            f"Có giấy chuyển cơ sở nhưng mã loại ra viện là {way or 'để trống'}, cần 2 hoặc 5.",
        )
    reason = row.text("MA_LYDO_CT")
    if reason not in ("1", "2", "3"):
        yield Hit("XML13", row, "MA_LYDO_CT", f"Lý do chuyển là {reason[:10] or 'để trống'}, cần 1, 2 hoặc 3.")


@rule("CLM-T14-01", of="XML14")
def appointment(facts: Facts, row: Row) -> Iterator[Hit]:
    day = row.date("NGAY_HEN_KL")
    if not row.has("NGAY_HEN_KL"):
        yield from empty("XML14", row, "NGAY_HEN_KL")
    elif day and facts.left and day <= facts.left.date():
        message = f"Ngày hẹn khám lại {day:%d/%m/%Y} không sau ngày ra {facts.left:%d/%m/%Y}."
        yield Hit("XML14", row, "NGAY_HEN_KL", message)


@rule("CLM-T14-02")
def appointment_empty(facts: Facts) -> Iterator[Hit]:
    columns = "SO_GIAYHEN_KL MA_CSKCB CHAN_DOAN_RV MA_BENH_CHINH MA_DOITUONG_KCB MA_BAC_SI MA_TTDV NGAY_CT"
    for row in facts.rows("XML14"):
        yield from empty("XML14", row, columns)
