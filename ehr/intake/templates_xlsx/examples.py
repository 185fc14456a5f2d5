"""Example rows of the templates: a household of invented people, filled in as an officer would."""

from __future__ import annotations

Row = dict[str, str]

#: Three generations of one household. The village is put in when the template is made.
PEOPLE: tuple[Row, ...] = (
    {
        "household_code": "1", "full_name": "Nguyễn Văn Ví Dụ", "relation_to_head": "Chủ hộ", "sex": "Nam",
        "birth_date": "12/03/1980", "id_number": "038080900001", "id_issue_date": "15/06/2021",
        "id_issue_place": "Cục CSQLHC về TTXH", "health_insurance_number": "3820900001",
        "birth_registration_province": "Thanh Hóa", "ethnicity": "Kinh", "nationality": "Việt Nam",
        "blood_group_abo": "O", "blood_group_rh": "+", "current_address_detail": "Số 5, ngõ 12",
        "phone_mobile": "0912000001", "email": "vidu@example.com", "residence": "Thường trú",
        "risk_smoking": "Thường xuyên", "risk_alcohol": "Có", "risk_alcohol_glasses_per_day": "2",
        "risk_physical_activity": "Có", "household_toilet_type": "Xả nước", "allergy_drug": "Penicillin",
        "allergy_food": "0", "disease_hypertension": "x", "disease_diabetes": "0", "surgery_history": "Ruột thừa, 2010",
        "family_disease_other": "Mẹ: tăng huyết áp", "family_disease_hypertension": "x",
        "family_disease_hypertension_person": "Mẹ",
    },
    {
        "household_code": "1", "full_name": "Trần Thị Ví Dụ", "relation_to_head": "Vợ/Chồng chủ hộ", "sex": "Nữ",
        "birth_date": "05/11/1984", "id_number": "038184900002", "health_insurance_number": "3820900002",
        "ethnicity": "Kinh", "nationality": "Việt Nam", "current_address_detail": "Số 5, ngõ 12",
        "phone_mobile": "0912000002", "residence": "Thường trú", "risk_smoking": "Không", "risk_alcohol": "Không",
        "risk_physical_activity": "Thường xuyên", "household_toilet_type": "Xả nước", "allergy_drug": "0",
        "allergy_food": "Tôm, cua", "disease_hypertension": "0", "disease_diabetes": "kb", "disease_goitre": "x",
        "pregnancy_count": "2", "birth_count": "2", "normal_delivery_count": "2", "living_children_count": "2",
    },
    {
        "household_code": "1", "full_name": "Nguyễn Gia Ví Dụ", "relation_to_head": "Con đẻ", "sex": "Nam",
        "birth_date": "20/08/2012", "id_number": "038212900003", "health_insurance_number": "3820900003",
        "ethnicity": "Kinh", "nationality": "Việt Nam", "current_address_detail": "Số 5, ngõ 12",
        "mother_name": "Trần Thị Ví Dụ", "father_name": "Nguyễn Văn Ví Dụ", "caregiver_name": "Trần Thị Ví Dụ",
        "caregiver_relation": "Mẹ", "caregiver_phone_mobile": "0912000002", "residence": "Thường trú",
        "disease_asthma": "x", "household_toilet_type": "Xả nước", "birth_weight_g": "3100",
    },
    {
        "household_code": "1", "full_name": "Lê Thị Ví Dụ", "relation_to_head": "Bố/Mẹ", "sex": "Nữ",
        "birth_date": "1948", "id_number": "", "health_insurance_number": "không có", "ethnicity": "Kinh",
        "nationality": "Việt Nam", "current_address_detail": "Số 5, ngõ 12", "phone_mobile": "không có",
        "residence": "Thường trú", "note": "Chưa làm căn cước", "disease_hypertension": "x",
        "disability_other": "Nghe kém", "disability_hearing": "Nghe kém tai phải", "household_toilet_type": "Xả nước",
    },
)  # fmt: skip

_DOSES: tuple[Row, ...] = (
    {
        "vaccine": "HPV 1", "dose_number": "1", "vaccine_status": "Đã tiêm",
        "occurrence_date": "12/03/2026",
        "reaction": "không", "next_date": "12/09/2026", "lot_number": "VD0001", "lot_expiry": "31/12/2027",
        "facility_name": "Trạm Y tế", "staff_name": "Y sĩ Ví Dụ",
    },
    {
        "vaccine": "UV1", "dose_number": "1", "vaccine_status": "Đã tiêm", "occurrence_date": "12/03/2026",
        "pregnancy_month": "5", "next_date": "12/04/2026", "lot_number": "VD0002",
    },
)  # fmt: skip
_BOOKLETS: tuple[Row, ...] = (
    {
        "c1_bcg": "22/08/2012", "c1_hepb_birth": "21/08/2012", "c1_dpt_hepb_hib_1": "22/10/2012",
        "c1_dpt_hepb_hib_2": "22/11/2012", "c1_dpt_hepb_hib_3": "x", "c1_measles_1": "25/05/2013", "c2_hpv_2": "chưa",
        "mother_tetanus_dose_count": "2",
    },
    {"c2_influenza_1": "10/10/2024", "c2_typhoid": "x"},
)  # fmt: skip
_EXAMS: tuple[Row, ...] = (
    {
        "kind": "Khám sức khỏe định kỳ, sàng lọc", "facility_name": "Trạm Y tế", "exam_date": "10/02/2026",
        "bp": "150/90", "pulse": "78", "temperature": "36,8", "weight_kg": "61,5", "height_cm": "165",
        "waist_cm": "84", "vision_right_uncorrected": "10/10", "vision_left_uncorrected": "9/10",
        "organ_cardiovascular": "Nhịp tim đều", "lab_blood_chemistry": "Glucose 6,8 mmol/L",
        "diagnosis_icd10_code": "I10", "diagnosis_name": "Tăng huyết áp vô căn", "conclusion": "Theo dõi tăng huyết áp",
        "advice": "Giảm muối, đo huyết áp tại nhà", "examining_doctor": "BS. Ví Dụ", "visit_reason": "Khám sàng lọc",
    },
    {
        "kind": "Khám sức khỏe định kỳ, sàng lọc", "exam_date": "10/02/2026", "weight_kg": "41", "height_cm": "149,5",
        "vision_right_uncorrected": "6/10", "vision_left_uncorrected": "7/10", "vision_right_corrected": "10/10",
        "vision_left_corrected": "10/10", "organ_dental": "Sâu răng 36", "conclusion": "Cận thị, sâu răng",
        "advice": "Khám chuyên khoa mắt, răng", "examining_doctor": "BS. Ví Dụ",
    },
)  # fmt: skip
_CHILD, _WOMAN, _MAN = PEOPLE[2], PEOPLE[1], PEOPLE[0]

EXAMPLES: dict[str, tuple[Row, ...]] = {
    "survey": PEOPLE,
    "survey-short": PEOPLE,
    "survey-full": PEOPLE,
    "register": PEOPLE,
    "vaccination": (_CHILD | _DOSES[0], _WOMAN | _DOSES[1]),
    "vaccination-book": (_CHILD | _BOOKLETS[0], _WOMAN | _BOOKLETS[1]),
    "exam": (_MAN | _EXAMS[0], _CHILD | _EXAMS[1]),
}
