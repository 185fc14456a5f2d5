"""Section C from sheets: a class with one dose per row, booklets with one column per printed line."""

from datetime import date

import pytest

from ehr.audit.changes import event_model
from ehr.intake.sections import vaccination
from ehr.intake.sections.vaccines import Vaccines
from ehr.records.bulk import BulkRow
from ehr.vaccination.models import Immunization, VaccinationRecord
from ehr.vaccination.queries import section_c
from ehr.vaccination.services import save_vaccinations
from tests.factories.records import ChildFactory, PersonFactory, WomanFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)
HPV = {
    "vaccine": "HPV 1",
    "dose_number": 1,
    "occurrence_date": "2026-03-12",
    "lot_number": "L01",
    "next_date": "2026-09-12",
}


@pytest.fixture
def child(village):
    return ChildFactory(village=village, birth_date=date(2013, 8, 20))


def check(*values, person, by=None):
    rows = [BulkRow(key, row, person.pk if person else None) for key, row in enumerate(values)]
    return vaccination.check(rows, by=by, today=TODAY)


def write(*values, person, by=None):
    rows = [BulkRow(key, row, person.pk if person else None) for key, row in enumerate(values)]
    return vaccination.write(rows, by=by, door="excel", batch=7, today=TODAY)


def fates(outcomes):
    return [outcome.fate for outcome in outcomes]


def codes(outcome):
    return [(problem.field, problem.code, problem.level) for problem in outcome.problems]


def test_a_dose_is_new_then_unchanged_then_updated(child):
    [outcome] = check(HPV, person=child)
    assert (outcome.fate, outcome.person_id) == ("new", child.pk)
    before, after = outcome.changes["c2_hpv_1"]
    assert before == "" and after.startswith("HPV 1, đã chủng ngừa, 12/03/2026") and "lô L01" in after
    assert not Immunization.objects.exists()  # a check writes nothing
    assert fates(write(HPV, person=child)) == ["new"]
    dose = section_c(child).by_row["c2_hpv_1"]
    assert (dose.status, dose.occurrence_date, dose.lot_number) == ("given", date(2026, 3, 12), "L01")
    assert fates(write(HPV, person=child)) == ["unchanged"]
    assert event_model(Immunization).objects.count() == 1
    assert VaccinationRecord.objects.get(person=child).version == 1
    [outcome] = write(HPV | {"occurrence_date": "2026-03-13"}, person=child)
    assert outcome.fate == "update"
    assert "12/03/2026" in outcome.changes["c2_hpv_1"][0] and "13/03/2026" in outcome.changes["c2_hpv_1"][1]
    dose = section_c(child).by_row["c2_hpv_1"]
    assert (dose.occurrence_date, dose.lot_number) == (date(2026, 3, 13), "L01")  # an empty cell blanks nothing
    assert VaccinationRecord.objects.get(person=child).version == 2


def test_not_given_over_a_given_dose_is_an_update_with_a_warning(child):
    write(HPV, person=child)
    [outcome] = check({"c2_hpv_1": "chưa"}, person=child)
    assert (outcome.fate, codes(outcome)) == ("update", [("c2_hpv_1", "status.was_given", "warning")])


def test_history_names_door_and_batch(child, clerk):
    write(HPV, person=child, by=clerk)
    event = event_model(Immunization).objects.get()
    assert {name: event.pgh_context[name] for name in ("user", "door", "batch")} == {
        "user": clerk.pk, "door": "excel", "batch": 7,
    }  # fmt: skip


