"""The monthly linkage and coverage table (REQ-RPT-01…03, COV-01…05), columns as in the pilot report of 2024.

What a past month cannot show without reading the history of every record is answered with what is known today:
- where a person lived then: the present village counts, also for those who moved between villages since;
- dates that were overwritten: section_a_complete_on, linked_on, identity_confirmed_on keep one date, so a section
  that was complete, fell incomplete and was completed again counts from the last date;
- a record merged or marked as an error since: it does not count in any month, the one it was merged into does;
- a person who moved away and came back: counts as resident throughout;
- a moved person without a date of moving: counts as gone in every month;
- a visit cancelled since: counts in no month.
Dates of death and moving, creation of the record and of the visit are exact: a past month asked twice gives the same.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Value

from ehr.common.numbers import format_number, percent
from ehr.common.problems import Problem
from ehr.records.models import Encounter, Person
from reports.periods import Month
from reports.places import AMBIGUOUS, Line, Place, Spot, place_of
from reports.population import Figure, figures_for
from reports.questions import GROUPINGS, Question
from reports.tables import TOTAL, Column, Note, Table

LEVELS = {
    "commune": ("village",),
    "district": ("commune", "village"),
    "province": ("commune", "district", "village"),
}
COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Đơn vị", "(2)", "text", 48),
    Column("population", "Dân số trung bình kỳ báo cáo", "(3)", "int", 20),
    Column("linked", "Tổng số hồ sơ đã được liên thông", "(4)", "int", 20, people=True),
    Column("examined", "Dân số đã khám tạo lập hồ sơ", "(5)", "int", 20, people=True),
    Column("managed", "Dân số đã được quản lý sức khỏe", "(6)", "int", 20, people=True),
    Column("rate", "Tỷ lệ % dân số đã được quản lý sức khỏe", "(7)=(6)/(3)×100%", "percent", 26),
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


# ---------------------------------------------------------------------------------------------------------- definitions
@dataclass(frozen=True, slots=True)
class Definition:
    """What a column meant from `valid_from` on. `upstream` None: in both cases; else as UPSTREAM_CONFIGURED says."""

    indicator: str
    text: str
    source: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    upstream: bool | None = None


_PILOT = dt.date(2024, 1, 1)
_SOURCE = "Phụ lục báo cáo thí điểm hồ sơ sức khỏe điện tử 2024; định nghĩa làm việc"
DEFINITIONS = (
    Definition("COV-01", "(3) Dân số trung bình của kỳ, nhập có ghi nguồn; không đếm từ hồ sơ.", _SOURCE, _PILOT),
    Definition(
        "COV-02", "(4) Hồ sơ đang sử dụng (không trùng, không nhập nhầm) đã được hệ thống cấp trên tiếp nhận.",
        _SOURCE, _PILOT, upstream=True,
    ),
    Definition(
        "COV-02", "(4) Hồ sơ đang sử dụng (không trùng, không nhập nhầm) đã xác minh danh tính với nguồn dữ liệu dân "
        "cư; chưa cấu hình hệ thống liên thông cấp trên.", _SOURCE, _PILOT, upstream=False,
    ),
    Definition("COV-03", "(5) Số người có ít nhất một lượt khám hoặc kiểm tra sức khỏe trong hồ sơ.", _SOURCE, _PILOT),
    Definition(
        "COV-04", "(6) Số người còn sống, đang cư trú cuối kỳ, không trùng, đã đủ thông tin hành chính (phần A).",
        _SOURCE, _PILOT,
    ),
    Definition(
        "COV-05", "(7) = (6)/(3) × 100, hai số lẻ; dòng tổng tính từ các cột tổng. Điều kiện: (5) ≤ (6) ≤ (4).",
        _SOURCE, _PILOT,
    ),
)  # fmt: skip
OVER_100 = (
    "▲ Tỷ lệ trên 100%: số quản lý nhiều hơn dân số đã nhập. Cần rà soát người đã chuyển đi hoặc đã mất chưa cập nhật, "
    "hồ sơ trùng, người mới đến và số liệu dân số đã cũ."
)


def definitions_on(day: dt.date) -> tuple[str, ...]:
    """Texts valid on `day` (before the first ones: the first ones), in the order of the columns."""
    day = max(day, _PILOT)
    return tuple(
        d.text
        for d in DEFINITIONS
        if d.valid_from <= day < (d.valid_to or dt.date.max) and d.upstream in (None, settings.UPSTREAM_CONFIGURED)
    )


# --------------------------------------------------------------------------------------------------------------- counts
def column_conditions(month: Month) -> dict[str, Q]:
    """Condition on people for each counted column, besides `records`: for the table and for the lists behind it."""
    accepted = "linked_on" if settings.UPSTREAM_CONFIGURED else "identity_confirmed_on"
    living_here = (
        Q(status=Person.Status.ACTIVE)
        | Q(status=Person.Status.DEAD, death_date__gte=month.end)
        | Q(status=Person.Status.MOVED, moved_out_on__gte=month.end)
    )
    visits = Encounter.objects.filter(
        person=OuterRef("pk"), status=Encounter.Status.FINISHED,
        exam_date__lt=month.end, created_at__lt=month.end_instant,
    )  # fmt: skip
    return {
        "linked": Q(**{f"{accepted}__lt": month.end}),
        "examined": Q(Exists(visits)),
        "managed": living_here & Q(section_a_complete_on__lt=month.end),
    }


def lists(month: Month) -> dict[str, tuple[str, Q]]:
    """Further lists of people that explain a rate above 100 % or a breach: key → heading, condition."""
    columns = column_conditions(month)
    accepted = Q(pk__in=Person.objects.filter(columns["linked"]).values("pk"))
    managed = Q(pk__in=Person.objects.filter(columns["managed"]).values("pk"))
    return {
        "managed_not_linked": (
            "Đã quản lý nhưng chưa liên thông, chưa xác minh danh tính",
            columns["managed"] & ~accepted,
        ),
        "examined_not_managed": ("Đã khám nhưng không thuộc diện quản lý", columns["examined"] & ~managed),
        "gone": ("Hồ sơ của người đã mất hoặc đã chuyển đi", ~Q(status=Person.Status.ACTIVE)),
    }


LIST_OF_BREACH = {
    "coverage.examined_over_managed": "examined_not_managed",
    "coverage.managed_over_linked": "managed_not_linked",
}
LISTS_OVER_100 = ("managed_not_linked", "gone")


def records(place: Place, month: Month):
    """Records in use that existed at the end of the month, at the place or near it (`Place.line_of` decides)."""
    return Person.objects.filter(place.people(), status__in=IN_USE, created_at__lt=month.end_instant)


def count_people(place: Place, month: Month) -> Iterator[tuple[Spot, Counts]]:
    """Counts per village and commune: one statement.

    Two grouped scans instead of one with a subquery per person: the visits are met by a semi-join, and both scans need
    nothing but the index of the counted columns."""
    conditions = column_conditions(month)
    spots = records(place, month).order_by().values_list("village_id", "commune_id")
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
def build(question: Question) -> Table:
    """The table of the question; about eight queries at any size. In the running month: as of this moment."""
    place = place_of(question)
    counts = by_line(place, count_people(place, question.month))
    lines = [line for line in place.lines if line.shown_empty or line.key in counts]
    figures = figures_for([*lines, place.unit_line], question.month)
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
    notes.say(_about_ambiguous(counts.get(AMBIGUOUS)))
    until = question.month.data_until(question.today)
    return Table(
        report="coverage",
        title="Tình hình cập nhật dữ liệu liên thông hồ sơ sức khỏe điện tử",
        subtitle=f"Tháng {question.month.text}, theo {GROUPINGS[question.by]}; số liệu đến hết ngày {until:%d/%m/%Y}",
        unit=question.unit,
        unit_name=place.name,
        month=question.month,
        by=question.by,
        columns=COLUMNS,
        rows=rows,
        total=total,
        definitions=definitions_on(question.month.last_day),
        notes=tuple(notes.all),
        explanations=(OVER_100,) if any(row.flags for row in (*rows, total)) else (),
        problems=tuple(breaches([*rows, total])),
    )


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

    def say(self, text: str) -> None:
        if text:
            self.all.append(Note(text))


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
    if question.unit.scheme == "old" or not question.month.before_new_units:
        return ""
    return "Kỳ báo cáo trước 01/07/2025: số liệu của các thôn nay thuộc đơn vị này, xếp theo tên đơn vị khi đó."


def _about_scope(question: Question) -> str:
    if question.only_villages is None:
        return ""
    return "Chỉ gồm các thôn trong phạm vi phân công của người lập báo cáo, không phải toàn xã."


def _about_ambiguous(counts: Counts | None) -> str:
    if counts is None:
        return ""
    figures = zip((4, 5, 6), _tuple(counts), strict=True)
    return (
        "Chưa tính những người ở thôn chưa ánh xạ đơn vị cũ, thuộc xã mới nhập từ nhiều huyện cũ: "
        + ", ".join(f"({column}) {format_number(figure)}" for column, figure in figures) + "."
    )  # fmt: skip
