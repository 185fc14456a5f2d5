"""Households and members through REST."""

from datetime import date

import pytest

from ehr.audit.models import AccessLog
from ehr.records.models import Household, Membership
from tests.ehr.exchange.conftest import problems
from tests.factories.records import HouseholdFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
NEW = {
    "household_code": "H0009", "commune": "16516", "village": "T1", "address_detail": "Số 9, ngõ Thử",
    "household_toilet_type": "double_vault", "phone": "0912000009", "closed_on": None, "note": "Một\nHai",
}  # fmt: skip


def create(rest, **change):
    response = rest.post("households/", {**NEW, **change})
    assert response.status_code == 201, response.content.decode()
    return response.json()


def test_a_household_round_trips(rest, places):
    made = create(rest)
    body = rest.get(f"households/{made['id']}/").json()
    assert {name: body[name] for name in NEW} == NEW
    assert body["members"] == []
    assert body["version"] == 1


def test_a_partial_update_leaves_the_rest(rest, places):
    made = create(rest)
    body = rest.patch(f"households/{made['id']}/", {"version": 1, "village": "T2", "phone": None}).json()
    assert {name for name in made if made[name] != body[name]} == {"village", "phone", "version", "updated_at"}
    stale = rest.patch(f"households/{made['id']}/", {"version": 1, "note": "x"})
    assert (stale.status_code, problems(stale)) == (409, {"version": "stale"})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"commune": None}, {"commune": "commune.required"}),
        ({"commune": None, "village": None}, {"commune": "current_commune.required"}),
        ({"village": "X"}, {"village": "village.unknown_code"}),
        ({"commune": "00000"}, {"commune": "commune.unknown_code"}),
        ({"commune": "03164"}, {"commune": "current_commune.scope"}), ({"hộ": 1}, {"hộ": "unknown_field"}),
        ({"household_toilet_type": "x"}, {"household_toilet_type": "invalid_choice"}),
        ({"household_code": "H" * 31}, {"household_code": "max_length"}),
        ({"closed_on": "x"}, {"closed_on": "date.format"}),
    ],
)  # fmt: skip
def test_errors_name_the_field_of_the_json(rest, places, change, found):
    response = rest.post("households/", {**NEW, **change})
    assert response.status_code == 400, response.content.decode()
    assert problems(response) == found
    assert not Household.objects.exists()


def test_a_code_is_taken_once_per_village(rest, places):
    create(rest)
    second = rest.post("households/", NEW)
    assert second.status_code == 400
    assert set(problems(second).values()) == {"household_code.taken"}
    create(rest, village="T2")


def test_members_join_and_leave_their_former_household(rest, places):
    person = PersonFactory(village=places.villages[0])
    former = MembershipFactory(person=person, household=HouseholdFactory(village=places.villages[0]))
    person.refresh_from_db()
    made = create(rest)
    response = rest.post(f"households/{made['id']}/members/", {"person": person.code, "relation_to_head": "01"})
    assert response.status_code == 200, response.content.decode()
    member = response.json()["members"][0]
    assert (member["person"], member["relation_to_head"], member["is_head"]) == (person.code, "01", True)
    former.refresh_from_db()
    assert former.valid_to is not None
    assert rest.get(f"households/{made['id']}/members/").json()["members"] == [member]
    assert rest.get(f"people/{person.code}/").json()["household_id"] == made["id"]


def test_members_must_exist_in_scope_with_a_known_relation(rest, places):
    made, far = create(rest), PersonFactory(village=places.far_village)
    near = PersonFactory(village=places.villages[0])
    for person in (far, near):
        person.refresh_from_db()
    assert rest.post(f"households/{made['id']}/members/", {"person": far.code}).status_code == 404
    assert problems(rest.post(f"households/{made['id']}/members/", {})) == {"person": "required"}
    unknown = rest.post(f"households/{made['id']}/members/", {"person": near.code, "relation_to_head": "99"})
    assert problems(unknown) == {"relation_to_head": "relation_to_head.unknown_code"}
    assert not Membership.objects.exists()


def test_households_of_another_commune_do_not_exist(rest, far_rest, places):
    pk = create(rest)["id"]
    assert far_rest.get(f"households/{pk}/").status_code == 404
    assert far_rest.get(f"households/{pk}/members/").status_code == 404
    assert far_rest.patch(f"households/{pk}/", {"version": 1}).status_code == 404
    assert far_rest.post(f"households/{pk}/members/", {"person": "HS00000000000"}).status_code == 404
    assert far_rest.get("households/").json()["results"] == []


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_the_same_statements_however_many(rest, places, number, django_assert_num_queries):
    HouseholdFactory.create_batch(number, village=places.villages[0])
    rest.get("me/")
    with django_assert_num_queries(3):  # key, assignments, households
        assert len(rest.get("households/").json()["results"]) == number


def test_the_list_is_filtered(rest, places):
    first, second = (HouseholdFactory(village=village) for village in places.villages)

    def found(query):
        return [row["id"] for row in rest.get(f"households/?{query}").json()["results"]]

    assert found("commune=16516&village=T2") == [second.pk]
    assert found(f"household_code={first.code}") == [first.pk]
    assert found("updated_since=2999-01-01T00:00:00Z") == []


def test_reading_a_household_is_a_read_of_its_members(rest, places):
    household = HouseholdFactory(village=places.villages[0])
    people = [MembershipFactory(household=household).person for _ in range(3)]
    rest.get(f"households/{household.pk}/")
    rows = AccessLog.objects.values_list("person_id", "action", "object", "door")
    assert set(rows) == {(person.pk, "view", "household", "rest") for person in people}
    Membership.objects.filter(person=people[0]).update(valid_to=date(2026, 1, 1))
    assert len(rest.get(f"households/{household.pk}/").json()["members"]) == 2
