"""Completeness and quality, recounted person by person in plain Python from the same rows."""

import datetime as dt
import random
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, localtime

from ehr.codes.models import Code
from ehr.records.models import Condition, Encounter, HealthHistory, Identifier, Person, Relative
from reports import services
from reports.periods import Period
from reports.questions import Question
from reports.registry import REPORTS
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
RISKS = ("risk_smoking", "risk_alcohol", "risk_drug", "risk_physical_activity")


def number_for(person, rng, *, right=True):
    """A personal number that fits sex and birth year, or not; unique by the person's key."""
    century = 2 * (person.birth_date.year // 100 - 19) + (person.sex == "2")
    digit = century if right else (century + 1) % 10
    return f"038{digit}{person.birth_date.year % 100:02}{person.pk % 1_000_000:06}"


def fill(home, size, rng):
    """`size` people of a village, each with a random part of everything."""
    disease = Code.objects.filter(system__key="own-disease").first()
    reasons = list(Code.objects.filter(system__key="id-missing-reason"))
    today = localdate()
    for index in range(size):
        birth = today - dt.timedelta(days=rng.choice((20, 200, 3000, 9000, 25000)) + rng.randrange(15))
        fields = {
            "birth_date": birth, "sex": rng.choice("12"), "blood_group_abo": rng.choice(("", "A")),
            "phone_mobile": rng.choice(("", "", "0912345678")), "identity_source": rng.choice(("manual", "chip", "qr")),
            "section_a_complete_on": rng.choice((None, today - dt.timedelta(days=9))),
            "full_name": rng.choice(("Lê Thị Thử", f"Nguyễn Văn Thử {index}")),
            "answered_none": rng.choice(([], ["health_insurance_number"])),
        }  # fmt: skip
        status = rng.choice(("active",) * 6 + ("moved", "dead", "duplicate"))
        if status == "moved":
            fields |= {"status": "moved", "moved_out_on": today - dt.timedelta(days=rng.randrange(5))}
        elif status == "dead":
            fields |= {"status": "dead", "death_date": max(birth, today - dt.timedelta(days=rng.randrange(40)))}
        elif status == "active" and rng.random() < 0.1:
            fields["moved_out_on"] = today - dt.timedelta(days=3)
        if status == "duplicate":
            continue
        [person] = make.people(1, home, **fields)
        if rng.random() < 0.6:
            value = number_for(person, rng, right=rng.random() < 0.7)
            Identifier.objects.create(person=person, kind="SDDCN", value=value)
        elif rng.random() < 0.5:
            Person.objects.filter(pk=person.pk).update(id_missing_reason=rng.choice(reasons))
        if rng.random() < 0.5:
            ends = rng.choice((None, None, today - dt.timedelta(days=1)))
            value = f"GD4{person.pk:012}"
            Identifier.objects.create(person=person, kind="BHYT_CARD", value=value, valid_to=ends)
        if rng.random() < 0.5:
            name, phone = rng.choice(("", "Mẹ Thử")), rng.choice(("", "0987654321"))
            Relative.objects.create(person=person, role="mother", name=name, phone_mobile=phone)
        if rng.random() < 0.6:
            given = {name: rng.choice(("0", "0", "")) for name in RISKS if name != "risk_alcohol"}
            births = 1 if rng.random() < 0.2 else None
            HealthHistory.objects.create(person=person, risk_alcohol="no", birth_count=births, **given)
        if rng.random() < 0.6:
            Condition.objects.create(person=person, kind=disease, answer="no")
        if rng.random() < 0.6:
            day = today - dt.timedelta(days=rng.choice((10, 100, 400, 30000)))
            pressure = rng.choice(({}, {"bp_systolic": 130, "bp_diastolic": 80}, {"bp_systolic": 300}))
            Encounter.objects.create(person=person, exam_date=day, status=rng.choice(("finished", "error")), **pressure)


def judge(person, today, end):
    """What each rule says of one living person, by reading the related objects one by one."""
    numbers = [i for i in person.identifier_set.all() if i.kind == "SDDCN" and i.valid_to is None]
    cards = [
        i for i in person.identifier_set.all()
        if i.kind in ("BHYT_CARD", "BHXH_NO") and (i.valid_to is None or i.valid_to > today)
    ]  # fmt: skip
    kin = list(person.relative_set.all())
    history = HealthHistory.objects.filter(person=person).first()
    visits = [v for v in person.encounter_set.all() if v.status == "finished" and v.exam_date < end]
    born = person.birth_date
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    mobile = re.compile(r"0[35789]\d{8}|02\d{9}")
    own = bool(person.phone_mobile or person.phone_landline)
    part_b = (
        history is not None and all(getattr(history, name) for name in RISKS) and person.condition_set.exists()
    )  # fmt: skip
    year_ago = end.replace(year=end.year - 1)
    fresh = any(v.exam_date >= year_ago for v in visits)
    unlikely = any(
        n.value[3] != str(2 * (born.year // 100 - 19) + (person.sex == "2")) or n.value[4:6] != f"{born.year % 100:02}"
        for n in numbers
    )
    alike = Person.objects.filter(status="active").exclude(pk=person.pk)
    twin = False
    if person.status == "active":
        for other in alike.filter(birth_date=born, sex=person.sex):
            theirs = set(other.identifier_set.filter(kind="SDDCN", valid_to=None).values_list("value", flat=True))
            mine = {n.value for n in numbers}
            same_phone = bool(person.phone_mobile) and other.phone_mobile == person.phone_mobile
            last = person.plain_name.split()[-1] == other.plain_name.split()[-1]
            if (other.plain_name == person.plain_name or (same_phone and last)) and not (mine and theirs):
                twin = True
    odd = any(v.bp_systolic and not 60 <= v.bp_systolic <= 260 for v in visits)
    right = (
        not unlikely and age <= 120 and not any(v.exam_date < born for v in visits)
        and person.identity_source != "manual" and not odd
    )  # fmt: skip
    pregnant = history is not None and bool(history.birth_count)
    clean = (
        not twin and not (person.sex == "1" and pregnant)
        and not (person.status == "active" and person.moved_out_on and person.moved_out_on <= today)
    )  # fmt: skip
    late = born >= year_ago and (localtime(person.created_at).date() - born).days > 30
    return {
        "no_number": not numbers, "numbered": bool(numbers),
        "verified": bool(numbers) and person.identity_source in ("chip", "vneid", "insurance"),
        "not_asked": not numbers and person.id_missing_reason_id is None,
        "phone": own or any(mobile.fullmatch(k.phone_mobile) for k in kin), "own_phone": own,
        "card": bool(cards), "card_known": bool(cards) or "health_insurance_number" in person.answered_none,
        "part_a": person.section_a_complete_on is not None, "part_b": part_b,
        "blood": person.blood_group_abo != "", "children": age < 14,
        "guardian": age < 14 and any(k.name and (k.phone_mobile or k.identifier) for k in kin),
        "address": person.village is not None,
        "not_right": not right, "not_whole": not (person.section_a_complete_on and part_b), "not_clean": not clean,
        "not_live": not fresh or late, "twins": twin, "unlikely": unlikely,
    }  # fmt: skip


@pytest.fixture
def place():
    province = make.unit("province", "Tỉnh Thử")
    commune = make.unit("commune", "Xã Thử", province)
    return commune, [make.village(commune, name) for name in ("Thôn A", "Thôn B")]


def ask(commune, user=None):
    today = localdate()
    return Question(unit=commune, period=Period.of("month", today), by="village", user=user, today=today)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_equals_a_count_person_by_person(place, seed):
    commune, homes = place
    rng = random.Random(seed)
    for home in homes:
        fill(home, 30, rng)
    question = ask(commune, make.user(commune, "head"))
    today, end = question.today, question.period.end
    living = [
        p for p in Person.objects.filter(commune=commune)
        if p.status == "active" or (p.status == "dead" and p.death_date >= end)
        or (p.status == "moved" and p.moved_out_on >= end)
    ]  # fmt: skip
    facts = {p.pk: (f"village:{p.village_id}", judge(p, today, end)) for p in living}
    checked = 0
    for name in ("completeness_identity", "completeness_contact", "completeness_parts", "completeness_blood",
                 "quality", "quality_conflicts"):  # fmt: skip
        table = services.make_table(report=REPORTS[name], question=question)
        for row in (*table.rows, table.total):
            mine = [said for line, said in facts.values() if row.key in (line, "all")]
            assert row.people == len(mine)
            for key in [column.key for column in table.columns if column.key in (mine[0] if mine else {})]:
                assert getattr(row, key) == sum(said[key] for said in mine), (name, row.key, key)
                checked += 1
    assert checked > 50


def test_a_pair_counts_once_in_the_total_and_in_both_villages(place):
    commune, (a, b) = place
    for home in (a, b):
        make.people(1, home, full_name="Lê Thị Trùng")
    make.people(1, a, full_name="Lê Thị Khác")
    table = services.make_table(report=REPORTS["quality_conflicts"], question=ask(commune))
    assert [(row.pairs, row.twins) for row in (*table.rows, table.total)] == [(1, 1), (1, 1), (1, 2)]


def test_a_look_alike_elsewhere_counts_here_and_people_with_two_numbers_are_two(place):
    commune, (a, _) = place
    far = make.village(make.unit("commune", "Xã Khác", commune.parent), "Thôn Xa")
    [here] = make.people(1, a, full_name="Lê Thị Trùng")
    [there] = make.people(1, far, full_name="Lê Thị Trùng")
    question = ask(commune)
    assert services.make_table(report=REPORTS["quality_conflicts"], question=question).total.pairs == 1
    Identifier.objects.create(person=here, kind="SDDCN", value="038180000001")
    Identifier.objects.create(person=there, kind="SDDCN", value="038180000002")
    assert services.make_table(report=REPORTS["quality_conflicts"], question=question).total.pairs == 0


def test_rules_have_the_numbers_of_the_scores(place):
    commune, homes = place
    fill(homes[0], 40, random.Random(3))
    table = services.make_table(report=REPORTS["quality_rules"], question=ask(commune))
    scores = services.make_table(report=REPORTS["quality"], question=ask(commune)).total
    for group, key in (("Đúng", "not_right"), ("Đủ", "not_whole"), ("Sạch", "not_clean"), ("Sống", "not_live")):
        failed = [row.fails for row in table.rows if row.group == group]
        assert max(failed) <= getattr(scores, key) <= sum(failed)
    assert all(row.fails <= row.applies <= scores.people for row in table.rows)


@pytest.mark.parametrize("name", ["quality", "quality_rules", "quality_conflicts", "completeness_parts"])
def test_queries_are_the_same_at_two_sizes(place, name):
    commune, homes = place

    def queries():
        with CaptureQueriesContext(connection) as captured:
            services.make_table(report=REPORTS[name], question=ask(commune))
        return len(captured)

    fill(homes[0], 5, random.Random(1))
    few = queries()
    fill(homes[1], 40, random.Random(2))
    assert queries() == few <= 9
