"""The linkage and coverage table (REQ-RPT-01…03, COV-01…05), columns as in the pilot report of 2024.

What a past period cannot show without reading the history of every record is answered with what is known today:
- where a person lived then: the present village counts, also for those who moved between villages since;
- dates that were overwritten: section_a_complete_on, linked_on, identity_confirmed_on keep one date, so a section
  that was complete, fell incomplete and was completed again counts from the last date;
- a record merged or marked as an error since: it does not count in any period, the one it was merged into does;
- a person who moved away and came back: counts as resident throughout;
- a moved person without a date of moving: counts as gone in every period;
- a visit cancelled since: counts in no period.
Dates of death and moving, creation of the record and of the visit are exact: a past period asked twice gives the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Value

from ehr.common.numbers import format_number, percent
from ehr.common.problems import Problem
from ehr.records.models import Encounter, Person
from reports.definitions import Definition, definitions_on, version_of
from reports.facts import Facts
from reports.periods import KINDS, Period
from reports.places import AMBIGUOUS, Line, Place, Spot
from reports.population import Figure, figures_for
from reports.questions import GROUPINGS, Question
from reports.report import PeopleList, Report, Tally
from reports.small import LIMIT
from reports.tables import TOTAL, Column, Note, Table

LEVELS = {
    "commune": ("village", "site"),
    "district": ("commune", "village", "site"),
    "province": ("commune", "commune_old", "district", "village", "site", "province"),
}
COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Đơn vị", "(2)", "text", 48),
    Column("population", "Dân số trung bình kỳ báo cáo", "(3)", "int", 20),
    Column("linked", "Tổng số hồ sơ đã được liên thông", "(4)", "int", 20, people=True),
    Column("examined", "Dân số đã khám tạo lập hồ sơ", "(5)", "int", 20, people=True),
    Column("managed", "Dân số đã được quản lý sức khỏe", "(6)", "int", 20, people=True),
    Column(
        "rate",
        "Tỷ lệ % dân số đã được quản lý sức khỏe",
        "(7)=(6)/(3)×100%",
        "percent",
        26,
        of=("managed", "population"),
    ),
)
IN_USE = (Person.Status.ACTIVE, Person.Status.MOVED, Person.Status.DEAD)


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Figures of one place; `population` None when nobody entered one. `rate` has two exact decimals, never clipped."""

    key: str
    number: int | None
    unit: str
    population: int | None
    linked: int
    examined: int
    managed: int
    marks: tuple[int, ...] = ()
    rate: Decimal | None = field(init=False)
    flags: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        rate = percent(self.managed, self.population)
        object.__setattr__(self, "rate", rate)
        # Compared as counts: 100.004 % is above, although it prints as 100,00%.
        over = bool(self.population) and self.managed > (self.population or 0)
        object.__setattr__(self, "flags", frozenset({"over_100"} if over else ()))


@dataclass(frozen=True, slots=True)
class Counts:
    linked: int = 0
    examined: int = 0
    managed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.linked + other.linked, self.examined + other.examined, self.managed + other.managed)


CODES = ("COV-01", "COV-02", "COV-03", "COV-04", "COV-05")
OVER_100 = (
    "▲ Tỷ lệ trên 100%: số quản lý nhiều hơn dân số đã nhập. Cần rà soát người đã chuyển đi hoặc đã mất chưa cập nhật, "
    "hồ sơ trùng, người mới đến và số liệu dân số đã cũ."
)


def definitions(question: Question) -> tuple[Definition, ...]:
    """What the columns mean, here: (4) depends on whether there is an upstream system."""
    return definitions_on(question.defined_on, CODES, "upstream" if settings.UPSTREAM_CONFIGURED else "confirmed")


# --------------------------------------------------------------------------------------------------------------- counts
def column_conditions(period: Period) -> dict[str, Q]:
    """Condition on people for each counted column, besides `records`: for the table and for the lists behind it."""
    accepted = "linked_on" if settings.UPSTREAM_CONFIGURED else "identity_confirmed_on"
    living_here = (
        Q(status=Person.Status.ACTIVE)
        | Q(status=Person.Status.DEAD, death_date__gte=period.end)
        | Q(status=Person.Status.MOVED, moved_out_on__gte=period.end)
    )
    visits = Encounter.objects.filter(
        person=OuterRef("pk"), status=Encounter.Status.FINISHED,
        exam_date__lt=period.end, created_at__lt=period.end_instant,
    )  # fmt: skip
    return {
        "linked": Q(**{f"{accepted}__lt": period.end}),
        "examined": Q(Exists(visits)),
        "managed": living_here & Q(section_a_complete_on__lt=period.end),
    }


