"""What a report declares about itself. `reports/__init__.py` explains how to add one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import QuerySet

from reports.periods import Kind as PeriodKind
from reports.periods import Period
from reports.places import Place, Spot, place_of
from reports.questions import Question
from reports.tables import Table
from stations.models import AdminUnit

Levels = Mapping[str, tuple[str, ...]]
#: Groups of the list of reports, in this order.
GROUPS = ("Hồ sơ và bao phủ", "Chất lượng dữ liệu", "Biến động dân số", "Sổ sách", "Tiêm chủng", "Bệnh không lây nhiễm",
          "Khám sức khỏe", "Bà mẹ và trẻ em", "Hoạt động")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """A further parameter of a report: a choice. The first value is the default."""

    key: str
    label: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PeopleList:
    """People (or rows with a `person`) to be listed: whom a figure counts, or who explain a finding.

    `rows` is not yet limited to a line of the table nor to what the user may see: the engine does both, by way of
    `path` to the person ("" for people themselves, "person__" for rows of theirs). `columns`: (heading, attribute of
    a row) shown besides code, name, birth, place and status."""

    heading: str
    rows: QuerySet[Any]
    path: str = ""
    columns: tuple[tuple[str, str], ...] = ()


#: (question, place) → people behind each column of counts, by column key; further keys are lists that explain.
PeopleOf = Callable[[Question, Place], Mapping[str, PeopleList]]
#: (question, place, column key, line key) → the list of a cell whose line is not a place (a rule, a clerk, a facility);
#: None: no such cell. It is limited by scope only.
BehindOf = Callable[[Question, Place, str, str], PeopleList | None]
#: (question, table) → keys of lists and lines to offer below the table: what a flag or breach should make one look at.
ToReview = Callable[[Question, Table], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Tally:
    """The two halves of a `build` that only needs counts of people by village: `count` reads the record for a place,
    `lay_out` makes the table of them and reads nothing of the record. So many tables can share one count."""

    count: Callable[[Place, Period], Iterable[tuple[Spot, Any]]]
    lay_out: Callable[[Question, Place, Iterable[tuple[Spot, Any]]], Table]

    def build(self, question: Question) -> Table:
        """One table by itself."""
        place = place_of(question)
        return self.lay_out(question, place, self.count(place, question.period))


@dataclass(frozen=True, slots=True)
class Report:
    """`key` is its name for programs, `path` its word in addresses.

    `levels`: by the level of the unit asked for, how it can be grouped; the first is the default; a level that is not
    named has no such report. `periods`: which kinds it is made for, the first is the default. `people`: the lists
    behind figures; `behind`: instead of it, for lines that are not places. `review`: lists to offer below the table.
    `explain`: keys of the lists that the explanation page of a rate above 100 % counts; empty: no such page.
    `template`: a partial that draws the table in place of reports/_table.html, on screen and paper, from the same
    `table` and `view`.

    `tally`: the halves of `build`, when it has them; the monthly close counts once for all units then.

    `every_commune`: whether printing it for each commune of a district or province makes sense.

    `form`: the official form of the report as a workbook of `reports.official`, offered beside our own layout.

    `personal`: a register whose rows are about people. It is seen with record.view, leaves with record.print (PDF) or
    record.export (XLSX, CSV, JSON, REST), each person shown is written to the access log, and the build must start
    from `question.people()` or `question.visible(…)`. `right` is needed in any case."""

    key: str
    path: str
    title: str
    summary: str
    build: Callable[[Question], Table]
    levels: Levels
    periods: tuple[PeriodKind, ...] = ("month",)
    group: str = GROUPS[0]
    people: PeopleOf | None = None
    behind: BehindOf | None = None
    review: ToReview | None = None
    explain: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    tally: Tally | None = None
    personal: bool = False
    template: str = "reports/_table.html"
    form: str = ""
    every_commune: bool = True
    right: str = "report.view"
    right_people: str = "record.view"

    def groupings_for(self, unit: AdminUnit) -> tuple[str, ...]:
        """Empty when the report does not exist for units of this level."""
        return self.levels.get(unit.level, ())

    def options_of(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The value of each option: the given one when it is a choice, else the default."""
        return {
            option.key: value if (value := given.get(option.key)) in dict(option.choices) else option.choices[0][0]
            for option in self.options
        }


Action = Literal["view", "print", "export"]
_RIGHT: dict[str, str] = {"view": "record.view", "print": "record.print", "export": "record.export"}


def rights_for(report: Report, action: Action) -> set[str]:
    """Rights a user needs to see the report, to print it, or to take it away as data."""
    return {report.right} | ({"record.view", _RIGHT[action]} if report.personal else set())
