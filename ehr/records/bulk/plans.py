"""What the rules made of new people, kept so that they need not run a second time when the rows are written.

A plan holds while nothing changed that the rules looked at. Who keeps plans asks `state` (the program, the day, code
lists, places and rights) and `places_hold`; in the writing transaction `alone` looks at the rows beside it and
`new_twins` at the records of others. What no longer holds goes through `bulk.write`, as every row could: a plan saves
time and decides nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

import ehr
import stations
from ehr.audit import services as audit
from ehr.common import events
from ehr.common.garbage import without_gc
from ehr.records.bulk.reading import KIND_LISTS, Households, Stored, twins_of
from ehr.records.bulk.rows import References
from ehr.records.bulk.work import Rules, Work
from ehr.records.bulk.writing import open_households, planned_line, take_keys
from ehr.records.bulk.writing import write as write_changes
from ehr.records.facts import codes_of
from ehr.records.models import Membership, Person
from ehr.records.services.changes import Changes
from ehr.records.services.common import require_right
from ehr.records.services.section_a_checks import TWIN
from ehr.records.services.section_a_input import SYSTEMS
from ehr.records.services.section_a_plan import household_columns, plan_membership
from ehr.records.services.section_b_plan import SectionB, plan_toilet
from stations.models import AdminUnit, User, Village
from stations.scope import scope_of

Twin = tuple[str, dt.date, str, int]
_ANYWHERE = SimpleNamespace(id=0)  # a household that is found or opened when the plan is written


@dataclass(slots=True)
class Plan:
    """One new person. `number`: the personal number that nobody else may have; `twin`: what a probable second record
    would share (`SectionA.twin`), `warned` whether one was found; `household`: columns of the household to find or
    open; `member`: (relation, whether head) in it; `lines`: table → lines of `planned_line`."""

    key: Any
    number: str
    twin: Twin | None
    warned: bool
    household: dict[str, Any] | None
    toilet: str
    member: tuple[int | None, bool]
    lines: dict[str, list[str]]

    def pack(self) -> list[Any]:
        """As JSON can keep it."""
        twin = [self.twin[0], self.twin[1].isoformat(), *self.twin[2:]] if self.twin else None
        return [self.key, self.number, twin, self.warned, self.household, self.toilet, self.member, self.lines]

    @classmethod
    def unpack(cls, packed: list[Any]) -> Plan:
        """What `pack` gave."""
        key, number, twin, warned, household, toilet, member, lines = packed
        if twin:
            twin = (twin[0], dt.date.fromisoformat(twin[1]), twin[2], twin[3])
        return cls(key, number, twin, warned, household, toilet, tuple(member), lines)


@dataclass(slots=True)
class Kept:
    """Plans of a few thousand rows. `places`: the units and villages that their rules saw, for `places_hold`;
    `answers`: sections B that several rows share, good while `state` is the same."""

    plans: list[Plan] = field(default_factory=list)
    places: list[list[Any]] = field(default_factory=list)
    answers: dict[Any, SectionB] = field(default_factory=dict)


# --- Keeping ---------------------------------------------------------------------------------------------------------


def keep(kept: Kept, rules: Rules, *, today: dt.date) -> None:
    """Adds the plans of all new people that the rules accept."""
    for work in rules.works:
        if not work.refused and work.row.person_id is None and work.a is not None:
            kept.plans.append(_plan(work, today))
    seen = rules.stored.refs.places
    kept.places += [_unit(unit) for unit in seen.unit_keys.values()]
    kept.places += [_village(village) for village in seen.village_keys.values()]


def _plan(work: Work, today: dt.date) -> Plan:
    a: Any = work.a
    changes = Changes()
    changes.add(Person, a.columns(has_household=work.household is not None))
    a.plan(changes, 0)
    member: tuple[int | None, bool] = None, False
    if work.household is not None:
        joined: Any = plan_membership(Changes(), 0, None, _ANYWHERE, a.after.get("relation_to_head") or None, today)
        member = joined["relation_id"], joined["is_head"]
    toilet = ""
    lines = _rests(changes)
    if work.b is not None:
        toilet = work.b.toilet if work.household is not None else ""
        if work.b.ready is None:
            changes = Changes()
            work.b.plan_own(changes, 0)
            work.b.ready = _rests(changes)
        lines |= work.b.ready
    household = household_columns(a) if work.household is not None else None
    number = a.number if "id_number" in a.changed else ""
    return Plan(work.row.key, number, a.twin, TWIN in work.problems, household, toilet, member, lines)


def _rests(changes: Changes) -> dict[str, list[str]]:
    """The new rows as lines, by table."""
    found = {}
    for model, rows in changes.inserts.items():
        for row in rows:
            row.pop("person_id", None)
        found[model._meta.db_table] = [planned_line(model, row) for row in rows]
    return found


# --- Whether they hold -----------------------------------------------------------------------------------------------


def state(*, by: User | None, today: dt.date) -> str:
    """A digest of all that the rules of every row look at beside the row, the places and the records of others. Three
    queries."""
    codes = [
        (system, code.pk, code.code, code.properties)
        for system in sorted({*SYSTEMS.values(), *KIND_LISTS})
        for code in codes_of(system).values()
    ]
    scope = None if by is None else scope_of(by)
    places = scope and [sorted(each) for each in (
        scope.provinces, scope.communes, scope.villages, scope.stations, scope.roles,
    )]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM stations_scopeversion")
        version = cursor.fetchone()
    said = repr((_program(), today, places, version, codes))
    return hashlib.sha256(said.encode()).hexdigest()


@lru_cache(maxsize=1)
def _program() -> str:
    """A digest of the program: a new version may have other rules, other tables."""
    digest = hashlib.sha256()
    for package in (ehr, stations):
        root = Path(next(iter(package.__path__)))
        for path in sorted(root.rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def places_hold(places: Iterable[list[Any]]) -> bool:
    """Whether units and villages are as they were. Two queries."""
    kept = {tuple(place) for place in places}
    keys: dict[str, set[int]] = defaultdict(set)
    for place in kept:
        keys[place[0]].add(place[1])
    now = {tuple(_unit(unit)) for unit in AdminUnit.objects.filter(pk__in=keys["unit"]).order_by()}
    now |= {tuple(_village(village)) for village in Village.objects.filter(pk__in=keys["village"]).order_by()}
    return kept == now


def _unit(unit: AdminUnit) -> list[Any]:
    return ["unit", unit.pk, unit.scheme, unit.level, unit.code, unit.parent_id]


def _village(village: Village) -> list[Any]:
    return ["village", village.pk, village.code, village.commune_id]


def alone(plans: Iterable[Plan]) -> list[Plan]:
    """The plans whose number no other of them has: the rules would refuse both. That nobody else has their numbers is
    for the caller to see to, who knows more numbers."""
    plans = list(plans)
    numbers = Counter(plan.number for plan in plans if plan.number)
    return [plan for plan in plans if numbers[plan.number] <= 1]


def new_twins(plans: Iterable[Plan]) -> set[Any]:
    """Keys of the plans to which the rules would now add `TWIN`: a probable second record was entered meanwhile, or
    stands before them among these plans. To be asked before they are written. One query."""
    plans = [plan for plan in plans if plan.twin]
    known: set[Any] = twins_of([plan.twin for plan in plans if plan.twin])
    found = set()
    for plan in plans:
        if plan.twin in known and not plan.warned:
            found.add(plan.key)
        known.add(plan.twin)
    return found


# --- Writing ---------------------------------------------------------------------------------------------------------


@without_gc()
def write_plans(plans: Sequence[Plan], *, by: User | None, door: str, today: dt.date, **more: str | int) -> list[int]:
    """Stores the people of plans that hold, in the caller's transaction, as `write` stores their rows. Their keys, in
    the order of the plans. Raises PermissionDenied, and IntegrityError as `write` does."""
    require_right(by, "record.change")
    with audit.copy_context(by=by, door=door, **more):
        changes = Changes()
        households = _households(plans, changes)
        keys = take_keys(Person, len(plans))
        for plan, household, key in zip(plans, households, keys, strict=True):
            if household is None:
                continue
            relation, is_head = plan.member
            columns = {"person_id": key, "household_id": household.id, "relation_id": relation, "is_head": is_head}
            changes.add(Membership, columns | {"valid_from": today})
            if is_head:
                changes.heads[household.id] = key
        write_changes(changes, _lines(plans, keys))
    for key in keys:
        events.publish_on_commit("person_saved", person_id=key)
    return keys


def _households(plans: Sequence[Plan], changes: Changes) -> list[Any]:
    """The household of each plan, locked or opened, with the toilet that the last row says."""
    stored = cast(Stored, SimpleNamespace(refs=References(), households={}))
    households = Households(stored)
    named = [plan.household for plan in plans if plan.household]
    households.read({(each["commune_id"], each["village_id"], each["code"]) for each in named}, lock=True)
    found = [households.find(plan.household) if plan.household else None for plan in plans]
    open_households(households.opened, changes)
    # What differs is judged before anything changes, as the rules do for the rows of one call.
    wanted = [
        (household, plan.toilet)
        for plan, household in zip(plans, found, strict=True)
        if household is not None and plan.toilet and plan.toilet != household.toilet_type
    ]
    for household, toilet in wanted:
        plan_toilet(changes, household, toilet)
    return found


def _lines(plans: Sequence[Plan], keys: Sequence[int]) -> dict[type[models.Model], list[str]]:
    """Lines for COPY with the stamps and the person's key in front."""
    now = timezone.now().isoformat()
    lines: dict[str, list[str]] = defaultdict(list)
    for plan, key in zip(plans, keys, strict=True):
        front = f"{now}\t{now}\t{key}\t"
        for table, rests in plan.lines.items():
            lines[table] += [front + rest for rest in rests]
    return {_model(table): rows for table, rows in lines.items()}


@lru_cache(maxsize=64)
def _model(table: str) -> type[models.Model]:
    return next(model for model in apps.get_models() if model._meta.db_table == table)
