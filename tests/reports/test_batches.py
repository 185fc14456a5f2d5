"""The report of every commune as PDFs in one archive: shared by workers, resumed, rights, what it costs."""

import datetime as dt
import io
import zipfile

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse

from reports.models import ReportBatch, ReportRun
from reports.periods import Period
from reports.prints import batches
from reports.registry import REPORTS
from reports.tasks import print_batch
from stations.models import AdminUnit

pytestmark = pytest.mark.django_db
MONTH = Period(dt.date(2026, 10, 1), "month")


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def district(places):
    """An old district of three communes, so that the test prints three pages and not thirty."""
    keep = [places.old_commune.pk]
    keep += AdminUnit.objects.filter(parent=places.district).exclude(pk__in=keep).values_list("pk", flat=True)[:2]
    AdminUnit.objects.filter(parent=places.district).exclude(pk__in=keep).update(parent=None)
    return places.district


def begin(users, unit, who="centre"):
    return batches.start(
        report=REPORTS["coverage"], unit=unit, period=MONTH, options={}, by=getattr(users, who)
    )  # fmt: skip


def names(batch):
    with zipfile.ZipFile(batches.folder(batch) / batches.ARCHIVE) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_a_batch_goes_on_where_a_killed_worker_stopped(users, district, media, monkeypatch):
    batch, real, calls = begin(users, district), batches._print, []

    def dies_at_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(batches, "_print", dies_at_second)
    with pytest.raises(KeyboardInterrupt):
        print_batch(batch.pk)
    assert ReportRun.objects.count() == 1
    print_batch(batch.pk)
    print_batch(batch.pk)  # delivered twice
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.total) == ("done", 3, 3)
    assert len(calls) == 4  # three files, one of them begun twice
    assert len(names(batch)) == 3
    assert names(batch)[0].startswith("001_lien-thong_")
    assert ReportRun.objects.filter(user=users.centre, format="pdf").count() == 3


def test_a_file_that_another_worker_is_at_is_left_to_it(users, district, media):
    batch = begin(users, district)
    with connection.copy().cursor() as other:  # another session: what a second worker is
        other.execute("SELECT pg_advisory_lock(%s, %s)", [batches.LOCK, (batch.pk * 10_000 + 1) % 2**31])
        print_batch(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.done) == ("running", 2)
        other.execute("SELECT pg_advisory_unlock_all()")
        other.connection.close()
    print_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "done"


def test_a_worker_gives_way_to_other_work(users, district, media, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(batches, "AT_ONCE", 2)
    batch = begin(users, district)
    with django_capture_on_commit_callbacks() as sent:
        print_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.done, len(sent)) == (2, 1)  # it comes back for the rest
    with django_capture_on_commit_callbacks() as sent:
        print_batch(batch.pk)
    assert sent == []
    batch.refresh_from_db()
    assert batch.state == "done"


def test_the_same_question_twice_is_one_batch_and_a_failed_one_goes_on(users, district, media):
    first = begin(users, district)
    assert begin(users, district) == first
    ReportBatch.objects.update(state="failed", message="Lỗi")
    again = begin(users, district)
    assert (again.pk, again.state, again.message) == (first.pk, "queued", "")
    assert begin(users, district, "department") != first


@pytest.mark.parametrize("who", ["clerk", "centre", "far", "nobody", "admin"])
def test_only_who_may_see_all_of_the_unit_prints_it(users, places, who):
    with pytest.raises(PermissionDenied):
        begin(users, places.province, who)


def test_a_right_that_ended_stops_the_work(users, district, media):
    batch = begin(users, district)
    users.centre.assignments.all().delete()
    print_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.done) == ("failed", 0)
    assert "không còn quyền" in batch.message


def test_registers_of_people_and_single_communes_have_no_batch(users, places, login):
    assert not batches.offered(REPORTS["a1"], places.province)
    assert not batches.offered(REPORTS["coverage"], places.commune)
    assert not batches.offered(REPORTS["lateness"], places.province)
    page = login(users.department).get(reverse("reports:show", args=["lien-thong"]), {"unit": "new-38"})
    assert "PDF từng xã" in page.content.decode()
    page = login(users.head).get(reverse("reports:show", args=["lien-thong"]), {"unit": "new-16516"})
    assert "PDF từng xã" not in page.content.decode()


def test_from_the_button_to_the_archive(users, district, media, login):
    client = login(users.centre)
    asked = {"unit": "old-382", "period": "2026-10", "by": "commune"}
    page = client.post(reverse("prints:batch_start", args=["lien-thong"]), asked)
    assert page.status_code == 302
    assert "htmx.min.js" in client.get(page["Location"]).content.decode()  # or the page would never move
    assert client.post(reverse("prints:batch_start", args=["lien-thong"]), asked)["Location"] == page["Location"]
    batch = ReportBatch.objects.get()
    file = reverse("prints:batch_file", args=[batch.key])
    assert client.get(file).status_code == 404  # not ready
    print_batch(batch.pk)
    assert "Tải tệp nén" in client.get(page["Location"]).content.decode()
    assert zipfile.is_zipfile(io.BytesIO(client.get(file).getvalue()))
    assert login(users.department).get(file).status_code == 404
    assert login(users.far).post(reverse("prints:batch_start", args=["lien-thong"]), asked).status_code == 404


def test_archives_go_after_a_week(users, district, media):
    batch = begin(users, district)
    print_batch(batch.pk)
    ReportBatch.objects.update(created_at="2026-01-01T00:00:00+07:00")
    batches.remove_old()
    assert not batches.folder(batch).exists()
    assert not ReportBatch.objects.exists()
