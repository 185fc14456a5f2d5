"""Claims that waited find their people; old keys are left behind."""

import base64
from datetime import date

import pytest
from django.core.cache import cache
from django.core.management import call_command

from ehr.claims import services
from ehr.claims.identity.later import rematch, rematch_changed
from ehr.claims.models import Claim, ClaimVersion
from ehr.claims.storing.document import opened
from tests.ehr.claims.services.files import made, visit
from tests.factories.claims import ClaimFactory
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db
NUMBER, CARD = "038080900001", "GD4383800012345"


def person(places, *, number="", card="", **columns):
    columns = {"full_name": "Lê Văn Thử", "sex": "1", "birth_date": date(1980, 3, 12), **columns}
    made_one = PersonFactory(village=places.villages[0], **columns)
    if number:
        IdentifierFactory(person=made_one, value=number, kind="SDDCN")
    if card:
        IdentifierFactory(person=made_one, value=card, kind="BHYT_CARD")
    return made_one


@pytest.mark.parametrize(("claim", "stored"), [({"number": NUMBER}, {"number": NUMBER}),
                                               ({"cards": [CARD, CARD[-10:]]}, {"card": CARD})])  # fmt: skip
def test_a_waiting_claim_finds_the_person_who_appears(places, claim, stored):
    waiting = ClaimFactory(match="foreign", **claim)
    other = ClaimFactory(
        match="unmatched", number="038080900099", full_name="Trần Quốc Định", name_key="tran quoc dinh"
    )
    new = person(places, **stored)
    assert rematch([new.pk]) == 1
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.person, waiting.match) == (new, "matched")
    assert (other.person, other.match) == (None, "unmatched")
    assert rematch() == 0


def test_by_name_alone_it_becomes_a_question(places):
    waiting = ClaimFactory(match="unmatched", commune=places.commune)
    new = person(places)
    assert rematch([new.pk]) == 1
    waiting.refresh_from_db()
    assert (waiting.person, waiting.match) == (None, "ambiguous")
    assert waiting.candidates[0][0] == new.pk


def test_what_somebody_decided_stays(places, users):
    ClaimFactory(match="foreign", number=NUMBER, decided_by=users.clerk)
    assert rematch([person(places, number=NUMBER).pk]) == 0


def test_the_history_tells_who_appeared(places):
    cache.clear()
    assert rematch_changed() == 0  # from now on
    waiting = ClaimFactory(match="foreign", number=NUMBER)
    new = person(places, number=NUMBER)
    assert rematch_changed() == 1
    waiting.refresh_from_db()
    assert waiting.person == new
    assert rematch_changed() == 0


def test_a_claim_that_finds_its_person_goes_into_the_record(places):
    data = made(visit(1, HO_TEN="LÊ VĂN THỬ", SO_CCCD=NUMBER, NGAY_SINH="198003120000", GIOI_TINH="1"))
    services.receive(data=data, name="a.xml", by=None, door="screen", wait=True)
    claim = Claim.objects.get()
    assert (claim.match, claim.encounter) == ("foreign", None)
    new = person(places, number=NUMBER)
    rematch([new.pk])
    claim.refresh_from_db()
    assert claim.person == new
    assert claim.encounter is not None
    assert claim.encounter.person == new


def test_old_keys_can_be_left_behind(settings):
    one, two = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    settings.FIELD_KEYS = [one]
    data = made(visit(1, MA_BENH_CHINH="B20"))
    (file,) = services.receive(data=data, name="a.xml", by=None, door="screen", wait=True)
    version = ClaimVersion.objects.get()
    assert version.sealed is not None
    settings.FIELD_KEYS = [two, one]
    call_command("reseal_claims")
    settings.FIELD_KEYS = [two]
    version.refresh_from_db()
    content, _ = opened(version)
    assert content["XML1"][0]["MA_BENH_CHINH"] == "B20"
    with services.open_raw(file) as raw:
        assert raw.read() == data
