"""The mother of a child that the register does not know yet (REQ-IDN-05). Found or asked, never guessed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from ehr.common.text import sort_key
from ehr.intake.models import ImportBatch
from ehr.intake.register.models import RegisterLine

Mother = RegisterLine.Mother
OWN_CHILD, HEAD, SPOUSE = "08", "01", "17"  # codes of relation-831

#: Women who may be the mother of a child's line: of her name when the list names her, else of the child's household.
#: A woman's household is the one of the list, or of the register when the list does not hold her. Where a birth date is
#: known by year only, a year more or less is allowed.
_WOMEN = """
    WITH children AS MATERIALIZED (
        SELECT l.id, l.village_id, plain(coalesce(r.values ->> 'mother_name', '')) AS mother,
               coalesce(r.values ->> 'mother_name', '') AS written,
               coalesce(r.values ->> 'household_code', '') AS household,
               coalesce(r.values ->> 'relation_to_head', '') AS relation,
               to_date(rpad(r.values ->> 'birth_date', 10, '-01-01'), 'YYYY-MM-DD') AS born
        FROM intake_registerline l JOIN intake_importrow r ON r.id = l.row_id
        WHERE l.batch_id = %(batch)s AND l."group" = 'born' AND l.mother_state IN ('', 'ask')
          AND (%(lines)s::bigint[] IS NULL OR l.id = ANY(%(lines)s)) AND (%(row)s::bigint IS NULL OR r.id = %(row)s)
          AND r.values ->> 'birth_date' ~ '^[0-9]{4}'
    ), named AS MATERIALIZED (
        SELECT w.id, w.plain_name
        FROM records_person w
        WHERE w.commune_id = %(commune)s AND w.plain_name IN (SELECT mother FROM children WHERE mother <> '')
          AND w.status IN ('active', 'dead') AND w.sex = '2'
          AND w.birth_date BETWEEN (SELECT min(born) - interval '51 years' FROM children)
                               AND (SELECT max(born) - interval '14 years' FROM children)
    ), pairs AS MATERIALIZED (
        SELECT c.id AS child, w.id AS woman FROM children c JOIN named w ON w.plain_name = c.mother
        UNION ALL
        (SELECT c.id, m.person_id FROM children c
        JOIN records_household h ON h.commune_id = %(commune)s AND h.code = c.household
             AND h.village_id IS NOT DISTINCT FROM c.village_id AND h.closed_on IS NULL
        JOIN records_membership m ON m.household_id = h.id AND m.valid_to IS NULL
        JOIN records_person w ON w.id = m.person_id AND w.status = 'active'
        WHERE c.mother = '' AND c.household <> ''
        UNION
        SELECT c.id, w.id FROM children c
        JOIN intake_importrow o ON o.batch_id = %(batch)s AND o.values ->> 'household_code' = c.household
             AND o.person_id IS NOT NULL
        JOIN records_person w ON w.id = o.person_id AND w.status = 'active'
        JOIN stations_village v ON v.id = c.village_id AND v.code = o.values ->> 'current_village_code'
        WHERE c.mother = '' AND c.household <> '')
    ), women AS MATERIALIZED (
        SELECT w.id, w.sort_name, w.sex, w.birth_date, w.birth_precision,
               coalesce(o.values ->> 'household_code', h.code, '') AS household,
               coalesce(v.id, w.village_id) AS village_id,
               coalesce(o.values ->> 'relation_to_head', k.code, '') AS relation
        FROM (SELECT DISTINCT woman FROM pairs) x
        JOIN records_person w ON w.id = x.woman
        LEFT JOIN records_membership m ON m.person_id = w.id AND m.valid_to IS NULL
        LEFT JOIN records_household h ON h.id = m.household_id
        LEFT JOIN codes_code k ON k.id = m.relation_id
        LEFT JOIN LATERAL (SELECT * FROM intake_importrow o WHERE o.batch_id = %(batch)s AND o.person_id = w.id
                           ORDER BY o.position LIMIT 1) o ON true
        LEFT JOIN stations_village v ON v.commune_id = %(commune)s AND v.code = o.values ->> 'current_village_code'
        WHERE w.sex = '2' AND w.birth_date IS NOT NULL
    )
    SELECT c.id, c.written, c.relation, w.id, w.sort_name,
           w.household = c.household AND c.household <> '' AND w.village_id IS NOT DISTINCT FROM c.village_id,
           w.relation
    FROM pairs
    JOIN children c ON c.id = pairs.child
    JOIN women w ON w.id = pairs.woman
    WHERE w.birth_date <= c.born - interval '14 years' AND w.birth_date >= c.born - interval '51 years'
      AND (w.birth_precision <> 'day' OR
           w.birth_date <= c.born - interval '15 years' AND w.birth_date > c.born - interval '50 years')
    ORDER BY c.id, w.id
