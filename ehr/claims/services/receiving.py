"""Taking files in: the bytes once, a row for them, the work handed to the background."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import BinaryIO

from django.db import transaction

from ehr.claims.models import ClaimChunk, ClaimEntry, ClaimFile, ClaimFilePart
from ehr.claims.services import chunks, reading
from ehr.claims.services.access import require_sender
from ehr.claims.services.raw import measure, store_parts
from ehr.claims.services.states import touch
from ehr.claims.xml.files import archive_files, is_archive
from ehr.common.background import enqueue_on_commit
from ehr.common.text import nfc
from stations.models import User

State = ClaimFile.State
_LONGEST_NAME = 300
_LOOK_AGAIN = 0.2  # seconds


def receive(*, data: bytes | BinaryIO, name: str, by: User | None, door: str, wait: bool = False) -> list[ClaimFile]:
    """The files of an upload, one, or those of an archive: stored, and read in the background (here, with `wait`).

    Bytes that came before are the same file and change nothing: it has the attribute `again` set. Only a file that was
    undone, refused or set aside begins anew. `data`: a binary file that can be read from its beginning, or bytes.
    Raises PermissionDenied; ClaimFileRefused for an archive that is refused as a whole, and for a file too large."""
    require_sender(by)
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    # All are measured before the first is kept: a damaged archive leaves nothing behind.
    known = {inner: measure(stream) for inner, stream in _members(source, name)}
    files = []
    for inner, stream in _members(source, name):
        sha256, size = known[inner]
        files.append(_one(stream, inner, sha256, size, by=by, door=door, wait=wait))
    if wait:
        for file in files:
            finish(file)
    return files


def _members(source: BinaryIO, name: str) -> Iterator[tuple[str, BinaryIO]]:
    if is_archive(source):
        for member, stream in archive_files(source):
            yield f"{name}/{member}", stream
    else:
        source.seek(0)
        yield name, source


@transaction.atomic
def _one(stream: BinaryIO, name: str, sha256: str, size: int, *, by: User | None, door: str, wait: bool) -> ClaimFile:
    """The row of these bytes. Two uploads of the same bytes wait for each other here."""
    made = ClaimFile(sha256=sha256, size=size, name=_name(name), by=by, door=door)
    ClaimFile.objects.bulk_create([made], ignore_conflicts=True)
    file = ClaimFile.objects.select_for_update(no_key=True).get(sha256=sha256)
    file.again = file.key != made.key
    if file.again and file.state not in (State.UNDONE, State.REFUSED, State.FAILED):
        return file
    if file.state == State.FAILED:
        chunks.restart(file)
    else:
        _begin(file, stream, _name(name), by=by, door=door)
        file.again = False
    if not wait:
        enqueue_on_commit("claims.read", file.pk)
    return file


def _begin(file: ClaimFile, stream: BinaryIO, name: str, *, by: User | None, door: str) -> None:
    """From the beginning, whatever became of these bytes before."""
    ClaimEntry.objects.filter(file=file).delete()
    ClaimChunk.objects.filter(file=file).delete()
    ClaimFilePart.objects.filter(file=file).delete()
    store_parts(file, stream)
    touch(
        file, state=State.WAITING, name=name, by=by, door=door, counts={}, problems=[], total=0, done=0, message="",
        message_code="", failures=0, started_at=None, finished_at=None, undone_at=None, undone_by=None,
    )  # fmt: skip


def _name(name: str) -> str:
    """The name as sent, with the folders of an archive, cut in front."""
    text = nfc(name.replace("\\", "/").strip("/")) or "tep.xml"
    return text if len(text) <= _LONGEST_NAME else "…" + text[1 - _LONGEST_NAME :]


def finish(file: ClaimFile) -> ClaimFile:
    """Does in this process what is left of the file, and waits for others that are at it."""
    while file.state in (State.WAITING, State.WORKING):
        reading.process(file)
        chunks.work_all(file.pk)
        file.refresh_from_db()
        if file.state == State.WAITING:
            time.sleep(_LOOK_AGAIN)
    return file
