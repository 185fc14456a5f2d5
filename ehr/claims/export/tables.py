"""A visit entered here as the tables of the 130 family, priced by the list of its facility. What neither knows stays
empty: the rules then say by name what is missing, and nothing is made up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ehr.claims.claim import Claim, Row
from ehr.claims.export.visits import Visit, paper_of
from ehr.claims.prices.bill import Bill, bill_of, ordered_at
from ehr.claims.prices.listed import PriceList
from ehr.claims.spec import ROUTES_CHANGED, Standard, code_list, table
from ehr.claims.values import VIETNAM, When
from ehr.claims.xml.write import Given, row_texts
from ehr.common.dates import PartialDate, Precision
from ehr.common.validity import is_valid_on
from ehr.records.models import CareDocument, Identifier
from stations.models import AdminUnit

Values = dict[str, Given]
OWN_KEY = "HSSK"  # behind the facility's code in keys that we give ourselves
_FACILITY = re.compile(r"[0-9A-Z]{5}")
_RH = {"pos": "+", "neg": "-"}
_YES_NO = {"yes": 1, "no": 0}
_SAME_DAY = ("01", "07", "09")  # MA_LOAI_KCB without a day of treatment
#: Kinds of care after which a summary of the record is written (XML8).
_SUMMARISED = ("03", "04", "06")
_REFERRED = ("2", "5")  # MA_LOAI_RV
#: Headings of stored papers → columns.
_SUMMARY = {
    "Quá trình bệnh lý": "QT_BENHLY", "Tóm tắt kết quả cận lâm sàng": "TOMTAT_KQ",
    "Phương pháp điều trị": "PP_DIEUTRI", "Ghi chú": "GHI_CHU", "Người giám hộ": "NGUOI_GIAM_HO",
}  # fmt: skip
_REFERRAL = {
    "Dấu hiệu lâm sàng": "DAU_HIEU_LS", "Quá trình bệnh lý": "QT_BENHLY", "Hướng điều trị": "HUONG_DIEU_TRI",
    "Tóm tắt kết quả cận lâm sàng": "TOMTAT_KQ", "Tình trạng lúc chuyển": "TINH_TRANG_CT",
    "Phương tiện vận chuyển": "PHUONGTIEN_VC", "Số giấy chuyển đến trước đó": "GIAY_CHUYEN_TUYEN",
}  # fmt: skip
#: Columns of XML13 under the names that they had before Decision 3176.
_OLD_REFERRAL = {"MA_CSKCB_DI": "MA_NOI_DI", "MA_CSKCB_DEN": "MA_NOI_DEN", "TINH_TRANG_CT": "PP_DIEU_TRI"}
_REPEATED = ("HO_TEN", "NGAY_SINH", "GIOI_TINH", "DIA_CHI", "MA_THE_BHYT", "GT_THE_DEN", "NGAY_VAO", "NGAY_VAO_NOI_TRU",
             "NGAY_RA", "CHAN_DOAN_RV", "MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH_YHCT", "MA_TTDV")  # fmt: skip


def ma_lk_of(visit: Visit, facility: str) -> str:
    """The key of the visit within its facility: the code it was entered with, else one that its number gives, the same
    for ever."""
    return visit.encounter.visit_link_code or f"{facility}{OWN_KEY}{visit.encounter.pk:010d}"


def claim_of(
    visit: Visit, *, facility: str, standard: Standard, index: int, prices: PriceList | None = None
) -> tuple[Claim, Bill]:
    """The visit as a claim, its tables as far as they apply, and its bill with what it lacks."""
    key = ma_lk_of(visit, facility)
    general = _general(visit, facility, index)
    bill = bill_of(visit, prices or PriceList((), ()), card=str(general.get("MA_THE_BHYT") or ""))
    general |= bill.general
    general["MA_NGHE_NGHIEP"] = general["MA_NGHE_NGHIEP"] or bill.occupation
    general["SO_NGAY_DTRI"] = _days(str(general["MA_LOAI_KCB"]), visit.encounter.started_at, visit.encounter.ended_at)
    tables: dict[str, Sequence[Values]] = {
        "XML1": [general],
        "XML2": [_drug(visit, general, each) | bill.drugs.get(each.pk, {}) for each in visit.medications],
        "XML3": [_service(visit, general, each) for each in bill.services],
        "XML4": [_result(visit, each) for each in visit.labs if each.service_code or each.index_code],
        "XML5": [_note(each) for each in visit.notes],
        "XML8": _summary(visit, general),
        "XML9": [_birth(visit, each, general) for each in visit.deliveries],
        "XML13": _referral(visit, general, standard),
        "XML14": _appointments(visit, general),
    }
    claim = Claim(index, standard)
    for name, rows in tables.items():
        known = table(standard, name)
        if known is None or not rows:
            continue
        numbered = "STT" in known.columns and name != "XML1"
        claim.tables[name] = [
            Row(known, line, row_texts(_keyed(row, key, line if numbered else 0), standard, name))
            for line, row in enumerate(rows, 1)
        ]
    return claim, bill


def _keyed(row: Mapping[str, Given], key: str, line: int) -> Values:
    return {"MA_LK": key, **({"STT": line} if line else {}), **row}


# --- XML1 ------------------------------------------------------------------------------------------------------------


def _general(visit: Visit, facility: str, index: int) -> Values:
    encounter, person = visit.encounter, visit.person
    arrived, left = encounter.started_at, encounter.ended_at
    return {
        "STT": index,
        "MA_BN": encounter.patient_number or person.code,
        "HO_TEN": person.full_name,
        "SO_CCCD": _number(visit, "SDDCN", "FOREIGN_ID", "CMND9", "PASSPORT"),
        "NGAY_SINH": _birth_of(person),
        "GIOI_TINH": person.sex,
        "NHOM_MAU": f"{person.blood_group_abo}{_RH.get(person.blood_group_rh, '')}" if person.blood_group_abo else "",
        "MA_QUOCTICH": person.nationality.properties.get("claims_code", "") if person.nationality else "",
        "MA_DANTOC": person.ethnicity.code if person.ethnicity else "",
        "MA_NGHE_NGHIEP": _occupation(person),
        **_residence(visit),
        "DIEN_THOAI": person.phone_mobile or person.phone_landline,
        **_card(visit),
        "LY_DO_VV": encounter.visit_reason,
        "LY_DO_VNT": encounter.admission_reason,
        "CHAN_DOAN_VAO": encounter.diagnosis_in,
        **_diagnoses(visit),
        "MA_PTTT_QT": _joined(each.icd9_code for each in visit.procedures),
        "MA_DOITUONG_KCB": encounter.payment_code,
        "MA_NOI_DI": _code_of(encounter.referred_from),
        "MA_NOI_DEN": _code_of(encounter.referred_to),
        "MA_TAI_NAN": encounter.injury_code,
        "NGAY_VAO": arrived,
        "NGAY_VAO_NOI_TRU": encounter.admitted_at,
        "NGAY_RA": left,
        "GIAY_CHUYEN_TUYEN": encounter.referral_number,
        "PP_DIEU_TRI": encounter.treatment,
        "KET_QUA_DTRI": encounter.outcome_code,
        "MA_LOAI_RV": encounter.discharge_code,
        "GHI_CHU": encounter.advice,
        "NAM_QT": visit.day.year,
        "THANG_QT": f"{visit.day:%m}",
        "MA_LOAI_KCB": encounter.care_class,
        "MA_KHOA": encounter.department_code,
        "MA_CSKCB": facility,
        "CAN_NANG": encounter.weight_kg,
        "CAN_NANG_CON": _joined(str(each.weight_g) for each in visit.deliveries if each.weight_g),
        "NGAY_TAI_KHAM": _joined(f"{each.on:%Y%m%d}" for each in visit.appointments if each.state != "cancelled"),
        "MA_HSBA": encounter.record_number,
    }


def _joined(parts: Iterable[str]) -> str:
    return ";".join(dict.fromkeys(part for part in parts if part))


def _birth_of(person: Any) -> When | None:
    birth = PartialDate.of(person.birth_date, Precision(person.birth_precision))
    return When(birth) if birth is not None and birth.date is not None else None


def _number(visit: Visit, *kinds: str) -> str:
    """The first number of these kinds that was the person's on the day of the visit."""
    valid = [row for row in visit.numbers if is_valid_on(row, visit.day)]
    return next((row.value for kind in kinds for row in valid if row.kind == kind), "")


