"""What invented people are like: numbers that pass our own checks, kin of fitting age, rows that break no rule."""

import datetime as dt
import re

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.forms.models import model_to_dict

from ehr.common import identifiers
from ehr.common.dates import age_on
from ehr.common.text import plain, sort_key
from ehr.config.demo.rows import COLUMNS, CONSTANTS
from ehr.records import facts, rules
from ehr.records.models import Encounter, HealthHistory, Household, Identifier, Person, Relative
from ehr.records.services.person import completeness_facts
from ehr.vaccination.models import Immunization
from ehr.vaccination.rules import check_doses
from stations.models import PopulationFigure, Village, VillageTarget

TODAY = dt.date(2026, 11, 22)
HEAD, SPOUSE, CHILD, PARENT, GRANDCHILD = "01", "17", "08", "19", "12"


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """1,500 people, made once for all tests of this file and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("make_demo", people=1500, district="382", seed="thử", date=TODAY, full_forms=0.3, verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def people(made, db):
    return Person.objects.all()


def test_counts_are_exact(people):
    assert people.count() == 1500
    assert people.filter(status="dead").count() == 12
    assert people.filter(status="moved").count() == 18
    of_pregnancies = Encounter.objects.filter(visit_reason="Khám thai định kỳ")  # they come with the programmes
    assert Encounter.objects.count() - of_pregnancies.count() == pytest.approx(0.35 * 1470, abs=5)
    assert of_pregnancies.count() > 50
    assert 0.5 < HealthHistory.objects.count() / 1500 < 0.7


def test_villages_and_figures_come_with_the_people(people):
    villages = Village.objects.filter(people__isnull=False).distinct()
    assert {village.old_commune.parent.code for village in villages} == {"382"}
    assert all(village.commune.scheme == "new" and village.placements.count() == 2 for village in villages)
    figures = PopulationFigure.objects.filter(village__in=villages, period_start=dt.date(2026, 1, 1))
    assert sum(figures.values_list("population", flat=True)) == 1470
    assert VillageTarget.objects.filter(village__in=villages, year=2026).count() == len(villages)


def test_names_carry_their_search_and_sort_forms(people):
    for person in people:
        assert person.plain_name == plain(person.full_name)
        assert person.sort_name == sort_key(person.full_name)
        assert person.full_name == person.full_name.strip() and len(person.full_name.split()) >= 3


def test_numbers_pass_our_own_checks_without_a_warning(people):
    numbers = Identifier.objects.select_related("person")
    found = []
    for number in numbers:
        person = number.person
        if number.kind == "SDDCN":
            found += identifiers.check_national_id(
                number.value, birth_date=person.birth_date, birth_precision=person.birth_precision, sex=person.sex
            )
        elif number.kind == "CMND9":
            found += identifiers.check_cmnd(number.value)
        else:
            found += identifiers.check_bhyt(number.value)
    for person in people.exclude(phone_mobile=""):
        found += identifiers.check_phone(person.phone_mobile, kind="mobile")
    assert found == []
    assert {kind for (kind,) in numbers.values_list("kind").distinct()} == {"SDDCN", "CMND9", "BHYT_CARD"}
    national = list(numbers.filter(kind="SDDCN").values_list("value", flat=True))
    assert len(set(national)) == len(national)
    without = people.exclude(identifier_set__kind__in=("SDDCN", "CMND9")).count()
    assert 0.01 < without / 1500 < 0.06


def test_telephones_belong_to_no_operator(people):
    phones = people.exclude(phone_mobile="").values_list("phone_mobile", flat=True)
    assert phones and all(re.fullmatch(r"053[0-9]{7}", phone) for phone in phones)


def test_section_a_is_complete_exactly_when_the_rules_say_so(people):
    for person in people.order_by("?")[:120]:
        values = facts.section_a(person)
        missing = rules.missing_in_section_a(completeness_facts(person, values, True, TODAY))
        assert (person.section_a_complete_on is not None) == (not missing), missing
        assert [p for p in rules.check_person(values, today=TODAY) if p.level == "error"] == []


def test_sections_b_c_and_d_break_no_rule(people):
    found = []
    for history in HealthHistory.objects.select_related("person").order_by("?")[:60]:
        found += rules.check_history(facts.section_b(history.person), sex=history.person.sex)
    for visit in Encounter.objects.select_related("person").order_by("?")[:80]:
        person, values = visit.person, facts.section_d(visit)
        values |= {name: [model_to_dict(row) for row in values[name]] for name in ("labs", "diagnoses")}
        birth = facts.section_a(person)["birth_date"]
        found += rules.check_encounter(values, sex=person.sex, birth=birth, death=person.death_date, today=TODAY)
    for person in people.filter(immunization_set__isnull=False).distinct():
        found += check_doses(
            [_dose(dose) for dose in person.immunization_set.all()],
            sex=person.sex,
            birth=person.birth_date,
            death=person.death_date,
            today=TODAY,
        )
    assert Immunization.objects.count() > 500
    assert [f"{problem.field} {problem.code}" for problem in found] == []


def _dose(dose):
    names = ("table", "dose_number", "status", "occurrence_date", "pregnancy_month", "reaction", "next_date")
    return {"key": str(dose.pk), "label": str(dose.pk), "vaccine": dose.vaccine_id} | {
        name: getattr(dose, name) for name in names
    }


def test_households_have_one_head_and_kin_of_fitting_age(people):
    households = Household.objects.prefetch_related("memberships__person", "memberships__relation")
    sizes = []
    for household in households:
        members = list(household.memberships.all())
        sizes.append(len(members))
        (head,) = [member.person for member in members if member.is_head]
        for member in members:
            years = (head.birth_date - member.person.birth_date).days / 365.25
            relation = member.relation.code
            assert member.is_head == (relation == HEAD)
            if relation == SPOUSE:
                assert member.person.sex != head.sex and abs(years) < 18
            elif relation == CHILD:
                assert years < -16
            elif relation == PARENT:
                assert years > 16
            elif relation == GRANDCHILD:
                assert years < -33
    assert 2.8 < sum(sizes) / len(sizes) < 4.5
    assert max(sizes) <= 9


def test_children_bear_the_name_of_their_father(people):
    fathers = Relative.objects.filter(role="father").select_related("person")
    assert fathers
    assert all(row.name.split()[0] == row.person.full_name.split()[0] for row in fathers)
    mothers = Person.objects.filter(mother__isnull=False).select_related("mother")
    assert all(1 < (row.birth_date - row.mother.birth_date).days / 365.25 > 16 for row in mothers)


def test_ages_follow_the_pyramid(people):
    ages = [age_on(person.birth_date, person.birth_precision, TODAY) for person in people.filter(status="active")]
    assert 0.2 < sum(age < 15 for age in ages) / len(ages) < 0.29
    assert 0.08 < sum(age >= 60 for age in ages) / len(ages) < 0.17


@pytest.mark.parametrize(
    "model", [model for model in Person._meta.apps.get_models() if model._meta.db_table in COLUMNS]
)
def test_rows_pass_the_checks_of_their_model(people, model):
    for row in model.objects.order_by("?")[:25]:
        row.full_clean()


def test_every_column_that_must_not_be_empty_is_written(people):
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'public' "
            "and table_name = any(%s) and is_nullable = 'NO' and column_default is null and is_identity = 'NO' "
            "and is_generated = 'NEVER'",
            [list(COLUMNS)],
        )
        missing = [
            (table, column)
            for table, column in cursor.fetchall()
            if column not in (*COLUMNS[table].split(), *CONSTANTS.get(table, ()))
        ]
    assert missing == []


def test_past_months_differ(people):
    created = [moment.date() for moment in people.values_list("created_at", flat=True)]
    assert max(created) < TODAY
    assert 0.4 < sum(day < TODAY - dt.timedelta(days=365) for day in created) / len(created) < 0.9
