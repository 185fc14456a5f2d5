"""Writing section B."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.audit.changes import event_model
from ehr.common.answers import Answer
from ehr.common.problems import StaleError
from ehr.records import facts
from ehr.records.models import Allergy, Condition, Disability, FamilyHistory, HealthHistory, Household, Surgery
from ehr.records.sections import SECTION_B, b
from ehr.records.services import save_history
from tests.factories.records import (
    AllergyFactory,
    FamilyHistoryFactory,
    HealthHistoryFactory,
    HouseholdFactory,
    MembershipFactory,
    PersonFactory,
    SurgeryFactory,
    WomanFactory,
)

TABLES = (HealthHistory, Allergy, Condition, Disability, Surgery, FamilyHistory, Household)


@pytest.fixture
def woman(village):
    person = WomanFactory(village=village)
    MembershipFactory(person=person, household=HouseholdFactory(village=village, toilet_type=""))
    return person


def save(person, values, by=None, **more):
    return save_history(person=person, values=values, by=by, door="screen", **more)


def versions():
    """How many versions of rows the history keeps."""
    return {model.__name__: event_model(model).objects.count() for model in TABLES}


def codes_of(refused):
    return {error.code for errors in refused.value.error_dict.values() for error in errors}


def full():
    """An answer for every field of section B."""
    values = {}
    for item in SECTION_B.items():
        if item.code in facts.TICKS or item.code == "risk_alcohol":
            values[item.code] = "yes"
        elif item.code.endswith("_person"):
            values[item.code] = "mẹ"
        elif item.kind == "choice":
            values[item.code] = {"household_toilet_type": "flush"}.get(item.code, "1")
        elif item.kind in ("int", "decimal"):
            values[item.code] = Answer(2, "value")
        else:
            values[item.code] = Answer("ghi rõ", "value")
    values |= {"birth_weight_g": Answer(3100, "value"), "birth_length_cm": Answer(Decimal("50.5"), "value")}
    values |= {"pregnancy_count": Answer(9, "value"), "birth_count": Answer(4, "value")}
    values |= dict.fromkeys((f"family_disease_{name}_person" for name in b.FAMILY_TEXTS), "bố")
    return values | {"surgery_history": Answer("Mổ ruột thừa 2010\nMổ mắt", "value"), "surveyed_on": date(2026, 1, 5)}


def test_every_field_of_section_b_is_stored_and_read_back(woman):
    given = full()
    save(woman, given)
    stored = facts.section_b(woman)
    expected = given | {"surgery_history": Answer("Mổ ruột thừa (2010)\nMổ mắt", "value")}
    assert {name: stored[name] for name in expected} == expected
    assert set(stored) == set(expected)


def test_saving_what_is_stored_leaves_no_trace(woman):
    save(woman, full())
    before, version = versions(), HealthHistory.objects.get().version
    saved = save(woman, facts.section_b(woman), version=version)
    assert versions() == before
    assert saved.object.version == version


def test_an_empty_form_stores_nothing(woman):
    saved = save(woman, {name: "" for name in SECTION_B.names}, version=0)
    assert saved.object.pk is None
    assert versions()["HealthHistory"] == 0
    assert facts.section_b(woman)["risk_smoking"] == ""


def test_absent_fields_stay_as_they_are(woman):
    save(woman, {"risk_smoking": "2", "disease_asthma": "yes", "allergy_drug": "Penicillin"})
    save(woman, {"risk_drug": "0"})
    stored = facts.section_b(woman)
    assert (stored["risk_smoking"], stored["risk_drug"], stored["disease_asthma"]) == ("2", "0", "yes")
    assert stored["allergy_drug"] == Answer("Penicillin", "value")


@pytest.mark.parametrize(
    "name", ["allergy_food", "birth_defect", "surgery_history", "disability_arm", "pregnancy_count"]
)
@pytest.mark.parametrize(
    ("written", "answer"), [("không", Answer.NONE), ("kb", Answer.UNKNOWN), ("", Answer.NOT_ASKED), ("-", Answer.NONE)]
)
def test_none_unknown_and_not_asked_are_three_answers(woman, name, written, answer):
    save(woman, {name: "2" if name == "pregnancy_count" else "ghi rõ"})
    save(woman, {name: written})
    assert facts.section_b(woman)[name] == answer


@pytest.mark.parametrize("answer", ["yes", "no", "unknown", ""])
@pytest.mark.parametrize("name", ["disease_autism", "family_disease_mental", "birth_preterm", "risk_alcohol"])
def test_ticks_have_four_states(woman, name, answer):
    save(woman, {name: "yes"})
    save(woman, {name: answer})
    assert facts.section_b(woman)[name] == answer


def test_zero_is_a_number_not_none(woman):
    save(woman, {"pregnancy_count": "0", "birth_length_cm": "50,5"})
    stored = facts.section_b(woman)
    assert stored["pregnancy_count"] == Answer(0, "value")
    assert stored["birth_length_cm"] == Answer(Decimal("50.5"), "value")


def test_a_changed_line_keeps_the_other_rows(woman):
    save(woman, {"allergy_drug": Answer("Penicillin\nAspirin", "value"), "allergy_food": "Tôm"})
    rows = {row.detail: row.pk for row in Allergy.objects.all()}
    events = event_model(Allergy).objects.count()
    save(woman, {"allergy_drug": Answer("Penicillin\nParacetamol", "value"), "allergy_food": "Tôm"})
    kept = {row.detail: row.pk for row in Allergy.objects.all()}
    assert kept["Penicillin"] == rows["Penicillin"]
    assert kept["Tôm"] == rows["Tôm"]
    assert kept["Paracetamol"] == rows["Aspirin"]  # the changed line reuses its row
    assert event_model(Allergy).objects.count() == events + 1


def test_a_shorter_list_removes_rows(woman):
    save(woman, {"allergy_drug": Answer("Penicillin\nAspirin", "value")})
    save(woman, {"allergy_drug": Answer("Aspirin", "value")})
    assert [row.detail for row in Allergy.objects.all()] == ["Aspirin"]


def test_the_relative_alone_says_yes_and_warns(woman):
    saved = save(woman, {"family_disease_asthma_person": "mẹ"})
    row = FamilyHistory.objects.get()
    assert (row.answer, row.relative) == ("yes", "mẹ")
    assert [warning.code for warning in saved.warnings] == ["family_disease.person_only"]


def test_taking_back_the_tick_takes_back_the_line(woman):
    save(woman, {"family_disease_asthma": "yes", "family_disease_asthma_person": "mẹ"})
    save(woman, {"family_disease_asthma": "", "family_disease_asthma_person": "mẹ"})
    assert not FamilyHistory.objects.exists()


def test_the_relative_changes_without_its_line(woman):
    save(woman, {"family_disease_asthma": "yes", "family_disease_asthma_person": "mẹ"})
    save(woman, {"family_disease_asthma_person": "bố"})
    row = FamilyHistory.objects.get()
    assert (row.answer, row.relative) == ("yes", "bố")


def test_rows_with_different_relatives_keep_theirs(woman):
    HealthHistoryFactory(person=woman)
    for detail, relative in (("Phổi", "bố"), ("Gan", "mẹ")):
        FamilyHistoryFactory(
            person=woman, disease_kind=facts.codes_of("own-disease")["13"], detail=detail, relative=relative
        )  # fmt: skip
    stored = facts.section_b(woman)
    assert stored["family_disease_cancer_person"] == "bố; mẹ"
    save(woman, stored | {"family_disease_cancer": Answer("Phổi\nGan\nDạ dày", "value")})
    assert {row.detail: row.relative for row in FamilyHistory.objects.all()} == {
        "Phổi": "bố", "Gan": "mẹ", "Dạ dày": "bố; mẹ",
    }  # fmt: skip


def test_a_year_at_the_end_is_the_year_of_the_operation(woman):
    save(woman, {"surgery_history": Answer("Mổ ruột thừa 2010\nMổ mắt (2015)\n2012\nCắt amidan", "value")})
    rows = {(row.body_part, row.year) for row in Surgery.objects.all()}
    assert rows == {("Mổ ruột thừa", 2010), ("Mổ mắt", 2015), ("2012", None), ("Cắt amidan", None)}


def test_an_operation_written_otherwise_is_not_rewritten(woman):
    SurgeryFactory(person=woman, body_part="Mổ lần 2010", year=None)
    before = versions()
    save(woman, {"surgery_history": facts.section_b(woman)["surgery_history"]})
    assert versions() == before


def test_the_toilet_is_a_fact_of_the_household(woman, village):
    other = PersonFactory(village=village)
    household = woman.membership_set.get().household
    MembershipFactory(person=other, household=household)
    save(woman, {"household_toilet_type": "double_vault"})
    assert facts.section_b(other)["household_toilet_type"] == "double_vault"
    assert not HealthHistory.objects.exists()


def test_without_a_household_the_toilet_is_told_not_lost_in_silence(village):
    saved = save(PersonFactory(village=village), {"household_toilet_type": "flush", "risk_smoking": "0"})
    assert [warning.code for warning in saved.warnings] == ["household.missing"]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"birth_weight_g": "90000"}, {"birth_weight_g.range"}),
        ({"birth_weight_g": "1.234"}, {"number.ambiguous"}),
        ({"pregnancy_count": "1,5"}, {"number.whole"}),
        ({"pregnancy_count": "hai"}, {"number.format"}),
        ({"household_toilet_type": "x"}, {"household_toilet_type.choice"}),
        ({"risk_smoking": "9"}, {"invalid_choice"}),
        ({"disease_asthma": "maybe"}, {"invalid_choice"}),
        ({"family_disease_asthma": "yes", "family_disease_asthma_person": "x" * 151}, {"max_length"}),
        ({"surgery_history": "x" * 301}, {"max_length"}),
        ({"contraception_method": "x" * 151}, {"max_length"}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(woman, values, codes):
    with pytest.raises(ValidationError) as refused:
        save(woman, {"risk_drug": "0"} | values)
    assert codes_of(refused) == codes
    assert set(refused.value.error_dict) <= set(values)
    assert not HealthHistory.objects.exists()


def test_data_of_women_are_refused_for_men(village):
    with pytest.raises(ValidationError) as refused:
        save(PersonFactory(village=village), {"pregnancy_count": "2"})
    assert codes_of(refused) == {"sex.female_only"}


def test_a_second_editor_is_told(woman):
    first = save(woman, {"risk_smoking": "0"}, version=0).object.version
    with pytest.raises(StaleError):
        save(woman, {"risk_smoking": "2"}, version=0)
    assert save(woman, {"risk_smoking": "2"}, version=first).object.version == first + 1


def test_people_of_other_places_cannot_be_written(users, places):
    stranger = PersonFactory(village=places.far_village)
    with pytest.raises(PermissionDenied):
        save(stranger, {"risk_smoking": "0"}, by=users.clerk)
    for user in (users.centre, users.admin, users.nobody):
        with pytest.raises(PermissionDenied):
            save(PersonFactory(village=places.villages[0]), {"risk_smoking": "0"}, by=user)


def test_an_unknown_field_is_a_programming_error(woman):
    with pytest.raises(TypeError):
        save(woman, {"nonsense": 1})


@pytest.mark.parametrize(
    "text", ['<img src=x onerror="alert(1)">', '=HYPERLINK("http://x")', "Tie\u0302\u0309u", "Ân " * 90]
)
def test_hostile_texts_are_stored_as_text(woman, text):
    save(woman, {"birth_defect": text, "allergy_food": text})
    stored = facts.section_b(woman)
    assert stored["birth_defect"].value == stored["allergy_food"].value
    assert "\u0302" not in stored["birth_defect"].value


def test_history_says_who_and_through_which_door(woman, users):
    save(woman, {"risk_smoking": "0", "allergy_food": "Tôm"}, by=users.clerk)
    for model in (HealthHistory, Allergy):
        event = event_model(model).objects.get()
        assert event.pgh_context == {"user": users.clerk.pk, "door": "screen"}


@pytest.mark.parametrize("size", [1, 12])
def test_a_full_save_costs_the_same_however_much_is_stored(woman, users, size, django_assert_max_num_queries):
    for number in range(size):
        AllergyFactory(person=woman, detail=f"Thuốc {number}")
    save(woman, {"risk_smoking": "0", "household_toilet_type": "flush"}, by=users.clerk)
    with django_assert_max_num_queries(18):
        save(woman, full(), by=users.clerk)
    with django_assert_max_num_queries(4):
        save(woman, {"risk_smoking": "2"}, by=users.clerk)
