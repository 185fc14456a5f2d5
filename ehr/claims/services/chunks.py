"""Chunks of a file: each claimed by one worker, done in one transaction, halved when something in it cannot be done.

A session lock says that somebody is alive and at the chunk; the row lock (SKIP LOCKED) makes sure of the rest. Attempts
are counted before the work, so that a chunk that kills its worker is known; an error that a living worker reports takes
the count back."""

from __future__ import annotations

import logging
import time

from django.db import Error, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from ehr.claims.findings import Finding
from ehr.claims.models import ClaimChunk, ClaimEntry, ClaimFile
from ehr.claims.restricted import restricted_of
from ehr.claims.rules import check
from ehr.claims.services import known as knowledge
from ehr.claims.services.counting import add_counts, counts_of
from ehr.claims.services.raw import open_raw
from ehr.claims.services.reading import envelope_of
from ehr.claims.services.states import CHUNK, MOST_ATTEMPTS, locked, set_aside, touch
from ehr.claims.storing.versions import store
from ehr.claims.storing.work import Checked
from ehr.claims.xml import offset_after, read_claims
from ehr.common.garbage import without_gc
from ehr.common.locks import session_lock

log = logging.getLogger(__name__)
State, ChunkState = ClaimFile.State, ClaimChunk.State
#: Faults that pass: the connection, a deadlock, a serialization failure. IntegrityError: another chunk or a person at
#: a screen was first; the second time it is no race.
TRANSIENT = (OperationalError, InterfaceError)
MOST_POISON = 20  # HOSO of a file that no worker can do; more are a fault of ours, not of the file
POISON = "HT-01"
_POISON = "Máy gặp lỗi khi xử lý hồ sơ này nên để riêng, các hồ sơ khác vẫn được nhận. Hãy báo quản trị hệ thống."
_OUR_FAULT = "Máy gặp lỗi ở nhiều hồ sơ của tệp này nên dừng lại; phần đã nhận vẫn giữ. Hãy báo quản trị hệ thống."
_LOOK_AGAIN = 0.2  # seconds
_LONGEST_WAIT = 30.0


class _Stopped(Exception):
    """The file was set aside while the chunk was worked on."""


def work(file_id: int) -> bool:
    """Does one chunk of the file that nobody is at; True when more may be left. Raises what is TRANSIENT."""
    for pk in _waiting(file_id):
        with session_lock(CHUNK, pk) as mine:
            if mine:
                _attempt(pk)
                break
    else:
        _finish(file_id)
        return False
    if _waiting(file_id):
        return True
    _finish(file_id)
    return False


def work_chunk(chunk_id: int) -> bool:
    """Does this chunk, unless it is done or somebody is at it; True when it was done here."""
    with session_lock(CHUNK, chunk_id) as mine:
        return mine and _attempt(chunk_id)


def work_all(file_id: int) -> None:
    """Does what is left of the file, in this process, and waits for other workers that are at it. Faults that pass are
    tried again, ever more slowly."""
    pause = _LOOK_AGAIN
    while True:
        try:
            if not ClaimFile.objects.filter(pk=file_id, state=State.WORKING).exists():
                return
            if work(file_id):
                pause = _LOOK_AGAIN
                continue
        except TRANSIENT:
            log.warning("chunk of claim file %s: a passing fault, trying again", file_id)
            if pause > _LONGEST_WAIT:
                raise
            connection.close()
            pause *= 2
        time.sleep(pause)


def _waiting(file_id: int) -> list[int]:
    """Chunks that are not done, first ones first; none of a file that stopped."""
    rows = ClaimChunk.objects.filter(file=file_id, state=ChunkState.WAITING, file__state=State.WORKING)
    return list(rows.order_by("first").values_list("pk", flat=True)[:200])


def _attempt(chunk_id: int) -> bool:
    """One attempt, by the only worker that has the chunk."""
    chunk = ClaimChunk.objects.filter(pk=chunk_id, state=ChunkState.WAITING).select_related("file__by").first()
    if chunk is None or chunk.file.state != State.WORKING:
        return False
    if chunk.attempts >= MOST_ATTEMPTS:
        set_aside(chunk.file)
        return False
    ClaimChunk.objects.filter(pk=chunk_id).update(attempts=chunk.attempts + 1)
    try:
        return _twice(chunk)
    except TRANSIENT:
        _uncount(chunk)
        raise
    except _Stopped:
        return False
    except Exception as error:
        _uncount(chunk)
        log.exception("claim file %s, HOSO %s", chunk.file_id, chunk)
        _halve(chunk, error)
        return False


