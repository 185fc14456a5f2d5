"""What files filled into records that had nothing there, as the change history tells: the value, what stood before, and
whether somebody changed or confirmed it since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Model

from ehr.audit.changes import event_model
from ehr.claims.record.people import DOOR
from ehr.claims.record.plan import OF_VISIT
from ehr.common.among import among
from ehr.records.models import Appointment, Encounter, Identifier, Person, Relative

_CONFIRMED = "identity_confirmed_on"
_NEVER = frozenset(("id", "person_id", "encounter_id", "created_at", "updated_at", "version", "source", "source_note"))


class Tracked(NamedTuple):
    """A table whose rows a claim may fill or add. `owner`: the column by which its history is looked up."""

    model: type[Model]
    owner: str
    columns: tuple[str, ...]


def _all(model: type[Model]) -> tuple[str, ...]:
    return tuple(each.attname for each in model._meta.concrete_fields if not each.generated)


PERSON = Tracked(
    Person, "pgh_obj_id",
    ("ethnicity_id", "nationality_id", "occupation_id", "blood_group_abo", "blood_group_rh", "phone_mobile",
     "phone_landline", "mother_id"),
)  # fmt: skip
AROUND = (
    Tracked(Identifier, "person_id", ("valid_to", "coverage_from", "coverage_to", "primary_facility")),
    Tracked(Relative, "person_id", ("linked_person_id",)),
    Tracked(Appointment, "person_id", ("state",)),
)
#: Of visits that the station entered itself.
VISIT = Tracked(Encounter, "pgh_obj_id", tuple(name for name in _all(Encounter) if name not in _NEVER))
LISTS = tuple(
    Tracked(model, "encounter_id", tuple(name for name in _all(model) if name not in _NEVER)) for model in OF_VISIT
)


@dataclass(frozen=True, slots=True)
class Since:
    """Why something stays: `why` is "changed", "confirmed" (the identity was, later) or "unknown" (the history does not
    say what stood there before); by whom (key of a user), when, through which door."""

    why: str
    user: int | None
    at: dt.datetime
    door: str


@dataclass(slots=True)
class Row:
    """One row of the record. `back`: columns to set, with what stood there; `made`: the files added the row; `kept`:
    columns that stay ("" for the row itself)."""

    table: Tracked
    key: int
    owner: int
    back: dict[str, Any] = field(default_factory=dict)
    made: bool = False
    kept: dict[str, Since] = field(default_factory=dict)


@dataclass(slots=True)
class Filled:
    """Rows of people and visits that files wrote to."""

    rows: list[Row] = field(default_factory=list)

    @property
    def going(self) -> list[Row]:
        return [row for row in self.rows if row.back or row.made]

    @property
    def staying(self) -> list[Row]:
        return [row for row in self.rows if row.kept]


def read(people: Collection[int], visits: Collection[int], files: Collection[int]) -> Filled:
    """What these files filled into the records of these people and into these visits of the station. Records that the
    files made themselves are left out: they go, or stay, as a whole. Nine queries at most."""
    keys = frozenset(str(file) for file in files)
    made, confirmed, found = set(), {}, []
    for row, events in _histories(PERSON, people, keys, (_CONFIRMED,)):
        if any(event["pgh_label"] == "insert" and _mine(event, keys) for event in events):
            made.add(row.key)
            if "" in row.kept:  # somebody works with it: it stays
                found.append(Row(PERSON, row.key, row.owner, kept={"": row.kept[""]}))
            continue
        if at := _confirmed(events, keys):
            confirmed[row.key] = at
        found.append(row)
    others = [person for person in people if person not in made]
    for table in AROUND:
        found += [row for row, _ in _histories(table, others, keys)]
    for row in found:
        _confirm(row, confirmed.get(row.owner))
    for table in (VISIT, *LISTS) if visits else ():
        found += [row for row, _ in _histories(table, visits, keys)]
    return Filled([row for row in found if row.back or row.made or row.kept])


Event = Mapping[str, Any]


def _histories(
    table: Tracked, owners: Iterable[int], files: frozenset[str], more: tuple[str, ...] = ()
) -> Iterator[tuple[Row, list[Event]]]:
    """Rows of these owners to which the files wrote, with their history. One query."""
    names = {"id", table.owner, "pgh_label", "pgh_created_at", "pgh_context", *table.columns, *more}
    events = event_model(table.model)._default_manager.filter(among(table.owner, sorted(owners)))
    for key, versions in groupby(events.order_by("id", "pgh_id").values(*names), itemgetter("id")):
        found: list[Event] = list(versions)
        if any(_mine(event, files) for event in found):
            yield _row(table, key, found, files), found


def _mine(event: Event, files: frozenset[str]) -> bool:
    context = event["pgh_context"] or {}
    return context.get("door") == DOOR and "undo" not in context and str(context.get("claim_file")) in files


def _row(table: Tracked, key: int, events: Sequence[Event], files: frozenset[str]) -> Row:
    """Follows the row through its versions."""
    row = Row(table, key, events[0][table.owner])
    filled: dict[str, Any] = {}  # column: what stood there
    before: Event | None = None
    for event in events:
        mine, label = _mine(event, files), event["pgh_label"]
        if label == "delete":
            row.made, before = False, None
            filled.clear()
            row.kept.clear()
            continue
        if label == "insert" and before is None:
            row.made = mine
        elif before is None:
            if mine:
                row.kept[""] = _since("unknown", event)
        else:
            _step(row, filled, before, event, mine)
        before = event
    row.back = dict(filled) if not row.made and before is not None else {}
    if before is None:
        row.kept.clear()
    return row


def _step(row: Row, filled: dict[str, Any], before: Event, event: Event, mine: bool) -> None:
    """One version after another."""
    context = event["pgh_context"] or {}
    for column in row.table.columns:
        if event[column] == before[column]:
            continue
        if mine:
            filled.setdefault(column, before[column])
            row.kept.pop(column, None)
        elif column in filled:
            del filled[column]
            if "undo" not in context and context.get("door") != DOOR:  # another claim speaks for itself
                row.kept[column] = _since("changed", event)
    if row.made and context.get("door") != DOOR and "undo" not in context:
        row.made = False  # somebody worked on it: it is theirs, too
        row.kept[""] = _since("changed", event)


def _since(why: str, event: Event) -> Since:
    context = event["pgh_context"] or {}
    return Since(why, context.get("user"), event["pgh_created_at"], context.get("door") or "")


def _confirmed(events: Sequence[Event], files: frozenset[str]) -> Since | None:
    """When somebody confirmed the identity after the last time that the files wrote."""
    found, before = None, None
    for event in events:
        if _mine(event, files):
            found = None
        elif before is not None and event[_CONFIRMED] and event[_CONFIRMED] != before[_CONFIRMED]:
            found = _since("confirmed", event)
        before = event
    return found


def _confirm(row: Row, confirmed: Since | None) -> None:
    """Who confirms an identity confirms what the record says of it. A visit that was met is no matter of that."""
    if confirmed is None or row.table.model is Appointment:
        return
    for column in row.back:
        row.kept[column] = confirmed
    if row.made:
        row.kept[""] = confirmed
    row.back, row.made = {}, False
