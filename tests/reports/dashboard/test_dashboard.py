"""The page "Theo dõi": counts equal a recount, charts say what the table says, places follow rights."""

import datetime as dt
import random
import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.records.models import Encounter, Person
from reports.dashboard import charts
from reports.dashboard.counting import count, renew
from reports.dashboard.models import DailyCount
from tests.factories.records import PersonFactory
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
MANAGED = {"section_a_complete_on": dt.date(2025, 2, 1), "identity_confirmed_on": dt.date(2025, 2, 1)}


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


def recount(commune, village):
    """Figures of a place, person by person."""
    found = [p for p in Person.objects.filter(commune=commune, village=village)
             if p.status in ("active", "moved", "dead")]  # fmt: skip
    visited = set(Encounter.objects.filter(status="finished").values_list("person", flat=True))
    return {
        "records": len(found),
        "residents": sum(p.status == "active" for p in found),
        "linked": sum(p.identity_confirmed_on is not None for p in found),
        "examined": sum(p.pk in visited for p in found),
        "managed": sum(p.status == "active" and p.section_a_complete_on is not None for p in found),
    }


def test_counts_equal_a_recount_after_random_events(places):
    chance = random.Random(5)
    homes = [*places.villages, places.other_village]
    for round_number in range(8):
        for _ in range(40):
            person = PersonFactory(village=chance.choice(homes), **(MANAGED if chance.random() < 0.6 else {}))
            if chance.random() < 0.4:
                Encounter.objects.create(person=person, exam_date=dt.date(2025, 5, 1))
            if chance.random() < 0.2:
                other = Person.objects.order_by("?").first()
                Person.objects.filter(pk=other.pk).update(status="dead", death_date=dt.date(2025, 1, 1))
            if chance.random() < 0.2:
                home = chance.choice(homes)
                moved = Person.objects.order_by("?").first()
                Person.objects.filter(pk=moved.pk).update(village=home, commune=home.commune)
        count(localdate(), None if round_number % 2 else [places.commune.pk, places.other_commune.pk])
        for home in homes:
            row = DailyCount.objects.get(on=localdate(), village=home)
            assert {name: getattr(row, name) for name in recount(home.commune, home)} == recount(home.commune, home)


def test_counting_twice_keeps_one_row_a_place_and_renewing_waits(places):
    PersonFactory(village=places.villages[0])
    count(localdate())
    rows = DailyCount.objects.count()
    assert count(localdate()) == rows
    assert DailyCount.objects.count() == rows
    assert renew([places.commune.pk], today=localdate()) is False
    DailyCount.objects.update(counted_at=timezone.now() - dt.timedelta(minutes=5))
    assert renew([places.commune.pk], today=localdate()) is True


