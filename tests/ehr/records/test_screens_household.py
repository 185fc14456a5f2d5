"""Households on screen: list, page, the household with all members in one pass, rows stored once."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ehr.audit.models import AccessLog
from ehr.records.models import Household, Membership, Person
from tests.factories.records import HouseholdFactory, IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
COLUMNS = (
    "full_name", "relation_to_head", "sex", "birth_date", "id_number", "health_insurance_number", "phone_mobile",
    "occupation",
)  # fmt: skip


def rows(*lines, key=None):
    data = {"submission": str(key or uuid.uuid4()), "rows": str(len(lines)), "ethnicity": "01"}
    for index, line in enumerate(lines):
        values = dict(zip(COLUMNS, [*line, *[""] * (len(COLUMNS) - len(line))], strict=True))
        data |= {f"row-{index}-{name}": value for name, value in values.items()}
    return data


HEAD = ("Lê Văn Chủ", "01", "1", "1975")
WIFE = ("LÊ THỊ VỢ", "17", "2", "03/1978")
CHILD = ("Lê Văn Con", "08", "1", "12/03/2010")
BAD = ("Lê Văn Sai", "08", "1", "31/02/2010")
EMPTY = ()


@pytest.fixture
def household(village):
    return HouseholdFactory(village=village)


def test_household_and_members_in_one_pass(clerk_client, village):
    data = rows(HEAD, WIFE, EMPTY, CHILD) | {
        "code": "H0831",
        "village": village.pk,
        "commune": village.commune_id,
        "toilet_type": "flush",
    }
    response = clerk_client.post("/ho/moi/", data)
    household = Household.objects.get()
    assert response.headers["Location"] == f"/ho/{household.pk}/"
    page = clerk_client.get(f"/ho/{household.pk}/").content.decode()
    assert page.index("Lê Văn Chủ") < page.index("Lê Thị Vợ") < page.index("Lê Văn Con") and "Xả nước" in page
    assert {person.ethnicity.code for person in Person.objects.all()} == {"01"}
    assert {person.village for person in Person.objects.all()} == {village}


def test_good_rows_are_stored_and_bad_ones_stay(clerk_client, village):
    key = uuid.uuid4()
    data = rows(HEAD, BAD, CHILD, key=key) | {"code": "H0831", "village": village.pk, "commune": village.commune_id}
    response = clerk_client.post("/ho/moi/", data)
    page, household = response.content.decode(), Household.objects.get()
    assert response.status_code == 422 and Person.objects.count() == 2
    assert "Còn 1 dòng chưa lưu được" in page and "không có ngày 31" in page and "Lê Văn Sai" in page
    assert f'action="/ho/{household.pk}/thanh-vien/"' in page and "Lê Văn Chủ" not in page
    again = rows(EMPTY, (*BAD[:3], "28/02/2010"), EMPTY, key=key)
    assert clerk_client.post(f"/ho/{household.pk}/thanh-vien/", again).status_code == 302
    assert sorted(Person.objects.values_list("full_name", flat=True)) == ["Lê Văn Chủ", "Lê Văn Con", "Lê Văn Sai"]


def test_sending_twice_stores_once(clerk_client, village):
    data = rows(HEAD, CHILD) | {"code": "H0831", "village": village.pk, "commune": village.commune_id}
    first, second = (clerk_client.post("/ho/moi/", data) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert (Household.objects.count(), Person.objects.count(), Membership.objects.count()) == (1, 2, 2)


def test_a_number_taken_in_the_village_is_refused(clerk_client, household):
    data = rows(HEAD) | {"code": household.code, "village": household.village_id, "commune": household.commune_id}
    response = clerk_client.post("/ho/moi/", data)
    assert response.status_code == 422 and "Mã hộ đã có trong thôn này" in response.content.decode()
    assert not Person.objects.exists() and 'value="Lê Văn Chủ"' in response.content.decode()


def test_members_keep_their_numbers_unique(clerk_client, household, village):
    taken = IdentifierFactory(person=PersonFactory(village=village)).value
    response = clerk_client.post(f"/ho/{household.pk}/thanh-vien/", rows((*HEAD[:3], "12/03/1980", taken)))
    assert response.status_code == 422 and "đang dùng ở hồ sơ khác" in response.content.decode()


def test_editing_the_household_and_the_second_clerk(clerk_client, head_client, household):
    data = {"code": household.code, "village": household.village_id, "commune": household.commune_id, "version": 1}
    assert clerk_client.post(f"/ho/{household.pk}/sua/", data | {"address_detail": "Số 9"}).status_code == 302
    response = head_client.post(f"/ho/{household.pk}/sua/", data | {"address_detail": "Số 10"})
    page = response.content.decode()
    assert response.status_code == 409 and "Số 9" in page and "Số 10" in page


def test_somebody_with_a_record_joins(clerk_client, household, village):
    person = PersonFactory(village=village)
    MembershipFactory(person=person, is_head=True)
    person.refresh_from_db()
    response = clerk_client.post(f"/ho/{household.pk}/nhan/", {"number": person.code, "relation_to_head": "13"})
    assert response.headers["Location"] == f"/ho/{household.pk}/"
    assert Membership.objects.get(person=person, valid_to=None).household == household
    missing = clerk_client.post(f"/ho/{household.pk}/nhan/", {"number": "HS00000000000"})
    assert missing.status_code == 422 and "Không thấy hồ sơ" in missing.content.decode()


def test_list_by_village_and_number(clerk_client, places):
    HouseholdFactory(village=places.villages[0], code="H0001")
    HouseholdFactory(village=places.villages[1], code="H0002")
    HouseholdFactory(village=places.far_village, code="H0003")
    everything = clerk_client.get("/ho/").content.decode()
    assert "H0001" in everything and "H0002" in everything and "H0003" not in everything
    one = clerk_client.get(f"/ho/?thon={places.villages[1].pk}").content.decode()
    assert "H0001" not in one and "H0002" in one
    by_number = clerk_client.post("/ho/", {"ma": "H0001"}).content.decode()
    assert "Hộ H0001" in by_number and "Hộ H0002" not in by_number


@pytest.mark.parametrize("path", ["", "sua/", "thanh-vien/"])
def test_other_places_do_not_find_it(users, login, household, path):
    for user in (users.far, users.admin, users.nobody):
        assert login(user).get(f"/ho/{household.pk}/{path}").status_code == 404
    assert login(users.clerk).get(f"/ho/{household.pk}/{path}").status_code == 200


def test_a_member_out_of_scope_is_not_listed(clerk_client, household, places):
    MembershipFactory(person=PersonFactory(full_name="Người Ở Xa", village=places.far_village), household=household)
    assert "Người Ở Xa" not in clerk_client.get(f"/ho/{household.pk}/").content.decode()


@pytest.mark.parametrize("path", ["/", "/ho/", "/ho/{pk}/"])
def test_statements_do_not_grow(head_client, village, path):
    counts = []
    for number in (1, 12):
        household = HouseholdFactory(village=village)
        for _ in range(number):
            HouseholdFactory(village=village)
            MembershipFactory(person=PersonFactory(village=village), household=household)
        head_client.get(path.format(pk=household.pk))
        with CaptureQueriesContext(connection) as captured:
            assert head_client.get(path.format(pk=household.pk)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8


def test_opening_a_household_is_a_read_of_each_member(clerk_client, village):
    household = HouseholdFactory(village=village, commune=village.commune)
    members = [MembershipFactory(household=household).person for _ in range(2)]

    clerk_client.get(reverse("records:household", args=[household.pk]))

    logged = AccessLog.objects.filter(action="view", object="Trang hộ gia đình")
    assert set(logged.values_list("person_id", flat=True)) == {person.pk for person in members}
