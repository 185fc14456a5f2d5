"""What is kept in memory: scopes at a version of the database, places by their key."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from ehr.records.models import Household, Person
from ehr.records.queries import visible_household, visible_person
from stations import memory
from stations.backends import SessionBackend
from stations.models import Assignment, ServiceArea, Village
from stations.scope import scope_of
from tests.factories.records import HouseholdFactory, PersonFactory

pytestmark = pytest.mark.django_db
ROLES = ("clerk", "head", "centre", "department", "admin", "partner", "nobody", "far")


def logged_in(user):
    """The user as the next request has it."""
    return SessionBackend().get_user(user.pk)


def test_a_scope_is_read_once_for_all_requests(users, django_assert_num_queries):
    expected = scope_of(logged_in(users.clerk))
    with django_assert_num_queries(1):  # the user
        assert scope_of(logged_in(users.clerk)) == expected


def test_every_change_of_assignments_and_places_counts_at_once(users, places):
    user = users.clerk
    assert scope_of(logged_in(user)).roles == {"clerk"}
    Assignment.objects.filter(user=user).update(valid_to=localdate())
    assert scope_of(logged_in(user)).roles == frozenset()
    Assignment.objects.create(user=user, role="head", organization=places.station, valid_from=date(2025, 7, 1))
    assert scope_of(logged_in(user)).roles == {"head"}
    before = scope_of(logged_in(user))
    village = Village.objects.create(commune=places.commune, name="Thôn mới lập", code="MOI")
    ServiceArea.objects.create(organization=places.station, village=village, valid_from=date(2025, 7, 1))
    assert scope_of(logged_in(user)).villages == before.villages | {village.pk}
    ServiceArea.objects.filter(village=village).delete()
    assert scope_of(logged_in(user)).villages == before.villages


def test_an_inactive_user_has_no_session(users):
    users.clerk.is_active = False
    users.clerk.save()
    assert SessionBackend().get_user(users.clerk.pk) is None


@pytest.mark.parametrize("role", ROLES)
def test_one_record_and_one_household_follow_the_same_rule_as_lists(role, users, places):
    user = logged_in(getattr(users, role))
    people = [PersonFactory(village=village) for village in Village.objects.all()[:6]]
    homes = [HouseholdFactory(village=village) for village in Village.objects.all()[:6]]
    visible = set(Person.objects.visible_to(user))
    assert {person for person in people if visible_person(user, person.code)} == visible & set(people)
    shown = set(Household.objects.visible_to(user))
    assert {home for home in homes if visible_household(user, home.pk)} == shown & set(homes)
    assert visible_person(user, "HS00000000000") is None
    assert visible_household(user, 2**63) is None


def test_places_are_read_once_and_again_after_a_change(places, django_assert_num_queries):
    village = Village.objects.filter(commune=places.commune).first()
    assert memory.village(village.pk).commune.parent == places.commune.parent
    with django_assert_num_queries(0):
        assert memory.village(village.pk) == village
    village.name = "Thôn đổi tên"
    village.save()
    assert memory.village(village.pk).name == "Thôn đổi tên"
    assert memory.village(None) is None
    assert memory.unit(-1) is None


def test_places_changed_elsewhere_are_read_again_after_a_minute(places, monkeypatch):
    village = Village.objects.filter(commune=places.commune).first()
    memory.village(village.pk)
    Village.objects.filter(pk=village.pk).update(name="Đổi ở nơi khác")
    assert memory.village(village.pk).name != "Đổi ở nơi khác"
    monkeypatch.setattr(memory, "KEEP_SECONDS", -1)
    assert memory.village(village.pk).name == "Đổi ở nơi khác"


def test_a_scope_ends_with_its_day(users, monkeypatch):
    user = users.clerk
    Assignment.objects.filter(user=user).update(valid_to=localdate() + timedelta(days=1))
    assert scope_of(logged_in(user)).roles == {"clerk"}
    tomorrow = localdate() + timedelta(days=1)
    monkeypatch.setattr("stations.scope.localdate", lambda: tomorrow)
    assert scope_of(logged_in(user)).roles == frozenset()
