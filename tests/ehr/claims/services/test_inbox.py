"""The folder of partner software: complete files only, each once, none lost."""

import os
import time

import pytest

from ehr.claims import services
from ehr.claims.models import Claim, ClaimFile
from ehr.claims.services import chunks, inbox
from tests.ehr.claims.services.files import made, visit
from tests.ehr.claims.services.test_bad_input import LAUGHS, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    settings.CLAIMS_INBOX = str(tmp_path / "inbox")
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def drop(folder, name, data, *, age=60):
    path = folder / name
    path.write_bytes(data)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def work():
    for file in ClaimFile.objects.filter(state="working"):
        chunks.work_all(file.pk)


def test_nothing_happens_without_the_setting(settings):
    settings.CLAIMS_INBOX = ""
    assert services.take_in() == 0


def test_files_are_taken_and_moved_with_the_reason_beside_refused_ones(folder):
    drop(folder, "tốt.xml", made(visit(1)))
    drop(folder, "xấu.xml", LAUGHS)
    drop(folder, "gói.zip", zipped(**{"../x.xml": b"<x/>"}))
    drop(folder, "ghi chú.txt", b"x")
    assert services.take_in() == 3
    assert names(folder) == sorted([
        "done/tốt.xml", "ghi chú.txt", "refused/gói.zip", "refused/gói.zip.txt", "refused/xấu.xml",
        "refused/xấu.xml.txt",
    ])  # fmt: skip
    assert "DOCTYPE" in (folder / "refused/xấu.xml.txt").read_text(encoding="utf-8")
    work()
    assert Claim.objects.count() == 1


def test_a_file_that_is_still_written_waits(folder):
    drop(folder, "mới.xml", made(visit()), age=1)
    assert services.take_in() == 0
    whole = made(visit())
    drop(folder, "dở.xml", whole[:-500])
    assert services.take_in() == 0
    assert names(folder) == ["dở.xml", "mới.xml"]

    drop(folder, "dở.xml", whole)
    assert services.take_in() == 1
    assert names(folder) == ["done/dở.xml", "mới.xml"]


def test_a_file_that_stays_cut_short_is_refused_in_the_end(folder):
    drop(folder, "cụt.xml", made(visit())[:-500], age=inbox.PATIENCE + 60)
    assert services.take_in() == 1
    assert names(folder) == ["refused/cụt.xml", "refused/cụt.xml.txt"]


def test_the_same_file_twice_is_harmless_and_names_do_not_collide(folder):
    data = made(visit())
    drop(folder, "a.xml", data)
    services.take_in()
    drop(folder, "a.xml", data)
    services.take_in()
    work()
    assert names(folder) == ["done/a (2).xml", "done/a.xml"]
    assert ClaimFile.objects.count() == Claim.objects.count() == 1


def test_a_move_that_was_broken_off_is_made_up_for(folder, monkeypatch):
    drop(folder, "a.xml", made(visit()))

    def dies(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(inbox.os, "replace", dies)
        services.take_in()
    assert names(folder) == ["a.xml"]

    services.take_in()
    work()

    assert names(folder) == ["done/a.xml"]
    assert ClaimFile.objects.count() == Claim.objects.count() == 1