def card_of(visit: Visit) -> Identifier | None:
    """The card that paid on the day of the visit; a number that was replaced since counts too."""
    cards = [row for row in visit.numbers if row.kind == Identifier.Kind.INSURANCE_CARD and len(row.value) == 15]
    day = visit.day
    paying = [
        row for row in cards
        if (row.coverage_from or row.coverage_to)
        and (row.coverage_from is None or row.coverage_from <= day)
        and (row.coverage_to is None or day <= row.coverage_to)
    ]  # fmt: skip
    return next(iter([*paying, *(row for row in cards if is_valid_on(row, day))]), None)


def _card(visit: Visit) -> Values:
    """The card that paid, with its period."""
    found = card_of(visit)
    if found is None:
        return {}
    return {
        "MA_THE_BHYT": found.value,
        "MA_DKBD": found.primary_facility,
        "GT_THE_TU": found.coverage_from,
        "GT_THE_DEN": found.coverage_to,
    }


def _occupation(person: Any) -> str:
    """Claims take codes of five digits only."""
    code = person.occupation.code if person.occupation else ""
    return code if len(code) == 5 and code.isdigit() else ""


def _residence(visit: Visit) -> Values:
    """The address in words, and the units of the day: those of three levels for visits before July 2025."""
    person, day = visit.person, visit.day
    parts = [person.address_detail, person.village.name if person.village else "", person.commune.full_name,
             person.province.full_name]  # fmt: skip
    units: Values = {"MATINH_CU_TRU": person.province.code, "MAXA_CU_TRU": person.commune.code}
    if day < ROUTES_CHANGED:
        units = _old_units(person.village.old_commune if person.village else None)
    return {"DIA_CHI": visit.encounter.patient_address or ", ".join(part for part in parts if part), **units}


