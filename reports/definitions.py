"""What a column means: dated data in reports/data/*.csv, one file per group of indicators, shown under the tables.

Columns: code (COV-01), variant (empty, or a word that the report chooses by), name, text (the sentence under the
table), source, valid_from, valid_to (first day it no longer holds; empty: open). A new text from a certain day on is a
new line: old periods keep theirs (REQ-RPT-11)."""

import csv
import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Definition:
    """One indicator from `valid_from` on."""

    code: str
    variant: str
    name: str
    text: str
    source: str
    valid_from: dt.date
    valid_to: dt.date | None


@functools.cache
def all_definitions() -> tuple[Definition, ...]:
    """All lines of all files, in the order of the files' names. Raises ValueError for a line that cannot be read."""
    return tuple(row for path in sorted(FOLDER.glob("indicators*.csv")) for row in _read(path))


def _read(path: Path) -> Iterable[Definition]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            ends = row.pop("valid_to")
            yield Definition(
                **{name: row[name] for name in ("code", "variant", "name", "text", "source")},
                valid_from=dt.date.fromisoformat(row["valid_from"]),
                valid_to=dt.date.fromisoformat(ends) if ends else None,
            )


def definitions_on(day: dt.date, codes: Sequence[str], variant: str = "") -> tuple[Definition, ...]:
    """Definitions of `codes` valid on `day` (before the first one: the first one), in the order of `codes`.

    Of an indicator with variants the one asked for. Raises LookupError for a code without any definition."""
    found = []
    for code in codes:
        rows = [row for row in all_definitions() if row.code == code and row.variant in ("", variant)]
        if not rows:
            raise LookupError(f"no definition of {code}")
        valid = [row for row in rows if row.valid_from <= day < (row.valid_to or dt.date.max)]
        found.append(max(valid, key=lambda row: row.valid_from) if valid else min(rows, key=lambda row: row.valid_from))
    return tuple(found)


def version_of(definitions: Iterable[Definition]) -> str:
    """Names the set of definitions: the day the latest of them came into force, and their variant if any."""
    rows = tuple(definitions)
    variants = "".join(sorted({f"+{row.variant}" for row in rows if row.variant}))
    return f"{max(row.valid_from for row in rows):%Y-%m-%d}{variants}" if rows else "1"
