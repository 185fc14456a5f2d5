"""Column (3): the entered average population of a line, never counted from records (COV-01)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, When

from ehr.common.dates import format_date
from reports.periods import Period
from reports.places import Line
from stations.models import PopulationFigure

PlaceKey = tuple[str, int]  # ("village" or "unit", primary key)


@dataclass(frozen=True, slots=True)
class Figure:
    """A population figure as it may be printed. `remark` says what the reader must know: "" when it is of the period.

    `people` None: unknown, printed "-"."""

    people: int | None
    remark: str = ""
    covers: bool = True


NOTHING = Figure(None)


def figures_for(lines: Iterable[Line], period: Period) -> dict[str, Figure]:
    """Figure of each line, by its key. One query.

    In this order: the line's own figure whose period covers the period (the shortest such one); the sum of its parts
    if each has one that covers it; its own latest figure before, named with its date; the sum of the parts' latest.
    A sum that lacks a part would make the rate too high: no figure then, and the missing parts are named."""
    lines = list(lines)
    own = _own(lines, period)
    return {line.key: _figure(line, own) for line in lines}


def _own(lines: list[Line], period: Period) -> dict[PlaceKey, Figure]:
    places = {key for line in lines for key in _keys(line)}
    covers = Q(period_start__lte=period.start, period_end__gte=period.last_day)
    rows = (
        PopulationFigure.objects.filter(
            Q(village__in=[pk for kind, pk in places if kind == "village"])
            | Q(unit__in=[pk for kind, pk in places if kind == "unit"]),
            period_start__lte=period.last_day,
        )
        .annotate(
            covers=ExpressionWrapper(covers, output_field=BooleanField()),
            length=Case(When(covers, then=F("period_end") - F("period_start"))),
        )
        .order_by("village", "unit", "-covers", "length", "-period_end", "-period_start", "-entered_at")
        .distinct("village", "unit")
        .values_list("village", "unit", "covers", "period_start", "period_end", "population")
    )
    return {
        ("village", village) if village else ("unit", unit): Figure(
            population,
            "" if of_period else f"dân số của kỳ {format_date(start)}–{format_date(end)}, chưa có số của kỳ báo cáo",
            of_period,
        )
        for village, unit, of_period, start, end, population in rows
    }


def _keys(line: Line) -> Iterator[PlaceKey]:
    if line.village:
        yield "village", line.village
    if line.unit:
        yield "unit", line.unit
    for part in line.parts:
        yield from _keys(part)


def _figure(line: Line, own: dict[PlaceKey, Figure]) -> Figure:
    mine = own.get(("village", line.village)) if line.village else own.get(("unit", line.unit)) if line.unit else None
    if mine and mine.covers:
        return mine
    parts = [(part, _figure(part, own)) for part in line.parts]
    known = [figure for _, figure in parts if figure.people is not None]
    if parts and len(known) == len(parts):
        summed = sum(figure.people or 0 for figure in known)
        late = next((figure.remark for figure in known if not figure.covers), "")
        if not late or mine is None:
            return Figure(summed, late, not late)
    if mine:
        return mine
    if known:
        missing = [part.name for part, figure in parts if figure.people is None]
        named = ", ".join(missing[:3]) + ("…" if len(missing) > 3 else "")
        return Figure(None, f"thiếu dân số của {len(missing)}/{len(parts)} nơi trong đơn vị: {named}")
    return NOTHING
