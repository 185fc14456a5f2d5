"""Writing section D."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.audit.changes import event_model
from ehr.codes.models import Code
from ehr.common.problems import StaleError
from ehr.records import facts
from ehr.records.models import Diagnosis, Encounter, ExamFinding, LabResult
from ehr.records.services import cancel_encounter, save_encounter
from tests.factories.codes import CodeFactory, ReleaseFactory
from tests.factories.records import (
    DiagnosisFactory,
    EncounterFactory,
    ExamFindingFactory,
    LabResultFactory,
    PersonFactory,
    WomanFactory,
)

TODAY = date(2026, 3, 1)
TABLES = (Encounter, ExamFinding, LabResult, Diagnosis)
VITALS = {
    "exam_date": date(2026, 2, 10), "pulse": 80, "temperature": Decimal("36.8"), "bp_systolic": 120,
    "bp_diastolic": 80, "respiratory_rate": 18, "weight_kg": Decimal("61.5"), "height_cm": Decimal("165"),
    "waist_cm": Decimal("80"),
}  # fmt: skip
FULL = VITALS | {
    "kind": "check", "visit_reason": "Đau đầu", "present_illness": "Ba ngày", "vision_right_uncorrected": "8/10",
    "uses_glasses": "no", "exam_skin_mucosa": "Hồng", "organ_cardiovascular": "Đều", "organ_mental": "Bình thường",
    "development_assessment": "Tốt", "advice": "Giảm muối", "examining_doctor": "BS. Thử", "visit_link_code": "LK1",
    "labs": [{"group": "haematology", "result": "4,5", "service_name": "Hồng cầu", "unit": "T/L"},
             {"group": "urine_chemistry", "result": "âm tính"}],
    "diagnoses": [{"icd10_code": "I10", "conclusion": "Theo dõi"}, {"name": "Đau đầu chưa rõ"}],
}  # fmt: skip


@pytest.fixture
def person(village):
    return WomanFactory(village=village)


def save(person, values, by=None, **more):
    return save_encounter(person=person, values=values, by=by, door="screen", today=TODAY, **more)


def codes_of(refused):
    return {error.code for errors in refused.value.error_dict.values() for error in errors}


def versions():
    return {model.__name__: event_model(model).objects.count() for model in TABLES}


def test_a_visit_is_stored_and_read_back(person):
    visit = Encounter.objects.get(pk=save(person, FULL).object.pk)
    stored = facts.section_d(visit)
    assert {name: stored[name] for name in FULL if name not in ("labs", "diagnoses")} == {
        name: value for name, value in FULL.items() if name not in ("labs", "diagnoses")
    }
    assert stored["bmi"] == Decimal("22.6")
    assert [(row.service_name, row.result, row.value, row.unit) for row in stored["labs"]] == [
        ("Hồng cầu", "4,5", Decimal("4.5"), "T/L"), ("", "âm tính", None, ""),
    ]  # fmt: skip
    first, second = stored["diagnoses"]
    assert (first.icd10_code, first.name, first.icd10_version) == ("I10", "Bệnh lý tăng huyết áp", "4469-2020")
    assert (second.icd10_code, second.name) == ("", "Đau đầu chưa rõ")


def test_saving_what_is_stored_leaves_no_trace(person):
    visit = save(person, FULL).object
    before = versions()
    values = facts.section_d(Encounter.objects.get(pk=visit.pk))
    saved = save(person, values, encounter=visit, version=visit.version)
    assert versions() == before
    assert saved.object.version == visit.version


def test_rows_that_came_by_other_ways_are_not_rewritten(person):
    """Bulk loads leave the exchange's group empty and knew an older list of diseases."""
    visit = EncounterFactory(person=person)
    ExamFindingFactory(encounter=visit)
    LabResultFactory(encounter=visit)
    DiagnosisFactory(encounter=visit, icd10=None, icd10_code="Z99.X", icd10_version="cũ", name="Bệnh của danh mục cũ")
    before = versions()
    save(person, facts.section_d(Encounter.objects.get(pk=visit.pk)), encounter=visit)
    assert versions() == before


def test_a_correction_touches_only_what_changed(person):
    visit = save(person, FULL).object
    before = versions()
    save(person, {"organ_mental": "Lo lắng", "weight_kg": Decimal("70")}, encounter=visit, version=1)
    after = versions()
    assert {name: after[name] - before[name] for name in after} == {
        "Encounter": 1, "ExamFinding": 1, "LabResult": 0, "Diagnosis": 0,
    }  # fmt: skip
    visit.refresh_from_db()
    assert visit.bmi == Decimal("25.7")
    assert visit.visit_reason == "Đau đầu"


