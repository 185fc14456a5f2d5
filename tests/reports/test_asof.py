"""Reading the record as it was: whatever happened since, a report asked as of a moment says what it said then."""

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ehr.records.models import Encounter, Person
from reports import coverage
from reports.asof import as_of
from reports.periods import Period
from reports.questions import Question
from tests.reports import builders as make

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 1_500


def rows_of(commune, by="village"):
    """Coverage now, as plain figures. A month far ahead, so that nothing depends on today's clock."""
    month = Period.of("month", timezone.localdate())
    table = coverage.build(Question(unit=commune, period=month, by=by, user=None, today=timezone.localdate()))
    return [(row.unit, row.linked, row.examined, row.managed) for row in (*table.rows, table.total)]


@pytest.fixture
def places():
    province = make.unit("province", "Tỉnh Thử")
    communes = [make.unit("commune", f"Xã Thử {n}", province) for n in (1, 2)]
    return province, [make.village(commune, f"Thôn {n}") for commune in communes for n in (1, 2, 3)]


def happen(chance: random.Random, villages):
    """One random event in the life of a register: birth, death, move, correction, merge, undo, visit, cancelling."""
    people = Person.objects.all()
    one = people.order_by("?").first() if people.exists() else None
    kind = chance.choice(["born", "born", "visit", "visit", "complete", "incomplete", "linked", "move", "leave", "back",
                          "die", "undie", "merge", "unmerge", "cancel", "erase_visit", "commune"])  # fmt: skip
    home = chance.choice(villages)
    if kind == "born" or one is None:
        make.people(chance.randint(1, 3), home)
    elif kind == "visit":
        Encounter.objects.create(person=one, exam_date=dt.date(2025, 5, 1))
    elif kind in ("cancel", "erase_visit"):
        visits = Encounter.objects.filter(person=one)
        visits.delete() if kind == "erase_visit" else visits.update(status="error")
    else:
        changes = {
            "complete": {"section_a_complete_on": dt.date(2024, 2, 1)},
            "incomplete": {"section_a_complete_on": None},
            "linked": {"identity_confirmed_on": dt.date(2024, 2, 1)},
            "move": {"village": home, "commune": home.commune},
            "leave": {"status": "moved", "moved_out_on": dt.date(2025, 1, 1)},
            "back": {"status": "active", "moved_out_on": None},
            "die": {"status": "dead", "death_date": dt.date(2025, 1, 1)},
            "undie": {"status": "active", "death_date": None},
            "merge": {"status": "duplicate", "merged_into": people.exclude(pk=one.pk).first()},
            "unmerge": {"status": "active", "merged_into": None},
        }.get(kind)
        if kind == "commune":  # everybody of a village comes to another one, as when communes merge
            people.filter(village=home).update(village=chance.choice(villages))
            for place in villages:
                people.filter(village=place).update(commune=place.commune)
        elif kind != "merge" or changes["merged_into"]:
            ended = {"death_date": None, "moved_out_on": None, "merged_into": None} if "status" in changes else {}
            people.filter(pk=one.pk).update(**(ended | changes))


def test_any_earlier_moment_is_recomputed_from_history(places):
    province, villages = places
    chance = random.Random(831)
    seen = []
    for number in range(EVENTS):
        happen(chance, villages)
        if number % 75 == 0:
            seen.append((timezone.now(), rows_of(province)))

    assert len({tuple(rows) for _, rows in seen}) > 15
    for moment, rows in seen:
        with as_of(moment):
            assert rows_of(province) == rows
    assert rows_of(province) == rows_of(province)


def test_computed_columns_are_there_too(places):
    _, villages = places
    (person,) = make.people(1, villages[0])
    visit = Encounter.objects.create(person=person, exam_date=dt.date(2025, 5, 1), weight_kg=50, height_cm=150)
    moment = timezone.now()
    Encounter.objects.filter(pk=visit.pk).update(weight_kg=60, advice="Giảm cân")

    with as_of(moment) as gaps:
        then = Encounter.objects.values("weight_kg", "bmi", "advice").get(pk=visit.pk)
    assert (float(then["weight_kg"]), float(then["bmi"]), then["advice"]) == (50, 22.2, "")
    assert gaps.tables == ("records_encounter",)
    assert gaps.unknown == 0
    assert float(Encounter.objects.values_list("bmi", flat=True).get(pk=visit.pk)) == 26.7


def test_a_row_loaded_without_history_shows_its_first_version_and_is_counted(places):
    _, villages = places
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_person DISABLE TRIGGER USER")  # as make_demo loads
        (person,) = make.people(1, villages[0])
        cursor.execute("ALTER TABLE records_person ENABLE TRIGGER USER")
    moment = timezone.now()
    Person.objects.filter(pk=person.pk).update(village=villages[1])

    with as_of(moment) as gaps:
        assert Person.objects.get(pk=person.pk).village == villages[1]
    assert gaps.unknown == 1


def test_nothing_stays_and_nothing_can_be_written(places):
    _, villages = places
    (person,) = make.people(1, villages[0])
    moment = timezone.now()
    make.people(1, villages[0])
    with pytest.raises(Exception, match=r"cannot (insert|update)"), as_of(moment), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(full_name="Khác")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()")
        assert cursor.fetchone() == (0,)
    assert Person.objects.filter(commune=villages[0].commune).count() == 2


def test_rows_are_looked_up_by_the_indexes_of_the_table_below(places):
    _, villages = places
    (person,) = make.people(1, villages[0])
    Encounter.objects.create(person=person, exam_date=dt.date(2025, 5, 1))
    moment = timezone.now()
    Person.objects.update(full_name="Khác")
    Encounter.objects.update(advice="Khác")

    with as_of(moment) as gaps:
        plans = [Encounter.objects.filter(person__commune=person.commune).explain(), Person.objects.all().explain()]
    assert {"records_person", "records_encounter"} <= set(gaps.tables)
    for plan in plans:  # else whole tables are read before the condition is looked at
        assert "Append" in plan
        assert "Subquery Scan" not in plan
        assert "Anti Join" not in plan


def test_what_others_write_meanwhile_is_not_seen(places):
    _, villages = places
    (person,) = make.people(1, villages[0])
    moment = timezone.now()

    def change():
        Person.objects.filter(pk=person.pk).update(village=villages[1])
        connection.close()

    with as_of(moment), ThreadPoolExecutor(1) as other:
        other.submit(change).result()
        assert Person.objects.get(pk=person.pk).village == villages[0]
    assert Person.objects.get(pk=person.pk).village == villages[1]


def test_a_moment_to_come_is_refused():
    with pytest.raises(ValueError, match="not come"), as_of(timezone.now() + dt.timedelta(days=1)):
        pass
