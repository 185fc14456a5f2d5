"""What the preview worked out of new people, kept until they are written, and used where it still holds.

A row is written from its plan when nothing speaks against it now: the rules are the same, nobody else has one of its
numbers, nobody of its name was entered or changed since, and no row of the chunk that goes the long way could touch the
same household or person. All others go the long way, where matching and rules look at everything again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import DataError, IntegrityError, transaction
from django.utils.timezone import localdate

from ehr.intake import matching
from ehr.intake.models import Fate, ImportBatch, ImportPlan, ImportRow, Kind
from ehr.intake.services.before import keep_households
from ehr.intake.services.checking import answers, apply
from ehr.intake.services.since import Others, known_numbers
from ehr.intake.services.store import NewRow, as_json, mark_written, store_outcomes
from ehr.records.bulk import write_plans
from ehr.records.bulk.plans import Kept, Plan, alone, new_twins, places_hold, state
from ehr.records.bulk.work import Outcome
from ehr.records.services.section_a_checks import TWIN

#: Kinds whose new people are planned. A population list is accepted group by group, with values of its own.
PLANNED = frozenset({Kind.SURVEY})
REMEMBERED = 2  # documents; a chunk of rows seldom touches more


@dataclass(slots=True)
class Planned:
    """A row that may be written from its plan. `numbers`: all by which it could find somebody; `name`: the key by which
    names are looked up; `who`: the same for two rows that may be one person."""

    plan: Plan
    numbers: list[str]
    name: str
    who: str

    @property
    def touches(self) -> set[str]:
        """What two rows share that have to do with each other."""
        household = self.plan.household
        return {*self.numbers, self.who, *([_household(household["code"])] if household else ())}


class Next(Protocol):
    """A row to be written, without what is on it."""

    @property
    def pk(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def fate(self) -> str: ...
    @property
    def follows(self) -> int | None: ...


# --- Keeping ---------------------------------------------------------------------------------------------------------


def rules_now(batch: ImportBatch) -> str:
    """The digest of the rules of this moment (`bulk.plans.state`). To be asked before the rules run."""
    return state(by=batch.by, today=localdate())


class Keeper:
    """Keeps plans, chunk after chunk of one reading."""

    def __init__(self, batch: ImportBatch) -> None:
        self._batch = batch
        self._rules = ""
        self._answers: dict[Any, Any] = {}

    def begin(self) -> Kept:
        """What takes the plans of the next chunk. To be asked before its rules run."""
        rules = rules_now(self._batch)
        if rules != self._rules:
            self._rules, self._answers = rules, {}
        return Kept(answers=self._answers)

    def keep(self, rows: Sequence[NewRow], kept: Kept) -> None:
        """Stores the plans of the new people among `rows`, in the transaction that stores the rows."""
        new = {row.position: row for row in rows if row.fate == Fate.NEW.value and row.follows is None}
        packed = []
        for plan in kept.plans:
            row = new.get(plan.key)
            if row is not None:
                numbers, name, who = _identity(row.values)
                packed.append([plan.pack(), sorted(numbers), name, who])
        if not packed:
            return
        places = [list(place) for place in sorted({tuple(place) for place in kept.places}, key=str)]
        data = zlib.compress(as_json({"places": places, "rows": packed}).encode(), level=1)
        ImportPlan.objects.create(
            batch=self._batch, first=rows[0].position, last=rows[-1].position, state=self._rules, data=data
        )


def forget_plans(batch_id: int) -> None:
    """Nothing is prepared any longer: the rows are written, read again or given up."""
    ImportPlan.objects.filter(batch=batch_id).delete()


def _identity(values: Mapping[str, Any]) -> tuple[set[str], str, str]:
    """(numbers, key of the name, who) of a row."""
    name = matching.name_of(values)
    return matching.said_numbers(values), name, f"{name} {values.get('birth_date', '')} {values.get('sex', '')}"


def _household(code: Any) -> str:
    return f"household {code}"


# --- Using -----------------------------------------------------------------------------------------------------------


class Plans:
    """The plans of a batch while it is written."""

    def __init__(self, batch_id: int) -> None:
        self._batch = batch_id
        self._read: dict[int, dict[int, Planned]] = {}

    def of(self, batch: ImportBatch, rows: Sequence[Next]) -> dict[int, Planned]:
        """Plans of these rows by position, those whose rules are still the same. A fixed number of queries."""
        if batch.kind not in PLANNED:
            return {}
        positions = [row.position for row in rows if row.fate == Fate.NEW and row.follows is None]
        if not positions:
            return {}
        about = ImportPlan.objects.filter(batch=self._batch, first__lte=max(positions), last__gte=min(positions))
        same = about.filter(state=rules_now(batch)).order_by("first")
        found: dict[int, Planned] = {}
        for key in same.values_list("pk", flat=True):
            found |= self._document(key)
        return {position: found[position] for position in positions if position in found}

    def _document(self, key: int) -> dict[int, Planned]:
        if key not in self._read:
            data = ImportPlan.objects.values_list("data", flat=True).get(pk=key)
            document = json.loads(zlib.decompress(data))
            rows = [Planned(Plan.unpack(plan), *others) for plan, *others in document["rows"]]
            while len(self._read) >= REMEMBERED:
                del self._read[next(iter(self._read))]
            self._read[key] = {row.plan.key: row for row in rows} if places_hold(document["places"]) else {}
        return self._read[key]


def write_planned(
    batch: ImportBatch, rows: Sequence[Next], found: Mapping[int, Planned], others: Others, door: str
) -> set[int]:
    """Writes the rows whose plan holds, and marks them. Positions of those that are written; the others are as they
    were. `found`: `Plans.of` these rows."""
    quiet = _quiet(rows, found, others)
    if not quiet:
        return set()
    plans = [planned.plan for planned in quiet]
    try:
        with transaction.atomic():
            keep_households(batch, sorted({plan.household["code"] for plan in plans if plan.household}))
            twins = new_twins(plans)
            people = write_plans(plans, by=batch.by, door=door, batch=batch.pk, today=localdate())
    except (IntegrityError, DataError):  # somebody else wrote this second: the long way says which row cannot be
        return set()
    keys = {row.position: row.pk for row in rows}
    mark_written([keys[plan.key] for plan in plans], people)
    _warn_of_twins(batch, {keys[key] for key in twins})
    return {plan.key for plan in plans}


def _warn_of_twins(batch: ImportBatch, keys: Collection[int]) -> None:
    """What the rules would have said of these written rows besides. Two statements, when there are any."""
    rows = list(ImportRow.objects.filter(pk__in=keys)) if keys else []
    found = answers(batch, rows, [Outcome(row.position, "new", [TWIN], {}, row.person_id) for row in rows])
    for row in rows:
        apply(row, found[row.position])
    store_outcomes(rows)


def _quiet(rows: Sequence[Next], found: Mapping[int, Planned], others: Others) -> list[Planned]:
    """The rows whose plan holds, in their order."""
    names = others.names()
    known = known_numbers({number for planned in found.values() for number in planned.numbers})
    quiet = {
        position: planned
        for position, planned in found.items()
        if planned.name not in names and known.isdisjoint(planned.numbers)
    }
    quiet = {plan.key: quiet[plan.key] for plan in alone(planned.plan for planned in quiet.values())}
    loud = _touched_by([row.pk for row in rows if row.position not in found])
    loud.update(*(planned.touches for position, planned in found.items() if position not in quiet))
    while loud and (near := [key for key, planned in quiet.items() if not loud.isdisjoint(planned.touches)]):
        for key in near:
            loud |= quiet.pop(key).touches
    return [quiet[position] for position in sorted(quiet)]


def _touched_by(keys: Collection[int]) -> set[str]:
    """What rows without a plan have to do with. One query, when there are any."""
    touched: set[str] = set()
    if keys:
        for values in ImportRow.objects.filter(pk__in=keys).order_by().values_list("values", flat=True):
            numbers, _, who = _identity(values)
            touched |= {*numbers, who}
            if code := values.get("household_code"):
                touched.add(_household(code))
    return touched
