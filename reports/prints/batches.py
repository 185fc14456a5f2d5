"""One report of every commune of a district or province: a PDF each, made by workers, fetched as one archive.

Two tasks share the work: each takes the next commune that has no file and that nobody else is at. One alone does all of
it; a killed one leaves at most the page it was at, and starting the batch again goes on behind the finished files."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.common import background
from ehr.common.text import plain
from reports import services
from reports.models import ReportBatch
from reports.periods import Period
from reports.prints.jobs import KEEP_DAYS
from reports.questions import OutOfScope, Question, villages_seen
from reports.registry import REPORTS
from reports.report import Report
from stations.models import AdminUnit, User
from stations.queries import communes_of

LOCK = 831_007
WORKERS = 2
ARCHIVE = "bao-cao.zip"
AT_ONCE = 10  # files; then the task goes to the end of the queue, so that other work gets its turn


def folder(batch: ReportBatch) -> Path:
    """Where the files lie: below var/, never served directly."""
    return Path(settings.MEDIA_ROOT) / "prints" / str(batch.key)


def offered(report: Report, unit: AdminUnit) -> bool:
    """Whether the report can be printed for all communes of the unit: registers of people are printed one by one."""
    wanted = report.every_commune and not report.personal and bool(report.levels.get("commune"))
    return wanted and unit.level != AdminUnit.Level.COMMUNE


def start(*, report: Report, unit: AdminUnit, period: Period, options: dict[str, str], by: User) -> ReportBatch:
    """A batch of this question; the user's unfinished one when there is one already (double click).

    Raises PermissionDenied without the right or outside the user's places."""
    if not offered(report, unit) or not _may(report, unit, by):
        raise PermissionDenied
    asked = {"user": by, "report": report.key, "unit": unit, "period": period.iso, "options": options}
    batch = ReportBatch.objects.filter(**asked, state__in=ReportBatch.OPEN).first()
    if batch is None:
        batch = _broken_today(asked) or ReportBatch.objects.create(**asked, total=communes_of(unit).count())
    for _ in range(WORKERS):
        background.enqueue_on_commit("reports.tasks.print_batch", batch.pk)
    return batch


def _broken_today(asked: dict[str, Any]) -> ReportBatch | None:
    """A batch of today that failed: it goes on behind its finished files."""
    batch = ReportBatch.objects.filter(**asked, state=ReportBatch.State.FAILED, created_at__date=localdate()).first()
    if batch is not None:
        batch.state, batch.message = ReportBatch.State.QUEUED, ""
        batch.save(update_fields=["state", "message"])
    return batch


def _may(report: Report, unit: AdminUnit, by: User) -> bool:
    try:
        return services.may(report, by, "print") and villages_seen(by, unit) is None
    except OutOfScope:
        return False


def run(batch: ReportBatch) -> bool:
    """Prints some of what is missing, together with other workers; who sees the last file done packs the archive.

    Returns whether there may be more for this worker to print. Raises PdfOff."""
    report = REPORTS[batch.report]
    if batch.state not in ReportBatch.OPEN:
        return False
    if not _may(report, batch.unit, batch.user):
        raise PermissionDenied
    target = folder(batch)
    target.mkdir(parents=True, exist_ok=True)
    communes = list(communes_of(batch.unit).order_by("plain_name", "code"))
    printed = 0
    ReportBatch.objects.filter(pk=batch.pk).update(state=ReportBatch.State.RUNNING, total=len(communes), message="")
    for number, commune in enumerate(communes, start=1):
        file = target / f"{number:03d}_{report.path}_{commune.code}_{_slug(commune.name)}.pdf"
        if file.exists():
            continue
        if printed == AT_ONCE:
            return True
        with _turn(batch.pk * 10_000 + number) as mine:
            if mine and not file.exists():
                _print(batch, report, commune, file)
                printed += 1
                ReportBatch.objects.filter(pk=batch.pk).update(done=_done(target))
    with _turn(batch.pk * 10_000) as mine:
        if mine and _done(target) == len(communes):
            _pack(target)
            ReportBatch.objects.filter(pk=batch.pk).update(
                state=ReportBatch.State.DONE, done=len(communes), finished_at=timezone.now()
            )
    return False


def _print(batch: ReportBatch, report: Report, commune: AdminUnit, file: Path) -> None:
    """One file and the row that says it left, both or none: the file gets its name last."""
    question = Question(
        unit=commune, period=Period.parse(batch.period, today=localdate()), by=report.groupings_for(commune)[0],
        user=batch.user, today=localdate(), options=batch.options,
    )  # fmt: skip
    draft = file.with_suffix(".part")
    with transaction.atomic():
        with draft.open("wb") as out:
            services.write_file(report=report, question=question, format="pdf", by=batch.user, out=out, door="task")
        os.replace(draft, file)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-")


def _done(target: Path) -> int:
    return sum(1 for _ in target.glob("*.pdf"))


def _pack(target: Path) -> None:
    draft = target / f"{ARCHIVE}.part"
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:  # a PDF is compressed already
        for file in sorted(target.glob("*.pdf")):
            archive.write(file, file.name)
    os.replace(draft, target / ARCHIVE)


@contextlib.contextmanager
def _turn(number: int) -> Iterator[bool]:
    """Whether this worker has the number to itself; a killed worker's lock goes with its connection."""
    key = [LOCK, number % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def remove_old() -> int:
    """Archives go after a week, their batches with them. Returns how many."""
    old = ReportBatch.objects.filter(created_at__lt=timezone.now() - dt.timedelta(days=KEEP_DAYS))
    for batch in old:
        shutil.rmtree(folder(batch), ignore_errors=True)
    return old.delete()[0]
