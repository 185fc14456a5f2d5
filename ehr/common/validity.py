"""Whether a dated row that is in memory holds on a day; in a query `stations.models.units.DatedQuerySet` says it."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Dated(Protocol):
    """`valid_from` is the first day, `valid_to` the first one after; None is open."""

    @property
    def valid_from(self) -> dt.date | None: ...
    @property
    def valid_to(self) -> dt.date | None: ...


def is_valid_on(row: Dated, day: dt.date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day < row.valid_to)
