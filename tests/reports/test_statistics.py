"""The figures of the station's statistics, recounted row by row in plain Python over the same invented records."""

import datetime as dt
from decimal import Decimal
from random import Random

import pytest

from ehr.programmes.models import GrowthStandard, HealthCheck, NcdRegistration, NcdVisit, Pregnancy
from ehr.records.models import Condition, Delivery, Encounter, Identifier, Person
from ehr.vaccination.models import Immunization, Vaccine
from reports import services
from reports.people import behind
from reports.registry import REPORTS
from reports.statistics.common import back
from reports.statistics.nutrition import verdict
from reports.tables import text_of
from tests.factories.programmes import HealthCheckFactory, NcdRegistrationFactory, NcdVisitFactory, PregnancyFactory
from tests.factories.records import code
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
START, END = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
LAST = END - dt.timedelta(days=1)
TODAY = make.TODAY
DOSES = {"BCG": 1, "HEPB0": 1, "DPT_HEPB_HIB": 3, "BOPV": 3, "MEASLES": 1}


@pytest.fixture
def world():
    """A commune with two villages and sixty people whose records were drawn by lot, the same ones each time."""
    rng = Random(7)
    province = make.unit("province", "Tỉnh Đếm")
    commune = make.unit("commune", "Xã Đếm", province)
    villages = make.village(commune, "Thôn Sáu"), make.village(commune, "Thôn Bảy")
    made = []
    for number in range(60):
        years = rng.choice((0, 0, 1, 1, 2, 4, 8, 11, 25, 30, 45, 50, 65, 70))
        born = dt.date(2026, 1, 10) - dt.timedelta(days=years * 365 + rng.randrange(350))
        fields = {"birth_date": born, "sex": rng.choice("12"), "full_name": f"Lê Thử {number}"}
        if rng.random() < 0.1:
            fields |= {"status": "dead", "death_date": dt.date(2026, 2, 1) + dt.timedelta(days=rng.randrange(20))}
        made += make.people(1, rng.choice(villages), **fields)
    vaccines = {vaccine.code: vaccine for vaccine in Vaccine.objects.all()}
    for person in Person.objects.filter(pk__in=[one.pk for one in made]):
        _record(rng, person, vaccines)
    return {"commune": commune, "villages": villages, "people": [one.pk for one in made]}


def _record(rng, person, vaccines):
    """Visits, doses, books, checks, pregnancies of one person."""
    age = (TODAY - person.birth_date).days
    for _ in range(rng.randrange(4)):
        day = dt.date(2025, 11, 1) + dt.timedelta(days=rng.randrange(138))
        if day <= person.birth_date or (person.death_date and day > person.death_date):
            continue
        kind = rng.choice(("visit", "visit", "check"))
        small = age < 2000
        visit = Encounter.objects.create(
            person=person, exam_date=day, kind=kind, bp_systolic=rng.choice((None, 120, 150)),
            weight_kg=Decimal(rng.randrange(40, 160)) / 10 if small else Decimal(50),
            height_cm=Decimal(rng.randrange(550, 1100)) / 10 if small else None,
        )  # fmt: skip
        if kind == "check":
            HealthCheckFactory(
                encounter=visit, target_groups=[rng.choice(("1", "5", "11"))], funding=rng.choice(("", "2", "3")),
                health_class=rng.choice((None, 1, 2, 3)) if age > 2200 else None, school_year="2025-2026",
            )  # fmt: skip
    if age < 1500:
        for vaccine, doses in DOSES.items():
            for number in range(doses):
                day = person.birth_date + dt.timedelta(days=1 + 60 * number + rng.randrange(200))
                if rng.random() < 0.9 and day <= TODAY:
                    Immunization.objects.create(
                        person=person, table="1", vaccine=vaccines[vaccine], dose_number=number + 1, status="given",
                        occurrence_date=day,
                    )  # fmt: skip
    if age > 14_000:
        _books(rng, person)
    if person.sex == "2" and 8_000 < age < 13_000:
        _pregnancy(rng, person)
    if rng.random() < 0.6:
        Identifier.objects.create(person=person, kind="BHYT_CARD", value=f"GD4{person.pk:012d}")


