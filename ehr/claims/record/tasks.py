"""Tasks from claims: kept in step with what the present versions say, accepted into the record or closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from ehr.claims.models import ClaimTask
from ehr.claims.record import lists, maternal
from ehr.claims.record.notices import Draft
from ehr.common.among import among
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, parse_date
from ehr.common.problems import Problem, raise_errors
from ehr.records import facts
from ehr.records.bulk.writing import write
from ehr.records.models import Person
from ehr.records.services import save_history, save_person
from ehr.records.services.changes import Changes
from ehr.records.services.common import require_person
from stations.models import User

Kind, State = ClaimTask.Kind, ClaimTask.State
DOOR = "screen"
#: Said once of a person, whichever claims say it again.
ONCE = frozenset((Kind.CONFLICT, Kind.ALLERGY, Kind.CHRONIC, Kind.RELATIVE))
_RAW = {"Nam": "1", "Nữ": "2", "Rh(+)": "pos", "Rh(-)": "neg"}

Key = tuple[int, str, str, str]


def sync(wanted: Mapping[int, tuple[int, list[Draft]]]) -> None:
    """`wanted`: claim → (person, drafts). New tasks come, tasks that no claim of these says any longer are gone,
    decided ones stay decided. Four statements at most."""
    drafts: dict[Key, tuple[int, Draft]] = {}
    for claim, (person, found) in wanted.items():
        for draft in found:
            drafts.setdefault((claim, draft.kind, draft.field, draft.claimed), (person, draft))
    stored = {_key(task): task for task in ClaimTask.objects.filter(among("claim_id", wanted)).order_by("pk")}
    people = sorted({person for person, draft in drafts.values() if draft.kind in ONCE})
    told = set(
        ClaimTask.objects.filter(among("person_id", people), kind__in=ONCE)
        .exclude(state=State.GONE)
        .exclude(among("claim_id", wanted))
        .values_list("person_id", "kind", "field", "claimed")
    )
    new, changed = Changes(), []
    for key, (person, draft) in drafts.items():
        task = stored.get(key)
        saying = (person, *key[1:])
        if task is not None:
            if task.state == State.GONE or task.person_id != person:
                task.state, task.person_id, task.recorded = State.OPEN, person, draft.recorded[:500]
                changed.append(task)
        elif draft.kind not in ONCE or saying not in told:
            told.add(saying)
            new.add(
                ClaimTask,
                {
                    "claim_id": key[0], "person_id": person, "kind": str(draft.kind), "field": draft.field,
                    "recorded": draft.recorded[:500], "claimed": draft.claimed,
                },
            )  # fmt: skip
    gone = [task.pk for key, task in stored.items() if key not in drafts and task.state == State.OPEN]
    write(new)
    if changed:
        ClaimTask.objects.bulk_update(changed, ["state", "person_id", "recorded"], batch_size=1000)
    if gone:
        ClaimTask.objects.filter(pk__in=gone).update(state=State.GONE)


def _key(task: ClaimTask) -> Key:
    return task.claim_id, task.kind, task.field, task.claimed


def drop(claims: Iterable[int]) -> None:
    """Open tasks of claims that were taken back."""
    ClaimTask.objects.filter(among("claim_id", list(claims)), state=State.OPEN).update(state=State.GONE)


@transaction.atomic
def accept(task: ClaimTask, by: User, choice: str = "") -> str:
    """Takes what the claim says into the record, through the services of every other door, and closes the task; what
    was done, in words. What is only to be done or known (a visit at home, a drug despite an allergy) is closed as seen.
    `choice`: as `maternal.do` asks for it.

    Raises ValidationError where the record's rules refuse, or when somebody decided first; PermissionDenied."""
    task, person = _open(task, by)
    said = _take(task, person, by, choice)
    _close(task, State.ACCEPTED, by)
    return said


def _take(task: ClaimTask, person: Person, by: User, choice: str) -> str:
    if task.kind == Kind.PREGNANCY:
        return maternal.do(task, person, by, choice)
    if task.kind == Kind.NEWBORN and task.field in ("mother", "refused"):
        return maternal.take_child(task, person, by)
    if task.field in lists.FIELDS:
        return lists.take(task, by)
    values = _values(task)
    if task.kind in (Kind.CONFLICT, Kind.DEATH, Kind.RELATIVE) and values:
        save_person(values=values, by=by, door=DOOR, person=person)
    elif task.kind == Kind.CHRONIC:
        save_history(person=person, values=_disease(task, person), by=by, door=DOOR)
    else:
        return "Đã đóng việc này."
    return "Đã nhận vào hồ sơ."


@transaction.atomic
def keep(task: ClaimTask, by: User) -> ClaimTask:
    """Leaves the record as it is and closes the task. Raises like `accept`."""
    task, _ = _open(task, by)
    return _close(task, State.KEPT, by)


def _open(task: ClaimTask, by: User) -> tuple[ClaimTask, Person]:
    locked = ClaimTask.objects.select_for_update(of=("self",)).select_related("claim").get(pk=task.pk)
    person = Person.objects.get(pk=locked.person_id)
    require_person(by, person)
    if locked.state != State.OPEN:
        message = "Việc này đã được xử lý trước đó hoặc không còn, vì hồ sơ BHYT đã thay đổi."
        raise_errors([Problem("state", "claim_task.closed", message)])
    return locked, person


def _close(task: ClaimTask, state: str, by: User) -> ClaimTask:
    task.state, task.decided_by, task.decided_at = state, by, timezone.now()
    task.save(update_fields=["state", "decided_by", "decided_at"])
    return task


def _values(task: ClaimTask) -> dict[str, Any]:
    """Section A as the task says it, in the words that its service reads."""
    if task.kind == Kind.DEATH:
        return {"status": Person.Status.DEAD.value, "death_date": parse_date(task.claimed)}
    if task.field == "death_date":  # there was a visit after it: the person lives
        return {"status": Person.Status.ACTIVE.value, "death_date": None}
    if task.field == "birth_date":
        return {"birth_date": PartialDate.parse(task.claimed)}
    return {task.field: _RAW.get(task.claimed, task.claimed)} if task.field else {}


def _disease(task: ClaimTask, person: Person) -> dict[str, Any]:
    """A tick, or the name as a line more of a text."""
    if task.field in facts.TICKS:
        return {task.field: "yes"}
    before = facts.section_b(person)[task.field]
    lines = before.value.splitlines() if before.state == "value" else []
    return {task.field: Answer.of("\n".join(dict.fromkeys([*lines, task.claimed])))}
