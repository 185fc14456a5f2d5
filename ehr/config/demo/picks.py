"""Cheap weighted choices from tables, and dates as text: what the generator does millions of times."""

import csv
import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Generic, TypeVar

FIXTURES = Path(__file__).parent / "fixtures"


T = TypeVar("T")


class Pick(Generic[T]):
    """Weighted choice: called with a random number 0 <= r < 1."""

    __slots__ = ("cumulative", "items")

    def __init__(self, weighted: Iterable[tuple[T, float]]) -> None:
        pairs = list(weighted)
        total = sum(weight for _, weight in pairs)
        self.items = [item for item, _ in pairs]
        self.cumulative = list(accumulate(weight / total for _, weight in pairs))
        self.cumulative[-1] = 1.0

    def __call__(self, r: float) -> T:
        return self.items[bisect_right(self.cumulative, r)]


def pairs(text: str) -> list[tuple[str, float]]:
    """ "61:20 63:13" → [("61", 20.0), ("63", 13.0)]."""
    return [(code, float(weight)) for code, weight in (each.split(":") for each in text.split())]


def read(name: str) -> list[dict[str, str]]:
    """Rows of one of the CSV files in fixtures/."""
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FIRST_DAY = dt.date(1900, 1, 1).toordinal()
#: ISO text of each day since 1900, by `ordinal - FIRST_DAY`.
_DAYS = [dt.date.fromordinal(day).isoformat() for day in range(FIRST_DAY, dt.date(2060, 1, 1).toordinal())]
_YEAR_STARTS = [dt.date(year, 1, 1).toordinal() for year in range(1900, 2061)]


def iso(day: int) -> str:
    """2026-11-22 for an ordinal day since 1900."""
    return _DAYS[day - FIRST_DAY]


def iso_or_null(day: int | None) -> str:
    """As `iso`; the NULL of COPY for None."""
    return "\\N" if day is None else _DAYS[day - FIRST_DAY]


def year_of(day: int) -> int:
    return 1899 + bisect_right(_YEAR_STARTS, day)


def year_start(year: int) -> int:
    """Ordinal of 1 January."""
    return _YEAR_STARTS[year - 1900]


def age_at(born: int, day: int) -> int:
    """Completed years, from ordinals, exact to the day."""
    first, second = _DAYS[born - FIRST_DAY], _DAYS[day - FIRST_DAY]
    return int(second[:4]) - int(first[:4]) - (second[5:] < first[5:])


def by_age(points: list[tuple[int, float]]) -> Callable[[int], float]:
    """Function of age, linear between the points (age, value), for use once per year of age."""

    def value(age: int) -> float:
        before, after = points[0], points[-1]
        for low, high in pairwise(points):
            if low[0] <= age <= high[0]:
                before, after = low, high
                break
        if age <= before[0]:
            return before[1]
        if age >= after[0]:
            return after[1]
        return before[1] + (after[1] - before[1]) * (age - before[0]) / (after[0] - before[0])

    return value


def ages(points: list[tuple[int, float]]) -> list[float]:
    """The same as a table for ages 0 to 120."""
    value = by_age(points)
    return [value(age) for age in range(121)]
