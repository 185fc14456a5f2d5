"""What reading gives: the envelope, and one `Claim` (HOSO) after the other, with its tables and rows."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from ehr.claims.findings import Finding
from ehr.claims.spec import Column, Standard, Table, table
from ehr.claims.values import (
    Notice,
    Value,
    When,
    canonical,
    clean,
    clean_all,
    list_positions,
    read_date,
    read_moment,
    read_number,
    read_when,
    split_list,
)

#: claims: GIAMDINHHS; checkin: XML0 with its own root; appraisal: XML12 with its own root.
FileKind = Literal["claims", "checkin", "appraisal"]


@dataclass(slots=True)
class Envelope:
    """Facts of the file around its HOSO. `facility`, `made_on`, `declared`: MACSKCB, NGAYLAP and SOLUONGHOSO as
    written, "" when missing. `count`: HOSO found; `size`: bytes; `unknown_tags`: elements outside the HOSO that the
    standard does not have. `prefix` of the root element with its ":"; `codec` for bytes that are not UTF-8; `offsets`:
    where the first HOSO of each chunk begins, empty when nobody asked or reading cannot begin there (UTF-16)."""

    kind: FileKind
    root: str
    facility: str = ""
    made_on: str = ""
    declared: str = ""
    count: int = 0
    signed: bool = False
    encoding: str = "utf-8"
    size: int = 0
    unknown_tags: tuple[str, ...] = ()
    namespaces: str = ""  # declarations of prefixes on the root, which its parts may rely on
    prefix: str = ""
    codec: str = "utf-8"
    offsets: tuple[int, ...] = ()


class Row:
    """One row: `raw` holds every tag found, verbatim; a missing tag and an empty one both mean "no value".

    `table` is the spec of its columns, None when the standard has no such table. Rows are equal when their values are,
    however the file wrote them.
    """

    __slots__ = ("filled", "line", "nested", "raw", "repeated", "table", "values")

    #: Columns with a value, as clean text, in the order of the file; made when first asked for. `raw` does not change
    #: once this was asked.
    values: dict[str, str]
    #: Their names, by which the steps know rows that are alike; made when first asked for.
    filled: tuple[str, ...]

    def __init__(
        self,
        table: Table | None,
        line: int,
        raw: dict[str, str],
        *,
        repeated: tuple[str, ...] = (),
        nested: tuple[str, ...] = (),
    ) -> None:
        self.table = table
        self.line = line
        self.raw = raw
        self.repeated = repeated  # columns that stood more than once: the first filled value counts
        self.nested = nested  # columns that held elements: their text was taken together

    def __getattr__(self, name: str) -> Any:
        """Asked for `values` and `filled` as long as these slots are empty: so the many that come later pay nothing for
        the first."""
        if name == "values":
            self.values = clean_all(self.raw)
            self.filled = tuple(self.values)
            return self.values
        if name == "filled":
            self.filled = tuple(self.values)
            return self.filled
        raise AttributeError(name)

    def __deepcopy__(self, memo: object) -> Row:
        return Row(self.table, self.line, dict(self.raw), repeated=self.repeated, nested=self.nested)

    def __repr__(self) -> str:
        return f"Row({self.table.name if self.table else '?'}, {self.line}, {len(self.raw)} columns)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.canonical() == other.canonical()

    __hash__ = None  # type: ignore[assignment]

    def column(self, name: str) -> Column | None:
        return self.table.columns.get(name) if self.table else None

    def text(self, name: str) -> str:
        """NFC, without blanks at the ends, "" for no value."""
        return self.values.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.values

    def number(self, name: str) -> Decimal | None:
        text = self.values.get(name)
        return read_number(text)[0] if text else None

    def when(self, name: str) -> When | None:
        text = self.values.get(name)
        return read_when(text, True)[0] if text else None

    def moment(self, name: str) -> dt.datetime | None:
        """The minute, or midnight of a date; None without a readable full date."""
        text = self.values.get(name)
        return read_moment(text) if text else None

    def date(self, name: str) -> dt.date | None:
        """First day of the known period."""
        text = self.values.get(name)
        return read_date(text) if text else None

    def items(self, name: str) -> list[str]:
        """Values of a ";" list."""
        return split_list(self.text(name))

    def positions(self, name: str) -> list[str]:
        """Values of a ";" list that belong to those of another column by position."""
        return list_positions(self.text(name))

    def typed(self, name: str) -> tuple[Value, Notice]:
        """The value by the kind of its column, and what was tolerated in reading it. Lists stay text."""
        column = self.column(name)
        if column is None or column.many or column.kind == "text":
            return self.text(name) or None, ""
        if column.kind in ("decimal", "integer"):
            return read_number(self.raw.get(name, ""))
        return read_when(self.raw.get(name, ""), column.kind == "minute")

    def canonical(self) -> dict[str, str]:
        """Columns with a value as the standard writes them (57,45 → 57.45; seconds dropped), by name."""
        typed = self.table.typed if self.table else {}
        return {name: canonical(value, typed[name]) if name in typed else value for name, value in self.values.items()}

    def unknown(self) -> list[str]:
        """Tags that the standard does not have in this table."""
        return [name for name in self.raw if name not in self.table.columns] if self.table else []


@dataclass(slots=True)
class Claim:
    """One HOSO: an encounter (or one check-in, one appraisal). `index`: position in the file, from 1.

    `set_aside`: why it could not be read or must be held; its tables may then be incomplete. `findings`: what reading
    noticed (rules CLM-ENV-…). `slots`: every LOAIHOSO as written, in order, empty ones too. `unread`: content of slots
    that no standard knows (XML16 …), as text.
    """

    index: int
    standard: Standard
    tables: dict[str, list[Row]] = field(default_factory=dict)
    slots: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    set_aside: Finding | None = None

    def rows(self, name: str) -> list[Row]:
        return self.tables.get(name, [])

    @property
    def main(self) -> Row | None:
        """XML1; for a check-in or an appraisal its only row; None when the file has neither."""
        for name in ("XML1", "XML0", "XML12"):
            if self.tables.get(name):
                return self.tables[name][0]
        return None

    @property
    def ma_lk(self) -> str:
        """Key of the encounter within its facility, "" for an appraisal."""
        main = self.main
        if main is not None and main.has("MA_LK"):
            return main.text("MA_LK")
        return next((row.text("MA_LK") for row in self.all_rows() if row.has("MA_LK")), "")

    @property
    def facility(self) -> str:
        """MA_CSKCB of the encounter as the tables say; "" when none does."""
        return next((row.text("MA_CSKCB") for row in self.all_rows() if row.has("MA_CSKCB")), "")

    def all_rows(self) -> Iterator[Row]:
        for rows in self.tables.values():
            yield from rows

    def digest(self) -> str:
        """SHA-256 over the values, not over how they were written: column order, blanks, BOM, base64, Unicode form,
        decimal commas and empty tags do not change it. The order of rows does."""
        hashed = hashlib.sha256(self.standard.encode())
        for name in sorted(self.tables):
            for row in self.tables[name]:
                hashed.update(f"\x1d{name}".encode())
                for column, value in sorted(row.canonical().items()):
                    hashed.update(f"\x1e{column}\x1f{value}".encode())
        for name in sorted(self.unread):
            hashed.update(f"\x1c{name}\x1f{clean(self.unread[name])}".encode())
        return hashed.hexdigest()


def rebind(rows: list[Row], standard: Standard, name: str) -> None:
    """Gives rows the columns of the standard once it is known."""
    known = table(standard, name)
    for row in rows:
        row.table = known
