"""Requests shown in the description. The people are invented."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample


def _example(name: str, value: dict) -> list[OpenApiExample]:
    return [OpenApiExample(name, value=value, request_only=True)]


NONE = {"value": None, "state": "none"}
UNKNOWN = {"value": None, "state": "unknown"}

PERSON_CREATE = _example(
    "Người mới",
    {
        "full_name": "Lê Văn Thử",
        "sex": "1",
        "birth_date": "1980-03-12",
        "ethnicity": "01",
        "nationality": "VN",
        "id_number": "038080900001",
        "health_insurance_number": NONE,
        "phone_mobile": "0912 000 001",
        "current_commune": "16516",
        "current_village_code": "T1",
        "household_code": "H0001",
        "relation_to_head": "01",
    },
)
PERSON_PATCH = _example("Sửa số điện thoại", {"version": 3, "phone_mobile": "0912 000 002"})
SEARCH = [
    *_example("Theo số định danh", {"identifier": "038080900001"}),
    *_example("Theo họ tên và năm sinh", {"full_name": "Lê Văn Thử", "birth_date": "1980-03-12"}),
]
HISTORY_PATCH = _example(
    "Tiền sử",
    {
        "version": 0,
        "risk_smoking": "0",
        "disease_hypertension": "yes",
        "allergy_drug": "Penicillin",
        "allergy_food": NONE,
        "family_disease_cancer": UNKNOWN,
        "birth_weight_g": 3200,
    },
)
VACCINATIONS_PATCH = _example(
    "Mũi BCG",
    {
        "version": 0,
        "rows": {
            "c1_bcg": {"status": "given", "occurrence_date": "2025-06-02"},
            "c1_hepb_birth": {"status": "not_given", "next_date": "2025-06-20"},
        },
    },
)
VISIT_CREATE = _example(
    "Khám tăng huyết áp",
    {
        "exam_date": "2026-02-10",
        "visit_reason": "Đau đầu",
        "bp_systolic": 150,
        "bp_diastolic": 90,
        "weight_kg": 61.5,
        "height_cm": 165,
        "labs": [{"group": "haematology", "service_name": "Hồng cầu", "result": "4,5", "unit": "T/L"}],
        "diagnoses": [{"icd10_code": "I10"}],
        "advice": "Ăn nhạt, khám lại sau một tháng.",
    },
)
HOUSEHOLD_CREATE = _example(
    "Hộ mới",
    {"household_code": "H0002", "commune": "16516", "village": "T1", "address_detail": "Số 2, ngõ Thử Nghiệm"},
)
MEMBER_ADD = _example("Vợ chủ hộ", {"person": "HS00000000101", "relation_to_head": "17"})
ROW_DECISION = [
    *_example("Là người đã có", {"decision": "same", "person": "HS00000000101"}),
    *_example("Là người khác", {"decision": "new"}),
]
SHEET_UNDO = _example("Hoàn tác phần còn lại", {"rest": True})
SHEET_LAYOUT = _example(
    "Ghép lại hai cột, nhớ cho lần sau",
    {"sheets": [{"sheet": "Thôn 1", "header_row": 5, "columns": {"B": "full_name", "F": ""}}], "save": True},
)
SUBMISSION_CHECK = _example("Bảng liên thông của một xã", {"report": "coverage", "unit": "16516", "period": "2026-10"})
SUBMISSION_RETURN = _example("Thiếu một thôn", {"reason": "Thiếu số liệu thôn Đông Hải."})
