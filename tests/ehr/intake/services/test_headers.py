"""Where a table begins, when the machine cannot tell; and a preview that waited is read again."""

import pytest
from django.core.exceptions import ValidationError

from ehr.intake import services
from ehr.intake.files import FileRefused
from ehr.intake.models import ImportBatch, SavedMapping
from ehr.intake.services import HeaderAt
from tests.ehr.intake.sheets import sheet
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db
State = ImportBatch.State
STRANGE = ["TT", "Danh tính", "Chào đời", "Phái", "Xóm ngõ"]  # no heading that anybody knows
ROWS = [["1", "Lê Văn Sáng", "12/03/1980", "Nam", "Thôn Đông Hải"], ["2", "Lê Thị Chiều", "5/9/1982", "Nữ", ""]]
FIELDS = {"Danh tính": "full_name", "Chào đời": "birth_date", "Phái": "sex", "Xóm ngõ": "current_village_code"}


def mapped(layout):
    for column in layout.columns:
        column.field = FIELDS.get(column.header, "")
    return layout.to_json()


@pytest.fixture
def strange(send):
    return send(data=sheet(ROWS, STRANGE, title=["DANH SÁCH", "năm 2026"]))


def test_without_a_known_heading_no_table_is_found(strange):
    assert (strange.state, strange.message_code) == (State.REFUSED, "file.no_table")
    [top] = services.top_of_sheets(strange)
    assert top.rows[2][1] == "Danh tính" and len(top.rows) == 5


def test_the_officer_points_at_the_header_and_maps_its_columns(strange, users):
    [layout] = services.layouts_at(strange, [HeaderAt(3, place=0)])
    assert [column.header for column in layout.columns] == STRANGE
    assert layout.columns[1].samples == ["Lê Văn Sáng", "Lê Thị Chiều"]
    strange.refresh_from_db()
    assert (strange.state, strange.layout) == (State.REFUSED, [])  # nothing is stored by looking

    batch = services.set_columns(strange, [mapped(layout)], by=users.clerk, wait=True)

    assert (batch.state, batch.counts["rows"], batch.counts["new"]) == (State.PREVIEW, 2, 2)
    assert [(row.number, row.label) for row in batch.rows.order_by("position")] == [
        (4, "Lê Văn Sáng"), (5, "Lê Thị Chiều"),
    ]  # fmt: skip


def test_rows_far_below_the_header_are_looked_over_when_the_file_is_read(send, users):
    rows = [[str(n), f"Lê Văn {chr(65 + n // 26)}a{chr(97 + n % 26)}", "1980", "Nam", ""] for n in range(500)]
    batch = send(data=sheet([*rows, ["Tổng cộng", "500 người", "", "", ""]], STRANGE))
    [layout] = services.layouts_at(batch, [HeaderAt(1)])

    batch = services.set_columns(batch, [mapped(layout)], by=users.clerk, wait=True)

    assert batch.counts["rows"] == 500
    assert batch.layout[0]["skip"] == [502] or batch.layout[0]["last_row"] < 502


def test_a_saved_mapping_finds_its_table_again(strange, send, users):
    [layout] = services.layouts_at(strange, [HeaderAt(3)])
    services.set_columns(strange, [mapped(layout)], by=users.clerk, save=True, wait=True)

    again = send(data=sheet([["1", "Phạm Hữu Tối", "1955", "Nam", ""]], STRANGE, title=["Tháng sau"]))

    assert SavedMapping.objects.count() == 1
    assert (again.state, again.counts["new"], again.layout[0]["header_row"]) == (State.PREVIEW, 1, 2)


def test_a_header_of_two_rows_and_one_that_was_found_wrongly(send, users):
    upper = ["TT", "Danh tính", "Chào đời", "", "Phái"]
    lower = ["", "", "Ngày", "Năm", ""]
    batch = send(data=sheet([["1", "Lê Văn Sáng", "12/3", "1980", "Nam"]], lower, title=["Sổ"]).replace(
        b"\r\n", b"\r\n" + ",".join(upper).encode() + b"\r\n", 1))  # fmt: skip
    [two] = services.layouts_at(batch, [HeaderAt(2, rows=2)])
    [one] = services.layouts_at(batch, [HeaderAt(2, rows=1)])

    assert two.columns[3].header == "Chào đời › Năm"
    assert (one.columns[1].header, one.columns[2].samples) == ("Danh tính", ["Ngày", "12/3"])


@pytest.mark.parametrize(
    ("header", "code"), [(HeaderAt(90), "file.no_header"), (HeaderAt(3, place=4), "file.no_sheet")]
)
def test_a_row_or_sheet_that_is_not_there(strange, header, code):
    with pytest.raises(FileRefused) as refused:
        services.layouts_at(strange, [header])
    assert refused.value.code == code


def test_headers_come_with_the_file(send):
    batch = send(data=sheet(ROWS, ["TT", "Họ tên", "Chào đời", "Phái", "Xóm ngõ"]), headers=[HeaderAt(1)])
    assert (batch.state, batch.counts["rows"]) == (State.PREVIEW, 2)
    empty = send(data=sheet(ROWS, STRANGE), headers=[HeaderAt(70)])
    assert (empty.state, empty.message_code) == (State.REFUSED, "file.no_header")
    assert "Dòng 70" in empty.message


@pytest.mark.parametrize("change", [{"birth_date": "khong-co"}, {"full_name": ""}, {"birth_date": "sex"}])
def test_a_mapping_that_cannot_be_read_is_refused(strange, users, change):
    [layout] = services.layouts_at(strange, [HeaderAt(3)])
    data = mapped(layout)
    for column in data["columns"]:
        column["field"] = change.get(column["field"], column["field"])

    with pytest.raises(ValidationError) as refused:
        services.set_columns(strange, [data], by=users.clerk)

    assert refused.value.code in ("columns.unknown", "columns.no_name", "columns.twice")
    strange.refresh_from_db()
    assert strange.state == State.REFUSED


# --- the same file again ----------------------------------------------------------------------------------------------


def known():
    """Somebody with the number of a row, under another name."""
    IdentifierFactory(person=PersonFactory(full_name="Lê Văn Khác"), value="038080900001")


def test_a_preview_that_waited_is_read_again(send):
    batch = send()
    assert batch.counts["new"] == 4
    known()

    again = send()

    assert again.pk == batch.pk
    assert (again.state, again.counts["possible_duplicate"]) == (State.PREVIEW, 1)
    assert again.rows.count() == 4


def test_a_preview_on_which_somebody_worked_stays(send, users):
    known()
    batch = send()
    row = batch.rows.get(fate="possible_duplicate")
    services.decide(row, "new", by=users.clerk)

    again = send()

    assert again.read_at == batch.read_at
    assert again.rows.get(pk=row.pk).decision == "new"
    with pytest.raises(ValidationError) as refused:
        send(headers=[HeaderAt(1)])
    assert refused.value.code == "batch.decided"


def test_a_preview_is_read_again_by_the_worker(send, django_capture_on_commit_callbacks):
    batch = send()
    with django_capture_on_commit_callbacks() as later:
        again = send(wait=False)
    assert (again.pk, again.state, len(later)) == (batch.pk, State.READING, 1)
    assert not again.rows.exists()
