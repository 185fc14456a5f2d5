"""Rules of programmes: pure, without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ehr.programmes import rules

TODAY = date(2026, 3, 1)
WOMAN = rules.Owner("2", date(1995, 5, 1), "day", None)
MAN = rules.Owner("1", date(1960, 5, 1), "day", None)


def found(problems, level="error"):
    return {problem.code for problem in problems if problem.level == level}


def pregnancy(**change):
    base = {"registered_on": date(2026, 1, 5), "last_period_on": date(2025, 11, 10), "outcome": ""}
    return base | change


@pytest.mark.parametrize(
    ("change", "errors", "warnings"),
    [
        ({}, set(), set()),
        ({"registered_on": None}, {"registered_on.required"}, set()),
        ({"registered_on": date(2026, 3, 2)}, {"registered_on.future"}, set()),
        ({"last_period_on": date(2026, 1, 6)}, {"last_period_on.order"}, set()),
        ({"due_on": date(2026, 8, 17)}, set(), set()),
        ({"due_on": date(2026, 10, 17)}, set(), {"due_on.differs"}),
        ({"para": "20"}, {"para.format"}, set()),
        ({"gravida": 21}, {"gravida.range"}, set()),
        ({"outcome": "birth"}, {"ended_on.required"}, {"birth_place.missing", "birth_attendant.missing"}),
        ({"ended_on": date(2026, 2, 1)}, {"outcome.required"}, set()),
        ({"outcome": "miscarriage", "ended_on": date(2026, 2, 1)}, set(), set()),
        (
            {"outcome": "miscarriage", "ended_on": date(2026, 2, 1), "birth_place": "home"},
            {"birth_place.not_born"}, set(),
        ),
        ({"outcome": "lost", "ended_on": date(2025, 11, 1)}, {"ended_on.order"}, set()),
    ],
)  # fmt: skip
def test_pregnancy(change, errors, warnings):
    problems = list(rules.check_pregnancy(pregnancy(**change), owner=WOMAN, today=TODAY))
    assert found(problems) == errors
    assert found(problems, "warning") == warnings


def test_only_women_are_pregnant():
    assert found(rules.check_pregnancy(pregnancy(), owner=MAN, today=TODAY)) == {"sex.female_only"}


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({}, set()),
        ({"disease": ""}, {"disease.required"}),
        ({"status": "lost"}, {"left_on.required"}),
        ({"left_on": date(2026, 2, 1)}, {"status.left"}),
        ({"status": "lost", "left_on": date(2025, 1, 1)}, {"left_on.order"}),
        ({"status": "moved", "left_on": date(2026, 2, 1)}, set()),
        ({"registered_on": date(1950, 1, 1)}, {"registered_on.before_birth"}),
    ],
)
def test_registration(change, errors):
    values = {"disease": "hypertension", "registered_on": date(2025, 3, 1), "status": "managed"} | change
    assert found(rules.check_registration(values, owner=MAN, today=TODAY)) == errors


@pytest.mark.parametrize(
    ("pressure", "limits", "mark"),
    [
        ((139, 89), (140, 90), "1"),
        ((140, 80), (140, 90), "0"),
        ((130, 90), (140, 90), "0"),
        ((135, 79), (130, 80), "0"),
        ((129, 79), (130, 80), "1"),
        ((129, None), (140, 90), "2"),
    ],
)
def test_target_of_blood_pressure(pressure, limits, mark):
    assert rules.target_of("hypertension", pressure=pressure, pressure_below=limits) == mark


def test_target_of_blood_sugar_goes_by_hba1c_first():
    limits = {"glucose_within": (4.4, 7.2), "hba1c_below": 7.0}
    assert rules.target_of("diabetes", glucose=Decimal("6.0"), hba1c=Decimal("7.5"), **limits) == "0"
    assert rules.target_of("diabetes", glucose=Decimal("6.0"), **limits) == "1"
    assert rules.target_of("diabetes", **limits) == "2"
    assert rules.target_of("copd", pressure=(120, 80), pressure_below=(140, 90)) == "2"


def check(**change):
    return {"target_groups": ["1"], "funding": "2", "health_class": 2, "school_year": ""} | change


@pytest.mark.parametrize(
    ("change", "errors", "warnings"),
    [
        ({}, set(), set()),
        ({"target_groups": ["99"]}, {"target_groups.unknown_code"}, set()),
        ({"target_groups": []}, set(), {"target_groups.missing"}),
        ({"funding": "7"}, {"funding.unknown_code"}, set()),
        ({"funding": ""}, set(), {"funding.missing"}),
        ({"health_class": 6}, {"health_class.range"}, set()),
        ({"school_year": "2026"}, {"school_year.format"}, set()),
        ({"school_year": "2026-2028"}, {"school_year.format"}, set()),
        ({"school_year": "2025-2026"}, set(), set()),
        ({"target_groups": ["11"]}, set(), {"school_year.missing"}),
    ],
)
def test_health_check(change, errors, warnings):
    lists = {"targets": {"1", "11"}, "funding": {"2"}}
    problems = list(rules.check_health_check(check(**change), owner=MAN, on=TODAY, **lists))
    assert found(problems) == errors
    assert found(problems, "warning") == warnings


def test_small_children_have_no_class_and_a_second_check_is_told():
    child = rules.Owner("1", date(2021, 1, 1), "day", None)
    lists = {"targets": {"1", "10"}, "funding": {"2"}, "others": [(date(2026, 1, 5), "Trạm A", ["10"])]}
    problems = list(rules.check_health_check(check(), owner=child, on=TODAY, **lists))
    assert found(problems) == {"health_class.age"}
    warning = next(problem for problem in problems if problem.code == "target_groups.twice")
    assert "05/01/2026 tại Trạm A" in warning.message


def test_a_severe_reaction_is_reported_within_a_day():
    at = datetime(2026, 2, 1, 8, tzinfo=UTC)
    values = {"severity": "severe", "occurred_at": at}
    now = datetime(2026, 2, 1, 20, tzinfo=UTC)
    assert list(rules.check_reaction(values, given_on=date(2026, 2, 1), now=now)) == []
    late = rules.check_reaction(values, given_on=date(2026, 2, 1), now=datetime(2026, 2, 3, tzinfo=UTC))
    assert found(late, "warning") == {"reported_at.late"}
    before = rules.check_reaction(values, given_on=date(2026, 2, 2), now=now)
    assert found(before) == {"occurred_at.before_dose"}


def test_contraception_and_abortion():
    values = {"method": "tubal", "started_on": date(2026, 2, 1)}
    assert found(rules.check_contraception(values, owner=MAN, today=TODAY)) == {"method.sex"}
    assert found(rules.check_contraception(values, owner=WOMAN, today=TODAY)) == set()
    assert found(rules.check_abortion({"done_on": None}, owner=WOMAN, today=TODAY)) == {"done_on.required"}
    weeks = {"done_on": date(2026, 2, 1), "gestation_weeks": 30}
    assert found(rules.check_abortion(weeks, owner=WOMAN, today=TODAY)) == {"gestation_weeks.range"}
