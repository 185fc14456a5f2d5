"""A claim as people read it: tables with the names of the standard, values in Vietnamese form, findings at cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ehr.claims.spec import Column, Standard, code_label, table
from ehr.claims.values import read_number, read_when, split_list
from ehr.common.dates import Precision

LEVELS = ("reject", "error", "warning")
UNREAD = "unread"
ORDER = ["XML1", "XML0", "XML12", *(f"XML{number}" for number in (7, 8, 2, 3, 4, 5, 6, 9, 10, 11, 13, 14, 15))]


@dataclass(frozen=True, slots=True)
class Note:
    """A finding beside its cell."""

    level: str
    message: str
    rule: str


@dataclass(frozen=True, slots=True)
class CellShown:
    """`label`: the column in Vietnamese; `text`: the value as people write it, with the meaning of a code."""

    column: str
    label: str
    text: str
    notes: list[Note] = field(default_factory=list)

    @property
    def level(self) -> str:
        return next((level for level in LEVELS for note in self.notes if note.level == level), "")


@dataclass(frozen=True, slots=True)
class RowShown:
    line: int
    cells: list[CellShown]
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TableShown:
    """One table. `columns`: (name, label) of those with a value in any row, in the order of the standard; `single`: a
    table of one row is shown as a list of fields."""

    name: str
    label: str
    columns: list[tuple[str, str]]
    rows: list[RowShown]
    notes: list[Note] = field(default_factory=list)

    @property
    def single(self) -> bool:
        return len(self.rows) == 1


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions, in words."""

    table: str
    line: int
    label: str
    before: str
    after: str
    column: str


Content = Mapping[str, Any]


def tables_of(content: Content, standard: str, problems: Sequence[Mapping[str, Any]] = ()) -> list[TableShown]:
    """All tables of a version, the visit first. Pure."""
    known = Standard(standard)
    notes = _notes(problems)
    on = _day(content)
    names = sorted(
        (name for name in content if name != UNREAD and content[name]),
        key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER),
    )
    found = [_table(name, content[name], known, notes, on) for name in names]
    absent: dict[str, list[Note]] = {}
    for at, each in notes.items():  # findings of tables that the claim does not have
        if at[0] not in names:
            absent.setdefault(at[0], []).extend(each)
    for name, each in absent.items():
        spec = table(known, name)
        found.append(TableShown(name, spec.label if spec else "Cả hồ sơ", [], [], each))
    for slot, text in content.get(UNREAD, {}).items():
        cell = CellShown(slot, "Nội dung chưa biết của chuẩn", str(text)[:2000])
        found.append(TableShown(slot, "Bảng ngoài chuẩn", [(slot, cell.label)], [RowShown(1, [cell])]))
    return found


Notes = dict[tuple[str, int, str], list[Note]]


def _notes(problems: Iterable[Mapping[str, Any]]) -> Notes:
    found: Notes = {}
    for each in problems:
        key = (str(each.get("table") or ""), int(each.get("line") or 0), str(each.get("column") or ""))
        note = Note(str(each.get("level", "")), str(each.get("message", "")), str(each.get("rule", "")))
        found.setdefault(key, []).append(note)
    return found


def _table(
    name: str, rows: Sequence[Mapping[str, str]], standard: Standard, notes: Notes, on: dt.date | None
) -> TableShown:
    spec = table(standard, name)
    order = list(spec.columns) if spec else []
    filled = {column for row in rows for column, value in row.items() if value}
    filled |= {column for table_name, line, column in notes if table_name == name and line and column}
    columns = [column for column in order if column in filled] + sorted(filled - set(order))
    label = partial(_label, spec.columns if spec else {})
    shown, used = [], set()
    for line, row in enumerate(rows, 1):
        cells = []
        for column in columns:
            at = (name, line, column)
            used.add(at)
            of = spec.columns.get(column) if spec else None
            text = text_of(row.get(column, ""), of, standard, on)
            cells.append(CellShown(column, label(column), text, notes.get(at, [])))
        used.add((name, line, ""))
        shown.append(RowShown(line, cells, notes.get((name, line, ""), [])))
    loose = [note for at, each in notes.items() if at[0] == name and at not in used for note in each]
    return TableShown(name, spec.label if spec else "Bảng ngoài chuẩn", [(c, label(c)) for c in columns], shown, loose)


def _label(columns: Mapping[str, Column], name: str) -> str:
    return columns[name].label if name in columns else "Cột ngoài chuẩn"


def text_of(value: str, column: Column | None, standard: Standard, on: dt.date | None = None) -> str:
    """57.45 → 57,45; 202511010830 → 08:30 01/11/2025; codes with what they mean. What cannot be read stays as it is."""
    if not value or column is None:
        return value
    if column.code_list:
        return _coded(value, column, standard, on)
    if column.many:
        one = replace(column, many=False)
        return "; ".join(text_of(part, one, standard, on) for part in split_list(value))
    if column.kind in ("day", "minute"):
        return _when(value, column.kind == "minute")
    if column.kind in ("decimal", "integer"):
        number, notice = read_number(value)
        return value if number is None or notice == "bad" else format(number.normalize(), "f").replace(".", ",")
    return value


def _coded(value: str, column: Column, standard: Standard, on: dt.date | None) -> str:
    parts = split_list(value) if column.many else [value]
    texts = []
    for part in parts:
        meaning = code_label(column.code_list, part, standard, on)
        texts.append(f"{part} – {meaning}" if meaning else part)
    return "; ".join(texts)


def _when(value: str, minute: bool) -> str:
    found, notice = read_when(value, minute)
    if found is None or notice == "bad":
        return value
    if found.at is not None and (found.at.hour or found.at.minute):
        return f"{found.at:%H:%M %d/%m/%Y}"
    return found.day.text() if found.day.precision != Precision.UNKNOWN else value


def _day(content: Content) -> dt.date | None:
    rows = content.get("XML1") or [{}]
    found, _ = read_when(rows[0].get("NGAY_RA", "") or rows[0].get("NGAY_VAO", ""), True)
    return found.date if found else None


def changes_of(differences: Sequence[Mapping[str, Any]], standard: str) -> list[Change]:
    """Differences to the version before, in the order in which they are kept."""
    known = Standard(standard)
    found = []
    for each in differences:
        name, column = str(each["table"]), str(each["column"])
        spec = table(known, name)
        of = spec.columns.get(column) if spec else None
        before, after = (text_of(str(each[side] or ""), of, known) for side in ("before", "after"))
        line = int(each.get("line") or 0)
        if column:
            label = of.label if of else "Cột ngoài chuẩn"
        else:
            label = "Thêm dòng" if each["after"] or not each["before"] else "Bỏ dòng"
        found.append(Change(f"{name} {spec.label if spec else ''}".strip(), line, label, before, after, column))
    return found
