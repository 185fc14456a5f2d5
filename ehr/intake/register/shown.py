"""Lines of a comparison as people read them. A page of lines costs a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ehr.common.templatetags.vietnamese import partial_date, vndate
from ehr.intake.models import ImportBatch
from ehr.intake.register.models import Group, RegisterLine
from ehr.intake.register.queries import people_in
from ehr.intake.views.shown import Change, Texts
from ehr.records.models import Identifier, Membership, Person
from ehr.records.models.person import Sex

SAID = ("relation_to_head", "id_number", "mother_name", "residence", "note")  # of people who are new to us
OF_A_PERSON = (
    "code", "full_name", "birth_date", "birth_precision", "sex", "status", "death_date", "village__name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that the row may be, or the mother may be. `choice`: what its button sends after the line's key."""

    person: Person
    why: str
    about: str
    choice: str


@dataclass(slots=True)
class ShownLine:
    """`elsewhere`: candidates whom the user may not see. `said`: what the list tells of somebody new."""

    line: RegisterLine
    person: Person | None
    birth: str
    sex: str
    household: str
    village: str
    number: int | None
    changes: list[Change] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    elsewhere: int = 0
    mother: Person | None = None

    @property
    def waiting(self) -> bool:
        return self.line.state in (RegisterLine.State.OPEN, RegisterLine.State.REFUSED)

    @property
    def asks_mother(self) -> bool:
        return self.line.mother_state == RegisterLine.Mother.ASK

    @property
    def names_mother(self) -> bool:
        """The list names the mother."""
        return bool(self.line.row and self.line.row.values.get("mother_name"))

    @property
    def acceptable(self) -> bool:
        return self.waiting and not self.asks_mother and self.line.group not in (Group.AMBIGUOUS, Group.REFUSED)


def show(batch: ImportBatch, lines: Sequence[RegisterLine], *, user: Any) -> list[ShownLine]:
    """Queries: the people whom the user may see, their households and numbers, units, villages."""
    keys = people_in(lines)
    seen = Person.objects.visible_to(user).select_related("village").only(*OF_A_PERSON)
    people = seen.in_bulk(list(keys)) if keys else {}
    households = dict(
        Membership.objects.filter(person__in=people, valid_to=None).values_list("person", "household__code")
    )
    numbers: dict[int, str] = {}
    for person, value in (
        Identifier.objects.filter(person__in=people, valid_to=None, kind__in=("SDDCN", "CMND9"))
        .order_by("kind")
        .values_list("person", "value")
    ):
        numbers[person] = value
    texts = Texts(batch, [_as_row(line) for line in lines])  # type: ignore[misc]
    return [_shown(line, people, households, numbers, texts) for line in lines]


@dataclass(slots=True)
class _Row:
    """What `Texts` looks at."""

    values: Mapping[str, Any]
    changes: Mapping[str, Any]


def _as_row(line: RegisterLine) -> _Row:
    return _Row(line.row.values if line.row else {}, line.changes)


def _shown(
    line: RegisterLine, people: Mapping[int, Person], households: Mapping[int, str], numbers: Mapping[int, str],
    texts: Texts,
) -> ShownLine:  # fmt: skip
    person = people.get(line.person_id or 0)
    values = line.row.values if line.row else {}
    if line.row:
        birth, sex = texts.text("birth_date", values.get("birth_date")), texts.text("sex", values.get("sex"))
        household = str(values.get("household_code") or "")
    else:
        birth = partial_date(person.birth_date, person.birth_precision) if person else ""
        sex = person.get_sex_display() if person else ""
        household = households.get(line.person_id or 0, "")
    mother = "me:" if line.group == Group.BORN else ""
    found = [
        Candidate(people[key], each.get("why", ""), _about(people[key], households, numbers), f"{mother}{key}")
        for each in line.candidates
        if (key := each["person"]) in people
    ]
    new = line.row is not None and line.person_id is None
    return ShownLine(
        line, person, birth, sex, household, str(line.village or ""), line.row.number if line.row else None,
        # What a record holds now is shown to those only who may open it.
        texts.changes(line) if person else [],  # type: ignore[arg-type]
        [(texts.label(code), texts.text(code, values[code])) for code in SAID if values.get(code)] if new else [],
        found, len(line.candidates) - len(found), people.get(line.mother_id or 0),
    )  # fmt: skip


def _about(person: Person, households: Mapping[int, str], numbers: Mapping[int, str]) -> str:
    """ "12/03/1980 · Nam · hộ 12 · Thôn Đông · số 038…", to tell one candidate from another."""
    household, number = households.get(person.pk), numbers.get(person.pk)
    parts = [
        partial_date(person.birth_date, person.birth_precision), str(Sex(person.sex).label) if person.sex else "",
        f"hộ {household}" if household else "", str(person.village or ""), f"số {number}" if number else "",
        person.get_status_display() if person.status != "active" else "",
        f"mất {vndate(person.death_date)}" if person.death_date else "",
    ]  # fmt: skip
    return " · ".join(part for part in parts if part)
