"""Taking a batch back."""

import json
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from ehr.intake import services
from ehr.intake.models import ImportRow
from ehr.intake.services import tables, undoing
from ehr.records.models import Household, Membership, Person
from ehr.records.services import save_encounter, save_history, save_person
from tests.ehr.intake.sheets import HEADER, PEOPLE, person
from tests.factories.records import IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
# What came later is told by the times of transactions: these tests commit.
REAL = pytest.mark.django_db(transaction=True)
NOT_COMPARED = {"updated_at", "version"}


def contents():
    """All rows of the record as they stand, without what an undo may not put back."""
    found = {}
    with connection.cursor() as cursor:
        for table in (*tables.tables(), tables.household_table()):
            cursor.execute(f"SELECT to_jsonb(t) FROM {table.name} t ORDER BY id")
            found[table.name] = [
                {name: value for name, value in json.loads(row[0]).items() if name not in NOT_COMPARED}
                for row in cursor.fetchall()
            ]
    return found


def without_history():
    """As after a load with the triggers off: rows without any version."""
    with connection.cursor() as cursor:
        for table in (*tables.tables(), tables.household_table()):
            cursor.execute(f"DELETE FROM {table.history}")


def rows(number=None, **change):
    found = [list(row) for row in PEOPLE]
    for column, value in change.items():
        found[number][HEADER.index(column.replace("_", " "))] = value
    return found


def test_what_a_batch_made_is_gone(write, users):
    before = contents()
    batch = write()
    assert contents() != before

    batch = services.undo(batch, by=users.clerk, wait=True)

    assert batch.state == "undone"
    assert contents() == before
    assert Household.objects.count() == Person.objects.count() == 0
    assert (batch.counts["undone"], batch.counts["kept"], batch.undone_by) == (4, 0, users.clerk)
    assert set(ImportRow.objects.filter(batch=batch).values_list("state", "person")) == {("undone", None)}


def test_the_file_can_be_sent_again_after_an_undo(write, users):
    services.undo(write(), by=users.clerk, wait=True)
    batch = write()
    assert (batch.counts["new"], Person.objects.count()) == (4, 4)


BIG_CHANGE = [
    # the wife becomes head of a household of her own in the other village, with a new number and name
    ["2", "H09", "Nguyễn Thị Chiều Muộn", "Chủ hộ", "05/09/1982", "Nữ", "038182900002", "Thôn Bắc Nam", "Tày", ""],
    # her son is head of the old household
    ["3", "H01", "Lê Văn Trưa", "Chủ hộ", "01/02/2010", "Nam", "038210900003", "Thôn Đông Hải", "Kinh", "0912000078"],
    ["5", "H01", "Lê Thị Mới", "Con", "01/02/2020", "Nữ", "", "Thôn Đông Hải", "Kinh", ""],
]  # fmt: skip


@pytest.mark.parametrize("history", [True, False], ids=["with history", "loaded without history"])
def test_what_a_batch_changed_is_as_before(write, users, history):
    write()
    if not history:
        without_history()
    before = contents()

    batch = write(BIG_CHANGE)
    decided = ImportRow.objects.filter(batch=batch, fate="possible_duplicate")
    for row in decided:
        services.decide(row, "same", by=users.clerk)
    batch = services.confirm(batch, by=users.clerk, wait=True)
    assert batch.counts["written"] == 3, [(row.fate, row.problems, row.candidates) for row in batch.rows.all()]
    assert contents() != before

    batch = services.undo(batch, by=users.clerk, wait=True)

    after = contents()
    for name in before:
        assert after[name] == before[name], name
    assert batch.counts["undone"] == 3


@REAL
def test_who_was_changed_since_blocks_and_the_rest_goes(write, users, head):
    batch = write()
    changed = Person.objects.get(full_name="Lê Văn Trưa")
    save_person(person=changed, values={"phone_mobile": "0912000099"}, by=head, door="screen")

    (blocker,) = services.blockers(batch)
    assert (blocker.person, blocker.who, blocker.door) == (changed, str(head), "Màn hình nhập liệu")
    with pytest.raises(ValidationError) as refused:
        services.undo(batch, by=users.clerk, wait=True)
    assert refused.value.code == "batch.blocked"
    assert Person.objects.count() == 4

    batch = services.undo(batch, by=users.clerk, rest=True, wait=True)

    assert batch.state == "undone"
    assert Person.objects.get() == changed
    assert Membership.objects.get().household == Household.objects.get()
    assert (batch.counts["undone"], batch.counts["kept"]) == (3, 1)
    assert "1 hồ sơ" in batch.message
    assert ImportRow.objects.get(batch=batch, person=changed).state == "kept"


