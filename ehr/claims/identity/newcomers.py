"""New records for residents of ours whom only a claim knows: once for all claims of a call, once for all workers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.timezone import localdate

from ehr.claims.identity.patients import Patient
from ehr.claims.identity.places import Home
from ehr.claims.identity.who import Identity, Match, search
from ehr.common.text import name_key, sort_key
from ehr.intake.matching import Span
from ehr.intake.matching.staged import exact_name
from ehr.records import bulk
from ehr.records.facts import codes_of
from ehr.records.models import Person
from ehr.records.sections import a

DOOR = "claim"
_CODED = {name: system for name, system in a.SYSTEMS.items() if name in ("ethnicity", "nationality", "occupation")}


def create(patients: Sequence[Patient], places: Mapping[int, Home], *, batch: int) -> dict[int, Identity]:
    """Identities of these patients, by position: NEW for the claim that made the record, what `search` says for the
    others of the same person. Whoever the rules refuse is absent.

    Twenty-odd statements at most. Waits for other transactions that make the same people now."""
    if not patients:
        return {}
    keys = sorted({key for patient in patients for key in _keys(patient, places[patient.position])})
    _take(keys)
    found = search(patients, places)  # another worker may have made them while this one waited
    unknown = [patient for patient in patients if patient.position not in found]
    first = _first_of_each(unknown, places)
    made = make(first, places, batch=batch)
    found |= made
    rest = [patient for patient in unknown if patient.position not in made]
    if rest and made:
        found |= search(rest, places)
    _leave(keys)
    return found


def _first_of_each(patients: Sequence[Patient], places: Mapping[int, Home]) -> list[Patient]:
    """One claim of each person: another one with the same number, card, or name with birth, sex and commune waits, and
    finds the new record afterwards, surely or as somebody to decide about. Two who differ in their numbers of twelve
    digits are two people, whatever else is the same."""
    firsts: list[Patient] = []
    taken: dict[str, list[Patient]] = {}
    for patient in patients:
        keys = _keys(patient, places[patient.position])
        others = [other for key in keys for other in taken.get(key, ())]
        if not any(_may_be_one(patient, other) for other in others):
            firsts.append(patient)
            for key in keys:
                taken.setdefault(key, []).append(patient)
    return firsts


def _may_be_one(patient: Patient, other: Patient) -> bool:
    """Whether `search` would name one of them for the other, surely or as a candidate."""
    if (patient.number and patient.number == other.number) or set(patient.cards) & set(other.cards):
        return True
    births = [Span.parse(each.birth) for each in (patient, other)]
    return (
        bool(births[0] and births[1] and births[0].meets(births[1]))
        and len({each.sex for each in (patient, other)} - {"3"}) < 2
        and len({each.number for each in (patient, other) if len(each.number) == 12}) < 2
        and (
            any(each.full_name.isascii() for each in (patient, other))
            or len({exact_name(sort_key(each.full_name)) for each in (patient, other)}) == 1
        )
    )


def _keys(patient: Patient, home: Home) -> list[str]:
    """What two claims of one new person have in common, at least one of them."""
    commune = home.commune.pk if home.commune else 0
    return [
        *([patient.number] if patient.number else []),
        *patient.cards,
        f"{name_key(patient.full_name)}|{patient.birth[:4]}|{commune}",
    ]


# --- One worker at a time for one person ------------------------------------------------------------------------------


def _take(keys: Sequence[str]) -> None:
    """Makes other workers wait who are about the same people, until this transaction ends. A row with the key is
    inserted: an equal one of another transaction waits for the unique index. In one order, so that no two wait for each
    other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO claims_newcomer (key) SELECT key FROM unnest(%s::bytea[]) AS k(key) ORDER BY key "
            "ON CONFLICT DO NOTHING",
            [_digests(keys)],
        )


def _leave(keys: Sequence[str]) -> None:
    """Takes the rows away again; whoever waits goes on when this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM claims_newcomer WHERE key = ANY(%s::bytea[])", [_digests(keys)])


def _digests(keys: Sequence[str]) -> list[bytes]:
    """No number or name stands in the table, not even for the time of a transaction."""
    return sorted(hashlib.sha256(key.encode()).digest()[:16] for key in keys)


# --- Writing ---------------------------------------------------------------------------------------------------------


def make(patients: Sequence[Patient], places: Mapping[int, Home], *, batch: int) -> dict[int, Identity]:
    """The records, through the rules of every other door. By the system: the file's sender may be a hospital that sees
    none of these people; who that was stands in the history."""
    rows = [bulk.BulkRow(each.position, _values(each, places[each.position])) for each in patients]
    if not rows:
        return {}
    outcomes = bulk.write(rows, by=None, door=DOOR, claim_file=batch, today=localdate())
    found = {}
    for patient, outcome in zip(patients, outcomes, strict=True):
        if outcome.person_id is not None:
            commune = places[patient.position].commune
            found[patient.position] = Identity(outcome.person_id, Match.NEW, commune_id=commune.pk if commune else None)
    return found


def _values(patient: Patient, home: Home) -> dict[str, Any]:
    """Section A as the claim says it. Codes that our lists do not have stay in the claim."""
    values = dict(patient.facts)
    for name, system in _CODED.items():
        if values.get(name) and values[name] not in codes_of(system):
            del values[name]
    values["current_commune"] = home.commune.code if home.commune else ""
    if home.village is not None:
        values["current_village_code"] = home.village.code
    values["identity_source"] = Person.IdentitySource.INSURANCE.value
    return values
