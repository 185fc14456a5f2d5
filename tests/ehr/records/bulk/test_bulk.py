"""What only a set of rows can show: others' numbers, places of others, households in common, statements, clashes."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ehr.audit.changes import event_model
from ehr.common.dates import PartialDate
from ehr.records import bulk
from ehr.records.models import Condition, HealthHistory, Household, Identifier, Membership, Person
from tests.factories.records import IdentifierFactory, PersonFactory, national_id

TODAY = dt.date(2026, 3, 1)
BASE = {
    "full_name": "Lê Văn Thử",
    "sex": "1",
    "birth_date": PartialDate(dt.date(1980, 3, 12)),
    "current_commune": "16516",
}
HOUSE = {"current_village_code": "T1", "household_code": "H1"}


def row(key, person_id=None, **values):
    given = values if person_id else {**BASE, "full_name": f"Lê Văn {key}", **values}
    return bulk.BulkRow(key, given, person_id)


def check(rows, by=None):
    return bulk.check(rows, by=by, today=TODAY)


def write(rows, by=None, **more):
    return bulk.write(rows, by=by, door="excel", batch=7, today=TODAY, **more)


def codes(outcome):
    return {problem.code for problem in outcome.problems if problem.level == "error"}


def test_a_check_writes_nothing(places, clerk):
    assert [each.fate for each in check([row("a", **HOUSE), row("b", **HOUSE)], clerk)] == ["new", "new"]
    assert not Person.objects.exists()
    assert not Household.objects.exists()


def test_a_refused_row_writes_nothing_and_the_others_are_written(places, clerk):
    rows = [
        row("a", **HOUSE),
        row("b", full_name="", household_code="H2", current_village_code="T1"),
        row("c", risk_smoking="9"),
    ]
    assert [each.fate for each in write(rows, clerk)] == ["new", "refused", "refused"]
    assert Person.objects.get().full_name == "Lê Văn a"
    assert Household.objects.get().code == "H1"


def test_a_number_of_somebody_else_and_a_number_given_twice(places, clerk):
    IdentifierFactory(value=national_id(1), person__village=places.villages[0])
    own = PersonFactory(village=places.villages[0])
    IdentifierFactory(value=national_id(2), person=own)
    rows = [
        row("taken", id_number=national_id(1)),
        row("one", id_number=national_id(3)),
        row("two", id_number=national_id(3)),
        row("free", id_number=national_id(4)),
        row("own", own.pk, id_number=national_id(2)),
    ]
    found = write(rows, clerk)
    assert [codes(each) for each in found] == [
        {"id_number.taken"},
        {"id_number.twice"},
        {"id_number.twice"},
        set(),
        set(),
    ]
    assert [each.fate for each in found] == ["refused", "refused", "refused", "new", "unchanged"]


def test_two_rows_of_one_person_may_both_say_the_number(places, clerk):
    own = PersonFactory(village=places.villages[0])
    rows = [row("a", own.pk, id_number=national_id(5)), row("b", own.pk, id_number=national_id(5), risk_smoking="1")]
    assert [each.fate for each in write(rows, clerk)] == ["update", "update"]


def test_places_of_others_are_refused(places, clerk):
    stranger = PersonFactory(village=places.other_village)
    rows = [row("new", current_commune="16531"), row("known", stranger.pk, phone_mobile="0912345678")]
    assert [codes(each) for each in write(rows, clerk)] == [{"current_commune.scope"}] * 2
    stranger.refresh_from_db()
    assert stranger.phone_mobile == ""


def test_a_person_who_is_gone_is_refused(places, clerk):
    assert codes(write([row("a", 999_999, phone_mobile="0912345678")], clerk)[0]) == {"person.gone"}


def test_without_the_right_nothing_is_read(places, users):
    with pytest.raises(PermissionDenied):
        check([row("a")], users.nobody)
    with pytest.raises(PermissionDenied):
        write([row("a")], users.department)


def test_an_unknown_field_is_a_mistake_of_the_caller(places, clerk):
    with pytest.raises(TypeError, match="shoe_size"):
        check([row("a", shoe_size=41)], clerk)


def test_a_probable_twin_is_a_warning_also_within_the_rows(places, clerk):
    rows = [row("a", full_name="Lê Văn A"), row("b", full_name="le van a")]
    found = write(rows, clerk)
    assert [any(p.code == "person.possible_duplicate" for p in each.problems) for each in found] == [False, True]


def test_one_household_of_several_rows_has_one_head(places, clerk):
    write([row("a", **HOUSE, relation_to_head="01"), row("b", **HOUSE, relation_to_head="17")], clerk)
    write([row("c", **HOUSE, relation_to_head="01")], clerk)
    assert Household.objects.count() == 1
    assert list(Membership.objects.order_by("pk").values_list("is_head", flat=True)) == [False, False, True]


def test_changes_are_words_that_take_the_change_back(places, clerk):
    start = row("a", **HOUSE, id_number=national_id(6), ethnicity="01", phone_mobile="không", disease_asthma="yes",
                household_toilet_type="flush", allergy_food="tôm\ncua")  # fmt: skip
    (made,) = write([start], clerk)
    change = {
        "id_number": "", "ethnicity": "", "phone_mobile": "0912345678", "disease_asthma": "no", "allergy_food": "",
        "household_toilet_type": "bucket", "birth_date": PartialDate.parse("1981"), "risk_exposure": "không",
    }  # fmt: skip
    (updated,) = write([row("a", made.person_id, **change)], clerk)
    assert updated.changes == {
        "id_number": (national_id(6), ""), "ethnicity": ("01", ""), "phone_mobile": ("không", "0912345678"),
        "disease_asthma": ("yes", "no"), "allergy_food": ("tôm\ncua", ""), "household_toilet_type": ("flush", "bucket"),
        "birth_date": (start.values["birth_date"], PartialDate.parse("1981")), "risk_exposure": ("", "không"),
    }  # fmt: skip
    before = {code: was for code, (was, _) in updated.changes.items()}
    (back,) = write([row("a", made.person_id, **before)], clerk, clearing=True)
    assert back.fate == "update"
    assert {code: after for code, (_, after) in back.changes.items()} == before
    assert check([bulk.BulkRow("a", start.values, made.person_id)], clerk)[0].fate == "unchanged"


def test_an_unchanged_row_leaves_no_trace(places, clerk):
    given = row("a", **HOUSE, disease_asthma="no", phone_mobile="0912345678")
    (made,) = write([given], clerk)
    tables = (Person, Identifier, Membership, HealthHistory, Condition, Household)
    before = [event_model(model).objects.count() for model in tables]
    (again,) = write([bulk.BulkRow("a", given.values, made.person_id)], clerk)
    assert (again.fate, again.changes) == ("unchanged", {})
    assert [event_model(model).objects.count() for model in tables] == before


def test_the_history_names_user_door_and_batch_also_of_copied_rows(places, clerk):
    (made,) = write([row("a", **HOUSE, disease_asthma="no")], clerk)
    write([row("a", made.person_id, phone_mobile="0912345678")], clerk)
    for model in (Person, Condition, Membership):
        for event in event_model(model).objects.filter(**{"pgh_obj" if model is Person else "person": made.person_id}):
            assert event.pgh_context == {"user": clerk.pk, "door": "excel", "batch": 7}


@pytest.mark.parametrize("number", [3, 60])
def test_statements_do_not_grow_with_the_rows(number, places, clerk, django_assert_max_num_queries):
    rows = [
        row(at, **HOUSE, id_number=national_id(at), disease_asthma="no", mother_name="Lê Thị M") for at in range(number)
    ]
    with CaptureQueriesContext(connection) as captured:
        made = write(rows, clerk)
    assert len(captured) <= 18
    again = [bulk.BulkRow(each.key, {**given.values, "phone_mobile": "0912345678", "disease_asthma": "yes"},
    each.person_id)
             for each, given in zip(made, rows, strict=True)]  # fmt: skip
    with django_assert_max_num_queries(24):
        assert {each.fate for each in write(again, clerk)} == {"update"}
    with django_assert_max_num_queries(18):
        assert {each.fate for each in check(again, clerk)} == {"unchanged"}


@pytest.mark.django_db(transaction=True)
def test_a_number_that_another_writer_takes_first_is_refused_when_tried_again(places, clerk):
    """The check of the second writer sees no number; its COPY waits for the first one and meets the constraint."""
    rows, ready, errors = [row("a", id_number=national_id(8))], threading.Event(), []

    def second():
        try:
            ready.wait(10)
            with transaction.atomic():
                write(rows, clerk)
        except IntegrityError as clash:
            errors.append(clash)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        write([row("b", id_number=national_id(8)), row("c")], clerk)
        thread.start()
        ready.set()
        _until_somebody_waits()
    thread.join()
    assert len(errors) == 1
    assert Person.objects.count() == 2
    with transaction.atomic():
        assert codes(write(rows, clerk)[0]) == {"id_number.taken"}


@pytest.mark.django_db(transaction=True)
def test_a_person_whom_another_save_holds_is_read_after_it(places, clerk):
    with transaction.atomic():
        (made,) = write([row("a", phone_mobile="0911111111")], clerk)
    found = []

    def second():
        try:
            with transaction.atomic():
                found.extend(write([row("a", made.person_id, note="ghi")], clerk))
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        write([row("a", made.person_id, phone_mobile="0922222222")], clerk)
        thread.start()
        _until_somebody_waits()
    thread.join()
    person = Person.objects.get()
    assert (person.phone_mobile, person.note, person.version) == ("0922222222", "ghi", 3)
    assert found[0].changes == {"note": ("", "ghi")}


def _until_somebody_waits():
    deadline = dt.datetime.now() + dt.timedelta(seconds=20)
    while dt.datetime.now() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.02)
    raise AssertionError("nobody waits")
