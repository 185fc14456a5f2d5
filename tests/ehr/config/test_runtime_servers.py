"""The embedded servers for real: started once by many, adopted, killed, started again with their data."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from ehr.config.runtime import StartupError, embedded, postgres, valkey
from ehr.config.runtime.environment import BASE_DIR
from ehr.config.runtime.place import place_of

START = (
    "import sys; from ehr.config.runtime import embedded; print(embedded.ensure_running(sys.argv[1], durable=False))"
)


@pytest.fixture(scope="module")
def var_dir(make_var_dir):
    folder = make_var_dir()
    yield folder
    embedded.stop(folder)


@pytest.fixture
def running(var_dir):
    embedded.ensure_running(var_dir, durable=False)
    return place_of(var_dir)


def connect(place):
    return psycopg.connect(**postgres.connection_arguments(place))


def wait_until_gone(pid: int) -> None:
    """A killed process may stay as a zombie where nobody collects it; it is gone for us when it has no folder."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
        except OSError:
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} is still there")


def test_two_processes_that_start_at_once_start_one_server(var_dir):
    command = [sys.executable, "-c", START, str(var_dir)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR) for _ in range(2)]
    answers = sorted(process.communicate()[0].strip() for process in processes)
    assert answers == ["['postgres', 'valkey']", "[]"]
    assert embedded.running(var_dir) == ["postgres", "valkey"]


def test_a_running_server_is_found_quickly(running, var_dir):
    pid = postgres.running_pid(running)
    begin = time.perf_counter()
    assert embedded.ensure_running(var_dir) == []
    assert time.perf_counter() - begin < 0.03
    assert postgres.running_pid(running) == pid


def test_the_application_role_is_no_superuser_and_text_sorts_by_code_point(running):
    with connect(running) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SELECT lower('ĐẶNG')").fetchone() == ("đặng",)
        assert connection.execute("SHOW jit").fetchone() == ("off",)


def test_a_wrong_password_is_refused(running):
    arguments = {**postgres.connection_arguments(running), "password": "wrong"}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**arguments)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(valkey.url(running).replace("://:", "://:wrong")).ping()


def test_after_kill_9_the_servers_start_again_with_every_saved_line(var_dir):
    embedded.stop(var_dir)
    embedded.ensure_running(var_dir)  # as a real installation runs it
    running = place_of(var_dir)
    with connect(running) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (line text)")
        connection.execute("INSERT INTO kept VALUES ('còn đây')")
    killed = [postgres.running_pid(running), valkey.pid(running)]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    for pid in killed:
        wait_until_gone(pid)
    assert embedded.running(var_dir) == []
    assert embedded.ensure_running(var_dir) == ["postgres", "valkey"]
    with connect(running) as connection:
        assert connection.execute("SELECT line FROM kept").fetchall() == [("còn đây",)]


def test_no_personal_data_of_a_failed_statement_reaches_the_log(running):
    with connect(running) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE TEMP TABLE numbers (number text UNIQUE)")
        connection.execute("INSERT INTO numbers VALUES ('038001234567')")
        connection.execute("INSERT INTO numbers VALUES ('038001234567')")
    time.sleep(0.3)  # the collector writes a moment later
    text = "".join(path.read_text() for path in running.log.glob("postgres-*.log"))
    assert "duplicate key" in text
    assert "038001234567" not in text


def test_a_port_taken_by_a_stranger_is_exchanged(running, var_dir):
    embedded.stop(var_dir, ["valkey"])
    before = valkey.url(running)
    port = int(before.rsplit(":", 1)[1].split("/")[0])
    with postgres.socket.create_server(("127.0.0.1", port)):
        assert embedded.ensure_running(var_dir, durable=False) == ["valkey"]
    assert valkey.url(running) != before
    assert redis.Redis.from_url(valkey.url(running)).ping()


def test_data_of_another_postgres_version_is_named(running, var_dir, monkeypatch):
    embedded.stop(var_dir, ["postgres"])
    monkeypatch.setattr(postgres, "major_version", lambda folder: 99)
    with pytest.raises(StartupError, match="PG_BIN"):
        embedded.ensure_running(var_dir, durable=False)


def test_stop_ends_both(running, var_dir):
    assert embedded.stop(var_dir) == ["postgres", "valkey"]
    assert embedded.running(var_dir) == []
    assert embedded.stop(var_dir) == []
