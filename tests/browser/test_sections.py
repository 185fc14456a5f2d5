"""Sections B, C and D typed by keyboard in a real browser."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from ehr.common.answers import Answer
from ehr.records import facts
from ehr.records.models import Encounter, HealthHistory, Person
from ehr.vaccination.queries import section_c
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories.records import (
    AllergyFactory,
    DiagnosisFactory,
    EncounterFactory,
    HealthHistoryFactory,
    HouseholdFactory,
    LabResultFactory,
    MembershipFactory,
    WomanFactory,
)
from tests.factories.vaccination import ImmunizationFactory

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("SHOTS", "")  # a folder: keeps a picture of each page


@pytest.fixture
def woman(village, places):
    made = WomanFactory(village=village, full_name="Nguyễn Thị Thử Nghiệm", station=places.station)
    MembershipFactory(person=made, household=HouseholdFactory(village=village))
    return Person.objects.get(pk=made.pk)


@pytest.fixture
def visit_page(sign_in, users, live_server, page):
    """visit_page(name, person, …): signed in as a clerk, at the page."""
    sign_in(users.clerk)

    def go(name, person, *more):
        page.goto(live_server.url + reverse(name, args=[person.code, *more]))
        return page

    return go


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def saved(page, name, person):
    page.keyboard.press("Control+s")
    page.wait_for_url(f"**{reverse(name, args=[person.code])}")


def test_section_b_is_typed_without_a_mouse(visit_page, woman):
    page = visit_page("records:history_edit", woman)
    page.focus("#id_birth_delivery_mode_0")
    press(page, "2", "k", "b")  # caesarean; not preterm; asphyxia unknown: each answer moves on
    page.keyboard.type("3100")
    press(page, "Enter")
    page.keyboard.type("50,5")
    press(page, "Enter")
    page.keyboard.type("kb")
    page.focus("#id_disease_cardiovascular_0")
    press(page, "k", "c")  # cardiovascular no, hypertension yes
    press(page, "Alt+k")  # the rest of the block: no
    assert page.is_checked("#id_disease_epilepsy_1")
    assert page.input_value("#id_disease_cancer") == "Không có"
    assert page.input_value("#id_allergy_food") == ""
    page.fill("#id_family_disease_asthma_person", "mẹ")
    press(page, "Tab")
    assert page.is_checked("#id_family_disease_asthma_0")  # a relative means "có"
    saved(page, "records:history", woman)
    stored = facts.section_b(woman)
    assert (stored["birth_delivery_mode"], stored["birth_preterm"], stored["birth_asphyxia"]) == ("1", "no", "unknown")
    assert stored["birth_weight_g"] == Answer(3100, "value")
    assert stored["birth_defect"] == Answer.UNKNOWN
    assert (stored["disease_hypertension"], stored["disease_epilepsy"]) == ("yes", "no")
    assert (stored["family_disease_asthma"], stored["family_disease_asthma_person"]) == ("yes", "mẹ")


def test_the_rest_button_works_by_click_too(visit_page, woman):
    page = visit_page("records:history_edit", woman)
    page.click("button[value='B4']")
    assert page.input_value("#id_disability_hearing") == "Không có"
    assert not HealthHistory.objects.exists()


def test_a_visit_is_typed_with_suggestions_and_live_bmi(visit_page, woman):
    page = visit_page("records:encounter_new", woman)
    page.fill("#id_exam_date", "10/02/2026")
    page.fill("#id_blood_pressure", "120/80")
    page.fill("#id_weight_kg", "61,5")
    page.fill("#id_height_cm", "165")
    assert page.inner_text("[data-bmi-value]") == "22,6"
    page.focus("#id_organ_eye")
    page.keyboard.type("bt")
    press(page, "Tab")
    assert page.input_value("#id_organ_eye") == "Bình thường"
    page.focus("#id_organ_motor")
    press(page, "Alt+b")
    assert page.input_value("#id_organ_cardiovascular") == "Bình thường"
    code = "#id_diagnoses-0-icd10_code"
    page.focus(code)
    page.keyboard.type("tang huyet")
    page.wait_for_selector("[role=option]")
    assert page.get_attribute(code, "aria-expanded") == "true"
    press(page, "Enter")
    assert page.input_value(code) == "I10"
    assert page.input_value("#id_diagnoses-0-name") == "Bệnh lý tăng huyết áp"
    page.focus("#id_diagnoses-1-icd10_code")
    page.keyboard.type("mệt mỏi kéo dài")
    press(page, "Escape", "Tab")  # words that were not looked up are a name without a code
    assert page.input_value("#id_diagnoses-1-name") == "mệt mỏi kéo dài"
    assert page.input_value("#id_diagnoses-1-icd10_code") == ""
    page.click("[data-add=labs]")
    page.fill("#id_labs-3-service_name", "Glucose")
    page.fill("#id_labs-3-result", "5,2")
    page.keyboard.press("Control+s")
    page.wait_for_url(lambda url: url.rstrip("/").rpartition("/")[2].isdigit())
    stored = facts.section_d(Encounter.objects.get())
    assert str(stored["bmi"]) == "22.6"
    assert [(row.icd10_code, row.name) for row in stored["diagnoses"]] == [
        ("I10", "Bệnh lý tăng huyết áp"), ("", "mệt mỏi kéo dài"),
    ]  # fmt: skip
    assert [row.service_name for row in stored["labs"]] == ["Glucose"]
    assert stored["exam_skin_mucosa"] == "Bình thường"


def test_doses_lock_and_unlock(visit_page, woman):
    page = visit_page("vaccination:record_edit", woman)
    date, reaction = "#id_c1_bcg-occurrence_date", "#id_c1_bcg-reaction"
    page.focus(date)
    page.keyboard.type("02/06/1990")
    assert page.is_checked("#id_c1_bcg-status_1")  # a date means given
    page.fill(reaction, "Sốt nhẹ")
    page.fill("#id_c1_bcg-next_date", "01/09/2026")
    page.focus("#id_c1_bcg-status_1")
    press(page, "1")  # not given: clears and locks, keeps the appointment
    assert (page.input_value(date), page.input_value(reaction)) == ("", "")
    assert page.input_value("#id_c1_bcg-next_date") == "01/09/2026"
    assert page.is_disabled(reaction)
    assert not page.is_editable(date)
    page.focus(date)
    page.keyboard.type("03/06/1990")  # a digit unticks
    assert page.input_value(date) == "03/06/1990"
    assert page.is_checked("#id_c1_bcg-status_1")
    assert page.is_enabled(reaction)
    page.click("details.more >> nth=0 >> summary")
    page.fill("#id_extra1-0-vaccine", "bai liet bat hoat")
    press(page, "Enter")
    page.fill("#id_extra1-0-occurrence_date", "01/12/1990")
    saved(page, "vaccination:record", woman)
    stored = section_c(woman)
    assert f"{stored.by_row['c1_bcg'].occurrence_date:%d/%m/%Y}" == "03/06/1990"
    assert [(dose.vaccine.code, dose.status) for dose in stored.extra] == [("IPV", "given")]


def test_scripts_work_again_after_a_refused_save(visit_page, woman):
    page = visit_page("records:encounter_new", woman)
    page.fill("#id_exam_date", "01/01/2100")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".errors-top")
    page.fill("#id_weight_kg", "80")
    page.fill("#id_height_cm", "160")
    assert page.inner_text("[data-bmi-value]") == "31,3"
    page.click("[data-add=diagnoses]")
    assert page.locator("#id_diagnoses-3-name").is_visible()


def test_rows_of_a_kept_draft_come_back(visit_page, woman):
    page = visit_page("records:encounter_new", woman)
    page.click("[data-add=diagnoses]")
    page.fill("#id_diagnoses-3-name", "Đau lưng")
    page.wait_for_timeout(500)
    page.reload()
    page.click("text=Khôi phục")
    assert page.input_value("#id_diagnoses-3-name") == "Đau lưng"


def test_a_visit_can_be_typed_without_scripts(chromium, live_server, users, login, woman):
    context = chromium.new_context(java_script_enabled=False)
    cookie = login(users.clerk).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("records:encounter_new", args=[woman.code]))
    page.fill("#id_blood_pressure", "120/80")
    page.fill("#id_diagnoses-0-icd10_code", "I10")
    page.click("[data-save]")
    page.wait_for_selector("text=Bệnh lý tăng huyết áp")
    page.goto(live_server.url + reverse("records:history_edit", args=[woman.code]))
    page.click("button[value='B3.2']")
    assert page.is_checked("#id_disease_asthma_1")
    page.click("[data-save]")
    page.wait_for_selector("text=Đã lưu phần B.")
    context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_have_no_serious_fault_and_fit_the_screen(visit_page, woman, size):
    HealthHistoryFactory(
        person=woman, risk_alcohol="yes", answered_none=["risk_other"], answered_unknown=["birth_defect"]
    )
    AllergyFactory(person=woman)
    visit = EncounterFactory(person=woman, present_illness="Đau đầu ba ngày")
    LabResultFactory(encounter=visit)
    DiagnosisFactory(encounter=visit)
    EncounterFactory(person=woman, status="error", status_reason="Nhầm người")
    ImmunizationFactory(person=woman, occurrence_date="2001-01-01")
    found = []
    for name, more in (
        ("records:history", []), ("records:history_edit", []), ("records:encounters", []),
        ("records:encounter_new", []), ("records:encounter", [visit.pk]), ("records:encounter_edit", [visit.pk]),
        ("records:encounter_cancel", [visit.pk]), ("vaccination:record", []), ("vaccination:record_edit", []),
    ):  # fmt: skip
        page = visit_page(name, woman, *more)
        page.set_viewport_size(size)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name.partition(':')[2]}_{size['width']}.png", full_page=True)
        for rule in Axe().run(page, options={"iframes": False}).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                found.append((name, rule["id"], [node["target"] for node in rule["nodes"][:3]]))
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append((name, "wider than the screen"))
    assert found == []
