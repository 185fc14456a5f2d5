"""Secrets, folders and rights of the embedded servers: no server is started here."""

import os
import stat
import threading

import pytest

from ehr.config.runtime import StartupError, embedded, place, secrets, system


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    first = secrets.secret_key(tmp_path)
    assert len(first) >= 50
    assert secrets.secret_key(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_processes_that_make_a_secret_at_once_agree(tmp_path):
    found = []
    barrier = threading.Barrier(8)

    def read():
        barrier.wait()
        found.append(secrets.password(tmp_path / "run" / "password"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["password"]


def test_a_folder_that_cannot_be_written_is_named_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StartupError) as error:
        secrets.secret_key(tmp_path / "file")
    assert str(tmp_path / "file") in str(error.value)
    assert "\n" not in str(error.value)


def test_addresses_are_stable_and_start_nothing(make_var_dir):
    var = make_var_dir()
    assert embedded.database_url(var) == embedded.database_url(var)
    assert embedded.redis_url(var) == embedded.redis_url(var)
    assert embedded.running(var) == []


def test_a_path_too_long_for_a_socket_gets_a_loopback_port(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    deep = tmp_path / ("x" * 100)
    assert "@127.0.0.1:" in embedded.database_url(deep)


def test_reach_of_other_users_is_read_from_all_parents(tmp_path):
    open_folder = tmp_path / "a" / "b"
    open_folder.mkdir(parents=True)
    for folder in (open_folder, open_folder.parent):
        folder.chmod(0o755)
    assert place.others_can_reach(open_folder) == place.others_can_reach(tmp_path)
    open_folder.parent.chmod(0o700)
    assert not place.others_can_reach(open_folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another user")
def test_root_moves_the_data_where_the_servers_user_can_reach_it(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    found = place.place_of(closed / "var")
    assert found.var == closed / "var"
    assert str(found.root).startswith("/var/lib/ehr-")
    assert not found.root.exists()  # asking creates nothing


def test_only_servers_without_an_address_are_embedded(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://x")
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert embedded.wanted() == ("valkey",)
    monkeypatch.delenv("DATABASE_URL")
    assert embedded.wanted() == ("postgres", "valkey")


def test_missing_pango_and_font_are_named_as_packages(monkeypatch):
    monkeypatch.setattr(system, "PANGO", ("libkhongco.so.0",))
    monkeypatch.setattr(system, "has_vietnamese_font", lambda: False)
    assert system.missing_for_pdf() == [*system.PDF_PACKAGES, system.FONT_PACKAGES[0]]
    assert all(package in system.PDF_OFF for package in system.missing_for_pdf())
    monkeypatch.setattr(system, "PANGO", ())
    monkeypatch.setattr(system, "has_vietnamese_font", lambda: True)
    assert system.missing_for_pdf() == []


def test_an_official_font_comes_along_with_pango(monkeypatch):
    monkeypatch.setattr(system, "PANGO", ("libkhongco.so.0",))
    monkeypatch.setattr(system, "has_vietnamese_font", lambda: True)
    assert system.missing_for_pdf() == [*system.PDF_PACKAGES, system.FONT_PACKAGES[0]]
    monkeypatch.setattr(system, "PANGO", ())
    monkeypatch.setattr(system, "has_vietnamese_font", lambda: False)
    assert system.missing_for_pdf() == [system.FONT_PACKAGES[0]]
