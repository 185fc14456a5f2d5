"""Section A: administrative data."""

from ehr.common.sections import build_section

STORES = {
    "household_code": "household.code",
    "full_name": "person.full_name",
    "relation_to_head": "membership.relation",
    "sex": "person.sex",
    "blood_group_abo": "person.blood_group_abo",
    "blood_group_rh": "person.blood_group_rh",
    "birth_date": "person.birth_date",
    "birth_registration_province": "person.birth_province",
    "ethnicity": "person.ethnicity",
    "nationality": "person.nationality",
    "religion": "person.religion",
    "occupation": "person.occupation",
    "id_number": "identifier.identity",  # CCCD, else CMND, else passport, told apart by shape
    "id_issue_date": "identifier.identity.issued_on",
    "id_issue_place": "identifier.identity.issued_by",
    "health_insurance_number": "identifier.BHYT_CARD",
    "permanent_address_detail": "address.permanent.detail",
    "permanent_commune": "address.permanent.commune",
    "permanent_district": "address.permanent.district",
    "permanent_province": "address.permanent.province",
    "current_address_detail": "person.address_detail",
    "current_commune": "person.commune",
    "current_district": "person.recorded_district",
    "current_province": "person.province",
    "phone_landline": "person.phone_landline",
    "phone_mobile": "person.phone_mobile",
    "email": "person.email",
    "mother_name": "relative.mother.name",
    "father_name": "relative.father.name",
    "caregiver_name": "relative.caregiver.name",
    "caregiver_relation": "relative.caregiver.relation_text",
    "caregiver_phone_landline": "relative.caregiver.phone_landline",
    "caregiver_phone_mobile": "relative.caregiver.phone_mobile",
    "person_identifier": "identifier.SDDCN",
    "vneid_account": "identifier.E_ACCOUNT",
    "social_insurance_code": "identifier.BHXH_NO",
    "population_member_code": "identifier.LOCAL",
    "permanent_village_code": "address.permanent.village",
    "current_village_code": "person.village",
    # The exchange repeats these per relative; the form asks them of the caregiver.
    "relative_relation_code": "relative.caregiver.relation",
    "relative_identifier": "relative.caregiver.identifier",
    "relative_is_guardian": "relative.caregiver.is_guardian",
}

SYSTEMS = {
    "relation_to_head": "relation-831",
    "relative_relation_code": "relation-831",
    "ethnicity": "ethnicity",
    "nationality": "country",
    "religion": "religion",
    "occupation": "occupation",
}

SECTION_A = build_section("A", STORES, SYSTEMS)

# Facts of the person that the paper form has no line for. Same stores, same services, other screens.
EXTRA_STORES = {
    "id_missing_reason": "person.id_missing_reason",
    "residence": "person.residence",
    "resident_since": "person.resident_since",
    "status": "person.status",
    "death_date": "person.death_date",
    "moved_out_on": "person.moved_out_on",
    "moved_out_to": "person.moved_out_to",
    "identity_source": "person.identity_source",
    "identity_confirmed_on": "person.identity_confirmed_on",
    "birth_certificate_number": "identifier.BIRTH_CERT_NO",
    "station": "person.station",
    "note": "person.note",
}

# Fields where "không có" and "không biết" are answers of their own.
ANSWERABLE = frozenset(
    [
        "health_insurance_number",
        "phone_landline",
        "phone_mobile",
        "email",
        "mother_name",
        "father_name",
        "caregiver_name",
        "social_insurance_code",
        "vneid_account",
    ]
)