def _old_units(commune: AdminUnit | None) -> Values:
    district = commune.parent if commune is not None else None
    if commune is None or district is None or district.parent is None:
        return {}
    return {"MATINH_CU_TRU": district.parent.code, "MAHUYEN_CU_TRU": district.code, "MAXA_CU_TRU": commune.code}


def _diagnoses(visit: Visit) -> Values:
    codes = [each.icd10_code for each in visit.diagnoses if each.icd10_code]
    words = [f"{each.icd10_code} - {each.name}" if each.icd10_code and each.name else each.icd10_code or each.name
             for each in visit.diagnoses]  # fmt: skip
    return {
        "CHAN_DOAN_RV": "; ".join(part for part in words if part),
        "MA_BENH_CHINH": codes[0] if codes else "",
        "MA_BENH_KT": _joined(codes[1:]),
        "MA_BENH_YHCT": _joined(each.traditional_code for each in visit.diagnoses),
    }


def _code_of(place: str) -> str:
    """A facility named by its code; one that is named by words has no column."""
    code = place.split(" ")[0].strip()
    return code if _FACILITY.fullmatch(code) else ""


def _days(kind: str, arrived: dt.datetime | None, left: dt.datetime | None) -> int | None:
    """As rule CLM-T1-22 counts them."""
    if kind in _SAME_DAY:
        return 0
    if not kind or arrived is None or left is None:
        return None
    return (left.astimezone(VIETNAM).date() - arrived.astimezone(VIETNAM).date()).days + 1


# --- XML2 to XML5 ----------------------------------------------------------------------------------------------------


