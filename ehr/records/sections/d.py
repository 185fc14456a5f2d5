"""Section D: one visit."""

from ehr.common.sections import build_section

COLUMNS = [
    "exam_date",
    "present_illness",
    "pulse",
    "temperature",
    "bp_systolic",
    "bp_diastolic",
    "respiratory_rate",
    "weight_kg",
    "height_cm",
    "bmi",
    "waist_cm",
    "vision_right_uncorrected",
    "vision_left_uncorrected",
    "vision_right_corrected",
    "vision_left_corrected",
    "development_assessment",
    "advice",
    "examining_doctor",
    "visit_link_code",
    "visit_start_date",
    "visit_end_date",
    "doctor_code",
    "visit_reason",
    "uses_glasses",
]
ORGANS = [
    "cardiovascular",
    "respiratory",
    "digestive",
    "urinary",
    "musculoskeletal",
    "endocrine",
    "neurological",
    "mental",
    "surgical",
    "obgyn",
    "ent",
    "dental",
    "eye",
    "dermatology",
    "nutrition",
    "motor",
    "other",
]
LABS = ("haematology", "blood_chemistry", "urine_chemistry", "abdominal_ultrasound")

STORES = (
    {name: f"encounter.{name}" for name in COLUMNS}
    | {"exam_skin_mucosa": "finding.skin_mucosa", "exam_general_other": "finding.general_other"}
    | {f"organ_{name}": f"finding.{name}" for name in ORGANS}
    | {f"lab_{name}": f"lab.{name}" for name in LABS}
    | {
        "diagnosis_icd10_code": "diagnosis.icd10_code",
        "diagnosis_name": "diagnosis.name",
        "conclusion": "diagnosis.conclusion",
        "service_code": "lab.*.service_code",
        "service_group": "lab.*.service_group",
        "service_name": "lab.*.service_name",
    }
)

SECTION_D = build_section("D", STORES, {"diagnosis_icd10_code": "icd10"})

# Facts of the visit that the paper form has no line for.
EXTRA_STORES = {
    "kind": "encounter.kind",
    "facility": "encounter.facility",
    "facility_name": "encounter.facility_name",
    "identity_check": "encounter.identity_check",
}
