"""Services in transactions of their own and in that of a caller."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ehr.common.transactions import one_transaction, saving
from stations.models import Organization

pytestmark = pytest.mark.django_db


@saving
def open_station(name, *, fail=False):
    Organization.objects.create(name=name, plain_name=name, kind="department")
    if fail:
        raise ValueError(name)


def savepoints(captured):
    return [query["sql"] for query in captured if query["sql"].startswith("SAVEPOINT")]


def test_a_service_alone_is_all_or_nothing():
    with pytest.raises(ValueError, match="mot"):
        open_station("mot", fail=True)
    assert not Organization.objects.filter(name="mot").exists()


def test_inside_a_transaction_a_refusal_leaves_the_rest():
    with transaction.atomic():
        open_station("hai")
        with pytest.raises(ValueError, match="ba"):
            open_station("ba", fail=True)
    assert Organization.objects.filter(name="hai").exists()
    assert not Organization.objects.filter(name="ba").exists()


def test_inside_one_transaction_there_is_no_savepoint_and_a_refusal_ends_all():
    with pytest.raises(ValueError, match="nam"), CaptureQueriesContext(connection) as captured, one_transaction():
        open_station("bon")
        open_station("nam", fail=True)
    assert len(savepoints(captured)) == 1  # of the transaction itself: the test already has one
    assert not Organization.objects.filter(name__in=("bon", "nam")).exists()


def test_the_promise_ends_with_the_transaction():
    with one_transaction():
        open_station("sau")
    with CaptureQueriesContext(connection) as captured:
        open_station("bay")
    assert len(savepoints(captured)) == 1
