"""The same request sent twice is stored once."""

import threading
import uuid

import pytest
from django.db import connections

from ehr.audit.models import Submission
from ehr.records.models import Encounter, Person
from tests.ehr.exchange.conftest import problems
from tests.factories.records import PersonFactory


@pytest.fixture
def key():
    return str(uuid.uuid4())


@pytest.mark.django_db
def test_a_retry_writes_nothing_and_answers_as_the_first(rest, village, new_person, key):
    answers = [rest.post("people/", new_person, **{"Idempotency-Key": key}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert answers[1].json() == {**answers[0].json(), "problems": []}
    assert [answer.headers.get("Idempotent-Replay") for answer in answers] == [None, "true", "true"]
    assert Person.objects.count() == 1


@pytest.mark.django_db
def test_a_retried_change_is_no_stale_version(rest, village, new_person, key):
    code = rest.post("people/", new_person).json()["code"]
    answers = [
        rest.patch(f"people/{code}/", {"version": 1, "note": "Một"}, **{"Idempotency-Key": key}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json()["version"] == 2
    other = rest.patch(f"people/{code}/", {"version": 1, "note": "Hai"}, **{"Idempotency-Key": key})
    assert (other.status_code, problems(other)) == (400, {"Idempotency-Key": "idempotency_key.reused"})


@pytest.mark.django_db
def test_a_refused_request_may_be_corrected_under_its_key(rest, village, new_person, key):
    refused = rest.post("people/", {**new_person, "full_name": None}, **{"Idempotency-Key": key})
    assert refused.status_code == 400
    assert not Submission.objects.exists()
    assert rest.post("people/", new_person, **{"Idempotency-Key": key}).status_code == 201


@pytest.mark.django_db
def test_a_key_is_a_uuid_and_belongs_to_its_partner(rest, far_rest, places, new_person, key):
    wrong = rest.post("people/", new_person, **{"Idempotency-Key": "1"})
    assert problems(wrong) == {"Idempotency-Key": "idempotency_key.invalid"}
    assert rest.post("people/", new_person, **{"Idempotency-Key": key}).status_code == 201
    body = {"full_name": "Lò Văn Thử", "sex": "1", "birth_date": "1980", "current_commune": places.far_commune.code}
    assert problems(far_rest.post("people/", body, **{"Idempotency-Key": key})) == {
        "Idempotency-Key": "idempotency_key.reused"
    }
    assert Person.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_every_request_counts(rest, village):
    person = PersonFactory(village=village)
    person.refresh_from_db()
    for _ in range(2):
        assert rest.post(f"people/{person.code}/visits/", {"exam_date": "2026-02-10"}).status_code == 201
    assert Encounter.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_five_at_once_store_one(rest, village, new_person, key):
    answers, start = [], threading.Barrier(5)

    def send():
        start.wait()
        try:
            answers.append(rest.post("people/", new_person, **{"Idempotency-Key": key}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json()["code"] for answer in answers}) == 1
    assert Person.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_on_one_version_store_one(rest, village, new_person):
    code = rest.post("people/", new_person).json()["code"]
    answers, start = [], threading.Barrier(2)

    def send(note):
        start.wait()
        try:
            answers.append(rest.patch(f"people/{code}/", {"version": 1, "note": note}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[note]) for note in ("Một", "Hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert Person.objects.get(code=code).version == 2
