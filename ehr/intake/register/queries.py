"""What the screen of a comparison shows: counts by group and village, one page of lines, what was accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.utils.functional import cached_property

from ehr.intake.models import ImportBatch
from ehr.intake.register.models import Group, RegisterAcceptance, RegisterComparison, RegisterLine
from stations.models import Village

State = RegisterLine.State
WAITING = frozenset({State.OPEN, State.REFUSED})


@dataclass(slots=True)
class Tally:
    """Lines of a group: how many wait, how many are settled."""

    waiting: int = 0
    done: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.done


@dataclass(slots=True)
class Counts:
    """`groups`: by group; `villages`: by (village key or None, group). Lines only: who did not change has none."""

    groups: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    villages: dict[tuple[int | None, str], Tally] = field(default_factory=lambda: defaultdict(Tally))

    def village_keys(self) -> set[int | None]:
        return {village for village, _ in self.villages}


@dataclass(frozen=True, slots=True)
class VillageRow:
    """A village: rows in the list, people we know, whether its absent people are shown, waiting lines per group."""

    key: int | None
    name: str
    listed: int
    known: int
    compared: bool
    tallies: list[tuple[Group, Tally]]


class CountedPaginator(Paginator):
    """A paginator that was told the count."""

    def __init__(self, rows: QuerySet, per_page: int, known: int) -> None:
        self._known = known
        super().__init__(rows, per_page)

    @cached_property
    def count(self) -> int:
        return self._known


def counts(batch: ImportBatch) -> Counts:
    """How many lines of each group wait and are settled, in each village. One query."""
    found = Counts()
    rows = RegisterLine.objects.filter(batch=batch).order_by().values_list("group", "village", "state")
    for group, village, state, number in rows.annotate(n=Count("pk")):
        for tally in (found.groups[group], found.villages[village, group]):
            if state in WAITING:
                tally.waiting += number
            else:
                tally.done += number
    return found


def village_rows(batch: ImportBatch, comparison: RegisterComparison, found: Counts) -> list[VillageRow]:
    """Each village of the commune that has rows, people or lines; last those without a village. One query."""
    groups = [group for group in Group if found.groups[group].total]
    rows = []
    villages = Village.objects.filter(commune=batch.commune_id).order_by("position", "name")
    for key, name in [*villages.values_list("pk", "name"), (None, "Chưa rõ thôn")]:
        listed, known = comparison.places.get("" if key is None else str(key), (0, 0))
        tallies = [(group, found.villages[key, group]) for group in groups]
        if listed or known or any(tally.total for _, tally in tallies):
            compared = key in comparison.villages if key is not None else comparison.whole
            rows.append(VillageRow(key, name, listed, known, compared, tallies))
    return rows


def lines(
    batch: ImportBatch, *, group: str, village: int | str | None = "", waiting: bool | None = None
) -> QuerySet[RegisterLine]:
    """Lines of a group in the order of villages and rows. `village`: its key, None for lines without one, "" for all;
    `waiting`: only those that wait, or only the settled ones."""
    found = RegisterLine.objects.filter(batch=batch, group=group).order_by("pk")
    if not isinstance(village, str):
        found = found.filter(village=village)
    if waiting is not None:
        found = found.filter(state__in=WAITING) if waiting else found.exclude(state__in=WAITING)
    # People are read by `shown`, those whom the user may see; of a row only what a line shows.
    unshown = ("cleaned", "problems", "changes", "candidates")
    return found.select_related("row", "village").defer(*(f"row__{name}" for name in unshown))


def acceptances(batch: ImportBatch) -> list[RegisterAcceptance]:
    """What was accepted, latest first. One query."""
    return list(RegisterAcceptance.objects.filter(batch=batch).select_related("by", "undone_by").order_by("-pk"))


def people_in(found: Iterable[RegisterLine]) -> set[int]:
    """Keys of all people whom these lines name."""
    people = set()
    for line in found:
        people |= {line.person_id, line.mother_id} | {each["person"] for each in line.candidates}
    return {key for key in people if key}