def test_the_answer_carries_the_computed_bmi(person):
    visit = save(person, VITALS).object
    assert visit.bmi == Decimal("22.6")
    assert save(person, {"weight_kg": Decimal("70")}, encounter=visit).object.bmi == Decimal("25.7")
    assert save(person, {"weight_kg": None}, encounter=visit).object.bmi is None


def test_lists_can_be_emptied_and_reordered(person):
    visit = save(person, FULL).object
    save(person, {"labs": [], "diagnoses": [{"name": "Đau đầu chưa rõ"}, {"icd10_code": "i10"}]}, encounter=visit)
    assert not LabResult.objects.exists()
    rows = [(row.position, row.icd10_code) for row in Diagnosis.objects.order_by("position")]
    assert rows == [(0, ""), (1, "I10")]


def test_an_emptied_finding_is_removed(person):
    visit = save(person, FULL).object
    save(person, {"organ_mental": ""}, encounter=visit)
    kept = set(ExamFinding.objects.values_list("system__code", flat=True))
    assert kept == {"skin_mucosa", "cardiovascular"}


def test_the_four_printed_results_may_come_as_texts(person):
    save(person, VITALS | {"lab_haematology": "HC 4,5", "lab_abdominal_ultrasound": "Gan bình thường"})
    rows = list(LabResult.objects.order_by("position").values_list("group__code", "result", "service_group"))
    assert rows == [("haematology", "HC 4,5", "1"), ("abdominal_ultrasound", "Gan bình thường", "2")]


def test_one_diagnosis_may_come_as_fields(person):
    save(person, VITALS | {"diagnosis_icd10_code": "J02", "conclusion": "Nhẹ"})
    row = Diagnosis.objects.get()
    assert (row.icd10_code, row.name, row.conclusion) == ("J02", "Viêm họng cấp", "Nhẹ")


def test_a_diagnosis_keeps_the_list_it_was_taken_from(person):
    visit = save(person, VITALS | {"diagnoses": [{"icd10_code": "J02"}]}).object
    old = Code.objects.get(system__key="icd10", code="J02")
    newer = ReleaseFactory(system=old.system, version="mới", valid_from=date(2021, 1, 1))
    CodeFactory(release=newer, system=old.system, code="J02", name="Viêm họng (tên mới)")
    save(person, {"diagnoses": [{"icd10_code": "J02", "name": "Viêm họng cấp"}], "advice": "Nghỉ"}, encounter=visit)
    assert Diagnosis.objects.get().icd10_version == "4469-2020"
    save(person, {"diagnoses": [{"icd10_code": "J02", "conclusion": "Nặng hơn"}]}, encounter=visit)
    assert Diagnosis.objects.get().icd10_version == "mới"


