"""Confirming a preview and writing it: chunk by chunk, each chunk one transaction in which its people are written and
its rows are marked. A worker that dies loses the chunk it was at and nothing else; the next one goes on behind it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.common.background import enqueue_on_commit
from ehr.common.garbage import without_gc
from ehr.intake import matching
from ehr.intake.models import Fate, ImportBatch, ImportRow, Kind
from ehr.intake.services import checking
from ehr.intake.services.access import require_commune, wrong_state
from ehr.intake.services.before import keep_before
from ehr.intake.services.beside import beside
from ehr.intake.services.checking import apply
from ehr.intake.services.kinds import OF_PEOPLE
from ehr.intake.services.locks import locked, step_of, touch, working_on
from ehr.intake.services.plans import Plans, forget_plans, write_planned
from ehr.intake.services.reading import ELSEWHERE, problem
from ehr.intake.services.since import Others, with_known_number
from ehr.intake.services.store import count, store_outcomes
from stations.models import User

log = logging.getLogger(__name__)
State = ImportBatch.State
Decision = ImportRow.Decision
CHUNK = 2_000
MOST_TOGETHER = 50  # rows of one household that a chunk may take beyond its size
DOOR = "excel"
OF_HOUSEHOLD = frozenset(["household_toilet_type"])
CHANGED = "Hồ sơ đã được sửa sau khi xem trước: hãy gửi lại tệp để xem lại thay đổi của dòng này."


def confirm(batch: ImportBatch, *, by: User | None, wait: bool = False) -> ImportBatch:
    """Starts the writing of the new, changed and decided rows. Rows that nobody decided stay behind; they can be
    decided and confirmed later. Confirming twice starts once. Raises PermissionDenied, ValidationError (state)."""
    require_commune(by, batch.commune)
    with transaction.atomic():
        batch = locked(batch.pk)
        if batch.state in (State.QUEUED, State.WRITING):
            return batch
        if batch.state not in (State.PREVIEW, State.DONE):
            raise wrong_state(batch, "ghi")
        todo = to_write(batch).count()
        if todo or batch.state == State.PREVIEW:
            touch(batch, state=State.QUEUED, done=0, total=todo, started_at=timezone.now(), failures=0)
            if not wait:
                enqueue_on_commit("intake.write", batch.pk)
    if wait:
        write(batch)
        batch.refresh_from_db()
    return batch


def to_write(batch: ImportBatch) -> QuerySet[ImportRow]:
    """The rows that still wait to be written, in their order."""
    waiting = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WAITING).order_by("position")
    decided = waiting.filter(fate=Fate.DUPLICATE, decision__in=(Decision.SAME, Decision.NEW))
    plain = waiting.filter(fate__in=(Fate.NEW, Fate.UPDATE)).exclude(decision=Decision.SKIP)
    # In this order: whom no row follows is not looked for.
    return (plain | decided).filter(Q(follows=None) | ~Q(follows__in=_undecided(batch).values("position")))


def _undecided(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Rows that somebody must decide; those that add to the same person wait with them."""
    return ImportRow.objects.filter(
        batch=batch, state=ImportRow.State.WAITING, fate=Fate.DUPLICATE, decision=Decision.NONE
    )


def write(batch: ImportBatch) -> None:
    """Writes what is left of a confirmed batch, in chunks. May be called any number of times, by any number of
    workers: one works, the others return."""
    with working_on(batch.pk) as mine:
        if not mine:
            return
        if batch.kind == Kind.REGISTER:
            from ehr.intake.register import services as register

            register.write_all(batch)
            return
        others = Others(batch)
        plans = Plans(batch.pk)
        with beside(lambda: _write_from(batch.pk, others, plans, backwards=True), when=_two_may_write(batch)):
            _write_from(batch.pk, others, plans)
        while write_chunk(batch.pk, others=others):  # what a helper that died left; and the end
            continue


def _write_from(batch_id: int, others: Others, plans: Plans, *, backwards: bool = False) -> None:
    """Writes chunks from one end until no row is free beyond the last one."""
    size = step_of(ImportBatch.objects.values_list("total", flat=True).get(pk=batch_id), CHUNK)
    beyond: int | None = None
    while rows := _write_chunk(batch_id, size, others, plans, backwards=backwards, beyond=beyond):
        beyond = rows[0 if backwards else -1].position


def _two_may_write(batch: ImportBatch) -> bool:
    """Whether the order of chunks does not matter, and there are enough of them: each row is a person of its own, and
    the rows of a household stand together."""
    if batch.kind not in OF_PEOPLE or to_write(batch)[2 * CHUNK : 2 * CHUNK + 1].count() == 0:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_SCATTERED, [batch.pk])
        scattered, follow = cursor.fetchone()
    return not scattered and not follow


