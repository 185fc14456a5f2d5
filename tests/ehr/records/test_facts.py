"""What is read can be written back without a change, whatever door it came through."""

import pytest

from ehr.audit.changes import event_model
from ehr.records import facts
from ehr.records.models import Address, Encounter, HealthHistory, Identifier, Membership, Person, Relative
from ehr.records.sections import SECTION_A, SECTION_B, SECTION_D, a, b, d
from ehr.records.services import save_encounter, save_history, save_person
from tests.factories.records import (
    AddressFactory,
    AllergyFactory,
    ConditionFactory,
    DiagnosisFactory,
    DisabilityFactory,
    EncounterFactory,
    ExamFindingFactory,
    FamilyHistoryFactory,
    HealthHistoryFactory,
    IdentifierFactory,
    LabResultFactory,
    MembershipFactory,
    RelativeFactory,
    SurgeryFactory,
    WomanFactory,
)


@pytest.fixture
def person(village):
    made = WomanFactory(village=village, answered_none=["email"], answered_unknown=["phone_landline"])
    MembershipFactory(person=made)
    IdentifierFactory(person=made)
    AddressFactory(person=made)
    RelativeFactory(person=made)
    return Person.objects.get(pk=made.pk)


def count(*models):
    return [event_model(model).objects.count() for model in models]


def test_the_dictionaries_hold_every_field_code(person):
    assert set(facts.section_a(person)) == set(SECTION_A.names) | set(a.EXTRA_STORES)
    assert set(facts.section_b(person)) == set(SECTION_B.names) | set(b.EXTRA_STORES)
    lists = {code for code, store in d.STORES.items() if store.startswith(("lab.", "diagnosis."))}
    visit = facts.section_d(EncounterFactory(person=person))
    assert set(visit) == (set(SECTION_D.names) | set(d.EXTRA_STORES) | {"labs", "diagnoses"}) - lists


def test_section_a_writes_back_without_new_identifiers_addresses_relatives(person):
    before = count(Identifier, Address, Relative, Membership)
    values = facts.section_a(person)
    save_person(values=values, by=None, door="screen", person=person)
    assert count(Identifier, Address, Relative, Membership) == before
    assert facts.section_a(Person.objects.get(pk=person.pk)) == values


def test_section_b_writes_back_without_a_trace(person):
    HealthHistoryFactory(
        person=person, answered_none=["surgery_history", "birth_defect"], answered_unknown=["other_issues"]
    )
    for factory in (AllergyFactory, ConditionFactory, DisabilityFactory, SurgeryFactory, FamilyHistoryFactory):
        factory(person=person)
    AllergyFactory(person=person, detail="")
    AllergyFactory(person=person, detail="Hai\ndòng")
    stored = facts.section_b(person)
    models = [HealthHistory, *(factory._meta.model for factory in (AllergyFactory, ConditionFactory, SurgeryFactory))]
    before = count(*models)
    save_history(person=person, values=stored, by=None, door="screen")
    assert count(*models) == before
    assert facts.section_b(person) == stored


def test_section_d_writes_back_without_a_trace(person):
    visit = EncounterFactory(person=person)
    for factory in (ExamFindingFactory, LabResultFactory, DiagnosisFactory):
        factory(encounter=visit)
    visit = Encounter.objects.get(pk=visit.pk)
    before = count(
        Encounter, ExamFindingFactory._meta.model, LabResultFactory._meta.model, DiagnosisFactory._meta.model
    )
    save_encounter(person=person, values=facts.section_d(visit), by=None, door="screen", encounter=visit)
    assert before == count(
        Encounter, ExamFindingFactory._meta.model, LabResultFactory._meta.model, DiagnosisFactory._meta.model
    )


def test_reading_costs_a_fixed_number_of_statements(person, django_assert_num_queries):
    for number in range(5):
        AllergyFactory(person=person, detail=f"Thuốc {number}")
    facts.household_of(person)  # the places are in memory now
    with django_assert_num_queries(7):
        facts.section_b(person)
    visit = Encounter.objects.get(pk=EncounterFactory(person=person).pk)
    for number in range(5):
        DiagnosisFactory(encounter=visit, position=number)
    with django_assert_num_queries(3):
        facts.section_d(visit)
