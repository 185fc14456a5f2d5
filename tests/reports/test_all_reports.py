"""What every registered report owes its reader, asked of each of them: new ones are tested by being registered."""

import csv
import datetime as dt
import io
import json

import openpyxl
import pytest
from django.urls import reverse

from ehr.audit.models import AccessLog
from reports import services
from reports.definitions import all_definitions
from reports.letterhead import letterhead
from reports.people import behind
from reports.periods import KINDS, Period
from reports.questions import GROUPINGS, Question
from reports.registry import REPORTS
from reports.report import GROUPS
from reports.stored import as_json, csv_file, from_json
from reports.tables import WIDTHS, text_of
from reports.xlsx import xlsx_file
from tests.reports import builders as make
from tests.reports.worlds import small_world

pytestmark = pytest.mark.django_db
NAMES = sorted(REPORTS)
UNITS = ("commune", "district", "province")


@pytest.fixture
def world():
    return small_world()


def questions(report, world, user):
    """Every kind of period and every grouping of every level, each once."""
    for level, groupings in report.levels.items():
        for number, by in enumerate(groupings):
            kind = report.periods[number % len(report.periods)]
            yield _ask(report, world[level], by, kind, user)
    level = next(iter(report.levels))
    for kind in report.periods:
        yield _ask(report, world[level], report.levels[level][0], kind, user)


def _ask(report, unit, by, kind, user):
    period = Period.of(kind, make.TODAY)
    return Question(unit=unit, period=period, by=by, user=user, today=make.TODAY, options=report.options_of({}))


@pytest.mark.parametrize("name", NAMES)
def test_declaration(name):
    report = REPORTS[name]
    assert set(report.levels) <= set(UNITS)
    assert {by for ways in report.levels.values() for by in ways} <= set(GROUPINGS)
    assert report.periods
    assert set(report.periods) <= set(KINDS)
    assert report.group in GROUPS
    assert report.title[0].isupper()
    assert report.summary.endswith(".")
    assert report.key.replace("-", "").replace("_", "").isalnum()
    assert len(report.key) <= 40
    assert not {option.key for option in report.options} & {"unit", "period", "by", "page", "column", "line"}


def test_definitions_are_dated_and_have_a_source():
    for one in all_definitions():
        assert one.text.endswith("."), one
        assert one.source
        assert one.valid_to is None or one.valid_to > one.valid_from


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_whole_and_survive_json(name, world):
    report = REPORTS[name]
    for question in questions(report, world, make.user(world["province"], "head")):
        table = services.make_table(report=report, question=question)
        assert table.report == name
        assert {column.width for column in table.columns} <= WIDTHS
        assert len({column.key for column in table.columns}) == len(table.columns)
        assert len({row.key for row in table.rows}) == len(table.rows)
        assert all(set(column.of) <= {one.key for one in table.columns} for column in table.columns)
        assert (table.total is None) or table.total.key == "all"
        back = from_json(json.loads(json.dumps(as_json(table))))
        assert as_json(back) == as_json(table)
        assert back.data_hash() == table.data_hash()
        texts = [[text_of(column, row) for column in table.columns] for row in table.rows]
        assert [[text_of(column, row) for column in back.columns] for row in back.rows] == texts
        lines = list(csv.reader(io.StringIO(csv_file(table).decode("utf-8-sig"))))
        assert len(lines) == 1 + len(table.rows) + (table.total is not None)
        book = openpyxl.load_workbook(io.BytesIO(xlsx_file(table, letterhead(question.unit, make.TODAY))))
        assert book.active.print_area
        assert book.active.freeze_panes


@pytest.mark.parametrize("name", [name for name in NAMES if REPORTS[name].people or REPORTS[name].behind])
def test_every_figure_is_as_long_as_its_list(name, world):
    report, checked = REPORTS[name], 0
    for question in questions(report, world, make.user(world["province"], "head")):
        table = services.make_table(report=report, question=question)
        for column in [column for column in table.columns if column.people]:
            for row in [*table.rows, *([table.total] if table.total else [])]:
                found = behind(report=report, question=question, column=column.key, line=row.key)
                assert found is not None, (column.key, row.key)
                assert found.rows.count() == (getattr(row, column.key) or 0), (question.by, column.key, row.key)
                checked += 1
    assert checked


@pytest.mark.parametrize("name", NAMES)
def test_people_outside_the_scope_count_nowhere(name, world, login):
    """A clerk of the other commune, asking about their own, meets no one of this one; about this one: 404."""
    report = REPORTS[name]
    if "commune" not in report.levels:
        pytest.skip("not made for communes")
    user = make.user(world["other"], "head")
    address = reverse("reports:show", args=[report.path])
    client = login(user)
    assert client.get(address, {"unit": f"new-{world['commune'].code}"}).status_code == 404
    page = client.get(address, {"unit": f"new-{world['other'].code}"}).content.decode()
    assert "Thôn Một" not in page
    if report.personal:
        assert world["names"][0] not in page


@pytest.mark.parametrize("name", NAMES)
def test_small_numbers_do_not_reach_a_centre(name, world):
    report = REPORTS[name]
    if report.personal or "province" not in report.levels:
        pytest.skip("a register, or not made for provinces")
    user = make.user(world["province"], "department")
    for question in questions(report, world, user):
        table = services.make_table(report=report, question=question)
        for column in [column for column in table.columns if column.people or column.counts]:
            values = [getattr(row, column.key) for row in (*table.rows, table.total) if row is not None]
            assert not [value for value in values if value and 1 <= value < 5]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["", "tai.xlsx", "tai.csv", "tai.json"])
def test_doors(name, form, world, login, settings):
    report = REPORTS[name]
    level = next(iter(report.levels))
    user = make.user(world["province"], "head")
    address = reverse("reports:show", args=[report.path]) + form
    response = login(user).get(address, {"unit": f"{world[level].scheme}-{world[level].code}"})
    assert response.status_code == 200
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert content
    if not form:
        page = content.decode()
        main = page.split("report-question", 1)[1]
        assert "style=" not in main
        assert "<script>" not in main
        assert report.title in page
    people = AccessLog.objects.filter(user=user)
    assert people.exists() is False or report.personal
    assert {log.action for log in people} <= {"export" if form else "view"}


@pytest.mark.parametrize("name", NAMES)
def test_queries_do_not_grow(name, world, django_assert_num_queries):
    report = REPORTS[name]
    user = make.user(world["province"], "head")
    level = list(report.levels)[-1]

    def ask():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            table = services.make_table(
                report=report, question=_ask(report, world[level], report.levels[level][0], report.periods[0], user)
            )
            assert len(list(table.rows[:50])) >= 0
        return len(captured)

    ask()
    few = ask()
    for number in range(3):
        home = make.village(world["commune"], f"Thôn Thêm {number}", world["old"])
        make.visits(make.people(4, home), dt.date(2026, 3, 4))
    assert ask() == few
    assert few <= 25
