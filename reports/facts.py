"""What can be told of each person's record, computed for all people of a place at once: one SQL statement.

`Facts` joins the person with what their numbers, relatives, section B, visits, changes and look-alikes say, each
aggregated set-based, and counts conditions over it by place; `people(condition)` gives the people of the same
condition, so that a list is as long as its figure. A condition is SQL over the columns that RELATIONS names. Only the
relations that a condition names are joined.

A past period knows the record only as it is today: see LATER. What is dated (birth, death, moving, visits, creation of
the record, changes in the history) is of the period."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from ehr.records.models import Person
from reports.places import Place, Spot
from reports.questions import Question

LATER = (
    "Kỳ đã qua: số định danh, điện thoại, thẻ BHYT, địa chỉ, phần A và phần B xét theo hồ sơ hiện nay của những người "
    "có hồ sơ và còn cư trú ở cuối kỳ; lượt khám và lần cập nhật xét trong kỳ."
)
#: Numbers of the state that identify a person; exactly one of them is current at a time.
NATIONAL = ("SDDCN", "FOREIGN_ID")
CARDS = ("BHYT_CARD", "BHXH_NO")
VALID = "(x.valid_from IS NULL OR x.valid_from <= %(day)s) AND (x.valid_to IS NULL OR x.valid_to > %(day)s)"
PHONE = "0[35789][0-9]{8}|02[0-9]{9}|\\+[0-9]{8,15}"  # as ehr.common.identifiers has it

BASE = """
base AS MATERIALIZED (
  SELECT p.id, p.village_id, p.commune_id, p.sex, p.birth_date, p.birth_precision, p.status, p.death_date,
    p.moved_out_on, p.resident_since, p.created_at, p.plain_name, p.full_name, p.phone_mobile, p.phone_landline,
    p.identity_source, p.blood_group_abo, p.id_missing_reason_id, p.section_a_complete_on, p.answered_none,
    p.residence, p.moved_out_to,
    (p.status = 'active' OR p.status = 'dead' AND p.death_date >= %(end)s
      OR p.status = 'moved' AND p.moved_out_on >= %(end)s) AS living,
    (p.village_id = ANY(%(line_villages)s) OR p.commune_id = ANY(%(line_communes)s)
      AND (p.village_id IS NULL OR NOT p.village_id = ANY(%(known_villages)s))) IS TRUE AS inside,
    CASE WHEN p.birth_date IS NOT NULL THEN extract(year FROM age(%(day)s::date, p.birth_date))::int END AS age
  FROM records_person p
  WHERE p.commune_id = ANY(%(communes)s) AND (%(everywhere)s OR p.village_id = ANY(%(villages)s)
      OR (%(unplaced)s AND p.village_id IS NULL))
    AND p.status IN ('active', 'moved', 'dead') AND p.created_at < %(until)s
)"""
#: alias → relation with one row per person, and only for people who have something in it.
RELATIONS = {  # put together from our own words only
    "number": f"""SELECT x.person_id AS id,
      bool_or(x.kind IN ('SDDCN', 'FOREIGN_ID') AND x.valid_to IS NULL) AS national,
      bool_or(x.kind IN ('BHYT_CARD', 'BHXH_NO') AND {VALID}) AS card,
      bool_or(x.kind IN ('SDDCN', 'FOREIGN_ID') AND x.valid_to IS NULL AND x.value !~ '^[0-9]{{12}}$') AS misshaped,
      bool_or(x.kind = 'SDDCN' AND x.valid_to IS NULL AND b.birth_date IS NOT NULL AND (
        substr(x.value, 4, 1) <> (2 * (extract(year FROM b.birth_date)::int / 100 - 19)
          + CASE b.sex WHEN '2' THEN 1 ELSE 0 END)::text AND b.sex IN ('1', '2')
        OR substr(x.value, 5, 2) <> to_char(b.birth_date, 'YY'))) AS unlikely
    FROM records_identifier x JOIN base b ON b.id = x.person_id GROUP BY 1""",  # noqa: S608
    "kin": f"""SELECT x.person_id AS id,
      bool_or(x.role <> 'other' OR x.is_guardian) AS named,
      bool_or((x.role <> 'other' OR x.is_guardian) AND x.name <> ''
        AND (x.identifier <> '' OR x.phone_mobile <> '' OR x.phone_landline <> '')) AS reachable,
      bool_or(x.phone_mobile ~ '^({PHONE})$' OR x.phone_landline ~ '^({PHONE})$') AS phone
    FROM records_relative x JOIN base b ON b.id = x.person_id GROUP BY 1""",  # noqa: S608
    "history": """SELECT x.person_id AS id,
      (x.risk_smoking <> '' AND x.risk_alcohol <> '' AND x.risk_drug <> '' AND x.risk_physical_activity <> '') AS risks,
      (coalesce(x.pregnancy_count, 0) > 0 OR coalesce(x.birth_count, 0) > 0 OR x.last_pregnancy <> '') AS pregnancies
    FROM records_healthhistory x JOIN base b ON b.id = x.person_id""",
    "disease": """SELECT DISTINCT x.person_id AS id, true AS asked
    FROM records_condition x JOIN base b ON b.id = x.person_id""",
    "born": """SELECT DISTINCT x.person_id AS id, true AS found
    FROM records_delivery x JOIN base b ON b.id = x.person_id""",
    "visit": """SELECT x.person_id AS id, max(x.exam_date) AS last,
      bool_or(x.exam_date < b.birth_date) AS before_birth,
      bool_or(x.exam_date > b.death_date) AS after_death,
      bool_or(x.kind = 'antenatal') AS antenatal,
      bool_or(x.outcome_code IN ('5', '8')) AS died,
      bool_or(NOT coalesce(x.bp_systolic BETWEEN 60 AND 260, true)
        OR NOT coalesce(x.bp_diastolic BETWEEN 30 AND 160, true)
        OR NOT coalesce(x.bp_systolic > x.bp_diastolic, true) OR NOT coalesce(x.temperature BETWEEN 30 AND 43, true)
        OR NOT coalesce(x.height_cm BETWEEN 30 AND 230, true) OR NOT coalesce(x.weight_kg BETWEEN 0.5 AND 250, true)
      ) AS unlikely
    FROM records_encounter x JOIN base b ON b.id = x.person_id
    WHERE x.status = 'finished' AND x.exam_date < %(end)s AND x.created_at < %(until)s GROUP BY 1""",
    "dose": """SELECT x.person_id AS id, max(x.occurrence_date) AS last
    FROM vaccination_immunization x JOIN base b ON b.id = x.person_id
    WHERE x.status = 'given' AND x.occurrence_date < %(end)s GROUP BY 1""",
    "change": """SELECT x.pgh_obj_id AS id, max(x.pgh_created_at) AS last
    FROM records_personevent x JOIN base b ON b.id = x.pgh_obj_id WHERE x.pgh_created_at < %(until)s GROUP BY 1""",
    "dead": """SELECT x.pgh_obj_id AS id, min(x.pgh_created_at) AS since
    FROM records_personevent x JOIN base b ON b.id = x.pgh_obj_id WHERE b.status = 'dead' AND x.status = 'dead'
    GROUP BY 1""",
    "place": """SELECT v.id AS village, (v.commune_id = u.id AND (v.valid_to IS NULL OR v.valid_to > %(day)s)
        AND (u.valid_to IS NULL OR u.valid_to > %(day)s) AND u.parent_id IS NOT NULL) AS fits
    FROM stations_village v JOIN stations_adminunit u ON u.id = v.commune_id""",
    "reason": """SELECT c.id, c.code FROM codes_code c JOIN codes_codesystem s ON s.id = c.system_id
    WHERE s.key = 'id-missing-reason'""",
    "elsewhere": """SELECT DISTINCT x.person_id AS id, true AS found
    FROM records_address x JOIN base b ON b.id = x.person_id
    WHERE x.use = 'permanent' AND x.valid_to IS NULL AND x.commune_id <> b.commune_id""",
    "twin": """SELECT DISTINCT a AS id, true AS found FROM pairs""",
}
JOINED = {"place": "place.village = base.village_id", "reason": "reason.id = base.id_missing_reason_id"}
#: Look-alikes of a person of the place, anywhere: the same name, birth date and sex; the same telephone and birth date;
#: the same insurance number. Two people with different personal numbers are two people. REQ-IDN-12, REQ-DQ-03.
PAIRS = """
alike AS (
  SELECT b.id AS a, q.id AS b FROM base b JOIN records_person q
    ON q.birth_date = b.birth_date AND q.plain_name = b.plain_name AND q.sex = b.sex AND q.id <> b.id
    WHERE b.status = 'active' AND q.status = 'active' AND b.birth_precision = 'day' AND q.birth_precision = 'day'
  UNION
  SELECT b.id, q.id FROM base b JOIN records_person q
    ON q.phone_mobile = b.phone_mobile AND q.birth_date = b.birth_date AND q.sex = b.sex AND q.id <> b.id
    WHERE b.phone_mobile <> '' AND q.phone_mobile <> '' AND b.status = 'active' AND q.status = 'active'
      AND b.birth_precision = 'day' AND q.birth_precision = 'day'
      AND split_part(q.plain_name, ' ', -1) = split_part(b.plain_name, ' ', -1)
  UNION
  SELECT b.id, y.person_id FROM base b
    JOIN records_identifier x ON x.person_id = b.id AND x.kind IN ('BHYT_CARD', 'BHXH_NO') AND x.valid_to IS NULL
    JOIN records_identifier y ON y.value = x.value AND y.kind = x.kind AND y.valid_to IS NULL AND y.person_id <> b.id
    JOIN records_person q ON q.id = y.person_id AND q.status = 'active'
    WHERE b.status = 'active'
),
pairs AS MATERIALIZED (
  SELECT alike.a, alike.b FROM alike
  WHERE NOT EXISTS (
    SELECT FROM records_identifier x JOIN records_identifier y ON y.person_id = alike.b
    WHERE x.person_id = alike.a AND x.kind = 'SDDCN' AND y.kind = 'SDDCN' AND x.valid_to IS NULL AND y.valid_to IS NULL
      AND x.value <> y.value)
)"""


_NAMED = re.compile(r"%\((\w+)\)s")


class Facts:
    """The people of a question's place, in use at the end of the period: `living` ones reside there then.

    As `Place.people`, the base holds a few more than the place: `base.inside` says who is on a line of the table;
    counts by place need not ask, because `fold` sorts the others out."""

    def __init__(self, question: Question, place: Place) -> None:
        self.question, self.place = question, place

    @cached_property
    def given(self) -> dict[str, Any]:
        """Parameters of the statements."""
        period, place = self.question.period, self.place
        day = period.data_until(self.question.today)
        lines = {line.key for line in place.lines}
        return {
            "end": period.end, "until": period.end_instant, "day": day, "start": period.start,
            "since": period.start_instant, "year_ago": _year_before(period.end),
            "communes": sorted(place.communes), "villages": sorted(place.villages),
            "everywhere": place.all_inside, "unplaced": bool(place.commune_lines),
            "line_villages": [pk for pk, key in place.village_lines.items() if key in lines],
            "line_communes": [pk for pk, key in place.commune_lines.items() if key in lines],
            "known_villages": list(place.village_lines),
        }  # fmt: skip

    def count(self, conditions: Mapping[str, str]) -> Iterator[tuple[Spot, dict[str, int]]]:
        """Counts of each condition per (village, commune). One statement."""
        texts = conditions.values()
        counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in texts)
        sql = f"{self._with(texts)} SELECT village_id, commune_id, {counted} FROM {self._from(texts)} GROUP BY 1, 2"  # noqa: S608
        for village, commune, *counts in self.rows(sql):
            yield (village, commune), dict(zip(conditions, counts, strict=True))

    def people(self, condition: str) -> QuerySet[Person]:
        """The people of one condition."""
        sql = f"{self._with([condition])} SELECT base.id FROM {self._from([condition])} WHERE {condition}"  # noqa: S608
        return Person.objects.filter(pk__in=self.ids(sql))

    def ids(self, sql: str) -> RawSQL:
        """A statement that begins with `self.head(…)` and gives person ids, as a subquery."""
        values = [self.given[name] for name in _NAMED.findall(sql)]
        return RawSQL(_NAMED.sub("%s", sql), values)  # noqa: S611 our own conditions

    def rows(self, sql: str, **more: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement that begins with `self.head(…)`."""
        with connection.cursor() as cursor:
            cursor.execute(sql, self.given | more)
            return cursor.fetchall()

    def head(self, *relations: str) -> str:
        """WITH base and these relations (and the pairs of look-alikes, for "twin")."""
        return self._with(f"{name}." for name in relations)

    def _used(self, texts: Iterable[str]) -> list[str]:
        text = " ".join(texts)
        return [name for name in RELATIONS if re.search(rf"\b{name}\.", text)]

    def _with(self, texts: Iterable[str]) -> str:
        used = self._used(texts)
        parts = [BASE, *([PAIRS] if "twin" in used else [])]
        parts += [f"\n{name} AS (\n    {RELATIONS[name]}\n)" for name in used]
        return f"WITH {','.join(parts)}\n"

    def _from(self, texts: Iterable[str]) -> str:
        joins = (f"LEFT JOIN {name} ON {JOINED.get(name, f'{name}.id = base.id')}" for name in self._used(texts))
        return " ".join(("base", *joins))


def _year_before(day: dt.date) -> dt.date:
    """The same day a year earlier, 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
