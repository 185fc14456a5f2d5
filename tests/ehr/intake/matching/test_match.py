"""Who a row is: one certain person, a question, or somebody new."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.intake.matching import NOBODY, match, staged
from ehr.records.models import Household
from tests.factories.records import HouseholdFactory, IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
NUMBER = "038080900001"
OTHER_NUMBER = "038080900002"
ROW = {
    "full_name": "Lê Thị Lý", "birth_date": "1980-03-12", "sex": "2", "current_village_code": "T1",
    "household_code": "H01",
}  # fmt: skip


@pytest.fixture
def known(places):
    """known(**columns) → a person of household H01 of the first village, as ROW says."""

    def make(
        *, household="H01", village=None, number="", kind="SDDCN", former=False, birth="1980-03-12", precision="day",
        **columns,
    ):  # fmt: skip
        village = village or places.villages[0]
        columns = {"full_name": "Lê Thị Lý", "sex": "2", "village": village} | columns
        day = date.fromisoformat(birth) if birth else None
        person = PersonFactory(birth_date=day, birth_precision=precision if day else "unknown", **columns)
        if household:
            home = Household.objects.filter(code=household, village=village).first()
            MembershipFactory(person=person, household=home or HouseholdFactory(code=household, village=village))
        if number:
            IdentifierFactory(person=person, value=number, kind=kind, valid_to=date(2024, 1, 1) if former else None)
        return person

    return make


def find(commune, by, *rows, **how):
    given = [staged(position, ROW | row, row=position + 5) for position, row in enumerate(rows)]
    found = match(given, commune=commune, by=by, **how)
    return [found.get(position, NOBODY) for position in range(len(rows))]


def drop(*names):
    """ROW without these cells: an empty text says nothing."""
    return dict.fromkeys(names, "")


CERTAIN = {
    "all the same": ({}, {}),
    "number and name, whatever the place": (
        {"number": NUMBER, "household": ""},
        {"id_number": NUMBER, "household_code": "H77", "current_village_code": "T2"},
    ),
    "a number that ended": ({"number": "172345678", "kind": "CMND9", "former": True}, {"id_number": "172345678"}),
    "CMND now CCCD, the sheet has the old one": (
        {"number": "172345678", "kind": "CMND9", "former": True, "household": ""},
        {"id_number": "172345678", "household_code": ""},
    ),
    "a cancelled number": ({"number": NUMBER, "kind": "SDDCN_CANCELLED"}, {"id_number": NUMBER}),
    "insurance card": (
        {"number": "GD4383812345678", "kind": "BHYT_CARD", "household": ""},
        {"health_insurance_number": "GD4383812345678", "household_code": "H55", "current_village_code": "T2"},
    ),
    "social insurance number within the card": (
        {"number": "3812345678", "kind": "BHXH_NO", "household": ""},
        {"health_insurance_number": "GD4383812345678", "current_village_code": "T2"},
    ),
    "number and name, another birth date of the same sex": (
        {"number": NUMBER},
        {"id_number": NUMBER, "birth_date": "1981-05-04"},
    ),
    "y for i, no tones, capital letters": ({}, {"full_name": "LE THI LI"}),
    "the tone at its other place": ({"full_name": "Lê Thị Hoà"}, {"full_name": "Lê Thị Hòa"}),
    "only the year on the sheet, same household": ({}, {"birth_date": "1980"}),
    "only the year in the record, same household": ({"birth": "1980-01-01", "precision": "year"}, {}),
    "only the year, same village, household unknown": ({"household": ""}, {"birth_date": "1980"}),
    "same village, another household, full date": ({"household": "H02"}, {}),
    "no birth date on the sheet, same household and name": ({}, {"birth_date": ""}),
    "no sex on the sheet": ({}, {"sex": ""}),
    "the 12-digit number is new, the record has the old CMND": (
        {"number": "172345678", "kind": "CMND9"},
        {"id_number": NUMBER},
    ),
}


@pytest.mark.parametrize(("person", "row"), CERTAIN.values(), ids=CERTAIN)
def test_certain(known, commune, clerk, person, row):
    person = known(**person)
    (found,) = find(commune, clerk, row)
    assert (found.person_id, found.certain, found.candidates) == (person.pk, True, [])


ASKED = {
    "same number, another name": (
        {"number": NUMBER},
        {"id_number": NUMBER, "full_name": "Phạm Thị Khác"},
        "khác họ tên",
    ),
    "same card, another name": (
        {"number": "GD4383812345678", "kind": "BHYT_CARD"},
        {"health_insurance_number": "GD4383812345678", "full_name": "Phạm Thị Khác"},
        "khác họ tên",
    ),
    "same name and date, another village": ({}, {"current_village_code": "T2", "household_code": "H09"}, "khác thôn"),
    "same name and year, another household": ({}, {"birth_date": "1980", "household_code": "H09"}, "khác hộ"),
    "day and month swapped in the same household": ({}, {"birth_date": "1980-12-03"}, "khác ngày sinh"),
    "another number, all else the same": ({"number": OTHER_NUMBER}, {"id_number": NUMBER}, "khác số định danh"),
    "twin of the same letters with other tones": ({"full_name": "Lê Thị Lỵ"}, {}, "khác dấu"),
    "no birth date, another household": (
        {"household": ""},
        {"birth_date": "1980", "current_village_code": ""},
        "năm sinh",
    ),
}


@pytest.mark.parametrize(("person", "row", "why"), ASKED.values(), ids=ASKED)
def test_never_guessed(known, commune, clerk, person, row, why):
    person = known(**person)
    (found,) = find(commune, clerk, row)
    assert (found.person_id, found.certain) == (None, False)
    assert [key for key, _ in found.candidates] == [person.pk]
    assert why in found.candidates[0][1]


NEW = {
    "another name": ({}, {"full_name": "Lê Thị Ba"}),
    "twin with a name of her own": ({"full_name": "Lê Thị Hai"}, {}),
    "same name, another sex": ({"sex": "1"}, {}),
    "same name, another year, another household": ({}, {"birth_date": "1990-03-12", "household_code": "H09"}),
    "a cousin of the same name with another number in another household": (
        {"number": OTHER_NUMBER},
        {"id_number": NUMBER, "household_code": "H09"},
    ),
    "a grandmother of the same name in the same household": ({"birth": "1940-01-01", "precision": "year"}, {}),
    "entered in error": ({"status": "error", "number": NUMBER}, {"id_number": NUMBER}),
}


@pytest.mark.parametrize(("person", "row"), NEW.values(), ids=NEW)
def test_somebody_new(known, commune, clerk, person, row):
    known(**person)
    assert find(commune, clerk, row) == [NOBODY]


def test_two_strong_hits_are_a_question(known, commune, clerk):
    first, second = known(), known(household="H02")
    (found,) = find(commune, clerk, {"household_code": ""})
    assert found.person_id is None
    assert sorted(key for key, _ in found.candidates) == [first.pk, second.pk]


def test_a_year_and_a_village_are_no_answer_while_two_could_be_meant(known, commune, clerk):
    at_home, without = known(household="H02"), known(household="")
    (found,) = find(commune, clerk, {"birth_date": "1980", "household_code": "H09"})
    assert found.person_id is None
    assert sorted(key for key, _ in found.candidates) == [at_home.pk, without.pk]


def test_a_number_decides_between_two_of_the_same_name(known, commune, clerk):
    first = known(number=NUMBER)
    known(household="H02", number=OTHER_NUMBER)
    (found,) = find(commune, clerk, {"id_number": NUMBER})
    assert found.person_id == first.pk


def test_twins_whose_names_differ_in_a_tone_are_told_apart(known, commune, clerk):
    one, two = known(full_name="Lê Văn Anh", sex="1"), known(full_name="Lê Văn Ánh", sex="1")
    found = find(commune, clerk, {"full_name": "Lê Văn Ánh", "sex": "1"}, {"full_name": "Lê Văn Anh", "sex": "1"})
    assert [each.person_id for each in found] == [two.pk, one.pk]


def test_one_person_is_certain_for_one_row(known, commune, clerk):
    person = known(number=NUMBER)
    found = find(commune, clerk, {"birth_date": "1980"}, {"id_number": NUMBER})
    assert [each.person_id for each in found] == [None, person.pk]
    assert found[0].candidates == [(person.pk, "Dòng 6 của tệp cũng là người này")]
    again = find(commune, clerk, {"id_number": NUMBER}, {"id_number": NUMBER}, once=False)
    assert [each.person_id for each in again] == [person.pk, person.pk]


def test_a_wife_who_moved_to_her_husbands_village_is_found_by_her_number(known, commune, clerk):
    wife = known(number=NUMBER)
    moved = {"id_number": NUMBER, "current_village_code": "T2", "household_code": "H31"}
    assert find(commune, clerk, moved)[0].person_id == wife.pk


def test_somebody_out_of_reach_is_not_named(known, commune, clerk, places):
    known(number=NUMBER, village=places.far_village, household="")
    (found,) = find(commune, clerk, {"id_number": NUMBER})
    assert (found.elsewhere, found.person_id, found.candidates) == (True, None, [])


def test_a_name_is_looked_up_in_the_own_commune_only(known, commune, clerk, places):
    known(village=places.other_village)
    assert find(commune, clerk, {}) == [NOBODY]


def test_who_was_merged_stands_for_the_record_that_was_kept(known, commune, clerk):
    kept = known(household="", birth="1980-03-12")
    merged = known(number=NUMBER, household="")
    merged.status, merged.merged_into = "duplicate", kept
    merged.save()
    (found,) = find(commune, clerk, {"id_number": NUMBER})
    assert found.person_id == kept.pk


def test_the_moved_and_the_dead_are_found(known, commune, clerk):
    moved = known(status="moved")
    assert find(commune, clerk, {})[0].person_id == moved.pk
    dead = known(status="dead", death_date=date(2025, 1, 1), number=NUMBER, full_name="Lê Thị Tư")
    assert find(commune, clerk, {"id_number": NUMBER, "full_name": "Lê Thị Tư"})[0].person_id == dead.pk


@pytest.mark.parametrize("rows", [1, 40])
def test_the_number_of_queries_does_not_depend_on_the_rows(known, commune, clerk, rows):
    known()
    find(commune, clerk, {})
    with CaptureQueriesContext(connection) as queries:
        find(commune, clerk, *[{"household_code": f"H{number}"} for number in range(rows)])
    assert len(queries) <= 16