def test_a_booklet_row(child):
    values = {
        "c1_bcg": date(2013, 8, 22), "c1_hepb_birth": "x", "c1_measles_1": "chưa", "c1_measles_2": "kb",
        "c1_polio_1": "22/10/2013", "mother_tetanus_dose_count": "2",
    }  # fmt: skip
    [outcome] = write(values, person=child)
    assert outcome.fate == "update"  # the mother's doses are an answer, not a dose
    stored = section_c(child)
    assert {code: (dose.status, dose.occurrence_date) for code, dose in stored.by_row.items()} == {
        "c1_bcg": ("given", date(2013, 8, 22)),
        "c1_hepb_birth": ("given", None),
        "c1_measles_1": ("not_given", None),
        "c1_measles_2": ("unknown", None),
        "c1_polio_1": ("given", date(2013, 10, 22)),
    }
    assert stored.mother_tetanus_dose_count.value == 2
    assert fates(write(values, person=child)) == ["unchanged"]
    assert codes(outcome) == [("c1_hepb_birth", "occurrence_date.missing", "warning")]


@pytest.mark.parametrize(("cell", "stored"), [("không", "none"), ("kb", "unknown"), (0, "value"), ("0", "value")])
def test_no_doses_of_the_mother_is_an_answer(child, cell, stored):
    write({"mother_tetanus_dose_count": cell}, person=child)
    assert section_c(child).mother_tetanus_dose_count.state == stored


def test_two_vaccines_of_one_person_and_the_same_dose_twice(child):
    measles = {"vaccine": "Sởi 2", "occurrence_date": "2026-03-12"}
    outcomes = write(HPV, measles, HPV, person=child)
    assert fates(outcomes) == ["new", "new", "unchanged"]
    assert set(section_c(child).by_row) == {"c2_hpv_1", "c1_measles_2"}
    assert VaccinationRecord.objects.get(person=child).version == 1


def test_a_refused_row_leaves_nothing_of_its_person(child):
    future = {"vaccine": "Sởi 2", "occurrence_date": "2027-01-01"}
    outcomes = write(future, HPV, person=child)
    assert fates(outcomes) == ["refused", "new"]
    assert codes(outcomes[0]) == [("occurrence_date", "occurrence_date.future", "error")]
    assert set(section_c(child).by_row) == {"c2_hpv_1"}


def test_old_faults_of_a_record_do_not_refuse_a_new_dose(village):
    """What stood there before is not the sheet's fault."""
    person = WomanFactory(village=village, birth_date=date(2000, 1, 1))
    save_vaccinations(person=person, by=None, door="test", rows={"c3_tetanus_1": {"status": "given"}}, today=TODAY)
    person.sex = "1"
    person.save()
    [outcome] = write(HPV, person=person)
    assert (outcome.fate, codes(outcome)) == ("new", [])


def test_vaccines_without_a_printed_line(child):
    row = {"vaccine": "Vắc xin bại liệt bất hoạt (IPV)", "dose_number": "1", "occurrence_date": "01/10/2013"}
    assert fates(write(row, row, person=child)) == ["new", "unchanged"]
    [dose] = section_c(child).extra
    assert (dose.vaccine.code, dose.dose_number, dose.table) == ("IPV", 1, "1")  # of the programme: first table
    later = {"vaccine": "IPV", "occurrence_date": "2014-02-01"}  # no number: the next one
    assert fates(write(later, person=child)) == ["new"]
    assert fates(write(later, person=child)) == ["unchanged"]  # and by its day the same one again
    assert [(dose.dose_number, dose.occurrence_date) for dose in section_c(child).extra] == [
        (1, date(2013, 10, 1)),
        (2, date(2014, 2, 1)),
    ]
    assert fates(write(later | {"dose_number": 2, "reaction": "Sốt"}, person=child)) == ["update"]
    assert [dose.reaction for dose in section_c(child).extra] == ["", "Sốt"]


