"""The list of people behind a figure (REQ-RPT-10): the same conditions as the count, over what the user may see."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from reports.places import Place, place_of
from reports.questions import Question
from reports.report import PeopleList, Report
from reports.tables import TOTAL
from stations.models import PopulationFigure
from stations.scope import scope_of


@dataclass(frozen=True, slots=True)
class Behind:
    """`rows`: people in Vietnamese order of names, or rows with a `person`; `heading`: which column; `line`: which row;
    `columns`: (heading, attribute) shown besides the person."""

    rows: QuerySet[Any]
    heading: str
    line: str
    unit_name: str
    of_people: bool = True
    columns: tuple[tuple[str, str], ...] = ()


def behind(*, report: Report, question: Question, column: str, line: str) -> Behind | None:
    """People of one cell; None when the report has no such column or line, or no user asks."""
    if question.user is None:
        return None
    place = place_of(question)
    if report.behind is not None:
        cell = report.behind(question, place, column, line)
        if cell is None:
            return None
        return Behind(_of(cell, question), cell.heading, "", place.name, not cell.path, cell.columns)
    if report.people is None:
        return None
    wanted = report.people(question, place).get(column)
    names = {one.key: one.name for one in place.lines} | {"all": TOTAL}
    if wanted is None or line not in names:
        return None
    return Behind(
        _rows(wanted, place, line, question), wanted.heading, names[line], place.name, not wanted.path, wanted.columns
    )


def counts(*, report: Report, question: Question, line: str, columns: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """(column, heading, how many) of several lists of one line: one count each."""
    if report.people is None or question.user is None:
        return []
    place = place_of(question)
    lists = report.people(question, place)
    found = [(key, lists[key]) for key in columns if key in lists]
    return [(key, one.heading, _rows(one, place, line, question).order_by().count()) for key, one in found]


def _rows(wanted: PeopleList, place: Place, line: str, question: Question) -> QuerySet[Any]:
    keys = {one.key for one in place.lines} if line == "all" else {line}
    return _of(replace(wanted, rows=wanted.rows.filter(line_condition(place, keys, wanted.path))), question)


def _of(wanted: PeopleList, question: Question) -> QuerySet[Any]:
    """The rows that the user may see, in order."""
    path = wanted.path
    found = wanted.rows.filter(scope_of(question.user).people(path)) if question.user else wanted.rows
    return found.select_related(f"{path}village", f"{path}commune").order_by(f"{path}sort_name", f"{path}pk", "pk")


def line_condition(place: Place, keys: set[str], path: str = "") -> Q:
    """People whom `Place.line_of` puts on one of the lines, as a condition on rows with `path` to the person."""
    villages = [pk for pk, key in place.village_lines.items() if key in keys]
    communes = [pk for pk, key in place.commune_lines.items() if key in keys]
    unplaced = Q(**{f"{path}village": None}) | ~Q(**{f"{path}village__in": list(place.village_lines)})
    return Q(**{f"{path}village__in": villages}) | Q(**{f"{path}commune__in": communes}) & unplaced


def population_of(question: Question, line: str) -> list[PopulationFigure]:
    """The entered figures that the population of a line comes from: its own, else those of its parts; newest first."""
    place = place_of(question)
    wanted = place.unit_line if line == "all" else next((one for one in place.lines if one.key == line), None)
    if wanted is None:
        return []
    rows = PopulationFigure.objects.filter(period_start__lte=question.period.last_day).select_related("unit", "village")
    own = rows.filter(Q(village=wanted.village) if wanted.village else Q(unit=wanted.unit or 0))
    parts = Q(village__in=[one.village for one in wanted.parts if one.village])
    parts |= Q(unit__in=[one.unit for one in wanted.parts if one.unit])
    order = ("-period_end", "-period_start", "pk")
    return list(own.order_by(*order)[:1]) or list(rows.filter(parts).order_by(*order)[:12])


def headings(*, report: Report, question: Question) -> dict[str, str]:
    """Heading of every list of the report, by its key."""
    place = place_of(question)
    return {key: one.heading for key, one in report.people(question, place).items()} if report.people else {}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A line of the list: the person, and the further texts of a row about them."""

    person: Any
    texts: tuple[str, ...] = ()


def line_of(found: Behind, row: Any) -> PersonLine:
    """One row of the list as it is shown; dates dd/mm/yyyy."""
    person = row if found.of_people else row.person
    return PersonLine(person, tuple(_text(getattr(row, name)) for _, name in found.columns))


def _text(value: Any) -> str:
    value = value() if callable(value) else value
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value)
