"""The comparison itself: set-based SQL over the rows of the batch and the people of the commune.

Most rows of a list say what the register holds. One statement over stored tables only, which the database may spread
over its processes, finds those that may not (`register_looked`); all that follows looks at these.

Every row has an answer: a line here when it differs, else its fate "unchanged". People who are in the register and not
in the list get a line of their own, in the villages that the list holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.timezone import localdate

from ehr.common.text import sort_key
from ehr.common.work_memory import more_memory
from ehr.intake.models import Fate, ImportBatch, ImportRow
from ehr.intake.register import mothers
from ehr.intake.register.fields import FIELDS, LOOSE, MATCHED, NOT_COMPARED, before_sql, differs_sql
from ehr.intake.register.models import Group, RegisterComparison, RegisterLine
from ehr.intake.register.remarks import NO_REMARK, read_remark

INFANT_DAYS = 731  # a child of under two years that nobody knows was born here, unless the list says that it came
LISTED_SHARE = 0.5  # a village is in the list when it has rows for at least this share of the people we know there
SAMPLE = 1_000  # rows
TABLES = (
    "register_remarks", "register_looked", "register_rows", MATCHED, "register_sides", "register_diff",
    "register_absent",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Villages whose absent people are shown. `places`: {village key or "": (rows in the list, people we know)}."""

    villages: list[int]
    whole: bool
    places: dict[str, tuple[int, int]]


def build(batch: ImportBatch, *, villages: Iterable[int] | None = None) -> RegisterComparison:
    """Stores the difference, inside the caller's transaction. `villages`: what the officer chose, None for what the
    list itself shows. A former comparison of the batch is replaced."""
    RegisterLine.objects.filter(batch=batch).delete()
    with connection.cursor() as cursor:
        more_memory(cursor)
        _read_rows(cursor, batch)
        scope = _scope(cursor, batch, villages)
        _store(cursor, batch, scope)
    _forget_tone_places(batch)
    mothers.find(batch)
    comparison, _ = RegisterComparison.objects.update_or_create(
        batch=batch,
        defaults={
            "villages": scope.villages, "whole": scope.whole, "places": scope.places,
            "unchanged": batch.rows.filter(fate=Fate.UNCHANGED).count(),
        },
    )  # fmt: skip
    return comparison


def build_again(batch: ImportBatch, comparison: RegisterComparison, *, row: ImportRow, people: Iterable[int]) -> None:
    """The line of one row anew, after somebody decided who it is; of `people`, who could have been it, those that no
    other row means are missing now."""
    RegisterLine.objects.filter(batch=batch, row=row).delete()
    scope = Scope(comparison.villages, comparison.whole, comparison.places)
    with connection.cursor() as cursor:
        _read_rows(cursor, batch, row=row.pk)
        _store(cursor, batch, scope, people=sorted(people), row=row.pk)
    _forget_tone_places(batch, row=row.pk)
    mothers.find(batch, row=row.pk)


def _store(
    cursor: Any, batch: ImportBatch, scope: Scope, *, people: list[int] | None = None, row: int | None = None
) -> None:
    _diff(cursor, batch)
    _store_matched(cursor, batch)
    _store_unmatched(cursor, batch)
    _store_missing(cursor, batch, scope, people)
    _set_fates(cursor, batch, row)
    cursor.execute("DROP TABLE " + ", ".join(TABLES))


