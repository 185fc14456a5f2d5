"""What came in on files leaves when it is old enough; the ledger stays."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ehr.intake import services
from ehr.intake.files import FileRefused
from ehr.intake.models import ImportBatch, ImportBefore, ImportFile, ImportRow, Kind
from ehr.intake.pages import batch_entries
from ehr.intake.register import services as register_services
from ehr.intake.register.models import RegisterComparison, RegisterLine
from ehr.intake.tasks import clear
from ehr.records.models import Person
from tests.ehr.intake.sheets import PEOPLE, person

pytestmark = pytest.mark.django_db
State = ImportBatch.State
BAD = person(9, **{"Ngày sinh": "31/02/1980"})


def age(batch, days):
    """As if everything had happened so many days earlier."""
    past = timezone.now() - dt.timedelta(days=days)
    columns = {"created_at": past, "touched_at": past}
    if batch.finished_at:
        columns["finished_at"] = past
    ImportBatch.objects.filter(pk=batch.pk).update(**columns)


def fresh(batch):
    return ImportBatch.objects.get(pk=batch.pk)


def test_a_written_batch_keeps_its_ledger_and_loses_what_it_held(write, users, login):
    batch = write([*PEOPLE, BAD])
    age(batch, 5 * 366)

    assert services.clear_old() == 1
    assert services.clear_old() == 0  # a second night finds nothing

    batch = fresh(batch)
    assert (batch.state, batch.counts["rows"], batch.counts["written"], batch.by) == (State.DONE, 5, 4, users.clerk)
    assert batch.layout == []
    rows = list(ImportRow.objects.filter(batch=batch))
    assert len(rows) == 4 and not any(row.values or row.label or row.cleaned or row.problems for row in rows)
    assert {row.person_id for row in rows} == set(Person.objects.values_list("pk", flat=True))
    assert not ImportBefore.objects.filter(batch=batch).exists()
    file = ImportFile.objects.get()
    assert (bytes(file.data), file.size > 0, len(file.sha256)) == (b"", True, 64)
    assert Person.objects.count() == 4  # records are another matter
    [entry] = batch_entries(Person.objects.first())
    assert batch.file_name in entry.title

    page = login(users.clerk).get(reverse("intake:batch", args=[batch.key])).content.decode()
    assert "không hoàn tác được nữa" in page and "Hoàn tác…" not in page and "Tải dòng bị từ chối" not in page


def test_what_is_cleared_cannot_be_taken_back(write, users):
    batch = write()
    age(batch, 5 * 366)
    clear()

    for rest in (False, True):
        with pytest.raises(ValidationError) as refused:
            services.undo(fresh(batch), by=users.head, rest=rest)
        assert refused.value.code == "batch.cleared"
        assert "Không hoàn tác được nữa" in refused.value.message
    with pytest.raises(FileRefused) as gone:
        services.refused_workbook(fresh(batch))
    assert gone.value.code == "file.cleared"
    assert Person.objects.count() == 4


@pytest.mark.parametrize(
    ("kind", "days", "cleared"),
    [("survey", 1800, False), ("survey", 1830, True), ("exam", 700, False), ("exam", 735, True)],
)
def test_each_kind_has_its_age(write, kind, days, cleared):
    batch = write()
    ImportBatch.objects.filter(pk=batch.pk).update(kind=kind)
    age(batch, days)
    assert services.clear_old() == cleared


@pytest.mark.parametrize("setting", ["INTAKE_KEEP_DAYS", "INTAKE_KEEP_UNWRITTEN_DAYS"])
def test_zero_days_keep_for_ever(write, send, settings, setting):
    settings.INTAKE_KEEP_DAYS = settings.INTAKE_KEEP_UNWRITTEN_DAYS = 10
    setattr(settings, setting, 0)
    age(write(), 10_000)
    age(send([person(30)]), 10_000)
    assert services.clear_old() == 1


def test_a_preview_that_nobody_confirmed_is_cancelled(send):
    waiting, recent = send(), send([person(40)])
    age(waiting, 91)
    age(recent, 89)

    assert services.clear_old() == 1

    waiting = fresh(waiting)
    assert (waiting.state, waiting.message_code, waiting.rows.count()) == (State.CANCELLED, "too_old", 0)
    assert fresh(recent).rows.count() == 1


def test_a_file_that_another_batch_needs_stays_and_one_that_comes_again_is_whole(send, write):
    old = send()
    age(old, 91)
    new = send(kind=Kind.REGISTER)
    services.clear_old()
    assert bytes(ImportFile.objects.get().data)
    age(new, 91)
    services.clear_old()
    assert not bytes(ImportFile.objects.get().data)

    again = send()

    assert again.pk not in (old.pk, new.pk)
    assert (again.state, again.counts["new"]) == (State.PREVIEW, 4)
    file = ImportFile.objects.get()
    assert bytes(file.data) and file.cleared_at is None


def test_a_population_list_of_which_something_was_accepted_stays_as_long_as_a_register(send, users):
    batch = send(kind=Kind.REGISTER)
    made = register_services.accept(batch, group="missing_here", by=users.clerk)
    assert made.accepted == 4
    age(fresh(batch), 91)
    assert services.clear_old() == 0
    age(fresh(batch), 1830)
    batch.acceptances.update(created_at=timezone.now() - dt.timedelta(days=1830))

    assert services.clear_old() == 1

    batch = fresh(batch)
    assert batch.state == State.DONE
    assert not RegisterLine.objects.filter(batch=batch).exists()
    assert not RegisterComparison.objects.filter(batch=batch).exists()
    made.refresh_from_db()
    assert made.accepted == 4
    with pytest.raises(ValidationError) as refused:
        register_services.undo(made, by=users.clerk)
    assert refused.value.code == "batch.cleared"
    with pytest.raises(ValidationError):
        register_services.compare(batch, by=users.clerk)
    assert Person.objects.count() == 4


@pytest.mark.parametrize("count", [1, 30])
def test_a_batch_costs_the_same_whatever_it_holds(count, write, django_assert_max_num_queries):
    batch = write([person(100 + number, household="H900") for number in range(count)])
    age(batch, 5 * 366)
    with django_assert_max_num_queries(16):
        services.clear_old()
