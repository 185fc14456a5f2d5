"""Section A on screen: reading, typing, two clerks, double sending, places, statements."""

import re
import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.audit.models import AccessLog
from ehr.records.forms.person import PersonForm
from ehr.records.models import Household, Identifier, Membership, Person
from ehr.records.sections import SECTION_A, a
from tests.factories.records import (
    HouseholdFactory,
    IdentifierFactory,
    MembershipFactory,
    PersonFactory,
    RelativeFactory,
    national_id,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(village):
    made = PersonFactory(
        full_name="Nguyễn Văn An", village=village, birth_date=date(1980, 3, 12), phone_mobile="0987000831"
    )
    IdentifierFactory(person=made)
    MembershipFactory(person=made, is_head=True)
    made.refresh_from_db()
    return made


def typed(page):
    """What a browser would send back from the saving form of a page, nothing changed."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if "data-saving" in form)
    data = {}
    for tag in re.findall(r"<(?:input|textarea)[^>]*>(?:[^<]*</textarea>)?", form):
        name, kind = re.search(r'name="([^"]+)"', tag), re.search(r'type="([^"]+)"', tag)
        if name is None or " disabled" in tag or (kind and kind[1] == "radio" and " checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag) or re.search(r">\s*([^<]*)</textarea>", tag)
        data[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        data[name] = chosen[1] if chosen else ""
    data.pop("csrfmiddlewaretoken", None)
    return data


def new_values(village, **more):
    return {
        "submission": str(uuid.uuid4()), "full_name": "TRẦN THỊ BÌNH", "sex": "2", "birth_date": "12/03/1990",
        "current_commune": village.commune_id, "current_village_code": village.pk, "status": "active",
        "residence": "permanent", "identity_source": "manual", **more,
    }  # fmt: skip


def test_every_field_of_section_a_has_a_form_field():
    missing = {*SECTION_A.names, *a.EXTRA_STORES} - PersonForm.base_fields.keys()
    assert not missing


def test_reading_shows_all_labels_and_is_logged(clerk_client, clerk, person):
    response = clerk_client.get(f"/nguoi/{person.code}/")
    page = response.content.decode()
    assert "Nguyễn Văn An" in page and "12/03/1980" in page and "0987000831" in page and "Kinh" in page
    assert "Phần A còn thiếu" in page and "Nghề nghiệp" in page
    log = AccessLog.objects.get()
    assert (log.person_id, log.user, log.action, log.object, log.door) == (person.pk, clerk, "view", "A", "screen")


@pytest.mark.parametrize("path", ["", "sua/", "chuyen-ho/", "dien-bien/", "luot-xem/", "lich-su/"])
def test_other_places_and_roles_do_not_find_the_page(users, login, person, path):
    for user in (users.far, users.admin, users.nobody):
        assert login(user).get(f"/nguoi/{person.code}/{path}").status_code == 404
    assert login(users.head).get(f"/nguoi/{person.code}/{path}").status_code == 200
    assert login(None).get(f"/nguoi/{person.code}/{path}").headers["Location"].startswith("/dang-nhap/")


def test_reading_roles_cannot_write(users, login, person):
    client = login(users.department)
    assert client.get(f"/nguoi/{person.code}/").status_code == 200
    assert client.get(f"/nguoi/{person.code}/sua/").status_code == 404
    assert client.post("/nguoi/moi/", {"full_name": "Lê Thử"}).status_code == 404


def test_saving_what_was_read_changes_nothing(clerk_client, person):
    page = clerk_client.get(f"/nguoi/{person.code}/sua/").content.decode()
    before = Person.objects.filter(pk=person.pk).values().get()
    response = clerk_client.post(f"/nguoi/{person.code}/sua/", typed(page))
    assert response.status_code == 302, re.findall(r"<li>.*?</li>", response.content.decode())
    after = Person.objects.filter(pk=person.pk).values().get()
    left_out = ("version", "updated_at")
    assert {k: v for k, v in after.items() if k not in left_out} == {
        k: v for k, v in before.items() if k not in left_out
    }
    assert (
        Identifier.objects.filter(person=person).count() == 1 and Membership.objects.filter(person=person).count() == 1
    )


def test_editing_and_its_history(head_client, person):
    data = typed(head_client.get(f"/nguoi/{person.code}/sua/").content.decode())
    data |= {
        "full_name": "NGUYỄN VĂN ÂN",
        "birth_date": "1980",
        "email": "không",
        "mother_name": "Lê Thị Mẹ",
        "relative_is_guardian": "yes",
    }
    assert head_client.post(f"/nguoi/{person.code}/sua/", data).status_code == 302
    person.refresh_from_db()
    assert (person.full_name, person.birth_precision, person.answered_none) == ("Nguyễn Văn Ân", "year", ["email"])
    changes = head_client.get(f"/nguoi/{person.code}/lich-su/").content.decode()
    assert "Nguyễn Văn Ân" in changes and "Họ và tên" in changes and "Màn hình nhập liệu" in changes
    again = typed(head_client.get(f"/nguoi/{person.code}/sua/").content.decode())
    assert (again["email"], again["birth_date"], again["mother_name"]) == ("Không có", "1980", "Lê Thị Mẹ")


def test_a_refusal_names_the_field_and_keeps_what_was_typed(clerk_client, person):
    data = typed(clerk_client.get(f"/nguoi/{person.code}/sua/").content.decode())
    data |= {
        "birth_date": "31/02/1980",
        "email": "<script>x</script>",
        "note": "giữ lại",
        "current_commune": "999999999",
    }
    response = clerk_client.post(f"/nguoi/{person.code}/sua/", data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Tháng 02/1980 không có ngày 31" in page and 'value="31/02/1980"' in page and "giữ lại" in page
    assert 'href="#id_birth_date"' in page and "<script>x" not in page and "Không có trong danh mục" in page


def test_a_refusal_of_the_service_names_the_field(clerk_client, person, village):
    other = PersonFactory(village=village)
    taken = IdentifierFactory(person=other)
    data = typed(clerk_client.get(f"/nguoi/{person.code}/sua/").content.decode())
    response = clerk_client.post(f"/nguoi/{person.code}/sua/", data | {"id_number": taken.value, "full_name": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Chưa nhập họ và tên" in page and 'href="#id_full_name"' in page


def test_the_second_of_two_clerks_is_told_and_loses_nothing(users, login, person):
    first, second = login(users.clerk), login(users.head)
    data = typed(first.get(f"/nguoi/{person.code}/sua/").content.decode())
    others = typed(second.get(f"/nguoi/{person.code}/sua/").content.decode())
    assert second.post(f"/nguoi/{person.code}/sua/", others | {"phone_mobile": "0912000831"}).status_code == 302
    response = first.post(f"/nguoi/{person.code}/sua/", data | {"note": "tôi nhập"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Người khác vừa lưu bản này" in page and users.head.full_name in page
    assert "0912000831" in page and "0987000831" in page and "tôi nhập" in page
    again = first.post(f"/nguoi/{person.code}/sua/", typed(page))
    assert again.status_code == 302
    person.refresh_from_db()
    assert (person.note, person.phone_mobile) == ("tôi nhập", "0987000831")


def test_new_person_once_however_often_it_is_sent(clerk_client, village):
    data = new_values(village, id_number=national_id(7, sex="2", birth=date(1990, 3, 12)))
    first, second = (clerk_client.post("/nguoi/moi/", data) for _ in range(2))
    person = Person.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"/nguoi/{person.code}/"
    assert (person.full_name, person.village, person.sex) == ("Trần Thị Bình", village, "2")


def test_fetch_is_told_where_to_go(clerk_client, village):
    response = clerk_client.post("/nguoi/moi/", new_values(village), headers={"X-Fetch": "1"})
    assert (response.status_code, response.headers["X-Location"]) == (204, f"/nguoi/{Person.objects.get().code}/")


def test_a_key_without_commune_follows_the_village(clerk_client, village):
    assert clerk_client.post("/nguoi/moi/", new_values(village, current_commune="")).status_code == 302
    assert Person.objects.get().commune == village.commune


def test_new_member_of_a_household(clerk_client, village):
    household = HouseholdFactory(village=village)
    page = clerk_client.get(f"/nguoi/moi/?household={household.pk}").content.decode()
    data = typed(page) | {
        "full_name": "Lê Văn Thử",
        "sex": "1",
        "birth_date": "?",
        "relation_to_head": "01",
        "next": "another",
    }
    response = clerk_client.post(f"/nguoi/moi/?household={household.pk}", data)
    assert response.headers["Location"] == f"/nguoi/moi/?household={household.pk}"
    membership = Membership.objects.get()
    assert (membership.household, membership.is_head, membership.person.birth_precision) == (household, True, "unknown")


def test_new_person_outside_the_places_is_refused(clerk_client, places):
    response = clerk_client.post("/nguoi/moi/", new_values(places.far_village))
    assert response.status_code == 422 and "ngoài địa bàn" in response.content.decode()
    assert not Person.objects.exists()


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)> An", '=HYPERLINK("x") An', "Nguye\u0302\u0303n Văn An"])
def test_hostile_names_come_out_harmless(clerk_client, village, name):
    clerk_client.post("/nguoi/moi/", new_values(village, full_name=name))
    person = Person.objects.get()
    for path in ("", "sua/", "dien-bien/"):
        page = clerk_client.get(f"/nguoi/{person.code}/{path}").content.decode()
        assert "<img src=x" not in page and "An" in page
    assert "\u0302" not in person.full_name


def test_three_hundred_letters_are_refused_at_their_field(clerk_client, village):
    response = clerk_client.post("/nguoi/moi/", new_values(village, full_name="An " * 100, note="x" * 5000))
    assert response.status_code == 422 and "Tối đa 100 ký tự" in response.content.decode()


def test_no_answer_and_not_asked_differ(clerk_client, village):
    clerk_client.post("/nguoi/moi/", new_values(village, phone_mobile="không", email="kb"))
    person = Person.objects.get()
    page = clerk_client.get(f"/nguoi/{person.code}/").content.decode()
    assert (person.answered_none, person.answered_unknown) == (["phone_mobile"], ["email"])
    assert "Không có" in page and "Không biết" in page


def test_moving_away_and_into_another_household(clerk_client, person, places):
    other = HouseholdFactory(village=places.villages[1], code="H7777")
    page = clerk_client.post(f"/nguoi/{person.code}/chuyen-ho/", {"household_code": "H0000"})
    assert page.status_code == 422 and "Không thấy hộ" in page.content.decode()
    moved = clerk_client.post(f"/nguoi/{person.code}/chuyen-ho/", {"household_code": "H7777", "relation_to_head": "08"})
    assert moved.headers["Location"] == f"/ho/{other.pk}/"
    person.refresh_from_db()
    assert person.village == places.villages[1]
    left = clerk_client.post(f"/nguoi/{person.code}/ra-ho/", {"left_on": ""})
    assert left.status_code == 302
    assert not Membership.objects.filter(person=person, valid_to=None).exists()
    assert "Ra khỏi Hộ H7777" in clerk_client.get(f"/nguoi/{person.code}/dien-bien/").content.decode()
    again = clerk_client.post(f"/nguoi/{person.code}/ra-ho/", {"left_on": ""})
    assert again.status_code == 422 and "không thuộc hộ nào" in again.content.decode()


def statements(captured):
    """Statements without the marks of transactions; the history context travels in front of its statement."""
    texts = [(query["sql"] or "").rpartition("', true); ")[2] for query in captured]
    return [text for text in texts if not text.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]


@pytest.mark.parametrize("people", [1, 30])
def test_statements_of_a_new_person(head_client, village, people):
    household = HouseholdFactory(village=village)
    for _ in range(people):
        MembershipFactory(person=PersonFactory(village=village), household=household)
    data = new_values(village, id_number=national_id(7, sex="2", birth=date(1990, 3, 12)), relation_to_head="08")
    head_client.get(f"/nguoi/moi/?household={household.pk}")  # scope and places are in memory now
    with CaptureQueriesContext(connection) as captured:
        response = head_client.post(f"/nguoi/moi/?household={household.pk}", data)
    assert response.status_code == 302
    assert len(statements(captured)) <= 12, "\n".join(sql[:130] for sql in statements(captured))


@pytest.mark.parametrize("path", ["", "sua/", "dien-bien/"])
def test_statements_of_a_person_page_do_not_grow(head_client, village, path):
    counts = []
    for number in (1, 15):
        person = PersonFactory(village=village)
        MembershipFactory(person=person)
        for _ in range(number):
            IdentifierFactory(person=person)
            RelativeFactory(person=person, role="other")
            Membership.objects.create(
                person=person,
                household=Household.objects.first(),
                valid_from=date(2020, 1, 1),
                valid_to=date(2020, 2, 1),
            )
        person.refresh_from_db()
        head_client.get(f"/nguoi/{person.code}/{path}")  # scope and places are in memory now
        with CaptureQueriesContext(connection) as captured:
            assert head_client.get(f"/nguoi/{person.code}/{path}").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16
