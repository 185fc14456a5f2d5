"""Matching rows of sheets to the people of a commune, and rows of one file to each other. REQ-IDN-12, DESIGN §2.14."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby

from ehr.intake.matching.hits import find
from ehr.intake.matching.judge import judge
from ehr.intake.matching.staged import (
    Match,
    Span,
    StagedRow,
    flattened,
    moved,
    name_of,
    raised,
    said_numbers,
    staged,
)
from ehr.intake.matching.within import IDENTIFYING, Repeat, repeats
from stations.models import AdminUnit, User

__all__ = [
    "IDENTIFYING", "Match", "Repeat", "Span", "StagedRow", "flattened", "match", "moved", "name_of", "raised",
    "repeats", "said_numbers", "staged",
]  # fmt: skip

NOBODY = Match()


def match(
    rows: Sequence[StagedRow],
    *,
    commune: AdminUnit | Iterable[AdminUnit],
    by: User | None,
    without: Iterable[int] = (),
    among: Collection[int] | None = None,
    once: bool = True,
    whole: Callable[[StagedRow], StagedRow] | None = None,
) -> dict[int, Match]:
    """Who each row is, by position. Rows that are nobody we know are absent (`.get(position, NOBODY)`).

    `commune`: where names are looked up: a commune, a province, or several of them; numbers are looked up everywhere.
    Only people whom `by` may see are named (None: the system). `without`: people whom names do not find, because this
    file made them; `among`: the only ones whom names find, None for everybody.
    `once`: a person is certain for one row only, the others go to the decision list. `whole`: gives a row the `exact`
    name and the `village` that `rows` were left without, because only doubtful rows need them."""
    communes = [commune] if isinstance(commune, AdminUnit) else list(commune)
    found = find(rows, communes=communes, by=by, without=without, among=among)
    sure = {person: Match(person, certain=True, rank=2) for person in found.sure.values()}
    known = {position: sure[person] for position, person in found.sure.items()}
    doubtful = {position: list(group) for position, group in groupby(found.hits, lambda hit: hit.position)}
    for row in rows if doubtful else ():
        if row.position not in doubtful:
            continue
        judged = judge(whole(row) if whole is not None else row, doubtful[row.position])
        if judged != NOBODY:
            known[row.position] = judged
    return _one_row_each(rows, known) if once else known


def _one_row_each(rows: Iterable[StagedRow], judged: dict[int, Match]) -> dict[int, Match]:
    """Two rows of a file are two people: both cannot be the same one. The better match keeps it."""
    people = [each.person_id for each in judged.values() if each.person_id is not None]
    if len(people) == len(set(people)):
        return judged
    of_person: dict[int, list[int]] = {}
    for position, each in judged.items():
        if each.person_id is not None:
            of_person.setdefault(each.person_id, []).append(position)
    clashes = {person: positions for person, positions in of_person.items() if len(positions) > 1}
    asked = {position for positions in clashes.values() for position in positions}
    by_position = {row.position: row for row in rows if row.position in asked} if asked else {}
    for person, positions in clashes.items():
        better, *others = sorted(positions, key=lambda position: (-judged[position].rank, position))
        row = by_position[better].row
        why = f"Dòng {row} của tệp cũng là người này" if row else "Dòng khác của tệp cũng là người này"
        for position in others:
            judged[position] = Match(candidates=[(person, why)])
    return judged
