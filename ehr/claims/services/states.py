"""The row of a file: locked, touched, set aside."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from ehr.claims.models import ClaimFile

READING, CHUNK = 831_011, 831_012  # kinds of session locks; the keys are those of files and of chunks
MOST_ATTEMPTS = 3
KILLS = (
    "Tệp này đã làm máy dừng đột ngột nhiều lần nên được để riêng, phần đã nhận vẫn giữ. Hãy báo quản trị hệ thống; "
    "có thể chạy lại sau."
)


def locked(file_id: int) -> ClaimFile:
    """The file with its row locked until the end of the transaction; others may still point to it."""
    return ClaimFile.objects.select_for_update(no_key=True).get(pk=file_id)


def touch(file: ClaimFile, **columns: Any) -> None:
    """Sets columns and says that work goes on."""
    ClaimFile.objects.filter(pk=file.pk).update(touched_at=timezone.now(), **columns)
    for name, value in columns.items():
        setattr(file, name, value)


def set_aside(file: ClaimFile, message: str = KILLS, code: str = "claims.failed") -> None:
    """The file is not tried any more until somebody says so (`retry`)."""
    touch(
        file, state=ClaimFile.State.FAILED, message=message, message_code=code, finished_at=timezone.now(), failures=0
    )
