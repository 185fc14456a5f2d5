"""The claim data standards as data: tables, columns and code lists of 4210, 130-4750 and 3176.

Source: the CSV files in `data/`, see README there. Everything is read once per process; look-ups are dictionary reads.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

DATA = Path(__file__).parent / "data"

#: Written here to be read by rules about privacy: HIV and tuberculosis treatment.
RESTRICTED_TABLES = frozenset({"XML6", "XML15"})
#: HIV columns of tables that are otherwise less secret.
RESTRICTED_COLUMNS = frozenset({("XML15", "PHANLOAI_LAO_HIV"), ("XML15", "NGAYKD_HIV"), ("XML15", "BDDT_ARV")})


class Standard(StrEnum):
    """By the number of the deciding text. 130-4750: Decision 130/QĐ-BYT as amended by 4750/QĐ-BYT."""

    QD4210 = "4210"
    QD4750 = "130-4750"
    QD3176 = "3176"

    @property
    def label(self) -> str:
        return {"4210": "QĐ 4210", "130-4750": "QĐ 130 sửa đổi bởi QĐ 4750", "3176": "QĐ 3176"}[self.value]


#: "decimal" and "integer" are numbers, "day" and "minute" are dates without and with a time, "text" is the rest.
Kind = Literal["text", "decimal", "integer", "day", "minute"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table. `max_length` None: any length. `decimals`: most digits after the point, None: no limit
    given (a kind "integer" has none). `many`: a list of values parted by ";"."""

    name: str
    order: int
    kind: Kind
    format: str
    max_length: int | None
    required: Literal["yes", "no", "conditional"]
    label: str
    code_list: str
    note: str
    many: bool
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table. The document is root > list > rows, or root = row; `list_element` is "" when there is none."""

    standard: Standard
    name: str
    label: str
    root: str
    list_element: str
    row: str
    columns: dict[str, Column]
    required: tuple[Column, ...] = field(default=())
    typed: dict[str, Kind] = field(default_factory=dict)  # columns that are numbers or days, no lists

    @property
    def repeats(self) -> bool:
        return bool(self.list_element) or self.root != self.row


_DECIMALS = re.compile(r"up to (\d) decimals")


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _column(row: dict[str, str]) -> Column:
    form = row["format"]
    decimals = _DECIMALS.search(form)
    # Weight is text in the decision but a number in every use; grams of several babies are a list.
    numeric = row["type"] == "number" or form.startswith("kg") or (form.startswith("gram") and "list" not in form)
    numeric = numeric and row["column"] != "SO_CCCD"  # XML15 calls it a number: leading zeros count
    kind: Kind = "text"
    if row["type"] in ("date", "datetime"):
        kind = "minute" if "HHmm" in form and not form.startswith("yyyyMMdd or") else "day"
    elif numeric:
        kind = "decimal" if decimals or row["column"] in _FRACTIONS else "integer"
    return Column(
        name=row["column"],
        order=int(row["ord"]),
        kind=kind,
        format=form,
        max_length=int(row["max_length"]) if row["max_length"].isdigit() else None,
        required=row["required"],  # type: ignore[arg-type]
        label=row["meaning_vi_short"],
        code_list=row["code_list"],
        note=row["note"],
        many="list ;" in form and not (row["table"] == "XML9" and row["column"] == "CAN_NANG_CON"),
        decimals=int(decimals[1]) if decimals else None,
    )


#: Numbers without a format in tables.csv that carry decimals in files: weight, shares (MUC_HUONG 47.5 from 07/2026).
_FRACTIONS = frozenset({"CAN_NANG", "MUC_HUONG", "TYLE_TT", "TYLE_TT_BH", "TYLE_TT_DV"})


@cache
def tables(standard: Standard) -> dict[str, Table]:
    """All tables of a standard by name, in the order XML0, XML1 … XML15."""
    found: dict[str, Table] = {}
    for row in _rows("tables.csv"):
        if row["standard"] != standard:
            continue
        if row["table"] not in found:
            root, _, list_element = row["root_element"].partition("/")
            found[row["table"]] = Table(
                standard, row["table"], row["table_name_vi"], root, list_element, row["row_element"], {}
            )
        column = _column(row)
        found[row["table"]].columns[column.name] = column
    for name, table in found.items():
        required = tuple(column for column in table.columns.values() if column.required == "yes")
        typed = {column.name: column.kind for column in table.columns.values() if not column.many}
        found[name] = Table(
            table.standard, name, table.label, table.root, table.list_element, table.row, table.columns, required,
            {column: kind for column, kind in typed.items() if kind != "text"},
        )  # fmt: skip
    return found


def table(standard: Standard, name: str) -> Table | None:
    """None when the standard has no such table (XML6 in 4210, XML16 anywhere)."""
    return tables(standard).get(name)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the document of a table may look, over all standards. The row element is the same in all of them."""

    row: str
    wrappers: frozenset[str]  # elements that may stand around the rows


