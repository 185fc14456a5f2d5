"""An invented person with something under every field that form 831 has, and files as other systems write them."""

from datetime import date
from decimal import Decimal

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate
from ehr.records.models import Person
from ehr.records.services import save_encounter, save_history, save_person
from ehr.vaccination.services import save_vaccinations
from tests.factories.records import national_id

TODAY = date(2026, 3, 1)
SECTION_A = {
    "full_name": "Nguyễn Thị Mẫu & <Đủ>",
    "sex": "2",
    "birth_date": PartialDate(date(1980, 3, 12)),
    "current_commune": "16516",
    "current_village_code": "T1",
    "current_address_detail": "Số 5, ngõ «A & B»",
    "household_code": "H0001",
    "relation_to_head": "17",
    "blood_group_abo": "AB",
    "blood_group_rh": "neg",
    "birth_registration_province": "38",
    "ethnicity": "01",
    "nationality": "VN",
    "religion": "1",
    "occupation": "1",
    "id_number": national_id(7, sex="2"),
    "id_issue_date": date(2021, 5, 6),
    "id_issue_place": "Cục CSQLHC về TTXH",
    "health_insurance_number": "GD4380000000001",
    "social_insurance_code": "3800000001",
    "vneid_account": "vneid.mau",
    "population_member_code": "NK12",
    "permanent_commune": "16516",
    "permanent_province": "38",
    "permanent_address_detail": "Thôn Đông Hải",
    "permanent_village_code": "T1",
    "phone_landline": "02373000001",
    "phone_mobile": "0912345678",
    "email": "mau@thu.vn",
    "mother_name": "Lê Thị Mẹ",
    "father_name": "Nguyễn Văn Bố",
    "caregiver_name": "Lê Thị Mẹ",
    "caregiver_relation": "Mẹ",
    "relative_relation_code": "19",
    "relative_identifier": national_id(8, sex="2"),
    "caregiver_phone_landline": "02373000002",
    "caregiver_phone_mobile": "0987654321",
    "relative_is_guardian": True,
}
SECTION_B = {
    "birth_delivery_mode": "0",
    "birth_preterm": "yes",
    "birth_asphyxia": "no",
    "birth_weight_g": 3100,
    "birth_length_cm": Decimal("50.5"),
    "birth_defect": "không",
    "birth_other_problem": "không biết",
    "risk_smoking": "0",
    "risk_smoking_quit": "no",
    "risk_alcohol": "yes",
    "risk_alcohol_glasses_per_day": Decimal("2.5"),
    "risk_alcohol_quit": "no",
    "risk_drug": "2",
    "risk_drug_quit": "yes",
    "risk_physical_activity": "1",
    "risk_exposure": "bụi, khói\nhóa chất <5%",
    "risk_exposure_duration": "10 năm",
    "risk_other": "làm đêm",
    "household_toilet_type": "double_vault",
    "allergy_drug": "Penicillin\nAspirin",
    "allergy_chemical": "không",
    "allergy_food": "không biết",
    "disease_hypertension": "yes",
    "disease_asthma": "no",
    "disease_diabetes": "unknown",
    "disease_cancer": "K dạ dày\nK phổi",
    "disease_tuberculosis": "không",
    "disease_other": "Thoát vị đĩa đệm",
    "disability_hearing": "Nghe kém tai phải",
    "disability_other": "không",
    "surgery_history": "Mổ ruột thừa 2010\nMổ mắt",
    "family_allergy_drug": "Penicillin",
    "family_allergy_drug_person": "Mẹ",
    "family_disease_diabetes": "yes",
    "family_disease_diabetes_person": "Bố; Ông nội",
    "family_disease_cancer": "K gan",
    "family_disease_cancer_person": "Bác ruột",
    "family_disease_mental": "no",
    "contraception_method": "Đặt vòng",
    "last_pregnancy": "2015",
    "pregnancy_count": 3,
    "miscarriage_count": 0,
    "abortion_count": 0,
    "birth_count": 2,
    "normal_delivery_count": 1,
    "caesarean_count": 1,
    "difficult_delivery_count": 0,
    "term_birth_count": 2,
    "preterm_birth_count": 0,
    "living_children_count": 2,
    "gynaecological_disease": "không",
    "other_issues": "Không có gì thêm",
}
DOSES = {
    "c1_bcg": {"status": "given", "occurrence_date": date(1980, 3, 13), "reaction": "sốt nhẹ"},
    "c1_measles_1": {"status": "not_given", "next_date": date(2026, 5, 1)},
    "c2_hpv_1": {"status": "given"},
    "c3_tetanus_1": {"status": "given", "occurrence_date": date(2012, 1, 5), "pregnancy_month": 5},
}
EXTRA_DOSES = [
    {"vaccine": "IPV", "table": "2", "dose_number": 1, "status": "given", "occurrence_date": date(2021, 9, 1)},
    {"vaccine": "IPV", "table": "2", "dose_number": 2, "status": "unknown"},
]
VISIT = {
    "exam_date": date(2026, 2, 10),
    "visit_link_code": "LK0001",
    "visit_start_date": date(2026, 2, 10),
    "visit_end_date": date(2026, 2, 11),
    "doctor_code": "bs01",
    "examining_doctor": "BS. Thử Nghiệm",
    "visit_reason": "Đau đầu",
    "present_illness": "Hai ngày nay\nchóng mặt",
    "pulse": 80,
    "temperature": Decimal("37.2"),
    "bp_systolic": 150,
    "bp_diastolic": 95,
    "respiratory_rate": 18,
    "weight_kg": Decimal("61.55"),
    "height_cm": Decimal("165.0"),
    "waist_cm": Decimal("80.5"),
    "vision_right_uncorrected": "8/10",
    "vision_left_uncorrected": "9/10",
    "uses_glasses": "no",
    "exam_skin_mucosa": "Hồng",
    "exam_general_other": "Không phù",
    "development_assessment": "Bình thường",
    "advice": "Ăn nhạt; tái khám",
    **{
        f"organ_{name}": f"{name} bình thường"
        for name in (
            "cardiovascular", "respiratory", "digestive", "urinary", "musculoskeletal", "endocrine", "neurological",
            "mental", "surgical", "obgyn", "ent", "dental", "eye", "dermatology", "nutrition", "motor", "other",
        )
    },
    "labs": [
        {"group": "haematology", "result": "Hồng cầu bình thường"},
        {"group": "other", "service_name": "Glucose", "service_code": "22.0001", "result": "5,4", "unit": "mmol/L"},
    ],
    "diagnoses": [
        {"icd10_code": "I10", "name": "Tăng huyết áp vô căn", "conclusion": "Độ 1"},
        {"icd10_code": "E11", "name": "", "conclusion": ""},
    ],
}  # fmt: skip


def full_person(**change):
    """The person with all four sections, saved by the ordinary services."""
    person = save_person(values={**SECTION_A, **change}, by=None, door="screen", today=TODAY).object
    save_history(person=person, values=SECTION_B, by=None, door="screen")
    save_vaccinations(
        person=person, rows=DOSES, extra=EXTRA_DOSES, mother_tetanus_dose_count=Answer(2, "value"), by=None,
        door="screen", today=TODAY,
    )  # fmt: skip
    save_encounter(person=person, values=VISIT, by=None, door="screen", today=TODAY)
    return Person.objects.get(pk=person.pk)


def document(*records, header=""):
    """A file as another system writes it."""
    inner = "".join(f"<HOSOSUCKHOE>{record}</HOSOSUCKHOE>" for record in records)
    return f"<DATA><HEADER>{header}</HEADER><BODY>{inner}</BODY></DATA>".encode()


def general(name="Lê Văn Thử", sex="1", birth="12/03/1980", more=""):
    return (
        f"<THONGTINCHUNG><HOTEN>{name}</HOTEN><GIOITINH>{sex}</GIOITINH><NGAYSINH>{birth}</NGAYSINH>{more}"
        "</THONGTINCHUNG>"
    )
