"""Charts as numbers and texts: where each line, bar and tile stands. The templates draw them as SVG without scripts,
styles or fonts of their own, so that they print; every figure also stands in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ehr.common.numbers import format_number

STEPS = (Decimal(50), Decimal(80), Decimal(95), Decimal(100))  # bounds of the colours: below, …, above 100 %


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of the trend: `x`, `y` in the drawing; `value` None: not known then, the line has a gap."""

    label: str
    value: Decimal | None
    x: float
    y: float

    @property
    def text(self) -> str:
        return "-" if self.value is None else f"{format_number(self.value, 1)}%"


@dataclass(frozen=True, slots=True)
class Trend:
    """A line chart. `lines`: pieces without gaps, as the "points" attribute of a polyline; `ticks`: (y, text)."""

    width: int
    height: int
    points: tuple[Point, ...]
    lines: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]
    target_y: float | None
    left: int
    right: int

    @property
    def description(self) -> str:
        """The chart in a sentence, for those who do not see it."""
        known = [point for point in self.points if point.value is not None]
        if not known:
            return "Chưa có số liệu."
        first, last = known[0], known[-1]
        if first is last:
            return f"{last.label}: {last.text}."
        return f"Từ {first.text} ({first.label}) đến {last.text} ({last.label})."


def trend(figures: Sequence[tuple[str, Decimal | None]], *, target: Decimal | None = None) -> Trend:
    """(label, per cent) from left to right. The axis begins at 0 and ends above the largest value."""
    width, height, left, right, top, bottom = 640, 200, 44, 12, 14, 26
    values = [value for _, value in figures if value is not None] + ([target] if target else [])
    most = _top(max(values, default=Decimal(100)))
    step = (width - left - right) / max(len(figures) - 1, 1)
    first = left if len(figures) > 1 else (left + width - right) // 2  # one alone would stand on the axis

    def y_of(value: Decimal) -> float:
        return round(top + (height - top - bottom) * (1 - float(value / most)), 1)

    points = tuple(
        Point(label, value, round(first + step * at, 1), y_of(value) if value is not None else 0.0)
        for at, (label, value) in enumerate(figures)
    )
    ticks = tuple((y_of(most * part / 4), f"{format_number(most * part / 4, 0)}%") for part in range(5))
    return Trend(
        width, height, points, tuple(_pieces(points)), ticks, y_of(target) if target else None, left, width - right
    )


def _top(value: Decimal) -> Decimal:
    """The end of the axis: a round number that is not below the value."""
    return next((Decimal(end) for end in (20, 40, 60, 80, 100, 120, 160, 200) if value <= end), value)


def _pieces(points: Sequence[Point]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for point in points:
        if point.value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{point.x},{point.y}")
    return [" ".join(piece) for piece in pieces if piece]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `width` of `full`, `over` when the value is above 100 %."""

    label: str
    text: str
    value: Decimal | None
    y: int
    width: float
    css: str
    href: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    width: int
    height: int
    left: int
    full: int
    line_x: float  # where 100 % is
    bars: tuple[Bar, ...]


def bars(figures: Sequence[tuple[str, Decimal | None, str]]) -> Bars:
    """(label, per cent, address) from top to bottom; the longest is the largest value or 100 %."""
    left, full, row = 200, 360, 24
    most = max([Decimal(100), *(value for _, value, _ in figures if value is not None)])
    made = tuple(
        Bar(
            label, "-" if value is None else f"{format_number(value, 1)}%", value, at * row,
            round(full * float(value / most), 1) if value else 0.0, shade(value), href,
            over=value is not None and value > 100,
        )
        for at, (label, value, href) in enumerate(figures)
    )  # fmt: skip
    return Bars(left + full + 70, len(made) * row + 4, left, full, round(left + full * float(100 / most), 1), made)


@dataclass(frozen=True, slots=True)
class Tile:
    """A unit on the map of tiles."""

    label: str
    short: str
    text: str
    css: str
    x: int
    y: int
    href: str


@dataclass(frozen=True, slots=True)
class TileMap:
    width: int
    height: int
    size: int
    tiles: tuple[Tile, ...]


def tiles(figures: Sequence[tuple[str, Decimal | None, str]], *, across: int = 12) -> TileMap:
    """Units as equal squares in their order: without borders of units nobody can draw a true map."""
    size, gap = 58, 4
    made = tuple(
        Tile(
            label, shorten(label), "-" if value is None else f"{format_number(value, 0)}%", shade(value),
            at % across * (size + gap), at // across * (size + gap), href,
        )
        for at, (label, value, href) in enumerate(figures)
    )  # fmt: skip
    rows = -(-len(made) // across)
    return TileMap(across * (size + gap) - gap, max(rows * (size + gap) - gap, size), size, made)


def shade(value: Decimal | None) -> str:
    """Class of the colour: q0 … q4 by STEPS, "none" without a value."""
    if value is None:
        return "none"
    return f"q{sum(value >= step for step in STEPS[:3]) + (value > STEPS[3])}"


def shorten(label: str) -> str:
    """A name that fits a tile: without the kind of the unit, at most nine letters."""
    for kind in ("Xã ", "Phường ", "Thị trấn ", "Đặc khu ", "Quận ", "Huyện ", "Thị xã ", "Thành phố "):
        label = label.removeprefix(kind)
    return label if len(label) <= 9 else f"{label[:8]}…"
