"""Programmes of invented people: pregnancies and births, disease books with their visits, checks, family planning,
reactions. A few statements over what was loaded, in one transaction; what an earlier load made stays as it is.

Chance is a hash of the seed and of what is said of a person or visit, never of a key: the same load gives the same
rows. The statements stand in fixtures/programmes.sql."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from ehr.config.demo.picks import FIXTURES

TABLES = (
    "programmes_ncdregistration", "programmes_ncdvisit", "programmes_healthcheck", "programmes_pregnancy",
    "programmes_contraception", "programmes_abortion", "programmes_adverseevent", "records_delivery",
    "records_encounter",
)  # fmt: skip
_STATEMENT = re.compile(r"^-- (?P<name>[a-z]+): (?P<hashed>.*)\n(?P<body>[^;]*);", re.MULTILINE)


def fill(communes: Iterable[int], *, as_of: dt.date, seed: str, history: bool = False) -> dict[str, int]:
    """Programmes of the people of these communes; rows by table. `history` False: the history triggers are told to
    look away, as in the load itself. One transaction; running it again adds nothing."""
    given = {"communes": list(communes), "as_of": as_of, "seed": seed}
    made: dict[str, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        if not history:
            cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [_triggers(cursor)])
        names, values = _visit_columns(cursor)
        for found in _STATEMENT.finditer((FIXTURES / "programmes.sql").read_text(encoding="utf-8")):
            chance = f"(hashtext(%(seed)s || '{found['name']}' || {found['hashed']}) & 1023)"
            statement = found["body"].format(chance=chance, columns=names, values=values)
            cursor.execute(statement, given)
            table = statement.rpartition("INSERT INTO ")[2].split(" ", 1)[0]
            made[table] = made.get(table, 0) + cursor.rowcount
        cursor.execute("SELECT set_config('pgtrigger.ignore', NULL, true)")
    return made


def _triggers(cursor: Any) -> str:
    """Names of the history triggers of the tables written here, as an array literal."""
    cursor.execute(
        "SELECT coalesce(array_agg(tgname::text), '{}')::text FROM pg_trigger "
        "WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal",
        [list(TABLES)],
    )
    return str(cursor.fetchone()[0])


def _visit_columns(cursor: Any) -> tuple[str, str]:
    """Further columns of a visit that must not be NULL, and an empty text (or 1) for each."""
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'records_encounter' "
        "AND table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' "
        "AND is_generated = 'NEVER' AND column_name <> ALL(%s) ORDER BY ordinal_position",
        [["person_id", "exam_date", "kind", "status", "visit_reason", "created_at", "updated_at"]],
    )
    columns = {name: "''" if kind in ("character varying", "text") else "1" for name, kind in cursor.fetchall()}
    if "source" in columns:
        columns["source"] = "'station'"
    return "".join(f"{name}, " for name in columns), "".join(f"{value}, " for value in columns.values())
