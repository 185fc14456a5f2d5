"""The commune plan's table (REQ-RPT-04): village, population, target of the year, achieved, per cent, remaining."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q

from ehr.common.numbers import format_number, percent
from ehr.records.models import Person
from reports.coverage import records
from reports.definitions import definitions_on, version_of
from reports.periods import Period
from reports.places import AMBIGUOUS, Place, Spot
from reports.population import figures_for
from reports.questions import Question
from reports.report import PeopleList, Report, Tally
from reports.small import LIMIT
from reports.tables import TOTAL, Column, Note, Table
from stations.models import VillageTarget

LEVELS = {"commune": ("village",)}
COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("village", "Thôn", "(2)", "text", 46),
    Column("population", "Nhân khẩu", "(3)", "int", 20),
    Column("target", "Chỉ tiêu lập hồ sơ", "(4)", "int", 20),
    Column("achieved", "Đạt được", "(5)", "int", 20, people=True),
    Column("rate", "Tỷ lệ %", "(6)=(5)/(4)×100%", "percent", 26, of=("achieved", "target")),
    Column("remaining", "Còn lại", "(7)=(4)−(5)", "int", 22, of=("achieved", "target")),
)
CODES = ("TGT-01", "TGT-02", "TGT-03", "TGT-04", "TGT-05")
OVER_100 = "▲ Thôn đã vượt chỉ tiêu."


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One village. `target` None: the plan has none for it; then there is no rate and nothing remains to be told."""

    key: str
    number: int | None
    village: str
    population: int | None
    target: int | None
    achieved: int
    marks: tuple[int, ...] = ()
    rate: Decimal | None = field(init=False)
    remaining: int | None = field(init=False)
    flags: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", percent(self.achieved, self.target))
        object.__setattr__(self, "remaining", None if self.target is None else self.target - self.achieved)
        over = bool(self.target) and self.achieved > (self.target or 0)
        object.__setattr__(self, "flags", frozenset({"over_100"} if over else ()))


def column_conditions(period: Period) -> dict[str, Q]:
    """As `coverage.column_conditions`: living residents with a record (COV-06)."""
    return {
        "achieved": Q(status=Person.Status.ACTIVE)
        | Q(status=Person.Status.DEAD, death_date__gte=period.end)
        | Q(status=Person.Status.MOVED, moved_out_on__gte=period.end)
    }


def count_people(place: Place, period: Period) -> Iterator[tuple[Spot, int]]:
    """The column "achieved" per village and commune: one statement."""
    counted = records(place, period).filter(column_conditions(period)["achieved"]).order_by()
    for village, commune, people in counted.values_list("village_id", "commune_id").annotate(people=Count("pk")):
        yield (village, commune), people


def lay_out(question: Question, place: Place, spots: Iterable[tuple[Spot, int]]) -> Table:
    """The plan's table at the end of the period, against the targets of its year; about eight queries at any size."""
    period = question.period
    achieved: dict[str, int] = {}
    for spot, people in spots:
        key = place.line_of(spot)
        if key is not None:
            achieved[key] = achieved.get(key, 0) + people
    targets = dict(
        VillageTarget.objects.filter(village__in=place.villages, year=period.start.year).values_list(
            "village", "target"
        )
    )
    lines = [line for line in place.lines if line.shown_empty or line.key in achieved or line.village in targets]
    figures = figures_for(lines, period)
    rows = [
        PlanRow(
            line.key, number, line.name, figures[line.key].people, targets.get(line.village or 0),
            achieved.get(line.key, 0),
        )
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    total = total_of(rows)
    until = period.data_until(question.today)
    defined = definitions_on(question.defined_on, CODES)
    return Table(
        report="plan",
        title="Kết quả thực hiện chỉ tiêu lập hồ sơ sức khỏe điện tử",
        subtitle=f"Kế hoạch năm {period.start.year}; số liệu đến hết ngày {until:%d/%m/%Y}",
        unit=question.unit,
        unit_name=place.name,
        period=period,
        by=question.by,
        columns=COLUMNS,
        rows=rows,
        total=total,
        definitions=tuple(one.text for one in defined),
        version=version_of(defined),
        notes=tuple(_notes(rows, [figures[line.key].remark for line in lines], achieved.get(AMBIGUOUS))),
        explanations=(OVER_100,) if any(row.flags for row in (*rows, total)) else (),
    )


TALLY = Tally(count_people, lay_out)
build = TALLY.build


def total_of(rows: list[PlanRow]) -> PlanRow:
    """Sums; rate and remaining from the sums. A column is missing in the total when every row lacks it."""
    population = [row.population for row in rows if row.population is not None]
    target = [row.target for row in rows if row.target is not None]
    return PlanRow(
        "all", None, TOTAL, sum(population) if population else None, sum(target) if target else None,
        sum(row.achieved for row in rows),
    )  # fmt: skip


def _notes(rows: list[PlanRow], remarks: list[str], ambiguous: int | None) -> Iterable[Note]:
    for row, remark in zip(rows, remarks, strict=True):
        if remark:
            yield Note(f"{row.village}: {remark}.")
    lacking = [row.village for row in rows if row.target is None and row.key.startswith("village:")]
    if lacking:
        named = ", ".join(lacking[:5]) + ("…" if len(lacking) > 5 else "")
        yield Note(f"Chưa có chỉ tiêu của {len(lacking)} thôn: {named}.")
    if ambiguous:
        text = f"Chưa tính {format_number(ambiguous)} người ở thôn chưa ánh xạ đơn vị cũ."
        yield Note(text, small=ambiguous < LIMIT)


def people(question: Question, place: Place) -> dict[str, PeopleList]:
    """People behind the column."""
    found = records(place, question.period).filter(column_conditions(question.period)["achieved"])
    return {"achieved": PeopleList("Đạt được", found)}


REPORT = Report(
    key="plan",
    path="chi-tieu",
    title="Thực hiện chỉ tiêu lập hồ sơ",
    summary="Nhân khẩu, chỉ tiêu của kế hoạch năm, số đã lập, tỷ lệ và số còn lại của từng thôn.",
    build=build,
    tally=TALLY,
    levels=LEVELS,
    periods=("month", "quarter", "half", "year", "day"),
    people=people,
)
