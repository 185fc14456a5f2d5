"""Workers that die and workers that meet: no row is lost, none comes twice."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.apps import apps
from django.db import connection, connections
from django.utils import timezone

from ehr.intake import services, tasks
from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.services import locks, resuming, undoing, writing
from ehr.records.models import Household, Identifier, Membership, Person
from tests.databases import ROOT
from tests.ehr.intake.sheets import person

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 240
WORKER = """
import os, django
django.setup()
from ehr.intake import services
from ehr.intake.models import ImportBatch
from ehr.intake.services import reading, undoing, writing
writing.CHUNK = undoing.CHUNK = 8
reading.CHUNK = 20
batch = ImportBatch.objects.get(pk={pk})
print("ready", flush=True)
services.{work}(batch)
"""


@pytest.fixture
def worker():
    """worker(batch, work) → a process of its own that does this work on the test's database."""
    started = []

    def start(batch, work):
        name = connection.settings_dict["NAME"]
        url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        environment = os.environ | {
            "DATABASE_URL": f"{url}/{name}", "DJANGO_SETTINGS_MODULE": "ehr.config.settings", "HTTPS": "false",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(pk=batch.pk, work=work)], env=environment, cwd=ROOT,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def kill_somewhere(process, moment):
    """Ends the process without a chance to tidy up, `moment` seconds after it began. True when it was still at work."""
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def take_over(work, batch, leaving):
    """Another worker goes on. The server notices a dead connection, and lets go of its lock, a moment later."""
    for _ in range(200):
        work(batch)
        batch.refresh_from_db()
        if batch.state not in leaving:
            return
        time.sleep(0.05)


def rows():
    return [person(number) for number in range(ROWS)]


def assert_right(batch):
    """As many people as rows, each once, in their households, each made by one version of history."""
    batch.refresh_from_db()
    assert (batch.state, batch.counts["written"], batch.counts["new"]) == ("done", ROWS, ROWS)
    assert Person.objects.count() == Identifier.objects.count() == Membership.objects.count() == ROWS
    assert Person.objects.values("full_name").distinct().count() == ROWS
    assert Household.objects.count() == ROWS // 4
    events = apps.get_model("records", "PersonEvent").objects.order_by()
    assert list(events.values_list("pgh_label", flat=True)) == ["insert"] * ROWS
    assert ImportRow.objects.filter(batch=batch, state="written", person__isnull=False).count() == ROWS
    assert ImportRow.objects.filter(batch=batch).values("person").distinct().count() == ROWS


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_writer_killed_at_random_moments_loses_and_doubles_nothing(send, users, worker, seed):
    moments = random.Random(seed)
    batch = services.confirm(send(rows()), by=users.clerk)
    killed = sum(kill_somewhere(worker(batch, "write"), moments.uniform(0.01, 0.4)) for _ in range(3))
    batch.refresh_from_db()
    assert killed
    assert batch.done == ImportRow.objects.filter(batch=batch, state="written").count() == Person.objects.count()

    take_over(services.write, batch, ("queued", "writing"))

    assert_right(batch)


@pytest.mark.slow
def test_a_reader_killed_in_the_middle_begins_again(send, worker):
    batch = send(rows(), wait=False)
    moments = random.Random(4)
    killed = sum(kill_somewhere(worker(batch, "read"), moments.uniform(0.01, 0.2)) for _ in range(2))
    batch.refresh_from_db()
    assert killed
    assert batch.state == "reading"

    take_over(services.read, batch, ("reading",))

    assert (batch.state, batch.counts["new"]) == ("preview", ROWS)
    assert ImportRow.objects.filter(batch=batch).values("position").distinct().count() == ROWS


@pytest.mark.slow
def test_an_undo_killed_in_the_middle_goes_on(write, users, worker):
    batch = write(rows())
    services.undo(batch, by=users.clerk)
    moments = random.Random(5)
    killed = sum(kill_somewhere(worker(batch, "run_undo"), moments.uniform(0.01, 0.3)) for _ in range(3))
    assert killed

    take_over(services.run_undo, batch, ("undoing",))

    assert (batch.state, batch.counts["undone"]) == ("undone", ROWS)
    assert Person.objects.count() == Household.objects.count() == Identifier.objects.count() == 0


def test_an_error_in_the_middle_of_a_chunk_leaves_nothing_of_it(send, users, monkeypatch):
    batch = services.confirm(send(rows()), by=users.clerk)
    monkeypatch.setattr(writing, "CHUNK", 40)
    monkeypatch.setattr(writing, "_two_may_write", lambda batch: False)
    store, calls = writing.store_outcomes, []

    def fails_the_third_time(given):
        calls.append(len(given))
        if len(calls) == 5:
            raise RuntimeError("the disk is full")
        store(given)

    monkeypatch.setattr(writing, "store_outcomes", fails_the_third_time)
    with pytest.raises(RuntimeError):
        tasks.write(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.failures) == ("writing", 80, 1)
    assert Person.objects.count() == 80

    tasks.write(batch.pk)

    assert_right(batch)


@pytest.mark.slow
def test_two_workers_at_once_write_each_row_once(send, users, worker):
    batch = services.confirm(send(rows()), by=users.clerk)
    workers = [worker(batch, "write") for _ in range(3)]
    assert [process.wait() for process in workers] == [0, 0, 0]
    assert_right(batch)


def test_chunks_of_two_workers_without_the_session_lock_do_not_overlap(send, users, monkeypatch):
    """The row lock alone must be enough."""
    batch = services.confirm(send(rows()), by=users.clerk)
    errors = []

    def work():
        try:
            while writing.write_chunk(batch.pk, size=16):
                pass
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert_right(batch)


# --- who finds it ----------------------------------------------------------------------------------------------------


def test_work_without_a_worker_is_handed_out_again(send, users, worker):
    batch = services.confirm(send(rows()), by=users.clerk)
    assert services.stuck() == []  # it was sent a moment ago
    long_ago = timezone.now() - dt.timedelta(minutes=2)
    ImportBatch.objects.filter(pk=batch.pk).update(touched_at=long_ago)
    assert services.stuck() == [("intake.write", batch.pk)]

    with locks.working_on(batch.pk) as mine:
        assert mine
        assert services.stuck() == []  # somebody is at it, however slow


@pytest.mark.parametrize(("state", "task"), [("reading", "intake.read"), ("undoing", "intake.undo")])
def test_every_kind_of_work_is_found(send, users, state, task):
    batch = send(rows()[:2])
    long_ago = timezone.now() - dt.timedelta(minutes=2)
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, touched_at=long_ago)
    assert services.stuck() == [(task, batch.pk)]


def test_work_that_fails_again_and_again_is_put_aside(send, users, monkeypatch):
    batch = services.confirm(send(rows()), by=users.clerk)

    def fails(*args):
        raise RuntimeError("no")

    monkeypatch.setattr(writing, "_write_rows", fails)
    for _ in range(resuming.MOST_FAILURES):
        with pytest.raises(RuntimeError):
            tasks.write(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.message_code, batch.failures) == ("preview", "failed", 0)
    assert services.stuck() == []

    monkeypatch.undo()
    services.confirm(batch, by=users.clerk, wait=True)
    assert_right(batch)


def test_undo_chunks_say_when_nothing_is_left(write):
    batch = write(rows()[:4])
    assert not undoing.undo_chunk(batch.pk)
