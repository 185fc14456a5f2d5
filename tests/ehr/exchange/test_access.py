"""Who may enter: keys, rights, throttling, the shape of every refusal."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from ehr.exchange.keys import revoke_key
from ehr.exchange.models import ApiKey
from tests.ehr.exchange.conftest import Rest, partner_of, problems
from tests.factories.records import PersonFactory
from tests.factories.users import AssignmentFactory, UserFactory

pytestmark = pytest.mark.django_db
ADDRESSES = (
    "me/", "people/", "people/HS00000000101/", "people/HS00000000101/history/", "people/HS00000000101/vaccinations/",
    "people/HS00000000101/visits/", "visits/1/", "households/", "households/1/", "households/1/members/", "codes/",
    "codes/icd10/", "units/", "villages/", "vaccines/", "coverage/", "reports/", "reports/coverage/",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_a_key_every_address_answers_401(nobody_rest, places, address):
    response = nobody_rest.get(address)
    assert response.status_code == 401
    assert problems(response) == {"": "not_authenticated"}
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Bearer a b", "Bearer é", "Basic abc", "wrong"])
def test_wrong_keys_answer_401(nobody_rest, places, header):
    response = nobody_rest.get("me/", Authorization=header)
    assert response.status_code == 401
    assert set(problems(response).values()) <= {"authentication_failed", "not_authenticated"}


def test_a_session_is_no_key(login, users):
    response = login(users.clerk).get("/api/v1/people/")
    assert response.status_code == 401


def _revoked(user):
    key, text = partner_of(user)
    revoke_key(key=key)
    return text


def _expired(user):
    return partner_of(user, expires_at=timezone.now() - timedelta(seconds=1))[1]


def _inactive_partner(user):
    key, text = partner_of(user)
    key.partner.is_active = False
    key.partner.save()
    return text


def _inactive_user(user):
    text = partner_of(user)[1]
    user.is_active = False
    user.save()
    return text


@pytest.mark.parametrize("spoil", [_revoked, _expired, _inactive_partner, _inactive_user])
def test_a_key_out_of_force_answers_401(users, spoil):
    response = Rest(spoil(users.partner)).get("me/")
    assert response.status_code == 401
    assert problems(response) == {"": "authentication_failed"}


def test_a_key_that_expires_later_works(users):
    assert (
        Rest(partner_of(users.partner, expires_at=timezone.now() + timedelta(hours=1))[1]).get("me/").status_code == 200
    )


def test_only_the_digest_of_a_key_is_stored(users):
    key, text = partner_of(users.partner)
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert text not in map(str, stored.values())
    assert len(stored["digest"]) == 64


def test_me_tells_rights_and_places(rest, places):
    body = rest.get("me/").json()
    assert body["places"] == [
        {"role": "partner", "unit": "16516", "facility": None, "name": str(places.commune), "valid_to": None}
    ]
    assert "record.change" in body["rights"]
    assert body["requests_per_minute"] == 600


@pytest.mark.parametrize("role", ["admin", "centre"])
def test_a_missing_right_looks_like_a_missing_page(places, role):
    user = UserFactory()
    AssignmentFactory(
        user=user, role=role, valid_from=date(2025, 1, 1), **({"unit": places.commune} if role == "centre" else {})
    )
    client = Rest(partner_of(user)[1])
    person = PersonFactory(village=places.villages[0])
    person.refresh_from_db()
    read = client.get(f"people/{person.code}/")
    write = client.patch(f"people/{person.code}/", {"version": 1, "note": "x"})
    assert read.status_code == (404 if role == "admin" else 200)
    assert write.status_code == 404
    assert problems(write) == {"": "not_found"}


def test_an_ended_assignment_sees_nobody(places):
    user = UserFactory()
    AssignmentFactory(
        user=user, role="partner", unit=places.commune, valid_from=date(2025, 1, 1), valid_to=date(2025, 2, 1)
    )
    assert Rest(partner_of(user)[1]).get("people/").status_code == 404


def test_too_many_requests_are_told_when_to_come_back(rest, settings):
    settings.REST_REQUESTS_PER_MINUTE = 2
    answers = [rest.get("me/") for _ in range(5)]  # a minute may turn in between
    last = answers[-1]
    assert last.status_code == 429
    assert problems(last) == {"": "throttled"}
    assert 1 <= int(last.headers["Retry-After"]) <= 61


@pytest.mark.parametrize("address", ["/api/v1/", "/api/", "/api/v1/nothing/", "/api/v1/people", "/api/v2/people/"])
def test_unknown_addresses_answer_404_in_the_one_shape(nobody_rest, address):
    response = nobody_rest.get(address)
    assert response.status_code == 404
    assert problems(response) == {"": "not_found"}


def test_wrong_methods_and_kinds_of_content(rest, village):
    assert problems(rest.send("DELETE", "people/HS00000000101/")) == {"": "method_not_allowed"}
    assert rest.send("PUT", "people/", {}).status_code == 405
    form = rest.client.post("/api/v1/people/", {"full_name": "x"}, headers={"Authorization": f"Bearer {rest.token}"})
    assert (form.status_code, problems(form)) == (415, {"": "unsupported_media_type"})
    assert rest.get("me/", Accept="text/html").headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json.invalid"), (b"\xff\xfe", 400, "json.invalid"), (b'{"a": NaN}', 400, "json.invalid"),
        (b'{"sex": "1", "sex": "2"}', 400, "json.duplicate_name"), (b"[]", 400, "invalid"),
        (b'"x"', 400, "invalid"),
        (b"null", 400, "null"), (b"[" * 100_000, 400, "json.invalid"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "json.invalid"),
        (b'{"note": "' + b"x" * 1_100_000 + b'"}', 413, "body.too_large"),
    ],
)  # fmt: skip
def test_hostile_bodies_are_refused(rest, village, body, status, code):
    response = rest.send("POST", "people/", body)
    assert response.status_code == status
    assert set(problems(response).values()) == {code}


def test_an_unexpected_failure_answers_in_the_one_shape_and_logs_nothing_sent(
    rest, village, new_person, monkeypatch, caplog
):
    def fail(values, **_):
        raise ValueError(values["full_name"], values["id_number"])

    monkeypatch.setattr("ehr.exchange.views.people.save_person", fail)
    rest.client.raise_request_exception = False
    response = rest.post("people/", new_person)
    assert response.status_code == 500
    assert problems(response) == {"": "server_error"}
    assert "ValueError" in caplog.text
    assert "Lê Văn Thử" not in caplog.text
    assert "038080900001" not in caplog.text


def test_parameters_of_an_address_that_takes_none_are_refused(rest):
    assert problems(rest.get("me/?x=1")) == {"x": "unknown_parameter"}
    assert problems(rest.post("people/?commune=16516", {})) == {"commune": "unknown_parameter"}
