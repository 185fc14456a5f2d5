"""The decision list, and sheets that complete each other."""

import io

import pytest
import xlsxwriter
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.intake import services
from ehr.intake.models import Fate, ImportRow
from ehr.records.models import Condition, Person
from tests.ehr.intake.sheets import HEADER, PEOPLE
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(send, places):
    """(batch, its row that may be somebody, that person): the number of Lê Văn Sáng under another name."""
    known = PersonFactory(full_name="Lê Văn Khác", village=places.villages[0])
    IdentifierFactory(person=known, value="038080900001")
    batch = send()
    return batch, ImportRow.objects.get(batch=batch, fate=Fate.DUPLICATE), known


def test_the_same_person_is_updated(asked, users):
    batch, row, known = asked
    row = services.decide(row, "same", by=users.clerk, person=known)
    assert (row.decision, row.person, row.fate) == ("same", known, Fate.DUPLICATE)
    assert row.changes["full_name"] == ["Lê Văn Khác", "Lê Văn Sáng"]
    assert not Person.objects.filter(full_name="Lê Văn Sáng").exists()

    batch = services.confirm(batch, by=users.clerk, wait=True)

    known.refresh_from_db()
    row.refresh_from_db()
    assert (known.full_name, row.state, row.fate) == ("Lê Văn Sáng", "written", Fate.UPDATE)
    assert Person.objects.count() == 4


def test_another_person_with_a_number_in_use_is_refused_aloud(asked, users):
    batch, row, known = asked
    row = services.decide(row, "new", by=users.clerk)
    assert "id_number.taken" in {each["code"] for each in row.problems}
    services.confirm(batch, by=users.clerk, wait=True)
    row.refresh_from_db()
    assert (row.state, row.fate, row.person) == ("skipped", Fate.REFUSED, None)
    known.refresh_from_db()
    assert known.full_name == "Lê Văn Khác"


def test_another_person_of_the_same_name_is_made(send, users, places):
    PersonFactory(full_name="Lê Văn Sáng", birth_date="1980-03-12", village=places.villages[1])
    rows = [list(PEOPLE[0])]
    rows[0][HEADER.index("Số CCCD")] = ""
    batch = send(rows)
    row = ImportRow.objects.get(batch=batch)
    assert row.fate == Fate.DUPLICATE
    services.decide(row, "new", by=users.clerk)
    services.confirm(batch, by=users.clerk, wait=True)
    row.refresh_from_db()
    assert (row.state, row.fate) == ("written", Fate.NEW)
    assert Person.objects.filter(full_name="Lê Văn Sáng").count() == 2


def test_a_decision_is_taken_back(asked, users):
    batch, row, _known = asked
    services.decide(row, "new", by=users.clerk)
    row = services.decide(row, "", by=users.clerk)
    assert (row.decision, row.person, row.changes, row.problems) == ("", None, {}, [])
    services.confirm(batch, by=users.clerk, wait=True)
    row.refresh_from_db()
    assert row.state == "waiting"


def test_a_row_is_left_out(asked, users):
    batch, row, _known = asked
    services.decide(row, "skip", by=users.clerk)
    other = ImportRow.objects.get(batch=batch, number=3)
    services.decide(other, "skip", by=users.clerk)
    batch = services.confirm(batch, by=users.clerk, wait=True)
    assert (batch.counts["written"], batch.counts["skipped"]) == (2, 2)


def test_only_a_candidate_can_be_chosen(asked, users, places):
    _batch, row, known = asked
    stranger = PersonFactory(village=places.villages[0])
    with pytest.raises(ValidationError) as refused:
        services.decide(row, "same", by=users.clerk, person=stranger)
    assert refused.value.code == "person.candidate"
    with pytest.raises(PermissionDenied):
        services.decide(row, "same", by=users.far, person=known)


def test_a_written_row_is_decided(asked, users):
    batch, _row, _known = asked
    services.confirm(batch, by=users.clerk, wait=True)
    with pytest.raises(ValidationError) as refused:
        services.decide(ImportRow.objects.get(batch=batch, number=3), "skip", by=users.clerk)
    assert refused.value.code == "row.state"


