"""Many tables of one report for one period: the people of all their places are counted once, and each table takes the
counts of its own villages. Asked one by one, a province would be counted again for each of its communes."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from reports.places import Spot, around, place_of
from reports.questions import Question
from reports.report import Report
from reports.tables import Table


def count_together(report: Report, questions: Sequence[Question]) -> list[Callable[[], Table]]:
    """For each question what makes its table, equal to `report.build(question)`. The questions have one period.

    The record is read here. What the makers read later is kept outside the history: units, population, targets."""
    if report.tally is None or not questions:
        return [partial(_the_table, report.build(question)) for question in questions]
    places = [place_of(question) for question in questions]
    found: dict[int, list[tuple[Spot, Any]]] = defaultdict(list)
    for spot, counts in report.tally.count(around(places), questions[0].period):
        found[spot[1]].append((spot, counts))
    return [
        partial(
            report.tally.lay_out, question, place,
            [pair for commune in place.communes for pair in found.get(commune, ()) if place.holds(pair[0])],
        )
        for question, place in zip(questions, places, strict=True)
    ]  # fmt: skip


def _the_table(table: Table) -> Table:
    return table