@pytest.mark.parametrize(
    ("words", "number", "row", "vaccine"),
    [
        ("HPV 2", None, "c2_hpv_2", "HPV"),
        ("hpv", 2, "c2_hpv_2", "HPV"),
        ("UV", 1, "c3_tetanus_1", "TT"),
        ("VNNB", 2, "c1_je_2", "JE_INACT"),
        ("Vắc xin phế cầu khuẩn", None, "c2_pneumococcal", "PCV"),
        ("BCG", None, None, "BCG"),
        ("HPV9", None, None, "HPV9"),
        ("Vắc xin cúm mùa bất hoạt", 1, None, "FLU"),
        ("cúm", 3, "c2_influenza_3", "FLU"),
        ("COVID_MRNA", None, None, "COVID_MRNA"),
    ],
)
def test_words_for_vaccines(places, words, number, row, vaccine):
    meant = Vaccines().find(words, number)
    assert meant.vaccine.code == vaccine
    assert (meant.row.code if meant.row else None) == row


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"vaccine": "Thuốc ho"}, ("vaccine", "vaccine.unknown")),
        ({"vaccine": "HPV 1"}, ("occurrence_date", "occurrence_date.required")),
        ({"vaccine": "HPV 1", "dose_number": 2, "occurrence_date": "2026-03-12"}, ("dose_number",
        "dose_number.mismatch")),
        ({"vaccine": "HPV 1", "occurrence_date": "2026"}, ("occurrence_date", "date.partial")),
        ({"vaccine": "HPV 1", "occurrence_date": "31/02/2026"}, ("occurrence_date", "date.day")),
        ({"vaccine": "IPV", "vaccine_status": "Đã tiêm"}, ("dose_number", "dose_number.required")),
        ({"vaccine": "HPV 1", "vaccine_status": "có lẽ"}, ("vaccine_status", "vaccine_status.unknown")),
        ({"vaccine": "HPV 1", "dose_number": "1,5", "occurrence_date": "2026-03-12"}, ("dose_number", "number.whole")),
        ({"occurrence_date": "2026-03-12"}, ("vaccine", "vaccine.required")),
        ({"full_name": "Chỉ Có Tên"}, ("vaccine", "dose.empty")),
        ({"c1_bcg": "hôm qua"}, ("c1_bcg", "date.format")),
        ({"c1_bcg": "2010-01-01"}, ("c1_bcg", "occurrence_date.before_birth")),
        ({"mother_tetanus_dose_count": "nhiều"}, ("mother_tetanus_dose_count", "number.format")),
        ({"mother_tetanus_dose_count": 99}, ("mother_tetanus_dose_count", "mother_tetanus_dose_count.range")),
        ({"vaccine": "UV1", "occurrence_date": "2026-03-12"}, ("vaccine", "sex.female_only")),
        (HPV | {"lot_number": "L" * 60}, ("vaccine", "max_length")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_cell(child, values, problem):
    [outcome] = check(values, person=child)
    assert outcome.fate == "refused"
    assert problem in [(each.field, each.code) for each in outcome.problems if each.level == "error"]
    assert fates(write(values, person=child)) == ["refused"]
    assert not Immunization.objects.exists() and not VaccinationRecord.objects.exists()


def test_unknown_people_and_people_elsewhere_are_refused(places, users, child):
    [outcome] = check(HPV, person=None)
    assert (outcome.fate, codes(outcome)) == ("refused", [("full_name", "person.unknown", "error")])
    for by in (users.far, users.centre, users.nobody, users.admin):
        assert fates(write(HPV, person=child, by=by)) == ["refused"]
    assert fates(write(HPV, person=child, by=users.clerk)) == ["new"]


def test_a_class_costs_the_same_number_of_queries_at_two_sizes(village, django_assert_max_num_queries):
    people = [ChildFactory(village=village, birth_date=date(2013, 8, 20)) for _ in range(30)]
    counts = []
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for part in (people[:3], people[3:]):
        rows = [BulkRow(key, dict(HPV), person.pk) for key, person in enumerate(part)]
        with CaptureQueriesContext(connection) as queries:
            assert set(fates(vaccination.check(rows, by=None, today=TODAY))) == {"new"}
            assert set(fates(vaccination.write(rows, by=None, door="excel", batch=7, today=TODAY))) == {"new"}
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16
    assert Immunization.objects.count() == 30


def test_a_person_of_another_sheet_is_not_touched(village, child):
    other = PersonFactory(village=village)
    write(HPV, person=child)
    assert not Immunization.objects.filter(person=other).exists()
