"""Two records of one person: open episodes of both are named, the rest moves."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.programmes.models import NcdRegistration, Pregnancy
from ehr.programmes.services import move_episodes
from tests.factories.programmes import NcdRegistrationFactory, NcdVisitFactory, PregnancyFactory
from tests.factories.records import EncounterFactory, WomanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(village):
    return tuple(WomanFactory(village=village, birth_date=date(1996, 1, 1)) for _ in range(2))


def test_two_open_pregnancies_and_books_are_named_and_nothing_moves(pair, users):
    kept, other = pair
    PregnancyFactory(person=kept, registered_on=date(2026, 1, 5))
    PregnancyFactory(person=other, registered_on=date(2026, 2, 6))
    for person in pair:
        NcdRegistrationFactory(person=person, disease="hypertension", registered_on=date(2025, 3, 1))
    NcdRegistrationFactory(person=other, disease="diabetes", registered_on=date(2025, 3, 1))

    with pytest.raises(ValidationError) as error:
        move_episodes(kept=kept, other=other, by=users.head, door="test")

    found = {field: [one.message for one in errors] for field, errors in error.value.error_dict.items()}
    assert "05/01/2026 và 06/02/2026" in found["pregnancy"][0]
    assert "Tăng huyết áp (01A)" in found["ncd"][0]
    assert len(found["ncd"]) == 1  # diabetes stands in one record only
    assert Pregnancy.objects.filter(person=kept).count() == 1
    assert NcdRegistration.objects.filter(person=other).count() == 2


def test_what_does_not_collide_moves_once_with_its_visits(pair, users):
    kept, other = pair
    PregnancyFactory(person=kept, registered_on=date(2026, 1, 5))
    ended = PregnancyFactory(person=other, registered_on=date(2024, 1, 5), outcome="birth", ended_on=date(2024, 8, 1))
    book = NcdRegistrationFactory(person=other, disease="diabetes", registered_on=date(2025, 3, 1))
    mark = NcdVisitFactory(registration=book, encounter=EncounterFactory(person=other))

    assert move_episodes(kept=kept, other=other, by=users.head, door="test") == 2
    assert move_episodes(kept=kept, other=other, by=users.head, door="test") == 0

    ended.refresh_from_db()
    assert (ended.person, Pregnancy.objects.filter(person=kept).count()) == (kept, 2)
    assert NcdRegistration.objects.get(person=kept).visits.get() == mark


def test_a_stranger_moves_nothing(pair, users):
    with pytest.raises(PermissionDenied):
        move_episodes(kept=pair[0], other=pair[1], by=users.far, door="test")
