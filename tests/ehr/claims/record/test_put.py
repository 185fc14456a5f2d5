"""Claims become visits with their lists."""

import pytest

from ehr.records.models import (
    Encounter,
    Medication,
)
from tests.ehr.claims.builders import NAMES, made, sample
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [name for name in NAMES])
def test_every_sample_goes_into_the_record(bench, places, name):
    claims = [claim for claim in sample(name.split("-")[0]) if claim.set_aside is None]
    people = [PersonFactory(village=places.villages[0], sex="2") for _ in claims]

    bench.put(*zip(claims, people, strict=True))

    for claim, person in zip(claims, people, strict=True):
        visit = Encounter.objects.get(person=person)
        assert visit.visit_link_code == claim.ma_lk
        assert visit.status == ("finished" if claim.rows("XML1") else "open")
        assert Medication.objects.filter(encounter=visit).count() == len(claim.rows("XML2"))
        assert "Tệp thang8.xml" in visit.source_note


def test_the_same_claim_again_changes_nothing(bench, person):
    claim = made()
    file = bench.file()
    bench.put((claim, person), file=file)
    before = list(Encounter.objects.values())

    bench.put((claim, person), file=file)

    assert list(Encounter.objects.values()) == before
    assert Medication.objects.count() == len(claim.rows("XML2"))
    assert Medication.pgh_event_model.objects.count() == Medication.objects.count()