def _books(rng, person):
    disease = rng.choice(("hypertension", "diabetes"))
    if rng.random() < 0.7:
        book = NcdRegistrationFactory(person=person, disease=disease, registered_on=dt.date(2025, 6, 1))
        for visit in Encounter.objects.filter(person=person):
            if rng.random() < 0.7:
                NcdVisitFactory(registration=book, encounter=visit, target=rng.choice("012"))
    elif rng.random() < 0.5:
        Condition.objects.create(person=person, kind=code("own-disease", "2"), answer="yes")


def _pregnancy(rng, person):
    period = dt.date(2025, 5, 1) + dt.timedelta(days=rng.randrange(30))
    ended = rng.random() < 0.6
    PregnancyFactory(
        person=person, last_period_on=period, registered_on=period + dt.timedelta(days=70), due_on=None,
        **({"outcome": "birth", "ended_on": dt.date(2026, 2, 10), "birth_place": rng.choice(("home", "station")),
            "birth_attendant": rng.choice(("staff", "other"))} if ended else {}),
    )  # fmt: skip
    for week in (10, 18, 26, 30, 36):
        if rng.random() < 0.85:
            Encounter.objects.create(
                person=person, exam_date=period + dt.timedelta(weeks=week), kind="antenatal"
            )  # fmt: skip
    if ended:
        Delivery.objects.create(person=person, born_on=dt.date(2026, 2, 10), weight_g=rng.choice((2300, 3100, None)))
        if rng.random() < 0.5:
            Encounter.objects.create(person=person, exam_date=dt.date(2026, 2, 15))


def table(world, name, period="2026", **options):
    report = REPORTS[name]
    question = make.ask(world["commune"], period, options=report.options_of(options))
    return services.make_table(report=report, question=question)


def total(world, name, period="2026", **options):
    return table(world, name, period, **options).total


def living():
    return [one for one in Person.objects.filter(commune__name="Đếm") if one.status == "active"]


def year_visits(person, kind=None):
    visits = Encounter.objects.filter(person=person, status="finished")
    return [v for v in visits if START <= v.exam_date < END and kind in (None, v.kind)]


# --- the counts
def test_fully_vaccinated_infants(world):
    turned = [one for one in living() if back(START, 12) <= one.birth_date < back(END, 12)]
    full = []
    for child in turned:
        limit = child.birth_date.replace(year=child.birth_date.year + 1)
        doses = [dose for dose in Immunization.objects.filter(person=child) if dose.occurrence_date < limit]
        if all(sum(dose.vaccine.code == vaccine for dose in doses) >= n for vaccine, n in DOSES.items()):
            full.append(child)
    row = total(world, "epi")
    assert (row.turned, row.full) == (len(turned), len(full))
    assert 0 < len(full) < len(turned)


def test_doses_under_one(world):
    under = [one for one in living() if back(LAST, 12) < one.birth_date <= LAST]
    have = [
        one
        for one in under
        if Immunization.objects.filter(person=one, vaccine__code="DPT_HEPB_HIB", status="given").count() >= 3
    ]
    row = total(world, "epi_doses")
    assert (row.under, row.dpt3) == (len(under), len(have))
    assert len(under) > 0


def test_hypertension(world):
    people = {one.pk: one for one in living()}
    books = [b for b in NcdRegistration.objects.filter(disease="hypertension") if b.person_id in people]
    ticked = set(Condition.objects.filter(answer="yes").values_list("person", flat=True)) & set(people)
    visited = reached = unknown = 0
    for book in books:
        marks = [m for m in NcdVisit.objects.filter(registration=book) if START <= m.encounter.exam_date < END]
        if marks:
            last = max(marks, key=lambda mark: (mark.encounter.exam_date, mark.encounter_id))
            visited += 1
            reached += last.target == "1"
            unknown += last.target == "2"
    row = total(world, "hypertension")
    assert row.managed == len(books)
    assert row.known == len({book.person_id for book in books} | ticked)
    assert (row.visited, row.reached, row.unknown) == (visited, reached, unknown)
    assert visited > 0


def test_patients_who_stayed_away_and_blood_pressure_from_forty(world):
    people = {one.pk: one for one in living()}
    since = dt.date(2026, 4, 1) - dt.timedelta(days=60)
    lost, patients = set(), set()
    for book in NcdRegistration.objects.filter(disease__in=("hypertension", "diabetes"), person__in=people):
        patients.add(book.person_id)
        days = [mark.encounter.exam_date for mark in NcdVisit.objects.filter(registration=book)]
        if not any(since <= day < dt.date(2026, 4, 1) for day in days):
            lost.add(book.person_id)
    forty = [one for one in people.values() if one.birth_date <= back(dt.date(2026, 3, 31), 480)]
    measured = [one for one in forty if any(visit.bp_systolic for visit in year_visits(one))]
    row = total(world, "ncd", "2026-03")
    assert (row.patients, row.lost) == (len(patients), len(lost))
    assert (row.forty, row.measured) == (len(forty), len(measured))
    assert 0 < len(lost) < len(patients)


