"""What the statistics share: who lives here at the end of a period, ages as dates, counting lists, making reports.

A figure and the list behind it are one thing: a report declares lists (`PeopleList`), and `count_lists` counts all of
them by place in one statement."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import CharField, Count, DateField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from ehr.records.models import Encounter, Person
from reports.coverage import IN_USE, LEVELS, records
from reports.definitions import Definition, definitions_on, version_of
from reports.figures import Item, Values, fold, table_of
from reports.periods import Period
from reports.places import Place, place_of
from reports.plan import column_conditions
from reports.questions import Question
from reports.report import Option, PeopleList, Report
from reports.tables import Column, Note, QueryRows, Row, Table

PERIODS: tuple[Any, ...] = ("month", "quarter", "half", "year")
Lists = Callable[[Question, Place], dict[str, PeopleList]]


# ------------------------------------------------------------------------------------------------------------ who, when
def residents(place: Place, period: Period) -> QuerySet[Person]:
    """People who live here at the end of the period: with a record by then, not dead, not gone."""
    return records(place, period).filter(column_conditions(period)["achieved"])


def known_people(place: Place, path: str = "") -> Q:
    """Condition on rows about people of the place whatever became of them since; records merged away do not count."""
    return place.people(path) & Q(**{f"{path}status__in": IN_USE})


def back(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for number in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, number)
        except ValueError:
            continue
    raise ValueError(f"no such day: {day} - {months} months")


def reaching(period: Period, months: int) -> Q:
    """People who reach this age (in months) within the period."""
    return Q(birth_date__gte=back(period.start, months), birth_date__lt=back(period.end, months))


def younger_than(period: Period, months: int) -> Q:
    """People below this age on the last day of the period."""
    return Q(birth_date__gt=back(period.last_day, months), birth_date__lte=period.last_day)


def at_least(period: Period, months: int) -> Q:
    """People of at least this age on the last day of the period."""
    return Q(birth_date__lte=back(period.last_day, months))


def after_birth(duration: str, path: str = "person__") -> ExpressionWrapper:
    """The day on which the person reaches an age given as an ISO 8601 duration (P9M), in SQL."""
    return plus(F(f"{path}birth_date"), Value(duration))


def plus(day: Any, duration: Any) -> ExpressionWrapper:
    """A day and an ISO 8601 duration, in SQL."""
    return ExpressionWrapper(day + Cast(duration, DurationField()), output_field=DateField())


def year_of(period: Period) -> tuple[dt.date, dt.date]:
    """From the first of January of the period's last year up to (not including) the period's end."""
    return dt.date(period.last_day.year, 1, 1), period.end


def visits_between(first: dt.date, end: dt.date, **more: Any) -> QuerySet[Encounter]:
    """Finished visits of these days."""
    return Encounter.objects.filter(status=Encounter.Status.FINISHED, exam_date__gte=first, exam_date__lt=end, **more)


# ------------------------------------------------------------------------------------------------------------- counting
def count_lists(place: Place, lists: Mapping[str, PeopleList]) -> dict[str, Values]:
    """Length of every list by line of the table. One statement: a grouped select for each list."""
    parts = []
    for key, one in lists.items():
        spot = (f"{one.path}village_id", f"{one.path}commune_id")
        counted = one.rows.order_by().annotate(list_key=Value(key, CharField())).values_list(*spot, "list_key")
        parts.append(counted.annotate(list_length=Count("pk")))
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return fold(place, (((village, commune), {key: length}) for village, commune, key, length in found))


def sourced(definitions: Iterable[Definition]) -> tuple[str, ...]:
    """Sentences under the table with their source."""
    return tuple(f"{one.text} Căn cứ: {one.source}." for one in definitions)


# --------------------------------------------------------------------------------------------------------------- making
def figures_report(
    *,
    key: str,
    path: str,
    title: str,
    summary: str,
    group: str,
    items: Sequence[Item],
    lists: Lists,
    codes: Sequence[str],
    periods: tuple[Any, ...] = PERIODS,
    options: tuple[Option, ...] = (),
    more: Callable[[Question, Place], Mapping[str, Mapping[str, Any]]] | None = None,
    notes: Callable[[Question], Iterable[Note]] | None = None,
    heading: Callable[[Question], str] | None = None,
) -> Report:
    """A report of figures by place whose every count is the length of a list.

    `lists`: by key of the item, what its figure counts; further keys are lists that explain. `more`: by line key,
    values of entered columns. `heading`: the title above the table where it depends on the question."""

    def build(question: Question) -> Table:
        place = place_of(question)
        counted = {item.key for item in items}
        found = {name: one for name, one in lists(question, place).items() if name in counted}
        figures: dict[str, Values] = count_lists(place, found)
        if more is not None:
            for line, values in more(question, place).items():
                if line in figures or any(one.key == line and one.shown_empty for one in place.lines):
                    figures[line] = {**dict.fromkeys(found, 0), **figures.get(line, {}), **values}
        table = table_of(
            question, place, items, figures, report=key, title=heading(question) if heading else title, codes=codes,
            notes=notes(question) if notes else (),
        )  # fmt: skip
        return replace(table, definitions=sourced(definitions_on(question.defined_on, codes)))

    return Report(
        key=key, path=path, title=title, summary=summary, build=build, levels=LEVELS, periods=periods, group=group,
        people=lists, options=options,
    )  # fmt: skip


def register_report(
    *,
    key: str,
    path: str,
    title: str,
    summary: str,
    group: str,
    columns: tuple[Column, ...],
    rows: Callable[[Question, Place], Any],
    make: Callable[[Question], Callable[[int, Any], Row]],
    codes: Sequence[str],
    periods: tuple[Any, ...] = PERIODS,
    options: tuple[Option, ...] = (),
    to_person: str = "person__",
    notes: Callable[[Question], Iterable[Note]] | None = None,
    heading: Callable[[Question], str] | None = None,
) -> Report:
    """A register: a line for each row of a query. `rows` gives them in a total order, not yet limited to the place;
    `to_person` is the way from a row to the person; `make(question)` gives the function that makes line `number` of a
    row without queries."""

    def build(question: Question) -> Table:
        from reports.people import line_condition

        place = place_of(question)
        inside = line_condition(place, {line.key for line in place.lines}, to_person)
        query = question.visible(rows(question, place)).filter(place.people(to_person), inside)
        defined = definitions_on(question.defined_on, codes)
        until = question.period.data_until(question.today)
        return Table(
            report=key,
            title=heading(question) if heading else title,
            subtitle=f"{question.period.title}; số liệu đến hết ngày {until:%d/%m/%Y}",
            unit=question.unit,
            unit_name=place.name,
            period=question.period,
            by=question.by,
            columns=columns,
            rows=QueryRows(query, make(question)),
            definitions=sourced(defined),
            version=version_of(defined),
            notes=tuple(notes(question)) if notes else (),
            personal=True,
        )

    levels = {"commune": ("unit",), "district": ("unit",), "province": ("unit",)}
    return Report(
        key=key, path=path, title=title, summary=summary, build=build, levels=levels, periods=periods, group=group,
        options=options, personal=True,
    )  # fmt: skip
