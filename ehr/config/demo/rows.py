"""Tables and columns that the generator writes, in the order of its COPY lines. Columns not named here are NULL.

A test compares them with the models: every column without NULL is named."""

STAMPS = " created_at updated_at"
COLUMNS: dict[str, str] = {
    "records_household": "id code village_id commune_id province_id address_detail toilet_type phone note version"
    + STAMPS,
    "records_person": "id full_name plain_name sort_name sex birth_date birth_precision blood_group_abo blood_group_rh "
    "birth_province_id ethnicity_id nationality_id religion_id occupation_id phone_mobile phone_landline email "
    "id_missing_reason_id village_id commune_id province_id address_detail recorded_commune_id recorded_district_id "
    "resident_since residence station_id status death_date moved_out_on moved_out_to mother_id identity_source "
    "identity_confirmed_on linked_on section_a_complete_on note version answered_none answered_unknown" + STAMPS,
    "records_membership": "person_id household_id relation_id is_head valid_from valid_to" + STAMPS,
    "records_identifier": "person_id kind value issued_on issued_by valid_from source" + STAMPS,
    "records_address": "person_id use detail village_id commune_id province_id recorded_commune_id valid_from" + STAMPS,
    "records_relative": "person_id role name relation_id relation_text identifier phone_landline phone_mobile "
    "is_guardian linked_person_id" + STAMPS,
    "records_healthhistory": "person_id surveyed_on birth_delivery_mode birth_preterm birth_asphyxia birth_weight_g "
    "birth_length_cm birth_defect birth_other_problem risk_smoking risk_smoking_quit risk_alcohol "
    "risk_alcohol_glasses_per_day risk_alcohol_quit risk_drug risk_drug_quit risk_physical_activity risk_exposure "
    "risk_exposure_duration risk_other contraception_method last_pregnancy pregnancy_count miscarriage_count "
    "abortion_count birth_count normal_delivery_count caesarean_count difficult_delivery_count term_birth_count "
    "preterm_birth_count living_children_count gynaecological_disease other_issues answered_none answered_unknown "
    "version" + STAMPS,
    "records_allergy": "person_id kind_id answer detail" + STAMPS,
    "records_condition": "person_id kind_id answer detail icd10_id onset_year" + STAMPS,
    "records_disability": "person_id kind_id answer detail" + STAMPS,
    "records_surgery": "person_id body_part year" + STAMPS,
    "records_familyhistory": "person_id allergy_kind_id disease_kind_id answer detail relative" + STAMPS,
    "vaccination_vaccinationrecord": "person_id mother_tetanus_dose_count answered_none answered_unknown version"
    + STAMPS,
    "vaccination_immunization": "person_id table form_row_id vaccine_id dose_number status occurrence_date "
    "pregnancy_month reaction next_date lot_number facility_id facility_name staff_name" + STAMPS,
    "records_encounter": "id person_id exam_date kind status status_reason visit_link_code visit_start_date "
    "visit_end_date facility_id facility_name examining_doctor doctor_code visit_reason present_illness pulse "
    "temperature bp_systolic bp_diastolic respiratory_rate weight_kg height_cm waist_cm vision_right_uncorrected "
    "vision_left_uncorrected vision_right_corrected vision_left_corrected uses_glasses development_assessment advice "
    "identity_check version" + STAMPS,
    "records_examfinding": "encounter_id position system_id finding" + STAMPS,
    "records_labresult": "encounter_id position group_id service_code service_group service_name loinc_id result value "
    "unit" + STAMPS,
    "records_diagnosis": "encounter_id position icd10_id icd10_code icd10_version name conclusion" + STAMPS,
}

#: What only hospitals say with their claims (or nobody asked at a station's survey): the same for every row.
CONSTANTS: dict[str, dict[str, str]] = {
    "records_identifier": {"primary_facility": ""},
    "records_encounter": {
        "source": "station",
        **dict.fromkeys(
            [
                "source_note",
                "patient_number",
                "patient_address",
                "care_class",
                "payment_code",
                "admission_route",
                "admission_reason",
                "diagnosis_in",
                "treatment",
                "outcome_code",
                "discharge_code",
                "department_code",
                "injury_code",
                "referred_from",
                "referred_to",
                "referral_number",
                "record_number",
            ],
            "",
        ),
    },
    "records_labresult": dict.fromkeys(("index_code", "description", "conclusion"), ""),
    "records_diagnosis": {"traditional_code": ""},
}

#: With keys of our own: other rows point at these.
NUMBERED = ("records_household", "records_person", "records_encounter")


def copy_statement(table: str) -> str:
    columns = ", ".join(f'"{name}"' for name in (*COLUMNS[table].split(), *CONSTANTS.get(table, ())))
    return f'COPY "{table}" ({columns}) FROM STDIN'


class Lines:
    """The lines of one chunk, per table, as COPY reads them."""

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: dict[str, list[str]] = {table: [] for table in COLUMNS}

    def counts(self) -> dict[str, int]:
        return {table: len(lines) for table, lines in self.tables.items()}

    def data(self) -> dict[str, bytes]:
        """Bytes per table, in the order in which foreign keys need them."""
        return {table: _with_constants(table, lines).encode() for table, lines in self.tables.items() if lines}


def _with_constants(table: str, lines: list[str]) -> str:
    """The lines with what is the same in all of them at their end. A line has no line break but its last letter."""
    text = "".join(lines)
    if table not in CONSTANTS:
        return text
    return text.replace("\n", "".join(f"\t{value}" for value in CONSTANTS[table].values()) + "\n")
