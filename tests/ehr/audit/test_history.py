"""Every door leaves its trace: who changed what through which door, and who read whose record."""

import uuid
from datetime import date

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from ehr.audit import services as audit
from ehr.audit.changes import changes, event_model
from ehr.audit.models import AccessLog, Submission
from ehr.records.models import Allergy, Household, Identifier, Person
from ehr.records.services import save_person
from tests import doors
from tests.factories.records import AllergyFactory, HouseholdFactory, PersonFactory

PersonEvent = apps.get_model("records.PersonEvent")


def traces(model=Person):
    """(label, user, door) of each version, in order."""
    rows = event_model(model)._default_manager.order_by("pgh_id").values_list("pgh_label", "pgh_context")
    return [(label, (context or {}).get("user"), (context or {}).get("door")) for label, context in rows]


# --- doors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "door"), [(doors.ScreenDoor, "screen"), (doors.AdminDoor, "admin")])
def test_a_form_leaves_its_user_and_door(kind, door, users, login):
    assert kind(door, login(users.clerk)).person(id_number="038080000831") == set()

    assert traces() == [("insert", users.clerk.pk, door)]
    assert traces(Identifier) == [("insert", users.clerk.pk, door)]


def test_rest_leaves_its_user_and_door(users, login):
    doors.partner_key(users.partner)

    assert doors.RestDoor("rest", login(None)).person() == set()

    assert traces() == [("insert", users.partner.pk, "rest")]


def test_copy_leaves_its_user_door_and_batch(users, village):
    columns = (
        "full_name", "plain_name", "sort_name", "sex", "birth_precision", "phone_mobile", "phone_landline", "email",
        "blood_group_abo", "blood_group_rh", "address_detail", "residence", "status", "moved_out_to", "identity_source",
        "note", "version", "answered_none", "answered_unknown", "created_at", "updated_at", "commune_id", "province_id",
    )  # fmt: skip
    now = "2026-02-10 08:00:00+07"
    commune = village.commune
    row = (
        "Lê Văn Sao", "le van sao", "sao", "1", "unknown", "", "", "", "", "", "", "permanent", "active", "", "manual",
        "", 1, [], [], now, now, commune.pk, commune.parent_id,
    )  # fmt: skip

    with audit.copy_context(by=users.head, door="copy", batch=12), connection.cursor() as cursor:
        names = ", ".join(columns)
        with cursor.copy(f"COPY records_person ({names}) FROM STDIN") as copy:
            for _ in range(3):
                copy.write_row(row)

    assert traces() == [("insert", users.head.pk, "copy")] * 3
    assert {event.pgh_context["batch"] for event in PersonEvent.objects.all()} == {12}
    Person.objects.update(note="sau đó")
    assert traces()[3:] == [("update", None, None)] * 3


def test_a_write_outside_any_door_still_leaves_a_version(village):
    person = PersonFactory(village=village)
    Person.objects.filter(pk=person.pk).update(note="sửa bằng lệnh")

    assert traces() == [("insert", None, None), ("update", None, None)]


def test_a_bulk_write_that_changes_nothing_leaves_nothing(village):
    PersonFactory(village=village)
    Person.objects.update(note="")

    assert [label for label, *_ in traces()] == ["insert"]


def test_deleting_a_line_leaves_the_line(village):
    row = AllergyFactory(person=PersonFactory(village=village), detail="Tôm")
    row.delete()

    event = event_model(Allergy)._default_manager.get(pgh_label="delete")
    assert event.detail == "Tôm"


def test_every_table_of_the_record_is_tracked():
    tables = [
        model
        for model in apps.get_models()
        if model._meta.app_label in ("records", "vaccination") and not hasattr(model, "pgh_tracked_model")
    ]
    lists = {"Vaccine", "ScheduleDose", "FormRow"}  # reference lists, loaded with their source

    assert {model.__name__ for model in tables if not _has_events(model)} == lists


def _has_events(model):
    try:
        return bool(event_model(model))
    except LookupError:
        return False


# --- reading the history ---------------------------------------------------------------------------------------------


