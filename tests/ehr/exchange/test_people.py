"""People through REST: list, search, section A."""

from datetime import date

import pytest
from django.apps import apps

from ehr.audit.models import AccessLog
from ehr.records.models import Membership, Person
from tests.ehr.exchange.conftest import problems
from tests.factories.records import HouseholdFactory, IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db


def create(rest, body, **more):
    response = rest.post("people/", {**body, **more})
    assert response.status_code == 201, response.content.decode()
    return response.json()


def test_a_new_person_is_read_back_as_written(rest, village, new_person):
    made = create(rest, new_person)
    read = rest.get(f"people/{made['code']}/")
    assert read.status_code == 200
    body = read.json()
    assert {name: body[name] for name in new_person} == new_person
    assert body["version"] == 1
    assert body["current_province"] == "38"
    assert body["problems"] == []
    assert {**made, "problems": []} == body


def test_the_answer_names_the_new_record_and_its_warnings(rest, village, new_person):
    response = rest.post("people/", {**new_person, "id_number": "038180900001"})
    code = response.json()["code"]
    assert response.headers["Location"] == f"http://testserver/api/v1/people/{code}/"
    assert problems(response) == {"id_number": "national_id.sex"}
    assert {problem["level"] for problem in response.json()["problems"]} == {"warning"}


def test_every_plain_field_of_section_a_round_trips(rest, places, new_person):
    everything = {
        **new_person,
        "blood_group_abo": "AB", "blood_group_rh": "neg", "birth_date": "1980-03", "birth_registration_province": "38",
        "religion": "1", "occupation": None, "id_issue_date": "2021-05-04", "id_issue_place": "Cục CS QLHC về TTXH",
        "health_insurance_number": "DN4010123456789", "permanent_address_detail": "Số 1", "permanent_commune": "16531",
        "permanent_district": "382", "permanent_province": "38", "current_address_detail": "Số 2, ngõ 3",
        "current_district": "382", "phone_landline": {"value": None, "state": "none"}, "email": "thu@example.vn",
        "father_name": {"value": None, "state": "unknown"}, "caregiver_name": "Lê Thị Chăm",
        "caregiver_relation": "Chị",
        "caregiver_phone_mobile": "0912000009", "caregiver_phone_landline": "02373000001",
        "social_insurance_code": "0123456789", "vneid_account": {"value": None, "state": "none"},
        "population_member_code": "NK01", "permanent_village_code": "T1", "relative_relation_code": "21",
        "relative_identifier": "038180000001", "relative_is_guardian": True, "residence": "temporary",
        "resident_since": "2020-01-01", "status": "active", "identity_source": "register",
        "identity_confirmed_on": "2026-01-05", "note": "Dòng một\nDòng hai", "station": f"org-{places.station.pk}",
    }  # fmt: skip
    body = create(rest, everything)
    differing = {name: (value, body[name]) for name, value in everything.items() if body[name] != value}
    assert differing == {}


def test_a_partial_update_leaves_the_rest(rest, village, new_person):
    made = create(rest, new_person)
    response = rest.patch(f"people/{made['code']}/", {"version": 1, "phone_mobile": "0912000002", "email": None})
    assert response.status_code == 200, response.content.decode()
    body = response.json()
    changed = {name for name in made if made[name] != body[name]}
    assert changed == {"phone_mobile", "email", "version", "updated_at"}
    assert body["version"] == 2
    assert body["phone_mobile"] == "0912000002"


def test_a_stale_version_is_refused_and_writes_nothing(rest, village, new_person):
    made = create(rest, new_person)
    address = f"people/{made['code']}/"
    assert rest.patch(address, {"version": 1, "note": "Một"}).status_code == 200
    second = rest.patch(address, {"version": 1, "note": "Hai"})
    assert second.status_code == 409
    assert problems(second) == {"version": "stale"}
    assert rest.get(address).json()["note"] == "Một"


