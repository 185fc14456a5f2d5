"""Section D on screen: visits listed, read, typed, cancelled; look-ups; two clerks; places; statements."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from ehr.audit.changes import event_model
from ehr.audit.models import AccessLog
from ehr.codes.models import Code
from ehr.records import facts
from ehr.records.forms.encounter import COMPUTED, EncounterForm, FindingField, PressureField, field_codes
from ehr.records.models import Diagnosis, Encounter, LabResult, Person
from ehr.records.sections import SECTION_D, d
from ehr.records.services import save_encounter
from tests.factories.records import (
    DiagnosisFactory,
    EncounterFactory,
    ExamFindingFactory,
    LabResultFactory,
    PersonFactory,
    WomanFactory,
    code,
)
from tests.sent import sent

pytestmark = pytest.mark.django_db
HOSTILE = [
    '<img src=x onerror="alert(1)">',
    '=HYPERLINK("http://x")',
    "Tie\u0302\u0309u du\u031bo\u031b\u0323ng",
    "Ân " * 100,
]


@pytest.fixture
def woman(village, places):
    return Person.objects.get(pk=WomanFactory(village=village, station=places.station).pk)


@pytest.fixture
def visit(woman):
    made = EncounterFactory(person=woman)
    ExamFindingFactory(encounter=made)
    LabResultFactory(encounter=made, loinc=code("loinc", "8480-6"), service_group="1")
    DiagnosisFactory(encounter=made)
    return Encounter.objects.get(pk=made.pk)


def url(name, person, *more):
    return reverse(f"records:{name}", args=[person.code, *(row.pk for row in more)])


# --- The form --------------------------------------------------------------------------------------------------------


def test_every_field_of_section_d_has_a_place_on_the_form(woman):
    form = EncounterForm(person=woman)
    assert set(field_codes()) | set(COMPUTED) == set(SECTION_D.names)
    assert {name for name in field_codes().values() if name not in form.fields} == set()
    assert set(d.EXTRA_STORES) <= set(form.fields)


def test_every_field_has_a_control_on_the_page_and_bmi_is_shown(clerk_client, woman):
    page = clerk_client.get(url("encounter_new", woman)).content.decode()
    for name in {*field_codes().values(), *d.EXTRA_STORES}:
        assert f'name="{name}"' in page, name
    assert "data-bmi-value" in page


@pytest.mark.parametrize(
    ("typed", "pair"),
    [("120/80", (120, 80)), ("120-80", (120, 80)), ("120 80", (120, 80)), ("120/?", (120, None)), ("120/", (120, None)),
     ("?/80", (None, 80)), ("", None)],
)  # fmt: skip
def test_blood_pressure_is_one_cell(typed, pair):
    assert PressureField(required=False).clean(typed) == pair


@pytest.mark.parametrize("typed", ["một trăm", "120/80/60", "1200/8"])
def test_blood_pressure_that_cannot_be_read(woman, typed):
    form = EncounterForm({"exam_date": "10/02/2026", "blood_pressure": typed}, person=woman)
    assert form.errors.get_json_data()["blood_pressure"][0]["code"] == "blood_pressure.format"


@pytest.mark.parametrize("typed", ["bt", "BT", "bình thường", "binh thuong"])
def test_bt_means_normal(typed):
    assert FindingField(required=False).clean(typed) == "Bình thường"
    assert FindingField(required=False).clean("bt, phổi rõ") == "bt, phổi rõ"


def test_the_obstetric_line_is_for_women(woman, village):
    assert "organ_obgyn" in EncounterForm(person=woman).fields
    assert "organ_obgyn" not in EncounterForm(person=PersonFactory(village=village)).fields


# --- A new visit -----------------------------------------------------------------------------------------------------


def test_a_new_visit_begins_today_at_the_own_station(head_client, woman, places):
    form = head_client.get(url("encounter_new", woman)).context["form"]
    assert form["exam_date"].value() == f"{localdate():%d/%m/%Y}"
    assert form["facility"].value() == places.station.pk
    assert len(form.rows("labs")) == len(form.rows("diagnoses")) == 3


def typed_visit(client, woman, **change):
    values = {
        "exam_date": "10/02/2026", "kind": "check", "examining_doctor": "BS. Thử", "visit_reason": "Đau đầu",
        "blood_pressure": "120/80", "weight_kg": "61,5", "height_cm": "165", "pulse": "80", "temperature": "36,8",
        "organ_eye": "bt", "lab_haematology": "HC 4,5", "labs-0-group": "other", "labs-0-service_name": "Glucose",
        "labs-0-result": "5,2", "labs-0-unit": "mmol/L",
        "diagnoses-0-icd10_code": "i10", "diagnoses-0-conclusion": "Theo dõi", "diagnoses-2-name": "Đau đầu chưa rõ",
        "advice": "Giảm muối", "uses_glasses": "no",
    }  # fmt: skip
    return sent(client.get(url("encounter_new", woman)), **(values | change))


def test_a_visit_is_typed_and_saved(clerk_client, woman, places):
    answer = clerk_client.post(url("encounter_new", woman), typed_visit(clerk_client, woman))
    visit = Encounter.objects.get()
    assert answer["Location"] == url("encounter", woman, visit)
    stored = facts.section_d(visit)
    assert (stored["bp_systolic"], stored["bp_diastolic"], stored["weight_kg"]) == (120, 80, Decimal("61.5"))
    assert (stored["bmi"], stored["kind"], visit.facility) == (Decimal("22.6"), "check", places.station)
    assert stored["organ_eye"] == "Bình thường"
    assert [(row.group.code, row.result, row.value, row.unit) for row in stored["labs"]] == [
        ("haematology", "HC 4,5", None, ""), ("other", "5,2", Decimal("5.2"), "mmol/L"),
    ]  # fmt: skip
    assert [(row.icd10_code, row.name) for row in stored["diagnoses"]] == [
        ("I10", "Bệnh lý tăng huyết áp"), ("", "Đau đầu chưa rõ"),
    ]  # fmt: skip


def test_a_double_click_saves_once(clerk_client, woman):
    data = typed_visit(clerk_client, woman)
    answers = [clerk_client.post(url("encounter_new", woman), data) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Encounter.objects.count() == 1


def test_the_background_save_names_the_next_page(clerk_client, woman):
    answer = clerk_client.post(
        url("encounter_new", woman), typed_visit(clerk_client, woman), headers={"x-fetch": "1"}
    )  # fmt: skip
    assert answer.status_code == 204
    assert answer["X-Location"] == url("encounter", woman, Encounter.objects.get())


@pytest.mark.parametrize(
    ("change", "field", "code_"),
    [
        ({"exam_date": ""}, "exam_date", "exam_date.required"),
        ({"exam_date": "31/02/2026"}, "exam_date", "date.day"),
        ({"exam_date": f"{date(2100, 1, 1):%d/%m/%Y}"}, "exam_date", "exam_date.future"),
        ({"blood_pressure": "80/120"}, "blood_pressure", "bp.order"),
        ({"weight_kg": "500"}, "weight_kg", "weight_kg.range"),
        ({"weight_kg": "1.234"}, "weight_kg", "number.ambiguous"),
        ({"diagnoses-2-icd10_code": "Q0Q"}, "diagnoses-2-icd10_code", "icd10.unknown"),
        ({"labs-0-result": ""}, "labs-0-result", "labs.result"),
        ({"facility": "999999999"}, "facility", "facility.unknown"),
        ({"facility": "x"}, "facility", "facility.unknown"),
        ({"labs-1-group": "nonsense", "labs-1-result": "1"}, "labs-1-group", "invalid_choice"),
    ],
)
def test_a_refused_visit_keeps_what_was_typed_and_names_the_field(clerk_client, woman, change, field, code_):
    data = typed_visit(clerk_client, woman, **change)
    answer = clerk_client.post(url("encounter_new", woman), data)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert {name: {e["code"] for e in found} for name, found in form.errors.get_json_data().items()} == {field: {code_}}
    assert [line.target for line in form.error_lines] == [f"id_{field}"]
    page = answer.content.decode()
    for text in ("HC 4,5", "Đau đầu chưa rõ", "Giảm muối", "Glucose"):
        assert text in page
    assert not Encounter.objects.exists()


def test_warnings_are_shown_after_the_save(clerk_client, woman):
    data = typed_visit(clerk_client, woman, blood_pressure="120/?", temperature="44")
    answer = clerk_client.post(url("encounter_new", woman), data, follow=True)
    shown = [str(message) for message in answer.context["messages"]]
    assert "Huyết áp chỉ có một trong hai số." in shown
    assert any("Nhiệt độ" in message for message in shown)


def test_rows_beyond_the_limit_are_refused_not_dropped(clerk_client, woman):
    data = typed_visit(clerk_client, woman) | {"labs-total": "100"}
    answer = clerk_client.post(url("encounter_new", woman), data)
    assert answer.status_code == 422
    assert "tối đa 60 dòng" in answer.content.decode()


def test_more_rows_than_at_first_are_stored(clerk_client, woman):
    data = typed_visit(clerk_client, woman) | {"diagnoses-total": "5", "diagnoses-4-icd10_code": "J02"}
    clerk_client.post(url("encounter_new", woman), data)
    assert list(Diagnosis.objects.order_by("position").values_list("icd10_code", flat=True)) == ["I10", "", "J02"]


# --- Correcting and cancelling ----------------------------------------------------------------------------------------


def test_saving_the_form_as_it_came_leaves_no_trace(clerk_client, woman, visit):
    before = [event_model(model).objects.count() for model in (Encounter, LabResult, Diagnosis)]
    answer = clerk_client.post(
        url("encounter_edit", woman, visit), sent(clerk_client.get(url("encounter_edit", woman, visit)))
    )
    assert answer.status_code == 302
    assert [event_model(model).objects.count() for model in (Encounter, LabResult, Diagnosis)] == before


def test_a_correction_keeps_what_the_page_does_not_show(clerk_client, woman, visit):
    data = sent(clerk_client.get(url("encounter_edit", woman, visit)), **{"labs-0-result": "4,9", "weight_kg": "62"})
    clerk_client.post(url("encounter_edit", woman, visit), data)
    row = LabResult.objects.get()
    assert (row.result, row.value, row.loinc.code) == ("4,9", Decimal("4.9"), "8480-6")


def test_a_code_of_another_visit_cannot_be_smuggled_in(clerk_client, woman, visit):
    other = code("icd10", "I10").pk
    data = sent(
        clerk_client.get(url("encounter_edit", woman, visit)), **{"labs-0-loinc_id": str(other), "labs-0-unit": "g"}
    )
    clerk_client.post(url("encounter_edit", woman, visit), data)
    assert LabResult.objects.get().loinc is None


def test_an_emptied_row_is_removed(clerk_client, woman, visit):
    empty = dict.fromkeys(["diagnoses-0-icd10_code", "diagnoses-0-name", "diagnoses-0-conclusion"])
    clerk_client.post(
        url("encounter_edit", woman, visit), sent(clerk_client.get(url("encounter_edit", woman, visit)), **empty)
    )  # fmt: skip
    assert not Diagnosis.objects.exists()


def test_the_second_clerk_is_told_and_loses_nothing(clerk_client, head_client, woman, visit):
    page = url("encounter_edit", woman, visit)
    first, second = sent(clerk_client.get(page), advice="Một"), sent(head_client.get(page), advice="Hai", pulse="70")
    assert clerk_client.post(page, first).status_code == 302
    answer = head_client.post(page, second)
    assert answer.status_code == 409
    found = {row.label: (row.stored, row.typed) for row in answer.context["conflict"].differences}
    assert found == {"Tư vấn": ("Một", "Hai"), "Mạch": ("", "70")}
    assert head_client.post(page, second | {"version": answer.context["form"]["version"].value()}).status_code == 302
    visit.refresh_from_db()
    assert (visit.advice, visit.pulse) == ("Hai", 70)


def test_a_cancelled_visit_stays_visible_struck_through(clerk_client, woman, visit):
    page = url("encounter_cancel", woman, visit)
    refused = clerk_client.post(page, sent(clerk_client.get(page)))
    assert refused.status_code == 422
    assert "Ghi lý do hủy lượt khám." in refused.content.decode()
    assert clerk_client.post(page, sent(clerk_client.get(page), status_reason="Nhầm người")).status_code == 302
    listed = clerk_client.get(url("encounters", woman)).content.decode()
    assert 'class="cancelled"' in listed
    assert "Nhầm người" in listed
    shown = clerk_client.get(url("encounter", woman, visit)).content.decode()
    assert "Lượt khám này đã hủy" in shown
    assert url("encounter_edit", woman, visit) not in shown
    assert clerk_client.get(url("encounter_edit", woman, visit)).status_code == 404


def test_typing_into_a_visit_cancelled_meanwhile_is_told(clerk_client, woman, visit):
    data = sent(clerk_client.get(url("encounter_edit", woman, visit)), advice="Nghỉ ngơi")
    Encounter.objects.update(status="error", status_reason="Nhầm")
    answer = clerk_client.post(url("encounter_edit", woman, visit), data)
    assert answer.status_code == 422
    assert "đã hủy nên không sửa được" in answer.content.decode()
    assert "Nghỉ ngơi" in answer.content.decode()


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_date_place_diagnosis_pressure_weight_bmi(clerk_client, woman, visit, places):
    Encounter.objects.update(facility=places.station)
    page = re.sub(r"\s+", " ", clerk_client.get(url("encounters", woman)).content.decode())
    for text in (
        "10/02/2026",
        "Trạm Y tế Nam thử nghiệm",
        "<b>I10</b> Bệnh lý tăng huyết áp",
        "120/80",
        "61,5",
        "22,6",
    ):
        assert text in page


def test_a_visit_is_shown_in_the_order_of_the_form(clerk_client, woman, visit):
    page = clerk_client.get(url("encounter", woman, visit)).content.decode()
    order = ["1. Bệnh sử", "2.1.", "Mạch", "120/80 mmHg", "61,5 kg", "22,6 kg/m²", "2.2.", "2.3.", "Nhịp tim đều",
             "3. Kết quả", "Siêu âm ổ bụng", "Hồng cầu", "4. Chẩn đoán", "I10", "5. Tư vấn"]  # fmt: skip
    places_ = [page.index(text) for text in order]
    assert places_ == sorted(places_)


@pytest.mark.parametrize("name", ["encounters", "encounter", "encounter_new", "encounter_edit", "encounter_cancel"])
def test_reading_is_logged_as_section_d(clerk_client, woman, visit, name):
    clerk_client.get(url(name, woman, *([] if name in ("encounters", "encounter_new") else [visit])))
    assert AccessLog.objects.get(person_id=woman.pk).object == "D"


@pytest.mark.parametrize("name", ["encounters", "encounter", "encounter_new", "encounter_edit", "encounter_cancel"])
def test_other_places_and_roles_find_nothing(login, users, places, woman, visit, name):
    def page(person, one):
        return url(name, person, *([] if name in ("encounters", "encounter_new") else [one]))

    assert login(users.clerk).get(page(woman, visit)).status_code == 200
    stranger = Person.objects.get(pk=PersonFactory(village=places.other_village).pk)
    theirs = EncounterFactory(person=stranger)
    assert login(users.clerk).get(page(stranger, theirs)).status_code == 404
    if "s" not in name[-1] and name != "encounter_new":  # a visit of somebody else under the own person's address
        assert login(users.clerk).get(page(woman, theirs)).status_code == 404
    for user in (users.far, users.admin, users.nobody):
        assert login(user).get(page(woman, visit)).status_code == 404
    reads = name in ("encounters", "encounter")
    assert login(users.centre).get(page(woman, visit)).status_code == (200 if reads else 404)
    assert login(None).get(page(woman, visit)).status_code == 302


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_out_harmless(clerk_client, woman, text):
    data = typed_visit(
        clerk_client, woman, visit_reason=text, organ_eye=text, lab_haematology=text, facility_name=text[:150],
        **{"diagnoses-0-name": text, "labs-0-service_name": text[:200]},
    )  # fmt: skip
    assert clerk_client.post(url("encounter_new", woman), data).status_code == 302
    visit = Encounter.objects.get()
    for page in (url("encounters", woman), url("encounter", woman, visit), url("encounter_edit", woman, visit)):
        shown = clerk_client.get(page).content.decode()
        assert "<img src=x" not in shown
        assert "\u0302" not in shown


@pytest.mark.parametrize("name", ["encounters", "encounter", "encounter_new", "encounter_edit", "encounter_cancel"])
def test_nothing_inline_stands_in_the_page(clerk_client, woman, visit, name):
    page = clerk_client.get(url(name, woman, *([] if name in ("encounters", "encounter_new") else [visit])))
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", page.content.decode())


# --- Look-ups --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    [("I10", "I10"), ("i10", "I10"), ("tang huyet ap", "I10"), ("Tăng huyết áp", "I10"), ("viem hong", "J02"),
     ("ho", "R05"), ("dau dau", "R51"), ("J02.9", "J02.9")],
)  # fmt: skip
def test_diagnoses_are_found_by_code_and_by_words_without_tones(clerk_client, text, first):
    rows = clerk_client.get(reverse("records:icd10"), {"q": text}).json()
    assert rows[0]["value"] == first
    assert len(rows) <= 12
    assert all(row["label"] for row in rows)


def test_only_codes_in_force_on_the_day_are_offered(clerk_client):
    Code.objects.filter(system__key="icd10", code="J02").update(valid_to=date(2026, 1, 1))

    def found(day):
        rows = clerk_client.get(reverse("records:icd10"), {"q": "J02", "within": day}).json()
        return "J02" in {row["value"] for row in rows}

    assert found("31/12/2025")
    assert not found("01/01/2026")
    assert not found("không phải ngày")  # then today


def test_looking_up_is_one_statement_and_nothing_without_words(clerk_client, django_assert_num_queries):
    clerk_client.get(reverse("records:icd10"), {"q": "viem"})
    assert clerk_client.get(reverse("records:icd10"), {"q": " ."}).json() == []
    with django_assert_num_queries(2):  # user, codes
        clerk_client.get(reverse("records:icd10"), {"q": "viem hong"})


def test_facilities_are_found_by_name(clerk_client, places):
    rows = clerk_client.get(reverse("records:facilities"), {"q": "nam thử nghiệm"}).json()
    assert [row["value"] for row in rows] in ([places.station.pk], [])
    assert clerk_client.get(reverse("records:facilities"), {"q": ""}).json() == []


@pytest.mark.parametrize("name", ["icd10", "facilities"])
def test_look_ups_are_for_staff(login, users, name):
    assert login(users.nobody).get(reverse(f"records:{name}"), {"q": "I10"}).status_code == 404
    assert login(None).get(reverse(f"records:{name}"), {"q": "I10"}).status_code == 302


# --- Statements ------------------------------------------------------------------------------------------------------


def statements(run):
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


@pytest.mark.parametrize("size", [0, 20])
def test_a_visit_with_vitals_is_saved_in_ten_statements(head_client, woman, size):
    for number in range(size):
        DiagnosisFactory(encounter=EncounterFactory(person=woman, exam_date=date(2026, 1, 1) - timedelta(days=number)))
    vitals = {
        "exam_date": "10/02/2026", "blood_pressure": "120/80", "weight_kg": "61,5", "height_cm": "165", "pulse": "80",
        "temperature": "36,8", "visit_reason": "Đau đầu",
    }  # fmt: skip
    data = sent(head_client.get(url("encounter_new", woman)), **vitals)
    # The transaction of the test turns that of the request into a savepoint: two statements more than in production.
    assert statements(lambda: head_client.post(url("encounter_new", woman), data)) - 2 == 4
    assert Encounter.objects.filter(pulse=80).count() == 1


@pytest.mark.parametrize("size", [1, 20])
def test_lists_and_forms_cost_the_same_however_many_visits(clerk_client, woman, size):
    for number in range(size):
        visit = EncounterFactory(person=woman, exam_date=date(2026, 1, 1) - timedelta(days=number))
        DiagnosisFactory(encounter=visit)
        LabResultFactory(encounter=visit)
    clerk_client.get(url("encounters", woman))
    assert statements(lambda: clerk_client.get(url("encounters", woman))) == 6
    assert statements(lambda: clerk_client.get(url("encounter", woman, visit))) == 14  # with six lists of what was done
    assert statements(lambda: clerk_client.get(url("encounter_edit", woman, visit))) == 10


def test_drugs_given_are_typed_kept_and_removed(users, woman):
    drug = {"name": "Amlodipin 5mg", "strength": "5mg", "quantity": Decimal("30"), "unit": "Viên", "dosage": "Sáng 1"}
    save = {"person": woman, "by": users.clerk, "door": "screen"}
    visit = save_encounter(values={"exam_date": date(2026, 2, 10), "medications": [drug]}, **save).object
    row = visit.medication_set.get()
    assert (row.name, row.quantity, row.dosage) == ("Amlodipin 5mg", 30, "Sáng 1")
    visit.medication_set.update(drug_code="40.30")

    same = save_encounter(values={"medications": [drug]}, encounter=visit, **save).object
    more = save_encounter(values={"medications": [drug | {"quantity": 60}]}, encounter=same, **save).object
    assert same.version == 1
    assert list(more.medication_set.values_list("drug_code", "quantity")) == [("40.30", 60)]
    with pytest.raises(ValidationError):
        save_encounter(values={"medications": [{"dosage": "Sáng 1"}]}, encounter=more, **save)

    save_encounter(values={"medications": []}, encounter=more, **save)
    assert not visit.medication_set.exists()


def test_the_form_takes_drugs(clerk_client, woman):
    page = clerk_client.get(url("encounter_new", woman))
    typed = {"exam_date": "10/02/2026", "medications-0-name": "Amlodipin 5mg", "medications-0-quantity": "30,5"}

    assert clerk_client.post(url("encounter_new", woman), sent(page, **typed)).status_code == 302

    visit = Encounter.objects.get()
    assert list(visit.medication_set.values_list("name", "quantity")) == [("Amlodipin 5mg", Decimal("30.5"))]
    assert "Amlodipin 5mg" in clerk_client.get(url("encounter", woman, visit)).content.decode()
    again = clerk_client.get(url("encounter_edit", woman, visit))
    refused = sent(again, **{"medications-0-name": None, "medications-0-dosage": "Sáng 1"})
    assert clerk_client.post(url("encounter_edit", woman, visit), refused).status_code == 422
