"""Facts of people that claims tell: they fill what is empty, through the rules of every other door; what differs from
the record becomes a task. Periods of insurance cards and further numbers are kept beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.timezone import localdate

from ehr.claims.claim import Row
from ehr.claims.identity import Patient, patient_of
from ehr.claims.identity.patients import identity_number
from ehr.claims.record.known import KnownPerson
from ehr.claims.record.plan import Plan
from ehr.claims.record.texts import day
from ehr.claims.values import split_list
from ehr.common.dates import PartialDate, Precision
from ehr.common.identifiers import BHYT_CARD, classify_identity_number, clean_number
from ehr.common.problems import errors
from ehr.common.text import name_key
from ehr.records import bulk
from ehr.records.facts import codes_of
from ehr.records.models import Person
from ehr.records.sections import a

DOOR = "claim"
_CODED = {name: a.SYSTEMS[name] for name in ("ethnicity", "nationality", "occupation")}
_IDENTITY = ("SDDCN", "FOREIGN_ID", "CMND9", "PASSPORT")
_SEXES = {"1": "Nam", "2": "Nữ"}
USABLE = (Person.Status.ACTIVE, Person.Status.MOVED, Person.Status.DEAD)


def facts_of(plan: Plan) -> Mapping[str, Any]:
    """Field codes of section A as the claim says them."""
    return (plan.pair.patient or patient_of(plan.claim, 0)).facts


def gaps(known: KnownPerson, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those facts for which the record has nothing; "không có" is an answer and stays."""
    row, numbers = known.row, known.numbers
    found: dict[str, Any] = {}
    if row.status not in USABLE:
        return found
    for name, system in _CODED.items():
        if getattr(row, f"{name}_id") is None and facts.get(name) in codes_of(system):
            found[name] = facts[name]
    if not row.blood_group_abo and facts.get("blood_group_abo"):
        found["blood_group_abo"] = facts["blood_group_abo"]
        if not row.blood_group_rh and facts.get("blood_group_rh"):
            found["blood_group_rh"] = facts["blood_group_rh"]
    if not row.phone_mobile and not row.phone_landline:
        found |= {name: facts[name] for name in ("phone_mobile", "phone_landline") if facts.get(name)}
    if not any(kind in numbers for kind in _IDENTITY) and facts.get("id_number"):
        found["id_number"] = facts["id_number"]
    for name, kind in (("health_insurance_number", "BHYT_CARD"), ("social_insurance_code", "BHXH_NO")):
        if kind not in numbers and facts.get(name):
            found[name] = facts[name]
    answered = {*row.answered_none, *row.answered_unknown}
    return {name: value for name, value in found.items() if name not in answered}