def test_checks(world):
    people = living()
    checked = [one for one in people if year_visits(one, "check")]
    old = [one for one in people if one.birth_date <= back(LAST, 720)]
    row = total(world, "checks")
    assert (row.residents, row.checked) == (len(people), len(checked))
    assert (row.old, row.old_checked) == (len(old), len([one for one in old if one in checked]))
    forms = HealthCheck.objects.filter(encounter__exam_date__year=2026)
    people_of = {form.encounter.person_id for form in forms if "5" in form.target_groups and form.funding == "3"}
    assert total(world, "check_targets", funding="3").t5 == len(people_of)
    assert total(world, "check_funding", target="5").f3 == len(people_of)
    last = {}
    for form in sorted(forms, key=lambda form: (form.encounter.exam_date, form.encounter_id)):
        if form.health_class and form.encounter.person.status == "active":
            last[form.encounter.person_id] = form.health_class
    classes = total(world, "check_classes")
    assert [getattr(classes, f"c{n}") for n in (1, 2, 3)] == [list(last.values()).count(n) for n in (1, 2, 3)]
    assert last
    unchecked = table(world, "unchecked")
    assert len(unchecked.rows) == len(people) - len(checked)


def test_mothers(world):
    closed = list(Pregnancy.objects.filter(outcome="birth"))
    enough = 0
    for row in closed:
        days = {
            visit.exam_date
            for visit in Encounter.objects.filter(person=row.person, kind="antenatal")
            if row.last_period_on <= visit.exam_date <= row.ended_on
        }
        weeks = [(day - row.last_period_on).days // 7 for day in days]
        parts = {0 if week < 14 else 1 if week < 28 else 2 for week in weeks}
        enough += len(days) >= 4 and len(parts) == 3
    row = total(world, "mch")
    seen = [one for one in closed if Encounter.objects.filter(person=one.person, exam_date__gt=one.ended_on).exists()]
    light = Delivery.objects.filter(weight_g__lt=2500).count()
    assert row.women == len(closed) > 0
    assert row.managed == len([p for p in Pregnancy.objects.filter(outcome="") if p.person.status == "active"])
    assert (row.visited, row.after) == (enough, len(seen))
    births = total(world, "mch_births")
    assert births.women == row.women
    assert births.staff == len([one for one in closed if one.birth_attendant == "staff"])
    assert (births.weighed, births.light) == (Delivery.objects.exclude(weight_g=None).count(), light)


def z_of(measure, person, visit, value):
    """By the formula of the standard, with floating point numbers."""
    line = GrowthStandard.objects.get(
        measure=measure, sex=person.sex, age_days=(visit.exam_date - person.birth_date).days
    )
    power, median, spread = float(line.power), float(line.median), float(line.variation)
    return ((float(value) / median) ** power - 1) / (power * spread)


def test_nutrition(world):
    children = [one for one in living() if back(LAST, 60) < one.birth_date <= LAST]
    scores = {"weight": [], "height": []}
    for child in children:
        visits = sorted(year_visits(child), key=lambda visit: (visit.exam_date, visit.pk))
        for measure, column in (("weight", "weight_kg"), ("height", "height_cm")):
            measured = [visit for visit in visits if getattr(visit, column) is not None]
            if measured:
                scores[measure].append(z_of(measure, child, measured[-1], getattr(measured[-1], column)))
    row = total(world, "nutrition", "2026")
    assert (row.children, row.weighed, row.heights) == (len(children), len(scores["weight"]), len(scores["height"]))
    assert row.underweight == sum(z < -2 for z in scores["weight"])
    assert row.severe_weight == sum(z < -3 for z in scores["weight"])
    assert row.stunted == sum(z < -2 for z in scores["height"])
    assert 0 < row.underweight < row.weighed
    listed = table(world, "nutrition_children", "2026")
    shown = sorted(float(one.z_weight) for one in listed.rows if one.z_weight is not None)
    assert shown == pytest.approx(sorted(scores["weight"]), abs=0.006)


def test_words_of_the_scores():
    assert verdict(Decimal("-2.10"), Decimal("-3.20")) == "Suy dinh dưỡng nhẹ cân, thấp còi mức nặng"
    assert verdict(Decimal("0.1"), Decimal("-1.99")) == "Bình thường"
    assert verdict(None, Decimal("0")) == ""


def test_visits_at_the_station(world):
    visits = [v for one in Person.objects.filter(pk__in=world["people"]) for v in year_visits(one)]
    insured = [v for v in visits if Identifier.objects.filter(person=v.person_id, kind="BHYT_CARD").exists()]
    row = total(world, "opd")
    assert (row.visits, row.insured, row.uninsured) == (len(visits), len(insured), len(visits) - len(insured))
    assert row.women == len([v for v in visits if v.person.sex == "2"])
    assert row.people == len({v.person_id for v in visits})
    a1 = table(world, "a1")
    assert len(a1.rows) == len([v for v in visits if v.kind == "visit"])


def test_lists_are_as_long_as_the_figures(world):
    user = make.user(world["commune"], "head")
    checked = 0
    for name in (
        "epi",
        "epi_doses",
        "hypertension",
        "ncd",
        "checks",
        "check_targets",
        "mch",
        "mch_births",
        "nutrition",
        "opd",
    ):
        report = REPORTS[name]
        question = make.ask(world["commune"], "2026", by_user=user, options=report.options_of({}))
        made = services.make_table(report=report, question=question)
        for column in made.columns:
            if column.people and getattr(made.total, column.key):
                found = behind(report=report, question=question, column=column.key, line="all")
                assert found.rows.count() == getattr(made.total, column.key), (name, column.key)
                checked += 1
    assert checked > 40


def test_children_due_for_doses(world):
    """A child of nine months with all doses but the measles one is due for it since the day it turned nine months."""
    village, born = world["villages"][0], dt.date(2025, 6, 2)
    child = make.people(1, village, birth_date=born, full_name="Lê Đến Hạn")[0]
    given = [("BCG", 1), ("HEPB0", 0), ("IPV", 1), *[(code, n) for code in ("DPT_HEPB_HIB", "BOPV") for n in (1, 2, 3)]]
    for vaccine, number in given:
        Immunization.objects.create(
            person=child, table="1", vaccine=Vaccine.objects.get(code=vaccine), dose_number=number, status="given",
            occurrence_date=born + dt.timedelta(days=30 * max(number + 1, 1)),
        )  # fmt: skip
    rows = table(world, "due_doses", "2026-03-20").rows
    (row,) = [row for row in rows if row.name == "Lê Đến Hạn"]
    assert "Vắc xin sởi đơn mũi 1 (từ 02/03/2026)" in row.doses
    assert "IPV) mũi 2 (từ 02/03/2026)" in row.doses
    assert "DPT-VGB-Hib" not in row.doses
    late = table(world, "due_doses", "2026-03-20", late="30").rows
    assert ["sởi" in row.doses for row in late if row.name == "Lê Đến Hạn"] == [False]  # PCV is late, measles is not


def test_registers_show_what_the_record_says(world):
    row = Pregnancy.objects.filter(outcome="birth").order_by("pk").first()
    a3 = next(line for line in table(world, "a3").rows if line.key == str(row.pk))
    visits = Encounter.objects.filter(person=row.person, kind="antenatal").count()
    assert a3.times == visits
    assert a3.ends == "Đã sinh 10/02/2026"
    a4 = table(world, "a4")
    assert {line.place for line in a4.rows} <= {"Tại nhà", "Trạm y tế"}
    book = table(world, "ncd_book", book="diabetes")
    assert len(book.rows) == NcdRegistration.objects.filter(disease="diabetes").count()
    assert "01B" in book.title
    lines = [line for book in ("hypertension", "diabetes") for line in table(world, "ncd_book", book=book).rows]
    assert {line.target for line in lines if line.seen_on} <= {"Đạt", "Chưa đạt", "Chưa đánh giá", ""}
    assert [text_of(column, line) for line in lines for column in book.columns if column.key == "target"].count("Đạt")


@pytest.mark.parametrize("name", [name for name, report in REPORTS.items() if report.personal])
def test_registers_fit_the_paper(name, world):
    """252 millimetres of text on the long side of A4; the widest column takes what the others leave."""
    assert sum(column.width for column in table(world, name, "2026-03").columns) <= 252
