"""A claim as columns of a visit and of its lists. Pure: no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ehr.claims.claim import Claim, Row
from ehr.claims.record.lookups import Lookups
from ehr.claims.record.texts import day, limits, line, measured, minute, number, prose
from ehr.claims.values import split_list
from ehr.records.models import ClinicalNote, Diagnosis, Encounter, LabResult, Medication, Procedure

Columns = dict[str, Any]

_ENCOUNTER, _DRUG, _SERVICE, _NOTE = (limits(model) for model in (Encounter, Medication, Procedure, ClinicalNote))
_LAB, _ILLNESS = limits(LabResult), limits(Diagnosis)

#: Column of the visit ← columns of XML1 or XML0; the first with a value counts. What only 4210 has stands last.
_LINES = tuple(
    (attname, names, _ENCOUNTER[attname])
    for attname, names in (
        ("care_class", ("MA_LOAI_KCB",)),
        ("payment_code", ("MA_DOITUONG_KCB",)),
        ("admission_route", ("MA_LYDO_VVIEN",)),
        ("outcome_code", ("KET_QUA_DTRI",)),
        ("discharge_code", ("MA_LOAI_RV", "TINH_TRANG_RV")),
        ("department_code", ("MA_KHOA",)),
        ("referred_from", ("MA_NOI_DI", "MA_NOI_CHUYEN")),
        ("referred_to", ("MA_NOI_DEN",)),
        ("referral_number", ("GIAY_CHUYEN_TUYEN",)),
        ("record_number", ("MA_HSBA",)),
        ("patient_number", ("MA_BN",)),
        ("patient_address", ("DIA_CHI",)),
    )
)
_PROSE = (
    ("visit_reason", "LY_DO_VV"), ("diagnosis_in", "CHAN_DOAN_VAO"), ("treatment", "PP_DIEU_TRI"),
    ("advice", "GHI_CHU"),
)  # fmt: skip
#: MA_NHOM of services that are clinical events; exams, beds and transport stay in the claim.
_CLINICAL = frozenset(("1", "2", "3", "8", "18"))
_RESULTS = frozenset(("1", "2", "3"))
_OPERATIONS = frozenset(("8", "18"))
_CHECKS = frozenset(("15", "16"))
_EXAM = "13"
_MOST_DIAGNOSES = 13  # the main one and twelve others
#: Chapters of the common list of services (Circular 23/2024/TT-BYT): what the printed form has a line of its own for.
_HAEMATOLOGY, _BIOCHEMISTRY, _IMAGING = "22.", "23.", "18."


def visit_day(claim: Claim) -> dt.date | None:
    """The day the visit began; when that cannot be read, the day it ended."""
    main = claim.main
    if main is None:
        return None
    return day(main.values, "NGAY_VAO") or day(main.values, "NGAY_RA")


def list_day(claim: Claim) -> dt.date | None:
    """The day whose code lists hold (NGAY_RA); of an open visit the day it began."""
    main = claim.main
    return day(main.values, "NGAY_RA") or visit_day(claim) if main is not None else None


def encounter_columns(claim: Claim, row: Row, lookups: Lookups, *, on: dt.date) -> Columns:
    """Columns of the visit but for person, status and source. `on`: the day of the visit."""
    values = row.values
    columns: Columns = {"exam_date": on}
    for attname, names, limit in _LINES:
        columns[attname] = next((text for name in names if (text := line(values, name, limit))), "")
    for attname, name in _PROSE:
        columns[attname] = prose(values, name)
    started, ended = minute(values, "NGAY_VAO"), minute(values, "NGAY_RA")
    columns |= {
        "started_at": started, "ended_at": ended, "admitted_at": minute(values, "NGAY_VAO_NOI_TRU"),
        "visit_start_date": day(values, "NGAY_VAO"), "visit_end_date": day(values, "NGAY_RA"),
        "kind": "check" if columns["care_class"] in _CHECKS else "visit",
        "admission_reason": _with_code(prose(values, "LY_DO_VNT"), line(values, "MA_LY_DO_VNT")),
        "injury_code": "" if line(values, "MA_TAI_NAN") == "0" else line(values, "MA_TAI_NAN", 2),
        "weight_kg": _weight(values),
    }  # fmt: skip
    columns |= _doctor(claim)
    code = line(values, "MA_CSKCB") or claim.facility
    known = lookups.facility(code, on)
    columns["facility_id"] = known[0] if known else None
    columns["facility_name"] = "" if known else f"Cơ sở khám, chữa bệnh mã {code}"[:150] if code else ""
    columns["visit_link_code"] = claim.ma_lk[: _ENCOUNTER["visit_link_code"]]
    return columns


def _with_code(text: str, code: str) -> str:
    return f"{text} ({code})" if text and code else text or code


def _weight(values: Mapping[str, str]) -> Any:
    kilos = number(values, "CAN_NANG", 5, 2)
    return kilos if kilos and 0 < kilos <= 300 else None


def _doctor(claim: Claim) -> Columns:
    """The doctor of the exam by licence number, and by name where the discharge paper gives it."""
    lines = claim.rows("XML3")
    exam = next((row for row in lines if line(row.values, "MA_NHOM") == _EXAM), None)
    rows = [exam] if exam else [*claim.rows("XML2")[:1], *lines[:1]]
    code = next((text for row in rows if (text := line(row.values, "MA_BAC_SI", _ENCOUNTER["doctor_code"]))), "")
    papers = claim.rows("XML7")
    name = line(papers[0].values, "TEN_BS", _ENCOUNTER["examining_doctor"]) if papers else ""
    return {"doctor_code": code.split(";")[0], "examining_doctor": name}


def diagnosis_codes(row: Row) -> list[str]:
    """Codes of the main disease and of the others, each once, as written but in capitals."""
    values = row.values
    found = [line(values, "MA_BENH_CHINH") or line(values, "MA_BENH")]
    for name in ("MA_BENH_KT", "MA_BENHKHAC"):
        if values.get(name):
            found += split_list(line(values, name))
    return [code for code in dict.fromkeys(text.upper() for text in found) if code][:_MOST_DIAGNOSES]


def diagnoses(row: Row, lookups: Lookups, *, on: dt.date) -> list[Columns]:
    """The text of the diagnosis stands with the main disease; codes of traditional medicine beside those of ICD-10."""
    values = row.values
    text = prose(values, "CHAN_DOAN_RV") or prose(values, "TEN_BENH")
    traditional = split_list(line(values, "MA_BENH_YHCT")) if values.get("MA_BENH_YHCT") else []
    found = []
    for position, code in enumerate(diagnosis_codes(row)):
        known = lookups.disease(code, on)
        fits = len(code) <= _ILLNESS["icd10_code"]
        found.append(
            {
                "position": position,
                "icd10_id": known.key if known else None,
                "icd10_code": code if fits else "",
                "icd10_version": known.version if known else "",
                "name": known.name if known else "" if fits else code[: _ILLNESS["name"]],
                "conclusion": text if not position else "",
                "traditional_code": traditional[position][: _ILLNESS["traditional_code"]]
                if position < len(traditional)
                else "",
            }
        )
    if not found and (text or traditional):
        found.append(
            {
                "position": 0, "icd10_id": None, "icd10_code": "", "icd10_version": "", "name": "", "conclusion": text,
                "traditional_code": traditional[0][: _ILLNESS["traditional_code"]] if traditional else "",
            }
        )  # fmt: skip
    if len(traditional) > len(found) > 0:
        rest = "; ".join(traditional[len(found) - 1 :])
        found[-1]["traditional_code"] = rest[: _ILLNESS["traditional_code"]]
    return found


def medications(claim: Claim) -> list[Columns]:
    """Drugs of XML2 in their order."""
    found = []
    for position, row in enumerate(claim.rows("XML2")):
        values = row.values
        code, name = line(values, "MA_THUOC", _DRUG["drug_code"]), line(values, "TEN_THUOC", _DRUG["name"])
        ordered = minute(values, "NGAY_YL")
        found.append(
            {
                "position": position,
                "drug_code": code,
                "name": name or code or "Không ghi tên",
                "strength": line(values, "HAM_LUONG", _DRUG["strength"]),
                "dose_form": line(values, "DANG_BAO_CHE", _DRUG["dose_form"]),
                "unit": line(values, "DON_VI_TINH", _DRUG["unit"]),
                "route_code": line(values, "DUONG_DUNG", _DRUG["route_code"]),
                "dosage": prose(values, "LIEU_DUNG"),
                "instruction": prose(values, "CACH_DUNG"),
                "quantity": number(values, "SO_LUONG", 13, 3),
                "registration_number": line(values, "SO_DANG_KY", _DRUG["registration_number"]),
                "prescribed_at": ordered,
                "dispensed_at": minute(values, "NGAY_TH_YL") or ordered,
                "prescriber_code": line(values, "MA_BAC_SI", _DRUG["prescriber_code"]),
                "programme": line(values, "NGUON_CTRA") == "3",
            }
        )
    return found


def procedures(claim: Claim, row: Row) -> list[Columns]:
    """Services that are clinical events. Operation codes of XML1 that no line repeats are lines of their own."""
    found: list[Columns] = []
    for each in claim.rows("XML3"):
        values = each.values
        group = line(values, "MA_NHOM")
        if group not in _CLINICAL or values.get("MA_VAT_TU", "").strip():
            continue
        operation = group in _OPERATIONS
        code, name = line(values, "MA_DICH_VU", _SERVICE["code"]), line(values, "TEN_DICH_VU", _SERVICE["name"])
        anaesthesia = line(values, "PP_VO_CAM")
        found.append(
            {
                "position": len(found),
                "group": group,
                "code": code,
                "name": name or code or "Không ghi tên",
                "icd9_code": line(values, "MA_PTTT_QT", _SERVICE["icd9_code"]) if operation else "",
                "body_site": line(values, "VI_TRI_TH_DVKT", _SERVICE["body_site"]) if operation else "",
                "anaesthesia": anaesthesia if operation and anaesthesia in ("1", "2", "3", "4") else "",
                "quantity": number(values, "SO_LUONG", 13, 3),
                "ordered_at": minute(values, "NGAY_YL"),
                "performed_at": minute(values, "NGAY_TH_YL") or minute(values, "NGAY_KQ"),
                "performer_code": line(values, "NGUOI_THUC_HIEN", 255) or line(values, "MA_BAC_SI", 255),
            }
        )
    return _with_operations(found, line(row.values, "MA_PTTT_QT"))


def _with_operations(found: list[Columns], written: str) -> list[Columns]:
    if not written:
        return found
    told = {code for each in found for code in split_list(each["icd9_code"])}
    rest = [code for code in split_list(written) if code not in told]
    for each in found:  # 4210 says the codes only here
        if rest and each["group"] in _OPERATIONS and not each["icd9_code"]:
            each["icd9_code"] = rest.pop(0)[: _SERVICE["icd9_code"]]
    for code in rest:
        base = dict.fromkeys(("code", "body_site", "anaesthesia", "performer_code"), "")
        empty = dict.fromkeys(("quantity", "ordered_at", "performed_at"))
        name = f"Phẫu thuật, thủ thuật mã ICD-9-CM {code}"[:1024]
        found.append({**base, **empty, "position": len(found), "group": "8", "name": name,
                      "icd9_code": code[: _SERVICE["icd9_code"]]})  # fmt: skip
    return found


def results(claim: Claim, groups: Mapping[str, int]) -> list[Columns]:
    """Results of XML4. A value stays as it was written; a number and its unit are kept beside it where they are sure. A
    copy of the value in the description is not a second result; results that are not there yet come with a later
    version. `groups`: keys of lab-group."""
    rows = claim.rows("XML4")
    if not rows:
        return []
    services = {line(row.values, "MA_DICH_VU"): row.values for row in claim.rows("XML3")}
    found: list[Columns] = []
    for row in rows:
        values = row.values
        value, words, report = prose(values, "GIA_TRI"), prose(values, "KET_LUAN"), prose(values, "MO_TA")
        result = value or words or report
        if not result:
            continue
        code = line(values, "MA_DICH_VU", _LAB["service_code"])
        service = services.get(code, {})
        name = line(values, "TEN_CHI_SO", 255) or line(service, "TEN_DICH_VU", 255)
        figure, unit = measured(result) if value else (None, "")
        given = line(values, "DON_VI_DO", _LAB["unit"])
        if given and unit and given.lower() != unit.lower():
            figure = None  # two units: which one the number has is not sure
        group = line(service, "MA_NHOM") or ("2" if code.startswith(_IMAGING) else "1")
        found.append(
            {
                "position": len(found),
                "group_id": groups[_printed_group(code, group, f"{name} {service.get('TEN_DICH_VU', '')}".lower())],
                "service_code": code,
                "service_group": group if group in _RESULTS else "1",
                "service_name": name or line(values, "MA_CHI_SO", 255),
                "loinc_id": None,
                "result": result,
                "value": figure,
                "unit": given or unit[: _LAB["unit"]],
                "index_code": line(values, "MA_CHI_SO", _LAB["index_code"]),
                "description": report if report != result else "",
                "conclusion": words if words not in (result, report) else "",
                "resulted_at": minute(values, "NGAY_KQ"),
            }
        )
    return found


def _printed_group(code: str, group: str, name: str) -> str:
    """The line of the printed form to which a result belongs, "other" where that is not sure."""
    if group == "1" and code.startswith(_HAEMATOLOGY):
        return "haematology"
    if group == "1" and code.startswith(_BIOCHEMISTRY):
        return "urine_chemistry" if "niệu" in name or "nước tiểu" in name else "blood_chemistry"
    if group == "2" and "siêu âm" in name and "bụng" in name:
        return "abdominal_ultrasound"
    return "other"


def notes(claim: Claim) -> list[Columns]:
    """What was written down during the stay; empty parts are left out, empty lines as a whole."""
    found: list[Columns] = []
    for row in claim.rows("XML5"):
        values = row.values
        texts = {
            "progress": prose(values, "DIEN_BIEN_LS") or prose(values, "DIEN_BIEN"),
            "stage": prose(values, "GIAI_DOAN_BENH"),
            "consultation": prose(values, "HOI_CHAN"), "operation": prose(values, "PHAU_THUAT"),
        }  # fmt: skip
        if any(texts.values()):
            written = minute(values, "THOI_DIEM_DBLS") or minute(values, "NGAY_YL")
            author = line(values, "NGUOI_THUC_HIEN", _NOTE["author_code"])
            found.append({"position": len(found), "written_at": written, "author_code": author, **texts})
    return found