def _drug(visit: Visit, general: Values, row: Any) -> Values:
    return {
        "MA_THUOC": row.drug_code, "TEN_THUOC": row.name, "DON_VI_TINH": row.unit, "HAM_LUONG": row.strength,
        "DUONG_DUNG": row.route_code, "DANG_BAO_CHE": row.dose_form, "LIEU_DUNG": row.dosage,
        "CACH_DUNG": row.instruction, "SO_DANG_KY": row.registration_number, "SO_LUONG": row.quantity,
        "MA_KHOA": general["MA_KHOA"], "MA_BAC_SI": row.prescriber_code or visit.encounter.doctor_code,
        "NGAY_YL": row.prescribed_at or ordered_at(visit), "NGAY_TH_YL": row.dispensed_at,
    }  # fmt: skip


def _service(visit: Visit, general: Values, line: Values) -> Values:
    """A line of the bill with what all lines of the visit have."""
    main = next((each.icd10_code for each in visit.diagnoses if each.icd10_code), "")
    return {"MA_KHOA": general["MA_KHOA"], "MA_BAC_SI": visit.encounter.doctor_code, "MA_BENH": main, **line}


def _result(visit: Visit, row: Any) -> Values:
    """Who did the service read its result."""
    done = next((each for each in visit.procedures if each.code and each.code == row.service_code), None)
    reader = done.performer_code if done is not None else ""
    return {
        "MA_DICH_VU": row.service_code, "MA_CHI_SO": row.index_code, "TEN_CHI_SO": row.service_name,
        "GIA_TRI": row.result, "DON_VI_DO": row.unit, "MO_TA": row.description, "KET_LUAN": row.conclusion,
        "NGAY_KQ": row.resulted_at, "MA_BS_DOC_KQ": reader or visit.encounter.doctor_code,
    }  # fmt: skip


def _note(row: Any) -> Values:
    return {
        "DIEN_BIEN_LS": row.progress, "GIAI_DOAN_BENH": row.stage, "HOI_CHAN": row.consultation,
        "PHAU_THUAT": row.operation, "THOI_DIEM_DBLS": row.written_at, "NGUOI_THUC_HIEN": row.author_code,
    }  # fmt: skip


# --- Papers ----------------------------------------------------------------------------------------------------------


def _paper(visit: Visit, kind: str) -> CareDocument | None:
    return next((each for each in visit.papers if each.kind == kind), None)


def _sections(paper: CareDocument, columns: Mapping[str, str]) -> Values:
    return {columns[heading]: words for heading, words in paper.sections if heading in columns}


def _parents(visit: Visit) -> Values:
    names = {role: row.name for role, row in visit.relatives.items()}
    return {"HO_TEN_CHA": names.get("father", ""), "HO_TEN_ME": names.get("mother", "")}


