"""Finding people: by every way they are known, in the user's places only, with a fixed number of statements."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.records import queries
from ehr.records.models import Person
from tests.factories.records import (
    HouseholdFactory,
    IdentifierFactory,
    MembershipFactory,
    PersonFactory,
    RelativeFactory,
)

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 6


def names(found):
    return [person.full_name for person in found.people]


@pytest.fixture
def an(village):
    return PersonFactory(full_name="Nguyễn Văn An", village=village, birth_date=date(1980, 3, 12))


def test_name_without_tones_in_any_order_of_words(clerk, an, village):
    PersonFactory(full_name="Trần Thị Bình", village=village)
    for text in ("nguyen van an", "Nguyễn Văn An", "an nguyen", "ng v an", "NGUYỄN VĂN AN"):
        assert names(queries.find_people(user=clerk, text=text)) == ["Nguyễn Văn An"], text


def test_decomposed_letters_find_the_same(clerk, an):
    import unicodedata

    assert names(queries.find_people(user=clerk, text=unicodedata.normalize("NFD", "Nguyễn Văn An"))) == [
        "Nguyễn Văn An"
    ]


def test_birth_year_beside_the_name(clerk, an, village):
    PersonFactory(full_name="Nguyễn Văn An", village=village, birth_date=date(1990, 1, 1))
    found = queries.find_people(user=clerk, text="nguyen van an 1980")
    assert [person.birth_date.year for person in found.people] == [1980]


def test_exact_name_first_then_given_name(clerk, village):
    for name in ("Nguyễn An Khang", "Lê Văn An", "Văn An Bình", "Văn An"):
        PersonFactory(full_name=name, village=village)
    assert names(queries.find_people(user=clerk, text="van an")) == ["Văn An", "Lê Văn An", "Văn An Bình"]


@pytest.mark.parametrize("text", ["nguyen vna an", "nguyn van an", "nguyenn van an", "nguyen van am", "bguyen van an"])
def test_one_slip_is_forgiven(clerk, an, text):
    found = queries.find_people(user=clerk, text=text)
    assert (names(found), found.how) == (["Nguyễn Văn An"], "typo")


def test_every_number_a_person_is_known_by(clerk, an, village):
    identifier = IdentifierFactory(person=an)
    former = IdentifierFactory(person=an, kind="CMND9", value="171234567", valid_to=date(2020, 1, 1))
    MembershipFactory(person=an, household=HouseholdFactory(village=village, code="H0831"))
    RelativeFactory(person=an, phone_mobile="0912000831")
    an.phone_mobile, an.phone_landline = "0987000831", "02373000831"
    an.save()
    an.refresh_from_db()
    numbers = (
        identifier.value, former.value, "H0831", "0912000831", "0987 000 831", "+84987000831", "0237 3000831",
        an.code, an.code.lower(),
    )  # fmt: skip
    for text in numbers:
        found = queries.find_people(user=clerk, text=text)
        assert (names(found), found.how) == (["Nguyễn Văn An"], "number"), text


def test_nobody_outside_the_places(users, an, places):
    PersonFactory(full_name="Nguyễn Văn An", village=places.far_village, phone_mobile="0987000831")
    assert len(queries.find_people(user=users.far, text="nguyen van an").people) == 1
    assert [person.village for person in queries.find_people(user=users.clerk, text="nguyen van an").people] == [
        an.village
    ]
    assert names(queries.find_people(user=users.clerk, text="0987000831")) == []
    assert names(queries.find_people(user=users.admin, text="nguyen van an")) == []
    assert names(queries.find_people(user=users.nobody, text="nguyen van an")) == []


@pytest.mark.parametrize("role", ["clerk", "head", "centre", "department"])
def test_each_kind_of_place_finds_its_people(users, an, role):
    assert names(queries.find_people(user=getattr(users, role), text="van an")) == ["Nguyễn Văn An"]


@pytest.mark.parametrize(
    "text", ["", "   ", "'", "a' | 'b", "!!:*", "\\", "<img src=x onerror=alert(1)>", "12", "%", "\u0000"]
)
def test_whatever_is_typed_is_only_searched_for(clerk, an, text):
    assert "Nguyễn Văn An" not in names(queries.find_people(user=clerk, text=text))


def test_the_index_of_words_is_used(an):
    matching = Person.objects.annotate(words=queries._name_vector()).filter(words=queries._query("an:*"))
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_indexscan = off")
    assert "Bitmap Index Scan on person_name_words" in matching.order_by().explain()


@pytest.mark.parametrize("people", [1, 40])
@pytest.mark.parametrize("text", ["nguyen van an", "nguyen vna an", "0987000831"])
def test_statements_do_not_grow_with_people(head_client, village, people, text):
    PersonFactory.create_batch(people, full_name="Nguyễn Văn An", village=village, phone_mobile="0987000831")
    head_client.post("/tim/", {"q": text}, headers={"HX-Request": "true"})  # scope and places are in memory now
    with CaptureQueriesContext(connection) as captured:
        response = head_client.post("/tim/", {"q": text}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert response.content.decode().count("data-result") == people
    assert len(captured) <= MOST_STATEMENTS, [query["sql"][:90] for query in captured]


def test_typed_words_stay_out_of_addresses(clerk_client, an):
    response = clerk_client.post("/tim/", {"q": "nguyen van an"})
    assert an.code.encode() in response.content and "nguyen" not in str(response.headers)
    assert clerk_client.get("/tim/").status_code == 200


def test_a_number_of_one_person_opens_the_record(clerk_client, an):
    an.refresh_from_db()
    assert clerk_client.post("/tim/", {"q": an.code}).headers["Location"] == f"/nguoi/{an.code}/"


def test_fifty_at_most_and_says_so(clerk_client, village):
    PersonFactory.create_batch(51, full_name="Nguyễn Văn An", village=village)
    page = clerk_client.post("/tim/", {"q": "nguyen van"}).content.decode()
    assert page.count("data-result") == 50 and "hãy gõ thêm" in page


def test_a_hostile_name_is_shown_as_text(clerk_client, village):
    PersonFactory(full_name="<img src=x onerror=alert(1)> An", village=village)
    page = clerk_client.post("/tim/", {"q": "onerror"}).content.decode()
    assert "<img src=x" not in page and "&lt;img src=x onerror=alert(1)&gt; An" in page
