"""What a sheet says less exactly than the record already knows is no change; sheets without people are named."""

from datetime import date

import pytest

from ehr.intake.models import ImportRow
from ehr.records.models import Person
from scripts.sample_sheet import survey
from tests.ehr.intake.sheets import HEADER, PEOPLE

pytestmark = pytest.mark.django_db


def with_birth(text):
    row = list(PEOPLE[0])
    row[HEADER.index("Ngày sinh")] = text
    return [row]


@pytest.mark.parametrize("less", ["1980", "03/1980", "?"])
def test_a_vaguer_birth_date_changes_nothing(less, write, send):
    write(with_birth("12/03/1980"))

    batch = send(with_birth(less))

    assert [(row.fate, row.changes) for row in ImportRow.objects.filter(batch=batch)] == [("unchanged", {})]


def test_a_fuller_birth_date_is_a_change(write):
    write(with_birth("1980"))
    write(with_birth("12/03/1980"))

    person = Person.objects.get()
    assert (person.birth_date, person.birth_precision) == (date(1980, 3, 12), "day")


def test_another_year_is_a_change(write, send):
    write(with_birth("12/03/1980"))

    batch = send(with_birth("1981"))

    assert [row.changes.get("birth_date") for row in ImportRow.objects.filter(batch=batch)] == [["1980-03-12", "1981"]]


def test_sheets_without_people_are_named(send):
    batch = send(data=survey(), name="phieu.xlsx")

    assert [layout["sheet"] for layout in batch.layout] == ["Thôn Đông Hải"]
    assert "Bỏ qua trang «Ghi chú»: không có bảng người." in batch.layout[0]["notes"]
