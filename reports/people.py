"""The list of people behind a figure (REQ-RPT-10): the same conditions as the count, over what the user may see."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from ehr.records.models import Person
from reports import coverage, plan
from reports.places import Place, place_of
from reports.questions import Question
from reports.registry import Report
from reports.tables import TOTAL
from stations.scope import scope_of

_CONDITIONS = {"coverage": coverage.column_conditions, "plan": plan.column_conditions}


@dataclass(frozen=True, slots=True)
class Behind:
    """`people` in Vietnamese order of names; `heading`: which column; `line`: which row."""

    people: QuerySet[Person]
    heading: str
    line: str
    unit_name: str


def behind(*, report: Report, question: Question, column: str, line: str) -> Behind | None:
    """People of one cell; None when the report has no such column or line, or no user asks."""
    conditions = _CONDITIONS[report.key](question.month)
    heading = next((c.heading for c in report.columns if c.key == column and c.people), None)
    if report.key == "coverage" and column in (further := coverage.lists(question.month)):
        heading, conditions[column] = further[column]
    place = place_of(question)
    names = {one.key: one.name for one in place.lines} | {"all": TOTAL}
    if column not in conditions or heading is None or line not in names or question.user is None:
        return None
    keys = {one.key for one in place.lines} if line == "all" else {line}
    found = (
        coverage.records(place, question.month)
        .filter(conditions[column], _where(place, keys), scope_of(question.user).people())
        .select_related("village", "commune")
        .order_by("sort_name", "pk")
    )
    return Behind(found, heading, names[line], place.name)


def _where(place: Place, keys: set[str]) -> Q:
    """People whom `Place.line_of` puts on one of the lines, as a condition."""
    villages = [pk for pk, key in place.village_lines.items() if key in keys]
    communes = [pk for pk, key in place.commune_lines.items() if key in keys]
    unplaced = Q(village=None) | ~Q(village__in=list(place.village_lines))
    return Q(village__in=villages) | Q(commune__in=communes) & unplaced
