"""The commune plan's table (REQ-RPT-04): village, population, target of the year, achieved, per cent, remaining."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q

from ehr.common.numbers import format_number, percent
from ehr.records.models import Person
from reports.coverage import records
from reports.periods import Month
from reports.places import AMBIGUOUS, place_of
from reports.population import figures_for
from reports.questions import Question
from reports.tables import TOTAL, Column, Note, Table
from stations.models import VillageTarget

LEVELS = {"commune": ("village",)}
COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("village", "Thôn", "(2)", "text", 46),
    Column("population", "Nhân khẩu", "(3)", "int", 20),
    Column("target", "Chỉ tiêu lập hồ sơ", "(4)", "int", 20),
    Column("achieved", "Đạt được", "(5)", "int", 20, people=True),
    Column("rate", "Tỷ lệ %", "(6)=(5)/(4)×100%", "percent", 26),
    Column("remaining", "Còn lại", "(7)=(4)−(5)", "int", 22),
)
DEFINITIONS = (
    "(3) Dân số đã nhập cho thôn. (4) Chỉ tiêu của kế hoạch năm.",
    "(5) Số người còn sống, đang cư trú cuối kỳ, có hồ sơ đang sử dụng được lập đến hết kỳ.",
    "(6) Dòng tổng tính từ các cột tổng. (7) Số âm nghĩa là vượt chỉ tiêu.",
)
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


def column_conditions(month: Month) -> dict[str, Q]:
    """As `coverage.column_conditions`: living residents with a record (COV-06)."""
    return {
        "achieved": Q(status=Person.Status.ACTIVE)
        | Q(status=Person.Status.DEAD, death_date__gte=month.end)
        | Q(status=Person.Status.MOVED, moved_out_on__gte=month.end)
    }


def build(question: Question) -> Table:
    """The plan's table at the end of the month, against the targets of its year; about eight queries at any size."""
    month = question.month
    place = place_of(question)
    counted = records(place, month).filter(column_conditions(month)["achieved"]).order_by()
    achieved: dict[str, int] = {}
    for village, commune, people in counted.values_list("village_id", "commune_id").annotate(people=Count("pk")):
        key = place.line_of((village, commune))
        if key is not None:
            achieved[key] = achieved.get(key, 0) + people
    targets = dict(
        VillageTarget.objects.filter(village__in=place.villages, year=month.start.year).values_list("village", "target")
    )
    lines = [line for line in place.lines if line.shown_empty or line.key in achieved or line.village in targets]
    figures = figures_for(lines, month)
    rows = [
        PlanRow(
            line.key, number, line.name, figures[line.key].people, targets.get(line.village or 0),
            achieved.get(line.key, 0),
        )
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    total = total_of(rows)
    until = month.data_until(question.today)
    return Table(
        report="plan",
        title="Kết quả thực hiện chỉ tiêu lập hồ sơ sức khỏe điện tử",
        subtitle=f"Kế hoạch năm {month.start.year}; số liệu đến hết ngày {until:%d/%m/%Y}",
        unit=question.unit,
        unit_name=place.name,
        month=month,
        by=question.by,
        columns=COLUMNS,
        rows=rows,
        total=total,
        definitions=DEFINITIONS,
        notes=tuple(_notes(rows, [figures[line.key].remark for line in lines], achieved.get(AMBIGUOUS))),
        explanations=(OVER_100,) if any(row.flags for row in (*rows, total)) else (),
    )


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
        yield Note(f"Chưa tính {format_number(ambiguous)} người ở thôn chưa ánh xạ đơn vị cũ.")