def _twice(chunk: ClaimChunk) -> bool:
    try:
        return _do(chunk)
    except IntegrityError:
        return _do(chunk)


def _uncount(chunk: ClaimChunk) -> None:
    try:
        ClaimChunk.objects.filter(pk=chunk.pk).update(attempts=chunk.attempts)
    except Error:
        connection.close()  # the database is away: the attempt stays counted


@without_gc()
def _do(chunk: ClaimChunk) -> bool:
    """The chunk in one transaction. False when it was done meanwhile."""
    checked = _check(chunk)
    with transaction.atomic():
        mine = ClaimChunk.objects.select_for_update(skip_locked=True).filter(pk=chunk.pk, state=ChunkState.WAITING)
        if not mine.exists():
            return False
        works = store(chunk.file, checked, by=chunk.file.by)
        ClaimChunk.objects.filter(pk=chunk.pk).update(state=ChunkState.DONE, message="")
        file = locked(chunk.file_id)
        if file.state != State.WORKING:
            raise _Stopped
        touch(file, done=file.done + chunk.count, counts=add_counts(file.counts, works), failures=0)
    return True


def _check(chunk: ClaimChunk) -> list[Checked]:
    """The HOSO of the chunk, read and checked."""
    envelope = envelope_of(chunk.file)
    known, profile = knowledge.known_for(envelope), knowledge.profile()
    found = []
    with (
        open_raw(chunk.file) as raw,
        read_claims(raw, first=chunk.first, count=chunk.count, envelope=envelope, offset=chunk.offset) as reader,
    ):
        for claim in reader:
            findings = check(claim, known(claim), profile)
            stopped = claim.set_aside is not None or bool(profile.stopped_by(findings))
            found.append(Checked(claim, findings, restricted_of(claim), stopped))
    return found


# --- Poison ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def _halve(chunk: ClaimChunk, error: Exception) -> None:
    """The halves are tried instead; a single HOSO that cannot be done is answered as such."""
    file = locked(chunk.file_id)
    found = ClaimChunk.objects.select_for_update().filter(pk=chunk.pk, state=ChunkState.WAITING).first()
    if found is None or file.state != State.WORKING:
        return
    if found.count > 1:
        half = found.count // 2
        ClaimChunk.objects.filter(pk=found.pk).update(count=half, attempts=0)
        offset = offset_after(open_raw(file), envelope_of(file), offset=found.offset, count=half)
        ClaimChunk.objects.create(file=file, first=found.first + half, count=found.count - half, offset=offset)
        touch(file)
        return
    if ClaimChunk.objects.filter(file=file, state=ChunkState.FAILED).count() >= MOST_POISON:
        set_aside(file, _OUR_FAULT)
        return
    ClaimChunk.objects.filter(pk=found.pk).update(state=ChunkState.FAILED, message=type(error).__name__[:300])
    _reject(file, found)


def _reject(file: ClaimFile, chunk: ClaimChunk) -> None:
    """The answer for a HOSO that no worker can do."""
    finding = Finding(POISON, "", 0, "", "", "reject", _POISON)
    with read_claims(
        open_raw(file), first=chunk.first, count=1, envelope=envelope_of(file), offset=chunk.offset
    ) as reader:
        claims = list(reader)
    works = store(file, [Checked(claim, [finding], (), True) for claim in claims], by=None)
    touch(file, done=file.done + chunk.count, counts=add_counts(file.counts, works))


# --- The end ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def _finish(file_id: int) -> None:
    """When no chunk is left to do, the file is done."""
    file = locked(file_id)
    if file.state != State.WORKING:
        return
    if ClaimChunk.objects.filter(file=file, state=ChunkState.WAITING).exists():
        return
    touch(file, state=State.DONE, counts=counts_of(file), done=file.total, finished_at=timezone.now(), failures=0)


def restart(file: ClaimFile) -> None:
    """A file that was set aside is tried again, in the caller's transaction: what is done stays done, HOSO that no
    worker could do are tried with the rest."""
    poisoned = list(ClaimChunk.objects.filter(file=file, state=ChunkState.FAILED).values_list("first", flat=True))
    ClaimEntry.objects.filter(file=file, index__in=poisoned).delete()
    ClaimChunk.objects.filter(file=file).exclude(state=ChunkState.DONE).update(state=ChunkState.WAITING, attempts=0)
    cut = ClaimChunk.objects.filter(file=file).exists()
    touch(
        file, state=State.WORKING if cut else State.WAITING, message="", message_code="", failures=0, finished_at=None,
        done=max(0, file.done - len(poisoned)),
    )  # fmt: skip
