"""Matching rows of sheets to the people of a commune, and rows of one file to each other. REQ-IDN-12, DESIGN §2.14."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from ehr.intake.matching.hits import hits
from ehr.intake.matching.judge import judge
from ehr.intake.matching.staged import Match, Span, StagedRow, said_numbers, staged
from ehr.intake.matching.within import IDENTIFYING, Repeat, repeats
from stations.models import AdminUnit, User

__all__ = ["IDENTIFYING", "Match", "Repeat", "Span", "StagedRow", "match", "repeats", "said_numbers", "staged"]

NOBODY = Match()


def match(
    rows: Sequence[StagedRow],
    *,
    commune: AdminUnit | Iterable[AdminUnit],
    by: User | None,
    without: Iterable[int] = (),
    among: Collection[int] | None = None,
    once: bool = True,
) -> dict[int, Match]:
    """Who each row is, by position. Rows that are nobody we know are absent (`.get(position, NOBODY)`).

    `commune`: where names are looked up: a commune, a province, or several of them; numbers are looked up everywhere.
    Only people whom `by` may see are named (None: the system). `without`: people whom names do not find, because this
    file made them; `among`: the only ones whom names find, None for everybody.
    `once`: a person is certain for one row only, the others go to the decision list."""
    communes = [commune] if isinstance(commune, AdminUnit) else list(commune)
    by_position = {row.position: row for row in rows}
    found = hits(rows, communes=communes, by=by, without=without, among=among)
    judged = {
        position: judge(by_position[position], group) for position, group in groupby(found, lambda hit: hit.position)
    }
    known = {position: each for position, each in judged.items() if each != NOBODY}
    return _one_row_each(by_position, known) if once else known


def _one_row_each(rows: dict[int, StagedRow], judged: dict[int, Match]) -> dict[int, Match]:
    """Two rows of a file are two people: both cannot be the same one. The better match keeps it."""
    taken: dict[int, int] = {}
    certain = ((position, each) for position, each in judged.items() if each.person_id is not None)
    for position, each in sorted(certain, key=lambda pair: (-pair[1].rank, pair[0])):
        better = taken.setdefault(each.person_id or 0, position)
        if better != position:
            row = rows[better].row
            why = f"Dòng {row} của tệp cũng là người này" if row else "Dòng khác của tệp cũng là người này"
            judged[position] = Match(candidates=[(each.person_id or 0, why)])
    return judged