def test_the_version_is_required(rest, village, new_person):
    made = create(rest, new_person)
    response = rest.patch(f"people/{made['code']}/", {"note": "Một"})
    assert response.status_code == 400
    assert problems(response) == {"version": "required"}


def test_people_of_another_commune_do_not_exist(rest, far_rest, village, new_person):
    code = create(rest, new_person)["code"]
    for path in ("", "history/", "vaccinations/", "visits/"):
        assert far_rest.get(f"people/{code}/{path}").status_code == 404
    for path, body in (("", {"version": 1}), ("history/", {"version": 0}), ("vaccinations/", {"version": 0})):
        assert far_rest.patch(f"people/{code}/{path}", body).status_code == 404
    assert far_rest.post(f"people/{code}/visits/", {"exam_date": "2026-01-01"}).status_code == 404
    assert far_rest.get("people/").json()["results"] == []
    assert far_rest.post("people/search/", {"identifier": new_person["id_number"]}).json() == {"results": []}


def test_a_person_cannot_be_put_outside_the_scope(rest, places, new_person):
    response = rest.post(
        "people/",
        {
            **new_person,
            "current_commune": places.far_commune.code,
            "current_village_code": None,
            "household_code": None,
        },
    )
    assert response.status_code == 400
    assert problems(response) == {"current_commune": "current_commune.scope"}
    assert not Person.objects.exists()


def test_errors_have_the_codes_of_the_rules(rest, village, new_person):
    response = rest.post("people/", {**new_person, "id_number": "12345", "birth_date": "2100-01-01", "full_name": None})
    assert response.status_code == 400
    assert problems(response) == {
        "id_number": "id_number.format", "birth_date": "birth_date.future", "full_name": "full_name.required",
    }  # fmt: skip
    assert not Person.objects.exists()


def test_unknown_and_read_only_fields_are_refused_by_name(rest, village, new_person):
    response = rest.post("people/", {**new_person, "hoten": "X", "code": "HS1", "current_province": "38"})
    assert response.status_code == 400
    assert problems(response) == {"hoten": "unknown_field", "code": "unknown_field", "current_province": "read_only"}
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"full_name": 5}, "invalid"), ({"full_name": "a" * 101}, "max_length"), ({"sex": "9"}, "invalid_choice"),
        ({"sex": 1}, "invalid_choice"), ({"birth_date": "12/03/1980"}, "date.format"),
        ({"birth_date": "1980-13"}, "date.month"), ({"birth_date": "1980-02-30"}, "date.day"),
        ({"birth_date": "0080-02-03"}, "date.year"), ({"id_issue_date": "2021"}, "date.format"),
        ({"relative_is_guardian": "yes"}, "invalid"), ({"phone_mobile": {"state": "maybe"}}, "state"),
        ({"phone_mobile": {"value": "1", "state": "none"}}, "state"), ({"phone_mobile": ["1"]}, "invalid"),
        ({"ethnicity": "999"}, "ethnicity.unknown_code"),
        ({"current_commune": "00000"}, "current_commune.unknown_code"),
        ({"station": "99999"}, "station.unknown_code"), ({"status": "duplicate"}, "status.duplicate"),
    ],
)  # fmt: skip
def test_wrong_types_and_codes_name_the_field(rest, village, new_person, change, code):
    response = rest.post("people/", {**new_person, **change})
    assert response.status_code == 400, response.content.decode()
    assert problems(response)[next(iter(change))] == code
    assert not Person.objects.exists()


def test_birth_dates_keep_what_is_known(rest, village, new_person):
    for number, birth in enumerate(("1980", "1980-03", "1980-03-12", {"value": None, "state": "unknown"})):
        body = create(rest, {**new_person, "id_number": None}, birth_date=birth, full_name=f"Lê Thử {'ABCD'[number]}")
        assert body["birth_date"] == birth


def test_written_words_for_none_are_the_answer_none(rest, village, new_person):
    body = create(rest, {**new_person, "mother_name": "không biết", "phone_landline": "Không"})
    assert body["mother_name"] == {"value": None, "state": "unknown"}
    assert body["phone_landline"] == {"value": None, "state": "none"}


