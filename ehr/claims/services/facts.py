"""What a file filled into empty fields of people: how much an undo would take out, and what stays because somebody
changed or confirmed it since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from ehr.audit.changes import authors, door_named
from ehr.claims.models import Claim, ClaimFile, ClaimTask, ClaimVersion
from ehr.claims.record import filled
from ehr.records.models import Encounter, Person
from stations.models import User

#: A page looks through so many claims; of a larger file the numbers come when it is undone.
MOST_CLAIMS = 2_000
STEP = 1_000  # claims
_CLAIMS = Claim.objects.order_by("pk").values_list("pk", "person_id", "encounter_id", "restricted")
WHY = {
    "changed": "đã sửa sau khi nhận tệp", "confirmed": "đã xác minh danh tính sau khi nhận tệp",
    "unknown": "lịch sử không ghi trước đó là gì",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptFact:
    """A fact that stays. `person`: None for somebody whom the asking user may not see; `label`: the field; `why` in
    words; `who` (a user's name or "Hệ thống"), `door` in words."""

    person: Person | None
    label: str
    why: str
    who: str
    at: dt.datetime
    door: str


@dataclass(slots=True)
class FilledFacts:
    """`going`: facts that an undo takes out, of so many `people`; `accepted`: proposals of the file that somebody took
    into the record, which stay."""

    going: int = 0
    people: int = 0
    kept: list[KeptFact] = field(default_factory=list)
    accepted: int = 0


def filled_facts(file: ClaimFile, *, by: User | None) -> FilledFacts | None:
    """None for a file of more than MOST_CLAIMS claims. Fifteen queries at most; with `by`, people whom the user may not
    see are not named."""
    if file.total > MOST_CLAIMS:
        return None
    found, kept = FilledFacts(accepted=accepted_of(file)), []
    for facts in _facts(file):
        found.going += sum(len(row.back) or 1 for row in facts.going)
        found.people += len({row.owner for row in facts.going})
        kept += facts.staying
    found.kept = _shown(kept, by)
    return found


def count_kept(file: ClaimFile) -> int:
    """How many facts of the file stay, whatever its size."""
    return sum(len(row.kept) for facts in _facts(file) for row in facts.staying)


def accepted_of(file: ClaimFile) -> int:
    """Proposals of the file's claims that somebody took into the record."""
    return ClaimTask.objects.filter(claim__versions__file=file, state=ClaimTask.State.ACCEPTED).distinct().count()


def _facts(file: ClaimFile) -> Iterator[filled.Filled]:
    """Part by part; people with claims in several parts are told once."""
    seen: set[int] = set()
    of_file = ClaimVersion.objects.filter(file=file).order_by("claim").values("claim")
    last = 0
    while rows := list(_CLAIMS.filter(pk__in=of_file.filter(claim__gt=last)[:STEP])):
        last = rows[-1][0]
        rows = [row for row in rows if not row[3]]
        people = {person for _, person, _, _ in rows if person} - seen
        seen |= people
        visits = Encounter.objects.filter(pk__in=[row[2] for row in rows if row[2]], source=Encounter.Source.STATION)
        yield filled.read(people, set(visits.values_list("pk", flat=True)), {file.pk})


def _shown(rows: list[filled.Row], by: User | None) -> list[KeptFact]:
    visits = {row.owner for row in rows if _is_visit(row)}
    of_visit = dict(Encounter.objects.filter(pk__in=visits).values_list("pk", "person_id")) if visits else {}
    seen = Person.objects.all() if by is None else Person.objects.visible_to(by)
    keys = {of_visit.get(row.owner, row.owner) if _is_visit(row) else row.owner for row in rows}
    people = seen.only("full_name", "id").in_bulk(sorted(keys))
    named = authors(since.user for row in rows for since in row.kept.values())
    found = []
    for row in rows:
        person = people.get(of_visit.get(row.owner, 0) if _is_visit(row) else row.owner)
        for column, since in row.kept.items():
            fact = KeptFact(
                person, _label(row, column), WHY[since.why], named(since.user), since.at, door_named(since.door)
            )
            found.append(fact)
    return sorted(found, key=lambda fact: fact.at, reverse=True)


def _is_visit(row: filled.Row) -> bool:
    return row.table.owner == "encounter_id" or row.table.model is Encounter


def _label(row: filled.Row, column: str) -> str:
    options = row.table.model._meta
    name = str(options.verbose_name)
    if not column:
        return name
    label = next(str(each.verbose_name) for each in options.concrete_fields if each.attname == column)
    return label if row.table.model is Person else f"{name}: {label}"