#: Whether rows of a household stand apart, and whether rows add to others.
_SCATTERED = """
    SELECT count(*) FILTER (WHERE household IS DISTINCT FROM before) <> count(DISTINCT household), bool_or(follow)
    FROM (SELECT household, lag(household) OVER (ORDER BY position) AS before, follow
          FROM (SELECT position, follows IS NOT NULL AS follow,
                       concat_ws(' ', "values" ->> 'current_village_code', "values" ->> 'household_code') AS household
                FROM intake_importrow WHERE batch_id = %s AND "values" ? 'household_code') named) beside"""


def write_chunk(batch_id: int, size: int = 0, *, others: Others | None = None) -> bool:
    """Writes the next rows (CHUNK, unless `size` says otherwise) in one transaction. False when nothing is left, which
    ends the writing."""
    return bool(_write_chunk(batch_id, size or CHUNK, others, None)) or _finish(batch_id)


@without_gc()
def _write_chunk(
    batch_id: int, size: int, others: Others | None, plans: Plans | None, *, backwards: bool = False,
    beyond: int | None = None,
) -> list[_Next]:  # fmt: skip
    """The rows that it wrote, none when no row is free. Rows are locked before the batch, here and wherever both are
    changed."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_related("commune__parent", "by").get(pk=batch_id)
        if batch.state not in (State.QUEUED, State.WRITING):
            return []
        rows = _next_rows(batch, size, backwards=backwards, beyond=beyond)
        if not rows:
            return []
        _write_rows(batch, rows, others or Others(batch), plans or Plans(batch_id))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # before others have to wait for the batch
        going_on = ImportBatch.objects.filter(pk=batch_id, state__in=(State.QUEUED, State.WRITING))
        going_on.update(state=State.WRITING, done=F("done") + len(rows), failures=0, touched_at=timezone.now())
    return rows


class _Next(NamedTuple):
    """A row to be written, without what is on it."""

    pk: int
    position: int
    fate: str
    follows: int | None
    village: str | None
    household: str | None


def _next_rows(batch: ImportBatch, size: int, *, backwards: bool = False, beyond: int | None = None) -> list[_Next]:
    """Rows that no other writer has, locked; from the end of the sheet with `backwards`. Whole households where they
    stand together, so that a household is opened by one transaction. `beyond`: only rows behind this position (in front
    of it with `backwards`), so that those already written are not looked through for each chunk."""
    free = to_write(batch).order_by("-position" if backwards else "position")
    if beyond is not None:
        free = free.filter(**{"position__lt" if backwards else "position__gt": beyond})
    locked_rows = free.select_for_update(skip_locked=True, no_key=True)[: size + MOST_TOGETHER]
    columns = ("pk", "position", "fate", "follows", KT("values__current_village_code"), KT("values__household_code"))
    rows = [_Next(*row) for row in locked_rows.values_list(*columns)]
    end = min(size, len(rows))
    while end < len(rows) and rows[end].household and rows[end][-2:] == rows[end - 1][-2:]:
        end += 1
    return sorted(rows[:end], key=lambda row: row.position)


def _write_rows(batch: ImportBatch, rows: Sequence[_Next], others: Others, plans: Plans) -> None:
    """The rows of one chunk: those whose plan from the preview still holds; then the others, first those that stand
    alone, then those that add to a person of this file."""
    written = write_planned(batch, rows, plans.of(batch, rows), others, DOOR)
    left = [row.pk for row in rows if row.position not in written]
    asked = list(ImportRow.objects.filter(pk__in=left).order_by("position")) if left else []
    for group in ([row for row in asked if row.follows is None], [row for row in asked if row.follows is not None]):
        ready = _matched_again(batch, group, others)
        keep_before(batch, ready)
        _write_safely(batch, ready)
        store_outcomes(group)


class _ChangedSince(Exception):
    """Somebody changed people after the preview: what was written for `rows` is not what the preview said."""

    def __init__(self, rows: list[ImportRow]) -> None:
        super().__init__(len(rows))
        self.rows = rows


def _write_safely(batch: ImportBatch, rows: Sequence[ImportRow], *, first: bool = True) -> None:
    """Writes rows. When the database refuses one (a number that somebody took this second), the halves are tried, so
    that only the row itself is refused; rows that would overwrite what nobody saw in the preview are refused."""
    if not rows:
        return
    try:
        with transaction.atomic():
            found = checking.write(batch, rows, door=DOOR, today=localdate())
            if unseen := [row for row in rows if _unseen(row, found[row.position])]:
                raise _ChangedSince(unseen)
    except _ChangedSince as changed:
        for row in changed.rows:
            _refuse(row, "row.changed_since", CHANGED)
        _write_safely(batch, [row for row in rows if row not in changed.rows])
        return
    except (IntegrityError, DataError) as error:
        if first and "household_code_unique" in str(error):  # opened by another writer, who is through by now
            _write_safely(batch, rows, first=False)
            return
        if len(rows) == 1:
            log.warning("batch %s: row %s refused: %s", batch.pk, rows[0].position, type(error).__name__)
            _refuse(rows[0], "row.clash", "Hồ sơ vừa được người khác thay đổi cùng lúc: hãy gửi lại dòng này.")
            return
        middle = len(rows) // 2
        _write_safely(batch, rows[:middle])
        _write_safely(batch, rows[middle:])
        return
    for row in rows:
        row.problems = [each for each in row.problems if each["code"] not in _codes(found[row.position])]
        apply(row, found[row.position])
        row.state = ImportRow.State.SKIPPED if row.fate == Fate.REFUSED else ImportRow.State.WRITTEN


def _unseen(row: ImportRow, checked: checking.Checked) -> bool:
    """Whether the write replaced a value that the preview did not show. New people and rows that add to a person of
    this file have nothing to replace; what belongs to the household may have been set by the row of another member."""
    seen = row.fate == Fate.UPDATE or row.decision == Decision.SAME
    if not seen or row.follows is not None:
        return False
    return any(
        before not in (None, "") and before != row.changes.get(code, [None])[0]
        for code, (before, _) in checked.changes.items()
        if code not in OF_HOUSEHOLD
    )


def _codes(checked: checking.Checked) -> set[str]:
    """Codes that the write says again: the preview said them already."""
    return {each["code"] for each in checked.problems}


def _refuse(row: ImportRow, code: str, message: str, field: str = "") -> None:
    row.fate, row.state = Fate.REFUSED, ImportRow.State.SKIPPED
    row.problems = [*row.problems, problem(code, message, field)]


@transaction.atomic
def _finish(batch_id: int) -> bool:
    """Nothing is left to write: rows that did not change are done, those that somebody must decide stay. True when a
    row is left after all, which another writer had and gave back."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state not in (State.QUEUED, State.WRITING):
        return False
    if to_write(batch).select_for_update(no_key=True)[:1]:  # waits for the other writers
        return True
    rows = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WAITING)
    waiting = _undecided(batch).values("position")
    rows.exclude(position__in=waiting).exclude(follows__in=waiting).update(state=ImportRow.State.SKIPPED)
    if locked(batch_id).state in (State.QUEUED, State.WRITING):
        forget_plans(batch_id)
        touch(batch, state=State.DONE, counts=count(batch), finished_at=timezone.now(), failures=0)
    return False