def test_a_decomposed_name_is_stored_composed(rest, village, new_person):
    import unicodedata

    body = create(rest, {**new_person, "full_name": unicodedata.normalize("NFD", "Nguyễn Thị Ưởng" + "n" * 80)})
    assert body["full_name"] == "Nguyễn Thị Ưởng" + "n" * 80


def test_hostile_names_come_back_as_text(rest, village, new_person):
    for name in ("<img src=x onerror=alert(1)>", '=HYPERLINK("http://x")', "Robert'); DROP TABLE"):
        body = create(rest, {**new_person, "full_name": name, "id_number": None})
        assert body["full_name"] == name
    assert rest.post("people/", {**new_person, "full_name": "\x00\x01\u202e"}).status_code == 400


def test_the_list_is_filtered_by_what_is_allowed(rest, places):
    first, second = (PersonFactory(village=village) for village in places.villages)
    gone = PersonFactory(village=places.villages[0], status="moved", moved_out_on=date(2026, 1, 1))
    merged = PersonFactory(village=places.villages[0], status="duplicate", merged_into=first)
    PersonFactory(village=places.far_village)
    household = HouseholdFactory(village=places.villages[0])
    MembershipFactory(person=first, household=household)
    for person in (first, second, gone, merged):
        person.refresh_from_db()

    def codes(query):
        response = rest.get(f"people/?{query}")
        assert response.status_code == 200, response.content.decode()
        return {row["code"] for row in response.json()["results"]}

    assert codes("") == {first.code, second.code, gone.code}
    assert codes("commune=16516&village=T2") == {second.code}
    assert codes(f"household={household.pk}") == {first.code}
    assert codes("status=moved") == {gone.code}
    assert codes("status=duplicate") == {merged.code}
    assert codes("updated_since=2999-01-01T00:00:00Z") == set()
    assert codes("updated_since=2020-01-01T00:00:00Z") == {first.code, second.code, gone.code}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("full_name=An", "full_name", "unknown_parameter"),
        ("identifier=038080900001", "identifier", "unknown_parameter"),
        ("status=x", "status", "invalid_choice"), ("commune=99999", "commune", "commune.unknown_code"),
        ("village=T1", "commune", "commune.required"), ("commune=16516&village=X", "village", "village.unknown_code"),
        ("status=moved&status=dead", "status", "repeated"), ("household=abc", "household", "invalid"),
        ("updated_since=yesterday", "updated_since", "invalid"), ("page_size=0", "page_size", "page_size.invalid"),
        ("page_size=201", "page_size", "page_size.invalid"), ("page_size=x", "page_size", "page_size.invalid"),
        ("cursor=%C3%A9", "cursor", "cursor.invalid"), ("cursor=cD1hYmM=", "cursor", "cursor.invalid"),
        ("cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor", "cursor.invalid"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_by_name(rest, village, query, field, code):
    response = rest.get(f"people/?{query}")
    assert response.status_code == 400
    assert problems(response) == {field: code}


def test_pages_by_cursor_reach_everybody_once(rest, places):
    PersonFactory.create_batch(7, village=places.villages[0])
    address, seen, pages = "people/?page_size=3", [], 0
    while address:
        body = rest.get(address).json()
        seen += [row["code"] for row in body["results"]]
        address, pages = body["next"] and body["next"].removeprefix("http://testserver"), pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("people", [1, 25])
def test_the_list_takes_the_same_few_statements_however_many_people(rest, places, people, django_assert_num_queries):
    for person in PersonFactory.create_batch(people, village=places.villages[0]):
        MembershipFactory(person=person)
    rest.get("me/")  # the cache of content types and the like is warm
    with django_assert_num_queries(5):  # key, assignments, people, households, access log
        assert len(rest.get("people/").json()["results"]) == people


def test_reading_one_person_takes_a_fixed_number_of_statements(
    rest, village, new_person, django_assert_max_num_queries
):
    code = create(rest, new_person)["code"]
    with django_assert_max_num_queries(11):
        assert rest.get(f"people/{code}/").status_code == 200


def test_search_by_identifier_present_and_former(rest, village):
    row = IdentifierFactory(person=PersonFactory(village=village), valid_to=date(2025, 1, 1))
    row.person.refresh_from_db()
    for written in (row.value, f" {row.value[:6]}.{row.value[6:]} "):
        found = rest.post("people/search/", {"identifier": written}).json()["results"]
        assert [line["code"] for line in found] == [row.person.code]
    assert rest.post("people/search/", {"identifier": "038080000000"}).json() == {"results": []}


def test_search_by_name_without_tones_and_birth_date(rest, village):
    person = PersonFactory(village=village, full_name="Đặng Thị Ước", birth_date=date(1990, 5, 6))
    person.refresh_from_db()
    asked = {"full_name": "dang thi uoc", "birth_date": "1990-05-06"}
    assert [line["code"] for line in rest.post("people/search/", asked).json()["results"]] == [person.code]
    assert rest.post("people/search/", {**asked, "birth_date": "1990"}).json()["results"] == []


@pytest.mark.parametrize(
    "asked", [{}, {"full_name": "An"}, {"identifier": "1", "full_name": "An", "birth_date": "1990"}]
)
def test_search_wants_one_complete_question(rest, asked):
    response = rest.post("people/search/", asked)
    assert response.status_code == 400
    assert problems(response) == {"": "search.what"}


def test_every_read_and_write_of_a_person_is_logged(rest, users, village, new_person):
    code = create(rest, new_person)["code"]
    pk = Person.objects.get(code=code).pk
    rest.get(f"people/{code}/")
    rest.get("people/")
    rest.post("people/search/", {"identifier": new_person["id_number"]})
    rest.patch(f"people/{code}/", {"version": 1, "note": "x"})
    rows = (
        AccessLog.objects.filter(person_id=pk).order_by("pk").values_list("user", "action", "object", "door", "address")
    )
    assert list(rows) == [
        (users.partner.pk, action, what, "rest", "127.0.0.1")
        for action, what in (
            ("change", "A"), ("view", "A"), ("export", "people"), ("view", "search"), ("change", "A"),
        )
    ]  # fmt: skip


def test_history_names_the_partner_and_the_door(rest, users, village, new_person):
    create(rest, new_person)
    contexts = apps.get_model("records", "PersonEvent").objects.values_list("pgh_context", flat=True)
    assert [(context["user"], context["door"]) for context in contexts] == [(users.partner.pk, "rest")]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"person_identifier": "038080900002"}, "person_identifier", "person_identifier.differs"),
        ({"permanent_commune": "old-99999"}, "permanent_commune", "permanent_commune.unknown_code"),
    ],
)
def test_nothing_that_was_sent_is_lost_in_silence(rest, village, new_person, change, field, code):
    response = rest.post("people/", {**new_person, **change})
    assert response.status_code == 400
    assert problems(response) == {field: code}


def test_an_address_in_the_units_of_the_old_list(rest, village, new_person):
    assert create(rest, {**new_person, "permanent_commune": "old-16537"})["permanent_commune"] == "old-16537"


def test_a_village_code_belongs_to_the_commune_of_the_person(rest, places, new_person):
    made = create(rest, new_person)  # T1 exists in three communes
    moved = rest.patch(f"people/{made['code']}/", {"version": 1, "current_village_code": "T2"})
    assert moved.json()["current_village_code"] == "T2"
    back = rest.patch(f"people/{made['code']}/", {"version": 2, "current_village_code": "T1"})
    assert back.status_code == 200, back.content.decode()
    assert back.json()["current_village_code"] == "T1"


def test_a_household_code_opens_the_household(rest, village, new_person):
    body = create(rest, new_person)
    membership = Membership.objects.get(person__code=body["code"])
    assert body["household_id"] == membership.household_id
    assert membership.is_head
