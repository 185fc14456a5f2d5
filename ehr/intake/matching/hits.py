"""Finding the people that rows may be: a fixed number of statements, whatever the number of rows and people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from ehr.common.copying import NULL, copy_lines, escaped
from ehr.common.work_memory import more_memory
from ehr.intake.matching.staged import Span, StagedRow, exact_name
from ehr.records.models import Person
from stations.models import AdminUnit, User

MANY = 5_000  # rows
TABLES = ("intake_name", "intake_number", "intake_hit", "intake_sure", "intake_open", "intake_found")
STAGE = """
    CREATE TEMP TABLE intake_name (position int, key text, year int, birth date, first date, last date, village text,
        household text, commune bigint) ON COMMIT DROP;
    CREATE TEMP TABLE intake_number (position int, value text, card bool) ON COMMIT DROP"""

# People in use; who was merged stands for the record that was kept.
BY_NUMBER = """
    CREATE TEMP TABLE intake_hit ON COMMIT DROP AS
    SELECT DISTINCT n.position, coalesce(p.merged_into_id, p.id) AS person,
           CASE WHEN n.card THEN 'card' WHEN i.valid_to IS NULL AND i.kind <> 'SDDCN_CANCELLED' THEN 'number'
                ELSE 'former' END AS via
    FROM intake_number n
    JOIN records_identifier i ON i.value = n.value
    JOIN records_person p ON p.id = i.person_id
    WHERE p.status <> 'error'
      AND CASE WHEN n.card THEN i.kind IN ('BHYT_CARD', 'BHXH_NO')
               ELSE i.kind IN ('SDDCN', 'SDDCN_CANCELLED', 'CMND9', 'FOREIGN_ID', 'PASSPORT', 'ID_CERTIFICATE') END"""

# Only what can be the same birth, or stands in the same household: a name alone says nothing.
BY_NAME = """
    INSERT INTO intake_found
    SELECT n.position, p.id, 'name'
    FROM intake_open n
    JOIN records_person p
      ON replace(p.plain_name, 'y', 'i') = n.key AND extract(year FROM p.birth_date)::int = n.year
    WHERE n.commune IS NULL AND p.commune_id = ANY(%(communes)s) AND p.status IN ('active', 'moved', 'dead')
      AND (%(among)s::bigint[] IS NULL OR p.id = ANY(%(among)s))
      AND (n.birth IS NULL OR p.birth_precision <> 'day' OR p.birth_date = n.birth
           OR n.household <> '' AND EXISTS (
               SELECT 1 FROM records_membership m JOIN records_household h ON h.id = m.household_id
               WHERE m.person_id = p.id AND m.valid_to IS NULL AND h.code = n.household))"""

# Rows that name their commune are found by the birth date first, which needs no look at the other people of a province.
# A person's date is the first day of what is known: 12/03/1980, 03/1980 and 1980 may be the same birth.
BY_BIRTH = """
    WITH found AS MATERIALIZED (
        SELECT n.position, n.birth, p.id
        FROM intake_open n
        JOIN records_person p ON p.birth_date = ANY(ARRAY[n.birth, date_trunc('month', n.birth)::date,
                                                         date_trunc('year', n.birth)::date])
        WHERE n.birth IS NOT NULL AND p.commune_id = n.commune AND replace(p.plain_name, 'y', 'i') = n.key
        UNION ALL
        SELECT n.position, n.birth, p.id
        FROM intake_open n
        JOIN records_person p ON p.commune_id = n.commune AND replace(p.plain_name, 'y', 'i') = n.key
        WHERE n.birth IS NULL AND n.first IS NOT NULL
          AND (p.birth_date BETWEEN n.first AND n.last OR p.birth_date = date_trunc('year', n.first)::date)
    )
    INSERT INTO intake_found
    SELECT f.position, f.id, 'name'
    FROM found f
    JOIN records_person p ON p.id = f.id
    WHERE p.status IN ('active', 'moved', 'dead')
      AND (f.birth IS NULL OR p.birth_precision <> 'day' OR p.birth_date = f.birth)
      AND (%(among)s::bigint[] IS NULL OR p.id = ANY(%(among)s))"""

# A birth that one side does not know: the household must speak for it. Rows without a birth are few, and so are people:
# each of the two is looked up from its own side.
BY_HOUSEHOLD = """
    INSERT INTO intake_found
    SELECT n.position, p.id, 'name'
    FROM intake_open n
    JOIN records_household h ON h.code = n.household AND h.commune_id = ANY(%(communes)s)
    JOIN records_membership m ON m.household_id = h.id AND m.valid_to IS NULL
    JOIN records_person p ON p.id = m.person_id AND replace(p.plain_name, 'y', 'i') = n.key
    WHERE n.household <> '' AND p.status IN ('active', 'moved', 'dead') AND n.year IS NULL
      AND (%(among)s::bigint[] IS NULL OR p.id = ANY(%(among)s))
    UNION ALL
    SELECT n.position, p.id, 'name'
    FROM records_person p
    JOIN records_membership m ON m.person_id = p.id AND m.valid_to IS NULL
    JOIN records_household h ON h.id = m.household_id AND h.commune_id = ANY(%(communes)s)
    JOIN intake_open n ON n.household = h.code AND n.key = replace(p.plain_name, 'y', 'i')
    WHERE p.birth_date IS NULL AND p.status IN ('active', 'moved', 'dead') AND n.household <> '' AND n.year IS NOT NULL
      AND (%(among)s::bigint[] IS NULL OR p.id = ANY(%(among)s))"""

#: Rows whose numbers mean one person, who agrees in the number, the name and the birth date: no name can say otherwise.
#: Only for the user's own people (`_theirs`); the others are looked at one by one.
#: IS NOT DISTINCT FROM: nobody can tell how many rows pass the HAVING, and the person is to be looked up by the key,
#: not among all who were born that day.
SURE = """
    CREATE TEMP TABLE intake_sure ON COMMIT DROP AS
    SELECT x.position, x.person
    FROM (SELECT position, min(person) AS person FROM intake_hit
          GROUP BY position HAVING min(person) = max(person) AND bool_or(via = 'number')) x
    JOIN intake_name n ON n.position = x.position
    JOIN records_person p ON p.id = x.person AND replace(p.plain_name, 'y', 'i') = n.key
         AND p.birth_precision = 'day' AND p.birth_date IS NOT DISTINCT FROM n.birth
    WHERE n.birth IS NOT NULL"""
#: The names and hits of the other rows. Most rows of a list are sure: the few are copied faster than the many deleted.
OPEN = """
    CREATE TEMP TABLE intake_open ON COMMIT DROP AS
    SELECT n.* FROM intake_name n WHERE NOT EXISTS (SELECT 1 FROM intake_sure s WHERE s.position = n.position);
    CREATE TEMP TABLE intake_found ON COMMIT DROP AS
    SELECT h.* FROM intake_hit h WHERE NOT EXISTS (SELECT 1 FROM intake_sure s WHERE s.position = h.position);
    ANALYZE intake_open"""
ALL_OPEN = "ALTER TABLE intake_name RENAME TO intake_open; ALTER TABLE intake_hit RENAME TO intake_found"

HITS = """
    SELECT x.position, x.person, bool_or(x.via = 'number'),
           bool_or(x.via = 'former'), bool_or(x.via = 'card'), p.plain_name, p.sort_name,
           p.birth_date, p.birth_precision, p.sex, coalesce(v.code, ''), coalesce(h.code, ''), coalesce(hv.code, ''),
           p.commune_id = ANY(%s), (SELECT i.value FROM records_identifier i WHERE i.person_id = p.id
                                    AND i.kind IN ('SDDCN', 'FOREIGN_ID') AND i.valid_to IS NULL LIMIT 1),
           p.full_name
    FROM intake_found x
    JOIN records_person p ON p.id = x.person
    LEFT JOIN stations_village v ON v.id = p.village_id
    LEFT JOIN records_membership m ON m.person_id = p.id AND m.valid_to IS NULL
    LEFT JOIN records_household h ON h.id = m.household_id
    LEFT JOIN stations_village hv ON hv.id = h.village_id
    GROUP BY x.position, x.person, p.id, v.code, h.code, hv.code
    ORDER BY x.position, x.person"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One person that a row may be, and how it was found. `visible`: the user may see this person."""

    position: int
    person: int
    number: bool  # by a current number
    former: bool  # by a number that ended
    card: bool
    key: str
    exact: str
    bare: bool
    birth: Span | None
    sex: str
    village: str
    household: str
    household_village: str
    here: bool  # lives in the commune of the batch
    national: str  # the current 12-digit number
    visible: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`sure`: position → the person that a row is beyond doubt; `hits`: all that the other rows may be, in the order of
    rows."""

    sure: dict[int, int]
    hits: list[Hit]


@transaction.atomic
def find(
    rows: Sequence[StagedRow],
    *,
    communes: Iterable[AdminUnit],
    by: User | None,
    without: Iterable[int] = (),
    among: Collection[int] | None = None,
) -> Found:
    """All people that rows may be. Names are looked up among the people of `communes` (a province stands for all of its
    communes), numbers everywhere. `without`: people that are left out of the names; `among`: the only people that names
    find, None for everybody.

    A fixed number of statements, and two COPY."""
    places = communes_of(communes)
    named = {"communes": places, "among": None if among is None else list(among)}
    with connection.cursor() as cursor:
        if len(rows) > MANY:
            more_memory(cursor)
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table}' for table in TABLES)}")
        cursor.execute(STAGE)
        _copy(rows)
        cursor.execute("ANALYZE intake_name; ANALYZE intake_number")
        cursor.execute(BY_NUMBER)
        theirs, parameters = _theirs(by)
        cursor.execute(SURE + theirs, parameters)
        cursor.execute("SELECT position, person FROM intake_sure")
        sure = dict(cursor.fetchall())
        cursor.execute(OPEN if sure else ALL_OPEN)
        if any(row.commune is None for row in rows):
            cursor.execute(BY_NAME, named)
            cursor.execute(BY_HOUSEHOLD, named)
        if any(row.commune is not None for row in rows):
            cursor.execute(BY_BIRTH, named)
        if left_out := list(without):
            cursor.execute("DELETE FROM intake_found WHERE via = 'name' AND person = ANY(%s)", [left_out])
        cursor.execute("ANALYZE intake_found")
        cursor.execute(HITS, [places])
        found = cursor.fetchall()
    visible = _visible({row[1] for row in found}, by)
    return Found(sure, [_hit(row, visible) for row in found])


def communes_of(units: Iterable[AdminUnit]) -> list[int]:
    """Keys of communes; a province stands for all of its own."""
    keys: set[int] = set()
    for unit in units:
        if unit.level == AdminUnit.Level.PROVINCE:
            keys |= set(AdminUnit.objects.filter(parent=unit).values_list("pk", flat=True))
        else:
            keys.add(unit.pk)
    return sorted(keys)


def _copy(rows: Sequence[StagedRow]) -> None:
    """Hot: lines are put together by hand, and only what somebody wrote is held against the rules of COPY."""
    names, numbers = [], []
    for row in rows:
        if row.key:  # letters, digits and spaces
            commune = NULL if row.commune is None else row.commune
            place = f"{_written(row.village)}\t{_written(row.household)}\t{commune}"
            names.append(f"{row.position}\t{row.key}\t{_days(row.birth)}\t{place}")
        if row.number:
            numbers.append(f"{row.position}\t{_written(row.number)}\tf")
        numbers += [f"{row.position}\t{_written(card)}\tt" for card in row.cards]
    columns = ("position", "key", "year", "birth", "first", "last", "village", "household", "commune")
    copy_lines("intake_name", columns, names)
    copy_lines("intake_number", ("position", "value", "card"), numbers)


def _written(text: str) -> str:
    return text if text.isalnum() else escaped(text)


def _days(span: Span | None) -> str:
    """The columns year, birth, first, last."""
    if span is None:
        return f"{NULL}\t{NULL}\t{NULL}\t{NULL}"
    first = span.first.isoformat()
    if span.first == span.last:
        return f"{span.first.year}\t{first}\t{first}\t{first}"
    return f"{span.first.year}\t{NULL}\t{first}\t{span.last.isoformat()}"


def _theirs(by: User | None) -> tuple[str, tuple[Any, ...]]:
    """(the condition for `SURE` that the user may see the person, its parameters)"""
    if by is None:
        return "", ()
    try:
        sql, parameters = Person.objects.visible_to(by).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return " AND false", ()
    return f" AND p.id IN ({sql})", parameters


def _visible(people: set[int], by: User | None) -> set[int]:
    """Those of `people`, who stand in `intake_found`, whom the user may see."""
    if by is None or not people:
        return people
    found = RawSQL("SELECT person FROM intake_found", [])
    return set(Person.objects.visible_to(by).filter(pk__in=found).order_by().values_list("pk", flat=True))


def _hit(row: tuple, visible: set[int]) -> Hit:
    return Hit(
        position=row[0], person=row[1], number=row[2], former=row[3], card=row[4], key=row[5].replace("y", "i"),
        exact=exact_name(row[6]), bare=row[15].isascii(), birth=Span.of(row[7], row[8]),
        sex="" if row[9] == "3" else row[9], village=row[10], household=row[11], household_village=row[12],
        here=row[13], national=row[14] or "", visible=row[1] in visible,
    )  # fmt: skip