# --- part B beside part A --------------------------------------------------------------------------------------------


def workbook(*sheets):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, rows in sheets:
            page = book.add_worksheet(name)
            for line, row in enumerate(rows):
                page.write_row(line, 0, row)
    return out.getvalue()


PART_B = [
    ["Mã hộ", "Họ và tên", "Ngày sinh", "Giới tính", "Thôn", "Hen suyễn"],
    ["H01", "Lê Văn Sáng", "12/03/1980", "Nam", "Thôn Đông Hải", "x"],
    ["H02", "Phạm Hữu Tối", "1955", "Nam", "Thôn Bắc Nam", "x"],
]


def test_a_sheet_of_part_b_in_the_same_file_adds_to_the_people_of_part_a(write):
    batch = write(data=workbook(("Phần A", [HEADER, *PEOPLE]), ("Phần B", PART_B)), name="phieu.xlsx")
    assert (batch.counts["rows"], batch.counts["written"], batch.counts["new"]) == (6, 6, 4), [
        (row.fate, row.problems) for row in batch.rows.all()
    ]
    assert Person.objects.count() == 4
    asthmatics = Condition.objects.filter(answer="yes").values_list("person__full_name", flat=True)
    assert sorted(asthmatics) == ["Lê Văn Sáng", "Phạm Hữu Tối"]


def test_a_sheet_of_part_b_that_comes_later_finds_them(write, users):
    write()
    batch = write(data=workbook(("Phần B", PART_B)), name="phan-b.xlsx")
    assert (batch.counts["updated"], batch.counts["written"]) == (2, 2), [
        (row.fate, row.problems, row.candidates) for row in batch.rows.all()
    ]
    assert Condition.objects.filter(answer="yes").count() == 2
    services.undo(batch, by=users.clerk, wait=True)
    assert not Condition.objects.exists()
    assert Person.objects.count() == 4


def test_both_sheets_of_a_file_are_undone(write, users):
    batch = write(data=workbook(("Phần A", [HEADER, *PEOPLE]), ("Phần B", PART_B)), name="phieu.xlsx")
    batch = services.undo(batch, by=users.clerk, wait=True)
    assert (batch.counts["undone"], Person.objects.count(), Condition.objects.count()) == (6, 0, 0)


def test_the_same_two_sheets_again_change_nothing(write, send):
    data = workbook(("Phần A", [HEADER, *PEOPLE]), ("Phần B", PART_B))
    write(data=data, name="phieu.xlsx")
    batch = send(data=data, name="phieu.xlsx")
    assert batch.counts["unchanged"] == 6


def test_what_adds_to_an_undecided_person_waits_with_it(send, users, places):
    known = PersonFactory(full_name="Lê Văn Khác", village=places.villages[0])
    IdentifierFactory(person=known, value="038080900001")
    batch = send(data=workbook(("Phần A", [HEADER, *PEOPLE]), ("Phần B", PART_B)), name="phieu.xlsx")

    batch = services.confirm(batch, by=users.clerk, wait=True)

    waiting = ImportRow.objects.filter(batch=batch, state="waiting").order_by("position")
    assert [row.label for row in waiting] == ["Lê Văn Sáng", "Lê Văn Sáng"]
    services.decide(waiting[0], "same", by=users.clerk)
    batch = services.confirm(batch, by=users.clerk, wait=True)
    assert batch.counts["written"] == 6
    assert Condition.objects.filter(person=known, answer="yes").exists()


def test_what_adds_to_a_refused_person_is_refused(send, users):
    rows = [list(row) for row in PEOPLE]
    rows[0][HEADER.index("Giới tính")] = "Không rõ chữ"
    batch = send(data=workbook(("Phần A", [HEADER, *rows]), ("Phần B", PART_B)), name="phieu.xlsx")
    batch = services.confirm(batch, by=users.clerk, wait=True)
    row = ImportRow.objects.get(batch=batch, sheet="Phần B", label="Lê Văn Sáng")
    assert (row.fate, row.state) == (Fate.REFUSED, "skipped"), row.problems
    assert row.problems[-1]["code"] == "row.first_missing"
