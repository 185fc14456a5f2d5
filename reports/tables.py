"""What every report is: a table of typed rows with columns, a total, definitions and findings. Renderers get this and
never a queryset, so that screen, XLSX, PDF, CSV and JSON cannot differ."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

from ehr.common.numbers import format_number
from ehr.common.problems import Problem
from ehr.common.spreadsheet import safe_cell
from reports.periods import Month
from stations.models import AdminUnit

Kind = Literal["index", "text", "int", "percent"]
MISSING = "-"
TOTAL = "Tổng cộng"
TEXT_WIDTH_MM = 165


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` is the attribute of a row, `number` what the form prints below the heading: "(3)".

    `width` is in millimetres of the printed page; `people` says that a figure opens the list of people behind it."""

    key: str
    heading: str
    number: str
    kind: Kind
    width: int
    people: bool = False


class Row(Protocol):
    """A row is a frozen dataclass with the attributes that the columns name.

    `key` says which place it counts; `flags` names findings such as "over_100"; `marks` are numbers of its notes."""

    @property
    def key(self) -> str: ...
    @property
    def flags(self) -> frozenset[str]: ...
    @property
    def marks(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the table. Numbered ones are marked in the row they explain."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A finished report. `problems`: breaches of its invariants; `explanations`: what a flag in a row means."""

    report: str
    title: str
    subtitle: str
    unit: AdminUnit
    unit_name: str
    month: Month
    by: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: Row
    definitions: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    explanations: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def landscape(self) -> bool:
        """Whether the columns need the long side of A4 (165 mm of text on the short side)."""
        return sum(column.width for column in self.columns) > TEXT_WIDTH_MM

    def data_hash(self) -> str:
        """SHA-256 of what the table says, the same for every format and on every day."""
        text = json.dumps(as_json(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def text_of(column: Column, row: Row) -> str:
    """The cell as people read it: 47.199, 102,32%, "-" for a figure that is missing."""
    value = getattr(row, column.key)
    if value is None:
        return "" if column.kind in ("index", "text") else MISSING
    if column.kind == "percent":
        return f"{format_number(value, 2)}%"
    return format_number(value) if column.kind == "int" else str(value)


def as_json(table: Table) -> dict[str, Any]:
    """{report, unit, period, columns, rows, total}; figures are numbers, rates have two decimals, None is missing."""
    unit = table.unit
    return {
        "report": table.report,
        "unit": {"scheme": unit.scheme, "code": unit.code, "level": unit.level, "name": table.unit_name},
        "period": {"month": table.month.iso, "by": table.by},
        "columns": [{"key": c.key, "heading": c.heading, "number": c.number, "kind": c.kind} for c in table.columns],
        "rows": [_json_row(table, row) for row in table.rows],
        "total": _json_row(table, table.total),
    }


def _json_row(table: Table, row: Row) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in table.columns}
    # Two decimals survive a float unchanged; a JSON number is what every reader expects here.
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in values.items()}


def json_file(table: Table) -> bytes:
    return (json.dumps(as_json(table), ensure_ascii=False, indent=1) + "\n").encode()


def csv_file(table: Table) -> bytes:
    """Headings, rows, total. Figures bare with a decimal point, for programs; a BOM, for Excel's sake."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(column.heading) for column in table.columns])
    for row in all_rows(table):
        writer.writerow([_csv_cell(getattr(row, column.key)) for column in table.columns])
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(value: Any) -> Any:
    return "" if value is None else safe_cell(value) if isinstance(value, str) else value


def all_rows(table: Table) -> Iterator[Row]:
    """The rows, then the total."""
    yield from table.rows
    yield table.total