def people(question: Question, place: Place) -> dict[str, PeopleList]:
    """People behind the columns, and those who explain a rate above 100 % or a breach."""
    period, found = question.period, records(place, question.period)
    columns = column_conditions(period)
    headings = {column.key: column.heading for column in COLUMNS}
    accepted = Q(pk__in=Person.objects.filter(columns["linked"]).values("pk"))
    managed = Q(pk__in=Person.objects.filter(columns["managed"]).values("pk"))
    further = {
        "managed_not_linked": (
            "Đã quản lý nhưng chưa liên thông, chưa xác minh danh tính",
            columns["managed"] & ~accepted,
        ),
        "examined_not_managed": ("Đã khám nhưng không thuộc diện quản lý", columns["examined"] & ~managed),
        "gone": ("Hồ sơ của người đã mất hoặc đã chuyển đi", ~Q(status=Person.Status.ACTIVE)),
    }
    facts = Facts(question, place)
    return (
        {key: PeopleList(headings[key], found.filter(condition)) for key, condition in columns.items()}
        | {key: PeopleList(heading, found.filter(condition)) for key, (heading, condition) in further.items()}
        | {
            key: PeopleList(heading, facts.people(f"{MANAGED} AND {condition}"))
            for key, (heading, condition) in WHY.items()
        }
    )


def to_review(question: Question, table: Table) -> set[tuple[str, str]]:
    """Lists that explain what the table flags."""
    wanted = {(name, "all") for name in LISTS_OVER_100 if table.explanations}
    return wanted | {(LIST_OF_BREACH[problem.code], problem.field) for problem in table.problems[:20]}


LIST_OF_BREACH = {
    "coverage.examined_over_managed": "examined_not_managed",
    "coverage.managed_over_linked": "managed_not_linked",
}
MANAGED = "base.living AND base.section_a_complete_on < %(end)s"
#: Who, among the people of column (6), may not belong there: heading, condition over `reports.facts`.
WHY = {
    "why_moved": (
        "Đã ghi ngày hoặc nơi chuyển đi nhưng vẫn tính là đang cư trú",
        "base.status = 'active' AND (base.moved_out_on IS NOT NULL OR base.moved_out_to <> '')",
    ),
    "why_dead": ("Có lượt khám ghi kết quả tử vong nhưng vẫn tính là đang cư trú", "visit.died IS TRUE"),
    "why_twin": ("Nghi trùng với hồ sơ khác", "twin.found IS TRUE"),
    "why_elsewhere": (
        "Tạm trú, lưu trú, vắng mặt hoặc thường trú ở xã khác",
        "(base.residence <> 'permanent' OR elsewhere.found IS TRUE)",
    ),
    "why_new": (
        "Đến cư trú trong 12 tháng, có thể chưa có trong dân số đã nhập",
        "base.resident_since >= %(year_ago)s",
    ),
    "why_born": ("Sinh trong 12 tháng, có thể chưa có trong dân số đã nhập", "base.birth_date >= %(year_ago)s"),
}
LISTS_OVER_100 = ("managed_not_linked", "gone")


def records(place: Place, period: Period):
    """Records in use that existed at the end of the period, at the place or near it (`Place.line_of` decides)."""
    return Person.objects.filter(place.people(), status__in=IN_USE, created_at__lt=period.end_instant)


def count_people(place: Place, period: Period) -> Iterator[tuple[Spot, Counts]]:
    """Counts per village and commune: one statement.

    Two grouped scans instead of one with a subquery per person: the visits are met by a semi-join, and both scans need
    nothing but the index of the counted columns."""
    conditions = column_conditions(period)
    spots = records(place, period).order_by().values_list("village_id", "commune_id")
    zero = Value(0, IntegerField())
    plain = spots.annotate(
        n_linked=Count("pk", filter=conditions["linked"]), n_examined=zero,
        n_managed=Count("pk", filter=conditions["managed"]),
    )  # fmt: skip
    examined = spots.filter(conditions["examined"]).annotate(n_linked=zero, n_examined=Count("pk"), n_managed=zero)
    for village, commune, n_linked, n_examined, n_managed in plain.union(examined, all=True):
        yield (village, commune), Counts(n_linked, n_examined, n_managed)


def by_line(place: Place, spots: Iterable[tuple[Spot, Counts]]) -> dict[str, Counts]:
    """Sums per line key; lines where somebody has a record appear, also with nothing to count."""
    sums: dict[str, Counts] = {}
    for spot, counts in spots:
        key = place.line_of(spot)
        if key is not None:
            sums[key] = sums.get(key, Counts()) + counts
    return sums


