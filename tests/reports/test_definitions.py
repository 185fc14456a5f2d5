"""Two sets of definitions over one month: the period's own, and another day's when it is asked for (REQ-RPT-11)."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reports import definitions, plan
from reports.periods import Period
from reports.registry import REPORTS
from reports.services import make_table
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
NEW = dt.date(2027, 3, 1)


@pytest.fixture
def two_sets(monkeypatch):
    """TGT-03 means something else from 01/03/2027 on."""
    old = definitions.all_definitions()
    ended = [replace(one, valid_to=NEW) if one.code == "TGT-03" else one for one in old]
    begun = replace(next(one for one in old if one.code == "TGT-03"), text="(5) Nghĩa mới.", valid_from=NEW)
    monkeypatch.setattr(definitions, "all_definitions", lambda: (*ended, begun))


@pytest.fixture
def commune():
    commune = make.unit("commune", "Xã Thử", make.unit("province", "Tỉnh Thử"))
    make.people(7, make.village(commune, "Thôn A"))
    return commune


def test_february_by_both_sets(commune, two_sets):
    question = replace(make.ask(commune), period=Period(dt.date(2027, 2, 1)), today=dt.date(2027, 3, 2))
    own, other = (
        make_table(report=plan.REPORT, question=asked)
        for asked in (question, replace(question, definitions_of=dt.date(2027, 3, 1)))
    )
    assert [row.achieved for row in own.rows] == [row.achieved for row in other.rows] == [7]
    assert "(5) Nghĩa mới." not in own.definitions
    assert "(5) Nghĩa mới." in other.definitions
    assert other.version == "2027-03-01" != own.version
    assert own.data_hash() != other.data_hash()
    assert other.notes[0].text == "Theo bộ định nghĩa có hiệu lực ngày 01/03/2027."


def test_every_report_takes_the_set_it_is_asked_for(commune, two_sets):
    asked = replace(make.ask(commune), definitions_of=NEW)
    assert asked.defined_on == NEW
    assert replace(asked, definitions_of=None).defined_on == asked.period.last_day
    tables = [
        REPORTS[name].build(replace(asked, by=REPORTS[name].levels["commune"][0]))
        for name in ("coverage", "plan", "progress", "quality_rules", "movement")
    ]
    assert all(table.definitions for table in tables)
    assert [table.report for table in tables if "(5) Nghĩa mới." in table.definitions] == ["plan", "progress"]


def test_from_the_command_line(commune, two_sets, tmp_path):
    given = ["report", "plan", "--unit", commune.code, "--period", "2026-02", "--format", "json", "-o"]
    call_command(*given, str(tmp_path / "own.json"))
    call_command(*given, str(tmp_path / "other.json"), "--definitions", "2027-03-01")
    own, other = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("own", "other"))
    assert own["version"] != other["version"] == "2027-03-01"
    assert own["rows"] == other["rows"]
    with pytest.raises(CommandError, match="không phải là ngày"):
        call_command(*given, str(tmp_path / "x.json"), "--definitions", "01/03/2027")
