"""Rules of section C: pure, without a database."""

from datetime import date

import pytest

from ehr.common.answers import Answer
from ehr.vaccination import rules

TODAY = date(2026, 3, 1)


def line(**change):
    base = {
        "key": "c1_bcg", "label": "BCG", "table": "1", "vaccine": 1, "dose_number": 1, "status": "given",
        "occurrence_date": date(2025, 6, 2), "pregnancy_month": None, "reaction": "", "next_date": None,
    }  # fmt: skip
    return base | change


def check(*lines, sex="2", death=None):
    return list(rules.check_doses(lines, sex=sex, birth=date(2025, 6, 1), death=death, today=TODAY))


def found(problems, level="error"):
    return {problem.code for problem in problems if problem.level == level}


@pytest.mark.parametrize(
    ("change", "errors", "warnings"),
    [
        ({}, set(), set()),
        ({"status": ""}, {"status.required", "status.not_given"}, set()),
        ({"status": "not_given"}, {"status.not_given"}, set()),
        ({"status": "not_given", "occurrence_date": None}, set(), set()),
        ({"status": "not_given", "occurrence_date": None, "next_date": date(2026, 9, 1)}, set(), set()),
        ({"status": "unknown", "occurrence_date": None, "reaction": "sốt"}, {"status.not_given"}, set()),
        ({"occurrence_date": None}, set(), {"occurrence_date.missing"}),
        ({"occurrence_date": date(2026, 3, 2)}, {"occurrence_date.future"}, set()),
        ({"occurrence_date": date(2025, 5, 31)}, {"occurrence_date.before_birth"}, set()),
        ({"next_date": date(2025, 6, 1)}, set(), {"next_date.before_dose"}),
        ({"pregnancy_month": 0}, {"pregnancy_month.range"}, set()),
        ({"pregnancy_month": 11}, {"pregnancy_month.range"}, set()),
        ({"pregnancy_month": 10}, set(), set()),
    ],
)
def test_one_line(change, errors, warnings):
    problems = check(line(**change))
    assert found(problems) == errors
    assert found(problems, "warning") == warnings


def test_a_dose_after_death_is_refused():
    assert found(check(line(), death=date(2025, 6, 1))) == {"occurrence_date.after_death"}


def test_the_third_table_is_for_women():
    assert found(check(line(table="3"), sex="1")) == {"sex.female_only"}
    assert found(check(line(table="3", status="not_given", occurrence_date=None), sex="1")) == set()
    assert found(check(line(table="3"), sex="2")) == set()


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        (date(2025, 8, 2), set()),
        (date(2025, 6, 2), {"occurrence_date.same_day"}),
        (date(2025, 6, 1), {"occurrence_date.order"}),
    ],
)
def test_doses_of_one_vaccine_come_in_order(second, codes):
    problems = check(line(), line(key="c1_2", label="2", dose_number=2, occurrence_date=second))
    assert found(problems, "warning") == codes
    assert {problem.field for problem in problems} <= {"c1_2"}


def test_two_vaccines_on_one_day_are_fine():
    assert check(line(), line(key="c1_polio_1", vaccine=2)) == []


@pytest.mark.parametrize(
    ("answer", "errors", "warnings"),
    [
        (None, set(), set()),
        (Answer.UNKNOWN, set(), set()),
        (Answer(0, "value"), set(), set()),
        (Answer(7, "value"), set(), set()),
        (Answer(8, "value"), set(), {"mother_tetanus_dose_count.unlikely"}),
        (Answer(21, "value"), {"mother_tetanus_dose_count.range"}, set()),
        (Answer(-1, "value"), {"mother_tetanus_dose_count.range"}, set()),
    ],
)
def test_doses_of_the_mother(answer, errors, warnings):
    problems = list(rules.check_mother_doses(answer))
    assert found(problems) == errors
    assert found(problems, "warning") == warnings
