"""One decision about places, asked of a row in hand and asked of the database, gives one answer."""

import pytest

from ehr.records.models import Person
from stations.scope import Scope, scope_of
from tests.factories.records import PersonFactory

ROLES = ("clerk", "head", "centre", "department", "admin", "partner", "nobody", "far")


@pytest.fixture
def people(places):
    rows = [
        PersonFactory(village=places.villages[0]),
        PersonFactory(village=places.villages[1], station=places.station),
        PersonFactory(village=places.other_village),
        PersonFactory(village=places.other_village, station=places.station),  # managed from elsewhere
        PersonFactory(village=places.far_village),
    ]
    return list(Person.objects.filter(pk__in=[row.pk for row in rows]))


@pytest.mark.parametrize("role", ROLES)
def test_users(role, users, people):
    scope = scope_of(getattr(users, role))
    found = set(Person.objects.filter(scope.people()).values_list("pk", flat=True))
    assert {person.pk for person in people if scope.includes(person)} == found


def test_each_kind_of_place(places, people):
    kinds = {
        "provinces": {places.province.pk}, "communes": {places.other_commune.pk}, "villages": {places.villages[0].pk},
        "stations": {places.station.pk},
    }  # fmt: skip
    sizes = {}
    for kind, keys in kinds.items():
        scope = Scope(**{kind: frozenset(keys)})
        found = set(Person.objects.filter(scope.people()).values_list("pk", flat=True))
        assert {person.pk for person in people if scope.includes(person)} == found
        sizes[kind] = len(found)
    assert sizes == {"provinces": 4, "communes": 2, "villages": 1, "stations": 2}


def test_no_place_includes_nobody(people):
    assert not any(Scope().includes(person) for person in people)
