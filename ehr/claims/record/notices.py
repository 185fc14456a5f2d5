"""What a claim says that a person has to look at. Pure: drafts of tasks from a plan and what is known of the person.

Nothing here changes the record: a diagnosis of a hospital, a death, a drug despite an allergy are for people to
judge."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ehr.claims.claim import Row
from ehr.claims.models import ClaimTask
from ehr.claims.record import lists, pregnancies
from ehr.claims.record.known import KnownPerson
from ehr.claims.record.people import differences
from ehr.claims.record.plan import Plan
from ehr.claims.record.texts import joined, line, place, prose
from ehr.claims.record.visits import diagnosis_codes
from ehr.claims.spec import DATA
from ehr.common.dates import age_on, format_date
from ehr.common.text import plain, title_name
from ehr.records.models import Medication, Person

Kind = ClaimTask.Kind
RECENT = dt.timedelta(days=90)  # a referral or a discharge of longer ago asks nobody for a visit
_DIED, _WORSE = frozenset("58"), frozenset("46")
_INPATIENT = frozenset(("03", "04", "06", "09", "3"))
_BIRTHS = re.compile(r"(?:O8[0-9]|Z37|Z39)")
_WORD = re.compile(r"[a-z][a-z-]{4,}")
_COMMON = frozenset(("thuoc", "khang", "dung", "khong", "nhieu", "truoc", "sinh", "viem", "vien", "mieng", "nhom"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A task to be. `field`: field code of form 831 where there is one."""

    kind: str
    field: str
    recorded: str
    claimed: str


