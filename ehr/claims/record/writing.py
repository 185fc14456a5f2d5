"""Storing what claims tell: visits and their lists become as the present versions say, by sets.

New rows go in by COPY; of a visit that is there only what differs is written, so its history tells the difference. Rows
that vanished leave the lists and stay in the history."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.claims.models import Claim
from ehr.claims.record import known as people
from ehr.claims.record import lookups, newborns, notices, papers, tasks
from ehr.claims.record import people as people_facts
from ehr.claims.record.plan import OF_PERSON, OF_VISIT, TAKEN_BACK, Plan, Stored, note_of, plan
from ehr.claims.record.visits import diagnosis_codes
from ehr.common import events
from ehr.records.bulk.rows import References
from ehr.records.bulk.writing import take_keys
from ehr.records.bulk.writing import write as write_changes
from ehr.records.facts import codes_of
from ehr.records.models import CareDocument, Encounter
from ehr.records.services.changes import Changes, Columns
from stations.models import User

DOOR = "claim"
_CLAIM, _STATION = Encounter.Source.CLAIM.value, Encounter.Source.STATION.value
_OPEN, _FINISHED, _ERROR = (each.value for each in Encounter.Status)
#: Columns of the visit that never stand empty, and so say nothing about what the station entered.
_NOT_FILLED = frozenset(("person_id", "source", "source_note", "status", "kind", "exam_date", "facility_id"))


# Each part is what an index answers: a NULL and a key are two questions. Asked visit by visit (OFFSET 0), whatever the
# statistics say: those of a table that has just grown from nothing make the planner compare every visit with every one.
_SAME_CODE = """t.id IN (
    WITH v AS (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(facility, name, code))
    SELECT e.id FROM v CROSS JOIN LATERAL (
        SELECT id FROM records_encounter WHERE facility_id = v.facility AND facility_name = v.name
            AND visit_link_code = v.code AND visit_link_code <> '' OFFSET 0) e
    WHERE v.facility IS NOT NULL
    UNION ALL
    SELECT e.id FROM v CROSS JOIN LATERAL (
        SELECT id FROM records_encounter WHERE facility_id IS NULL AND facility_name = v.name
            AND visit_link_code = v.code AND visit_link_code <> '' OFFSET 0) e
    WHERE v.facility IS NULL)"""
_SAME_DAY = """t.id IN (
    SELECT e.id FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS v(person, facility, day) CROSS JOIN LATERAL (
        SELECT id FROM records_encounter WHERE person_id = v.person AND exam_date = v.day AND facility_id = v.facility
            AND source = %s AND status <> %s OFFSET 0) e)"""


class Writing:
    """One call: plans of all pairs, what is stored of their visits, and the changes."""

    def __init__(self, pairs: Sequence[Stored], *, today: dt.date) -> None:
        self.today = today
        self.changes = Changes()
        self.read = References().read
        self.lookups = _lookups(pairs)
        groups = {key: code.pk for key, code in codes_of("lab-group").items()}
        notes = self._notes(pairs)
        self.plans = [plan(pair, self.lookups, groups, notes, today=today) for pair in pairs]
        visits = [each for each in self.plans if each.encounter is not None]
        self.stored = self._stored_visits(visits)
        self._link(visits)
        self.papers = [each for each in self.plans if each.encounter is None]

    def _notes(self, pairs: Sequence[Stored]) -> dict[int, str]:
        notes = {}
        for pair in pairs:
            file = pair.file
            if file.pk not in notes:
                known = self.lookups.facility(file.facility_code, file.made_on or self.today)
                sender = known[1] if known else f"cơ sở mã {file.facility_code}" if file.facility_code else ""
                notes[file.pk] = note_of(file, sender)
        return notes

    # --- What is stored -----------------------------------------------------------------------------------------------

    def _stored_visits(self, plans: Iterable[Plan]) -> dict[int, Any]:
        """Visits of earlier versions, locked in the order of their keys."""
        keys = sorted({each.pair.encounter_id for each in plans if each.pair.encounter_id})
        if not keys:
            return {}
        return {row.id: row for row in self.read(Encounter, "t.id = ANY(%s)", [keys], lock=True)}

    def _link(self, plans: Sequence[Plan]) -> None:
        """Finds the visit of each plan: that of an earlier version, or one that the station entered itself. A code that
        another visit has already is left out: the claim keeps it."""
        fresh = []
        for each in plans:
            if each.pair.encounter_id in self.stored:
                each.encounter_id = each.pair.encounter_id
            else:
                fresh.append(each)
        taken, same_day = self._neighbours(plans, fresh)
        used = {each.encounter_id for each in plans if each.encounter_id}
        for each in fresh:
            columns: Columns = each.encounter  # type: ignore[assignment]
            where = _link_key(columns)
            row = taken.get(where)
            if row is None or row.person_id != columns["person_id"] or row.id in used or row.id in self.claimed:
                days = same_day.get((columns["person_id"], columns["facility_id"], columns["exam_date"]), ())
                row = next((found for found in days if found.id not in used and found.id not in self.claimed), None)
            if row is not None:
                each.encounter_id = row.id
                used.add(row.id)
                self.stored[row.id] = row
        owners: dict[tuple[Any, ...], int] = {key: row.id for key, row in taken.items()}
        for at, each in enumerate(plans):
            columns = each.encounter  # type: ignore[assignment]
            mine = each.encounter_id or -1 - at
            if columns["visit_link_code"] and owners.setdefault(_link_key(columns), mine) != mine:
                columns["visit_link_code"] = ""

    def _neighbours(
        self, plans: Sequence[Plan], fresh: Sequence[Plan]
    ) -> tuple[dict[tuple[Any, ...], Any], dict[tuple[Any, ...], list[Any]]]:
        """Visits with one of these codes at its facility, and visits of the station itself on the same days. Three
        queries at most."""
        wanted = [_link_key(each.encounter) for each in plans if each.encounter and each.encounter["visit_link_code"]]
        taken: dict[tuple[Any, ...], Any] = {}
        if wanted:
            facilities, names, codes = zip(*wanted, strict=True)
            for row in self.read(Encounter, _SAME_CODE, [list(facilities), list(names), list(codes)]):
                taken[row.facility_id, row.facility_name, row.visit_link_code] = row
        days = [
            (each.encounter["person_id"], each.encounter["facility_id"], each.encounter["exam_date"])
            for each in fresh
            if each.encounter and each.encounter["facility_id"]
        ]
        same_day: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        if days:
            people, facilities, dates = zip(*days, strict=True)
            params: list[Any] = [list(people), list(facilities), list(dates), _STATION, _ERROR]
            for row in self.read(Encounter, _SAME_DAY, params):
                same_day[row.person_id, row.facility_id, row.exam_date].append(row)
        found = [row.id for row in taken.values()] + [row.id for rows in same_day.values() for row in rows]
        claimed = Claim.objects.filter(encounter__in=found).values_list("encounter_id", flat=True) if found else ()
        self.claimed = set(claimed)
        return taken, same_day

    @property
    def visits(self) -> dict[int, int]:
        """The visit of each claim by `claim_pk`; none for an appraisal."""
        return {each.pair.claim_pk: each.encounter_id for each in self.plans if each.encounter_id}

    # --- What changes -------------------------------------------------------------------------------------------------

    def plan_changes(self) -> None:
        """Fills `changes`; gives new visits their keys."""
        new = [each for each in self.plans if each.encounter is not None and each.encounter_id is None]
        for each, key in zip(new, take_keys(Encounter, len(new)), strict=True):
            each.encounter_id = key
            each.version_changed = True
            self.changes.add(Encounter, {"id": key, **each.encounter})  # type: ignore[dict-item]
            for model, rows in each.lists.items():
                if rows:
                    self.changes.inserts.setdefault(model, []).extend({"encounter_id": key, **row} for row in rows)
        news = set(map(id, new))
        old = [each for each in self.plans if each.encounter is not None and id(each) not in news]
        lists = self._stored_lists([each.encounter_id for each in old])
        for each in old:
            self._change(each, lists)
        self._plan_papers()

    def _stored_lists(self, keys: Sequence[Any]) -> dict[type[Model], dict[int, list[Any]]]:
        """Rows of the lists of these visits. One query for each table."""
        found: dict[type[Model], dict[int, list[Any]]] = {model: defaultdict(list) for model in OF_VISIT + OF_PERSON}
        if keys:
            for model, rows in found.items():
                for row in self.read(model, "t.encounter_id = ANY(%s)", [sorted(keys)]):
                    rows[row.encounter_id].append(row)
        return found

    def _change(self, each: Plan, lists: dict[type[Model], dict[int, list[Any]]]) -> None:
        row = self.stored[each.encounter_id]  # type: ignore[index]
        columns: Columns = dict(each.encounter)  # type: ignore[arg-type]
        before = len(self.changes.updates), _size(self.changes)
        entered_here = row.source == _STATION
        if columns["status"] == _OPEN and row.status == _FINISHED and not entered_here:
            return  # a check-in that comes after the visit it announced
        if entered_here:  # what the station wrote stays; the claim fills what it left empty
            columns = {
                name: value
                for name, value in columns.items()
                if name not in _NOT_FILLED and value not in ("", None) and getattr(row, name) in ("", None)
            }
        elif row.status == _ERROR and not row.status_reason.startswith(TAKEN_BACK):
            del columns["status"]  # cancelled by a person
        else:
            columns["status_reason"] = ""
        changed = self.changes.change(Encounter, row, columns)
        for model, rows in each.lists.items():
            stored = lists[model].get(row.id, [])
            if entered_here and stored:
                each.unlike[model] = stored, rows
                continue
            if stored or rows:
                self.changes.plan_lines(model, stored, rows, {"encounter_id": row.id})
        if changed or (len(self.changes.updates), _size(self.changes)) != before:
            self.changes.change(Encounter, row, {"version": row.version + 1})
            each.version_changed = True

    def _plan_papers(self) -> None:
        """Minutes of appraisal councils, found again by the claim that brought them."""
        if not self.papers:
            return
        keys = {each.pair.claim_pk: each.pair.claim_key for each in self.papers}
        asked = [claim for claim, key in keys.items() if key is None]
        keys |= dict(Claim.objects.filter(pk__in=asked).values_list("pk", "key")) if asked else {}
        stored: dict[Any, list[Any]] = defaultdict(list)
        for row in self.read(CareDocument, "t.source_key = ANY(%s)", [list(keys.values())]):
            stored[row.source_key].append(row)
        for each in self.papers:
            key = keys[each.pair.claim_pk]
            self.changes.plan_lines(
                CareDocument, stored.get(key, []), each.lists[CareDocument],
                {"encounter_id": None, "source_key": str(key)},
            )  # fmt: skip


def _link_key(columns: Columns | None) -> tuple[Any, ...]:
    assert columns is not None  # noqa: S101
    return columns["facility_id"], columns["facility_name"], columns["visit_link_code"]


def _size(changes: Changes) -> tuple[int, int, int]:
    """Grows with every row that a list gains, changes or loses."""
    return (
        sum(map(len, changes.inserts.values())),
        sum(len(rows) for rows in changes.updates.values()),
        sum(map(len, changes.deletes.values())),
    )


def _lookups(pairs: Sequence[Stored]) -> lookups.Lookups:
    facilities = {code for pair in pairs for code in papers.facility_codes(pair.claim)}
    facilities |= {pair.file.facility_code for pair in pairs}
    rows = [pair.claim.main for pair in pairs]
    return lookups.read(facilities, {code for row in rows if row is not None for code in diagnosis_codes(row)})


#: An appointment is kept when a later visit says the number of its paper.
_MET = """
    UPDATE records_appointment a SET state = 'met', updated_at = now()
    FROM unnest(%s::bigint[], %s::text[], %s::date[]) AS v(person, number, day)
    WHERE a.person_id = v.person AND a.number = v.number AND a.state = 'open' AND a."on" - 30 <= v.day
