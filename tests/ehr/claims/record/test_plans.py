"""Statements over many claims look up each by an index, whatever the planner believes of a table that just grew."""

import re

import pytest
from django.db import connection
from django.utils import timezone

from ehr.claims.record import writing
from ehr.claims.services import undoing

pytestmark = pytest.mark.django_db

_FACILITIES, _NAMES, _CODES = [None, 1], ["Cơ sở A", ""], ["LK1", "LK2"]


@pytest.mark.parametrize(
    ("statement", "params", "column"),
    [
        (writing._SAME_CODE, [_FACILITIES, _NAMES, _CODES], "visit_link_code"),
        (writing._SAME_DAY, [[1, 2], [1, 1], [timezone.localdate()] * 2, "station", "error"], "exam_date"),
    ],
)
def test_visits_are_looked_up_one_by_one(statement, params, column):
    plan = _plan(f"SELECT t.id FROM records_encounter t WHERE {statement}", params)

    assert re.search(rf"Index Cond: .*{column}", plan), plan
    assert "Join Filter" not in plan, plan


def test_undo_looks_up_the_changes_of_each_visit():
    plan = _plan(undoing._CHANGED, ["claim", 1])

    assert "encounter_event_by on records_encounterevent" in plan, plan


def _plan(statement, params):
    with connection.cursor() as cursor:
        for table in ("records_encounter", "records_encounterevent", "claims_claim", "claims_claimversion"):
            cursor.execute("SELECT pg_clear_relation_stats('public', %s)", [table])
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")  # the tables are empty
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(row[0] for row in cursor.fetchall())