# ---------------------------------------------------------------------------------------------------------------- table
def lay_out(question: Question, place: Place, spots: Iterable[tuple[Spot, Counts]]) -> Table:
    """The table of the question; about eight queries at any size. In the running period: as of this moment."""
    counts = by_line(place, spots)
    lines = [line for line in place.lines if line.shown_empty or line.key in counts]
    figures = figures_for([*lines, place.unit_line], question.period)
    notes = _Notes()
    rows = [
        CoverageRow(
            line.key, number, line.name, figures[line.key].people,
            *_tuple(counts.get(line.key, Counts())), marks=notes.mark(figures[line.key]),
        )
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    total = total_of(rows)
    notes.say(_about_total(lines, rows, figures[place.unit_line.key]))
    notes.say(_about_time(question))
    notes.say(_about_scope(question))
    notes.say(*_about_ambiguous(counts.get(AMBIGUOUS)))
    until = question.period.data_until(question.today)
    defined = definitions(question)
    return Table(
        report="coverage",
        title="Tình hình cập nhật dữ liệu liên thông hồ sơ sức khỏe điện tử",
        subtitle=f"{question.period.title}, theo {GROUPINGS[question.by]}; số liệu đến hết ngày {until:%d/%m/%Y}",
        unit=question.unit,
        unit_name=place.name,
        period=question.period,
        by=question.by,
        columns=COLUMNS,
        rows=rows,
        total=total,
        definitions=tuple(one.text for one in defined),
        version=version_of(defined),
        notes=tuple(notes.all),
        explanations=(OVER_100,) if any(row.flags for row in (*rows, total)) else (),
        problems=tuple(breaches([*rows, total])),
    )


TALLY = Tally(count_people, lay_out)
build = TALLY.build


def total_of(rows: list[CoverageRow]) -> CoverageRow:
    """Sums of (3)–(6); (7) comes from the sums, it is not a mean. (3) is missing when every row lacks it."""
    known = [row.population for row in rows if row.population is not None]
    return CoverageRow(
        "all", None, TOTAL, sum(known) if known else None,
        sum(row.linked for row in rows), sum(row.examined for row in rows), sum(row.managed for row in rows),
    )  # fmt: skip


def breaches(rows: Iterable[CoverageRow]) -> Iterator[Problem]:
    """Rows that break (5) ≤ (6) ≤ (4)."""
    for row in rows:
        if row.examined > row.managed:
            text = f"{row.unit}: (5) = {format_number(row.examined)} lớn hơn (6) = {format_number(row.managed)}."
            yield Problem(row.key, "coverage.examined_over_managed", text, "warning")
        if row.managed > row.linked:
            text = f"{row.unit}: (6) = {format_number(row.managed)} lớn hơn (4) = {format_number(row.linked)}."
            yield Problem(row.key, "coverage.managed_over_linked", text, "warning")


def _tuple(counts: Counts) -> tuple[int, int, int]:
    return counts.linked, counts.examined, counts.managed


class _Notes:
    """Sentences under the table; equal remarks share a number."""

    def __init__(self) -> None:
        self.all: list[Note] = []
        self._numbers: dict[str, int] = {}

    def mark(self, figure: Figure) -> tuple[int, ...]:
        if not figure.remark:
            return ()
        text = figure.remark[0].upper() + figure.remark[1:] + "."
        if text not in self._numbers:
            self._numbers[text] = len(self._numbers) + 1
            self.all.append(Note(text, self._numbers[text]))
        return (self._numbers[text],)

    def say(self, text: str, small: bool = False) -> None:
        if text:
            self.all.append(Note(text, small=small))


def _about_total(lines: list[Line], rows: list[CoverageRow], whole: Figure) -> str:
    """The rate of the total is too high when a place lacks its population: said, with the unit's own figure if any."""
    lacking = [
        row for line, row in zip(lines, rows, strict=True) if row.population is None and (line.unit or line.village)
    ]
    if not lacking:
        return ""
    text = f"Tổng (3) chưa gồm {len(lacking)} đơn vị chưa có dân số"
    text += ", nên tỷ lệ của dòng tổng cao hơn thực tế." if len(lacking) < len(rows) else "."
    if whole.people is not None:
        text += f" Dân số nhập cho toàn đơn vị: {format_number(whole.people)} người."
    return text


def _about_time(question: Question) -> str:
    if question.unit.scheme == "old" or not question.period.before_new_units:
        return ""
    return "Kỳ báo cáo trước 01/07/2025: số liệu của các thôn nay thuộc đơn vị này, xếp theo tên đơn vị khi đó."


def _about_scope(question: Question) -> str:
    if question.only_villages is None:
        return ""
    return "Chỉ gồm các thôn trong phạm vi phân công của người lập báo cáo, không phải toàn xã."


def _about_ambiguous(counts: Counts | None) -> tuple[str, bool]:
    """The sentence, and whether it names a small number."""
    if counts is None:
        return "", False
    figures = _tuple(counts)
    named = ", ".join(f"({column}) {format_number(figure)}" for column, figure in zip((4, 5, 6), figures, strict=True))
    text = f"Chưa tính những người ở thôn chưa ánh xạ đơn vị cũ, thuộc xã mới nhập từ nhiều huyện cũ: {named}."
    return text, any(1 <= figure < LIMIT for figure in figures)


REPORT = Report(
    key="coverage",
    path="lien-thong",
    title="Liên thông và bao phủ hồ sơ sức khỏe",
    summary="Số hồ sơ đã liên thông, đã khám tạo lập, đã quản lý và tỷ lệ trên dân số, theo thôn, xã hoặc huyện cũ.",
    build=build,
    tally=TALLY,
    levels=LEVELS,
    periods=KINDS,
    people=people,
    review=to_review,
    explain=(*WHY, "gone", "managed_not_linked"),
    form="lien-thong.xlsx",
)
