"""Section D from sheets: a screening day, one visit per row."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.audit.changes import event_model
from ehr.intake.sections import exam
from ehr.records import facts
from ehr.records.bulk import BulkRow
from ehr.records.models import Diagnosis, Encounter, ExamFinding, LabResult
from ehr.records.services import cancel_encounter, save_encounter
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)
ROW = {
    "exam_date": "2026-02-10", "bp": "150/90", "pulse": 78, "weight_kg": "61,5", "height_cm": Decimal(165),
    "organ_cardiovascular": "Nhịp tim đều", "lab_blood_chemistry": "Glucose 6,8", "diagnosis_icd10_code": "i10",
    "conclusion": "Theo dõi", "examining_doctor": "BS. Thử", "vision_right_uncorrected": "10/10",
}  # fmt: skip


@pytest.fixture
def person(village):
    return PersonFactory(village=village, birth_date=date(1980, 3, 12))


def check(*values, person, by=None):
    return exam.check(_rows(values, person), by=by, today=TODAY)


def write(*values, person, by=None):
    return exam.write(_rows(values, person), by=by, door="excel", batch=9, today=TODAY)


def _rows(values, person):
    return [BulkRow(key, row, person.pk if person else None) for key, row in enumerate(values)]


def fates(outcomes):
    return [outcome.fate for outcome in outcomes]


def versions():
    return [event_model(model).objects.count() for model in (Encounter, ExamFinding, LabResult, Diagnosis)]


def test_a_visit_is_new_then_unchanged_then_updated(person):
    [outcome] = check(ROW, person=person)
    assert (outcome.fate, outcome.person_id) == ("new", person.pk)
    assert outcome.changes["bp_systolic"] == ("", 150)
    assert not Encounter.objects.exists()  # a check writes nothing
    assert fates(write(ROW, person=person)) == ["new"]
    visit = Encounter.objects.get()
    stored = facts.section_d(visit)
    assert (visit.kind, visit.version, visit.bp_systolic, visit.bp_diastolic) == ("check", 1, 150, 90)
    assert (visit.weight_kg, visit.bmi) == (Decimal("61.50"), Decimal("22.6"))
    assert stored["organ_cardiovascular"] == "Nhịp tim đều"
    [lab], [diagnosis] = stored["labs"], stored["diagnoses"]
    assert (lab.group.code, lab.result) == ("blood_chemistry", "Glucose 6,8")
    assert (diagnosis.icd10_code, diagnosis.conclusion) == ("I10", "Theo dõi") and diagnosis.name
    before = versions()
    assert fates(check(ROW, person=person)) == fates(write(ROW, person=person)) == ["unchanged"]
    assert versions() == before
    [outcome] = write(ROW | {"weight_kg": "62", "lab_blood_chemistry": "Glucose 7,0"}, person=person)
    assert (outcome.fate, set(outcome.changes)) == ("update", {"weight_kg", "lab_blood_chemistry"})
    assert outcome.changes["weight_kg"] == (Decimal("61.50"), Decimal(62))
    visit.refresh_from_db()
    assert (visit.weight_kg, visit.version) == (Decimal("62.00"), 2)
    assert LabResult.objects.get().result == "Glucose 7,0"


def test_history_names_door_and_batch(person, clerk):
    write(ROW, person=person, by=clerk)
    for model in (Encounter, ExamFinding, LabResult, Diagnosis):
        event = event_model(model).objects.get()
        assert (event.pgh_context["user"], event.pgh_context["door"], event.pgh_context["batch"]) == (
            clerk.pk,
            "excel",
            9,
        )


def test_a_sheet_keeps_what_it_does_not_name(person):
    saved = save_encounter(
        person=person, by=None, door="screen", today=TODAY,
        values={
            "exam_date": date(2026, 2, 10), "kind": "check", "advice": "Ăn nhạt", "organ_digestive": "Bụng mềm",
            "labs": [{"group": "blood_chemistry", "service_name": "Ure", "result": "5,1"},
                     {"group": "haematology", "result": "Bình thường"}],
            "diagnoses": [{"icd10_code": "I10"}, {"icd10_code": "E11"}],
        },
    ).object  # fmt: skip
    [outcome] = write(ROW, person=person)
    assert outcome.fate == "update"
    assert Encounter.objects.get() == saved
    stored = facts.section_d(Encounter.objects.get())
    assert (stored["advice"], stored["organ_digestive"]) == ("Ăn nhạt", "Bụng mềm")
    assert sorted((row.service_name, row.result) for row in stored["labs"]) == [
        ("", "Bình thường"), ("", "Glucose 6,8"), ("Ure", "5,1"),
    ]  # fmt: skip
    assert [(row.icd10_code, row.conclusion) for row in stored["diagnoses"]] == [("I10", "Theo dõi"), ("E11", "")]
    assert fates(write(ROW, person=person)) == ["unchanged"]


def test_kind_and_day_and_place_tell_visits_apart(person):
    rows = (ROW, ROW | {"kind": "Khám bệnh"}, ROW | {"exam_date": "2026-02-11"})
    assert fates(write(*rows, person=person)) == ["new", "new", "new"]
    here, there = ROW | {"facility_name": "Trạm A"}, ROW | {"facility_name": "Trạm B"}
    assert fates(write(here, person=person)) == ["update"]  # the place of the first visit becomes known
    assert fates(write(there, person=person)) == ["new"]
    [outcome] = write(ROW, person=person)
    assert [problem.code for problem in outcome.problems] == ["exam.several"]
    assert fates(write(here, there, person=person)) == ["unchanged", "unchanged"]


def test_two_rows_about_one_visit_join_or_contradict(person):
    eyes = {"exam_date": "2026-02-10", "vision_left_uncorrected": "9/10"}
    other = {"exam_date": "2026-02-10", "pulse": 80}
    outcomes = write(ROW, eyes, other, ROW, person=person)
    assert fates(outcomes) == ["new", "update", "refused", "unchanged"]
    assert [(p.field, p.code) for p in outcomes[2].problems] == [("pulse", "exam.twice")]
    visit = Encounter.objects.get()
    assert (visit.vision_left_uncorrected, visit.pulse, visit.version) == ("9/10", 78, 1)


def test_a_cancelled_visit_is_not_filled_again(person):
    write(ROW, person=person)
    cancel_encounter(encounter=Encounter.objects.get(), reason="Nhập nhầm", by=None, door="screen")
    assert fates(write(ROW, person=person)) == ["new"]
    assert sorted(Encounter.objects.values_list("status", flat=True)) == ["error", "finished"]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"bp": "120/80"}, ("exam_date", "exam_date.required")),
        ({"exam_date": "2026-02-10"}, ("exam_date", "exam.empty")),
        ({"exam_date": "2027-01-01", "pulse": 70}, ("exam_date", "exam_date.future")),
        ({"exam_date": "1979-01-01", "pulse": 70}, ("exam_date", "exam_date.before_birth")),
        ({"exam_date": "30/02/2026", "pulse": 70}, ("exam_date", "date.day")),
        ({"exam_date": "2026-02-10", "bp": "cao"}, ("bp", "bp.format")),
        ({"exam_date": "2026-02-10", "bp": "80/120"}, ("bp_systolic", "bp.order")),
        ({"exam_date": "2026-02-10", "bp": "120/80", "bp_systolic": 130}, ("bp_systolic", "bp.differs")),
        ({"exam_date": "2026-02-10", "pulse": "7000"}, ("pulse", "pulse.range")),
        ({"exam_date": "2026-02-10", "pulse": "nhanh"}, ("pulse", "number.format")),
        ({"exam_date": "2026-02-10", "pulse": "70,5"}, ("pulse", "number.whole")),
        ({"exam_date": "2026-02-10", "kind": "linh tinh", "pulse": 70}, ("kind", "kind.unknown")),
        ({"exam_date": "2026-02-10", "diagnosis_icd10_code": "ZZZ"}, ("diagnosis_icd10_code", "icd10.unknown")),
        ({"exam_date": "2026-02-10", "vision_right_uncorrected": "x" * 30}, ("vision_right_uncorrected", "max_length")),
    ],
)
def test_what_is_wrong_is_said_at_its_cell(person, values, problem):
    [outcome] = check(values, person=person)
    assert outcome.fate == "refused"
    assert problem in [(each.field, each.code) for each in outcome.problems if each.level == "error"]
    assert fates(write(values, person=person)) == ["refused"]
    assert not Encounter.objects.exists()


def test_unlikely_values_are_saved_with_a_warning(person):
    [outcome] = write({"exam_date": "2026-02-10", "pulse": 230}, person=person)
    assert (outcome.fate, [problem.code for problem in outcome.problems]) == ("new", ["pulse.unlikely"])
    assert Encounter.objects.get().pulse == 230


def test_unknown_people_and_people_elsewhere_are_refused(users, person):
    [outcome] = check(ROW, person=None)
    assert (outcome.fate, [problem.code for problem in outcome.problems]) == ("refused", ["person.unknown"])
    for by in (users.far, users.centre, users.nobody, users.admin):
        assert fates(write(ROW, person=person, by=by)) == ["refused"]
    assert fates(write(ROW, person=person, by=users.clerk)) == ["new"]


def test_a_school_costs_the_same_number_of_queries_at_two_sizes(village):
    people = [PersonFactory(village=village) for _ in range(30)]
    counts = []
    for part in (people[:3], people[3:]):
        rows = [BulkRow(key, dict(ROW), person.pk) for key, person in enumerate(part)]
        with CaptureQueriesContext(connection) as queries:
            assert set(fates(exam.check(rows, by=None, today=TODAY))) == {"new"}
            assert set(fates(exam.write(rows, by=None, door="excel", batch=9, today=TODAY))) == {"new"}
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
    assert Encounter.objects.count() == 30
