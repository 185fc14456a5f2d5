"""From a file to people: preview, confirm, write."""

import pytest

from ehr.intake.models import Fate, ImportRow
from ehr.records.models import Household, Identifier, Membership, Person
from tests.ehr.intake.sheets import PEOPLE

pytestmark = pytest.mark.django_db


def fates(batch):
    return [(row.number, row.fate, row.state) for row in ImportRow.objects.filter(batch=batch).order_by("position")]


def test_a_sheet_becomes_people(send, write):
    batch = send()
    assert (batch.state, batch.message) == ("preview", "")
    assert batch.counts["rows"] == batch.counts["new"] == 4, [
        row.problems for row in ImportRow.objects.filter(batch=batch)
    ]
    assert Person.objects.count() == 0

    batch = write()

    assert batch.state == "done"
    assert batch.counts["written"] == 4
    assert sorted(Person.objects.values_list("full_name", flat=True)) == sorted(row[2] for row in PEOPLE)
    assert Identifier.objects.filter(value="038080900001").get().person.full_name == "Lê Văn Sáng"
    assert Household.objects.count() == 2
    assert Membership.objects.filter(is_head=True).count() == 2
    assert {row.fate for row in ImportRow.objects.filter(batch=batch)} == {Fate.NEW}
    assert ImportRow.objects.filter(batch=batch, person=None).count() == 0
