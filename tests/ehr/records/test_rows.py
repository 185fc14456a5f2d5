"""Single rows, withdrawing a record, and putting people into households."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.common.problems import StaleError
from ehr.records.models import Identifier, Membership, Person
from ehr.records.services import save_person, save_row, set_membership
from tests.factories.records import (
    ConditionFactory,
    EncounterFactory,
    HealthHistoryFactory,
    HouseholdFactory,
    IdentifierFactory,
    PersonFactory,
    SurgeryFactory,
)
from tests.factories.vaccination import ImmunizationFactory


def codes_of(refused):
    return {error.code for errors in refused.value.error_dict.values() for error in errors}


def test_a_passport_is_added_beside_the_personal_number(users, village):
    person = PersonFactory(village=village)
    row = Identifier(person=person, kind="PASSPORT", value="C1234567")

    save_row(row=row, by=users.clerk, door="admin", version=person.version)

    assert list(Identifier.objects.values_list("kind", "value")) == [("PASSPORT", "C1234567")]
    assert Person.objects.get().version == person.version + 1


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [("SDDCN", "123", "national_id.format"), ("CMND9", "12", "cmnd.format"), ("BHYT_CARD", "XX", "bhyt.format")],
)
def test_a_number_meets_the_rules_of_its_kind(users, village, kind, value, code):
    row = IdentifierFactory.build(person=PersonFactory(village=village), kind=kind, value=value)

    with pytest.raises(ValidationError) as refused:
        save_row(row=row, by=users.clerk, door="admin")

    assert codes_of(refused) & {code, "id_number.format"}
    assert not Identifier.objects.exists()


def test_a_row_of_an_older_copy_is_refused(users, village):
    row = IdentifierFactory(person__village=village)
    row.issued_by = "Cục Cảnh sát thử nghiệm"

    with pytest.raises(StaleError):
        save_row(row=row, by=users.clerk, door="admin", version=row.person.version - 1)


def test_rows_of_another_commune_are_out_of_reach(users, places):
    row = ConditionFactory(person__village=places.other_village)

    with pytest.raises(PermissionDenied):
        save_row(row=row, by=users.clerk, door="admin")


def test_a_row_keeps_its_person(users, village):
    row = ConditionFactory(person__village=village)
    row.person = PersonFactory(village=village)

    with pytest.raises(ValueError, match="person"):
        save_row(row=row, by=users.clerk, door="admin")


def test_a_correction_in_section_b_makes_a_new_version_of_it(users, village):
    person = PersonFactory(village=village)
    history, row = HealthHistoryFactory(person=person), SurgeryFactory(person=person)
    row.year = 1950

    with pytest.raises(ValidationError) as refused:
        save_row(row=row, by=users.clerk, door="admin", version=history.version)
    row.year = 2011
    save_row(row=row, by=users.clerk, door="admin", version=history.version)

    assert codes_of(refused) == {"year.before_birth"}
    history.refresh_from_db()
    assert history.version == 2


def test_only_a_head_withdraws_a_record(users, village):
    person = PersonFactory(village=village)

    with pytest.raises(PermissionDenied):
        save_person(values={"status": "error"}, by=users.clerk, door="screen", person=person)
    save_person(values={"status": "error"}, by=users.head, door="screen", person=person)

    assert Person.objects.get().status == "error"


@pytest.mark.parametrize("made", [EncounterFactory, ImmunizationFactory])
def test_a_record_in_use_is_not_withdrawn(users, village, made):
    person = PersonFactory(village=village)
    made(person=person, **({"occurrence_date": date(2026, 1, 1)} if made is ImmunizationFactory else {}))

    with pytest.raises(ValidationError) as refused:
        save_person(values={"status": "error"}, by=users.head, door="screen", person=person)

    assert codes_of(refused) == {"status.in_use"}


def test_nobody_is_put_into_a_household_from_outside(users, places):
    person = PersonFactory(village=places.villages[0])
    foreign = PersonFactory(village=places.other_village)
    household = HouseholdFactory(village=places.villages[1])

    with pytest.raises(PermissionDenied):
        set_membership(person=foreign, household=household, relation="13", by=users.clerk, door="screen")
    with pytest.raises(PermissionDenied):
        set_membership(
            person=person, household=HouseholdFactory(village=places.other_village), relation="13",
            by=users.clerk, door="screen",
        )  # fmt: skip
    set_membership(person=person, household=household, relation="13", by=users.clerk, door="screen")

    assert list(Membership.objects.values_list("person", "household")) == [(person.pk, household.pk)]


def test_a_unit_code_that_no_list_has_is_one_problem_not_two(users):
    values = {"full_name": "Lê Văn Thử", "sex": "1", "birth_date": None, "current_commune": "99999"}

    with pytest.raises(ValidationError) as refused:
        save_person(values=values, by=users.clerk, door="rest")

    assert codes_of(refused) == {"current_commune.unknown_code", "birth_date.required"}
