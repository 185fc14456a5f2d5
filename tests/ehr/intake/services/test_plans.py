"""What the preview worked out is written where it still holds, and only there."""

import json
import time
import zlib

import pytest
from django.apps import apps
from django.db import connection
from django.utils.timezone import localdate

from ehr.intake import services
from ehr.intake.models import Fate, ImportPlan, ImportRow
from ehr.intake.services import reading, writing
from ehr.intake.services.plans import Plans
from ehr.intake.services.since import Others
from ehr.records import facts
from ehr.records.bulk import plans as bulk_plans
from ehr.records.models import Household, Person
from stations.models import Village
from tests.ehr.intake.sheets import HEADER, person, sheet
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_rows_are_planned_too(monkeypatch):
    monkeypatch.setattr(reading, "WORTH_PLANNING", 0)


def planned(batch):
    """Positions of the rows that would be written from their plan."""
    rows = writing._next_rows(batch, 100)
    found = Plans(batch.pk).of(batch, rows)
    return {row.position for row in rows if row.position in found}


def quiet(batch):
    """Positions of those of which nothing has changed since."""
    from ehr.intake.services.plans import _quiet

    rows = writing._next_rows(batch, 100)
    return {each.plan.key for each in _quiet(rows, Plans(batch.pk).of(batch, rows), Others(batch))}


def record():
    """All people as one sees them, and their households."""
    people = {
        each.full_name: (
            {code: str(value) for code, value in facts.section_a(each).items()},
            {code: str(value) for code, value in facts.section_b(each).items()},
            str(each.section_a_complete_on), each.plain_name, each.sort_name, each.version,
        )
        for each in Person.objects.all()
    }  # fmt: skip
    homes = sorted(Household.objects.values_list("code", "village", "toilet_type", "address_detail", "version"))
    events = {
        model: apps.get_model("records", model).objects.count()
        for model in ("PersonEvent", "HouseholdEvent", "MembershipEvent", "IdentifierEvent", "HealthHistoryEvent")
    }
    return people, homes, events


def test_what_is_written_from_plans_is_what_the_rules_would_write(send, users):
    batch = send()
    assert quiet(batch) == {0, 1, 2, 3}
    services.confirm(batch, by=users.clerk, wait=True)
    from_plans = record()
    assert len(from_plans[0]) == 4
    assert not ImportPlan.objects.exists()
    services.undo(batch, by=users.clerk, wait=True)
    Household.objects.all().delete()
    for event in ("PersonEvent", "HouseholdEvent", "MembershipEvent", "IdentifierEvent", "HealthHistoryEvent"):
        apps.get_model("records", event).objects.all().delete()

    batch = send()
    ImportPlan.objects.all().delete()
    services.confirm(batch, by=users.clerk, wait=True)

    assert record() == from_plans


@pytest.mark.parametrize("change", ["program", "day", "place"])
def test_a_plan_of_other_rules_another_day_or_another_place_is_not_used(send, users, monkeypatch, change):
    batch = send()
    if change == "program":
        monkeypatch.setattr(bulk_plans, "_program", lambda: "of another version")
    elif change == "day":
        state = ImportPlan.objects.get().state
        tomorrow = bulk_plans.state(by=batch.by, today=localdate().replace(year=localdate().year + 1))
        assert tomorrow != state
        ImportPlan.objects.update(state=tomorrow)
    else:
        Village.objects.filter(name="Thôn Đông Hải").update(code="DOI")

    assert planned(batch) == set()


def test_rows_whose_number_or_name_somebody_entered_meanwhile_are_looked_at_again(send, users, places):
    batch = send()
    row = ImportRow.objects.get(batch=batch, position=1)
    IdentifierFactory(kind="CMND9", value="123456789", person__village=places.villages[0])
    assert quiet(batch) == {0, 1, 2, 3}

    IdentifierFactory(kind="SDDCN", value=row.values["id_number"], person__village=places.villages[0])

    # Row 1 is looked at again, and with it those of its household.
    homes = dict(ImportRow.objects.filter(batch=batch).values_list("position", "values__household_code"))
    same = {position for position, code in homes.items() if code == homes[1]}
    assert quiet(batch) == {0, 1, 2, 3} - same
    services.confirm(batch, by=users.clerk, wait=True)
    assert ImportRow.objects.filter(batch=batch, position=1, state=ImportRow.State.WRITTEN).count() == 0
    assert ImportRow.objects.filter(batch=batch, fate=Fate.NEW, state=ImportRow.State.WRITTEN).count() == 3


def test_a_preview_that_is_given_up_or_read_again_keeps_no_plans(send, users):
    batch = send()
    assert ImportPlan.objects.filter(batch=batch).count() == 1
    services.cancel(batch, by=users.clerk)
    assert not ImportPlan.objects.exists()


def test_of_two_rows_that_may_be_one_person_the_second_is_warned_about(send, users):
    """As the rules would, although neither was there when the other was looked at."""
    twin = {"name": "Lê Văn Đôi", "Ngày sinh": "07/03/1981", "Số CCCD": ""}

    def warned(batch):
        rows = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRITTEN)
        return [row.position for row in rows for each in row.problems if each["code"] == "person.possible_duplicate"]

    batch = send([person(1, household="H1", **twin), person(2, household="H2", **twin), person(3, household="H3")])
    assert quiet(batch) == {0, 1, 2}
    ImportRow.objects.filter(batch=batch).update(problems=[])
    ImportPlan.objects.update(data=_without_warnings(ImportPlan.objects.get().data))
    services.confirm(batch, by=users.clerk, wait=True)
    assert warned(batch) == [1]


def test_rows_without_a_card_have_nothing_to_do_with_each_other(send, places):
    """«Không có» is no number: a row that is looked at again takes along its household, not all who have no card."""
    rows = [[*person(number, household=f"H{number}"), "không có"] for number in (1, 2, 3)]
    batch = send(data=sheet(rows, [*HEADER, "Số thẻ BHYT"]))
    number = ImportRow.objects.get(batch=batch, position=1).values["id_number"]

    IdentifierFactory(kind="SDDCN", value=number, person__village=places.villages[0])

    assert quiet(batch) == {0, 2}


def _without_warnings(data):
    """Plans as of rows of two chunks."""
    document = json.loads(zlib.decompress(data))
    for plan, *_ in document["rows"]:
        plan[3] = False
    return zlib.compress(json.dumps(document).encode())


@pytest.mark.django_db(transaction=True)  # a second session must be able to wait
def test_who_changes_somebody_while_a_batch_is_written_is_seen_however_late_it_ends(send, places):
    batch = send()
    person = PersonFactory(village=places.villages[0])
    Person.objects.filter(pk=person.pk).update(updated_at="2020-01-01T00:00:00Z")
    apps.get_model("records", "PersonEvent").objects.all().delete()
    others = Others(batch)
    assert others.changed() == set()
    slow = connection.copy()
    try:
        slow.set_autocommit(False)
        with slow.cursor() as cursor:
            cursor.execute("UPDATE records_person SET note = 'x' WHERE id = %s", [person.pk])
        later = PersonFactory(village=places.villages[0])
        for _ in range(3):
            assert others.changed() == {later.pk}
        begin = others._asked["people"]
        slow.commit()
        assert others.changed() == {person.pk, later.pk}
        # Looked at once is enough when nobody writes any more: a test beside this one may, on the same server.
        until = time.monotonic() + 300
        while others._asked["people"] == begin and time.monotonic() < until:
            time.sleep(0.2)
            others.changed()
        assert others._asked["people"] > begin
    finally:
        slow.close()