# --- The present state, not that of the preview ---------------------------------------------------------------------


def _matched_again(batch: ImportBatch, rows: Sequence[ImportRow], others: Others) -> list[ImportRow]:
    """The rows that may be written as things stand now. The others are refused or go to the decision list."""
    decided_new = {row.position for row in rows if row.decision == Decision.NEW}
    _find_firsts(batch, rows)
    asked = [row for row in rows if row.person_id is None and row.position not in decided_new and row.follows is None]
    found = _found_since(batch, asked, others) if asked else {}
    for row in asked:
        match = found.get(row.position, matching.NOBODY)
        if match.elsewhere:
            _refuse(row, "id_number.elsewhere", ELSEWHERE, "id_number")
        elif match.person_id or match.candidates:
            # Somebody entered this person after the preview: nobody has seen what would change.
            row.fate = Fate.DUPLICATE
            known = [(match.person_id, "Hồ sơ được lập sau khi xem trước")] if match.person_id else match.candidates
            row.candidates = [{"person": person, "why": why} for person, why in known]
    decided = (Decision.SAME, Decision.NEW)
    ready = [
        row
        for row in rows
        if row.state == ImportRow.State.WAITING
        and (row.fate != Fate.DUPLICATE or row.decision in decided)
        and (row.follows is None or row.person_id)
    ]
    waiting = [row for row in asked if row.fate == Fate.DUPLICATE and row.decision == Decision.NONE]
    ImportRow.objects.bulk_update(waiting, ["candidates"])
    return sorted(ready, key=lambda row: row.position)


def _found_since(batch: ImportBatch, asked: Sequence[ImportRow], others: Others) -> Mapping[int, matching.Match]:
    """Who the rows are, of the people that others entered or changed since, or by a number that somebody has."""
    changed = others.changed()
    known = with_known_number(asked)
    staged = [
        matching.staged(row.position, row.values, sheet=row.sheet, row=row.number)
        for row in asked
        if changed or row.position in known
    ]
    if not staged:
        return {}
    return matching.match(staged, commune=batch.commune, by=batch.by, among=changed, once=batch.kind in OF_PEOPLE)


def _find_firsts(batch: ImportBatch, rows: Sequence[ImportRow]) -> None:
    """Rows that add to a person of this file take the person of the first row; without it they are refused."""
    later = [row for row in rows if row.follows is not None]
    written = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRITTEN)
    firsts = dict(
        written.filter(position__in=[row.follows for row in later]).values_list("position", "person") if later else ()
    )
    undecided = set(_undecided(batch).values_list("position", flat=True)) if later else set()
    for row in later:
        row.person_id = firsts.get(row.follows or 0) or row.person_id
        if row.person_id is None and row.follows not in undecided:
            _refuse(row, "row.first_missing", "Dòng đầu của người này không được ghi, nên dòng bổ sung cũng không.")
