"""A file looked over: refused as a whole, or cut into chunks that workers take."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from ehr.claims.claim import Envelope
from ehr.claims.findings import ClaimFileRefused, Finding
from ehr.claims.models import ClaimChunk, ClaimFile, ClaimFilePart
from ehr.claims.rules import Known, check_envelope
from ehr.claims.services import known as knowledge
from ehr.claims.services.raw import open_raw
from ehr.claims.services.states import MOST_ATTEMPTS, READING, locked, set_aside, touch
from ehr.claims.storing.rows import facilities
from ehr.claims.storing.work import problems
from ehr.claims.values import read_when
from ehr.claims.xml import read_claims, scan
from ehr.common.background import enqueue_on_commit
from ehr.common.locks import session_lock

State = ClaimFile.State
CHUNK = 1000  # HOSO
TOGETHER = 4  # workers that are called to one file at once; more come by themselves where files are fewer
_NONE = "Tệp không có hồ sơ (HOSO) nào để đọc."


def process(file: ClaimFile, *, send: bool = False) -> None:
    """Looks over a file in state WAITING and leaves it in WORKING with its chunks, or REFUSED with one sentence.
    `send`: calls workers to the chunks.

    A second worker returns at once; one that was killed is followed by the next, three times at most."""
    with session_lock(READING, file.pk) as mine:
        if not mine:
            return
        file.refresh_from_db()
        if file.state != State.WAITING:
            return
        if file.failures >= MOST_ATTEMPTS:
            set_aside(file)
            return
        touch(file, failures=file.failures + 1, started_at=timezone.now())
        try:
            _cut(file, send=send)
        except ClaimFileRefused as refused:
            _refuse(file, refused)
        except Exception:  # somebody is alive to say so: it was no kill
            touch(file, failures=file.failures - 1)
            raise


def _cut(file: ClaimFile, *, send: bool) -> None:
    raw = open_raw(file)
    envelope = scan(raw, every=CHUNK)
    if not envelope.count:
        raise ClaimFileRefused("claims.empty", _NONE, "CLM-ENV-02")
    with read_claims(raw, count=1, envelope=envelope) as reader:
        first = next(reader)
    profile = knowledge.profile()
    found = _levels(check_envelope(envelope, Known(now=timezone.now(), envelope=envelope)), profile.severities.get)
    if stopped := profile.stopped_by(found):
        raise ClaimFileRefused("claims.envelope", stopped[0].message, stopped[0].rule_id)
    code = envelope.facility or first.facility
    with transaction.atomic():
        if locked(file.pk).state != State.WAITING:
            return
        ClaimChunk.objects.bulk_create(_chunks(file, envelope), batch_size=1000)
        touch(
            file, state=State.WORKING, kind=envelope.kind, standard=first.standard.value, total=envelope.count, done=0,
            facility_code=code[:20], facility_id=facilities([code]).get(code), made_on=_day(envelope.made_on),
            signed=envelope.signed, envelope=as_document(envelope), failures=0,
            problems=problems(found, restricted=False),
        )  # fmt: skip
        for _ in range(min(TOGETHER, -(-envelope.count // CHUNK)) if send else 0):
            enqueue_on_commit("claims.work", file.pk)


def _levels(found: list[Finding], site: Callable[[str], str | None]) -> list[Finding]:
    """With the levels that are set here."""
    levelled = [(finding, site(finding.rule_id) or finding.level) for finding in found]
    return [dataclasses.replace(finding, level=level) for finding, level in levelled if level != "off"]  # type: ignore[arg-type]


def _chunks(file: ClaimFile, envelope: Envelope) -> list[ClaimChunk]:
    made = []
    for number, first in enumerate(range(1, envelope.count + 1, CHUNK)):
        offset = envelope.offsets[number] if envelope.offsets else 0
        made.append(ClaimChunk(file=file, first=first, count=min(CHUNK, envelope.count + 1 - first), offset=offset))
    return made


def as_document(envelope: Envelope) -> dict[str, object]:
    """The envelope without its offsets, which the chunks have."""
    return dataclasses.asdict(envelope) | {"offsets": ()}


def envelope_of(file: ClaimFile) -> Envelope:
    """What `scan` said of the file."""
    kept = dict(file.envelope or {})
    return Envelope(**kept | {"unknown_tags": tuple(kept["unknown_tags"]), "offsets": ()})


def _day(text: str) -> dt.date | None:
    when, _ = read_when(text, False)
    return when.date if when is not None and when.day.precision == "day" else None


@transaction.atomic
def _refuse(file: ClaimFile, refused: ClaimFileRefused) -> None:
    """Nothing of the file is kept but what it was called, its SHA-256 and why it was refused."""
    if locked(file.pk).state != State.WAITING:
        return
    ClaimFilePart.objects.filter(file=file).delete()
    finding = Finding(refused.rule_id, "", 0, "", "", "reject", refused.message)
    touch(
        file, state=State.REFUSED, message=refused.message[:500], message_code=refused.code, failures=0, counts={},
        problems=problems([finding], restricted=False), finished_at=timezone.now(),
    )  # fmt: skip
