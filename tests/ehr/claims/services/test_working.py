"""Workers that die, meet, and stumble: no claim is lost, none comes twice, nobody is stopped by one bad HOSO."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import IntegrityError, OperationalError, connection, connections
from django.utils import timezone

from ehr.claims import services, tasks
from ehr.claims.models import Claim, ClaimChunk, ClaimEntry, ClaimFile, ClaimVersion
from ehr.claims.services import chunks, reading, states
from ehr.common.locks import session_lock
from tests.databases import ROOT
from tests.ehr.claims.services.files import made, visit, visits

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = 60
WORKER = """
import django
django.setup()
from ehr.claims import services
from ehr.claims.models import ClaimFile
from ehr.claims.services import reading, undoing
reading.CHUNK = undoing.CHUNK = 4
file = ClaimFile.objects.get(pk={pk})
print("ready", flush=True)
{work}
"""
FINISH = "services.finish(file)"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 4)


@pytest.fixture
def worker():
    """worker(file, work) → a process of its own that does this work on the test's database."""
    started = []

    def start(file, work=FINISH):
        name = connection.settings_dict["NAME"]
        url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        environment = os.environ | {
            "DATABASE_URL": f"{url}/{name}", "DJANGO_SETTINGS_MODULE": "ehr.config.settings", "HTTPS": "false",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(pk=file.pk, work=work)], env=environment, cwd=ROOT,
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
    """Ends the process without a chance to tidy up. True when it was still at work."""
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def take_over(file, do=services.finish):
    """Another worker goes on. The server notices a dead connection, and lets go of its lock, a moment later."""
    for _ in range(1_200):  # a loaded machine notices late
        file.refresh_from_db()
        if file.state not in ("waiting", "working", "undoing"):
            return
        do(file)
        time.sleep(0.05)


def assert_right(file, number=NUMBER):
    """As many claims, versions and answers as HOSO, each once."""
    file.refresh_from_db()
    assert (file.state, file.done, file.counts["stored"]) == ("done", number, number)
    assert Claim.objects.count() == ClaimVersion.objects.count() == number
    assert Claim.objects.exclude(current=None).values("current").distinct().count() == number
    entries = ClaimEntry.objects.filter(file=file)
    assert list(entries.order_by("index").values_list("index", flat=True)) == list(range(1, number + 1))
    assert set(entries.values_list("outcome", flat=True)) == {"stored"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_at_random_moments_lose_and_double_nothing(take, worker, seed):
    moments = random.Random(seed)
    file = take(made(*visits(NUMBER)), wait=False)
    killed = sum(kill_somewhere(worker(file), moments.uniform(0.01, 0.8)) for _ in range(3))
    file.refresh_from_db()
    assert killed
    done = ClaimChunk.objects.filter(file=file, state="done").count()
    assert Claim.objects.count() == ClaimEntry.objects.count() == file.done == done * 4

    take_over(file)

    assert_right(file)


@pytest.mark.slow
def test_connections_cut_by_the_server_lose_and_double_nothing(take, worker):
    """What a worker sees when PostgreSQL is killed: its connection is gone. It tries again by itself."""
    file = take(made(*visits(NUMBER)), wait=False)
    process = worker(file)
    cut = 0
    for _ in range(40):
        time.sleep(0.1)
        if process.poll() is not None:
            break
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.3 "
                "AND backend_type = 'client backend'"  # an autovacuum worker may not be ended by us
            )
            cut += cursor.fetchone()[0]
    process.wait(timeout=120)
    assert cut

    take_over(file)

    assert_right(file)


@pytest.mark.slow
def test_an_undo_killed_in_the_middle_goes_on(take, worker):
    file = take(made(*visits(NUMBER)))
    services.undo(file, by=None)
    moments = random.Random(5)
    killed = sum(kill_somewhere(worker(file, "services.run_undo(file)"), moments.uniform(0.01, 0.3)) for _ in range(2))
    assert killed

    take_over(file, services.run_undo)

    assert file.state == "undone"
    assert set(Claim.objects.values_list("state", "current")) == {("undone", None)}
    assert not ClaimVersion.objects.filter(undone_at=None).exists()


@pytest.mark.slow
def test_three_workers_at_once_do_the_work_once(take, worker):
    file = take(made(*visits(NUMBER)), wait=False)
    workers = [worker(file) for _ in range(3)]
    assert [process.wait(timeout=120) for process in workers] == [0, 0, 0]
    assert_right(file)


def test_two_files_with_the_same_claims_at_once_are_ordered(take, worker):
    """One is first; for the other its claims are a correction, or older."""
    one = take(made(*visits(NUMBER), made_on=dt.date(2025, 11, 1)), wait=False)
    other = take(made(*visits(NUMBER, LY_DO_VV="khác"), made_on=dt.date(2025, 11, 2)), wait=False)
    workers = [worker(file) for file in (one, other)]
    assert [process.wait(timeout=120) for process in workers] == [0, 0]
    for file in (one, other):
        take_over(file)
    assert [one.state, other.state] == ["done", "done"]
    assert Claim.objects.count() == NUMBER
    assert set(Claim.objects.values_list("current__file", flat=True)) == {other.pk}
    assert ClaimVersion.objects.values("claim", "number").distinct().count() == 2 * NUMBER


