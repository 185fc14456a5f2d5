"""Section B: history and risks. Numbers of kinds are the LOAI / LOAIBENH values of the exchange XML."""

from ehr.common.sections import build_section

ALLERGIES = {"drug": 1, "chemical": 2, "food": 3, "other": 4}
DISEASES = {
    "cardiovascular": 1, "hypertension": 2, "diabetes": 3, "stomach": 4, "chronic_lung": 5, "asthma": 6, "goitre": 7,
    "hepatitis": 8, "congenital_heart": 9, "mental": 10, "autism": 11, "epilepsy": 12, "cancer": 13, "tuberculosis": 14,
    "other": 15,
}  # fmt: skip
DISABILITIES = {"hearing": 1, "vision": 2, "arm": 3, "leg": 4, "scoliosis": 5, "cleft": 6, "other": 7}
FAMILY_TICKS = ("cardiovascular", "asthma", "hypertension", "diabetes", "mental", "epilepsy")
FAMILY_TEXTS = ("cancer", "tuberculosis", "other")

HISTORY = [
    "birth_delivery_mode",
    "birth_preterm",
    "birth_asphyxia",
    "birth_weight_g",
    "birth_length_cm",
    "birth_defect",
    "birth_other_problem",
    "risk_smoking",
    "risk_smoking_quit",
    "risk_alcohol",
    "risk_alcohol_glasses_per_day",
    "risk_alcohol_quit",
    "risk_drug",
    "risk_drug_quit",
    "risk_physical_activity",
    "risk_exposure",
    "risk_exposure_duration",
    "risk_other",
    "contraception_method",
    "last_pregnancy",
    "pregnancy_count",
    "miscarriage_count",
    "abortion_count",
    "birth_count",
    "normal_delivery_count",
    "caesarean_count",
    "difficult_delivery_count",
    "term_birth_count",
    "preterm_birth_count",
    "living_children_count",
    "gynaecological_disease",
    "other_issues",
]

STORES = (
    {name: f"history.{name}" for name in HISTORY}
    | {"household_toilet_type": "household.toilet_type", "surgery_history": "surgery"}
    | {f"allergy_{name}": f"allergy.{number}" for name, number in ALLERGIES.items()}
    | {f"disease_{name}": f"condition.{number}" for name, number in DISEASES.items()}
    | {f"disability_{name}": f"disability.{number}" for name, number in DISABILITIES.items()}
    | {f"family_allergy_{name}": f"family_allergy.{number}" for name, number in ALLERGIES.items()}
    | {f"family_allergy_{name}_person": f"family_allergy.{number}.relative" for name, number in ALLERGIES.items()}
    | {f"family_disease_{name}": f"family_disease.{DISEASES[name]}" for name in FAMILY_TICKS + FAMILY_TEXTS}
    | {f"family_disease_{name}_person": f"family_disease.{DISEASES[name]}.relative" for name in FAMILY_TICKS}
)

SECTION_B = build_section("B", STORES)

# The paper writes type and relative of cancer, tuberculosis and others on one line; the exchange keeps them apart.
EXTRA_STORES = {
    f"family_disease_{name}_person": f"family_disease.{DISEASES[name]}.relative" for name in FAMILY_TEXTS
} | {"surveyed_on": "history.surveyed_on"}
