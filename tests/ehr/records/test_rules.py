"""Rules of sections A, B and D: pure, without a database."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, Precision
from ehr.records import rules

TODAY = date(2026, 3, 1)
BORN = PartialDate(date(1980, 3, 12))
PERSON = {
    "full_name": "Lê Văn Thử", "sex": "1", "birth_date": BORN, "current_commune": "16516", "id_missing_reason": "x",
}  # fmt: skip


def found(problems, level="error"):
    return {problem.code for problem in problems if problem.level == level}


def number(value):
    return Answer(value, "value")


# --- Section A -------------------------------------------------------------------------------------------------------


def test_a_good_person_has_no_problem():
    assert list(rules.check_person(PERSON, today=TODAY)) == []


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"full_name": ""}, {"full_name.required"}),
        ({"full_name": "123 ?"}, {"full_name.letters"}),
        ({"sex": ""}, {"sex.required"}),
        ({"current_commune": None}, {"current_commune.required"}),
        ({"birth_date": None}, {"birth_date.required"}),
        ({"birth_date": PartialDate(date(2026, 3, 2))}, {"birth_date.future"}),
        ({"id_number": "12345"}, {"id_number.format"}),
        ({"id_issue_date": date(2026, 3, 2)}, {"id_issue_date.future"}),
        ({"id_issue_date": date(1970, 1, 1)}, {"id_issue_date.before_birth"}),
        ({"status": "dead"}, {"death_date.status"}),
        ({"status": "dead", "death_date": date(2026, 3, 2)}, {"death_date.future"}),
        ({"status": "dead", "death_date": date(1979, 1, 1)}, {"death_date.before_birth"}),
        ({"status": "active", "death_date": date(2020, 1, 1)}, {"status.death_date"}),
        ({"status": "moved"}, {"moved_out_on.status"}),
        ({"status": "moved", "moved_out_on": date(1970, 1, 1)}, {"moved_out_on.before_birth"}),
    ],
)
def test_section_a_refuses_what_is_impossible(change, codes):
    assert found(rules.check_person(PERSON | change, today=TODAY)) == codes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"birth_date": PartialDate(None, Precision.UNKNOWN)}, {"birth_date.unknown"}),
        ({"birth_date": PartialDate(date(1900, 1, 1), Precision.YEAR)}, {"birth_date.too_old"}),
        ({"id_missing_reason": ""}, {"id_missing_reason.required"}),
    ],
)
def test_section_a_warns_of_what_is_unlikely(change, codes):
    problems = list(rules.check_person(PERSON | change, today=TODAY))
    assert found(problems) == set()
    assert found(problems, "warning") == codes


def test_a_dead_person_with_a_date_is_fine():
    assert list(rules.check_person(PERSON | {"status": "dead", "death_date": date(2020, 1, 1)}, today=TODAY)) == []


@pytest.mark.parametrize(
    "name", ["phone_mobile", "phone_landline", "caregiver_phone_mobile", "caregiver_phone_landline"]
)
def test_a_phone_number_is_checked_wherever_it_stands(name):
    problems = list(rules.check_person(PERSON | {name: number("12")}, today=TODAY))
    assert {problem.field for problem in problems} == {name}


def test_answers_without_a_value_are_not_checked():
    values = PERSON | {"phone_mobile": Answer.NONE, "email": Answer.UNKNOWN, "health_insurance_number": Answer.NONE}
    assert list(rules.check_person(values, today=TODAY)) == []


def test_a_wrong_insurance_number_and_email_are_named():
    values = PERSON | {"health_insurance_number": number("XYZ"), "email": number("không phải thư")}
    fields = {problem.field for problem in rules.check_person(values, today=TODAY)}
    assert fields == {"health_insurance_number", "email"}


@pytest.mark.parametrize("kind", ["SDDCN", "CMND9", "BHYT_CARD", "BIRTH_CERT_NO"])
def test_an_identifier_is_checked_by_its_kind(kind):
    problems = list(rules.check_identifier(kind, "1", birth=BORN, sex="1"))
    assert problems
    assert {problem.field for problem in problems} == {"value"}


def test_a_temporary_number_must_not_look_like_a_personal_one():
    assert list(rules.check_identifier("TEMP", "038080000001", birth=BORN, sex="1"))
    assert list(rules.check_identifier("TEMP", "TAM-0001", birth=BORN, sex="1")) == []


@pytest.mark.parametrize(
    ("start", "end", "codes"),
    [
        (None, None, set()),
        (date(2026, 1, 1), date(2026, 2, 1), set()),
        (date(2026, 3, 2), None, {"valid_from.future"}),
        (date(2026, 2, 1), date(2026, 1, 1), {"valid_to.before_start"}),
    ],
)
def test_periods(start, end, codes):
    assert found(rules.check_period(start, end, today=TODAY)) == codes


@pytest.mark.parametrize(
    ("year", "codes"), [(None, set()), (2010, set()), (2027, {"year.future"}), (1979, {"year.before_birth"})]
)
def test_years(year, codes):
    assert found(rules.check_year("year", year, birth=BORN.date, today=TODAY)) == codes


COMPLETE = SimpleNamespace(
    full_name="x", sex="1", birth_date=date(1980, 1, 1), has_identifier=True, id_missing_reason=None, ethnicity=1,
    occupation=1, age=46, commune=1, village=1, household=True, phone=True, has_guardian=False, has_insurance=True,
)  # fmt: skip


def test_section_a_complete():
    assert rules.missing_in_section_a(COMPLETE) == []


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"full_name": ""}, ["Họ và tên"]),
        ({"has_identifier": False}, ["Số định danh hoặc lý do chưa có"]),
        ({"has_identifier": False, "id_missing_reason": 1}, []),
        ({"occupation": None}, ["Nghề nghiệp"]),
        ({"occupation": None, "age": 17}, []),
        ({"age": 13}, ["Bố, mẹ hoặc người chăm sóc"]),
        ({"age": 13, "has_guardian": True}, []),
        ({"age": None}, []),
        ({"village": None, "household": False}, ["Thôn", "Hộ gia đình"]),
        ({"phone": False}, ["Điện thoại"]),
        ({"has_insurance": False}, ["Thẻ BHYT (hoặc «không có»)"]),
    ],
)
def test_what_section_a_lacks(change, missing):
    assert rules.missing_in_section_a(SimpleNamespace(**{**vars(COMPLETE), **change})) == missing


# --- Section B -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "sex", "errors", "warnings"),
    [
        ({}, "2", set(), set()),
        ({"birth_weight_g": number(3100)}, "1", set(), set()),
        ({"birth_weight_g": number(100)}, "1", {"birth_weight_g.range"}, set()),
        ({"birth_weight_g": number(700)}, "1", set(), {"birth_weight_g.unlikely"}),
        ({"birth_weight_g": Answer.UNKNOWN}, "1", set(), set()),
        ({"birth_length_cm": number(Decimal("90"))}, "1", {"birth_length_cm.range"}, set()),
        ({"risk_smoking": "2", "risk_smoking_quit": "yes"}, "1", set(), {"risk_smoking.quit_but_regular"}),
        ({"risk_smoking": "0", "risk_smoking_quit": "yes"}, "1", set(), set()),
        ({"risk_drug": "2", "risk_drug_quit": "yes"}, "1", set(), {"risk_drug.quit_but_regular"}),
        ({"risk_alcohol_glasses_per_day": number(2), "risk_alcohol": "no"}, "1", set(), {"risk_alcohol.glasses"}),
        ({"risk_alcohol_glasses_per_day": number(2), "risk_alcohol": "yes"}, "1", set(), set()),
        ({"family_disease_asthma_person": "mẹ"}, "1", set(), {"family_disease.person_only"}),
        ({"family_disease_asthma": "yes"}, "1", set(), {"family_disease.person_missing"}),
        ({"family_disease_asthma": "yes", "family_disease_asthma_person": "mẹ"}, "1", set(), set()),
        ({"pregnancy_count": number(2)}, "1", {"sex.female_only"}, set()),
        ({"pregnancy_count": number(0)}, "1", set(), set()),
        ({"gynaecological_disease": number("u xơ")}, "1", {"sex.female_only"}, set()),
        ({"contraception_method": number("bao cao su")}, "1", set(), set()),
        ({"pregnancy_count": number(41)}, "2", {"pregnancy_count.range"}, set()),
        ({"pregnancy_count": number(21)}, "2", set(), {"pregnancy_count.unlikely"}),
        ({"pregnancy_count": number(2), "miscarriage_count": number(1), "birth_count": number(2)}, "2", set(),
         {"pregnancy_count.too_few"}),
        ({"birth_count": number(1), "term_birth_count": number(1), "preterm_birth_count": number(1)}, "2", set(),
         {"birth_count.too_few"}),
    ],
)  # fmt: skip
def test_section_b(values, sex, errors, warnings):
    problems = list(rules.check_history(values, sex=sex))
    assert found(problems) == errors
    assert found(problems, "warning") == warnings


# --- Section D -------------------------------------------------------------------------------------------------------

VISIT = {"exam_date": date(2026, 2, 10)}


def check(change, sex="2", death=None):
    return list(rules.check_encounter(VISIT | change, sex=sex, birth=BORN, death=death, today=TODAY))


@pytest.mark.parametrize(
    ("change", "errors", "warnings"),
    [
        ({}, set(), set()),
        ({"exam_date": None}, {"exam_date.required"}, set()),
        ({"exam_date": date(2026, 3, 2)}, {"exam_date.future"}, set()),
        ({"exam_date": date(1980, 3, 11)}, {"exam_date.before_birth"}, set()),
        (
            {"visit_start_date": date(2026, 2, 11), "visit_end_date": date(2026, 2, 10)},
            {"visit_end_date.before_start"},
            set(),
        ),
        ({"bp_systolic": 120, "bp_diastolic": 80}, set(), set()),
        ({"bp_systolic": 80, "bp_diastolic": 120}, {"bp.order"}, set()),
        ({"bp_systolic": 80, "bp_diastolic": 80}, {"bp.order"}, set()),
        ({"bp_systolic": 120}, set(), {"bp.one_of_two"}),
        ({"organ_obgyn": "Có thai"}, set(), set()),
        ({"labs": [{"result": ""}]}, {"labs.result"}, set()),
        ({"labs": [{"result": "âm tính"}]}, set(), set()),
        ({"diagnoses": [{"icd10_code": "", "name": "", "conclusion": ""}]}, {"diagnoses.empty"}, set()),
        ({"diagnoses": [{"conclusion": "Khỏe"}]}, set(), set()),
    ],
)
def test_section_d(change, errors, warnings):
    problems = check(change)
    assert found(problems) == errors
    assert found(problems, "warning") == warnings


@pytest.mark.parametrize("name", rules.VITALS)
def test_each_vital_sign_has_four_limits(name):
    _, low, high, odd_low, odd_high = rules.VITALS[name]
    assert found(check({name: high + 1})) == {f"{name}.range"}
    assert found(check({name: low - Decimal("0.1")})) == {f"{name}.range"}
    assert found(check({name: odd_high + 1}), "warning") >= {f"{name}.unlikely"}
    assert found(check({name: odd_low - Decimal("0.1")}), "warning") >= {f"{name}.unlikely"}
    assert found(check({name: odd_high})) == set()


def test_a_visit_after_death_is_refused():
    assert found(check({}, death=date(2026, 2, 9))) == {"exam_date.after_death"}
    assert found(check({}, death=date(2026, 2, 10))) == set()


def test_an_obstetric_finding_of_a_man_is_a_warning():
    assert found(check({"organ_obgyn": "Có thai"}, sex="1"), "warning") == {"sex.female_only"}


@pytest.mark.parametrize(
    ("properties", "has_children", "sex", "codes"),
    [
        ({}, False, "1", set()),
        ({"sex_only": "F"}, False, "1", {"icd10.sex"}),
        ({"sex_only": "F"}, False, "2", set()),
        ({"sex_only": "M"}, False, "3", set()),
        ({}, True, "1", {"icd10.parent"}),
    ],
)
def test_diagnoses(properties, has_children, sex, codes):
    problems = list(rules.check_diagnosis("O80", properties, has_children=has_children, sex=sex))
    assert found(problems, "warning") == codes
    assert found(problems) == set()
