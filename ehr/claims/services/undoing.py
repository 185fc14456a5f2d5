"""Taking a file back: what it said goes, what was said before counts again, unless somebody changed it since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ehr.audit.changes import authors, door_named
from ehr.claims.models import Claim, ClaimFile, ClaimVersion
from ehr.claims.services.access import require_undo, wrong_state
from ehr.claims.services.facts import accepted_of, count_kept
from ehr.claims.services.states import READING, locked, touch
from ehr.claims.storing import back
from ehr.claims.storing.into_record import DOOR
from ehr.common.background import enqueue_on_commit
from ehr.common.locks import session_lock
from stations.models import User

State = ClaimFile.State
CHUNK = 500  # claims
REASON = "Hoàn tác tệp hồ sơ BHYT"


@dataclass(frozen=True, slots=True)
class Blocker:
    """A claim of the file whose visit somebody changed since: `who` (a user's name or "Hệ thống"), `door` in words.
    `claim` is None for one that the asking user may not see."""

    claim: Claim | None
    who: str
    at: dt.datetime
    door: str


#: Visits of the file's claims, and the last change of each by another door than claims after its version was stored.
#: Changes are found by the person, whose index they have: a visit that went to another person says so in a change.
_CHANGED = """
    SELECT c.id, e.pgh_created_at, e.pgh_context->>'user', e.pgh_context->>'door'
    FROM claims_claimversion v JOIN claims_claim c ON c.current_id = v.id
    JOIN records_encounter n ON n.id = c.encounter_id
    CROSS JOIN LATERAL (
        SELECT * FROM records_encounterevent e
        WHERE e.person_id = n.person_id AND e.pgh_obj_id = n.id AND e.pgh_created_at > v.stored_at
          AND coalesce(e.pgh_context->>'door', '') <> %s
        ORDER BY e.pgh_created_at DESC LIMIT 1) e
    WHERE v.file_id = %s AND v.undone_at IS NULL"""
_OF_THESE = " AND c.id = ANY(%s::bigint[])"


def _changed(file: ClaimFile, claims: Sequence[int] | None = None) -> list[tuple[int, dt.datetime, str, str]]:
    params: list[Any] = [DOOR, file.pk]
    with connection.cursor() as cursor:
        if claims is None:
            cursor.execute(_CHANGED, params)
        else:
            cursor.execute(_CHANGED + _OF_THESE, [*params, list(claims)])
        return cursor.fetchall()


def undo_blockers(file: ClaimFile, *, by: User | None = None) -> list[Blocker]:
    """Claims of the file whose visits somebody changed since, latest change first. With `by`, claims that this user may
    not see are counted but not named. Four queries at most."""
    found = _changed(file)
    seen = Claim.objects.all() if by is None else Claim.objects.visible_to(by)
    claims = seen.select_related("person", "encounter").in_bulk([row[0] for row in found])
    named = authors(row[2] for row in found)
    made = [Blocker(claims.get(pk), named(who), at, door_named(door)) for pk, at, who, door in found]
    return sorted(made, key=lambda blocker: blocker.at, reverse=True)


def undo(file: ClaimFile, *, by: User | None, rest: bool = False, wait: bool = False) -> ClaimFile:
    """Starts taking the file back. With blockers only when `rest` is true; these claims then stay as they are.

    Raises PermissionDenied, ValidationError (`claims.state`, `claims.blocked`). Undoing twice starts once."""
    require_undo(file, by)
    with transaction.atomic():
        file = locked(file.pk)
        if file.state in (State.UNDOING, State.UNDONE):
            return file
        if file.state not in (State.DONE, State.FAILED):
            raise wrong_state(file, "hoàn tác")
        if not rest and (blocked := len(_changed(file))):
            message = f"{blocked} lượt khám đã được sửa sau khi nhận tệp: chỉ hoàn tác được phần còn lại."
            raise ValidationError(message, code="claims.blocked")
        touch(
            file, state=State.UNDOING, done=0, total=_left(file).count(), undone_by=by, failures=0, message="",
            message_code="rest" if rest else "", started_at=timezone.now(), counts=file.counts | {"facts_back": 0},
        )  # fmt: skip
        if not wait:
            enqueue_on_commit("claims.undo", file.pk)
    if wait:
        run_undo(file)
        file.refresh_from_db()
    return file


def _left(file: ClaimFile) -> QuerySet[ClaimVersion]:
    return ClaimVersion.objects.filter(file=file, undone_at=None)


def run_undo(file: ClaimFile) -> None:
    """Takes back what is left of a file in state UNDOING. One worker works, the others return."""
    with session_lock(READING, file.pk) as mine:
        after = 0
        while mine and (last := _undo_chunk(file.pk, after)) is not None:
            after = last


@transaction.atomic
def _undo_chunk(file_id: int, after: int) -> int | None:
    """Takes back the next claims behind `after`; the last of them, None when none is left."""
    file = locked(file_id)
    if file.state != State.UNDOING:
        return None
    left = _left(file).filter(claim__gt=after).order_by("claim").values_list("claim", flat=True)
    claims = sorted(set(left[:CHUNK]))
    if not claims:
        _finish(file)
        return None
    blocked = {row[0] for row in _changed(file, claims)}
    gone = back.take_back(file, [pk for pk in claims if pk not in blocked], by=file.undone_by, reason=REASON)
    facts = file.counts.get("facts_back", 0) + gone
    touch(file, done=file.done + len(claims), failures=0, counts=file.counts | {"facts_back": facts})
    return claims[-1]


def _finish(file: ClaimFile) -> None:
    kept, gone = _left(file).count(), file.counts.get("facts_back", 0)
    facts, accepted = count_kept(file), accepted_of(file)
    said = [
        f"Giữ nguyên {kept} hồ sơ đã được sửa sau khi nhận tệp." if kept else "",
        f"Đã lấy lại {gone} thông tin mà tệp điền vào ô trống." if gone else "",
        f"Giữ {facts} thông tin đã có người sửa hoặc xác minh từ đó." if facts else "",
        f"Giữ {accepted} đề nghị của tệp mà cán bộ đã nhận vào hồ sơ." if accepted else "",
    ]
    touch(
        file, state=State.UNDONE, undone_at=timezone.now(), failures=0, message=" ".join(filter(None, said)),
        message_code="claims.kept" if kept or facts or accepted else "",
        counts=file.counts | {"kept": kept, "facts_kept": facts},
    )  # fmt: skip