def encounter(person, by):
    save_encounter(person=person, values={"exam_date": date(2026, 2, 10), "bp_systolic": 120}, by=by, door="screen")


def history(person, by):
    save_history(person=person, values={"risk_smoking": "0"}, by=by, door="screen")


@REAL
@pytest.mark.parametrize("change", [encounter, history])
def test_what_rests_on_a_new_person_blocks(write, head, change):
    batch = write()
    person = Person.objects.get(full_name="Lê Văn Trưa")
    change(person, head)
    assert [blocker.person for blocker in services.blockers(batch)] == [person]


def test_a_child_of_somebody_elses_batch_keeps_its_mother(write, users):
    batch = write()
    mother = Person.objects.get(full_name="Nguyễn Thị Chiều")
    child = PersonFactory(full_name="Lê Bé Sau", village=mother.village, mother=mother)

    batch = services.undo(batch, by=users.clerk, rest=True, wait=True)

    child.refresh_from_db()
    assert child.mother == mother
    assert batch.counts["kept"] == 1
    assert Person.objects.count() == 2


@REAL
def test_a_later_batch_blocks_until_it_is_undone_itself(write, users):
    first = write()
    second = write(rows(1, Số_điện_thoại="0912000099"))
    assert [blocker.door for blocker in services.blockers(first)] == ["Tệp Excel"]
    services.undo(second, by=users.clerk, wait=True)
    assert services.blockers(first) == []
    services.undo(first, by=users.clerk, wait=True)
    assert Person.objects.count() == 0


def test_others_who_joined_a_household_of_the_batch_keep_it(write, users, places):
    batch = write()
    household = Household.objects.get(code="H01")
    PersonFactory(full_name="Lê Thị Khác", village=places.villages[0])
    guest = Person.objects.get(full_name="Lê Thị Khác")
    MembershipFactory(person=guest, household=household)

    services.undo(batch, by=users.clerk, wait=True)

    assert Household.objects.get() == household
    assert Membership.objects.get().person == guest


def test_an_undo_in_small_chunks_is_the_same(write, users, monkeypatch):
    before = contents()
    batch = write([person(number) for number in range(20)])
    services.undo(batch, by=users.clerk)
    assert undoing.undo_chunk(batch.pk, size=3)
    batch.refresh_from_db()
    assert (batch.state, batch.done, Person.objects.count()) == ("undoing", 3, 17)
    services.run_undo(batch)
    assert contents() == before


def test_the_undo_itself_stands_in_the_history(write, users, head):
    batch = write()
    services.undo(batch, by=head, wait=True)
    from tests.ehr.intake.services.test_writing import PersonEvent

    last = PersonEvent.objects.order_by("pgh_id").last()
    assert (last.pgh_label, last.pgh_context) == ("delete", {"user": head.pk, "door": "excel", "undo": batch.pk})


def test_who_may_undo(write, users, places):
    batch = write()
    for role in ("centre", "department", "admin", "nobody", "far"):
        with pytest.raises(PermissionDenied):
            services.undo(batch, by=getattr(users, role), wait=True)
    from tests.factories.users import AssignmentFactory, UserFactory

    colleague = UserFactory()
    AssignmentFactory(user=colleague, role="clerk", unit=places.commune)
    with pytest.raises(PermissionDenied):
        services.undo(batch, by=colleague, wait=True)
    assert services.undo(batch, by=users.head, wait=True).state == "undone"


def test_only_what_is_written_can_be_undone(send, users):
    with pytest.raises(ValidationError):
        services.undo(send(), by=users.clerk, wait=True)


def test_what_was_there_before_the_batch_stays(write, users, places):
    known = PersonFactory(full_name="Lê Văn Sáng", birth_date=date(1980, 3, 12), village=places.villages[0])
    IdentifierFactory(person=known, value="038080900001")
    before = contents()
    batch = write()
    assert batch.counts["updated"] == 1
    services.undo(batch, by=users.clerk, wait=True)
    assert contents() == before


def test_a_chunk_costs_the_same_number_of_queries_at_two_sizes(write, users, django_assert_max_num_queries):
    from django.test.utils import CaptureQueriesContext

    batch = write([person(number) for number in range(60)])
    services.undo(batch, by=users.clerk)
    with CaptureQueriesContext(connection) as small:
        undoing.undo_chunk(batch.pk, size=5)
    with CaptureQueriesContext(connection) as large:
        undoing.undo_chunk(batch.pk, size=50)
    assert len(small) == len(large)