def test_a_code_must_be_in_force_on_the_day_of_the_visit(person):
    Code.objects.filter(system__key="icd10", code="J02").update(valid_to=date(2026, 2, 1))
    visit = save(person, VITALS | {"exam_date": date(2026, 1, 31), "diagnoses": [{"icd10_code": "J02"}]}).object
    with pytest.raises(ValidationError) as refused:
        save(person, VITALS | {"diagnoses": [{"icd10_code": "J02"}]})
    assert codes_of(refused) == {"icd10.unknown"}
    # A later correction of the older visit judges by the day of that visit.
    save(person, {"diagnoses": [{"icd10_code": "J02", "conclusion": "Nặng"}]}, encounter=visit)
    assert Diagnosis.objects.get().conclusion == "Nặng"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"exam_date": None}, {"exam_date.required"}),
        ({"exam_date": date(2026, 3, 2)}, {"exam_date.future"}),
        ({"exam_date": date(1970, 1, 1)}, {"exam_date.before_birth"}),
        ({"bp_systolic": 80, "bp_diastolic": 120}, {"bp.order"}),
        ({"weight_kg": Decimal("500")}, {"weight_kg.range"}),
        ({"weight_kg": Decimal("61.234")}, {"max_decimal_places"}),
        ({"diagnoses": [{"icd10_code": "QQQ"}]}, {"icd10.unknown"}),
        ({"diagnoses": [{"name": "x" * 501}]}, {"max_length"}),
        ({"labs": [{"group": "haematology", "result": ""}]}, {"labs.result"}),
        ({"labs": [{"group": "nonsense", "result": "1"}]}, {"labs.group"}),
        ({"labs": [{"result": "1", "unit": "x" * 51}]}, {"max_length"}),
        ({"vision_right_uncorrected": "x" * 21}, {"max_length"}),
        ({"uses_glasses": "maybe"}, {"invalid_choice"}),
        ({"kind": "nonsense"}, {"invalid_choice"}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(person, change, codes):
    with pytest.raises(ValidationError) as refused:
        save(person, VITALS | change)
    assert codes_of(refused) == codes
    assert not Encounter.objects.exists()


def test_a_visit_after_death_is_refused(village):
    dead = PersonFactory(village=village, status="dead", death_date=date(2026, 2, 9))
    with pytest.raises(ValidationError) as refused:
        save(dead, VITALS)
    assert codes_of(refused) == {"exam_date.after_death"}


def test_warnings_come_back_with_the_saved_visit(village):
    man = PersonFactory(village=village)
    saved = save(man, VITALS | {"bp_diastolic": None, "organ_obgyn": "?", "diagnoses": [{"icd10_code": "C51.0"}]})
    codes = {warning.code for warning in saved.warnings}
    assert codes >= {"bp.one_of_two", "sex.female_only", "icd10.sex"}


def test_one_link_code_belongs_to_one_visit_of_a_facility(person, places):
    visit = save(person, VITALS | {"visit_link_code": "LK9", "facility": places.station}).object
    with pytest.raises(ValidationError) as refused:
        save(person, VITALS | {"visit_link_code": "LK9", "facility": places.station.pk})
    assert codes_of(refused) == {"visit_link_code.taken"}
    save(person, VITALS | {"visit_link_code": "LK9", "facility": places.other_station})
    save(person, {"advice": "x"}, encounter=visit)
    assert Encounter.objects.count() == 2


def test_a_second_editor_is_told(person):
    visit = save(person, VITALS).object
    save(person, {"advice": "Một"}, encounter=visit, version=1)
    with pytest.raises(StaleError):
        save(person, {"advice": "Hai"}, encounter=visit, version=1)
    assert Encounter.objects.get().advice == "Một"


def test_a_cancelled_visit_stays_with_its_reason(person, users):
    visit = save(person, VITALS).object
    with pytest.raises(ValidationError) as refused:
        cancel_encounter(encounter=visit, reason=" ", by=users.clerk, door="screen")
    assert codes_of(refused) == {"status_reason.required"}
    cancel_encounter(encounter=visit, reason="Nhầm người", by=users.clerk, door="screen", version=1)
    visit.refresh_from_db()
    assert (visit.status, visit.status_reason) == ("error", "Nhầm người")
    for again in (
        lambda: cancel_encounter(encounter=visit, reason="Nữa", by=users.clerk, door="screen"),
        lambda: save(person, {"advice": "x"}, encounter=visit),
    ):
        with pytest.raises(ValidationError) as refused:
            again()
        assert codes_of(refused) == {"encounter.cancelled"}


def test_a_reason_that_is_too_long_is_refused(person, users):
    visit = save(person, VITALS).object
    with pytest.raises(ValidationError) as refused:
        cancel_encounter(encounter=visit, reason="x" * 201, by=users.clerk, door="screen")
    assert codes_of(refused) == {"max_length"}


def test_people_of_other_places_cannot_be_written(users, places, person):
    stranger = PersonFactory(village=places.far_village)
    with pytest.raises(PermissionDenied):
        save(stranger, VITALS, by=users.clerk)
    theirs = EncounterFactory(person=stranger)
    with pytest.raises(PermissionDenied):
        cancel_encounter(encounter=theirs, reason="x", by=users.clerk, door="screen")
    for user in (users.centre, users.admin, users.nobody):
        with pytest.raises(PermissionDenied):
            save(person, VITALS, by=user)


def test_a_visit_of_somebody_else_is_not_found(person, village):
    other = EncounterFactory(person=PersonFactory(village=village))
    with pytest.raises(Encounter.DoesNotExist):
        save(person, {"advice": "x"}, encounter=other)


@pytest.mark.parametrize(
    "text", ['<img src=x onerror="alert(1)">', '=HYPERLINK("http://x")', "Tie\u0302\u0309u", "Ân " * 90]
)
def test_hostile_texts_are_stored_as_text(person, text):
    visit = save(person, VITALS | {"visit_reason": text, "organ_eye": text, "diagnoses": [{"name": text}]}).object
    stored = facts.section_d(Encounter.objects.get(pk=visit.pk))
    assert stored["visit_reason"] == stored["organ_eye"] == stored["diagnoses"][0].name
    assert "\u0302" not in stored["visit_reason"]


@pytest.mark.parametrize("size", [1, 15])
def test_a_visit_costs_the_same_however_many_there_are(person, users, size, django_assert_num_queries):
    for _ in range(size):
        DiagnosisFactory(encounter=EncounterFactory(person=person))
    save(person, VITALS, by=users.clerk)  # the user's places are read once
    with django_assert_num_queries(3):  # savepoint, INSERT, release
        save(person, VITALS, by=users.clerk)
    with django_assert_num_queries(8):  # and codes, their children, findings, results, diagnoses
        save(person, FULL | {"visit_link_code": ""}, by=users.clerk)
