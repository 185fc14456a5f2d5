"""Who checks and writes the rows of each kind of sheet. All have the two functions of `ehr.records.bulk`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from ehr.intake.models import Kind
from ehr.records.bulk import BulkRow, Outcome
from stations.models import User


class Writer(Protocol):
    """`check` writes nothing; `write` runs in the caller's transaction. Both make a fixed number of queries."""

    def check(self, rows: Sequence[BulkRow], *, by: User | None, today: dt.date, **more: Any) -> list[Outcome]: ...

    def write(
        self, rows: Sequence[BulkRow], *, by: User | None, door: str, batch: int, today: dt.date
    ) -> list[Outcome]: ...


_MODULES = {
    Kind.SURVEY: "ehr.records.bulk",
    Kind.REGISTER: "ehr.records.bulk",
    Kind.VACCINATION: "ehr.intake.sections.vaccination",
    Kind.EXAM: "ehr.intake.sections.exam",
}
#: Kinds whose rows are people: a person stands on one row. On the others the same person may come again.
OF_PEOPLE = frozenset({Kind.SURVEY, Kind.REGISTER})


def writer(kind: str) -> Writer:
    """The module that checks and writes rows of this kind."""
    return cast(Writer, import_module(_MODULES[Kind(kind)]))