"""


def _meet(plans: Iterable[Plan]) -> None:
    visits = [
        (each.pair.person_id, number.strip(), each.encounter["exam_date"])
        for each in plans
        if each.encounter and each.version_changed
        for number in each.encounter["referral_number"].split(";")
        if number.strip()
    ]
    if visits:
        with connection.cursor() as cursor:
            cursor.execute(_MET, [list(column) for column in zip(*visits, strict=True)])


def _look_at_people(writing: Writing, by: User | None) -> None:
    """Facts that nobody knew, children of births, and what a person has to look at."""
    plans = writing.plans
    known = people.read(each.pair.person_id for each in plans)
    facts = {each.pair.claim_pk: people_facts.facts_of(each) for each in plans}
    people_facts.fill(plans, facts, known)
    file = plans[0].pair.file.pk
    with audit.copy_context(by=by, door=DOOR, claim_file=file):
        people_facts.keep_numbers(plans, known)
        births = newborns.link(plans)
    names, stations = writing.lookups.names, writing.lookups.stations
    wanted = {}
    for each in plans:
        key, person = each.pair.claim_pk, known[each.pair.person_id]
        found = notices.drafts(each, person, facts[key], names, stations, today=writing.today)
        wanted[key] = person.row.pk, [*found, *births.get(key, ())]
    tasks.sync(wanted)


def prepare(pairs: Sequence[Stored]) -> Writing:
    """What these claims of one file make of the record, with the keys of their visits; a claim that stands twice counts
    as it stands last. Reads and locks only, in the caller's transaction; `write` stores it."""
    writing = Writing(list({pair.claim_pk: pair for pair in pairs}.values()), today=localdate())
    writing.plan_changes()
    return writing


def write(writing: Writing, *, by: User | None) -> None:
    """Stores what `prepare` planned, in the same transaction."""
    with audit.copy_context(by=by, door=DOOR, claim_file=writing.plans[0].pair.file.pk):
        write_changes(writing.changes)
        _meet(writing.plans)
    _look_at_people(writing, by)
    for each in writing.plans:
        if each.version_changed and each.encounter_id:
            events.publish_on_commit("encounter_saved", person_id=each.pair.person_id, encounter_id=each.encounter_id)
