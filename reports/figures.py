"""Tables of figures by place, declared: counts of people (or of their rows), rates and differences computed from them.

ITEMS = (
    Count("children", "Trẻ dưới 5 tuổi"),
    Count("thin", "Trong đó: suy dinh dưỡng nhẹ cân"),
    Rate("thin_rate", "Tỷ lệ %", "thin", "children"),
)
figures = count_lines(place, question.people().filter(place.people()), {"children": Q(…), "thin": Q(…)})
return table_of(question, place, ITEMS, figures, report="nutrition", title="…", codes=("MCH-08",))
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import Q, QuerySet

from ehr.common.numbers import format_number, percent
from reports.definitions import definitions_on, version_of
from reports.places import AMBIGUOUS, Place, Spot
from reports.population import figures_for
from reports.questions import GROUPINGS, Question
from reports.small import LIMIT
from reports.tables import TOTAL, Column, Kind, Note, PlainRow, Table, known

Values = dict[str, Any]
BEFORE = "Kỳ báo cáo trước 01/07/2025: số liệu của các thôn nay thuộc đơn vị này, xếp theo tên đơn vị khi đó."
PARTIAL = "Chỉ gồm các thôn trong phạm vi phân công của người lập báo cáo, không phải toàn xã."


@dataclass(frozen=True, slots=True)
class Count:
    """A column of whole numbers that are summed in the total. `people`: its figures open lists."""

    key: str
    heading: str
    width: int = 18
    people: bool = True
    group: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A column of whole numbers that somebody entered (population, target): summed, never hidden."""

    key: str
    heading: str
    width: int = 18
    group: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """`numerator` × 100 / `denominator`, keys of other columns; the total's rate comes from the sums."""

    key: str
    heading: str
    numerator: str
    denominator: str
    width: int = 18
    group: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """Computed from the columns `of` of the same row (also in the total); `formula` is printed below: "(3)−(4)"."""

    key: str
    heading: str
    of: tuple[str, ...]
    compute: Callable[[Values], Any]
    formula: str = ""
    kind: Kind = "int"
    width: int = 18
    places: int = 1
    group: str = ""


Item = Count | Entered | Rate | Derived


def columns_of(items: Sequence[Item], name: str = "Đơn vị") -> tuple[Column, ...]:
    """STT, the name of the place, then the items, numbered (1)…; a rate prints how it is computed."""
    number = {item.key: index for index, item in enumerate(items, start=3)}
    if len(number) != len(items) or {"number", "unit"} & set(number):
        raise ValueError("two columns with the same key")
    return (
        Column("number", "STT", "(1)", "index", 11),
        Column("unit", name, "(2)", "text", 48),
        *(_column(item, number) for item in items),
    )