@cache
def shapes() -> dict[str, Shape]:
    """By table name. 4210 has the list element as root, the 130 family an outer root around it."""
    found: dict[str, Shape] = {}
    for standard in Standard:
        for name, known in tables(standard).items():
            around = {known.root, known.list_element} - {"", known.row}
            before = found[name].wrappers if name in found else frozenset()
            found[name] = Shape(known.row, before | around)
    return found


# -------------------------------------------------------------------------------------------------------- code lists
Trust = Literal["closed", "recalled", "open"]


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list. `valid_from`: the first day on which it may be used, None: always."""

    code: str
    label: str
    valid_from: dt.date | None


@dataclass(frozen=True, slots=True)
class CodeList:
    """Values of one list for one standard. trust "closed": the list is complete, another code is an error;
    "recalled": probably complete, another code is a warning; "open": only some values are here, nothing is checked."""

    name: str
    trust: Trust
    codes: dict[str, Code]


#: Here these are a few values of a longer official list, or of values that may be computed (README of data).
_OPEN = frozenset({"MUC_HUONG", "MA_QUOCTICH", "MA_NGHE_NGHIEP", "DUONG_DUNG"})
_FROM = re.compile(r"^QĐ \d+, from (\d\d)/(\d\d)/(\d{4})$")
#: MA_DOITUONG_KCB changed its meaning by Decision 3276/2025 for data from this day on.
ROUTES_CHANGED = dt.date(2025, 7, 1)


@cache
def _all_codes() -> dict[tuple[str, str], CodeList]:
    found: dict[tuple[str, str], CodeList] = {}
    for row in _rows("codelists.csv"):
        name = row["code_list"]
        first = _FROM.match(row["note"])
        valid_from = dt.date(int(first[3]), int(first[2]), int(first[1])) if first else None
        trust: Trust = "open" if name in _OPEN else "recalled" if "recalled" in row["source"] else "closed"
        if name == "MA_DOITUONG_KCB" and row["standard"] == Standard.QD4750:
            trust = "recalled"  # its note says that codes 3.4, 3.7, 7.2 … are missing
        for standard in Standard if row["standard"] == "all" else row["standard"].split("; "):
            known = found.setdefault((str(standard), name), CodeList(name, trust, {}))
            known.codes[row["code"]] = Code(row["code"], row["meaning_vi"], valid_from)
    return found


@cache
def code_list(name: str, standard: Standard, *, old_routes: bool = False) -> CodeList | None:
    """The list as a standard uses it; None when it is not among ours. `old_routes`: MA_DOITUONG_KCB of a 3176 file
    about a visit before `ROUTES_CHANGED`."""
    if name == "MA_DOITUONG_KCB" and standard is Standard.QD3176 and old_routes:
        standard = Standard.QD4750
    return _all_codes().get((str(standard), name))


def code_label(name: str, code: str, standard: Standard, on: dt.date | None = None) -> str:
    """What a code means at the day of discharge, "" when it is not known."""
    known = code_list(name, standard, old_routes=on is not None and on < ROUTES_CHANGED)
    return known.codes[code].label if known and code in known.codes else ""


def word_on(name: str, code: str, on: dt.date) -> str:
    """`code_label` where the standard of the file is not known: by the day of the visit, and by the length of the code
    for lists that 4210 has shorter."""
    if name == "MA_LYDO_VVIEN" or (name == "MA_LOAI_KCB" and len(code) == 1):
        return code_label(name, code, Standard.QD4210)
    return code_label(name, code, Standard.QD3176, on)


# -------------------------------------------------------------------------------------------------------------- rules
Level = Literal["reject", "error", "warning"]


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One line of rules.csv."""

    rule_id: str
    standards: frozenset[Standard]
    table: str
    columns: tuple[str, ...]
    broken_when: str
    level: Level
    origin: str
    note: str


@cache
def rules() -> dict[str, RuleInfo]:
    """All checks by id, in the order of the file."""
    found = {}
    for row in _rows("rules.csv"):
        standards = Standard if row["standard"] == "all" else [Standard(part) for part in row["standard"].split("; ")]
        found[row["rule_id"]] = RuleInfo(
            row["rule_id"],
            frozenset(standards),
            row["table"],
            tuple(row["columns"].split()),
            row["broken_when"],
            row["severity"],  # type: ignore[arg-type]
            row["origin"],
            row["note"],
        )
    return found


# ------------------------------------------------------------------------------------------------------------ mapping
@dataclass(frozen=True, slots=True)
class Mapping:
    """Which part of the record a column feeds. `priority`: must, should, may."""

    standards: frozenset[Standard]
    table: str
    column: str
    area: str
    concept: str
    priority: str
    rule: str


@cache
def mappings() -> tuple[Mapping, ...]:
    """ehr_mapping.csv, in its order."""
    return tuple(
        Mapping(
            frozenset(Standard if row["standard"] == "all" else map(Standard, row["standard"].split("; "))),
            row["source_table"],
            row["source_column"],
            row["record_area"],
            row["record_concept"],
            row["priority"],
            row["rule"],
        )
        for row in _rows("ehr_mapping.csv")
    )
