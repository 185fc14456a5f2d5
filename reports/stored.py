"""A table as JSON and back, without loss: for snapshots, REST and files. And as CSV."""

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, TextIO

from ehr.common.problems import Problem
from ehr.common.spreadsheet import safe_cell
from reports.periods import Period
from reports.tables import RESERVED, Column, Note, PlainRow, Row, Table, all_rows, hidden_in, value_of
from stations.models import AdminUnit


def as_json(table: Table) -> dict[str, Any]:
    """Everything the table says. Figures are JSON numbers, days ISO text, None is missing or hidden; a row names what
    it hides: {"key": "village:3", "unit": "Thôn A", "managed": null, "hidden": {"managed": "<5"}}."""
    unit = table.unit
    return {
        "report": table.report,
        "version": table.version,
        "title": table.title,
        "subtitle": table.subtitle,
        "unit": {"scheme": unit.scheme, "code": unit.code, "level": unit.level, "name": table.unit_name},
        "period": {
            "kind": table.period.kind, "value": table.period.iso, "by": table.by,
            "start": table.period.start.isoformat(), "end": table.period.end.isoformat(),
        },
        "columns": [_json_column(column) for column in table.columns],
        "rows": [_json_row(table, row) for row in table.rows],
        "total": None if table.total is None else _json_row(table, table.total),
        "definitions": list(table.definitions),
        "notes": [{"number": note.number, "text": note.text, "small": note.small} for note in table.notes],
        "explanations": list(table.explanations),
        "problems": [
            {"field": p.field, "code": p.code, "message": p.message, "level": p.level} for p in table.problems
        ],
        "personal": table.personal,
    }  # fmt: skip


def _json_column(column: Column) -> dict[str, Any]:
    if column.key in RESERVED:
        raise ValueError(f"a column may not be called {column.key}")
    return {
        "key": column.key, "heading": column.heading, "number": column.number, "kind": column.kind,
        "width": column.width, "people": column.people, "counts": column.counts, "of": list(column.of),
        "places": column.places, "group": column.group,
    }  # fmt: skip


def _json_row(table: Table, row: Row) -> dict[str, Any]:
    more = {
        "flags": sorted(row.flags),
        "marks": list(row.marks),
        "hidden": dict(row.hidden) if isinstance(row, PlainRow) else {},
        "person_id": getattr(row, "person_id", None),
    }
    values = {column.key: _json_value(value_of(row, column)) for column in table.columns}
    return {"key": row.key, **values, **{name: value for name, value in more.items() if value}}


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        # Few decimals survive a float unchanged; a JSON number is what every reader expects here.
        return float(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(data: dict[str, Any]) -> Table:
    """The table that `as_json` described, equal in every rendering and in its hash. One query for the unit.

    Raises AdminUnit.DoesNotExist for a unit that this installation does not know."""
    about = data["unit"]
    unit = AdminUnit.objects.select_related("parent__parent").get(
        scheme=about["scheme"], code=about["code"], level=about["level"]
    )
    columns = tuple(Column(**{**column, "of": tuple(column["of"])}) for column in data["columns"])
    return Table(
        report=data["report"],
        version=data["version"],
        title=data["title"],
        subtitle=data["subtitle"],
        unit=unit,
        unit_name=about["name"],
        period=Period(dt.date.fromisoformat(data["period"]["start"]), data["period"]["kind"]),
        by=data["period"]["by"],
        columns=columns,
        rows=[_row(columns, row) for row in data["rows"]],
        total=None if data["total"] is None else _row(columns, data["total"]),
        definitions=tuple(data["definitions"]),
        notes=tuple(Note(note["text"], note["number"], note["small"]) for note in data["notes"]),
        explanations=tuple(data["explanations"]),
        problems=tuple(Problem(**problem) for problem in data["problems"]),
        personal=data["personal"],
    )


def _row(columns: Iterable[Column], given: dict[str, Any]) -> PlainRow:
    return PlainRow(
        key=given["key"],
        values={column.key: _value(column, given[column.key]) for column in columns},
        marks=tuple(given.get("marks", ())),
        flags=frozenset(given.get("flags", ())),
        hidden=given.get("hidden", {}),
        person_id=given.get("person_id"),
    )


def _value(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind in ("percent", "decimal"):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-(2 if column.kind == "percent" else column.places)))
    if column.kind == "date" and len(value) == 10 and value[4] == value[7] == "-":
        return dt.date.fromisoformat(value)
    return value


# ---------------------------------------------------------------------------------------------------------------- files
class Hash:
    """SHA-256 of report, definitions, unit, period, column keys, rows and total; remarks and the day of asking stay
    out. Rows are given one by one, so that a register can be hashed while it streams."""

    def __init__(self, table: Table) -> None:
        self.table = table
        said = as_json(replace(table, rows=(), total=None))
        self._sum = hashlib.sha256()
        self._add({name: said[name] for name in ("report", "version", "unit", "period")})
        self._add([column.key for column in table.columns])

    def add(self, row: Row) -> None:
        self._add(_json_row(self.table, row))

    def _add(self, said: Any) -> None:
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._sum.update(text.encode() + b"\n")

    def hexdigest(self) -> str:
        """64 characters; call it once, after the last row."""
        self._add(None if self.table.total is None else _json_row(self.table, self.table.total))
        return self._sum.hexdigest()


def data_hash(table: Table) -> str:
    """The hash of the whole table."""
    found = Hash(table)
    for row in table.rows:
        found.add(row)
    return found.hexdigest()


def json_file(table: Table) -> bytes:
    return (json.dumps(as_json(table), ensure_ascii=False, indent=1) + "\n").encode()


def write_csv(table: Table, out: TextIO) -> None:
    """Headings, rows, total. Figures bare with a decimal point, for programs; days dd/mm/yyyy as clerks read them."""
    writer = csv.writer(out)
    writer.writerow([safe_cell(_heading(column)) for column in table.columns])
    writer.writerows(_csv_rows(table))


def csv_file(table: Table) -> bytes:
    """`write_csv` with a BOM, for Excel's sake."""
    out = io.StringIO()
    write_csv(table, out)
    return out.getvalue().encode("utf-8-sig")


def _heading(column: Column) -> str:
    return f"{column.group} – {column.heading}" if column.group else column.heading


def _csv_rows(table: Table) -> Iterator[list[Any]]:
    for row in all_rows(table):
        yield [hidden_in(row, column) or _csv_cell(value_of(row, column)) for column in table.columns]


def _csv_cell(value: Any) -> Any:
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else safe_cell(value) if isinstance(value, str) else value
