"""From a file to people: preview, confirm, write."""

import uuid
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.common.dates import PartialDate
from ehr.intake import services
from ehr.intake.models import Fate, ImportBatch, ImportFile, ImportRow
from ehr.records.models import Household, Identifier, Membership, Person
from ehr.records.services import save_person
from tests.ehr.intake.sheets import HEADER, PEOPLE, person, sheet
from tests.factories.records import IdentifierFactory, PersonFactory

PersonEvent = apps.get_model("records", "PersonEvent")

pytestmark = pytest.mark.django_db


def fates(batch):
    return [(row.number, row.fate, row.state) for row in ImportRow.objects.filter(batch=batch).order_by("position")]


def test_a_sheet_becomes_people(send, write):
    batch = send()
    assert (batch.state, batch.message) == ("preview", "")
    assert batch.counts["rows"] == batch.counts["new"] == 4, [
        row.problems for row in ImportRow.objects.filter(batch=batch)
    ]
    assert Person.objects.count() == 0

    batch = write()

    assert batch.state == "done"
    assert batch.counts["written"] == 4
    assert sorted(Person.objects.values_list("full_name", flat=True)) == sorted(row[2] for row in PEOPLE)
    assert Identifier.objects.filter(value="038080900001").get().person.full_name == "Lê Văn Sáng"
    assert Household.objects.count() == 2
    assert Membership.objects.filter(is_head=True).count() == 2
    assert {row.fate for row in ImportRow.objects.filter(batch=batch)} == {Fate.NEW}
    assert ImportRow.objects.filter(batch=batch, person=None).count() == 0


def changed(number, column, value):
    """PEOPLE with one cell changed."""
    rows = [list(row) for row in PEOPLE]
    rows[number][HEADER.index(column)] = value
    return rows


def test_the_same_file_again_changes_nothing_and_says_so(write, send):
    first = write()
    versions = list(PersonEvent.objects.values_list("pgh_id", flat=True))

    again = send()

    assert again.pk != first.pk
    assert (again.state, again.message_code) == ("preview", "same_file")
    assert "đã được nhập" in again.message
    assert (again.counts["rows"], again.counts["unchanged"]) == (4, 4)
    again = write()
    assert again.state == "done"
    assert list(PersonEvent.objects.values_list("pgh_id", flat=True)) == versions


def test_a_file_that_is_being_handled_is_not_taken_twice(send, users):
    first = send()
    assert send().pk == first.pk
    services.cancel(first, by=users.clerk)
    assert send().pk != first.pk
    assert ImportFile.objects.count() == 1


def test_a_double_click_gives_the_batch_of_the_first(send, write):
    key = uuid.uuid4()
    first = write(key=key)
    assert first.state == "done"
    assert send(key=key).pk == first.pk
    assert ImportBatch.objects.count() == 1


def test_a_corrected_file_changes_only_the_corrected_rows(write, send):
    write()
    versions = PersonEvent.objects.count()

    batch = send(changed(1, "Số điện thoại", "0912000099"))

    assert (batch.counts["updated"], batch.counts["unchanged"]) == (1, 3)
    row = ImportRow.objects.get(batch=batch, fate=Fate.UPDATE)
    assert (row.number, row.changes) == (3, {"phone_mobile": ["0912000002", "0912000099"]})
    batch = write(changed(1, "Số điện thoại", "0912000099"))
    assert batch.counts["written"] == 1
    assert Person.objects.get(full_name="Nguyễn Thị Chiều").phone_mobile == "0912000099"
    assert PersonEvent.objects.count() == versions + 1


def test_an_empty_cell_blanks_nothing(write):
    write()
    batch = write(changed(1, "Số điện thoại", ""))
    assert batch.counts["unchanged"] == 4
    assert Person.objects.get(full_name="Nguyễn Thị Chiều").phone_mobile == "0912000002"


def test_a_bad_row_is_refused_with_cell_and_reason_and_the_others_are_written(write):
    batch = write(changed(1, "Ngày sinh", "31/02/1982"))
    assert (batch.counts["written"], batch.counts["refused"]) == (3, 1)
    (problem,) = [each for each in services.result(batch)["problems"] if each["level"] == "error"]
    assert (problem["sheet"], problem["row"], problem["column"]) == (ImportRow.objects.first().sheet, 3, "E")
    assert problem["value"] == "31/02/1982"
    assert "31" in problem["message"]


def test_rows_of_people_of_another_place_are_refused_without_saying_whose(write, places):
    stranger = PersonFactory(village=places.far_village, full_name="Vũ Thị Xa", birth_date=date(1980, 3, 12))
    IdentifierFactory(person=stranger, value="038080900001")

    batch = write()

    row = ImportRow.objects.get(batch=batch, number=2)
    assert (row.fate, row.person_id) == (Fate.REFUSED, None)
    assert row.problems[-1]["code"] == "id_number.elsewhere"
    assert "Vũ" not in str(row.problems)
    assert batch.counts["written"] == 3


def test_history_says_who_and_which_batch(write, users):
    batch = write()
    contexts = list(PersonEvent.objects.values_list("pgh_context", flat=True))
    assert contexts == [{"user": users.clerk.pk, "door": "excel", "batch": batch.pk}] * 4


