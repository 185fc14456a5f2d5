"""Accepting lines: one group, or some lines of it, written through `ehr.records.bulk` and undoable by itself."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common.background import enqueue_on_commit
from ehr.common.problems import Problem
from ehr.intake import matching
from ehr.intake.models import Fate, ImportBatch, ImportRow
from ehr.intake.register import mothers
from ehr.intake.register.models import Group, RegisterAcceptance, RegisterLine
from ehr.intake.services.access import require_commune
from ehr.intake.services.before import keep_before
from ehr.intake.services.store import count
from ehr.intake.values import load
from ehr.records.bulk import BulkRow, Outcome, write
from stations.models import User

log = logging.getLogger(__name__)
State = RegisterLine.State
Progress = RegisterAcceptance.State
WAITING = (State.OPEN, State.REFUSED)
DOOR = "excel"  # what the change history calls a list that came as a file
HERE = 200  # so few lines are written while the officer waits
CHUNK = 2000  # lines per transaction
#: Groups that need no decision, parents before children.
BY_ITSELF = (
    Group.MOVED_IN, Group.MISSING_HERE, Group.BORN, Group.NUMBER, Group.MOVED_WITHIN, Group.CHANGED, Group.DIED,
    Group.MOVED_OUT,
)  # fmt: skip
OPEN_STATES = frozenset(
    {ImportBatch.State.PREVIEW, ImportBatch.State.DONE, ImportBatch.State.QUEUED, ImportBatch.State.WRITING}
)
NEW = frozenset({Group.BORN, Group.MOVED_IN, Group.MISSING_HERE})
DATED = frozenset({Group.DIED, Group.MOVED_OUT, Group.MISSING_THERE})
REMARKS = frozenset({"status", "death_date", "moved_out_on", "moved_out_to"})
KNOWN_BY_NOW = "Hồ sơ được lập sau khi so sánh."
NOT_YET_NUMBERED = "1"  # of the list of reasons: newborn, no number given yet


def accept(
    batch: ImportBatch,
    *,
    group: str,
    by: User | None,
    door: str = DOOR,
    lines: Iterable[int] | None = None,
    village: int | str | None = "",
    outcome: str = "",
    day: dt.date | None = None,
    place: str = "",
    key: uuid.UUID | None = None,
    wait: bool | None = None,
) -> RegisterAcceptance | None:
    """Takes over what the list says, for all waiting lines of a group or for some of them.

    `village`: only lines of this village (None: without one; "": all). `outcome`, `day`, `place`: what became of people
    whom the list no longer holds ("moved" or "dead"); `day` also serves lines of deaths and moves without a date of
    their own. `key`: of the submission: a second click gives the acceptance of the first. `wait`: write in this
    process; None does so for few lines. Children whose mother is to be chosen stay, and so do lines without a needed
    date. None when no line was waiting.
    Raises PermissionDenied, ValidationError."""
    require_commune(by, batch.commune)
    _check(batch, group, outcome, day)
    with transaction.atomic():
        ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)  # one acceptance at a time takes lines
        if key and (sent := RegisterAcceptance.objects.filter(key=key, batch=batch).first()):
            return sent
        acceptance = RegisterAcceptance.objects.create(
            batch=batch, group=group, outcome=outcome, day=day, place=place.strip()[:200], by=by, door=door,
            key=key or uuid.uuid4(),
        )  # fmt: skip
        ready = ready_lines(batch, group, day)
        if not isinstance(village, str):
            ready = ready.filter(village=village)
        if lines is not None:
            ready = ready.filter(pk__in=list(lines))
        acceptance.total = ready.update(acceptance=acceptance, state=State.QUEUED, problems=[])
        if not acceptance.total:
            acceptance.delete()
            return None
        acceptance.save(update_fields=["total"])
        # From now on something rests on the rows: the batch can be undone, no longer cancelled or read anew.
        ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.PREVIEW).update(
            state=ImportBatch.State.DONE, started_at=timezone.now()
        )
        if wait is None:
            wait = acceptance.total <= HERE
        if not wait:
            enqueue_on_commit("intake.register.accept", acceptance.pk)
    if wait:
        run(acceptance.pk)
        acceptance.refresh_from_db()
    return acceptance


def accept_all(
    batch: ImportBatch, *, by: User | None, door: str = DOOR, wait: bool | None = None
) -> list[RegisterAcceptance]:
    """Each group that needs no decision, one acceptance each. People missing in the list wait for a decision."""
    made = [accept(batch, group=group, by=by, door=door, wait=wait) for group in BY_ITSELF]
    return [acceptance for acceptance in made if acceptance]


def ready_lines(batch: ImportBatch, group: str, day: dt.date | None) -> QuerySet[RegisterLine]:
    """Lines of the group that can be written as they are."""
    waiting = RegisterLine.objects.filter(batch=batch, group=group, state__in=WAITING)
    if group == Group.BORN:
        waiting = waiting.exclude(mother_state=RegisterLine.Mother.ASK)
    if group in DATED and day is None:
        waiting = waiting.filter(day__isnull=False)
    return waiting


def run(acceptance_id: int) -> None:
    """Writes what is left of an acceptance, chunk by chunk. May run twice, or again after it was killed."""
    while True:
        with transaction.atomic():
            if not _write_chunk(acceptance_id):
                return


def _check(batch: ImportBatch, group: str, outcome: str, day: dt.date | None) -> None:
    if group not in (*BY_ITSELF, Group.MISSING_THERE):
        raise ValidationError("Nhóm này cần quyết định từng dòng.", code="register.group")
    if batch.state not in OPEN_STATES:
        raise ValidationError("Danh sách này chưa đọc xong hoặc đã hủy.", code="batch.state")
    if group == Group.MISSING_THERE and outcome not in ("moved", "dead"):
        raise ValidationError("Hãy chọn: đã chuyển đi hay đã mất.", code="register.outcome")
    if group == Group.MISSING_THERE and day is None:
        raise ValidationError("Hãy nhập ngày chuyển đi hoặc ngày mất.", code="register.day")
    if day and day > localdate():
        raise ValidationError("Ngày ở tương lai.", code="register.day_future")


def _write_chunk(acceptance_id: int) -> bool:
    """The next lines of the acceptance, inside the caller's transaction. False when nothing was left."""
    acceptance = (
        RegisterAcceptance.objects.select_for_update(of=("self",))
        .select_related("batch__commune", "by")
        .get(pk=acceptance_id)
    )
    batch = acceptance.batch
    waiting = RegisterLine.objects.filter(acceptance=acceptance, state=State.QUEUED)
    if acceptance.group == Group.BORN:
        ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:CHUNK])
        mothers.find(batch, lines=ids)
        RegisterLine.objects.filter(pk__in=ids, mother_state=RegisterLine.Mother.ASK).update(
            state=State.OPEN, acceptance=None
        )
    lines = list(waiting.select_related("row", "person", "mother").order_by("pk")[:CHUNK])
    if lines:
        _write(acceptance, _matched_again(batch, lines))
    more = waiting.exists()
    acceptance.state = Progress.WORKING if more else Progress.DONE
    acceptance.finished_at = None if more else timezone.now()
    acceptance.save(update_fields=["state", "finished_at", "accepted", "refused"])
    if not more:
        ImportBatch.objects.filter(pk=batch.pk).update(counts=count(batch), finished_at=timezone.now())
    return more