def test_changes_show_old_and_new_as_people_read_them(users, places):
    person = save_person(
        values={
            "full_name": "Lê Văn Thử", "sex": "1", "birth_date": None, "current_commune": places.commune.code,
        } | {"birth_date": _year(1980)},
        by=users.clerk, door="screen",
    ).object  # fmt: skip
    save_person(
        values={"sex": "2", "current_village_code": places.villages[0], "phone_mobile": "không"},
        by=users.head, door="admin", person=person,
    )  # fmt: skip

    latest, first = changes([(Person, {"id": person.pk})])

    assert (latest.user, latest.door, latest.action, latest.row) == (
        users.head.full_name, "Trang quản trị", "Sửa", "Người dân",
    )  # fmt: skip
    found = {each.label: (each.old, each.new) for each in latest.differences}
    assert found["Giới tính"] == ("Nam", "Nữ")
    assert found["Thôn (nơi ở hiện tại)"] == ("", places.villages[0].name)
    assert found["Trả lời «không có»"] == ("", "phone_mobile")
    assert first.action == "Thêm"
    assert ("Ngày sinh", "", "01/01/1980") in {(each.label, each.old, each.new) for each in first.differences}


def _year(year):
    from ehr.common.dates import PartialDate

    return PartialDate.of(date(year, 1, 1), "year")


@pytest.mark.parametrize("number", [1, 12])
def test_a_history_takes_as_many_queries_whatever_its_length(number, users, places, django_assert_num_queries):
    person = PersonFactory(village=places.villages[0])
    with audit.context(by=users.clerk, door="screen"):
        for turn in range(number):
            Person.objects.filter(pk=person.pk).update(note=str(turn), village=places.villages[turn % 2])

    # versions, users, and one for each table that foreign keys point to: villages, units, codes
    with django_assert_num_queries(5):
        found = changes([(Person, {"id": person.pk})])

    assert len(found) == number + 1  # the first version, too


def test_the_latest_changes_come_first_across_tables(users, village):
    with audit.context(by=users.clerk, door="screen"):
        household = HouseholdFactory(village=village)
        person = PersonFactory(village=village)
    with audit.context(by=users.clerk, door="admin"):
        Household.objects.filter(pk=household.pk).update(note="sau cùng")

    found = changes([(Person, {"id": person.pk}), (Household, {"id": household.pk})], limit=2)

    assert len(found) == 2
    assert {each.row for each in found} <= {"Hộ gia đình", "Người dân"}


# --- access log, submissions -----------------------------------------------------------------------------------------


@pytest.fixture
def entry(users, village):
    person = PersonFactory(village=village)
    audit.log_access(by=users.head, person_id=person.pk, action="view", door="screen", object="A", address="127.0.0.1")
    return AccessLog.objects.get()


@pytest.mark.parametrize("statement", ["UPDATE audit_accesslog SET door = 'khác'", "DELETE FROM audit_accesslog"])
def test_the_access_log_only_grows(entry, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AccessLog.objects.get() == entry


@pytest.mark.django_db(transaction=True)
def test_the_access_log_is_not_emptied_either():
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_accesslog")


def test_the_access_log_keeps_the_roles_of_that_day(entry, users):
    assert (entry.roles, entry.user) == ("head", users.head)
    assert list(audit.accesses_of(entry.person_id)) == [entry]


def test_many_readings_are_one_statement(users, django_assert_num_queries):
    audit.log_access(by=users.head, person_id=1, action="view", door="screen")

    with django_assert_num_queries(1):
        audit.log_accesses(by=users.head, person_ids=range(100), action="export", door="admin")


def test_a_submission_is_claimed_once_and_remembers_where_it_led(users):
    key = uuid.uuid4()

    assert audit.claim(key=key, by=users.clerk)
    audit.settle(key=key, result="/nguoi/HS1/")

    assert not audit.claim(key=key, by=users.clerk)
    assert audit.first_result(key=key, by=users.clerk) == "/nguoi/HS1/"
    assert audit.first_result(key=key, by=users.head) is None, "keys of others tell nothing"
    assert Submission.objects.count() == 1


def test_a_head_reads_who_read_a_record(entry, users, login):
    page = login(users.head).get(reverse("admin:audit_accesslog_changelist"))

    assert users.head.username in page.content.decode() or users.head.full_name in page.content.decode()
    assert login(users.clerk).get(reverse("admin:audit_accesslog_changelist")).status_code == 404


@pytest.mark.django_db
def test_what_an_inner_context_says_ends_with_it():
    household = HouseholdFactory()

    def save(code):
        Household.objects.filter(pk=household.pk).update(code=code)
        event = event_model(Household).objects.filter(pgh_obj=household).latest("pgh_id")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('pghistory.context_metadata', true)")
            return event.pgh_context, cursor.fetchone()[0]

    with transaction.atomic(), audit.copy_context(by=None, door="claim", claim_file=1):
        with audit.copy_context(by=None, door="excel", undo=1):
            inner, _ = save("A1")
        outer, told = save("A2")

    assert inner == {"user": None, "door": "excel", "claim_file": 1, "undo": 1}
    assert outer == {"user": None, "door": "claim", "claim_file": 1}
    assert '"claim_file": 1' in told