"""


_SET = """
    UPDATE intake_registerline l SET mother_id = f.mother, mother_state = f.state, candidates = f.candidates
    FROM jsonb_to_recordset(%s::jsonb) AS f(line bigint, mother bigint, state text, candidates jsonb)
    WHERE l.id = f.line"""


@dataclass(slots=True)
class Woman:
    person: int
    at_home: bool
    relation: str
    same_tones: bool  # the name is the very one that the list gives; without a name always


def find(batch: ImportBatch, *, lines: Iterable[int] | None = None, row: int | None = None) -> None:
    """Sets `mother`, or `candidates` to choose from, on children's lines that have none yet; of the whole batch, of
    some lines or of one row. Two statements."""
    parameters: dict[str, Any] = {
        "batch": batch.pk, "commune": batch.commune_id, "lines": None if lines is None else list(lines),
        "row": row,
    }  # fmt: skip
    women: dict[int, list[Woman]] = defaultdict(list)
    asked: dict[int, tuple[bool, str]] = {}  # whether the list names the mother, the child's relation
    exact = lru_cache(maxsize=None)(sort_key)  # a child's row is one of as many women as have the name
    with connection.cursor() as cursor:
        cursor.execute(_WOMEN, parameters)
        for line, name, relation, woman, sort_name, at_home, woman_relation in cursor.fetchall():
            same = not name or exact(name) == sort_name
            women[line].append(Woman(woman, at_home, woman_relation, same))
            asked[line] = (bool(name), relation)
        found = [_found(line, women[line], *asked[line]) for line in women]
        if found:
            cursor.execute(_SET, [json.dumps(found, ensure_ascii=False)])


def _found(line: int, women: list[Woman], named: bool, relation: str) -> dict[str, Any]:
    mother = _mother(women, named, relation)
    return {
        "line": line, "mother": mother and mother.person, "state": (Mother.FOUND if mother else Mother.ASK).value,
        "candidates": [] if mother else [{"person": woman.person, "why": _why(woman)} for woman in women],
    }  # fmt: skip


def _mother(women: list[Woman], named: bool, relation: str) -> Woman | None:
    """The one who must be it: of the name with its tones and household, else alone of the name ("Hương" and "Hường" are
    two women, and a name written without tones is asked about); without a name only the wife of the
    head, or the head, of whom the list says that the child is her own or her husband's."""
    if named:
        same = [woman for woman in women if woman.same_tones]
        at_home = [woman for woman in same if woman.at_home]
        return at_home[0] if len(at_home) == 1 else same[0] if len(same) == 1 else None
    parents = [woman for woman in women if woman.relation in (HEAD, SPOUSE)]
    return parents[0] if len(parents) == 1 and relation == OWN_CHILD else None


def _why(woman: Woman) -> str:
    return ", ".join(
        part for part in ("Cùng hộ" if woman.at_home else "Khác hộ", "" if woman.same_tones else "tên khác dấu") if part
    )