@dataclass(frozen=True, slots=True)
class _Touched:
    """What `keep_before` asks of a row."""

    person_id: int | None
    values: dict[str, Any]


def _matched_again(batch: ImportBatch, lines: list[RegisterLine]) -> list[RegisterLine]:
    """The lines without those of new people who have a record by now: somebody entered them, or another list did, after
    the comparison. These go to the decisions."""
    asked = {
        line.pk: line
        for line in lines
        if line.person_id is None and line.row and line.row.decision != ImportRow.Decision.NEW
    }
    if not asked:
        return lines
    staged = [
        matching.staged(key, line.row.values, sheet=line.row.sheet, row=line.row.number)
        for key, line in asked.items()
        if line.row
    ]
    own = RegisterLine.objects.filter(batch=batch, state=State.ACCEPTED, person__isnull=False, group__in=NEW)
    found = matching.match(staged, commune=batch.commune, by=batch.by, without=own.values_list("person", flat=True))
    for key, match in found.items():
        people = match.candidates or ([(match.person_id, KNOWN_BY_NOW)] if match.person_id else [])
        if people:
            line = asked[key]
            line.group, line.state, line.acceptance, line.why = Group.AMBIGUOUS, State.OPEN, None, KNOWN_BY_NOW
            line.candidates = [{"person": person, "why": why} for person, why in people]
            line.save(update_fields=["group", "state", "acceptance", "why", "candidates"])
            ImportRow.objects.filter(lines=line).update(candidates=line.candidates, fate=Fate.DUPLICATE)
    return [line for line in lines if line.state == State.QUEUED]


def _write(acceptance: RegisterAcceptance, lines: list[RegisterLine]) -> None:
    batch, values = acceptance.batch, {line.pk: _values(acceptance, line) for line in lines}
    keep_before(batch, [_Touched(line.person_id, values[line.pk]) for line in lines])  # type: ignore[arg-type,misc]
    rows = [BulkRow(line.pk, load(values[line.pk]), line.person_id) for line in lines]
    outcomes = {outcome.key: outcome for outcome in _write_safely(acceptance, rows)}
    for line in lines:
        _settle(line, outcomes[line.pk])
    RegisterLine.objects.bulk_update(lines, ["state", "person", "problems"], batch_size=1000)
    written = [line for line in lines if line.state == State.ACCEPTED]
    with audit.context(by=acceptance.by, door=acceptance.door, batch=batch.pk):
        _link_mothers(written)
    _mark_rows(written)
    acceptance.accepted += len(written)
    acceptance.refused += len(lines) - len(written)