@cache
def _chronic() -> list[tuple[str, str, str]]:
    """(prefix, field code, name), longest prefixes first."""
    with (DATA / "chronic.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["prefix"], row["field"], row["name"]) for row in csv.DictReader(file)]
    return sorted(rows, key=lambda row: -len(row[0]))


@lru_cache(maxsize=4096)
def chronic(code: str) -> tuple[str, str] | None:
    """(field code of section B, name) for a lifelong disease."""
    return next(((field, name) for prefix, field, name in _chronic() if code.startswith(prefix)), None)


@cache
def _families() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with (DATA / "drug-families.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["family"], []).append(row["member"])
    return {family: tuple(members) for family, members in found.items()}


@lru_cache(maxsize=4096)
def allergens(detail: str) -> tuple[str, ...]:
    """Beginnings of names of drugs that an allergy as written speaks of: "Dị ứng Penicillin" → penicillin, amoxicil…"""
    words = {word for word in _WORD.findall(plain(detail)) if word not in _COMMON}
    found: dict[str, None] = dict.fromkeys(sorted(words))
    for family, members in _families().items():
        if any(word.startswith(family[:7]) or family.startswith(word) for word in words):
            found |= dict.fromkeys(members)
    return tuple(found)


def drafts(
    plan: Plan, known: KnownPerson, facts: Mapping[str, Any], names: Mapping[str, str], stations: set[str], *,
    today: dt.date,
) -> Iterator[Draft]:  # fmt: skip
    """Everything to look at for one claim. `names`: facilities by code; `stations`: codes of stations of ours."""
    for code, recorded, claimed in differences(known, facts):
        yield Draft(Kind.CONFLICT, code, recorded, claimed)
    if plan.encounter is None:
        return
    if plan.unlike:
        for code, recorded, claimed in lists.differences(plan):
            yield Draft(Kind.CONFLICT, code, recorded, claimed)
    yield from _parents(plan, known, today)
    if not plan.claim.rows("XML1"):
        return
    row = plan.claim.rows("XML1")[0]
    yield from _allergies(plan, known)
    yield from _death(plan, known)
    yield from _diseases(row, known)
    for told in pregnancies.told(plan.claim):
        yield Draft(Kind.PREGNANCY, told.field, "", told.words)
    yield from _referrals(plan, names, stations, today)
    yield from _visits_at_home(plan, row, known, today)


def _allergies(plan: Plan, known: KnownPerson) -> Iterator[Draft]:
    told = set()
    for detail in known.allergies:
        beginnings = allergens(detail)
        for drug in plan.lists[Medication]:
            words = plain(f"{drug['name']} {drug['strength']}").split()
            if drug["name"] not in told and any(word.startswith(start) for start in beginnings for word in words):
                told.add(drug["name"])
                yield Draft(Kind.ALLERGY, "allergy_drug", detail[:500], drug["name"][:500])


def _death(plan: Plan, known: KnownPerson) -> Iterator[Draft]:
    columns: dict[str, Any] = plan.encounter  # type: ignore[assignment]
    if columns["outcome_code"] in _DIED and known.row.status != Person.Status.DEAD:
        on = columns["visit_end_date"] or columns["exam_date"]
        yield Draft(Kind.DEATH, "death_date", "", format_date(on))
    died, came = known.row.death_date, columns["exam_date"]
    if known.row.status == Person.Status.DEAD and died is not None and came is not None and came > died:
        yield Draft(Kind.CONFLICT, "death_date", format_date(died), f"Có lượt khám ngày {format_date(came)}")


def _diseases(row: Row, known: KnownPerson) -> Iterator[Draft]:
    proposed = set()
    for code in diagnosis_codes(row):
        found = chronic(code)
        if found and found[0] not in known.diseases and found[0] not in proposed:
            proposed.add(found[0])
            claimed = found[1] if found[0] != "disease_other" else f"{found[1]} ({code})"
            yield Draft(Kind.CHRONIC, found[0], "Không" if found[0] in known.denied else "", claimed)


def _parents(plan: Plan, known: KnownPerson, today: dt.date) -> Iterator[Draft]:
    """Father and mother of a child, where the record names none."""
    age = age_on(known.row.birth_date, known.row.birth_precision, today)
    if age is None or age >= 16:
        return
    for role, column in (("mother", "HO_TEN_ME"), ("father", "HO_TEN_CHA")):
        rows = [row for table in ("XML7", "XML8", "XML11") for row in plan.claim.rows(table)]
        name = next((text for row in rows if (text := line(row.values, column, 100))), "")
        if name and not known.parents.get(role):
            yield Draft(Kind.RELATIVE, f"{role}_name", "", title_name(name))


def _referrals(plan: Plan, names: Mapping[str, str], stations: set[str], today: dt.date) -> Iterator[Draft]:
    columns: dict[str, Any] = plan.encounter  # type: ignore[assignment]
    on = columns["visit_end_date"] or columns["exam_date"]
    if today - on > RECENT:
        return
    for row in plan.claim.rows("XML13"):
        receiver = line(row.values, "MA_CSKCB_DEN") or line(row.values, "MA_NOI_DEN")
        if receiver in stations:
            sender = line(row.values, "MA_CSKCB") or plan.claim.facility
            words = joined(
                f"{place(sender, names)} chuyển đến {place(receiver, names)} ngày {format_date(on)}",
                prose(row.values, "CHAN_DOAN_RV"), prose(row.values, "HUONG_DIEU_TRI"),
            )  # fmt: skip
            yield Draft(Kind.REFERRAL, "", "", words[:500])


def _visits_at_home(plan: Plan, row: Row, known: KnownPerson, today: dt.date) -> Iterator[Draft]:
    """After a stay in hospital: lifelong diseases, births, children under five; always who left worse or dying."""
    columns: dict[str, Any] = plan.encounter  # type: ignore[assignment]
    on = columns["visit_end_date"] or columns["exam_date"]
    outcome = columns["outcome_code"]
    stay = columns["care_class"] in _INPATIENT or bool(plan.claim.rows("XML7"))
    if not stay or outcome in _DIED or today - on > RECENT:
        return
    codes = diagnosis_codes(row)
    age = age_on(known.row.birth_date, known.row.birth_precision, on)
    why = joined(
        "nặng hơn khi ra viện" if outcome == "4" else "tiên lượng nặng xin về" if outcome == "6" else "",
        "bệnh mạn tính" if any(map(chronic, codes)) else "",
        "sau sinh" if plan.claim.rows("XML9") or any(_BIRTHS.match(code) for code in codes) else "",
        "trẻ dưới 5 tuổi" if age is not None and age < 5 else "",
    )
    if why:
        diagnosis = prose(row.values, "CHAN_DOAN_RV") or ", ".join(codes)
        yield Draft(Kind.HOME_VISIT, "", "", f"Ra viện ngày {format_date(on)}: {why}. {diagnosis}"[:500])
