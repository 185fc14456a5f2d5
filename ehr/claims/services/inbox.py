"""The folder in which partner software drops claim files (setting CLAIMS_INBOX).

A file is taken when it is complete and nobody writes to it any more: first into the database, then it is moved to
done/ or refused/, there with the reason beside it. Whenever this is broken off, the file is still there and is taken
again; its bytes are known then, so that nothing comes twice."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from django.conf import settings

from ehr.claims.findings import ClaimFileRefused
from ehr.claims.models import ClaimFile
from ehr.claims.services import reading
from ehr.claims.services.receiving import receive
from ehr.common.locks import session_lock

log = logging.getLogger(__name__)
DOOR = "inbox"
DONE, REFUSED = "done", "refused"
SUFFIXES = (".xml", ".zip")
QUIET = 10  # seconds without a change, after which a file counts as complete
PATIENCE = 600  # seconds after which a file that ends in the middle is taken for what it is
_LOCK = 831_013
_UNFINISHED = ("claims.truncated", "claims.zip_broken", "claims.empty")


def take_in() -> int:
    """Takes what is complete; how many files. Nothing without the setting. One process at a time."""
    if not settings.CLAIMS_INBOX:
        return 0
    folder = Path(settings.CLAIMS_INBOX)
    with session_lock(_LOCK, 0) as mine:
        if not mine:
            return 0
        for name in (DONE, REFUSED):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return sum(_take(path) for path in sorted(folder.iterdir()) if _complete(path))


def _complete(path: Path) -> bool:
    if path.suffix.lower() not in SUFFIXES or path.name.startswith((".", "~")) or path.is_symlink():
        return False
    return path.is_file() and _age(path) >= QUIET


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _take(path: Path) -> bool:
    """One file: received, looked over, moved. False when it stays for later."""
    before = path.stat()
    try:
        with path.open("rb") as data:
            files = receive(data=data, name=path.name, by=None, door=DOOR)
        for file in files:
            reading.process(file, send=True)  # a second look in the background finds nothing to do
    except ClaimFileRefused as refused:
        return _refuse(path, refused.code, refused.message)
    except OSError as error:
        log.warning("inbox: a file cannot be read (%s)", error.strerror)
        return False
    after = path.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        return False  # somebody still wrote to it: what it is now comes next time
    bad = [file for file in files if file.state == ClaimFile.State.REFUSED]
    if bad and len(bad) == len(files):
        return _refuse(path, bad[0].message_code, _reasons(bad))
    _move(path, DONE, _reasons(bad))
    return True


def _refuse(path: Path, code: str, reasons: str) -> bool:
    if code in _UNFINISHED and _age(path) < PATIENCE:
        return False
    _move(path, REFUSED, reasons)
    return True


def _reasons(files: list[ClaimFile]) -> str:
    if len(files) == 1:
        return files[0].message
    return "\n".join(f"{file.name}: {file.message}" for file in files)


def _move(path: Path, folder: str, reasons: str) -> None:
    """Moved within the file system, never over another file; first the reason, so that no file lies there without."""
    target = _free(path.parent / folder / path.name)
    if reasons:
        note = target.with_name(target.name + ".txt")
        note.write_text(reasons + "\n", encoding="utf-8")
    os.replace(path, target)


def _free(target: Path) -> Path:
    number, free = 1, target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.stem} ({number}){target.suffix}")
    return free
