"""Vaccines, schedule and the printed rows of section C."""

import re

import pytest
from django.core.management import CommandError, call_command

from ehr.common.sections import load_form831
from ehr.vaccination import reference
from ehr.vaccination.models import FormRow, ScheduleDose, Vaccine

pytestmark = pytest.mark.django_db
DURATION = re.compile(r"P(\d+[YMWD])+")


def test_counts():
    counts = Vaccine.objects.count(), ScheduleDose.objects.count(), FormRow.objects.count()
    assert counts == (55, 78, 32)


def test_the_rows_are_those_of_the_form_in_its_order():
    printed = [
        item.code
        for section in load_form831()
        for item in section.items()
        if re.match("c[123]_", item.code) and "_col_" not in item.code
    ]
    assert list(FormRow.objects.order_by("position").values_list("code", flat=True)) == printed


def test_each_row_says_vaccine_and_dose():
    rows = {
        row.code: (row.table, row.vaccine.code, row.dose_number) for row in FormRow.objects.select_related("vaccine")
    }
    assert rows["c1_bcg"] == ("1", "BCG", 1)
    assert rows["c1_hepb_birth"] == ("1", "HEPB0", 0)
    assert rows["c1_dpt_4"] == ("1", "DPT", 4)
    assert rows["c2_mumps_3"] == ("2", "MUMPS", 3)
    assert rows["c3_tetanus_5"] == ("3", "TT", 5)


def test_programme_rows_of_the_child_table_stand_in_the_schedule():
    doses = set(ScheduleDose.objects.filter(program="EPI").values_list("vaccine", "dose_number"))
    rows = set(FormRow.objects.filter(table="1").values_list("vaccine", "dose_number"))
    assert rows <= doses


def test_ages_and_intervals_are_durations():
    names = ("recommended_age", "min_age", "max_age", "min_interval")
    values = {value for row in ScheduleDose.objects.values_list(*names) for value in row if value}
    assert values
    assert [value for value in values if not DURATION.fullmatch(value)] == []


def test_a_dose_of_an_unknown_vaccine_stops_the_load(tmp_path, monkeypatch):
    for path in reference.FIXTURES.glob("*.csv"):
        (tmp_path / path.name).write_text(
            path.read_text(encoding="utf-8").replace("EPI,BCG,", "EPI,KHONG_CO,"), encoding="utf-8"
        )
    monkeypatch.setattr(reference, "FIXTURES", tmp_path)
    with pytest.raises(CommandError, match="KHONG_CO không có trong danh mục"):
        call_command("load_reference", only=["schedule"])
