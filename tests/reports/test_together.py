"""Counted once for all units, every table is the one that its report makes alone."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.records.models import Person
from reports.periods import Period
from reports.questions import Question
from reports.registry import REPORTS
from reports.together import count_together
from stations.models import AdminUnit
from tests.reports import builders as make
from tests.reports.worlds import DONE, small_world

pytestmark = pytest.mark.django_db
TOGETHER = sorted(key for key, report in REPORTS.items() if report.tally)


@pytest.fixture
def world():
    world = small_world()
    stray = make.people(4, world["other"], **DONE)  # with a village of another commune than theirs
    Person.objects.filter(pk__in=[one.pk for one in stray]).update(village=world["villages"][0])
    make.people(5, make.village(world["other"], "Thôn Mới"), **DONE)  # without an old commune
    make.people(6, world["other"], **DONE)  # without a village
    # A commune of two districts, so that nobody can tell where those of the new village were.
    make.succession(
        make.unit("commune", "Xã Cũ Kia", make.unit("district", "Huyện Kia", scheme="old"), "old"), world["other"]
    )
    make.succession(world["old"], world["other"], default=False)
    return world


def asked(report, world):
    period, last = Period(dt.date(2026, 3, 1)), world["province"].pk  # the units before it are the real ones
    return [
        Question(unit, period, by, None, period.end)
        for unit in AdminUnit.objects.filter(pk__gte=last).order_by("pk")
        for by in report.groupings_for(unit)
    ]


@pytest.mark.parametrize("name", TOGETHER)
def test_equal_to_each_alone(name, world):
    report = REPORTS[name]
    questions = asked(report, world)
    alone = [report.build(question) for question in questions]
    together = [make() for make in count_together(report, questions)]
    assert len(together) > 2
    assert [table.data_hash() for table in together] == [table.data_hash() for table in alone]
    assert together == alone
    assert sum(row.key != "all" for table in together for row in table.rows) > 5


@pytest.mark.parametrize("name", TOGETHER)
def test_the_record_is_read_once_and_before_the_tables_are_made(name, world):
    report = REPORTS[name]
    with CaptureQueriesContext(connection) as reading:
        makers = count_together(report, asked(report, world))
    assert sum('FROM "records_person"' in query["sql"] for query in reading) == 1
    with CaptureQueriesContext(connection) as making:
        tables = [make() for make in makers]
    assert len(tables) > 2
    assert not [query for query in making if "records_" in query["sql"]]


def test_a_report_that_cannot_be_counted_together_is_made_one_by_one(world):
    report = REPORTS["births"]
    questions = asked(report, world)
    assert [make() for make in count_together(report, questions)] == [report.build(question) for question in questions]
