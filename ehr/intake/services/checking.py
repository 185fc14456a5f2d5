"""Rows as the writers of the records take them, and their answers as rows keep them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from ehr.common.dates import PartialDate, Precision
from ehr.intake.combine.residence import AS_PRESENT
from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.services.kinds import OF_PEOPLE, writer
from ehr.intake.services.store import NewRow
from ehr.records.models import Address, Person
from stations.models import AdminUnit

if TYPE_CHECKING:
    from ehr.records.bulk import BulkRow, Outcome
    from ehr.records.bulk.plans import Kept


class SheetRow(Protocol):
    """An ImportRow, stored or to be stored."""

    position: Any
    sheet: Any
    values: Any
    cleaned: Any
    person_id: Any


@dataclass(slots=True)
class Checked:
    """The answer for one row, in JSON form. `changes`: {field: [before, after]}."""

    fate: str
    problems: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    person_id: int | None = None


def check(
    batch: ImportBatch, rows: Sequence[SheetRow], *, today: dt.date, kept: Kept | None = None
) -> dict[int, Checked]:
    """What writing these rows would do, by position; nothing is written. `kept`: takes the plans of new people, of
    kinds whose writer makes them."""
    if not rows:
        return {}
    more = {} if kept is None else {"kept": kept}
    return answers(batch, rows, writer(batch.kind).check(bulk_rows(batch, rows), by=batch.by, today=today, **more))


def write(batch: ImportBatch, rows: Sequence[SheetRow], *, door: str, today: dt.date) -> dict[int, Checked]:
    """Writes these rows inside the caller's transaction, by position."""
    if not rows:
        return {}
    given = bulk_rows(batch, rows)
    return answers(batch, rows, writer(batch.kind).write(given, by=batch.by, door=door, batch=batch.pk, today=today))


def bulk_rows(batch: ImportBatch, rows: Sequence[SheetRow]) -> list[BulkRow]:
    """The rows as the writer takes them. A year (or "?") on a sheet says nothing against the full birth date that the
    record holds: it is left out, so that no record becomes less precise. A permanent address that stands for an empty
    cell is left out where the record has one. One query for each, when there are such rows."""
    given = [bulk_row(batch.kind, row, batch.commune) for row in rows]
    _keep_permanent(rows, given)
    vague = {
        row.person_id: birth
        for row in given
        if row.person_id and (birth := row.values.get("birth_date")) and birth.precision != Precision.DAY
    }
    stored = Person.objects.filter(pk__in=vague).values_list("pk", "birth_date", "birth_precision")
    known = {pk: PartialDate.of(date, precision) for pk, date, precision in stored} if vague else {}
    for row in given:
        birth = row.values.get("birth_date")
        if birth and row.person_id in known and _says_less(birth, known[row.person_id]):
            cast(dict[str, Any], row.values).pop("birth_date")
    return given


def _keep_permanent(rows: Sequence[SheetRow], given: Sequence[BulkRow]) -> None:
    """Takes addresses that nobody wrote out of the rows of people whose record has a permanent address."""
    implied = {
        row.position: row.person_id
        for row in rows
        if row.person_id and any(cell.get("why") == AS_PRESENT for cell in row.cleaned)
    }
    if not implied:
        return
    stored = Address.objects.filter(person__in=implied.values(), use="permanent", valid_to=None)
    have = set(stored.order_by().values_list("person_id", flat=True))
    for each in given:
        if implied.get(each.key) in have:
            for code in OF_PERMANENT:
                cast(dict[str, Any], each.values).pop(code, None)


OF_PERMANENT = ("permanent_commune", "permanent_village_code", "permanent_address_detail")
_EXACTNESS = {Precision.UNKNOWN: 0, Precision.YEAR: 1, Precision.MONTH: 2, Precision.DAY: 3}


def _says_less(birth: PartialDate, known: PartialDate | None) -> bool:
    if known is None or known.date is None or _EXACTNESS[birth.precision] >= _EXACTNESS[known.precision]:
        return False
    if birth.date is None:
        return True
    same_month = birth.precision == Precision.YEAR or birth.date.month == known.date.month
    return birth.date.year == known.date.year and same_month


def bulk_row(kind: str, row: SheetRow, commune: AdminUnit) -> BulkRow:
    """The row as the writer takes it. Who is new and has no commune on the sheet lives in that of the batch."""
    from ehr.intake.values import load
    from ehr.records.bulk import BulkRow

    values = load(row.values)
    if row.person_id is None and kind in OF_PEOPLE:
        values.setdefault("current_commune", commune.code)
    return BulkRow(key=row.position, values=values, person_id=row.person_id)


def answers(batch: ImportBatch, rows: Iterable[SheetRow], outcomes: Iterable[Outcome]) -> dict[int, Checked]:
    """Outcomes by position, their values in JSON form, each problem beside its cell."""
    from ehr.intake.values import dump

    letters = letters_of(batch)
    by_position = {row.position: row for row in rows}
    found = {}
    for outcome in outcomes:
        row = by_position[outcome.key]
        before = dump({code: pair[0] for code, pair in outcome.changes.items()}) if outcome.changes else {}
        after = dump({code: pair[1] for code, pair in outcome.changes.items()}) if outcome.changes else {}
        found[outcome.key] = Checked(
            fate=str(outcome.fate),
            problems=[
                {
                    "field": each.field, "column": letters.get((row.sheet, each.field), ""),
                    "value": _shown(row.values.get(each.field)), "code": each.code, "level": each.level,
                    "message": each.message,
                }
                for each in outcome.problems
            ],
            changes={code: [before.get(code), after.get(code)] for code in outcome.changes},
            person_id=outcome.person_id,
        )  # fmt: skip
    return found


def apply(row: ImportRow | NewRow, checked: Checked) -> None:
    """What checking or writing said, set on the row."""
    row.fate = checked.fate
    row.changes = checked.changes
    row.problems = [*row.problems, *checked.problems]
    if checked.person_id is not None:
        row.person_id = checked.person_id


def letters_of(batch: ImportBatch) -> dict[tuple[str, str], str]:
    """(sheet, field code) → the letter of its column, the first one where several make the field."""
    found: dict[tuple[str, str], str] = {}
    for layout in batch.layout:
        for column in layout["columns"]:
            if column["field"]:
                found.setdefault((layout["sheet"][:100], column["field"].partition(":")[0]), column["letter"])
    return found


def _shown(value: Any) -> str:
    return "" if value is None else str(value)[:200]
