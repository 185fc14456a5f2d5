"""The whole way with real Celery workers: the upload returns at once, workers die, the beat finds what they left."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from django.utils import timezone

from ehr.claims import services
from ehr.claims.models import Claim, ClaimEntry, ClaimFile
from ehr.claims.services import reading
from tests.databases import ROOT
from tests.ehr.claims.services.files import made, visits
from tests.ehr.claims.services.test_bad_input import LAUGHS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NUMBER, PATIENCE = 40, 120  # seconds


@pytest.fixture
def celery():
    """celery() → a worker on the test's database, ready for work."""
    started = []

    def start():
        url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        environment = os.environ | {
            "DATABASE_URL": f"{url}/{connection.settings_dict['NAME']}", "HTTPS": "false",
            "DJANGO_SETTINGS_MODULE": "ehr.config.settings",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "ehr.config.celery", "worker", "--pool", "solo", "-l", "WARNING",
             "--without-gossip", "--without-mingle"],
            env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the worker did not come to it"
        time.sleep(0.1)


def test_a_file_is_done_by_workers_though_one_is_killed(take, celery, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 4)
    file = take(made(*visits(NUMBER)), wait=False)
    hostile = take(LAUGHS, wait=False)
    assert (file.state, hostile.state) == ("waiting", "waiting")
    services.process(file, send=True)  # in small chunks; the workers take them

    first = celery()
    until(lambda: ClaimFile.objects.get(pk=file.pk).done)
    first.send_signal(signal.SIGKILL)
    first.wait()
    celery()
    ClaimFile.objects.exclude(state="done").update(touched_at=timezone.now() - dt.timedelta(minutes=2))
    until(lambda: services.resume() == 0 and not ClaimFile.objects.filter(state__in=("waiting", "working")).exists())

    file.refresh_from_db()
    hostile.refresh_from_db()
    assert (file.state, file.counts["stored"], hostile.state) == ("done", NUMBER, "refused")
    assert Claim.objects.count() == ClaimEntry.objects.filter(file=file).count() == NUMBER
