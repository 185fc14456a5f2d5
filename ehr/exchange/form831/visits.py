"""Section D and DANHSACHHOSOKHAMCHUABENH, both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ehr.common.text import plain
from ehr.exchange.form831.layout import Data, part, rows, text
from ehr.exchange.form831.words import NBSP, YES_NO, Taker, text_of
from ehr.records.facts import codes_of
from ehr.records.sections import d

TEXTS = {
    "MA_LK": "visit_link_code", "MABACSI": "doctor_code", "BACSIKHAM": "examining_doctor",
    "LYDOKHAM": "visit_reason", "BENHSU": "present_illness", "MATPHAI": "vision_right_uncorrected",
    "MATTRAI": "vision_left_uncorrected", "KHAMNIEMMAC": "exam_skin_mucosa", "KHAMTOANTHANKHAC": "exam_general_other",
    "KHAMTIMMACH": "organ_cardiovascular", "KHAMHOHAP": "organ_respiratory", "KHAMTIEUHOA": "organ_digestive",
    "KHAMTIETNIEU": "organ_urinary", "KHAMCOXUONGKHOP": "organ_musculoskeletal", "KHAMNOITIET": "organ_endocrine",
    "KHAMTHANKINH": "organ_neurological", "KHAMTAMTHAN": "organ_mental", "KHAMNGOAIKHOA": "organ_surgical",
    "KHAMPHUKHOA": "organ_obgyn", "KHAMTAIMUIHONG": "organ_ent", "KHAMRHM": "organ_dental", "KHAMMAT": "organ_eye",
    "KHAMDALIEU": "organ_dermatology", "KHAMDINHDUONG": "organ_nutrition", "KHAMVANDONG": "organ_motor",
    "KHAC": "organ_other", "TC_TT_VD": "development_assessment", "TUVAN": "advice",
}  # fmt: skip
DATES = {"NGAYKHAM": "exam_date", "NGAYBATDAU": "visit_start_date", "NGAYKETTHUC": "visit_end_date"}
WHOLE = {"MACH": "pulse", "HUYETAPTT": "bp_systolic", "HUYETAPTD": "bp_diastolic", "NHIPTHO": "respiratory_rate"}
NUMBERS = {"NHIETDO": "temperature", "CHIEUCAO": "height_cm", "CANNANG": "weight_kg", "VONGBUNG": "waist_cm"}
GLASSES = {"yes": "1", "no": "0"}
SKIN = "KHAMDA"
_SEVERAL = re.compile(r"\s*[;,/+]\s*|\s+và\s+")
_ICD = re.compile(r"[A-Z]\d{2}(?:\.?\d{1,2})?[*†+]?", re.IGNORECASE)


# --- Out -------------------------------------------------------------------------------------------------------------


def write(values: Mapping[str, Any]) -> Data:
    """One visit as `facts.section_d` gives it."""
    data: Data = {tag: text_of(values.get(name)) for tag, name in (DATES | WHOLE | NUMBERS | TEXTS).items()}
    data["CHISOBMI"] = text_of(values.get("bmi"))
    data["SUDUNGKINH"] = YES_NO.get(values.get("uses_glasses") or "", "")
    data["CANLAMSANG"] = {"DICHVU": [_lab(row) for row in values.get("labs", ())]}
    data["CHANDOANKETLUAN"] = {
        "CHANDOANBENH": [
            {"MABENH": row.icd10_code, "TENBENH": row.name, "KETLUAN": row.conclusion}
            for row in values.get("diagnoses", ())
        ]
    }
    return data


def _lab(row: Any) -> Data:
    """A printed line of the paper goes out under the name of its group; a unit stands behind its result."""
    return {
        "MADICHVU": row.service_code,
        "MANHOM": row.service_group,
        "TENDICHVU": row.service_name or row.group.name,
        "KETQUA": f"{row.result}{NBSP}{row.unit}" if row.unit else row.result,
    }


# --- In --------------------------------------------------------------------------------------------------------------


def read(data: Mapping[str, Any], taker: Taker) -> dict[str, Any]:
    """Field codes of one visit with its lists `labs` and `diagnoses`. Without a day there is no visit: {}."""
    values: dict[str, Any] = {name: value for tag, name in TEXTS.items() if (value := text(data, tag))}
    for tag, name in DATES.items():
        values[name] = taker.date(name, tag, text(data, tag))
    values["exam_date"] = values["exam_date"] or values["visit_start_date"] or values["visit_end_date"]
    for tag, name in WHOLE.items():
        values[name] = taker.whole(name, tag, text(data, tag))
    for tag, name in NUMBERS.items():
        values[name] = taker.number(name, tag, text(data, tag))
    values["uses_glasses"] = taker.choice("uses_glasses", "SUDUNGKINH", text(data, "SUDUNGKINH"), _flipped(GLASSES))
    if skin := text(data, SKIN):  # one line on paper, two tags
        mucosa = values.get("exam_skin_mucosa")
        values["exam_skin_mucosa"] = f"{skin}; {mucosa}" if mucosa and mucosa != skin else skin
    values = {name: value for name, value in values.items() if value not in ("", None)}
    if "exam_date" not in values:
        if values:
            taker.note(
                "exam_date", "visit_without_day", "Một lượt khám không có ngày khám đọc được: không nhận lượt này."
            )
        return {}
    labs = [_read_lab(row, taker) for row in rows(part(data, "CANLAMSANG"), "DICHVU")]
    values["labs"] = [lab for lab in labs if lab["result"]]
    if len(values["labs"]) < len(labs):
        message = f"{len(labs) - len(values['labs'])} dịch vụ cận lâm sàng không có kết quả: không nhận."
        taker.note("labs", "no_result", message, "info")
    found = rows(part(data, "CHANDOANKETLUAN"), "CHANDOANBENH")
    values["diagnoses"] = [line for row in found for line in _diagnoses(row)]
    return values


def _flipped(words: Mapping[str, str]) -> dict[str, str]:
    return {value: name for name, value in words.items()}


def _read_lab(row: Data, taker: Taker) -> dict[str, Any]:
    """Trap 11: the four groups of the paper are told by their names only."""
    name, number = text(row, "TENDICHVU"), text(row, "MANHOM")
    groups = {plain(code.name): key for key, code in codes_of("lab-group").items()}
    group = groups.get(plain(name)) if not text(row, "MADICHVU") else None
    result, _, unit = text(row, "KETQUA").partition(NBSP)
    return {
        "group": group or "other",
        "service_name": "" if group else name,
        "service_code": text(row, "MADICHVU"),
        "service_group": taker.choice("service_group", "MANHOM", number, {"1": "1", "2": "2", "3": "3"}),
        "result": result,
        "unit": unit,
    }


def _diagnoses(row: Data) -> list[dict[str, str]]:
    """Trap 7: several ICD-10 codes in one row, with as many names beside them or one text for all."""
    code, name, conclusion = (text(row, tag) for tag in ("MABENH", "TENBENH", "KETLUAN"))
    codes = [part for part in _SEVERAL.split(code) if part]
    if len(codes) < 2 or not all(_ICD.fullmatch(part) for part in codes):
        return [{"icd10_code": code, "name": name, "conclusion": conclusion}] if code or name or conclusion else []
    names = [part.strip() for part in name.split(";")]
    if len(names) != len(codes):
        names = [name] + [""] * (len(codes) - 1)
    return [
        {"icd10_code": each, "name": names[at], "conclusion": conclusion if not at else ""}
        for at, each in enumerate(codes)
    ]


KEPT = frozenset([*TEXTS.values(), *DATES.values(), *WHOLE.values(), *NUMBERS.values(), "uses_glasses", "bmi"])
#: Fields of a visit that the exchange has no tag for.
LOST = tuple(code for code, store in (d.STORES | d.EXTRA_STORES).items()
             if store.startswith("encounter.") and code not in KEPT)  # fmt: skip
