"""Submissions through REST: the whole way, rights by role and place, what a retry does."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from reports.periods import Period
from reports.submission import services
from reports.submission.models import ReportDuty, Submission
from tests.ehr.exchange.conftest import Rest, _empty_counters, partner_of, problems  # noqa: F401
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    return {"report": "coverage", "unit": "16516", "period": Period.of("month", localdate()).iso}


@pytest.fixture
def rest(users):
    """role → a client with the rights and places of that user."""
    return lambda role: Rest(partner_of(getattr(users, role))[1])


def checked(rest, asked):
    answer = rest("clerk").post("submissions/", asked)
    assert answer.status_code == 201, answer.content.decode()
    return f"submissions/{answer.json()['submission']}/"


def test_from_checked_to_received_and_given_back(rest, asked, places):
    PersonFactory.create_batch(6, village=places.villages[0], section_a_complete_on="2025-02-01",
                               identity_confirmed_on="2025-02-01")  # fmt: skip
    address = checked(rest, asked)
    assert rest("department").get(address).status_code == 404  # not sent yet
    signed = rest("head").post(f"{address}sign/", {})
    assert (signed.status_code, signed.json()["state"]) == (200, "signed")
    listed = rest("department").get("submissions/?state=signed").json()["results"]
    assert [row["unit_name"] for row in listed] == [places.commune.full_name]
    figures = rest("department").get(f"{address}figures/").json()
    assert figures["total"]["managed"] == 6
    assert rest("department").post(f"{address}receive/", {}).json()["state"] == "received"
    assert problems(rest("department").post(f"{address}give-back/", {})) == {"reason": "submission.reason"}
    back = rest("department").post(f"{address}give-back/", {"reason": "Thiếu thôn"}).json()
    assert (back["state"], back["return_reason"]) == ("returned", "Thiếu thôn")
    PersonFactory(village=places.villages[1], section_a_complete_on="2025-02-01", identity_confirmed_on="2025-02-01")
    assert problems(rest("clerk").post("submissions/", asked)) == {"reason": "submission.reason"}
    second = rest("clerk").post("submissions/", asked | {"reason": "Bổ sung"}).json()
    assert second["version"] == 2
    assert {"row": "Tổng cộng", "column": "Dân số đã được quản lý sức khỏe", "before": "6", "after": "7"} in (
        second["differences"]
    )


@pytest.mark.parametrize(
    ("step", "allowed"),
    [("sign", {"head"}), ("receive", {"department", "centre"}), ("give-back", {"department", "centre"}),
     ("drop", {"clerk", "head", "partner"})],
)  # fmt: skip
def test_steps_belong_to_roles_and_places(rest, asked, users, step, allowed):
    address = checked(rest, asked)
    made = Submission.objects.get()
    if step in ("receive", "give-back"):
        services.sign(made, by=users.head)
    for role in ("nobody", "admin", "far", "clerk", "partner", "head", "centre", "department"):
        if role not in allowed:
            before = Submission.objects.get().state
            assert rest(role).post(f"{address}{step}/", {"reason": "x"} if step == "give-back" else {}).status_code == (
                404
            ), role
            assert Submission.objects.get().state == before
    role = sorted(allowed)[0]
    answer = rest(role).post(f"{address}{step}/", {"reason": "x"} if step == "give-back" else {})
    assert answer.status_code == 200, (role, answer.content.decode())


def test_other_places_and_unknown_keys_are_not_found(rest, asked):
    address = checked(rest, asked)
    for path in (address, f"{address}figures/", f"submissions/{uuid.uuid4()}/"):
        assert rest("far").get(path).status_code == 404
    assert rest("far").get("submissions/").json()["results"] == []
    assert rest("far").post("submissions/", asked).status_code == 404
    assert rest("department").post("submissions/", asked).status_code == 404  # receives, does not prepare


def test_small_numbers_stay_hidden_from_who_works_elsewhere(rest, asked, places, users):
    PersonFactory.create_batch(2, village=places.villages[0], section_a_complete_on="2025-02-01",
                               identity_confirmed_on="2025-02-01")  # fmt: skip
    address = checked(rest, asked)
    services.sign(Submission.objects.get(), by=users.head)
    figures = rest("department").get(f"{address}figures/").json()
    assert figures["total"]["hidden"]["managed"] == "<5"
    assert rest("head").get(f"{address}figures/").json()["total"]["managed"] == 2


def test_a_retry_writes_once_and_wrong_questions_are_named(rest, asked):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = rest("clerk").post("submissions/", asked, **key)
    again = rest("clerk").post("submissions/", asked, **key)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (201, "true")
    assert first.json()["submission"] == again.json()["submission"]
    assert first.headers["Location"].endswith(f"/api/v1/submissions/{first.json()['submission']}/")
    assert Submission.objects.count() == 1
    assert problems(rest("clerk").post("submissions/", asked | {"report": "quality"})) == {
        "report": "submission.not_owed"
    }
    assert problems(rest("clerk").post("submissions/", asked | {"period": "2026"})) == {"period": "period"}
    assert problems(rest("clerk").post("submissions/", asked | {"unit": "99999"})) == {"unit": "unit.unknown_code"}
    assert problems(rest("clerk").post("submissions/", asked | {"period": "2024-02"})) == {
        "period": "submission.not_owed"
    }
    assert rest("clerk").get("submissions/?unit=99999").status_code == 400


def test_a_list_costs_the_same_at_any_length(rest, asked, users, places, django_assert_num_queries):
    checked(rest, asked)
    client, duty = rest("head"), ReportDuty.objects.get(report="coverage", level="commune")
    with CaptureQueriesContext(connection) as few:
        assert len(client.get("submissions/").json()["results"]) == 1
    period = Period.of("month", localdate())
    for _ in range(4):
        period = period.previous()
        services.check(duty=duty, unit=places.commune, period=period, by=users.clerk)
    with django_assert_num_queries(len(few)):
        assert len(client.get("submissions/").json()["results"]) == 5


def test_a_province_prepares_and_signs_its_own_report(rest, asked, users):
    answer = rest("department").post("submissions/", asked | {"unit": "38"})
    assert answer.status_code == 201, answer.content.decode()
    address = f"submissions/{answer.json()['submission']}/"
    assert rest("head").post(f"{address}sign/", {}).status_code == 404
    assert rest("department").post(f"{address}sign/", {}).json()["state"] == "signed"
    assert rest("department").post(f"{address}receive/", {}).status_code == 404  # nobody above it is here