def _summary(visit: Visit, general: Values) -> list[Values]:
    """XML8, after treatment with a bed where a summary was written."""
    paper = _paper(visit, CareDocument.Kind.SUMMARY)
    if paper is None or general["MA_LOAI_KCB"] not in _SUMMARISED:
        return []
    names = ("NGAY_VAO", "NGAY_RA", "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "KET_QUA_DTRI", "MA_LOAI_KCB", "MA_TTDV")
    repeated = {name: general[name] for name in names if name in general}
    return [{**repeated, **_parents(visit), **_sections(paper, _SUMMARY), "NGAY_CT": paper.issued_on}]


def _referral(visit: Visit, general: Values, standard: Standard) -> list[Values]:
    """XML13, when the person was sent on."""
    paper = _paper(visit, CareDocument.Kind.REFERRAL)
    if paper is None or visit.encounter.discharge_code not in _REFERRED:
        return []
    repeated = {name: general[name] for name in (*_REPEATED, "MA_CSKCB", "MA_QUOCTICH", "MA_DANTOC", "MA_NGHE_NGHIEP",
                                                 "MA_LOAI_RV") if name in general}  # fmt: skip
    number, _, record = paper.number.partition("/")
    row: Values = {
        **repeated,
        "SO_CHUYENTUYEN": number,
        "SO_HOSO": record or visit.encounter.record_number,
        "GIAY_CHUYEN_TUYEN": general["GIAY_CHUYEN_TUYEN"] or number,
        "MA_LYDO_CT": _reason(dict(paper.sections).get("Lý do chuyển", "")),
        "MA_CSKCB_DEN": general["MA_NOI_DEN"] or _code_of(paper.to_facility),
        "MA_CSKCB_DI": general["MA_NOI_DI"],
        "PP_DIEUTRI": general["PP_DIEU_TRI"],
        "MA_BAC_SI": visit.encounter.doctor_code,
        **_sections(paper, _REFERRAL),
    }
    if standard is Standard.QD4750:
        row = {_OLD_REFERRAL.get(name, name): value for name, value in row.items()}
    return [row]


def _reason(words: str) -> str:
    """The code of a reason for referral, which the paper has in words."""
    known = code_list("MA_LYDO_CT", Standard.QD3176)
    codes = known.codes if known is not None else {}
    return next((code for code, row in codes.items() if words in (code, row.label)), "")


def _appointments(visit: Visit, general: Values) -> list[Values]:
    """XML14: the paper of the next appointment; one for each visit."""
    paper = _paper(visit, CareDocument.Kind.FOLLOW_UP)
    coming = [each for each in visit.appointments if each.state != "cancelled"]
    if not coming:
        return []
    repeated = {name: general[name] for name in (*_REPEATED, "MA_CSKCB", "MA_DOITUONG_KCB") if name in general}
    return [
        {
            **repeated,
            "SO_GIAYHEN_KL": coming[0].number or (paper.number if paper else ""),
            "NGAY_HEN_KL": coming[0].on,
            "MA_BAC_SI": visit.encounter.doctor_code,
            "NGAY_CT": paper.issued_on if paper and paper.issued_on else visit.day,
        }
    ]


def _birth(visit: Visit, row: Any, general: Values) -> Values:
    """XML9: one row per child; the mother is the person of the visit."""
    number, _, book = row.certificate_number.partition("/")
    identity = next((each for each in visit.numbers if each.kind == "SDDCN" and is_valid_on(each, visit.day)), None)
    card = str(general.get("MA_THE_BHYT") or "")
    paper = paper_of(row, visit.papers)
    written = dict(paper.sections) if paper is not None else {}
    return {
        "MA_BHXH_NND": _number(visit, "BHXH_NO") or card[-10:],
        "MA_THE_NND": card,
        "HO_TEN_NND": general["HO_TEN"],
        "NGAYSINH_NND": general["NGAY_SINH"],
        "MA_DANTOC_NND": general["MA_DANTOC"],
        "SO_CCCD_NND": general["SO_CCCD"],
        "NGAYCAP_CCCD_NND": identity.issued_on if identity else None,
        "NOICAP_CCCD_NND": identity.issued_by if identity else "",
        "NOI_CU_TRU_NND": general["DIA_CHI"],
        **{name: general[name] for name in ("MA_QUOCTICH", "MATINH_CU_TRU", "MAHUYEN_CU_TRU", "MAXA_CU_TRU", "MA_TTDV")
           if name in general},
        "HO_TEN_CHA": written.get("Cha", ""),
        "MA_THE_TAM": written.get("Thẻ BHYT tạm của con", ""),
        "HO_TEN_CON": row.child_name,
        "GIOI_TINH_CON": row.child_sex,
        "SO_CON": row.children_born,
        "LAN_SINH": row.parity,
        "SO_CON_SONG": row.living_children,
        "CAN_NANG_CON": row.weight_g,
        "NGAY_SINH_CON": row.born_at or row.born_on,
        "NOI_SINH_CON": row.place,
        "TINH_TRANG_CON": row.child_state,
        "SINHCON_PHAUTHUAT": _YES_NO.get(row.caesarean),
        "SINHCON_DUOI32TUAN": _YES_NO.get(row.under_32_weeks),
        "GHI_CHU": written.get("Ghi chú", ""),
        "NGUOI_DO_DE": row.attendant,
        "NGUOI_GHI_PHIEU": written.get("Người ghi phiếu", ""),
        "NGAY_CT": paper.issued_on if paper else None,
        "SO": number,
        "QUYEN_SO": book,
    }  # fmt: skip