def test_chunks_without_the_session_lock_do_not_overlap(take, monkeypatch):
    """The row lock alone must be enough."""
    file = take(made(*visits(NUMBER)), wait=False)
    services.process(file)
    errors = []

    def work():
        try:
            for chunk in ClaimChunk.objects.filter(file=file.pk).select_related("file__by"):
                chunks._do(chunk)
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
    take_over(file)
    assert_right(file)


# --- Faults ----------------------------------------------------------------------------------------------------------


def test_one_poisonous_hoso_is_answered_and_its_neighbours_go_on(take, monkeypatch):
    restricted_of = chunks.restricted_of

    def stumbles(claim):
        if claim.index == 6:
            raise RecursionError("too deep")
        return restricted_of(claim)

    monkeypatch.setattr(chunks, "restricted_of", stumbles)
    file = take(made(*visits(10)))

    assert (file.state, file.counts["stored"], file.counts["rejected"], file.done) == ("done", 9, 1, 10)
    entry = ClaimEntry.objects.get(file=file, index=6)
    assert (entry.outcome, entry.problems[0]["rule"]) == ("rejected", chunks.POISON)
    assert "Máy gặp lỗi khi xử lý hồ sơ này" in entry.problems[0]["message"]
    assert ClaimChunk.objects.get(file=file, state="failed").first == 6


def test_a_fault_of_ours_does_not_reject_thousands(take, monkeypatch):
    def fails(claim):
        raise RuntimeError("no")

    monkeypatch.setattr(chunks, "restricted_of", fails)
    monkeypatch.setattr(chunks, "MOST_POISON", 3)
    file = take(made(*visits(20)))
    assert (file.state, file.message_code) == ("failed", "claims.failed")
    assert ClaimEntry.objects.count() <= 4

    monkeypatch.undo()
    monkeypatch.setattr(reading, "CHUNK", 4)
    file = services.retry(file, by=None)
    take_over(file)
    assert_right(file, 20)


@pytest.mark.parametrize("fault", [OperationalError("deadlock detected"), IntegrityError("a race")])
def test_passing_faults_are_tried_again(take, monkeypatch, fault):
    store, calls = chunks.store, []

    def fails_once(*given, **more):
        calls.append(1)
        found = store(*given, **more)
        if len(calls) == 1:
            raise fault
        return found

    monkeypatch.setattr(chunks, "store", fails_once)
    file = take(made(*visits(8)))
    assert_right(file, 8)
    assert len(calls) == 3
    assert ClaimChunk.objects.filter(file=file).values_list("count", flat=True)[0] == 4


def test_a_server_that_went_down_within_a_chunk_is_waited_for(take, monkeypatch):
    store, connect, calls = chunks.store, connection.get_new_connection, []

    def loses_its_session(*given, **more):
        found = store(*given, **more)
        calls.append("store")
        if calls == ["store"]:
            monkeypatch.setattr(connection, "get_new_connection", refuses_at_first)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return found

    def refuses_at_first(parameters):
        calls.append("connect")
        if calls.count("connect") < 4:
            raise OperationalError("connection refused")
        return connect(parameters)

    monkeypatch.setattr(chunks, "store", loses_its_session)
    file = take(made(*visits(8)))
    assert_right(file, 8)
    assert (calls.count("store"), calls.count("connect")) == (3, 4)


def test_a_file_that_kills_its_worker_three_times_is_set_aside(take, worker):
    file = take(made(*visits(8)), wait=False)
    services.process(file)
    dies = "import os\nfrom ehr.claims.services import chunks\n"
    dies += "chunks.restricted_of = lambda claim: os.kill(os.getpid(), 9)\nservices.finish(file)"
    assert [worker(file, dies).wait(timeout=60) for _ in range(3)] == [-signal.SIGKILL] * 3

    take_over(file)

    assert (file.state, file.message) == ("failed", states.KILLS)
    assert services.result(file)["problems"][-1]["message"] == states.KILLS
    assert services.stuck() == []
    take_over(services.retry(file, by=None))
    assert_right(file, 8)


def test_reading_that_kills_three_times_is_set_aside(take):
    file = take(made(visit()), wait=False)
    ClaimFile.objects.filter(pk=file.pk).update(failures=3)
    assert services.finish(file).state == "failed"


# --- Who finds it ----------------------------------------------------------------------------------------------------


def test_work_without_a_worker_is_handed_out_again(take):
    file = take(made(*visits(8)), wait=False)
    assert services.stuck() == []  # it was sent a moment ago
    long_ago = timezone.now() - dt.timedelta(minutes=2)
    ClaimFile.objects.update(touched_at=long_ago)
    assert services.stuck() == [("claims.read", file.pk)]
    services.process(file)
    ClaimFile.objects.update(touched_at=long_ago)
    assert services.stuck() == [("claims.work", file.pk)]
    with session_lock(states.CHUNK, ClaimChunk.objects.first().pk) as mine:
        assert mine
        assert services.stuck() == []  # somebody is at it, however slow


def test_tasks_do_one_chunk_each_and_take_turns(take):
    file = take(made(*visits(10)), wait=False)
    tasks.read(file.pk)
    assert ClaimFile.objects.get(pk=file.pk).state == "working"
    for done in (4, 8, 10):
        tasks.work(file.pk)
        assert ClaimFile.objects.get(pk=file.pk).done == done
    assert_right(file, 10)
    tasks.work(file.pk)
    tasks.read(file.pk)
    tasks.read(0)
    assert_right(file, 10)
