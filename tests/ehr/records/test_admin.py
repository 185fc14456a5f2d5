"""The admin of the record: it translates, the services store; nothing typed is lost, nothing is deleted."""

import uuid
from datetime import date

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ehr.audit.models import AccessLog
from ehr.records.models import (
    Condition,
    Diagnosis,
    Encounter,
    HealthHistory,
    Household,
    Identifier,
    LabResult,
    Membership,
    Person,
)  # fmt: skip
from ehr.vaccination.models import Immunization, VaccinationRecord
from tests.factories import records as made
from tests.factories import vaccination
from tests.factories.records import PersonFactory

NO_ROWS = {
    f"{prefix}_set-{part}": "0"
    for prefix in ("identifier", "address", "relative", "membership", "labresult", "diagnosis")
    for part in ("TOTAL_FORMS", "INITIAL_FORMS")
}


def shown(response):
    """What the page would post when saved at once: the boxes with what stands in them."""
    form = response.context["adminform"].form
    data = dict(NO_ROWS)
    for bound in form:
        value = bound.value()
        data[bound.html_name] = "" if value is None else value
    for formset in response.context["inline_admin_formsets"]:
        for row in (formset.formset.management_form, *formset.formset.forms):
            for bound in row:
                data[bound.html_name] = "" if bound.value() is None else bound.value()
    return data