@pytest.mark.parametrize("who", ["clerk", "head", "centre", "department"])
def test_every_role_has_its_page(places, users, login, who):
    PersonFactory.create_batch(3, village=places.villages[0], **MANAGED)
    make.population(places.villages[0], 2)
    make.population(places.villages[1], 5)
    count(localdate())
    page = login(getattr(users, who)).get(reverse("dashboard:overview"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "<svg" in text
    assert "style=" not in text.split("<main")[-1]


def test_a_village_above_100_per_cent_is_marked_and_not_clipped(places, users, login):
    PersonFactory.create_batch(3, village=places.villages[0], **MANAGED)
    make.population(places.villages[0], 2)
    count(localdate())
    text = login(users.head).get(reverse("dashboard:overview")).content.decode()
    assert "150,00%" in text
    assert "▲ 150,0%" in text


@pytest.mark.parametrize("who", ["nobody", "admin"])
def test_nothing_without_the_right(users, login, who):
    assert login(getattr(users, who)).get(reverse("dashboard:overview")).status_code == 404


def test_another_commune_is_not_there(places, users, login):
    client = login(users.clerk)
    for token in (f"new-{places.far_commune.code}", f"new-{places.province.code}", "new-99999", "x"):
        assert client.get(reverse("dashboard:overview"), {"unit": token}).status_code == 404


def test_the_page_makes_the_same_queries_at_two_sizes(places, users, login, django_assert_max_num_queries):
    client = login(users.department)
    for number in (1, 30):
        PersonFactory.create_batch(number, village=places.villages[0], **MANAGED)
        count(localdate())
        cache.clear()
        with django_assert_max_num_queries(24):
            assert client.get(reverse("dashboard:overview")).status_code == 200
    with django_assert_max_num_queries(14):  # within the minute
        client.get(reverse("dashboard:overview"))


# --- charts ----------------------------------------------------------------------------------------------------------
def test_a_trend_has_gaps_where_nothing_is_known():
    drawn = charts.trend([("01", Decimal(10)), ("02", None), ("03", Decimal(50)), ("04", Decimal(120))])
    assert [point.text for point in drawn.points] == ["10,0%", "-", "50,0%", "120,0%"]
    assert len(drawn.lines) == 2
    assert drawn.points[3].y < drawn.points[2].y < drawn.points[0].y
    assert drawn.description == "Từ 10,0% (01) đến 120,0% (04)."
    assert charts.trend([]).description == "Chưa có số liệu."


def test_bars_are_as_long_as_their_values():
    drawn = charts.bars([("A", Decimal(50), ""), ("B", Decimal(200), ""), ("C", None, "")])
    assert [bar.width for bar in drawn.bars] == [90.0, 360.0, 0.0]
    assert [bar.over for bar in drawn.bars] == [False, True, False]
    assert drawn.line_x == drawn.left + 180


@pytest.mark.parametrize(
    ("value", "css"), [(None, "none"), (0, "q0"), (50, "q1"), (94, "q2"), (100, "q3"), (101, "q4")]
)
def test_shades(value, css):
    assert charts.shade(None if value is None else Decimal(value)) == css


def test_tiles_stand_in_rows():
    drawn = charts.tiles([(f"Xã Số {n}", Decimal(n), "") for n in range(14)])
    assert drawn.tiles[12].y > drawn.tiles[11].y
    assert drawn.tiles[0].short == "Số 0"


def lines_of(page):
    """The table of the page: label → figures as shown."""
    rows = re.findall(r"<tr(?: class=\"total\")?>(<td.*?)</tr>", page.content.decode())
    cells = [re.findall(r">([^<>]+)<", row) for row in rows]
    return {label: figures for label, *figures in cells}


def test_what_was_never_counted_is_not_zero(places, users, login):
    PersonFactory(village=places.villages[0])
    make.population(places.villages[0], 4)
    address, browser = reverse("dashboard:overview"), login(users.clerk)
    first, second = (village.name for village in places.villages[:2])

    before = browser.get(address)
    count(localdate())
    after = browser.get(address)

    assert before.content.decode().count(">chưa đếm<") == 4 + len(places.villages) + 1  # cards, lines, total
    assert lines_of(before)[first] == ["4", "-", "-", "-", "-", "chưa đếm"]
    assert "0,0%" not in before.content.decode().split("<main")[-1].split("<h2>Các thôn")[1]
    assert "chưa đếm" not in after.content.decode()
    assert lines_of(after)[first] == ["4", "1", "0", "0", "0", "0,00%"]
    assert lines_of(after)[second][1:] == ["0", "0", "0", "0", "-"]  # counted: nobody has a record there


def test_a_commune_counted_after_midnight_leaves_the_others_their_last_day(places, users, login):
    yesterday = localdate() - dt.timedelta(days=1)
    PersonFactory.create_batch(7, village=places.villages[0])
    PersonFactory.create_batch(8, village=places.other_village)
    Person.objects.update(created_at=timezone.now() - dt.timedelta(days=9))
    count(yesterday)
    Person.objects.filter(village=places.villages[0]).update(status="error")
    assert renew([places.commune.pk], today=localdate()) is True

    page = login(users.department).get(reverse("dashboard:overview"))
    assert lines_of(page)[places.commune.full_name][1] == "0"
    assert lines_of(page)[places.other_commune.full_name][1] == "8"
    assert page.context["seen"]["day"] == yesterday


def test_a_province_lacking_a_commune_names_no_sum_and_has_it_counted(
    places, users, login, django_capture_on_commit_callbacks
):
    PersonFactory.create_batch(7, village=places.villages[0])
    count(localdate(), [places.commune.pk])
    browser = login(users.department)
    with django_capture_on_commit_callbacks(execute=True):
        page = browser.get(reverse("dashboard:overview"))
    lines = lines_of(page)
    assert lines[places.commune.full_name][1] == "7"
    assert lines[places.other_commune.full_name][1:] == ["-", "-", "-", "-", "chưa đếm"]
    assert lines["Tổng cộng"][1:] == ["-", "-", "-", "-", "chưa đếm"]
    assert places.other_commune.pk in page.context["seen"]["uncounted"]
