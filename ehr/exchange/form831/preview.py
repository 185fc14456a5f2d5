"""What a form-831 file would do: everything is tried and taken back, so that the answer is the one that taking it in
gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from django.db import transaction

from ehr.exchange.form831.services import Received, receive
from stations.models import AdminUnit, User


def preview(files: Iterable[tuple[str, BinaryIO]], *, commune: AdminUnit, by: User | None, door: str) -> Received:
    """As `receive`, and nothing is stored: no record, no history, no event. Records that would be new have no code yet.
    Raises PermissionDenied."""
    with transaction.atomic():
        found = receive(files, commune=commune, by=by, door=door)
        transaction.set_rollback(True)
    for answer in found.people:
        if answer["fate"] == "new":
            answer["person"] = ""
    return found
