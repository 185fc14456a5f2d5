"""Who a claim is about: certain, a question, somebody new, somebody of elsewhere."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.audit.changes import event_model
from ehr.claims.identity import Match, Patient, identify, patient_of
from ehr.records.models import Identifier, Person
from tests.ehr.claims.builders import changed, made, sample
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db
NUMBER, OTHER_NUMBER, CARD = "038180900001", "038180900002", "GD4383800012345"


@pytest.fixture
def known(places):
    def make(*, number="", card="", kind="SDDCN", former=False, **columns):
        columns = {
            "full_name": "Lê Thị Lý", "sex": "2", "birth_date": date(1980, 3, 12), "village": places.villages[0],
            **columns,
        }  # fmt: skip
        person = PersonFactory(**columns)
        if number:
            IdentifierFactory(person=person, value=number, kind=kind, valid_to=date(2024, 1, 1) if former else None)
        if card:
            IdentifierFactory(person=person, value=card, kind="BHYT_CARD" if len(card) == 15 else "BHXH_NO")
        return person

    return make


def patient(position=0, **values):
    given = {
        "full_name": "Lê Thị Lý", "birth": "1980-03-12", "sex": "2", "commune_code": "16516", "province_code": "38",
        "on": date(2026, 3, 1), "address": "", **values,
    }  # fmt: skip
    from ehr.common.dates import PartialDate

    facts = {
        "full_name": given["full_name"], "sex": given["sex"],
        "birth_date": PartialDate.parse(given["birth"]) if given["birth"] else None,
        "id_number": given.get("number", ""),
    }  # fmt: skip
    card = next((card for card in given.get("cards", ()) if len(card) == 15), "")
    if card:
        facts["health_insurance_number"] = card
    return Patient(position, facts={code: value for code, value in facts.items() if value}, **given)


def ask(*patients):
    found = identify(patients, by=None)
    return [found[each.position] for each in patients]


# --- Found -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"number": NUMBER}, {"number": NUMBER, "birth": "1980-12-03"}),
        ({"number": NUMBER, "former": True}, {"number": NUMBER}),
        ({"number": "171234567", "kind": "CMND9"}, {"number": "171234567"}),
        ({"card": CARD}, {"cards": (CARD, CARD[-10:])}),
        ({"card": CARD[-10:]}, {"cards": ("HT3383800012345", CARD[-10:])}),  # another card of the same person
        ({"number": NUMBER}, {"number": NUMBER, "commune_code": "03164"}),  # anywhere in the country
        ({}, {"address": "Thôn Đông Hải, Phường Nam Sầm Sơn, Thanh Hóa"}),
        ({}, {"full_name": "LÊ THỊ LÍ", "address": "thon Dong Hai"}),
    ],
)
def test_surely_this_person(known, stored, given):
    person = known(**stored)
    (answer,) = ask(patient(**given))
    assert (answer.person_id, answer.match) == (person.pk, Match.MATCHED)


@pytest.mark.parametrize(
    ("stored", "given", "why"),
    [
        ({}, {}, "Cùng họ tên, ngày sinh, cùng xã"),  # by name alone nobody is certain
        ({"number": NUMBER}, {"number": NUMBER, "full_name": "Trần Văn Khác", "sex": "1"}, "khác họ tên"),
        ({"card": CARD}, {"cards": (CARD,), "birth": "1999-01-01"}, "khác ngày sinh"),
        ({"birth_precision": "year", "birth_date": date(1980, 1, 1)}, {}, "năm sinh"),
        ({}, {"birth": "1980"}, "năm sinh"),
        ({}, {"birth": "1980-03"}, "năm sinh"),
    ],
)
def test_somebody_must_decide(known, stored, given, why):
    person = known(**stored)
    (answer,) = ask(patient(**given))
    assert answer.match == Match.AMBIGUOUS
    assert answer.person_id is None
    ((key, text),) = answer.candidates
    assert key == person.pk
    assert why in text
    assert Person.objects.count() == 1


def test_a_name_is_not_looked_up_in_another_commune_of_the_same_file(known, places):
    known(village=places.other_village)
    first, second = ask(
        patient(0, number=NUMBER), patient(1, commune_code="16531", full_name="Người Nhà Bên", number=OTHER_NUMBER)
    )
    assert (first.match, second.match) == (Match.NEW, Match.NEW)


def test_twins_are_told_apart_by_the_tone(known):
    known(full_name="Lê Thị Ánh")
    other = known(full_name="Lê Thị Anh")
    (answer,) = ask(patient(full_name="Lê Thị Anh", address="Thôn Đông Hải"))
    assert answer.person_id == other.pk


def test_a_merged_record_stands_for_the_one_that_was_kept(known):
    kept = known(number=OTHER_NUMBER)
    known(number=NUMBER, status="duplicate", merged_into=kept)
    (answer,) = ask(patient(number=NUMBER))
    assert answer.person_id == kept.pk


# --- New -------------------------------------------------------------------------------------------------------------


def test_a_resident_of_ours_gets_a_record(places):
    (answer,) = ask(patient(number=NUMBER, cards=(CARD, CARD[-10:]), address="Thôn Đông Hải"))
    person = Person.objects.get()
    assert (answer.person_id, answer.match, answer.commune_id) == (person.pk, Match.NEW, places.commune.pk)
    assert (person.full_name, person.sex, person.birth_date, person.village) == (
        "Lê Thị Lý", "2", date(1980, 3, 12), places.villages[0],
    )  # fmt: skip
    assert person.identity_source == "insurance"
    assert set(Identifier.objects.values_list("kind", "value")) == {("SDDCN", NUMBER), ("BHYT_CARD", CARD)}


def test_the_history_names_the_file(places):
    identify([patient(number=NUMBER)], by=None, batch=77)
    context = event_model(Person).objects.get().pgh_context
    assert (context["door"], context["claim_file"]) == ("claim", 77)


def test_again_it_is_the_same_person(places):
    (first,) = ask(patient(number=NUMBER))
    (second,) = ask(patient(number=NUMBER))
    assert (second.person_id, second.match) == (first.person_id, Match.MATCHED)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"number": NUMBER}, {"number": NUMBER}),
        ({"number": NUMBER, "cards": (CARD, CARD[-10:])}, {"cards": (CARD, CARD[-10:])}),
        ({"cards": (CARD, "HT3383800054321", CARD[-10:], "3800054321")},
         {"cards": ("HT3383800054321", CARD, "3800054321", CARD[-10:])}),
        ({"address": "Thôn Đông Hải"}, {"address": "Thôn Đông Hải"}),
    ],
)  # fmt: skip
def test_two_claims_of_one_new_person_make_one_record(places, one, two):
    first, second = ask(patient(0, **one), patient(1, **two))
    assert Person.objects.count() == 1
    assert (first.match, second.match) == (Match.NEW, Match.MATCHED)
    assert first.person_id == second.person_id


def test_two_claims_that_may_be_one_new_person_make_one_record_and_a_question(places):
    first, second = ask(patient(0), patient(1))
    assert Person.objects.count() == 1
    assert (first.match, second.match) == (Match.NEW, Match.AMBIGUOUS)
    assert second.candidates[0][0] == first.person_id


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"number": NUMBER}, {"number": OTHER_NUMBER}),
        ({"birth": "1980-03-12"}, {"birth": "1980-07-01"}),
        ({"full_name": "Lê Thị Anh"}, {"full_name": "Lê Thị Ánh"}),
        ({"sex": "1"}, {"sex": "2"}),
    ],
)
def test_two_people_who_look_alike_stay_two(places, one, two):
    answers = ask(patient(0, **one), patient(1, **two))
    assert [each.match for each in answers] == [Match.NEW, Match.NEW]
    assert Person.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"commune_code": "03164"}, Match.FOREIGN),  # another province, where no station of ours is
        ({"commune_code": "99999"}, Match.FOREIGN),
        ({"commune_code": "", "address": "Hà Nội"}, Match.UNMATCHED),
        ({"full_name": "CB Nguyễn Thị Hoa"}, Match.UNMATCHED),
        ({"full_name": "Con bà Nguyễn Thị Hoa", "birth": "2026-02-27"}, Match.UNMATCHED),
        ({"birth": ""}, Match.UNMATCHED),
        ({"sex": ""}, Match.UNMATCHED),
    ],
)
def test_nobody_new(places, given, match):
    (answer,) = ask(patient(**given))
    assert (answer.person_id, answer.match) == (None, match)
    assert not Person.objects.exists()


def test_a_newborn_without_number_but_with_a_name_gets_a_record(places):
    (answer,) = ask(patient(full_name="Lê Gia Bảo", birth="2026-02-27", sex="1"))
    assert answer.match == Match.NEW


def test_old_units_of_the_day_of_the_visit_stand_for_the_present_commune(places):
    (answer,) = ask(patient(commune_code="16537", on=date(2024, 8, 1)))
    assert answer.commune_id == places.commune.pk
    assert Person.objects.get().commune == places.commune


@pytest.mark.parametrize(
    "address", ["Thôn Đông Hải, Phường Nam Sầm Sơn, Tỉnh Thanh Hóa", "P. Nam Sầm Sơn, TP Sầm Sơn, Thanh Hoá"]
)
def test_a_file_without_codes_is_placed_by_the_address(places, address):
    (answer,) = ask(patient(commune_code="", province_code="", address=address))
    assert answer.match == Match.NEW
    assert answer.commune_id == places.commune.pk


def test_the_rules_of_every_door_hold(places):
    """A person born after today is refused as at every other door."""
    (answer,) = ask(patient(birth="2027-01-01"))
    assert (answer.match, Person.objects.count()) == (Match.UNMATCHED, 0)


# --- Reading claims --------------------------------------------------------------------------------------------------


def test_a_claim_of_4210_is_found_by_its_card(known):
    person = known(card="GD4999900000001")
    (claim, *_) = sample("s02")
    main = claim.main
    main.raw |= {"MA_THE": "GD4999900000001", "HO_TEN": "LÊ THỊ LÝ", "NGAY_SINH": "19800312", "GIOI_TINH": "2"}
    given = patient_of(claim, 3)
    assert given.number == ""
    assert given.cards == ("GD4999900000001", "9900000001")
    assert identify([given], by=None)[3].person_id == person.pk


def test_a_claim_becomes_a_patient():
    claim = changed(
        made(),
        XML1={
            "HO_TEN": "NGUYỄN  VĂN AN", "SO_CCCD": "038080900001", "NGAY_SINH": "198000000000", "GIOI_TINH": "1",
            "MA_THE_BHYT": "GD4383800012345; HT3383800012345;", "GT_THE_TU": "20240101;20250101",
            "DIEN_THOAI": "+84 912 345 678",
            "MA_DANTOC": "1", "MA_QUOCTICH": "000", "NHOM_MAU": "O Rh(+)", "MAXA_CU_TRU": "16516",
        },
    )  # fmt: skip
    given = patient_of(claim, 1)
    assert (given.full_name, given.birth, given.sex, given.number) == ("Nguyễn Văn An", "1980", "1", "038080900001")
    assert given.cards == ("GD4383800012345", "3800012345", "HT3383800012345")
    assert given.facts["health_insurance_number"] == "HT3383800012345"
    assert given.facts["phone_mobile"] == "0912345678"
    assert (given.facts["ethnicity"], given.facts["nationality"]) == ("01", "VN")
    assert (given.facts["blood_group_abo"], given.facts["blood_group_rh"]) == ("O", "pos")


@pytest.mark.parametrize("number", ["9.9E+10", "000000000000", "không có", "12345"])
def test_what_is_no_number_is_none(number):
    assert patient_of(changed(made(), XML1={"SO_CCCD": number}), 1).number == ""


def test_the_best_card_does_not_depend_on_the_order_of_the_list():
    one = changed(made(), XML1={"MA_THE_BHYT": f"{CARD};HT3383800012345", "GT_THE_TU": "20240101;20250101"})
    two = changed(made(), XML1={"MA_THE_BHYT": f"HT3383800012345;{CARD}", "GT_THE_TU": "20250101;20240101"})
    cards = {patient_of(each, 1).facts["health_insurance_number"] for each in (one, two)}
    assert cards == {"HT3383800012345"}


# --- Cost ------------------------------------------------------------------------------------------------------------


def test_as_many_statements_for_many_as_for_few(places):
    def batch(number, start):
        return [
            patient(at, full_name=f"Lê Thị Số {start + at}", number=f"0381809{start + at:05d}",
                    cards=(f"GD43838{start + at:08d}",))
            for at in range(number)
        ]  # fmt: skip

    identify(batch(1, 90_000), by=None)  # places, lists
    counts = []
    for number, start in ((3, 0), (60, 100)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = identify(batch(number, start), by=None)
        assert {each.match for each in found.values()} == {Match.NEW}
        counts.append(len(queries))
    assert counts[0] == counts[1]
