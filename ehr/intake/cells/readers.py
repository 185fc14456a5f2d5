"""Which reader reads the column of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehr.intake.cells import choices, dates, measures, numbers, texts
from ehr.intake.cells.read import Read, Reader, changed, guarded, refused, text_of
from ehr.intake.cells.words import own_list
from ehr.intake.files import Cell
from ehr.intake.values import DATES
from ehr.records.facts import TICKS
from ehr.records.sections import SECTION_B, SECTION_D

if TYPE_CHECKING:
    from ehr.intake.places import Places

COUNTS = frozenset(
    item.code for item in SECTION_B.items() if item.kind == "int" and item.code != "risk_alcohol_glasses_per_day"
)
WHOLE = COUNTS | {"pulse", "bp_systolic", "bp_diastolic", "respiratory_rate", "dose_number", "pregnancy_month"}
DECIMALS = frozenset(
    ["birth_length_cm", "risk_alcohol_glasses_per_day", "temperature", "weight_kg", "height_cm", "waist_cm"]
)
TRI_STATES = frozenset(["birth_preterm", "birth_asphyxia", "risk_smoking_quit", "risk_alcohol_quit", "risk_drug_quit"])
CODED = {  # field: (list of words, what it is called)
    "ethnicity": ("ethnicity", "Dân tộc", "error"),
    "nationality": ("country", "Quốc tịch", "error"),
    "religion": ("religion", "Tôn giáo", "warning"),
    "occupation": ("occupation", "Nghề nghiệp", "warning"),
    "relation_to_head": ("relation-831", "Quan hệ với chủ hộ", "error"),
    "relative_relation_code": ("relation-831", "Quan hệ", "error"),
    "id_missing_reason": ("id-missing-reason", "Lý do", "warning"),
}
OWN = {
    "sex": ("sex", "Giới tính", "error"),
    "household_toilet_type": ("toilet", "Loại hố xí", "warning"),
    "birth_delivery_mode": ("delivery", "Cách đẻ", "error"),
    "residence": ("residence", "Tình trạng cư trú", "warning"),
    "blood_group_rh": ("rh", "Hệ Rh", "error"),
    "uses_glasses": ("glasses", "Đeo kính", "error"),
}
NAMES = frozenset(
    ["full_name", "mother_name", "father_name", "caregiver_name", "head_name", "examining_doctor", "staff_name"]
)
LENGTHS = {
    "id_issue_place": 150, "caregiver_relation": 60, "current_address_detail": 200, "permanent_address_detail": 200,
    "permanent_address": 300, "moved_out_to": 200, "lot_number": 40, "facility_name": 150, "vaccine": 150,
    "vaccine_status": 60, "kind": 60, "reaction": 200, "doctor_code": 50, "full_name:family": 90,
    "full_name:given": 30, "diagnosis_icd10_code": 100,
}  # fmt: skip
ADDRESS_PARTS = frozenset(
    [
        "permanent_village",
        "permanent_village_code",
        "permanent_commune",
        "permanent_district",
        "permanent_province",
        "current_district",
    ]
)
ANSWERS = {  # free answers of section B, with the length of their column
    "risk_exposure_duration": 100, "contraception_method": 150, "last_pregnancy": 60,
}  # fmt: skip


def reader_for(field: str, places: Places) -> Reader:
    """The reader of the column of `field`, a field code or one of the parts of headers.csv; made once per column.

    Raises KeyError for a field that no column can have."""
    return guarded(_own(field, places))


def _own(field: str, places: Places) -> Reader:
    if made := _MADE.get(field):
        return made
    if made := _of_places(field, places):
        return made
    if field in DATES:
        return dates.read_day
    if field in WHOLE or field in DECIMALS:
        return measures.number_reader(field, whole=field in WHOLE)
    if field in CODED:
        name, what, level = CODED[field]
        return choices.word_reader(field, places.words(name), what, level=level)
    if field in OWN:
        name, what, level = OWN[field]
        return choices.word_reader(field, own_list(name), what, level=level)
    if field in NAMES:
        return texts.name_reader(field)
    if field in LENGTHS:
        return texts.text_reader(field, LENGTHS[field])
    if field.startswith("vision_"):
        return measures.vision_reader(field)
    if field[:3] in ("c1_", "c2_", "c3_"):
        return _read_dose
    if field in SECTION_B.names or field.removesuffix("_person") in SECTION_B.names:
        return _section_b(field)
    if field in SECTION_D.names:
        return texts.text_reader(field, 4000, lines=True)
    raise KeyError(field)


def _of_places(field: str, places: Places) -> Reader | None:
    """Readers that know the commune."""
    if field == "current_village_code":
        return places.villages.read
    if field == "current_commune":
        return places.units.read_commune
    if field == "current_province":
        return places.units.read_own_province
    if field == "birth_registration_province":
        return places.units.read_birth_province
    return places.read_text if field in ADDRESS_PARTS else None


def _section_b(field: str) -> Reader:
    if field.endswith("_person"):
        return texts.text_reader(field, 150)
    if field in TICKS and field.startswith("family_disease_"):
        return choices.family_reader(field, f"{field}_person")
    if field in TICKS or field in TRI_STATES:
        return choices.tick_reader(field)
    return texts.answer_reader(field, ANSWERS.get(field, 2000), lines=field == "surgery_history")


def _read_dose(cell: Cell) -> Read:
    """A printed row of section C: the day of the dose, "given" (no date), "not_given" or "unknown"."""
    if isinstance(cell, (str, bool)) or cell in (0, 1):
        found = (
            own_list("vaccination").find(text_of(cell))
            if not isinstance(cell, bool)
            else ("given" if cell else "not_given", "")
        )
        if found:
            return found[0], None
    value, more = dates.read_day(cell)
    if value is None and more is not None and any(code == "date.format" for _, code, _, _ in more.problems):
        return refused("dose.format", "Ghi ngày tiêm (ngày/tháng/năm), x nếu đã tiêm nhưng không rõ ngày, hoặc chưa.")
    return value, more


def _read_icd10(cell: Cell) -> Read:
    text = " ".join(text_of(cell).split()).upper()
    return (text, None) if text == text_of(cell) else changed(text, "Viết hoa, bỏ khoảng trắng.")


def _read_visit_text(cell: Cell) -> Read:
    value, more = texts.text_reader("finding", 4000, lines=True)(cell)
    if isinstance(value, str) and value.lower().rstrip(".") in ("bt", "b.t", "bthường", "bình thường", "bt."):
        return (value, more) if value == "Bình thường" else changed("Bình thường", "Viết đủ chữ.")
    return value, more


def _read_relative_number(cell: Cell) -> Read:
    value, more = numbers.read_identity(cell)
    if value is None or (value.isdigit() and len(value) in (9, 12)):
        return value, more
    value, more = numbers.finish_identity(value, "", None)
    return value, more


_MADE: dict[str, Reader] = {
    "household_code": texts.read_code_text,
    "population_member_code": texts.read_code_text,
    "birth_certificate_number": texts.read_code_text,
    "visit_link_code": texts.read_code_text,
    "birth_date": dates.read_birth,
    "birth_date:day": dates.part_reader("day"),
    "birth_date:month": dates.part_reader("month"),
    "birth_date:year": dates.part_reader("year"),
    "sex:male": choices.side_reader("male"),
    "sex:female": choices.side_reader("female"),
    "id_number": numbers.read_identity,
    "id_number:cmnd": numbers.read_identity,
    "person_identifier": numbers.read_identity,
    "relative_identifier": _read_relative_number,
    "health_insurance_number": numbers.read_insurance,
    "social_insurance_code": numbers.read_social,
    "vneid_account": texts.answer_reader("vneid_account", 30),
    "blood_group": choices.read_blood,
    "blood_group_abo": choices.read_blood,
    "phone_mobile": numbers.phone_reader("phone_mobile"),
    "phone_landline": numbers.phone_reader("phone_landline"),
    "caregiver_phone_mobile": numbers.phone_reader("caregiver_phone_mobile"),
    "caregiver_phone_landline": numbers.phone_reader("caregiver_phone_landline"),
    "email": texts.read_email,
    "note": texts.read_note,
    "risk_smoking": choices.frequency_reader("risk_smoking"),
    "risk_alcohol": choices.frequency_reader("risk_alcohol", tri_state=True),
    "risk_drug": choices.frequency_reader("risk_drug"),
    "risk_physical_activity": choices.frequency_reader("risk_physical_activity"),
    "birth_delivery_mode:vaginal": choices.tick_reader("birth_delivery_mode"),
    "birth_delivery_mode:caesarean": choices.tick_reader("birth_delivery_mode"),
    "relative_is_guardian": choices.tick_reader("relative_is_guardian"),
    "mother_tetanus_dose_count": measures.number_reader("mother_tetanus_dose_count", whole=True),
    "bp": measures.read_pressure,
    "bmi": lambda cell: (None, None),  # computed from weight and height
    "diagnosis_icd10_code": _read_icd10,
    **{
        item.code: _read_visit_text
        for item in SECTION_D.items()
        if item.code.startswith(("organ_", "exam_skin", "exam_general"))
    },
}
