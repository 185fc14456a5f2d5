"""What comes back: plain data for programs, the refused rows for the officer to correct."""

import io

import openpyxl
import pytest

from ehr.intake import services
from ehr.intake.models import ImportRow
from ehr.records.models import Person
from tests.ehr.intake.sheets import HEADER, PEOPLE, sheet
from tests.factories.records import IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
TITLE = ["ỦY BAN NHÂN DÂN PHƯỜNG NAM SẦM SƠN", "PHIẾU ĐIỀU TRA SỨC KHỎE HỘ GIA ĐÌNH"]


def faulty():
    rows = [list(row) for row in PEOPLE]
    rows[1][HEADER.index("Ngày sinh")] = "31/02/1982"
    rows[3][HEADER.index("Số CCCD")] = "03805590000"
    rows[3][HEADER.index("Dân tộc")] = "=HYPERLINK(1)"
    return rows


def grid(data):
    page = openpyxl.load_workbook(io.BytesIO(data)).active
    return [["" if cell is None else cell for cell in row] for row in page.iter_rows(values_only=True)]


def test_result_is_what_the_issue_asks_for(send):
    batch = send(faulty())
    found = services.result(batch)
    assert found["batch"] == str(batch.key)
    assert set(found["counts"]) == {"rows", "new", "updated", "unchanged", "possible_duplicate", "refused"}
    assert found["counts"]["rows"] == 4
    assert sum(found["counts"].values()) == 8
    for problem in found["problems"]:
        assert set(problem) == {"sheet", "row", "column", "value", "code", "level", "message"}
    date = next(each for each in found["problems"] if each["value"] == "31/02/1982")
    assert (date["row"], date["column"], date["level"]) == (3, "E", "error")


def test_refused_rows_come_back_as_they_were_with_the_reason(send):
    batch = send(data=sheet(faulty(), title=TITLE))
    rows = grid(services.refused_workbook(batch))

    assert [rows[0][0], rows[1][0]] == TITLE
    assert rows[2] == [*HEADER, "Lý do"]
    refused = ImportRow.objects.filter(batch=batch, fate="refused").order_by("position")
    assert len(rows) == 3 + len(refused)
    assert rows[3][: len(HEADER)] == faulty()[1]
    assert rows[3][-1].startswith("Cột E: ")


def test_cells_that_would_be_formulas_are_defused(send):
    batch = send(faulty())
    cells = [cell for row in grid(services.refused_workbook(batch)) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    book = openpyxl.load_workbook(io.BytesIO(services.refused_workbook(batch)))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def test_the_corrected_file_can_be_sent_as_it_is(write, users):
    batch = write(data=sheet(faulty(), title=TITLE))
    book = openpyxl.load_workbook(io.BytesIO(services.refused_workbook(batch)))
    page = book.active
    for row in page.iter_rows(min_row=4):
        page.cell(row[0].row, HEADER.index("Ngày sinh") + 1).value = "05/09/1955"
        page.cell(row[0].row, HEADER.index("Số CCCD") + 1).value = ""
        page.cell(row[0].row, HEADER.index("Dân tộc") + 1).value = "Kinh"
    out = io.BytesIO()
    book.save(out)

    again = write(data=out.getvalue(), name="tu-choi.xlsx")

    assert again.counts["refused"] == 0, [row.problems for row in again.rows.all()]
    assert again.counts["new"] == batch.counts["refused"]
    assert Person.objects.count() == 4


def test_possible_duplicates_say_why_and_wait(write, users, places):
    known = PersonFactory(full_name="Lê Văn Khác", village=places.villages[0])
    IdentifierFactory(person=known, value="038080900001")
    MembershipFactory(person=known)

    batch = write()

    assert (batch.counts["written"], batch.counts["possible_duplicate"]) == (3, 1)
    (problem,) = [each for each in services.result(batch)["problems"] if each["code"] == "row.possible_duplicate"]
    assert "khác họ tên" in problem["message"]
    assert problem["row"] == 2
    assert Person.objects.count() == 4
