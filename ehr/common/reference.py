"""Reference lists as files of the project, loaded set-based: COPY to a temporary table, one INSERT … ON CONFLICT.

No models and no tables of its own: an app gives the model, the rows and the key; the command `load_reference` walks the
lists of all apps.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, models
from django.utils.dateparse import parse_date


class FixtureError(Exception):
    """A file does not hold what it must; the message is one Vietnamese sentence. Nothing of the list is written."""


@dataclass(frozen=True)
class Loaded:
    """What one load did: rows read, rows inserted, rows changed, and sentences worth telling (counts of levels…)."""

    rows: int
    inserted: int
    updated: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReferenceList:
    """A list that the project brings along: its files, and the function that checks and loads them."""

    name: str
    title: str
    source: str
    files: tuple[Path, ...]
    load: Callable[[], Loaded]

    def sha256(self) -> str:
        """Hash over the content of all files; 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for path in self.files:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a fixture: UTF-8, comma, header line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str) -> Any:
    """A date of a fixture (2025-07-01) or None."""
    return parse_date(text) if text else None


def check_count(what: str, found: int, expected: int) -> str:
    """ "63 tỉnh"; raises FixtureError when the file holds another number."""
    if found != expected:
        raise FixtureError(f"Sai số lượng {what}: tệp có {_number(found)}, phải là {_number(expected)}; chưa nạp gì.")
    return f"{_number(found)} {what}"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def upsert(
    model: type[models.Model], columns: Sequence[str], key: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[int, int]:
    """Writes `rows` (values of the database `columns`, in this order) and returns (inserted, updated).

    `key`: columns of a unique constraint without condition. A row equal to the stored one is not touched. Must run in
    a transaction. Two rows with one key raise an error of the database."""
    table = model._meta.db_table
    names = _quoted(columns)
    others = [name for name in columns if name not in key]
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    differs = f"({_quoted(others, 't.')}) IS DISTINCT FROM ({_quoted(others, 'excluded.')})"
    with connection.cursor() as cursor:
        # Names of tables and columns come from our models, values go by COPY.
        cursor.execute(f'CREATE TEMP TABLE reference_rows ON COMMIT DROP AS SELECT {names} FROM "{table}" LIMIT 0')  # noqa: S608
        with cursor.copy(f"COPY reference_rows ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            f'WITH written AS (INSERT INTO "{table}" AS t ({names}) SELECT {names} FROM reference_rows '  # noqa: S608
            f"ON CONFLICT ({_quoted(key)}) DO UPDATE SET {changes} WHERE {differs} RETURNING (xmax = 0) AS is_new) "
            "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written"
        )
        inserted, updated = cursor.fetchone()
        cursor.execute("DROP TABLE reference_rows")
    return inserted, updated


def _quoted(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)
