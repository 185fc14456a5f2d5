"""Questionnaires of a whole village: hundreds of pages, printed by a worker into files of some households each.

A restarted worker goes on behind the last finished file; a task that runs twice changes nothing."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import zipfile
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ehr.audit import services as audit
from ehr.audit.models import AccessLog
from ehr.common import background
from ehr.records.models import Person
from reports.models import PrintJob
from reports.prints.pdf import write_pdf
from reports.prints.questionnaire import QUESTIONNAIRE, people_of, questionnaire_context, village_households
from stations.models import User, Village

HOUSEHOLDS_PER_FILE = 20
KEEP_DAYS = 7


def folder(job: PrintJob) -> Path:
    """Where the files of a job lie: below var/, never served directly."""
    return Path(settings.MEDIA_ROOT) / "prints" / str(job.key)


def start(*, village: Village, by: User) -> PrintJob:
    """A job for this village; the user's unfinished one when there is one already (double click)."""
    running = PrintJob.objects.filter(
        village=village, user=by, state__in=(PrintJob.State.QUEUED, PrintJob.State.RUNNING)
    )
    job = running.first()
    if job is None:
        job = PrintJob.objects.create(village=village, user=by, total=len(village_households(village)))
    background.enqueue_on_commit("reports.tasks.print_village", job.pk)
    return job


def run(job: PrintJob) -> None:
    """Prints what is still missing, counts households done, packs the files, logs the print of each person."""
    if job.state == PrintJob.State.DONE:
        return
    target = folder(job)
    target.mkdir(parents=True, exist_ok=True)
    households = village_households(job.village)
    PrintJob.objects.filter(pk=job.pk).update(state=PrintJob.State.RUNNING, total=len(households))
    for number, at in enumerate(range(0, len(households), HOUSEHOLDS_PER_FILE), start=1):
        chunk = households[at : at + HOUSEHOLDS_PER_FILE]
        file = target / f"phieu-{number:03d}.pdf"
        if not file.exists():
            _print_chunk(job, chunk, file)
        PrintJob.objects.filter(pk=job.pk).update(done=at + len(chunk))
    _pack(target)
    PrintJob.objects.filter(pk=job.pk).update(state=PrintJob.State.DONE, finished_at=timezone.now())


def _print_chunk(job: PrintJob, households: list[int], file: Path) -> None:
    """One file and the log of its people, both or none: the file gets its name last."""
    people = people_of(households)
    seen = set(Person.objects.visible_to(job.user).filter(pk__in=[x.pk for x in people]).values_list("pk", flat=True))
    people = [person for person in people if person.pk in seen]
    draft = file.with_suffix(".part")
    draft.write_bytes(write_pdf("prints/questionnaire.html", questionnaire_context(people)) if people else b"")
    with transaction.atomic():
        audit.log_accesses(
            by=job.user, person_ids=[person.pk for person in people], action=AccessLog.Action.PRINT, door="task",
            object=QUESTIONNAIRE,
        )  # fmt: skip
        os.replace(draft, file)


def _pack(target: Path) -> None:
    draft = target / "phieu.zip.part"
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(target.glob("phieu-*.pdf")):
            if file.stat().st_size:
                archive.write(file, file.name)
    os.replace(draft, target / "phieu.zip")


def remove_old() -> int:
    """Printed files hold personal data: they go after a week, their jobs with them. Returns how many."""
    old = PrintJob.objects.filter(created_at__lt=timezone.now() - dt.timedelta(days=KEEP_DAYS))
    for job in old:
        shutil.rmtree(folder(job), ignore_errors=True)
    return old.delete()[0]