def _column(item: Item, number: Mapping[str, int]) -> Column:
    own = f"({number[item.key]})"
    if isinstance(item, Rate):
        formula = f"{own}=({number[item.numerator]})/({number[item.denominator]})"
        of = (item.numerator, item.denominator)
        return Column(item.key, item.heading, formula, "percent", item.width, of=of, group=item.group)
    if isinstance(item, Derived):
        return Column(
            item.key, item.heading, item.formula or own, item.kind, item.width, of=item.of, places=item.places,
            group=item.group,
        )  # fmt: skip
    people = isinstance(item, Count) and item.people
    return Column(
        item.key, item.heading, own, "int", item.width, people=people, counts=isinstance(item, Count), group=item.group
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- counts
def count_lines(
    place: Place, rows: QuerySet[Any], counts: Mapping[str, Q], *, path: str = "", distinct: bool = False
) -> dict[str, Values]:
    """Counts per line of the table, by line key (AMBIGUOUS for people of whom nobody can tell). One statement.

    `rows`: people, already limited by `place.people(path)`, or rows with `path` ("person__") to the person.
    `distinct`: each person once, however many rows. A condition with a subquery runs once per row: join instead."""
    what = f"{path}pk" if distinct else "pk"
    totals = {f"n_{key}": CountRows(what, filter=condition, distinct=distinct) for key, condition in counts.items()}
    found = rows.order_by().values_list(f"{path}village_id", f"{path}commune_id").annotate(**totals)
    return fold(place, (((row[0], row[1]), dict(zip(counts, row[2:], strict=True))) for row in found))


def fold(place: Place, spots: Iterable[tuple[Spot, Mapping[str, int]]]) -> dict[str, Values]:
    """Sums by line of counts per (village, commune), whatever statement they come from."""
    sums: dict[str, Values] = {}
    for spot, counts in spots:
        key = place.line_of(spot)
        if key is not None:
            line = sums.setdefault(key, dict.fromkeys(counts, 0))
            for name, count in counts.items():
                line[name] = line.get(name, 0) + (count or 0)
    return sums


def populations(question: Question, place: Place) -> dict[str, int | None]:
    """The entered population of each line, None where there is none. One query."""
    return {key: figure.people for key, figure in figures_for([*place.lines, place.unit_line], question.period).items()}


# ---------------------------------------------------------------------------------------------------------------- table
def table_of(
    question: Question,
    place: Place,
    items: Sequence[Item],
    figures: Mapping[str, Values],
    *,
    report: str,
    title: str,
    codes: Sequence[str] = (),
    variant: str = "",
    total: Values | None = None,
    notes: Iterable[Note] = (),
    explanations: Iterable[str] = (),
) -> Table:
    """A row per line of the place that is shown empty or has figures, and the total.

    `figures`: by line key, values by item key; what is absent counts 0 for a Count and is missing for an Entered.
    `total`: values that are not the sum of the rows, such as people who count in two of them."""
    rows = [
        _row(line.key, number, line.name, items, figures.get(line.key, {}))
        for number, line in enumerate(
            (line for line in place.lines if line.shown_empty or line.key in figures), start=1
        )
    ]  # fmt: skip
    summed = {
        item.key: known([row.values[item.key] for row in rows]) if rows or isinstance(item, Entered) else 0
        for item in items
        if isinstance(item, Count | Entered)
    }
    whole = _row("all", None, TOTAL, items, summed | (total or {}))
    defined = definitions_on(question.defined_on, codes, variant)
    until = question.period.data_until(question.today)
    return Table(
        report=report,
        title=title,
        subtitle=f"{question.period.title}, theo {GROUPINGS[question.by]}; số liệu đến hết ngày {until:%d/%m/%Y}",
        unit=question.unit,
        unit_name=place.name,
        period=question.period,
        by=question.by,
        columns=columns_of(items),
        rows=rows,
        total=whole,
        definitions=tuple(one.text for one in defined),
        version=version_of(defined),
        notes=(*_about_place(question, items, figures), *notes),
        explanations=tuple(explanations) if any(row.flags for row in (*rows, whole)) else (),
    )


def _row(key: str, number: int | None, name: str, items: Sequence[Item], given: Mapping[str, Any]) -> PlainRow:
    values: Values = {"number": number, "unit": name}
    values |= {item.key: given.get(item.key, 0 if isinstance(item, Count) else None) for item in items}
    flags = set()
    for item in items:
        if isinstance(item, Rate):
            above, below = values[item.numerator], values[item.denominator]
            values[item.key] = percent(above, below)
            if below and above is not None and above > below:
                flags.add(f"over_100:{item.key}")
        elif isinstance(item, Derived):
            values[item.key] = item.compute(values)
    return PlainRow(key, values, flags=frozenset(flags))


def _about_place(question: Question, items: Sequence[Item], figures: Mapping[str, Values]) -> Iterable[Note]:
    """What the reader must know about the places themselves."""
    if question.unit.scheme == "new" and question.period.before_new_units:
        yield Note(BEFORE)
    if question.only_villages is not None:
        yield Note(PARTIAL)
    if rest := figures.get(AMBIGUOUS):
        counted = [(item.heading, rest.get(item.key) or 0) for item in items if isinstance(item, Count)]
        named = "; ".join(f"{heading}: {format_number(figure)}" for heading, figure in counted)
        yield Note(
            f"Chưa tính những người ở thôn chưa ánh xạ đơn vị cũ, thuộc xã mới nhập từ nhiều huyện cũ ({named}).",
            small=any(1 <= figure < LIMIT for _, figure in counted),
        )