# ------------------------------------------------------------------------------------------------------------- the rows
def _read_rows(cursor: Any, batch: ImportBatch, *, row: int | None = None) -> None:
    """`register_rows`: the rows (or one) that may give a line, with what the list says of them; `register_matched`: the
    people they are."""
    cursor.execute("CREATE TEMP TABLE register_remarks (row_id bigint, mark text, day date, place text) ON COMMIT DROP")
    words = batch.rows.filter(values__has_any_keys=["note", "status", "death_date", "moved_out_on"])
    if row:
        words = words.filter(pk=row)
    read = ((key, read_remark(values)) for key, values in words.values_list("pk", "values").iterator(chunk_size=5000))
    remarks = [(key, remark.mark, remark.day, remark.place) for key, remark in read if remark != NO_REMARK]
    with cursor.copy("COPY register_remarks FROM STDIN") as copy:  # after reading: both need the connection
        for remark in remarks:
            copy.write_row(remark)
    cursor.execute(_SAME_BUT_NUMBER, {"batch": batch.pk, "row": row})
    _look(cursor, batch, row)
    cursor.execute(
        """
        CREATE TEMP TABLE register_rows ON COMMIT DROP AS
        SELECT r.id, r.position, r.person_id, r.fate, r.label, r.values AS v,
               jsonb_array_length(r.candidates) > 0 AND r.person_id IS NULL AND r.decision <> 'new' AS unsure,
               r.decision, v.id AS village_id,
               coalesce(m.mark, '') AS mark, m.day, coalesce(m.place, '') AS place,
               CASE WHEN r.person_id IS NOT NULL THEN
                    row_number() OVER (PARTITION BY r.person_id ORDER BY r.position) END AS turn
        FROM (SELECT row_id FROM register_looked UNION SELECT row_id FROM register_remarks) x
        JOIN intake_importrow r ON r.id = x.row_id
        LEFT JOIN register_remarks m ON m.row_id = r.id
        LEFT JOIN stations_village v ON v.commune_id = %s AND v.code = r.values ->> 'current_village_code'
        """,
        [batch.commune_id],
    )
    cursor.execute(
        f"CREATE TEMP TABLE {MATCHED} ON COMMIT DROP AS "  # noqa: S608
        "SELECT DISTINCT person_id FROM register_rows WHERE person_id IS NOT NULL"
    )
    cursor.execute(f"ANALYZE register_rows; ANALYZE {MATCHED}")


def _look(cursor: Any, batch: ImportBatch, row: int | None) -> None:
    """`register_looked`: rows that are nobody, say otherwise than the register, mean somebody who is no resident here,
    or of which several mean one person. Fields that a sample of the list does not have are not compared here: a row
    with such a field is looked at."""
    # The planner cannot know that few rows differ, and would not spread work that gives it all of them back.
    cursor.execute("SET LOCAL parallel_tuple_cost = 0")
    usual = _usual_fields(cursor, batch)
    differs = differs_sql(usual)
    parameters = {
        "batch": batch.pk, "row": row, "commune": batch.commune_id, "known": sorted(usual | NOT_COMPARED),
    }  # fmt: skip
    cursor.execute(
        f"""
        CREATE TEMP TABLE register_looked ON COMMIT DROP AS
        SELECT r.id AS row_id
        FROM intake_importrow r
        LEFT JOIN records_person p ON p.id = r.person_id
        {differs.joins}
        WHERE r.batch_id = %(batch)s AND (%(row)s::bigint IS NULL OR r.id = %(row)s)
          AND (r.person_id IS NULL OR r.fate = 'refused' OR p.status <> 'active' OR p.commune_id <> %(commune)s
               OR r.values - %(known)s::text[] <> '{{}}' OR {differs.condition})
        """,  # noqa: S608
        parameters,
    )
    if row is None:  # one row alone is the only one of its person
        cursor.execute(
            """
            INSERT INTO register_looked
            SELECT id FROM intake_importrow WHERE batch_id = %(batch)s AND person_id IN (
                SELECT person_id FROM intake_importrow
                WHERE batch_id = %(batch)s AND person_id IS NOT NULL GROUP BY person_id HAVING count(*) > 1)
            """,
            parameters,
        )