def test_what_somebody_entered_after_the_preview_is_not_doubled(send, users, places):
    batch = send()
    save_person(
        values={
            "full_name": "Lê Văn Sáng", "sex": "1", "birth_date": PartialDate.parse("12/03/1980"),
            "id_number": "038080900001", "current_village_code": places.villages[0], "current_commune": places.commune,
        },
        by=users.clerk, door="screen",
    )  # fmt: skip

    batch = services.confirm(batch, by=users.clerk, wait=True)

    row = ImportRow.objects.get(batch=batch, number=2)
    assert (row.fate, row.state, row.person_id) == (Fate.DUPLICATE, "waiting", None)
    assert Person.objects.filter(full_name="Lê Văn Sáng").count() == 1
    assert batch.counts["written"] == 3

    services.decide(row, "same", by=users.clerk)
    batch = services.confirm(batch, by=users.clerk, wait=True)
    row.refresh_from_db()
    assert (batch.state, row.fate, row.state) == ("done", Fate.UPDATE, "written")
    assert row.person.phone_mobile == "0912000001"
    assert Person.objects.filter(full_name="Lê Văn Sáng").count() == 1


def test_what_somebody_changed_after_the_preview_is_not_overwritten(write, send, users):
    write()
    rows = changed(1, "Số điện thoại", "0912000099")
    rows[0][HEADER.index("Số điện thoại")] = "0912000088"
    batch = send(rows)
    assert batch.counts["updated"] == 2
    person = Person.objects.get(full_name="Nguyễn Thị Chiều")
    save_person(person=person, values={"phone_mobile": "0912000077"}, by=users.clerk, door="screen")

    batch = services.confirm(batch, by=users.clerk, wait=True)

    row = ImportRow.objects.get(batch=batch, number=3)
    assert (row.fate, row.problems[-1]["code"]) == (Fate.REFUSED, "row.changed_since")
    person.refresh_from_db()
    assert person.phone_mobile == "0912000077"
    assert Person.objects.get(full_name="Lê Văn Sáng").phone_mobile == "0912000088"
    assert (batch.counts["written"], batch.counts["refused"]) == (1, 1)


def test_the_same_person_twice_in_a_file_is_refused_with_the_first_row(write):
    rows = [*PEOPLE, list(PEOPLE[2]), changed(0, "Số điện thoại", "0912000055")[0]]
    batch = write(rows)
    refused = ImportRow.objects.filter(batch=batch, fate=Fate.REFUSED).order_by("position")
    assert [(row.number, row.problems[-1]["code"]) for row in refused] == [(6, "row.repeated"), (7, "row.repeated")]
    assert "dòng 4" in refused[0].problems[-1]["message"]
    assert "dòng 2" in refused[1].problems[-1]["message"]
    assert Person.objects.count() == 4


def test_cancelling_a_preview_forgets_its_rows(send, users):
    batch = send()
    with CaptureQueriesContext(connection) as asked:
        batch = services.cancel(batch, by=users.clerk)
    assert batch.state == "cancelled"
    assert not [query for query in asked if '"intake_importrow"."values"' in query["sql"]]  # 100,000 rows stay there
    assert not ImportRow.objects.filter(batch=batch).exists()
    with pytest.raises(ValidationError):
        services.confirm(batch, by=users.clerk)


def test_confirming_twice_writes_once(send, users):
    batch = send()
    services.confirm(batch, by=users.clerk)
    services.confirm(batch, by=users.clerk)
    services.write(batch)
    services.write(batch)
    assert Person.objects.count() == 4


def test_what_is_no_sheet_is_refused_in_one_sentence(send):
    batch = send(data=b"%PDF-1.7 nothing", name="danh-sach.xlsx")
    assert batch.state == "refused"
    assert batch.message
    assert services.result(batch)["problems"][0]["message"] == batch.message


def test_a_sheet_without_people_is_refused(send):
    batch = send([["1", "2"]], data="Sổ chi tiêu\ntháng,tiền\n1,2\n".encode())
    assert (batch.state, batch.message_code) == ("refused", "file.no_table")


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["centre", "department", "admin", "nobody", "far"])
def test_only_who_may_change_records_of_the_commune_sends_and_decides(send, users, role):
    by = getattr(users, role)
    with pytest.raises(PermissionDenied):
        send(by=by)
    batch = send()
    for action in (services.confirm, services.cancel, services.undo):
        with pytest.raises(PermissionDenied):
            action(batch, by=by)
    with pytest.raises(PermissionDenied):
        services.set_columns(batch, batch.layout, by=by)
    with pytest.raises(PermissionDenied):
        services.decide(ImportRow.objects.filter(batch=batch).first(), "skip", by=by)


def test_the_commune_must_be_ones_own(send, places):
    with pytest.raises(PermissionDenied):
        send(commune=places.other_commune)


def test_batches_are_seen_in_their_commune(send, users):
    batch = send()
    for role in ("clerk", "head", "department"):
        assert ImportBatch.objects.visible_to(getattr(users, role)).filter(pk=batch.pk).exists()
    for role in ("admin", "nobody", "far"):
        assert not ImportBatch.objects.visible_to(getattr(users, role)).exists()


# --- columns ---------------------------------------------------------------------------------------------------------


def test_corrected_columns_read_the_file_again_and_are_offered_next_time(send, users):
    header = [name if name != "Số điện thoại" else "Liên hệ" for name in HEADER]
    batch = send(data=sheet(header=header))
    column = next(each for each in batch.layout[0]["columns"] if each["header"] == "Liên hệ")
    column["field"] = "phone_mobile"

    batch = services.set_columns(batch, batch.layout, by=users.clerk, save=True, wait=True)

    assert batch.state == "preview"
    assert ImportRow.objects.get(batch=batch, number=2).values["phone_mobile"] == "0912000001"
    other = send(data=sheet([person(1), person(2)], header=header))
    assert ImportRow.objects.filter(batch=other, values__phone_mobile="0912000001").exists()
