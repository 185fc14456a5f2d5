"""Papers of a claim (XML7 to XML14) as documents, appointments and births. Pure: no database.

Which columns of a paper are shown, under which heading, is data: a heading and the columns whose values it joins."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ehr.claims.claim import Claim, Row
from ehr.claims.record.texts import day, joined, limits, line, minute, number, place, prose, shown, whole
from ehr.claims.spec import Standard
from ehr.claims.values import split_list
from ehr.records.models import Appointment, CareDocument, Delivery

Columns = dict[str, Any]
Kind = CareDocument.Kind

_DOCUMENT, _APPOINTMENT, _DELIVERY = limits(CareDocument), limits(Appointment), limits(Delivery)


@dataclass(frozen=True, slots=True)
class Paper:
    """How a table becomes a document. `number`: columns joined by "/"; `issued`: the first with a date counts; `to`:
    who receives it; `sections`: (heading, columns)."""

    kind: str
    number: tuple[str, ...]
    issued: tuple[str, ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    to: tuple[str, ...] = ()


_PERIOD = ("Vào viện – ra viện", ("NGAY_VAO", "NGAY_RA"))
_SIGNED = ("Người ký", ("TEN_BS", "MA_BS", "MA_TTDV"))
_PREGNANCY_END = (
    ("Đình chỉ thai nghén", ("THOIGIAN_DINHCHI",)),
    ("Nguyên nhân đình chỉ thai", ("NGUYENNHAN_DINHCHI",)),
    ("Tuổi thai (tuần)", ("TUOI_THAI",)),
)
_PARENTS = (("Cha", ("HO_TEN_CHA",)), ("Mẹ", ("HO_TEN_ME",)))
#: Facilities, to be shown by name.
_FACILITIES = frozenset(("MA_NOI_DI", "MA_NOI_DEN", "MA_CSKCB_DI", "MA_CSKCB_DEN"))
PAPERS: dict[str, Paper] = {
    "XML7": Paper(
        Kind.DISCHARGE, ("SO_LUU_TRU",), ("NGAY_CT", "NGAY_RA"),
        (_PERIOD, ("Chẩn đoán ra viện", ("CHAN_DOAN_RV",)), ("Phương pháp điều trị", ("PP_DIEUTRI",)),
         ("Lời dặn", ("GHI_CHU",)), *_PREGNANCY_END, ("Nghỉ ngoại trú (ngày)", ("SO_NGAY_NGHI",)),
         ("Nghỉ từ ngày – đến ngày", ("NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY")), *_PARENTS,
         ("Thẻ BHYT tạm của trẻ", ("MA_THE_TAM",)), ("Mã y tế", ("MA_YTE",)), _SIGNED),
    ),
    "XML8": Paper(
        Kind.SUMMARY, (), ("NGAY_CT", "NGAY_RA"),
        (_PERIOD, ("Chẩn đoán vào viện", ("CHAN_DOAN_VAO",)), ("Chẩn đoán ra viện", ("CHAN_DOAN_RV",)),
         ("Quá trình bệnh lý", ("QT_BENHLY",)), ("Tóm tắt kết quả cận lâm sàng", ("TOMTAT_KQ",)),
         ("Phương pháp điều trị", ("PP_DIEUTRI",)), ("Kết quả điều trị", ("KET_QUA_DTRI",)), ("Ghi chú", ("GHI_CHU",)),
         ("Ngày sinh con", ("NGAY_SINHCON",)), ("Ngày con chết", ("NGAY_CONCHET",)), ("Số con chết", ("SO_CONCHET",)),
         *_PARENTS, ("Người giám hộ", ("NGUOI_GIAM_HO",)), _SIGNED),
    ),
    "XML9": Paper(
        Kind.BIRTH, ("SO", "QUYEN_SO"), ("NGAY_CT", "NGAY_SINH_CON"),
        (("Mẹ hoặc người nuôi dưỡng", ("HO_TEN_NND",)), ("Con", ("HO_TEN_CON",)), ("Giới tính", ("GIOI_TINH_CON",)),
         ("Sinh lúc", ("NGAY_SINH_CON",)), ("Cân nặng (g)", ("CAN_NANG_CON",)), ("Nơi sinh", ("NOI_SINH_CON",)),
         ("Tình trạng con", ("TINH_TRANG_CON",)), ("Số con lần này", ("SO_CON",)), ("Lần sinh", ("LAN_SINH",)),
         ("Số con hiện sống", ("SO_CON_SONG",)), ("Cha", ("HO_TEN_CHA",)), ("Thẻ BHYT tạm của con", ("MA_THE_TAM",)),
         ("Người đỡ đẻ", ("NGUOI_DO_DE",)), ("Người ghi phiếu", ("NGUOI_GHI_PHIEU",)), ("Ghi chú", ("GHI_CHU",))),
    ),
    "XML10": Paper(
        Kind.ANTENATAL_LEAVE, ("SO_CT", "SO_SERI"), ("NGAY_CT", "TU_NGAY"),
        (("Chẩn đoán", ("CHAN_DOAN_RV",)), ("Số ngày nghỉ", ("SO_NGAY",)),
         ("Từ ngày – đến ngày", ("TU_NGAY", "DEN_NGAY")), ("Đơn vị làm việc", ("DON_VI",)), _SIGNED),
    ),
    "XML11": Paper(
        Kind.SICK_LEAVE, ("SO_CT", "SO_SERI"), ("NGAY_CT", "TU_NGAY"),
        (("Chẩn đoán", ("CHAN_DOAN_RV",)), ("Phương pháp điều trị", ("PP_DIEUTRI",)),
         ("Số ngày nghỉ", ("SO_NGAY_NGHI",)), ("Từ ngày – đến ngày", ("TU_NGAY", "DEN_NGAY")),
         *_PREGNANCY_END[1:], ("Đơn vị làm việc", ("DON_VI",)), *_PARENTS, _SIGNED),
    ),
    "XML12": Paper(
        Kind.APPRAISAL, ("SO_BIEN_BAN",), ("NGAY_HOP", "NGAY_CHUNG_TU"),
        (("Khám giám định", ("KHAM_GIAM_DINH",)), ("Đối tượng", ("MA_DOI_TUONG",)),
         ("Kết quả khám", ("KET_QUA_KHAM",)), ("Tỷ lệ tổn thương cơ thể lần này (%)", ("TYLE_TTCT_MOI",)),
         ("Tổng tỷ lệ tổn thương cơ thể (%)", ("TONG_TYLE_TTCT",)), ("Dạng khuyết tật", ("DANG_KHUYETTAT",)),
         ("Mức độ khuyết tật", ("MUC_DO_KHUYETTAT",)), ("Được xác định", ("DUOC_XACDINH",)),
         ("Đề nghị", ("DE_NGHI",)), ("Chủ trì", ("NGUOI_CHU_TRI",))),
    ),
    "XML13": Paper(
        Kind.REFERRAL, ("SO_CHUYENTUYEN", "SO_HOSO"), ("NGAY_RA",),
        (("Cơ sở đã chuyển trước đó", ("MA_CSKCB_DI", "MA_NOI_DI")), _PERIOD,
         ("Số giấy chuyển đến trước đó", ("GIAY_CHUYEN_TUYEN",)),
         ("Dấu hiệu lâm sàng", ("DAU_HIEU_LS",)), ("Chẩn đoán", ("CHAN_DOAN_RV",)),
         ("Mã bệnh", ("MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH_YHCT")), ("Quá trình bệnh lý", ("QT_BENHLY",)),
         ("Tóm tắt kết quả cận lâm sàng", ("TOMTAT_KQ",)), ("Dịch vụ đã làm", ("TEN_DICH_VU",)),
         ("Thuốc đã dùng", ("TEN_THUOC",)), ("Phương pháp điều trị", ("PP_DIEUTRI", "PP_DIEU_TRI")),
         ("Tình trạng lúc chuyển", ("TINH_TRANG_CT",)), ("Hướng điều trị", ("HUONG_DIEU_TRI",)),
         ("Lý do chuyển", ("MA_LYDO_CT",)), ("Phương tiện vận chuyển", ("PHUONGTIEN_VC",)),
         ("Người hộ tống", ("HOTEN_NGUOI_HT", "CHUCDANH_NGUOI_HT"))),
        to=("MA_CSKCB_DEN", "MA_NOI_DEN"),
    ),
    "XML14": Paper(
        Kind.FOLLOW_UP, ("SO_GIAYHEN_KL",), ("NGAY_CT", "NGAY_RA"),
        (("Hẹn khám lại ngày", ("NGAY_HEN_KL",)), ("Chẩn đoán", ("CHAN_DOAN_RV",)),
         ("Mã bệnh", ("MA_BENH_CHINH", "MA_BENH_KT"))),
    ),
}  # fmt: skip
_DASHED = frozenset((_PERIOD[0], "Nghỉ từ ngày – đến ngày", "Từ ngày – đến ngày"))


def facility_codes(claim: Claim) -> list[str]:
    """Claims codes of facilities that the claim names, its own among them."""
    found = [claim.facility]
    main = claim.main
    rows = [*([main] if main is not None else []), *claim.rows("XML13")]
    for row in rows:
        for name in ("MA_CSKCB", "MA_DKBD", *_FACILITIES):
            if row.values.get(name):
                found += split_list(line(row.values, name))
    return found


def documents(claim: Claim, names: Mapping[str, str], *, on: dt.date | None) -> list[Columns]:
    """All papers in the order of the tables, several of one kind for twins. `names`: facilities by code."""
    found: list[Columns] = []
    for table, paper in PAPERS.items():
        for row in claim.rows(table):
            sections = _sections(row, paper, names, claim.standard, on)
            number = "/".join(text for name in paper.number if (text := line(row.values, name)))
            if not sections and not number:
                continue
            receivers = "; ".join(text for name in paper.to if (text := line(row.values, name)))
            found.append(
                {
                    "position": len(found),
                    "kind": str(paper.kind),
                    "number": number[: _DOCUMENT["number"]],
                    "issued_on": next((date for name in paper.issued if (date := day(row.values, name))), None),
                    "to_facility": place(receivers, names)[: _DOCUMENT["to_facility"]],
                    # As the database writes JSON, so that an equal text is an equal value.
                    "sections": json.dumps(sections, ensure_ascii=False),
                }
            )
    return found


def _sections(
    row: Row, paper: Paper, names: Mapping[str, str], standard: Standard, on: dt.date | None
) -> list[list[str]]:
    found = []
    for heading, columns in paper.sections:
        texts = [
            place(row.text(name), names) if name in _FACILITIES else shown(row, name, standard, on)
            for name in columns
            if row.values.get(name)
        ]
        text = (" – " if heading in _DASHED else "; ").join(text for text in texts if text)
        if text:
            found.append([heading, text])
    return found


def appointments(claim: Claim) -> list[Columns]:
    """Days to come back: of the follow-up paper (XML14) and of XML1, each day once."""
    found: dict[dt.date, Columns] = {}
    for row in claim.rows("XML14"):
        on = day(row.values, "NGAY_HEN_KL")
        if on is not None:
            words, code = prose(row.values, "CHAN_DOAN_RV"), line(row.values, "MA_BENH_CHINH")
            reason = joined(words, "" if code in words else code)
            found[on] = {
                "on": on,
                "number": line(row.values, "SO_GIAYHEN_KL", _APPOINTMENT["number"]),
                "reason": reason,
            }
    main = claim.main
    if main is not None and main.values.get("NGAY_TAI_KHAM"):
        for text in split_list(line(main.values, "NGAY_TAI_KHAM")):
            on = day({"on": text}, "on")
            if on is not None and on not in found:
                found[on] = {"on": on, "number": "", "reason": ""}
    return [found[on] for on in sorted(found)]


def deliveries(claim: Claim, names: Mapping[str, str]) -> list[Columns]:
    """Children of the birth papers (XML9), one row each."""
    rows = claim.rows("XML9")
    if not rows:
        return []
    main = claim.main
    weights: Sequence[str] = main.positions("CAN_NANG_CON") if main is not None else ()
    found = []
    for at, row in enumerate(rows):
        values = row.values
        born = day(values, "NGAY_SINH_CON")
        if born is None:
            continue
        weight = whole(values, "CAN_NANG_CON") or (whole({"w": weights[at]}, "w") if at < len(weights) else None)
        found.append(
            {
                "child_name": line(values, "HO_TEN_CON", _DELIVERY["child_name"]),
                "child_sex": line(values, "GIOI_TINH_CON", 1),
                "born_on": born,
                "born_at": minute(values, "NGAY_SINH_CON"),
                "weight_g": weight,
                "gestation_weeks": None,
                "parity": whole(values, "LAN_SINH"),
                "children_born": whole(values, "SO_CON"),
                "living_children": whole(values, "SO_CON_SONG"),
                "caesarean": _yes_no(values, "SINHCON_PHAUTHUAT"),
                "under_32_weeks": _yes_no(values, "SINHCON_DUOI32TUAN"),
                "child_state": prose(values, "TINH_TRANG_CON"),
                "place": line(values, "NOI_SINH_CON", _DELIVERY["place"]),
                "attendant": line(values, "NGUOI_DO_DE", _DELIVERY["attendant"]),
                "certificate_number": certificate_number(row),
            }
        )
    return found


def certificate_number(row: Row) -> str:
    """Number and book of a birth paper, which together identify it."""
    parts = [text for name in ("SO", "QUYEN_SO") if (text := line(row.values, name))]
    return "/".join(parts)[: _DELIVERY["certificate_number"]]


def _yes_no(values: Mapping[str, str], name: str) -> str:
    value = number(values, name, 3, 0)
    return "" if value is None else "yes" if value else "no"