def change_url(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def person(village):
    return Person.objects.get(pk=PersonFactory(village=village, birth_date=date(1980, 3, 12)).pk)


# --- section A -------------------------------------------------------------------------------------------------------


def test_an_unchanged_page_saved_changes_nothing(clerk_client, person):
    made.IdentifierFactory(person=person)
    made.RelativeFactory(person=person)
    made.MembershipFactory(person=person)

    data = shown(clerk_client.get(change_url(person)))
    response = clerk_client.post(change_url(person), data)

    assert response.status_code == 302
    assert Person.objects.get().version == person.version


def test_only_what_was_changed_is_written(clerk_client, person):
    old = made.IdentifierFactory(person=person, kind="CMND9", value="171234567")
    number = made.IdentifierFactory(person=person)
    data = shown(clerk_client.get(change_url(person))) | {"phone_mobile": "không", "occupation": ""}

    assert clerk_client.post(change_url(person), data).status_code == 302

    person.refresh_from_db()
    assert (person.phone_mobile, person.answered_none, person.version) == ("", ["phone_mobile"], 2)
    assert {row.pk for row in Identifier.objects.filter(valid_to=None)} == {old.pk, number.pk}


def test_a_new_person_gets_number_household_and_search_name(clerk_client, places):
    data = NO_ROWS | {
        "full_name": "NGUYỄN THỊ ÁNH", "sex": "2", "birth_date": "1980", "id_number": "038 180 000 111",
        "current_commune": places.commune.pk, "current_village_code": places.villages[0].pk, "household_code": "H77",
        "status": "active", "residence": "permanent", "identity_source": "manual", "submission": uuid.uuid4(),
    }  # fmt: skip

    assert clerk_client.post(reverse("admin:records_person_add"), data).status_code == 302

    person = Person.objects.get()
    assert (person.full_name, person.plain_name) == ("Nguyễn Thị Ánh", "nguyen thi anh")
    assert (person.birth_date, person.birth_precision) == (date(1980, 1, 1), "year")
    assert Identifier.objects.get().value == "038180000111"
    assert Membership.objects.get().household.code == "H77"
    assert [e.pgh_context["door"] for e in person_events()] == ["admin"]


def person_events():
    from django.apps import apps

    return list(apps.get_model("records.PersonEvent").objects.order_by("pgh_id"))


def test_errors_stand_at_their_box_and_the_typed_text_stays(clerk_client, person):
    data = shown(clerk_client.get(change_url(person))) | {"full_name": "", "id_number": "12345", "note": "giữ lại"}

    response = clerk_client.post(change_url(person), data)
    form = response.context["adminform"].form

    assert response.status_code == 200
    assert set(form.errors) == {"full_name", "id_number"}
    assert form["note"].value() == "giữ lại"
    assert Person.objects.get().full_name == person.full_name


def test_an_error_of_a_box_that_the_page_does_not_have_stands_on_top(clerk_client, person, monkeypatch):
    from django.core.exceptions import ValidationError

    from ehr.records.admin import person as page

    def refuse(**_):
        raise ValidationError({"merged_into": ValidationError("Không hợp lệ.", code="merged_into.status")})

    monkeypatch.setattr(page, "save_person", refuse)
    data = shown(clerk_client.get(change_url(person))) | {"note": "mới"}

    response = clerk_client.post(change_url(person), data)

    assert response.context["adminform"].form.non_field_errors() == ["Không hợp lệ."]


def test_the_second_of_two_editors_is_told_and_loses_nothing(clerk_client, head_client, person):
    data = shown(clerk_client.get(change_url(person)))
    other = shown(head_client.get(change_url(person)))
    assert head_client.post(change_url(person), other | {"note": "của trưởng trạm"}).status_code == 302

    told = clerk_client.post(change_url(person), data | {"address_detail": "", "current_address_detail": "Ngõ 5"})

    errors = " ".join(told.context["adminform"].form.non_field_errors())
    assert "Người khác đã lưu" in errors and "của trưởng trạm" in errors
    assert told.context["adminform"].form["current_address_detail"].value() == "Ngõ 5"
    assert Person.objects.get().address_detail == ""

    again = shown(told) | {"note": "của trưởng trạm"}
    assert clerk_client.post(change_url(person), again).status_code == 302
    saved = Person.objects.get()
    assert (saved.note, saved.address_detail) == ("của trưởng trạm", "Ngõ 5")


def test_a_double_click_saves_once(clerk_client, places):
    data = NO_ROWS | {
        "full_name": "Lê Văn Hai Lần", "sex": "1", "birth_date": "?", "current_commune": places.commune.pk,
        "status": "active", "residence": "permanent", "identity_source": "manual", "submission": str(uuid.uuid4()),
    }  # fmt: skip

    clerk_client.post(reverse("admin:records_person_add"), data)
    second = clerk_client.post(reverse("admin:records_person_add"), data)

    assert Person.objects.count() == 1
    assert second.headers["Location"] == change_url(Person.objects.get())


def test_a_warning_travels_with_the_saved_record(clerk_client, person):
    data = shown(clerk_client.get(change_url(person))) | {"birth_date": "01/01/1890"}

    response = clerk_client.post(change_url(person), data, follow=True)

    assert any("Tuổi trên 120" in message for message in messages_of(response))


def test_nobody_deletes_a_person_a_head_marks_it_as_entered_in_error(clerk_client, head_client, person):
    url = reverse("admin:records_person_delete", args=[person.pk])
    mark = {"action": "mark_as_error", "_selected_action": [person.pk]}

    assert [client.post(url, {"post": "yes"}).status_code for client in (clerk_client, head_client)] == [404, 404]
    clerk_client.post(reverse("admin:records_person_changelist"), mark)
    assert Person.objects.get().status == "active"
    head_client.post(reverse("admin:records_person_changelist"), mark)
    assert Person.objects.get().status == "error"


def test_a_person_with_visits_or_doses_stays(head_client, person):
    made.EncounterFactory(person=person)
    mark = {"action": "mark_as_error", "_selected_action": [person.pk]}

    response = head_client.post(reverse("admin:records_person_changelist"), mark, follow=True)

    assert Person.objects.get().status == "active"
    assert any("lượt khám hoặc mũi tiêm" in message for message in messages_of(response))


@pytest.mark.parametrize("asked", ["nguyen anh", "ANH", "038180000111", "0912 345 678", "code"])
def test_people_are_found_by_name_without_tones_and_by_any_number(clerk_client, village, asked):
    person = PersonFactory(village=village, full_name="Nguyễn Thị Ánh", sex="2", phone_mobile="0912345678")
    made.IdentifierFactory(person=person, value="038180000111")
    PersonFactory(village=village, full_name="Trần Văn Bình")
    person.refresh_from_db()

    page = clerk_client.get(
        reverse("admin:records_person_changelist"), {"q": person.code if asked == "code" else asked}
    )

    assert [row.pk for row in page.context["cl"].result_list] == [person.pk]


def test_filters_offer_only_the_users_places(clerk_client, person, places):
    PersonFactory(village=places.villages[1])

    page = clerk_client.get(reverse("admin:records_person_changelist"), {"thon": places.villages[0].pk, "sex": "1"})

    assert [row.pk for row in page.context["cl"].result_list] == [person.pk]
    assert places.other_village.name not in page.content.decode()


def test_readers_see_answers_as_text(login, users, person):
    person.answered_none = ["phone_mobile"]
    person.save()

    page = login(users.centre).get(change_url(person)).content.decode()

    assert "Không có" in page
    assert 'name="full_name"' not in page


# --- sections B, C, D, households -----------------------------------------------------------------------------------


def test_section_b_is_stored_with_its_lists(clerk_client, person):
    data = {
        "person": person.pk, "risk_smoking": "2", "disease_hypertension": "yes", "allergy_drug": "Penicillin\nAspirin",
        "surgery_history": "Mổ ruột thừa 2010", "birth_weight_g": "không biết", "submission": uuid.uuid4(),
    }  # fmt: skip

    assert clerk_client.post(reverse("admin:records_healthhistory_add"), data).status_code == 302

    history = HealthHistory.objects.get()
    assert (history.risk_smoking, history.answered_unknown) == ("2", ["birth_weight_g"])
    assert person.allergy_set.count() == 2
    assert person.surgery_set.get().year == 2010
    page = clerk_client.get(change_url(history))
    assert clerk_client.post(change_url(history), shown(page)).status_code == 302
    history.refresh_from_db()
    assert history.version == 1


def test_a_line_of_section_b_gets_its_icd_code_and_year(clerk_client, person):
    made.HealthHistoryFactory(person=person)
    row = made.ConditionFactory(person=person)
    code = made.code("icd10", "I10")
    data = shown(clerk_client.get(change_url(row))) | {"icd10": code.pk, "onset_year": "2015"}

    assert clerk_client.post(change_url(row), data).status_code == 302
    wrong = shown(clerk_client.get(change_url(row))) | {"onset_year": "1900"}
    assert clerk_client.post(change_url(row), wrong).status_code == 200

    assert Condition.objects.values_list("icd10", "onset_year").get() == (code.pk, 2015)


def test_a_visit_is_stored_with_its_rows(clerk_client, person):
    data = NO_ROWS | {
        "person": person.pk, "exam_date": "10/02/2026", "kind": "visit", "weight_kg": "61,5", "height_cm": "165",
        "organ_cardiovascular": "Nhịp đều", "submission": uuid.uuid4(),
        "labresult_set-TOTAL_FORMS": "1", "labresult_set-0-group": "haematology", "labresult_set-0-result": "4,5",
        "diagnosis_set-TOTAL_FORMS": "1", "diagnosis_set-0-icd10_code": "i10",
    }  # fmt: skip

    assert clerk_client.post(reverse("admin:records_encounter_add"), data).status_code == 302

    visit = Encounter.objects.get()
    assert str(visit.bmi) == "22.6"
    assert visit.examfinding_set.get().finding == "Nhịp đều"
    assert str(LabResult.objects.get().value) == "4.5000"
    assert Diagnosis.objects.values_list("icd10_code", "icd10_version").get() == ("I10", "4469-2020")
    page = clerk_client.get(change_url(visit))
    assert clerk_client.post(change_url(visit), shown(page)).status_code == 302
    assert Encounter.objects.get().version == 1


def test_a_diagnosis_that_no_list_has_is_refused_on_top(clerk_client, person):
    visit = made.EncounterFactory(person=person)
    data = shown(clerk_client.get(change_url(visit))) | {
        "diagnosis_set-TOTAL_FORMS": "1", "diagnosis_set-0-icd10_code": "ZZZ", "diagnosis_set-0-encounter": visit.pk,
    }  # fmt: skip

    response = clerk_client.post(change_url(visit), data)

    assert "ZZZ" in str(response.context["adminform"].form.non_field_errors())
    assert not Diagnosis.objects.exists()


def test_a_wrong_visit_is_cancelled_with_its_reason(clerk_client, person):
    visit = made.EncounterFactory(person=person)
    data = shown(clerk_client.get(change_url(visit))) | {"status_reason": "Nhập nhầm người"}

    assert clerk_client.post(change_url(visit), data).status_code == 302

    visit.refresh_from_db()
    assert (visit.status, visit.status_reason) == ("error", "Nhập nhầm người")


def test_doses_are_added_changed_and_removed_in_the_booklet(clerk_client, village):
    child = made.ChildFactory(village=village)
    record = vaccination.VaccinationRecordFactory(person=child)
    bcg = vaccination.ImmunizationFactory(person=child)
    data = shown(clerk_client.get(change_url(record)))
    extra = {
        "table": "2", "vaccine": bcg.vaccine_id, "dose_number": "2", "status": "given", "occurrence_date": "01/09/2025",
    }  # fmt: skip
    data |= {f"immunization_set-1-{name}": value for name, value in extra.items()}
    data |= {"immunization_set-TOTAL_FORMS": "2", "immunization_set-0-reaction": "Sốt nhẹ"}

    assert clerk_client.post(change_url(record), data).status_code == 302

    assert list(Immunization.objects.order_by("dose_number").values_list("reaction", "occurrence_date")) == [
        ("Sốt nhẹ", bcg.occurrence_date), ("", date(2025, 9, 1)),
    ]  # fmt: skip
    data = shown(clerk_client.get(change_url(record))) | {"immunization_set-0-DELETE": "on"}
    assert clerk_client.post(change_url(record), data).status_code == 302
    assert Immunization.objects.get().dose_number == 2
    assert VaccinationRecord.objects.get().version == 3


def test_a_dose_before_birth_is_refused(clerk_client, village):
    child = made.ChildFactory(village=village)
    record = vaccination.VaccinationRecordFactory(person=child)
    vaccination.ImmunizationFactory(person=child)
    data = shown(clerk_client.get(change_url(record))) | {"immunization_set-0-occurrence_date": "01/01/2020"}

    response = clerk_client.post(change_url(record), data)

    assert "trước ngày sinh" in str(response.context["adminform"].form.non_field_errors())


def test_a_household_takes_members(clerk_client, person, village):
    head = made.MembershipFactory(person=PersonFactory(village=village), is_head=True)
    household = head.household
    data = shown(clerk_client.get(change_url(household))) | {
        "memberships-TOTAL_FORMS": "2", "memberships-1-person": person.pk, "memberships-1-relation": "17",
        "memberships-1-household": household.pk, "note": "Hộ mới",
    }  # fmt: skip

    assert clerk_client.post(change_url(household), data).status_code == 302

    assert Household.objects.get().note == "Hộ mới"
    assert {row.person_id: row.relation.code for row in Membership.objects.filter(valid_to=None)} == {
        head.person_id: "01", person.pk: "17",
    }  # fmt: skip


def test_members_from_elsewhere_are_not_taken(clerk_client, places):
    household = made.HouseholdFactory(village=places.villages[0])
    stranger = PersonFactory(village=places.other_village)
    data = shown(clerk_client.get(change_url(household))) | {
        "memberships-TOTAL_FORMS": "1", "memberships-0-person": stranger.pk, "memberships-0-household": household.pk,
    }  # fmt: skip

    assert clerk_client.post(change_url(household), data).status_code == 200
    assert not Membership.objects.exists()


# --- history, access, counts -----------------------------------------------------------------------------------------


def test_the_history_says_who_when_where_and_what(clerk_client, head_client, users, person):
    changed = {"current_address_detail": "Ngõ 7", "id_number": "038080000777"}
    data = shown(clerk_client.get(change_url(person))) | changed
    clerk_client.post(change_url(person), data)

    page = head_client.get(reverse("admin:records_person_history", args=[person.pk])).content.decode()

    for text in (users.clerk.full_name, "Trang quản trị", "Ngõ 7", "038080000777", "Số giấy tờ"):
        assert text in page


def test_reading_is_logged_per_person(head_client, users, person):
    made.EncounterFactory(person=person)
    head_client.get(change_url(person))
    head_client.get(change_url(Encounter.objects.get()))

    rows = AccessLog.objects.order_by("pk").values_list("user", "person_id", "action", "object", "door")

    assert list(rows) == [
        (users.head.pk, person.pk, "view", "Người dân", "admin"),
        (users.head.pk, person.pk, "view", "Lượt khám", "admin"),
    ]


def whole_record(village, number):
    person = PersonFactory(village=village)
    made.IdentifierFactory(person=person)
    made.RelativeFactory(person=person)
    made.AddressFactory(person=person)
    membership = made.MembershipFactory(person=person, is_head=True)
    for _ in range(number):
        made.MembershipFactory(person=PersonFactory(village=village), household=membership.household)
    made.HealthHistoryFactory(person=person)
    for factory in (made.AllergyFactory, made.ConditionFactory, made.SurgeryFactory, made.FamilyHistoryFactory):
        factory.create_batch(number, person=person)
    visit = made.EncounterFactory(person=person)
    made.LabResultFactory.create_batch(number, encounter=visit)
    made.DiagnosisFactory.create_batch(number, encounter=visit)
    booklet = vaccination.VaccinationRecordFactory(person=person)
    for dose in range(number):
        vaccination.ImmunizationFactory(person=person, form_row=None, vaccine=made_vaccine(), dose_number=dose)
    return person, membership.household, person.health_history, visit, booklet


def made_vaccine():
    from ehr.vaccination.models import Vaccine

    return Vaccine.objects.get(code="BCG")


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("index", range(5), ids=["person", "household", "history", "visit", "booklet"])
def test_a_page_takes_as_many_queries_whatever_stands_on_it(clerk_client, village, index):
    small, large = (change_url(whole_record(village, number)[index]) for number in (1, 7))

    few, many = queries_of(clerk_client, small), queries_of(clerk_client, large)

    assert few == many
    assert few < 45


RECORD_MODELS = [m for m in admin.site._registry if m._meta.app_label in ("records", "vaccination")]


@pytest.mark.parametrize("model", RECORD_MODELS, ids=lambda model: model.__name__)
def test_a_list_takes_as_many_queries_whatever_its_length(clerk_client, village, model):
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    whole_record(village, 1)
    few = queries_of(clerk_client, url)
    for _ in range(3):
        whole_record(village, 2)

    assert queries_of(clerk_client, url) == few
    assert few < 25


def test_an_export_is_harmless_and_readable(head_client, village):
    PersonFactory(village=village, full_name="=HYPERLINK(1)A")
    names = ("code", "full_name", "sex", "village", "commune")

    file = head_client.post(
        reverse("admin:records_person_export"),
        {"format": "1", "resource": "0", **{f"personresource_{name}": "on" for name in names}},
    )
    text = file.content.decode("utf-8-sig")

    assert "'=HYPERLINK(1)A" in text
    assert "Phường Nam Sầm Sơn" in text and "Nam," in text


def test_a_too_large_export_is_refused_aloud_and_not_logged(head_client, village, monkeypatch):
    monkeypatch.setattr("ehr.records.admin.base.MOST_EXPORTED", 2)
    PersonFactory.create_batch(3, village=village)

    answer = head_client.post(
        reverse("admin:records_person_export"),
        {"format": "1", "resource": "0", "personresource_code": "on"},
        follow=True,
    )

    assert "hãy lọc bớt" in answer.content.decode()
    assert not AccessLog.objects.filter(action="export").exists()
