"""Facts that a file filled into empty fields go with it, unless somebody changed or confirmed them."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.claims import services
from ehr.claims.models import Claim
from ehr.records.models import Identifier, Person
from ehr.records.services import save_person
from stations.models import FacilityCode
from tests.ehr.claims.services.files import FACILITY, made, visit
from tests.factories.records import EncounterFactory, IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db
LATE = dt.date(2025, 11, 20)
FACTS = {"NHOM_MAU": "B+", "DIEN_THOAI": "0912345678", "MA_DANTOC": "02"}


def known(places, number=1):
    """The patient of this visit, of whom only the number is known."""
    main = visit(number)["XML1"][0]
    person = PersonFactory(
        village=places.villages[0], full_name=main["HO_TEN"], sex=str(main["GIOI_TINH"]), ethnicity=None,
        birth_date=dt.date.fromisoformat(str(main["NGAY_SINH"])[:10]), section_a_complete_on=None,
    )  # fmt: skip
    IdentifierFactory(person=person, kind="SDDCN", value=str(main["SO_CCCD"]))
    return person


@pytest.fixture
def resident(places):
    return known(places)


def facts(person):
    person.refresh_from_db()
    return person.blood_group_abo, person.phone_mobile, person.ethnicity and person.ethnicity.code


def cards(person):
    return list(Identifier.objects.filter(person=person, kind="BHYT_CARD").values_list("value", flat=True))


def test_what_a_file_filled_goes_with_it_and_the_history_tells(take, resident):
    file = take(made(visit(**FACTS)))
    assert facts(resident) == ("B", "0912345678", "02")
    assert cards(resident)
    told = services.filled_facts(file, by=None)
    assert (told.people, told.kept) == (1, [])

    services.undo(file, by=None, wait=True)

    assert facts(resident) == ("", "", None)
    assert cards(resident) == []
    last = Person.pgh_event_model.objects.filter(pgh_obj=resident).latest("pgh_id")
    assert (last.pgh_context["claim_file"], last.pgh_context["undo"], last.version) == (file.pk, 1, resident.version)
    file.refresh_from_db()
    assert f"Đã lấy lại {told.going} thông tin" in file.message

    again = take(made(visit(**FACTS)))
    assert (again.pk, facts(resident)) == (file.pk, ("B", "0912345678", "02"))


def test_what_somebody_changed_or_confirmed_stays_and_is_told(take, resident, users):
    file = take(made(visit(**FACTS)))
    save_person(values={"phone_mobile": "0987654321"}, by=users.clerk, door="screen", person=resident)

    told = services.filled_facts(file, by=users.clerk)
    assert [(fact.label, fact.why, fact.who, fact.person) for fact in told.kept] == [
        ("Điện thoại di động", "đã sửa sau khi nhận tệp", str(users.clerk), resident)
    ]
    assert [fact.person for fact in services.filled_facts(file, by=users.far).kept] == [None]
    services.undo(file, by=None, wait=True)

    assert facts(resident) == ("", "0987654321", None)
    file.refresh_from_db()
    assert "Giữ 1 thông tin đã có người sửa hoặc xác minh" in file.message


def test_an_identity_that_was_confirmed_since_keeps_its_facts(take, resident, users):
    file = take(made(visit(**FACTS)))
    resident.refresh_from_db()
    save_person(values={"identity_confirmed_on": dt.date(2025, 11, 21)}, by=users.clerk, door="screen", person=resident)

    services.undo(file, by=None, wait=True)

    assert facts(resident) == ("B", "0912345678", "02")
    assert cards(resident)
    assert {fact.why for fact in services.filled_facts(file, by=None).kept} == {
        "đã xác minh danh tính sau khi nhận tệp"
    }


def test_what_another_claim_says_takes_its_place(take, resident):
    file = take(made(visit(**FACTS)))
    main = visit()["XML1"][0]
    same = {name: main[name] for name in ("HO_TEN", "NGAY_SINH", "GIOI_TINH", "SO_CCCD", "MA_THE_BHYT")}
    other = take(made(visit(2, **same, DIEN_THOAI="0912345678", MA_DANTOC="03", NHOM_MAU=None), made_on=LATE))
    before = cards(resident)

    services.undo(file, by=None, wait=True)

    assert facts(resident) == ("", "0912345678", "03")
    assert cards(resident) == before
    services.undo(other, by=None, wait=True)
    assert facts(resident) == ("", "", None)


def test_undo_of_a_correction_leaves_what_the_first_version_said(take, resident):
    take(made(visit(**FACTS | {"NHOM_MAU": None})))
    file = take(made(visit(**FACTS), made_on=LATE))
    assert facts(resident) == ("B", "0912345678", "02")

    services.undo(file, by=None, wait=True)

    assert facts(resident) == ("", "0912345678", "02")


def test_undo_of_the_first_file_leaves_what_the_correction_says(take, resident):
    file = take(made(visit(**FACTS)))
    take(made(visit(**FACTS | {"NHOM_MAU": None}), made_on=LATE))

    services.undo(file, by=None, wait=True)

    assert facts(resident) == ("", "0912345678", "02")


def test_a_visit_of_the_station_loses_what_the_claim_added(take, resident, places):
    FacilityCode.objects.create(organization=places.station, kind=FacilityCode.Kind.CLAIMS, code=FACILITY)
    on = dt.date.fromisoformat(str(visit()["XML1"][0]["NGAY_VAO"])[:10])
    own = EncounterFactory(person=resident, exam_date=on, visit_reason="Ho", facility=places.station)
    file = take(made(visit()))
    own.refresh_from_db()
    assert own.care_class
    assert own.diagnosis_set.exists()

    services.undo(file, by=None, wait=True)

    own.refresh_from_db()
    assert (own.visit_reason, own.care_class, own.status) == ("Ho", "", "finished")
    assert not own.diagnosis_set.exists()


def test_the_page_before_and_after_tells(take, resident, users, clerk_client):
    file = take(made(visit(**FACTS)), by=users.clerk)
    save_person(values={"phone_mobile": "0987654321"}, by=users.clerk, door="screen", person=resident)
    address = f"/nhap-xml/{file.key}/"

    before = clerk_client.get(f"{address}hoan-tac/").content.decode()
    services.undo(file, by=users.clerk, wait=True)
    after = clerk_client.get(address).content.decode()

    assert "lấy lại" in before
    for page in (before, after):
        assert "Điện thoại di động" in page
        assert "đã sửa sau khi nhận tệp" in page
        assert resident.full_name in page


def test_a_record_that_the_file_made_stays_whole_when_somebody_works_with_it(take, places, users):
    here = {"MATINH_CU_TRU": "38", "MAXA_CU_TRU": places.commune.code, "MAHUYEN_CU_TRU": ""}
    file = take(made(visit(**here | FACTS)))
    own = Claim.objects.get().person
    numbers = set(Identifier.objects.filter(person=own).values_list("value", "valid_to"))
    save_person(values={"email": "an@example.vn"}, by=users.clerk, door="screen", person=own)

    services.undo(file, by=None, wait=True)

    own.refresh_from_db()
    assert (own.status, facts(own)) == ("active", ("B", "0912345678", "02"))
    assert set(Identifier.objects.filter(person=own).values_list("value", "valid_to")) == numbers
    (kept,) = services.filled_facts(file, by=None).kept
    assert (kept.label, kept.why, kept.person) == ("Người dân", "đã sửa sau khi nhận tệp", own)


def test_statements_do_not_grow_with_people(take, places):
    counts = []
    for numbers in ((11,), (21, 22, 23, 24, 25, 26)):
        for number in numbers:
            known(places, number)
        file = take(made(*(visit(number, **FACTS) for number in numbers)))
        assert services.filled_facts(file, by=None).people == len(numbers)
        with CaptureQueriesContext(connection) as queries:
            services.undo(file, by=None, wait=True)
        counts.append(len(queries))
    assert counts[0] == counts[1]
