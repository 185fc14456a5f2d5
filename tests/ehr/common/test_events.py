import pytest
from django.db import transaction

from ehr.common import events


@pytest.fixture
def heard():
    calls = []

    def listener(**payload):
        calls.append(payload)

    events.subscribe("test_saved", listener)
    events.subscribe("test_saved", listener)  # a second ready() must not double the calls
    yield calls
    events.unsubscribe("test_saved", listener)
    events.unsubscribe("test_saved", listener)  # not there any more: nothing happens


def test_subscribers_hear_after_the_commit_once(heard, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        events.publish_on_commit("test_saved", person_id=7)
        assert heard == []

    assert heard == [{"person_id": 7}]


def test_nothing_is_heard_after_a_rollback(heard, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        events.publish_on_commit("test_saved", person_id=7)
        raise ZeroDivisionError

    assert heard == []


def test_a_failing_subscriber_hurts_nobody_and_is_logged(heard, db, caplog, django_capture_on_commit_callbacks):
    def failing(**payload):
        raise RuntimeError("subscriber down")

    events.subscribe("test_failing", failing)
    with django_capture_on_commit_callbacks(execute=True):
        events.publish_on_commit("test_failing", person_id=7)
        events.publish_on_commit("test_saved", person_id=7)
    events.unsubscribe("test_failing", failing)

    assert heard == [{"person_id": 7}]
    assert "test_failing -> " in caplog.text and "subscriber down" in caplog.text


def test_an_event_nobody_listens_to_is_fine(db):
    events.publish_on_commit("test_nobody", person_id=7)

    assert not transaction.get_connection().run_on_commit
