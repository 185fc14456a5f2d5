"""Section B on screen: reading, typing, two clerks, double sending, places, statements."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ehr.audit.changes import event_model
from ehr.audit.models import AccessLog
from ehr.common.answers import Answer
from ehr.records import facts
from ehr.records.forms.history import FEMALE, HistoryForm, field_codes
from ehr.records.models import Allergy, HealthHistory, Person
from ehr.records.sections import SECTION_B, b
from tests.factories.records import (
    AllergyFactory,
    ConditionFactory,
    FamilyHistoryFactory,
    HealthHistoryFactory,
    HouseholdFactory,
    MembershipFactory,
    PersonFactory,
    SurgeryFactory,
    WomanFactory,
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
def woman(village):
    made = WomanFactory(village=village)
    MembershipFactory(person=made, household=HouseholdFactory(village=village))
    return Person.objects.get(pk=made.pk)


@pytest.fixture
def man(village):
    return Person.objects.get(pk=PersonFactory(village=village).pk)


def view_url(person):
    return reverse("records:history", args=[person.code])


def edit_url(person):
    return reverse("records:history_edit", args=[person.code])


def test_every_field_of_section_b_has_a_place_on_the_form(woman):
    form = HistoryForm(person=woman)
    assert set(field_codes()) == set(SECTION_B.names)
    assert {name for name in field_codes().values() if name not in form.fields} == set()
    assert set(b.EXTRA_STORES) <= set(form.fields)


def test_every_field_has_a_control_and_a_label_on_the_page(clerk_client, woman):
    page = clerk_client.get(edit_url(woman)).content.decode()
    for name in [*SECTION_B.names, *b.EXTRA_STORES]:
        control = re.search(rf'name="{name}"[^>]*id="([^"]+)"|id="([^"]+)"[^>]*name="{name}"', page)
        assert control, name
        target = control[1] or control[2]
        assert f'for="{target}"' in page, name


def test_the_order_of_the_form_is_that_of_the_paper(clerk_client, woman):
    page = clerk_client.get(edit_url(woman)).content.decode()
    places = [page.index(f'name="{name}"') for name in SECTION_B.names]
    assert places == sorted(places)


def test_the_page_tells_not_asked_none_and_unknown_apart(clerk_client, woman):
    HealthHistoryFactory(
        person=woman,
        risk_smoking="0",
        answered_none=["birth_defect"],
        answered_unknown=["other_issues"],
        birth_weight_g=3100,
    )
    AllergyFactory(person=woman)
    FamilyHistoryFactory(person=woman)
    SurgeryFactory(person=woman)
    blocks = clerk_client.get(view_url(woman)).context["blocks"]
    shown = {line.label: (line.text, line.state, line.relative) for block in blocks.values() for line in block}
    assert shown["Hút thuốc lá, lào"] == ("Không", "no", "")
    assert shown["Sử dụng ma túy"] == ("Chưa hỏi", "", "")
    assert shown["Cân nặng lúc đẻ"] == ("3.100 gram", "value", "")
    assert {line.text for line in blocks["B1"]} == {"Chưa hỏi", "Không có", "3.100 gram"}
    assert blocks["B8"][0].text == "Không biết"
    assert blocks["B31"][0].text == "Penicillin"
    assert blocks["B5"][0].text == "Mổ ruột thừa (2010)"
    assert next(line for line in blocks["B62"] if line.state == "yes" or line.relative).relative == "Mẹ"


def test_reading_is_logged_as_section_b(clerk_client, clerk, woman):
    clerk_client.get(view_url(woman))
    entry = AccessLog.objects.get(person_id=woman.pk)
    assert (entry.user, entry.action, entry.object, entry.door) == (clerk, "view", "B", "screen")


def test_a_form_is_typed_and_saved(clerk_client, woman):
    page = clerk_client.get(edit_url(woman))
    data = sent(
        page, surveyed_on="05/01/2026", birth_weight_g="3100", birth_length_cm="50,5", birth_defect="không",
        risk_smoking="2", risk_alcohol="yes", risk_alcohol_glasses_per_day="1,5", risk_drug="0",
        allergy_drug="Penicillin", disease_hypertension="yes", disability_arm="kb",
        surgery_history="Mổ ruột thừa 2010", family_disease_diabetes="yes",
        family_disease_diabetes_person="mẹ", family_disease_cancer="Gan", family_disease_cancer_person="bố",
        pregnancy_count="2", birth_count="2", household_toilet_type="double_vault", contraception_method="Không",
    )  # fmt: skip
    answer = clerk_client.post(edit_url(woman), data)
    assert answer.status_code == 302
    assert answer["Location"] == view_url(woman)
    stored = facts.section_b(woman)
    assert stored["surveyed_on"] == date(2026, 1, 5)
    assert stored["birth_defect"] == stored["contraception_method"] == Answer.NONE
    assert stored["disability_arm"] == Answer.UNKNOWN
    assert stored["risk_smoking"] == "2"
    assert str(stored["risk_alcohol_glasses_per_day"].value) == "1.5"
    assert stored["family_disease_cancer_person"] == "bố"
    assert stored["household_toilet_type"] == "double_vault"
    assert stored["disease_asthma"] == ""


def test_saving_the_form_as_it_came_leaves_no_trace(clerk_client, woman):
    HealthHistoryFactory(person=woman, answered_none=["birth_defect"], birth_length_cm="50.5", birth_weight_g=3100)
    for factory in (AllergyFactory, ConditionFactory, SurgeryFactory, FamilyHistoryFactory):
        factory(person=woman)
    before = event_model(HealthHistory).objects.count(), event_model(Allergy).objects.count()
    answer = clerk_client.post(edit_url(woman), sent(clerk_client.get(edit_url(woman))))
    assert answer.status_code == 302
    assert (event_model(HealthHistory).objects.count(), event_model(Allergy).objects.count()) == before


def test_a_refused_form_keeps_what_was_typed_and_names_the_field(clerk_client, woman):
    data = sent(
        clerk_client.get(edit_url(woman)), birth_weight_g="90000", birth_length_cm="năm mươi", other_issues="Ghi chú"
    )
    answer = clerk_client.post(edit_url(woman), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="90000"' in page
    assert 'value="năm mươi"' in page
    assert "Ghi chú" in page
    assert not HealthHistory.objects.exists()
    data["birth_length_cm"] = "50"
    page = clerk_client.post(edit_url(woman), data).content.decode()
    assert "Cân nặng lúc đẻ (gram): 90000 không thể có" in page
    assert '<a href="#id_birth_weight_g">1 Cân nặng lúc đẻ</a>' in page


def test_warnings_are_shown_after_the_save(clerk_client, woman):
    data = sent(clerk_client.get(edit_url(woman)), family_disease_asthma="yes")
    answer = clerk_client.post(edit_url(woman), data, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["Chưa ghi người mắc.", "Đã lưu phần B."]


def test_the_second_clerk_is_told_and_loses_nothing(clerk_client, head_client, woman):
    first = sent(clerk_client.get(edit_url(woman)), risk_smoking="0")
    second = sent(head_client.get(edit_url(woman)), risk_smoking="2", allergy_food="Tôm")
    assert clerk_client.post(edit_url(woman), first).status_code == 302
    answer = head_client.post(edit_url(woman), second)
    assert answer.status_code == 409
    conflict = answer.context["conflict"]
    assert {row.label: (row.stored, row.typed) for row in conflict.differences} == {
        "Hút thuốc lá, lào": ("Không", "Hút thường xuyên"), "Thực phẩm": ("", "Tôm"),
    }  # fmt: skip
    assert conflict.changes
    assert 'value="Tôm"' in answer.content.decode()
    # Saving again, now knowingly.
    again = second | {"version": answer.context["form"]["version"].value()}
    assert head_client.post(edit_url(woman), again).status_code == 302
    assert facts.section_b(woman)["risk_smoking"] == "2"


def test_a_double_click_saves_once(clerk_client, woman):
    data = sent(clerk_client.get(edit_url(woman)), allergy_food="Tôm")
    answers = [clerk_client.post(edit_url(woman), data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert HealthHistory.objects.get().version == 1
    assert Allergy.objects.count() == 1


def test_a_man_is_asked_about_contraception_only(clerk_client, man):
    form = clerk_client.get(edit_url(man)).context["form"]
    assert "contraception_method" in form.fields
    assert not FEMALE & set(form.fields)


def test_an_answer_of_a_former_woman_can_be_taken_back(clerk_client, man):
    HealthHistoryFactory(person=man, pregnancy_count=2)
    page = clerk_client.get(edit_url(man))
    assert FEMALE & set(page.context["form"].fields) == {"pregnancy_count"}
    assert clerk_client.post(edit_url(man), sent(page)).status_code == 422
    assert clerk_client.post(edit_url(man), sent(page, pregnancy_count=None)).status_code == 302
    assert HealthHistory.objects.get().pregnancy_count is None


def test_without_a_household_the_toilet_cannot_be_typed(clerk_client, man):
    assert clerk_client.get(edit_url(man)).context["form"].fields["household_toilet_type"].disabled


@pytest.mark.parametrize(
    ("block", "answers"),
    [
        ("B3.2", {"disease_asthma": "no", "disease_hypertension": "yes", "disease_cancer": "Không có"}),
        ("B3.1", {"allergy_food": "Không có", "disease_asthma": ""}),
        ("B2", {"risk_smoking": "0", "risk_smoking_quit": "no", "risk_other": "Không có", "risk_exposure_duration": "",
                "household_toilet_type": "flush"}),
        ("B1", {"birth_preterm": "no", "birth_delivery_mode": "", "birth_weight_g": ""}),
        ("B6.2", {"family_disease_asthma": "no", "family_disease_asthma_person": ""}),
        ("nonsense", {"disease_asthma": "", "disease_hypertension": "yes"}),
    ],
)  # fmt: skip
def test_the_rest_of_a_block_is_answered_no_without_saving(clerk_client, woman, block, answers):
    data = sent(clerk_client.get(edit_url(woman)), disease_hypertension="yes") | {"rest": block}
    answer = clerk_client.post(edit_url(woman), data)
    assert answer.status_code == 200
    form = answer.context["form"]
    assert {name: form[name].value() for name in answers} == answers
    assert not HealthHistory.objects.exists()


@pytest.mark.parametrize("url", [view_url, edit_url])
def test_other_places_and_roles_find_nothing(login, users, places, woman, url):
    assert login(users.clerk).get(url(woman)).status_code == 200
    stranger = Person.objects.get(pk=PersonFactory(village=places.other_village).pk)
    assert login(users.clerk).get(url(stranger)).status_code == 404
    for user in (users.far, users.admin, users.nobody):
        assert login(user).get(url(woman)).status_code == 404
    assert login(None).get(url(woman)).status_code == 302


def test_readers_cannot_type(login, users, woman):
    client = login(users.centre)
    page = client.get(view_url(woman))
    assert page.status_code == 200
    assert edit_url(woman) not in page.content.decode()
    assert client.get(edit_url(woman)).status_code == 404
    assert client.post(edit_url(woman), {"risk_smoking": "0"}).status_code == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_out_harmless(clerk_client, woman, text):
    data = sent(clerk_client.get(edit_url(woman)), birth_defect=text, allergy_food=text, other_issues=text)
    clerk_client.post(edit_url(woman), data)
    for url in (view_url, edit_url):
        page = clerk_client.get(url(woman)).content.decode()
        assert "<img src=x" not in page
        assert "\u0302" not in page
    assert facts.section_b(woman)["birth_defect"].value


@pytest.mark.parametrize("url", [view_url, edit_url])
def test_nothing_inline_stands_in_the_page(clerk_client, woman, url):
    page = clerk_client.get(url(woman)).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", page)


@pytest.mark.parametrize("size", [0, 12])
def test_statements_do_not_grow_with_the_record(clerk_client, woman, size):
    HealthHistoryFactory(person=woman)
    for number in range(size):
        AllergyFactory(person=woman, detail=f"Thuốc {number}")
    clerk_client.get(view_url(woman))

    def statements(run):
        with CaptureQueriesContext(connection) as captured:
            run()
        return len(captured)

    assert statements(lambda: clerk_client.get(view_url(woman))) <= 13
    data = sent(clerk_client.get(edit_url(woman)), risk_drug="0", allergy_food="Tôm")
    assert statements(lambda: clerk_client.get(edit_url(woman))) <= 14
    assert statements(lambda: clerk_client.post(edit_url(woman), data)) <= 19
