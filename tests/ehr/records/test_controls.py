"""Controls written directly look like those of the design kit, whatever stands in them."""

from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from ehr.common.answers import Answer
from ehr.records.forms.encounter import EncounterForm
from ehr.records.forms.history import HistoryForm
from ehr.records.forms.household import HouseholdForm
from ehr.records.forms.person import PersonForm, new_person_values
from ehr.records.templatetags.controls import cell, question
from tests.factories.records import WomanFactory

HOSTILE = "\"><img src=x onerror=alert(1)> & 'x'"


class Tokens(HTMLParser):
    """Tags with sorted attributes, and texts without blanks around them."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *sorted((name, (value or "").strip()) for name, value in attrs)))

    def handle_endtag(self, tag):
        self.found.append(f"/{tag}")

    def handle_data(self, data):
        if data.strip():
            self.found.append(" ".join(data.split()))


def tokens(page):
    return Tokens(str(page)).found


def assert_all_fields_look_alike(form):
    for name in form.fields:
        if form[name].is_hidden:
            continue
        expected = render_to_string("components/field.html", {"field": form[name]})
        assert tokens(question(form[name])) == tokens(expected), name


@pytest.fixture
def woman(village):
    return WomanFactory(village=village)


def test_empty_and_filled_forms(woman):
    assert_all_fields_look_alike(HistoryForm(person=woman))
    stored = {
        "risk_smoking": "2", "disease_asthma": "unknown", "birth_defect": Answer.NONE,
        "allergy_food": Answer(HOSTILE, "value"),
        "surgery_history": Answer(f"Một\n{HOSTILE}", "value"), "household_toilet_type": "flush",
    }  # fmt: skip
    assert_all_fields_look_alike(HistoryForm(person=woman, initial=stored, has_household=False))
    assert_all_fields_look_alike(EncounterForm(person=woman))


def test_refused_forms(woman):
    typed = {
        "birth_length_cm": HOSTILE, "risk_smoking": "9", "disease_asthma": HOSTILE, "surveyed_on": "31/02/2026",
        "household_toilet_type": "x", "other_issues": "x" * 3000,
    }  # fmt: skip
    form = HistoryForm(typed, person=woman)
    assert len(form.errors) == len(typed)
    form.fields["risk_drug"].warnings = [HOSTILE]
    assert_all_fields_look_alike(form)
    form = EncounterForm({"exam_date": HOSTILE, "uses_glasses": "x", "facility": "x", "pulse": "1,5"}, person=woman)
    assert_all_fields_look_alike(form)


def test_a_needed_field_and_a_class_of_its_own(woman):
    form = EncounterForm(person=woman)
    expected = render_to_string("components/field.html", {"field": form["exam_date"], "class": "sm"})
    assert tokens(question(form["exam_date"], "sm")) == tokens(expected)


def test_a_cell_is_labelled_with_its_row(woman):
    form = EncounterForm({"labs-total": "1", "labs-0-result": HOSTILE}, person=woman)
    found = tokens(cell(form["labs-0-result"], HOSTILE))
    assert found[0] == ("label", ("class", "sr-only"), ("for", "id_labs-0-result"))
    assert ("img", ("onerror", "alert(1)"), ("src", "x")) not in found
    assert next(part for part in found if part[0] == "input")[-1] == ("value", HOSTILE)


def test_section_a_and_households_with_the_places_offered(woman, users):
    assert_all_fields_look_alike(PersonForm(user=users.clerk, initial=new_person_values(users.clerk, None)))
    sent = {"full_name": HOSTILE, "current_commune": str(woman.commune_id), "birth_date": "31/02/1980", "note": HOSTILE}
    refused = PersonForm(sent, user=users.clerk)
    assert not refused.is_valid()
    assert_all_fields_look_alike(refused)
    assert_all_fields_look_alike(HouseholdForm(user=users.clerk, initial={"commune": woman.commune}))
