"""make_demo: the same seed gives the same people; refusals; loads by several processes and after a kill."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ehr.config.demo import load, places, suspend
from ehr.config.demo.chunk import Generator
from ehr.config.demo.rows import COLUMNS
from ehr.records.models import Membership, Person
from stations.models import AdminUnit, User

TODAY = dt.date(2026, 11, 22)


def make(people=600, **options):
    call_command("make_demo", people=people, verbosity=0, **{"seed": "thử", "date": TODAY, "full_forms": 0.3} | options)


def one_village():
    """Context and one job for a village that stands nowhere but here."""
    commune = AdminUnit.objects.select_related("parent").get(scheme="new", level="commune", code="16516")
    area = places.Area(commune, None, 400)
    village = places.villages_of(area, "thử")[0]
    context = places.make_context(seed="thử", as_of=TODAY, full_forms=0.3)
    return context, places.jobs_for([(places.place_of(area, village, None, ("BS. Thử",)), "làng", 400, 3, 5)])


def exported():
    """Everything about everybody without keys, in a fixed order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select p.full_name, p.birth_date, p.sex, p.phone_mobile, p.created_at, p.section_a_complete_on, p.status,
                      h.code, m.is_head, v.name,
                      (select array_agg(value order by kind, value) from records_identifier i where i.person_id = p.id),
                      (select array_agg(format('%s %s', exam_date, weight_kg) order by exam_date, weight_kg)
                       from records_encounter e where e.person_id = p.id),
                      (select array_agg(format('%s %s', dose_number, occurrence_date) order by vaccine_id, dose_number)
                       from vaccination_immunization s where s.person_id = p.id),
                      (select count(*) from records_condition c where c.person_id = p.id)
               from records_person p join records_membership m on m.person_id = p.id
               join records_household h on h.id = m.household_id join stations_village v on v.id = p.village_id
               order by p.full_name, p.birth_date, h.code"""
        )
        return cursor.fetchall()


# --- The same seed, the same people ----------------------------------------------------------------------------------


def test_a_chunk_is_the_same_to_the_byte(db):
    context, (job,) = one_village()
    first, second = Generator(context).generate(job).data(), Generator(context).generate(job).data()
    assert first == second
    assert Generator(replace(context, seed="khác")).generate(job).data() != first


def test_the_command_repeats_itself(db):
    sid = connection.savepoint()
    make(commune="16516")
    first = exported()
    connection.savepoint_rollback(sid)
    make(commune="16516")
    assert len(first) == 600
    assert exported() == first


def test_history_is_left_out_unless_asked_for(db):
    events = Person._meta.apps.get_model("records", "PersonEvent").objects
    make(people=60, commune="16516")
    assert not events.exists()
    make(people=60, commune="16531", history=True)
    assert events.count() == 60


def test_an_inhabited_place_is_refused_unless_forced(db):
    make(people=60, commune="16516")
    with pytest.raises(CommandError, match="--force"):
        make(people=60, commune="16516", seed="khác")
    make(people=60, commune="16516", seed="khác", force=True)
    assert Person.objects.count() == 120


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"people": 0}, "từ 1 đến"),
        ({"commune": "99999"}, "99999"),
        ({"district": "999"}, "999"),
        ({"province": "99"}, "99"),
    ],
)
def test_wrong_requests_are_refused_in_one_sentence(db, options, words):
    with pytest.raises(CommandError, match=words):
        make(**options)


def test_a_server_is_not_written_to_unasked(db, settings):
    settings.EMBEDDED = settings.TESTING = False
    with pytest.raises(CommandError, match="--i-know"):
        make(people=5)


def test_one_person_is_enough(db):
    make(people=1, commune="16516")
    assert Person.objects.count() == 1 and Membership.objects.filter(is_head=True).count() == 1


def test_ethnic_groups_differ_by_region(db):
    make(people=800, province="11")
    kinh = Person.objects.filter(ethnicity__code="01").count()
    assert kinh < 400
    assert Person.objects.filter(ethnicity__code="03").exists() and Person.objects.filter(ethnicity__code="08").exists()
    assert Person.objects.filter(village__kind="ban").exists()


def test_a_server_gets_no_demo_commune_unasked(db, settings, monkeypatch):
    settings.EMBEDDED = settings.TESTING = False
    monkeypatch.delenv("DEMO", raising=False)
    call_command("demo_commune")
    assert not Person.objects.exists() and not User.objects.exists()


# --- Several processes ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_several_processes_write_the_same_as_one(monkeypatch):
    make(people=900, commune="16516")
    here = exported()
    for table in reversed(COLUMNS):
        with connection.cursor() as cursor:
            cursor.execute(f"truncate {table} cascade")
    before = _definitions()
    monkeypatch.setattr(load, "LARGE", 100)
    make(people=900, commune="16516", processes=2)
    assert exported() == here
    assert _definitions() == before  # indexes, constraints and triggers are back, checked and switched on


def _definitions():
    """Indexes, constraints and triggers of the tables. PostgreSQL prints a predicate back with other casts."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select 'index', indexname::text, indexdef from pg_indexes where tablename = any(%(tables)s)
               union all select 'constraint', conname::text, pg_get_constraintdef(oid) || convalidated::text
               from pg_constraint where conrelid = any(%(tables)s::regclass[])
               union all select 'trigger', tgname::text, tgenabled::text from pg_trigger
               where tgrelid = any(%(tables)s::regclass[]) and not tgisinternal order by 1, 2""",
            {"tables": list(COLUMNS)},
        )
        return [(kind, name, re.sub(r"::[a-z ]+(\[\])?|[()]", "", text)) for kind, name, text in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_load_that_was_killed_is_repaired_by_the_next_one():
    before = _definitions()
    suspend.suspend(COLUMNS)
    assert suspend.is_suspended()
    assert _definitions() != before
    make(people=50, commune="16516")
    assert not suspend.is_suspended()
    assert _definitions() == before