def _write_safely(acceptance: RegisterAcceptance, rows: list[BulkRow]) -> list[Outcome]:
    """Writes rows; when the database refuses one (a number that somebody took this second), the halves are tried, so
    that only the row itself is refused."""
    if not rows:
        return []
    try:
        with transaction.atomic():
            return write(rows, by=acceptance.by, door=acceptance.door, batch=acceptance.batch_id, today=localdate())
    except (IntegrityError, DataError) as error:
        if len(rows) == 1:
            log.warning("register line %s refused by the database: %s", rows[0].key, type(error).__name__)
            clash = Problem("", "row.clash", "Hồ sơ vừa được người khác thay đổi cùng lúc: hãy nhận lại dòng này.")
            return [Outcome(rows[0].key, "refused", [clash], {}, rows[0].person_id)]
        middle = len(rows) // 2
        return _write_safely(acceptance, rows[:middle]) + _write_safely(acceptance, rows[middle:])


def _values(acceptance: RegisterAcceptance, line: RegisterLine) -> dict[str, Any]:
    """Field codes to write, in JSON form: the whole row of a new person, else only what differs."""
    if line.group in DATED:
        return _ending(acceptance, line)
    if line.person is None:
        return _new_person(acceptance, line)
    given = {field: after for field, (_, after) in line.changes.items()}
    if line.person.status in ("moved", "dead"):
        given |= {"status": "active", "moved_out_on": None, "moved_out_to": "", "death_date": None}
    if line.person.commune_id != acceptance.batch.commune_id:
        given["current_commune"] = acceptance.batch.commune.code
    return given


def _ending(acceptance: RegisterAcceptance, line: RegisterLine) -> dict[str, Any]:
    day = line.day or acceptance.day
    if line.group == Group.DIED or acceptance.outcome == RegisterAcceptance.Outcome.DEAD:
        return {"status": "dead", "death_date": day and day.isoformat()}
    return {
        "status": "moved", "moved_out_on": day and day.isoformat(), "moved_out_to": line.place or acceptance.place,
    }  # fmt: skip


def _new_person(acceptance: RegisterAcceptance, line: RegisterLine) -> dict[str, Any]:
    row = line.row.values if line.row else {}
    given = {field: value for field, value in row.items() if field not in REMARKS}
    given.setdefault("current_commune", acceptance.batch.commune.code)
    given.setdefault("identity_source", "register")
    if line.group == Group.BORN:
        if not given.get("id_number"):
            given.setdefault("id_missing_reason", NOT_YET_NUMBERED)
        if line.mother and not given.get("mother_name"):
            given["mother_name"] = line.mother.full_name
    return given


def _settle(line: RegisterLine, outcome: Outcome) -> None:
    """What became of the line."""
    line.problems = [_as_json(problem) for problem in outcome.problems]
    if outcome.fate == "refused":
        line.state = State.REFUSED
        return
    line.state = State.ACCEPTED
    line.person_id = outcome.person_id


def _as_json(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "code": problem.code, "level": problem.level, "message": problem.message}


def _link_mothers(lines: list[RegisterLine]) -> None:
    """The children's records point at their mothers'."""
    pairs = [(line.person_id, line.mother_id) for line in lines if line.mother_id]
    if not pairs:
        return
    children, women = [child for child, _ in pairs], [mother for _, mother in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_person p SET mother_id = pair.mother "
            "FROM unnest(%s::bigint[], %s::bigint[]) pair (child, mother) "
            "WHERE p.id = pair.child AND p.mother_id IS DISTINCT FROM pair.mother",
            [children, women],
        )
        cursor.execute(
            "UPDATE records_relative r SET linked_person_id = pair.mother "
            "FROM unnest(%s::bigint[], %s::bigint[]) pair (child, mother) "
            "WHERE r.person_id = pair.child AND r.role = 'mother' AND r.linked_person_id IS NULL",
            [children, women],
        )


def _mark_rows(lines: list[RegisterLine]) -> None:
    """The rows know the person they made or changed."""
    pairs = [(line.row_id, line.person_id) for line in lines if line.row_id]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE intake_importrow r SET state = 'written', person_id = pair.person "
            "FROM unnest(%s::bigint[], %s::bigint[]) pair (id, person) WHERE r.id = pair.id",
            [[row for row, _ in pairs], [person for _, person in pairs]],
        )
