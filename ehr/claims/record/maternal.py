"""Accepting what claims tell of pregnancies, births and deaths of children: done by the services of the screens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils import timezone

from ehr.claims.models import ClaimTask
from ehr.claims.record import newborns
from ehr.claims.record.pregnancies import Told, told
from ehr.claims.storing.document import claim_of
from ehr.common.dates import format_date
from ehr.common.problems import Problem, refusal
from ehr.programmes.models import Pregnancy
from ehr.programmes.services import save_episode
from ehr.records.models import Person
from ehr.records.services import save_person
from stations.models import Organization, User

DOOR = "screen"
#: How a pregnancy ended that a hospital ended: the paper says only that it was, the officer says which.
ENDINGS = {"abortion": "Phá thai", "miscarriage": "Sảy thai, thai lưu"}


def do(task: ClaimTask, person: Person, by: User, choice: str) -> str:
    """Does what a task of kind PREGNANCY says; what was done, in words. `choice`: of "pregnancy_end" a key of ENDINGS;
    of "child_death" the key of the child, needed where there are several.

    Raises ValidationError where the rules refuse, PermissionDenied."""
    if task.field == "pregnancy":
        return _register(person, by)
    fact, on = _fact(task)
    if task.field == "child_death":
        return _child_died(fact, on, person, by, choice)
    if task.field == "pregnancy_end":
        if choice not in ENDINGS:
            raise refusal(Problem("outcome", "outcome.required", "Chọn thai kỳ kết thúc thế nào."))
        return _end(on, person, by, outcome=choice, said=ENDINGS[choice].lower())
    station = task.claim.facility is not None and task.claim.facility.kind in (
        Organization.Kind.STATION, Organization.Kind.SITE
    )  # fmt: skip
    place = Pregnancy.Place.STATION if station else Pregnancy.Place.HOSPITAL
    return _end(on, person, by, outcome=Pregnancy.Outcome.BIRTH.value, said="đã sinh", birth_place=place.value)


def _fact(task: ClaimTask) -> tuple[Told, dt.date]:
    """What the claim says now, from which the task was written, and of which day."""
    version = task.claim.current
    facts = told(claim_of(version)) if version is not None else iter(())
    found = next((fact for fact in facts if (fact.field, fact.words) == (task.field, task.claimed)), None)
    if found is None or found.on is None:
        message = "Hồ sơ BHYT không ghi rõ ngày: hãy ghi ở hồ sơ của người này, rồi đóng việc này."
        raise refusal(Problem("ended_on", "claim_task.no_day", message))
    return found, found.on


def _register(person: Person, by: User) -> str:
    """A pregnancy, unless one is open."""
    if Pregnancy.objects.filter(person=person, outcome="").exists():
        return "Thai kỳ đang được theo dõi; đã đóng việc này."
    on: dt.date = timezone.localdate()
    save_episode(kind="pregnancy", person=person, values={"registered_on": on}, by=by, door=DOOR)
    return "Đã mở sổ theo dõi thai kỳ."


def _end(on: dt.date, person: Person, by: User, *, outcome: str, said: str, **more: str) -> str:
    """Ends the open pregnancy on that day. One that began later is another one."""
    pregnancy = Pregnancy.objects.filter(person=person, outcome="", registered_on__lte=on).first()
    if pregnancy is None:
        return "Không có thai kỳ nào đang mở vào ngày ấy nên không có gì để kết thúc; đã đóng việc này."
    values = {"outcome": outcome, "ended_on": on, **more}
    save_episode(kind="pregnancy", person=person, values=values, by=by, door=DOOR, episode=pregnancy)
    return f"Đã kết thúc thai kỳ: {said} ngày {format_date(on)}."


def _child_died(fact: Told, on: dt.date, mother: Person, by: User, choice: str) -> str:
    children = [child for child in children_of([mother.pk], by) if _may_be(fact, on, child)]
    if choice:
        children = [child for child in children if str(child.pk) == choice]
    if len(children) != 1:
        message = (
            "Có nhiều con có thể là trẻ này: chọn đúng trẻ." if children else
            "Chưa có hồ sơ của trẻ này gắn với mẹ: hãy lập hồ sơ cho trẻ, gắn với mẹ, rồi làm lại việc này."
        )  # fmt: skip
        raise refusal(Problem("child", "claim_task.child", message))
    (child,) = children
    values = {"status": Person.Status.DEAD.value, "death_date": on}
    save_person(values=values, by=by, door=DOOR, person=child)
    return f"Đã ghi trẻ {child.full_name} mất ngày {format_date(on)}."


def _may_be(fact: Told, on: dt.date, child: Person) -> bool:
    if fact.born is not None:
        return child.birth_date == fact.born
    return bool(child.birth_date and child.birth_date <= on)


def children_of(mothers: Iterable[int], by: User) -> list[Person]:
    """Living children of these women, of those whom the user may see. One query."""
    living = (Person.Status.ACTIVE, Person.Status.MOVED)
    found = Person.objects.visible_to(by).filter(mother__in=set(mothers), status__in=living)
    return list(found.order_by("birth_date", "pk"))


def candidates(task: ClaimTask, children: Sequence[Person]) -> list[Person]:
    """Those of `children` who may be the child of a task about a child's death, by the words of the task."""
    said = task.claimed
    own = [child for child in children if child.mother_id == task.person_id]
    born = [child for child in own if f"sinh ngày {format_date(child.birth_date)}" in said]
    return born if "sinh ngày" in said else own


def take_child(task: ClaimTask, person: Person, by: User) -> str:
    """Makes or links the record of a newborn that a claim could not be sure about."""
    version = task.claim.current
    claim = claim_of(version) if version is not None else None
    rows = claim.rows("XML9") if claim is not None else []
    row = next((row for row in rows if task.claimed.endswith(newborns.joined_words(row))), None)
    child, made = newborns.take(task.claim.encounter_id, row, by=by) if row is not None else (None, False)
    if child is None:
        message = "Lần sinh này không còn, hoặc đã có hồ sơ của trẻ, vì hồ sơ BHYT đã thay đổi."
        raise refusal(Problem("child", "claim_task.closed", message))
    return (
        f"{'Đã lập hồ sơ' if made else 'Đã gắn hồ sơ'} {child.code} ({child.full_name}) là con của {person.full_name}."
    )
