"""The supervisor: one sentence when it cannot start, restarts with growing pauses when a process dies."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

import manage
from ehr.config.runtime import StartupError, servers, supervisor
from ehr.config.runtime.environment import BASE_DIR
from ehr.config.runtime.place import Place


def up(var_dir, **variables):
    """`manage.py up` with the test servers; returns (exit code, what it printed)."""
    environment = {**os.environ, "VAR_DIR": str(var_dir), **variables}
    command = [sys.executable, "manage.py", "up"]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_port_in_use_is_one_sentence(make_var_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = up(make_var_dir(), PORT=str(port))
    assert code == 1
    assert text.startswith(f"Cổng {port} trên 127.0.0.1 không dùng được (chương trình khác đang dùng)")
    assert text.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "abc", "70000"])
def test_a_port_that_is_none_is_one_sentence(make_var_dir, port):
    code, text = up(make_var_dir(), PORT=port)
    assert code == 1
    assert text == f"PORT={port} không phải là số cổng (1–65535).\n"


def test_a_folder_that_cannot_be_made_is_one_sentence(make_var_dir):
    file = make_var_dir().parent / "file"
    file.write_text("")
    code, text = up(file / "var", PORT="8999")
    assert code == 1
    assert text.startswith(f"Không ghi được vào thư mục {file}")
    assert text.count("\n") == 1


def test_a_second_start_in_the_same_folder_names_the_first(tmp_path):
    place = Place(tmp_path, tmp_path)
    place.run.mkdir()
    with (
        supervisor._only_one(place),
        pytest.raises(StartupError, match=f"tiến trình {os.getpid()}"),
        supervisor._only_one(place),
    ):
        pytest.fail("both hold the lock")
    with supervisor._only_one(place):
        assert servers.locked([place.run / "up.pid"])


def test_a_dead_process_is_restarted_after_growing_pauses(tmp_path, capsys):
    child = supervisor.Child("thử", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "child.log")
    pauses = []
    for _ in range(6):
        child.start()
        child.process.wait()
        child.watch()
        pauses.append(child.pause)
    assert pauses == [2, 4, 8, 16, 30, 30]
    assert "mã 3" in capsys.readouterr().out
    child.started = time.monotonic() - 61  # had lived long: the next death is a new story
    child.restart_at = None
    child.watch()
    assert child.pause == 1


def test_a_child_is_started_again_when_its_pause_is_over(tmp_path):
    child = supervisor.Child("thử", ["sleep", "60"], tmp_path / "child.log")
    child.start()
    first = child.process.pid
    child.signal(signal.SIGKILL)
    child.process.wait()
    child.watch()
    assert child.restart_at is not None
    child.restart_at = time.monotonic()
    child.watch()
    assert child.process.poll() is None
    assert child.process.pid != first
    child.signal(signal.SIGKILL)
    child.process.wait()


def test_a_long_log_is_put_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_LIMIT", 10)
    log = tmp_path / "child.log"
    log.write_text("a long story of old")
    child = supervisor.Child("thử", ["true"], log)
    child.start()
    child.process.wait()
    assert (tmp_path / "child.log.1").read_text() == "a long story of old"
    assert log.read_text() == ""


def test_the_fingerprint_changes_with_migrations_and_static_files(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor.environment, "BASE_DIR", tmp_path)
    folder = tmp_path / "ehr" / "codes" / "migrations"
    folder.mkdir(parents=True)
    place = Place(tmp_path / "var", tmp_path / "var")
    seen = [supervisor._fingerprint(place)]
    (tmp_path / "ehr" / "codes" / "views.py").write_text("# code alone needs no preparation")
    assert supervisor._fingerprint(place) == seen[0]
    (folder / "0001_initial.py").write_text("")
    seen.append(supervisor._fingerprint(place))
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("")
    seen.append(supervisor._fingerprint(place))
    monkeypatch.setenv("DATABASE_URL", "postgres://another")
    seen.append(supervisor._fingerprint(place))
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    "arguments", [["check"], ["help"], [], ["migrate", "--help"], ["--version"], ["collectstatic"]]
)
def test_commands_without_a_database_start_no_server(tmp_path, monkeypatch, arguments):
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL")
    manage.ensure_servers(arguments)
    assert not (tmp_path / "var").exists()


def test_an_unreachable_database_is_one_sentence(tmp_path):
    environment = {**os.environ, "DATABASE_URL": "postgres://ehr:secret@127.0.0.1:1/ehr", "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "prepare"]
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: Không kết nối được PostgreSQL")
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_missing_key_is_one_sentence(tmp_path):
    environment = {**os.environ, "SECRET_KEY": "", "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Thiếu biến môi trường SECRET_KEY. Xem .env.example.\n"
