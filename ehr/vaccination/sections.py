"""Section C of form 831: which place keeps which field. A printed row is one Immunization, a column a field of it."""

from ehr.common.sections import build_section, load_form831

_CODES = next(section for section in load_form831() if section.code == "C").names
COLUMNS = {
    "vaccine": "immunization.vaccine",
    "not_vaccinated": "immunization.status",
    "vaccinated_date": "immunization.occurrence_date",
    "reaction": "immunization.reaction",
    "next_date": "immunization.next_date",
    "pregnancy_month": "immunization.pregnancy_month",
}
EXCHANGE = {
    "vaccine_code": "immunization.vaccine",
    "vaccine_group": "immunization.table",
    "vaccine_status": "immunization.status",
    "vaccine_dose_order": "immunization.dose_number",
}


def _store(code: str) -> str:
    if code in EXCHANGE:
        return EXCHANGE[code]
    if code == "mother_tetanus_dose_count":
        return "record.mother_tetanus_dose_count"
    column = code[3:].removeprefix("col_")
    return COLUMNS[column] if code[3:].startswith("col_") else f"row.{code}"


SECTION_C = build_section("C", {code: _store(code) for code in _CODES})