def differences(known: KnownPerson, facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(field code, in the record, in the claim) of what contradicts the record. A date known in part contradicts only a
    date outside of it; names are compared without tones; a number only when both are of twelve digits."""
    row = known.row
    found = []
    name = facts.get("full_name", "")
    same = name == row.full_name or name_key(name) == name_key(row.full_name)
    if name and not same and not patient_is_nameless(name):
        found.append(("full_name", row.full_name, name))
    sex = facts.get("sex", "")
    if sex in _SEXES and row.sex in _SEXES and sex != row.sex:
        found.append(("sex", _SEXES[row.sex], _SEXES[sex]))
    birth = facts.get("birth_date")
    if birth is not None and birth.date and row.birth_date and birth.date != row.birth_date:
        stored = PartialDate(row.birth_date, Precision(row.birth_precision))
        if not _may_be_one_day(stored, birth):
            found.append(("birth_date", stored.text(), birth.text()))
    for code in ("blood_group_abo", "blood_group_rh"):
        claimed, recorded = facts.get(code), getattr(row, code)
        if claimed and recorded and claimed != recorded:
            words = {"pos": "Rh(+)", "neg": "Rh(-)"}
            found.append((code, words.get(recorded, recorded), words.get(claimed, claimed)))
    number, own = facts.get("id_number", ""), known.numbers.get("SDDCN", "")
    if own and number != own and classify_identity_number(number) == "SDDCN":
        found.append(("id_number", own, number))
    return found


def patient_is_nameless(name: str) -> bool:
    """Names that a ward gives to a child without one contradict nothing."""
    return Patient(0, full_name=name).nameless


def _may_be_one_day(one: PartialDate, other: PartialDate) -> bool:
    sizes = {Precision.YEAR: 4, Precision.MONTH: 7}
    length = min(sizes.get(one.precision, 10), sizes.get(other.precision, 10))
    return one.date.isoformat()[:length] == other.date.isoformat()[:length]  # type: ignore[union-attr]


def fill(plans: Sequence[Plan], facts: Mapping[int, Mapping[str, Any]], known: Mapping[int, KnownPerson]) -> None:
    """Fills what is empty, the latest visit first. What a rule refuses stays empty. `facts`: by claim. By the system:
    the sender of a file may be a hospital that sees none of these people; the file stands in the history."""
    latest = sorted(plans, key=_day, reverse=True)
    wanted: dict[int, dict[str, Any]] = {}
    for each in latest:
        person = known[each.pair.person_id]
        for name, value in gaps(person, facts[each.pair.claim_pk]).items():
            wanted.setdefault(person.row.pk, {}).setdefault(name, value)
    rows = [bulk.BulkRow(person, values, person) for person, values in wanted.items() if values]
    if rows:
        write_facts(rows, plans[0].pair.file.pk)


def write_facts(rows: Sequence[bulk.BulkRow], file: int) -> list[bulk.Outcome]:
    """Section A and B of these people by the rules of every other door, in their order. A value that a rule refuses is
    left out, and the rest of its row is tried once more. `file`: ClaimFile.pk."""
    return write_what_fits(rows, lambda some: _write(some, file))


def write_what_fits(
    rows: Sequence[bulk.BulkRow], write: Callable[[Sequence[bulk.BulkRow]], list[bulk.Outcome]]
) -> list[bulk.Outcome]:
    """The same with another writer."""
    outcomes = write(rows)
    again: dict[int, bulk.BulkRow] = {}
    for at, (row, outcome) in enumerate(zip(rows, outcomes, strict=True)):
        refused = {problem.field for problem in errors(outcome.problems)}
        left = {name: value for name, value in row.values.items() if name not in refused}
        if outcome.fate == "refused" and left and len(left) < len(row.values):
            again[at] = bulk.BulkRow(row.key, left, row.person_id)
    for at, outcome in zip(again, write(list(again.values())) if again else (), strict=True):
        outcomes[at] = outcome
    return outcomes


def _write(rows: Sequence[bulk.BulkRow], file: int) -> list[bulk.Outcome]:
    return bulk.write(rows, by=None, door=DOOR, claim_file=file, today=localdate())


def _day(plan: Plan) -> dt.date:
    return plan.encounter["exam_date"] if plan.encounter else dt.date.min


# --- Numbers and cards ------------------------------------------------------------------------------------------------

_PERIODS = """
    UPDATE records_identifier i
    SET coverage_from = v.since, coverage_to = v.until, primary_facility = v.facility, updated_at = now()
    FROM (SELECT DISTINCT ON (person, card) * FROM
              unnest(%s::bigint[], %s::text[], %s::date[], %s::date[], %s::text[])
                  AS v(person, card, since, until, facility)
          ORDER BY person, card, since DESC NULLS LAST, until DESC NULLS LAST) v
    WHERE i.person_id = v.person AND i.kind = 'BHYT_CARD' AND i.value = v.card
      AND (i.coverage_from, i.coverage_to, i.primary_facility) IS DISTINCT FROM (v.since, v.until, v.facility)
      AND (i.coverage_from IS NULL OR i.coverage_from < v.since
           OR i.coverage_from = v.since AND coalesce(v.until, 'infinity') >= coalesce(i.coverage_to, '-infinity'))"""
_NUMBERS = """
    INSERT INTO records_identifier
        (person_id, kind, value, valid_from, valid_to, coverage_from, coverage_to, primary_facility, source, issued_by,
         created_at, updated_at)
    SELECT DISTINCT ON (person, kind, value) person, kind, value, since, until, since, period_end, facility,
           'Hồ sơ BHYT', '', now(), now()
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::date[], %s::date[], %s::text[])
        AS v(person, kind, value, since, until, period_end, facility)
    WHERE NOT EXISTS (SELECT 1 FROM records_identifier i
                      WHERE i.person_id = v.person AND i.kind = v.kind AND i.value = v.value)
    ORDER BY person, kind, value, since DESC NULLS LAST"""


def keep_numbers(plans: Iterable[Plan], known: Mapping[int, KnownPerson]) -> None:
    """Periods of the cards that people have, and cards and papers that they had besides. Never takes a number that
    somebody entered from anybody. Two statements."""
    periods: list[tuple[Any, ...]] = []
    others: list[tuple[Any, ...]] = []
    for each in plans:
        row, person = each.claim.main, each.pair.person_id
        if row is None:
            continue
        numbers, stored = known[person].numbers, known[person].all_numbers
        for card, since, until, facility in cards_of(row):
            periods.append((person, card, since, until, facility))
            if ("BHYT_CARD", card) not in stored and numbers.get("BHYT_CARD", card) != card:
                others.append((person, "BHYT_CARD", card, since, until or _day(each), until, facility))
        for text in split_list(row.text("SO_CCCD")):
            number = identity_number(text)
            kind = classify_identity_number(number) if number else ""
            if kind in ("CMND9", "PASSPORT") and (kind, number) not in stored and "SDDCN" in numbers:
                others.append((person, kind, number, None, None, None, ""))
    with connection.cursor() as cursor:
        if others:
            cursor.execute(_NUMBERS, [list(column) for column in zip(*others, strict=True)])
        if periods:
            cursor.execute(_PERIODS, [list(column) for column in zip(*periods, strict=True)])


def cards_of(row: Row) -> list[tuple[str, dt.date | None, dt.date | None, str]]:
    """(card, valid from, valid to, primary facility): four lists that belong together by position."""
    cards = row.positions("MA_THE_BHYT") or row.positions("MA_THE")
    if not cards:
        return []
    since, until, places = (row.positions(name) for name in ("GT_THE_TU", "GT_THE_DEN", "MA_DKBD"))
    found = []
    for at, text in enumerate(cards):
        card = clean_number(text)
        if BHYT_CARD.fullmatch(card):
            days = [_date(column[at]) if at < len(column) else None for column in (since, until)]
            found.append((card, days[0], days[1], places[at][:5] if at < len(places) else ""))
    return found


def _date(text: str) -> dt.date | None:
    return day({"on": text}, "on")
