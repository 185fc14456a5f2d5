"""Section C on screen: reading, typing, two clerks, double sending, places, statements."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ehr.audit.changes import event_model
from ehr.audit.models import AccessLog
from ehr.common.answers import Answer
from ehr.records import timeline
from ehr.records.models import Person
from ehr.vaccination.forms import VaccinationForm, field_codes
from ehr.vaccination.models import Immunization, VaccinationRecord, Vaccine
from ehr.vaccination.pages import entries
from ehr.vaccination.queries import printed_rows, section_c
from ehr.vaccination.sections import SECTION_C
from tests.factories.records import ChildFactory, PersonFactory, WomanFactory
from tests.factories.vaccination import ImmunizationFactory, VaccinationRecordFactory
from tests.sent import sent

pytestmark = pytest.mark.django_db
HOSTILE = ['<img src=x onerror="alert(1)">', '=HYPERLINK("http://x")', "Tie\u0302\u0309u du\u031bo\u031b\u0323ng"]


@pytest.fixture
def child(village):
    return Person.objects.get(pk=ChildFactory(village=village, sex="1").pk)


@pytest.fixture
def woman(village):
    return Person.objects.get(pk=WomanFactory(village=village, birth_date=date(1990, 1, 1)).pk)


def view_url(person):
    return reverse("vaccination:record", args=[person.code])


def edit_url(person):
    return reverse("vaccination:record_edit", args=[person.code])


def save(client, person, **change):
    return client.post(edit_url(person), sent(client.get(edit_url(person)), **change))


def test_every_field_of_section_c_has_a_place_on_the_form(woman):
    form = VaccinationForm(person=woman)
    assert set(field_codes()) == set(SECTION_C.names)
    assert {name for name in field_codes().values() if name not in form.fields} == set()


def test_the_tables_are_those_of_the_paper(clerk_client, woman):
    form = clerk_client.get(edit_url(woman)).context["form"]
    assert [(table.code, len(table.rows)) for table in form.tables] == [("1", 14), ("2", 13), ("3", 5)]
    assert [row.label for row, _ in form.tables[2].rows] == ["UV1", "UV2", "UV3", "UV4", "UV5"]
    assert ["pregnancy_month" in cells for table in form.tables for _, cells in table.rows[:1]] == [False, False, True]
    page = clerk_client.get(edit_url(woman)).content.decode()
    places = [page.index(f'name="{code}-status"') for code in printed_rows()]
    assert places == sorted(places)


def test_the_third_table_is_for_women(clerk_client, child):
    assert [table.code for table in clerk_client.get(edit_url(child)).context["form"].tables] == ["1", "2"]
    assert [table["code"] for table in clerk_client.get(view_url(child)).context["tables"]] == ["1", "2"]


def test_doses_are_typed_and_saved(clerk_client, woman):
    answer = save(
        clerk_client, woman,
        **{
            "c1_bcg-status": "given", "c1_bcg-occurrence_date": "02/06/1990", "c1_bcg-reaction": "Sốt nhẹ",
            "c1_polio_1-status": "not_given", "c1_polio_1-next_date": "01/09/2026",
            "c1_measles_1-occurrence_date": "02/03/1991",  # a date alone means given
            "c3_tetanus_1-status": "given", "c3_tetanus_1-occurrence_date": "02/06/2015",
            "c3_tetanus_1-pregnancy_month": "5",
            "extra2-0-vaccine": "HPV4", "extra2-0-dose_number": "2", "extra2-0-status": "given",
            "extra2-0-occurrence_date": "03/03/2020", "extra2-0-lot_number": "L1", "extra2-0-facility_name": "Viện Thử",
            "mother_tetanus_dose_count": "2",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    assert answer["Location"] == view_url(woman)
    stored = section_c(woman)
    assert {code: dose.status for code, dose in stored.by_row.items()} == {
        "c1_bcg": "given", "c1_polio_1": "not_given", "c1_measles_1": "given", "c3_tetanus_1": "given",
    }  # fmt: skip
    assert stored.by_row["c3_tetanus_1"].pregnancy_month == 5
    assert stored.by_row["c1_polio_1"].next_date == date(2026, 9, 1)
    (extra,) = stored.extra
    assert (extra.vaccine.code, extra.dose_number, extra.table, extra.lot_number) == ("HPV4", 2, "2", "L1")
    assert stored.mother_tetanus_dose_count == Answer(2, "value")


def test_saving_the_form_as_it_came_leaves_no_trace(clerk_client, woman, places):
    VaccinationRecordFactory(person=woman)
    ImmunizationFactory(person=woman, lot_number="L9", facility=places.station)
    ImmunizationFactory(person=woman, form_row=None, vaccine=Vaccine.objects.get(code="IPV"), facility=places.station)
    before = [event_model(model).objects.count() for model in (VaccinationRecord, Immunization)]
    assert save(clerk_client, woman).status_code == 302
    assert [event_model(model).objects.count() for model in (VaccinationRecord, Immunization)] == before


def test_a_further_dose_is_removed_by_emptying_its_row(clerk_client, woman):
    ImmunizationFactory(person=woman, form_row=None, vaccine=Vaccine.objects.get(code="IPV"), table="2")
    form = clerk_client.get(edit_url(woman)).context["form"]
    empty = {name: None for name in form.fields if name.startswith("extra2-0-") and not name.endswith("-id")}
    save(clerk_client, woman, **empty)
    assert not Immunization.objects.exists()


def test_not_given_clears_the_date_and_keeps_the_appointment(clerk_client, woman):
    ImmunizationFactory(person=woman, next_date=date(2026, 9, 1), reaction="Sốt")
    save(clerk_client, woman, **{"c1_bcg-status": "not_given"})
    dose = Immunization.objects.get()
    assert (dose.status, dose.occurrence_date, dose.reaction, dose.next_date) == (
        "not_given",
        None,
        "",
        date(2026, 9, 1),
    )


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"c1_bcg-occurrence_date": "01/01/2100"}, "c1_bcg-occurrence_date", "occurrence_date.future"),
        ({"c1_bcg-occurrence_date": "31/02/2020"}, "c1_bcg-occurrence_date", "date.day"),
        ({"c1_bcg-status": "not_given", "c1_bcg-occurrence_date": "01/01/2020"}, "c1_bcg-status", "status.not_given"),
        ({"c1_bcg-status": "unknown", "c1_bcg-reaction": "Sốt"}, "c1_bcg-status", "status.not_given"),
        ({"c3_tetanus_1-status": "given", "c3_tetanus_1-pregnancy_month": "12"}, "c3_tetanus_1-pregnancy_month",
         "pregnancy_month.range"),
        ({"extra1-1-status": "given"}, "extra1-1-vaccine", "vaccine.unknown"),
        ({"extra2-1-vaccine": "IPV", "extra2-1-occurrence_date": "01/01/2100"}, "extra2-1-occurrence_date",
         "occurrence_date.future"),
        ({"mother_tetanus_dose_count": "30"}, "mother_tetanus_dose_count", "mother_tetanus_dose_count.range"),
        ({"extra1-0-vaccine": "nonsense"}, "extra1-0-vaccine", "invalid_choice"),
    ],
)  # fmt: skip
def test_a_refused_form_keeps_what_was_typed_and_names_the_line(clerk_client, woman, change, field, code):
    typed = {"c2_typhoid-reaction": "Đau chỗ tiêm", "c2_typhoid-occurrence_date": "01/02/2020"}
    answer = save(clerk_client, woman, **typed, **change)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert {name: {e["code"] for e in found} for name, found in form.errors.get_json_data().items()} == {field: {code}}
    assert "Đau chỗ tiêm" in answer.content.decode()
    assert not Immunization.objects.exists()


def test_the_second_clerk_is_told_and_loses_nothing(clerk_client, head_client, woman):
    page = edit_url(woman)
    first = sent(clerk_client.get(page), **{"c1_bcg-status": "given", "c1_bcg-occurrence_date": "02/06/1990"})
    second = sent(head_client.get(page), **{"c1_bcg-status": "not_given", "c2_typhoid-status": "unknown"})
    assert clerk_client.post(page, first).status_code == 302
    answer = head_client.post(page, second)
    assert answer.status_code == 409
    targets = {row.target for row in answer.context["conflict"].differences}
    assert targets == {"id_c1_bcg-status_0", "id_c1_bcg-occurrence_date", "id_c2_typhoid-status_0"}
    assert head_client.post(page, second | {"version": answer.context["form"]["version"].value()}).status_code == 302
    assert Immunization.objects.get(form_row__code="c1_bcg").status == "not_given"


def test_a_double_click_saves_once(clerk_client, woman):
    data = sent(clerk_client.get(edit_url(woman)), **{"extra2-0-vaccine": "IPV", "extra2-0-status": "not_given"})
    answers = [clerk_client.post(edit_url(woman), data) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Immunization.objects.count() == 1


def test_the_page_shows_every_printed_row_and_further_doses(clerk_client, woman):
    ImmunizationFactory(person=woman, reaction="Sốt nhẹ", occurrence_date=date(1990, 6, 2))
    ImmunizationFactory(
        person=woman, form_row=None, vaccine=Vaccine.objects.get(code="IPV"), table="2", lot_number="L7"
    )
    VaccinationRecordFactory(person=woman)
    page = clerk_client.get(view_url(woman)).content.decode()
    for row in printed_rows().values():
        assert row.label in page
    for text in (
        "02/06/1990",
        "Sốt nhẹ",
        "Đã chủng ngừa",
        "Chưa hỏi",
        "Lô L7",
        "Số mũi vắc xin uốn ván mẹ đã tiêm: <b>2</b>",
    ):
        assert text in page


def test_reading_is_logged_as_section_c(clerk_client, woman):
    clerk_client.get(view_url(woman))
    assert AccessLog.objects.get(person_id=woman.pk).object == "C"


@pytest.mark.parametrize("url", [view_url, edit_url])
def test_other_places_and_roles_find_nothing(login, users, places, woman, url):
    assert login(users.clerk).get(url(woman)).status_code == 200
    stranger = Person.objects.get(pk=PersonFactory(village=places.other_village).pk)
    assert login(users.clerk).get(url(stranger)).status_code == 404
    for user in (users.far, users.admin, users.nobody):
        assert login(user).get(url(woman)).status_code == 404
    assert login(users.centre).get(url(woman)).status_code == (200 if url is view_url else 404)
    assert login(None).get(url(woman)).status_code == 302


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_out_harmless(clerk_client, woman, text):
    change = {
        "c1_bcg-occurrence_date": "02/06/1990", "c1_bcg-reaction": text,
        "extra2-0-vaccine": "IPV", "extra2-0-facility_name": text, "extra2-0-lot_number": text[:40],
    }  # fmt: skip
    assert save(clerk_client, woman, **change).status_code == 302
    for url in (view_url, edit_url):
        page = clerk_client.get(url(woman)).content.decode()
        assert "<img src=x" not in page
        assert "\u0302" not in page


@pytest.mark.parametrize("url", [view_url, edit_url])
def test_nothing_inline_stands_in_the_page(clerk_client, woman, url):
    page = clerk_client.get(url(woman)).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", page)


def test_the_timeline_and_the_tab_know_the_doses(clerk_client, woman):
    ImmunizationFactory(person=woman, occurrence_date=date(1990, 6, 2))
    row = printed_rows()["c1_polio_1"]
    ImmunizationFactory(
        person=woman, form_row=row, status="not_given", occurrence_date=None, next_date=date(2026, 9, 1)
    )
    assert {(entry.on, entry.title) for entry in entries(woman)} == {
        (date(1990, 6, 2), "Tiêm BCG"), (date(2026, 9, 1), "Hẹn tiêm Bại liệt 1"),
    }  # fmt: skip
    assert "vaccination" in {entry.kind for entry in timeline.entries_of(woman)}
    tabs = {tab.label: tab.count for tab in clerk_client.get(view_url(woman)).context["tabs"]}
    assert tabs["C. Tiêm chủng"] == 1


@pytest.mark.parametrize("size", [0, 10])
def test_statements_do_not_grow_with_the_doses(clerk_client, woman, size):
    for number in range(size):
        ImmunizationFactory(
            person=woman, form_row=None, vaccine=Vaccine.objects.get(code="IPV"), dose_number=number, table="2"
        )  # fmt: skip
    VaccinationRecordFactory(person=woman)
    clerk_client.get(view_url(woman))

    def statements(run):
        with CaptureQueriesContext(connection) as captured:
            run()
        return len(captured)

    data = sent(clerk_client.get(edit_url(woman)), **{"c1_bcg-status": "unknown"})
    assert statements(lambda: clerk_client.get(view_url(woman))) == 6
    assert statements(lambda: clerk_client.get(edit_url(woman))) == 7
    assert statements(lambda: clerk_client.post(edit_url(woman), data)) <= 16
