"""Querysets compiled once: the same rows as the queryset, with other values each time."""

import datetime as dt

import pytest
from django.db.models import Value

from ehr.common.prepared import Prepared
from ehr.records.models import Membership, Person
from tests.factories.records import MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db


def test_the_same_rows_as_the_queryset_for_any_value(django_assert_num_queries):
    first, second = PersonFactory(full_name="Lò Thị Mẫu"), PersonFactory(full_name="Bùi Văn Thử")
    by_key = Prepared(lambda key: Person.objects.filter(pk=key).order_by(), int)
    for person in (first, second, first):
        with django_assert_num_queries(1):
            found = by_key.first(person.pk)
        assert found == person
        stored = Person.objects.get(pk=person.pk)
        assert all(
            getattr(found, field.attname) == getattr(stored, field.attname) for field in Person._meta.concrete_fields
        )
    assert by_key.first(0) is None
    assert by_key.all(first.pk) == [first]


def test_rows_read_along_annotations_and_several_values():
    row = MembershipFactory(person=PersonFactory(birth_date=dt.date(1990, 3, 12)))
    joined = Prepared(
        lambda key: Membership.objects.filter(person=key).select_related("household").annotate(seven=Value(7)), int
    )
    found = joined.first(row.person_id)
    assert found.household == row.household and "household" in found._state.fields_cache
    assert found.seven == 7
    born = Prepared(
        lambda name, day: Person.objects.filter(plain_name=name, birth_date=day).order_by(), str, dt.date
    )  # fmt: skip
    assert born.all(row.person.plain_name, dt.date(1990, 3, 12)) == [row.person]
    assert born.all(row.person.plain_name, dt.date(1990, 3, 13)) == []


def test_a_found_row_can_be_saved():
    person = PersonFactory()
    found = Prepared(lambda key: Person.objects.filter(pk=key).order_by(), int).first(person.pk)
    found.note = "Đã sửa"
    found.save()
    assert Person.objects.get(pk=person.pk).note == "Đã sửa"


def test_values_that_the_sql_changes_are_refused():
    changed = Prepared(lambda text: Person.objects.filter(full_name__contains=text), str)
    with pytest.raises(ValueError, match="unchanged"):
        changed.all("Mẫu")
    with pytest.raises(TypeError, match="1 values expected"):
        changed.all()


def test_lists_travel_as_one_array():
    first, second, third = PersonFactory(), PersonFactory(), PersonFactory()
    by_name = Prepared(lambda names: Person.objects.filter(plain_name__any=names).order_by("pk"), list)
    for people in ([first, second], [third], []):
        Person.objects.filter(pk__in=[person.pk for person in people]).update(plain_name="ten thu")
        names = sorted({Person.objects.get(pk=person.pk).plain_name for person in people})
        assert by_name.all(names) == list(Person.objects.filter(plain_name__in=names).order_by("pk"))
