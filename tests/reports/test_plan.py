"""The commune plan's table."""

import datetime as dt

import pytest

from reports import plan
from reports.plan import PlanRow
from reports.tables import text_of
from stations.models import VillageTarget
from tests.reports import builders as make

COLUMNS = {column.key: column for column in plan.COLUMNS}


def test_village_targets_of_the_commune_plan_sum_to_7219():
    rows = [PlanRow(name, n, name, target, target, 0) for n, (name, target) in enumerate(make.VILLAGES, start=1)]
    total = plan.total_of(rows)
    assert text_of(COLUMNS["target"], total) == text_of(COLUMNS["population"], total) == "7.219"
    assert text_of(COLUMNS["remaining"], total) == "7.219"
    assert text_of(COLUMNS["rate"], total) == "0,00%"


def test_village_beyond_its_target_is_flagged():
    row = PlanRow("x", 1, "x", 100, 80, 90)
    assert (row.rate, row.remaining, row.flags) == (plan.percent(9, 8), -10, {"over_100"})
    assert text_of(COLUMNS["remaining"], row) == "-10"


def test_village_without_a_target_has_no_rate():
    row = PlanRow("x", 1, "x", 100, None, 90)
    assert [text_of(COLUMNS[key], row) for key in ("target", "rate", "remaining")] == ["-", "-", "-"]


@pytest.mark.django_db
def test_plan_of_a_commune_at_the_end_of_a_month(django_assert_max_num_queries):
    commune = make.unit("commune", "Xã Thử", make.unit("province", "Tỉnh Thử"))
    homes = [make.village(commune, name) for name, _ in make.VILLAGES]
    for home, (_, target) in zip(homes, make.VILLAGES, strict=True):
        make.population(home, target)
        VillageTarget.objects.create(village=home, year=2025, target=target, source="Kế hoạch thử")
    make.people(3, homes[0], created=dt.date(2025, 10, 31))
    make.people(1, homes[0], created=dt.date(2025, 11, 1))
    make.people(1, homes[0], status="dead", death_date=dt.date(2025, 10, 30))
    make.people(2, homes[1], status="moved", moved_out_on=dt.date(2025, 11, 2))

    with django_assert_max_num_queries(9):
        table = plan.build(make.ask(commune, "2025-10"))

    assert [(row.village, row.population, row.target, row.achieved, row.remaining) for row in table.rows] == [
        ("Huệ Nghiêm", 1180, 1180, 3, 1177), ("Hòa Đông", 1001, 1001, 2, 999), ("Kênh Lâm", 884, 884, 0, 884),
        ("Thủ Phú", 2381, 2381, 0, 2381), ("Phú Xá", 1773, 1773, 0, 1773),
    ]  # fmt: skip
    assert (table.total.target, table.total.achieved, table.total.remaining) == (7219, 5, 7214)
    assert plan.build(make.ask(commune, "2026-01")).total.target is None
