"""Whom a restricted claim is about is sealed like what it says; its person is found later all the same."""

import datetime as dt
import importlib

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from ehr.claims.identity.later import decide, rematch
from ehr.claims.models import Claim, ClaimEntry
from ehr.claims.patient import told
from ehr.common.sealed import SealError
from tests.ehr.claims.services.files import made, visit
from tests.factories.claims import ClaimEntryFactory, ClaimFactory
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db
LATE = dt.date(2025, 11, 20)
NUMBER, NAME = "038085900009", "PHẠM HỮU GIẢ"
WHO = {"HO_TEN": NAME, "SO_CCCD": NUMBER, "NGAY_SINH": "198505050000", "GIOI_TINH": "1"}
HIV = {**WHO, "MA_BENH_CHINH": "B20"}


def person(places):
    born = dt.date(1985, 5, 5)
    return PersonFactory(village=places.villages[0], full_name="Phạm Hữu Giả", sex="1", birth_date=born)


def text_of(claim):
    """Everything that stands in the row, and in the answers about it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(c)::text || coalesce((SELECT json_agg(e)::text FROM claims_claimentry e "
            "WHERE e.claim_id = c.id), '') FROM claims_claim c WHERE c.id = %s", [claim.pk],
        )  # fmt: skip
        return cursor.fetchone()[0].lower()


def test_neither_name_nor_number_stands_beside_the_sealed_content(take):
    take(made(visit(**HIV)))
    claim = Claim.objects.get()
    row = text_of(claim)
    said = told(claim)
    assert (said.full_name, said.number, said.birth, said.sex) == ("Phạm Hữu Giả", NUMBER, "1985-05-05", "1")
    assert said.cards
    for each in ("phạm", "pham", "1985", NUMBER, *said.cards):
        assert each.lower() not in row
    claim.pk += 1
    with pytest.raises(SealError):
        told(claim)  # it opens in its own row only


def test_a_claim_that_turns_restricted_takes_its_names_along(take):
    take(made(visit(**WHO)))
    take(made(visit(**HIV), made_on=LATE))
    claim = Claim.objects.get()
    assert told(claim).number == NUMBER
    assert NUMBER not in text_of(claim)
    assert set(ClaimEntry.objects.values_list("label", flat=True)) == {""}


def test_an_older_version_that_comes_late_seals_the_patient_too(take):
    take(made(visit(**WHO), made_on=LATE))
    take(made(visit(**HIV)))
    claim = Claim.objects.get()
    assert claim.restricted == ["hiv"]
    assert NUMBER not in text_of(claim)
    assert told(claim).number == NUMBER


@pytest.mark.parametrize("kind", ["SDDCN", "BHYT_CARD"])
def test_its_person_is_found_when_he_appears(take, places, kind):
    take(made(visit(**HIV)))
    claim = Claim.objects.get()
    assert (claim.person, claim.match) == (None, "foreign")
    said = told(claim)
    new = person(places)
    IdentifierFactory(person=new, kind=kind, value=said.number if kind == "SDDCN" else said.cards[0])
    other = PersonFactory(village=places.villages[0], full_name="Trần Quốc Định")

    assert rematch([other.pk]) == 0
    assert rematch([new.pk]) == 1

    claim.refresh_from_db()
    assert (claim.person, claim.match, claim.encounter) == (new, "matched", None)
    assert NUMBER not in text_of(claim)


def test_by_name_it_becomes_a_question_for_the_officer_of_the_programme(take, places, users, login):
    here = {"MATINH_CU_TRU": "38", "MAXA_CU_TRU": places.commune.code, "MAHUYEN_CU_TRU": ""}
    new = person(places)
    take(made(visit(**(HIV | here | {"SO_CCCD": None}))))
    claim = Claim.objects.get()
    assert (claim.match, claim.candidates[0][0]) == ("ambiguous", new.pk)
    assert "Phạm Hữu Giả" not in login(users.clerk).get("/nhap-xml/quyet-dinh/").content.decode()
    page = login(users.programme).get("/nhap-xml/quyet-dinh/").content.decode()
    assert page.count("Phạm Hữu Giả") >= 2  # of the claim, and of the record
    assert f"/nhap-xml/han-che/{claim.key}/" in page

    decide(claim, by=users.programme, person=new)

    claim.refresh_from_db()
    assert (claim.person, claim.encounter) == (new, None)


def test_the_same_patient_again_keeps_the_person(take, places):
    own = person(places)
    IdentifierFactory(person=own, kind="SDDCN", value=NUMBER)
    take(made(visit(**HIV)))
    first = Claim.objects.get()
    take(made(visit(**HIV, LY_DO_VV="khác"), made_on=LATE))
    second = Claim.objects.get()
    assert (first.person, second.person, second.current.number) == (own, own, 2)


def test_rows_from_before_are_sealed_by_the_migration():
    old = ClaimFactory(restricted=["hiv"], number=NUMBER, cards=["GD4383800012345"], name_key="le van thu")
    plain = ClaimFactory(number="038085900010")
    ClaimEntryFactory(claim=old, label="Lê Văn Thử")
    migration = importlib.import_module("ehr.claims.migrations.0008_seal_patients")

    migration.seal(apps, None)
    old.refresh_from_db()
    first = bytes(old.identity), old.blind
    migration.seal(apps, None)  # again

    old.refresh_from_db()
    plain.refresh_from_db()
    assert (bytes(old.identity), old.blind) == first
    assert (told(old).full_name, told(old).number, told(old).cards) == ("Lê Văn Thử", NUMBER, ("GD4383800012345",))
    assert NUMBER not in text_of(old)
    assert "thử" not in text_of(old)
    assert (plain.number, plain.identity) == ("038085900010", None)
    migration.unseal(apps, None)
    old.refresh_from_db()
    assert (old.number, old.identity, old.blind) == (NUMBER, None, [])


def test_a_new_key_seals_the_patient_anew_and_he_is_still_found(take, places, settings):
    take(made(visit(**HIV)))
    before = bytes(Claim.objects.get().identity)
    settings.FIELD_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0=", *settings.FIELD_KEYS]
    call_command("reseal_claims")
    claim = Claim.objects.get()
    assert bytes(claim.identity) != before
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]  # the old one is left behind, and with it the hashes
    call_command("reseal_claims")
    new = person(places)
    IdentifierFactory(person=new, kind="SDDCN", value=NUMBER)
    assert rematch([new.pk]) == 1
