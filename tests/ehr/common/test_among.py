"""A long list of keys as one value."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.common.among import among
from ehr.records.models import Person
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db


def test_finds_what_in_finds_without_a_place_for_each_key(places):
    people = [PersonFactory(village=places.villages[0]) for _ in range(3)]
    some = {people[0].pk, people[2].pk, 10**12}

    with CaptureQueriesContext(connection) as captured:
        found = set(Person.objects.filter(among("id", some)).values_list("pk", flat=True))
        others = list(Person.objects.exclude(among("id", some)).values_list("pk", flat=True))

    assert (found, others) == ({people[0].pk, people[2].pk}, [people[1].pk])
    assert " IN (" not in captured[0]["sql"]
    assert not Person.objects.filter(among("id", [])).exists()