def _usual_fields(cursor: Any, batch: ImportBatch) -> set[str]:
    """The fields of some rows from everywhere in the list."""
    cursor.execute("SELECT max(position) FROM intake_importrow WHERE batch_id = %s", [batch.pk])
    last = cursor.fetchone()[0] or 0
    cursor.execute(
        "SELECT DISTINCT key FROM intake_importrow r, jsonb_object_keys(r.values) key "
        "WHERE r.batch_id = %s AND r.position = ANY(%s)",
        [batch.pk, list(range(0, last + 1, last // SAMPLE + 1))],
    )
    return {key for (key,) in cursor.fetchall()}


#: A row that may be one person only, and differs from this person in nothing but the number: name with its tones, full
#: birth date, sex, village and household are the same, and no other row of the list means this person. For a single
#: sheet that is a doubt; beside a list of everybody it is a new number, which the officer sees as old → new.
_SAME_BUT_NUMBER = """
    WITH doubtful AS MATERIALIZED (
        SELECT r.id, (candidate ->> 'person')::bigint AS person, jsonb_array_length(r.candidates) AS choices,
               count(*) OVER (PARTITION BY candidate ->> 'person') AS rows
        FROM intake_importrow r, jsonb_array_elements(r.candidates) candidate
        WHERE r.batch_id = %(batch)s AND r.fate = 'possible_duplicate' AND r.person_id IS NULL AND r.decision = ''
    )
    UPDATE intake_importrow r SET person_id = p.id
    FROM doubtful d
    JOIN records_person p ON p.id = d.person
    JOIN records_membership m ON m.person_id = p.id AND m.valid_to IS NULL
    JOIN records_household h ON h.id = m.household_id
    JOIN stations_village v ON v.id = p.village_id
    WHERE r.id = d.id AND d.choices = 1 AND d.rows = 1 AND (%(row)s::bigint IS NULL OR r.id = %(row)s)
      AND p.status = 'active' AND p.full_name = r.values ->> 'full_name' AND p.sex = r.values ->> 'sex'
      AND p.birth_precision = 'day' AND to_char(p.birth_date, 'YYYY-MM-DD') = r.values ->> 'birth_date'
      AND h.code = r.values ->> 'household_code' AND v.code = r.values ->> 'current_village_code'
      AND NOT EXISTS (SELECT 1 FROM intake_importrow o WHERE o.person_id = p.id AND o.batch_id = %(batch)s)"""


def _scope(cursor: Any, batch: ImportBatch, villages: Iterable[int] | None) -> Scope:
    """The whole commune when the list holds each of its villages, else the villages that it holds."""
    cursor.execute(
        """
        SELECT coalesce(village_id::text, ''), sum(listed), sum(known) FROM (
            SELECT v.id AS village_id, sum(r.rows) AS listed, 0 AS known
            FROM (SELECT values ->> 'current_village_code' AS code, count(*) AS rows FROM intake_importrow
                  WHERE batch_id = %(batch)s AND fate <> 'refused' GROUP BY 1) r
            LEFT JOIN stations_village v ON v.commune_id = %(commune)s AND v.code = r.code
            GROUP BY 1
            UNION ALL
            SELECT village_id, 0, count(*) FROM records_person
            WHERE commune_id = %(commune)s AND status = 'active' GROUP BY 1
        ) both_sides GROUP BY 1
        """,
        {"batch": batch.pk, "commune": batch.commune_id},
    )
    places = {key: (int(listed), int(known)) for key, listed, known in cursor.fetchall()}
    inhabited = {int(key) for key, (_, known) in places.items() if key and known}
    if villages is not None:
        held = inhabited.intersection(villages)
    else:
        held = {key for key in inhabited if places[str(key)][0] >= places[str(key)][1] * LISTED_SHARE}
    return Scope(sorted(held), held == inhabited, places)


# ------------------------------------------------------------------------------------------------------------- the diff
def _diff(cursor: Any, batch: ImportBatch) -> None:
    """`register_diff`: matched rows whose values differ, whose person is not a resident here, or of which the list
    says something. An empty cell is no value; a birth date known less precisely, an old number, or the same words
    written another way are no change."""
    cursor.execute("SELECT DISTINCT key FROM register_rows r, jsonb_object_keys(r.v) key")
    keys = {key for (key,) in cursor.fetchall()}
    before = before_sql(keys)
    parameters = {"left_out": sorted(keys - FIELDS), "loose": sorted(LOOSE), "commune": batch.commune_id}
    # OFFSET 0: `before` is made once per row; pulled up, it would be made again for each mention.
    cursor.execute(
        f"""
        CREATE TEMP TABLE register_sides ON COMMIT DROP AS
        SELECT * FROM (
            SELECT x.id AS row_id, x.position, x.turn, x.decision, x.label, x.village_id, x.mark, x.day, x.place,
                   p.id AS person_id, p.status, p.commune_id, p.village_id AS known_village, p.death_date,
                   x.v - %(left_out)s::text[] AS v, {before.expression} AS before
            FROM register_rows x JOIN records_person p ON p.id = x.person_id
            {before.joins}
            WHERE x.fate <> 'refused'
            OFFSET 0
        ) sides
        WHERE NOT before @> v OR mark <> '' OR status <> 'active' OR turn > 1 OR commune_id <> %(commune)s
        """,  # noqa: S608
        parameters,
    )
    cursor.execute(
        """
        CREATE TEMP TABLE register_diff ON COMMIT DROP AS
        SELECT sides.*, coalesce(found.changes, '{}') AS changes
        FROM register_sides sides
        LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(e.key, jsonb_build_array(before -> e.key, e.value)) AS changes
            FROM jsonb_each(v) e
            WHERE before -> e.key IS DISTINCT FROM e.value
              AND NOT (e.key = 'birth_date' AND (e.value #>> '{}' = '?'
                       OR starts_with(before ->> e.key, e.value #>> '{}')))
              AND NOT (e.key = ANY(%(loose)s) AND plain(before ->> e.key) = plain(e.value #>> '{}'))
              AND NOT (e.key = 'id_number' AND (
                       (e.value #>> '{}' ~ '^[0-9]{9}$' AND before ->> e.key ~ '^[0-9]{12}$')
                       OR EXISTS (SELECT 1 FROM records_identifier i
                                  WHERE i.person_id = sides.person_id AND i.value = e.value #>> '{}'
                                    AND before ->> e.key <> '')))
              AND NOT (e.key IN ('id_issue_date', 'id_issue_place') AND v ? 'id_number'
                       AND v ->> 'id_number' <> coalesce(before ->> 'id_number', '')
                       AND v ->> 'id_number' ~ '^[0-9]{9}$')
        ) found ON true
        WHERE found.changes IS NOT NULL OR mark <> '' OR status <> 'active' OR turn > 1 OR commune_id <> %(commune)s
        """,
        parameters,
    )


# ------------------------------------------------------------------------------------------------------------ the lines
_INSERT = (
    "INSERT INTO intake_registerline (batch_id, group_, state, row_id, person_id, village_id, name, changes, why, day, "
    "place, problems, candidates, mother_state) "
).replace("group_", '"group"')
_ENTERED = "Sổ ghi người này đã mất, danh sách vẫn có."


def _store_matched(cursor: Any, batch: ImportBatch) -> None:
    """A line for each matched row that differs. A second row of the same person is never guessed."""
    cursor.execute(
        _INSERT  # noqa: S608
        + """
        SELECT %(batch)s, kind, 'open', row_id, CASE WHEN kind <> 'ambiguous' THEN person_id END,
               coalesce(village_id, known_village), label,
               CASE WHEN kind IN ('died', 'moved_out') THEN '{}' ELSE changes END,
               why, day, place, '[]',
               CASE WHEN kind = 'ambiguous' THEN jsonb_build_array(jsonb_build_object('person', person_id, 'why', why))
                    ELSE '[]' END, ''
        FROM (
            SELECT *, CASE
                WHEN kind <> 'ambiguous' THEN ''
                WHEN turn > 1 AND decision <> 'same' THEN 'Người này đã có ở một dòng khác của danh sách.'
                ELSE %(dead)s END AS why
            FROM (
                SELECT *, CASE
                    WHEN turn > 1 AND decision <> 'same' THEN 'ambiguous'
                    WHEN mark = 'died' THEN CASE WHEN status <> 'dead' THEN 'died' END
                    WHEN mark = 'moved_out' THEN CASE WHEN status = 'active' AND commune_id = %(commune)s
                                                      THEN 'moved_out' END
                    WHEN status = 'dead' THEN CASE decision WHEN 'same' THEN 'changed' ELSE 'ambiguous' END
                    WHEN status = 'moved' OR commune_id <> %(commune)s THEN 'moved_in'
                    WHEN changes ? 'current_village_code' AND known_village IS NOT NULL THEN 'moved_within'
                    WHEN changes ? 'id_number' THEN 'number'
                    WHEN changes <> '{}' THEN 'changed' END AS kind
                FROM register_diff
            ) grouped WHERE kind IS NOT NULL
        ) explained
        ORDER BY coalesce(village_id, known_village), position
        """,
        {"batch": batch.pk, "commune": batch.commune_id, "dead": _ENTERED},
    )


def _store_unmatched(cursor: Any, batch: ImportBatch) -> None:
    """A line for each row that is nobody yet, or may be several. Who is not known and is dead or gone needs none."""
    cursor.execute(
        _INSERT  # noqa: S608
        + """
        SELECT %(batch)s, kind, 'open', x.id, NULL, x.village_id, x.label, '{}',
               CASE WHEN x.fate <> 'refused' AND NOT x.unsure AND x.again IS NOT NULL
                    THEN 'Trùng với dòng ' || x.again || ' của danh sách.' ELSE '' END,
               x.day, x.place, '[]', CASE WHEN kind = 'ambiguous' THEN r.candidates ELSE '[]' END, ''
        FROM (
            SELECT *, CASE
                WHEN fate = 'refused' THEN 'refused'
                WHEN mark IN ('died', 'moved_out') AND NOT unsure THEN NULL
                WHEN unsure OR (again IS NOT NULL AND decision <> 'new') THEN 'ambiguous'
                WHEN mark = 'moved_in' OR v ? 'resident_since' THEN 'moved_in'
                WHEN v ->> 'birth_date' ~ '^[0-9]{4}' AND
                     rpad(v ->> 'birth_date', 10, '-01-01') > %(born_after)s THEN 'born'
                ELSE 'missing_here' END AS kind
            FROM (
                SELECT x.*, CASE WHEN row_number() OVER same > 1
                    THEN first_value(r.number) OVER same END AS again
                FROM register_rows x JOIN intake_importrow r ON r.id = x.id
                WHERE x.person_id IS NULL OR x.fate = 'refused'
                WINDOW same AS (
                    PARTITION BY x.fate = 'refused', lower(x.label), x.v ->> 'birth_date', x.v ->> 'sex',
                                 x.v ->> 'household_code', x.village_id, coalesce(x.v ->> 'id_number', '')
                    ORDER BY x.position ROWS UNBOUNDED PRECEDING)
            ) numbered
        ) x JOIN intake_importrow r ON r.id = x.id
        WHERE kind IS NOT NULL
        ORDER BY x.village_id, x.position
        """,
        {"batch": batch.pk, "born_after": (localdate() - dt.timedelta(days=INFANT_DAYS)).isoformat()},
    )


def _store_missing(cursor: Any, batch: ImportBatch, scope: Scope, people: list[int] | None) -> None:
    """A line for each resident of the compared villages whom no row means. Who may be one of the rows to decide waits
    for that decision. `people`: only these, None for all."""
    parameters = {
        "batch": batch.pk, "commune": batch.commune_id, "villages": scope.villages, "whole": scope.whole,
        "people": people,
    }  # fmt: skip
    cursor.execute(
        """
        CREATE TEMP TABLE register_absent ON COMMIT DROP AS
        SELECT p.id AS person_id
        FROM records_person p
        WHERE p.commune_id = %(commune)s AND p.status = 'active'
          AND (p.village_id = ANY(%(villages)s) OR (%(whole)s AND p.village_id IS NULL))
          AND (%(people)s::bigint[] IS NULL OR p.id = ANY(%(people)s))
          AND NOT EXISTS (SELECT 1 FROM intake_importrow r WHERE r.batch_id = %(batch)s AND r.person_id = p.id)
        """,
        parameters,
    )
    cursor.execute(
        """
        DELETE FROM register_absent WHERE person_id IN (
            SELECT (candidate ->> 'person')::bigint
            FROM intake_registerline l, jsonb_array_elements(l.candidates) candidate
            WHERE l.batch_id = %(batch)s AND l."group" = 'ambiguous'
            UNION
            SELECT person_id FROM intake_registerline WHERE batch_id = %(batch)s AND person_id IS NOT NULL)
        """,
        parameters,
    )
    cursor.execute("ANALYZE register_absent")
    cursor.execute(_INSERT + MISSING, parameters)


#: People of the compared villages who are not listed; `why` says when their whole household is absent.
MISSING = """
    SELECT %(batch)s, 'missing_there', 'open', NULL, person_id, village_id, full_name, '{}',
           CASE WHEN household_id IS NOT NULL AND household_size > 1 AND household_size = absent
                THEN 'Cả hộ không còn trong danh sách.' ELSE '' END, NULL, '', '[]', '[]', ''
    FROM (
        SELECT p.id AS person_id, p.village_id, p.full_name, p.sort_name, m.household_id,
               count(*) OVER (PARTITION BY m.household_id) AS absent,
               (SELECT count(*) FROM records_membership o JOIN records_person q ON q.id = o.person_id
                WHERE o.household_id = m.household_id AND o.valid_to IS NULL AND q.status = 'active') AS household_size
        FROM register_absent a
        JOIN records_person p ON p.id = a.person_id
        LEFT JOIN records_membership m ON m.person_id = p.id AND m.valid_to IS NULL
    ) absent_people
    ORDER BY village_id, household_id, sort_name, person_id
"""


def _set_fates(cursor: Any, batch: ImportBatch, row: int | None) -> None:
    """The fate of each row (or of one) follows from its line: as the rows of other batches say it."""
    cursor.execute("ANALYZE intake_registerline")
    parameters = {"batch": batch.pk, "row": row, "others": [fate for fate in Fate.values if fate != Fate.UNCHANGED]}
    cursor.execute(
        """
        UPDATE intake_importrow r SET fate = wanted.fate
        FROM (
            SELECT row_id, CASE
                WHEN "group" = 'refused' THEN 'refused'
                WHEN "group" = 'ambiguous' THEN 'possible_duplicate'
                WHEN person_id IS NULL THEN 'new'
                ELSE 'update' END AS fate
            FROM intake_registerline
            WHERE batch_id = %(batch)s AND row_id IS NOT NULL AND (%(row)s::bigint IS NULL OR row_id = %(row)s)
        ) wanted
        WHERE r.id = wanted.row_id AND r.fate <> wanted.fate
        """,
        parameters,
    )
    cursor.execute(
        """
        UPDATE intake_importrow r SET fate = 'unchanged'
        WHERE r.batch_id = %(batch)s AND r.fate = ANY(%(others)s) AND (%(row)s::bigint IS NULL OR r.id = %(row)s)
          AND NOT EXISTS (SELECT 1 FROM intake_registerline l WHERE l.batch_id = %(batch)s AND l.row_id = r.id)
        """,
        parameters,
    )


def _forget_tone_places(batch: ImportBatch, *, row: int | None = None) -> None:
    """ "Hoà" and "Hòa" are one name: SQL cannot tell, so the names that are equal without tones are looked at here."""
    suspects = RegisterLine.objects.filter(
        batch=batch, group__in=(Group.CHANGED, Group.NUMBER, Group.MOVED_WITHIN, Group.MOVED_IN),
        changes__has_key="full_name",
    )  # fmt: skip
    if row:
        suspects = suspects.filter(row=row)
    same = [
        line
        for line in suspects.only("group", "changes", "row_id").iterator(chunk_size=5000)
        if sort_key(line.changes["full_name"][0]) == sort_key(line.changes["full_name"][1])
    ]
    alone = [line for line in same if line.group == Group.CHANGED and len(line.changes) == 1]
    RegisterLine.objects.filter(pk__in=[line.pk for line in alone]).delete()
    batch.rows.filter(pk__in=[line.row_id for line in alone]).update(fate=Fate.UNCHANGED)
    for line in (rest := [line for line in same if line not in alone]):
        del line.changes["full_name"]
    RegisterLine.objects.bulk_update(rest, ["changes"], batch_size=1000)
