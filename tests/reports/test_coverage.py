"""The coverage table: what is counted, when, where, and what is said about it."""

import datetime as dt
import random

import pytest

from reports import coverage, registry
from reports.coverage import CoverageRow
from reports.tables import text_of
from stations.models import AdminUnitName
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
RATE = coverage.COLUMNS[-1]
DONE = {"section_a_complete_on": dt.date(2024, 2, 1), "identity_confirmed_on": dt.date(2024, 2, 1)}


def figures(table):
    return {row.unit: (row.population, row.linked, row.examined, row.managed) for row in (*table.rows, table.total)}


@pytest.fixture
def commune():
    return make.unit("commune", "Xã Thử Một", make.unit("province", "Tỉnh Thử"))


# ---------------------------------------------------------------------------------------------------- the pilot's table
def test_ward_table_of_the_pilot_report_recomputes():
    rows = [CoverageRow(name, n, name, *given) for n, (name, *given, _) in enumerate(make.WARDS, start=1)]

    assert [text_of(RATE, row) for row in rows] == [printed for *_, printed in make.WARDS]
    total = coverage.total_of(rows)
    assert [text_of(column, total) for column in coverage.COLUMNS[1:]] == [
        "Tổng cộng", "370.719", "373.718", "96.962", "372.656", "100,52%",
    ]  # fmt: skip


def test_above_100_is_flagged_and_never_clipped():
    rows = [CoverageRow(name, n, name, *given) for n, (name, *given, _) in enumerate(make.WARDS, start=1)]
    assert [row.unit for row in rows if row.flags] == [
        "Phường Cổ Nhuế 1", "Phường Đông Ngạc", "Phường Liên Mạc", "Phường Phúc Diễn", "Phường Thụy Phương",
        "Phường Thượng Cát", "Phường Xuân Tảo",
    ]  # fmt: skip
    barely = CoverageRow("x", 1, "x", 1_000_000, 0, 0, 1_000_001)
    assert barely.flags == {"over_100"}
    assert text_of(RATE, barely) == "100,00%"


@pytest.mark.parametrize("population", [None, 0])
def test_rate_without_population_is_a_dash(population):
    assert text_of(RATE, CoverageRow("x", 1, "x", population, 5, 1, 5)) == "-"


# ----------------------------------------------------------------------------------------------------------- who counts
def test_counts_and_zeros_of_a_commune(commune):
    first, second = make.village(commune, "Thôn A"), make.village(commune, "Thôn B")
    make.population(first, 10)
    make.people(3, first, **DONE)
    make.visits(make.people(1, first, **DONE), dt.date(2025, 5, 1))
    make.people(2, first)  # a record, nothing more

    table = coverage.build(make.ask(commune))

    assert figures(table) == {"Thôn A": (10, 4, 1, 4), "Thôn B": (None, 0, 0, 0), "Tổng cộng": (10, 4, 1, 4)}
    assert second.name in [row.unit for row in table.rows]


def test_merged_and_erroneous_records_count_nowhere(commune):
    home = make.village(commune, "Thôn A")
    kept, twin, wrong = make.people(3, home, **DONE)
    make.visits([kept, twin, wrong], dt.date(2025, 5, 1))
    type(twin).objects.filter(pk=twin.pk).update(status="duplicate", merged_into=kept)
    type(wrong).objects.filter(pk=wrong.pk).update(status="error")

    assert figures(coverage.build(make.ask(commune)))["Thôn A"] == (None, 1, 1, 1)


def test_dead_and_moved_are_records_but_not_managed_people(commune):
    home = make.village(commune, "Thôn A")
    make.people(1, home, status="dead", death_date=dt.date(2025, 1, 31), **DONE)
    make.people(1, home, status="moved", moved_out_on=dt.date(2025, 1, 31), **DONE)
    make.people(1, home, status="moved", **DONE)  # nobody knows since when

    assert figures(coverage.build(make.ask(commune, "2025-01")))["Thôn A"] == (None, 3, 0, 0)
    assert figures(coverage.build(make.ask(commune, "2024-12")))["Thôn A"] == (None, 3, 0, 2)


def test_past_month_is_its_last_moment(commune):
    home = make.village(commune, "Thôn A")
    make.people(1, home, created=dt.date(2025, 3, 31), **DONE)
    late = make.people(1, home, created=dt.date(2025, 4, 1), **DONE)
    make.people(1, home, section_a_complete_on=dt.date(2025, 4, 1), identity_confirmed_on=dt.date(2025, 3, 31))
    make.visits(late, dt.date(2025, 4, 1))

    assert figures(coverage.build(make.ask(commune, "2025-03")))["Thôn A"] == (None, 2, 0, 1)
    assert figures(coverage.build(make.ask(commune, "2025-04")))["Thôn A"] == (None, 3, 1, 3)
    assert figures(coverage.build(make.ask(commune, "2023-12")))["Thôn A"] == (None, 0, 0, 0)


def test_visit_entered_later_or_cancelled_does_not_count(commune):
    home = make.village(commune, "Thôn A")
    person = make.people(2, home, **DONE)
    make.visits(person[:1], dt.date(2025, 4, 10))  # two visits of one person are one person
    make.visits(person[:1], dt.date(2025, 4, 10))
    make.visits(person[1:], dt.date(2025, 4, 10), status="error")
    late = make.people(1, home, **DONE)
    make.visits(late, dt.date(2025, 5, 2))
    late[0].encounter_set.update(exam_date=dt.date(2025, 4, 30))  # of April, stored in May

    assert figures(coverage.build(make.ask(commune, "2025-04")))["Thôn A"][2] == 1
    assert figures(coverage.build(make.ask(commune, "2025-05")))["Thôn A"][2] == 2


def test_linked_means_accepted_upstream_once_an_upstream_is_configured(commune, settings):
    home = make.village(commune, "Thôn A")
    make.people(1, home, linked_on=dt.date(2025, 1, 1))
    make.people(2, home, identity_confirmed_on=dt.date(2025, 1, 1))
    settings.UPSTREAM_CONFIGURED = True
    upstream = coverage.build(make.ask(commune))
    settings.UPSTREAM_CONFIGURED = False
    local = coverage.build(make.ask(commune))

    assert (upstream.total.linked, local.total.linked) == (1, 2)
    assert "cấp trên tiếp nhận" in upstream.definitions[1]
    assert "xác minh danh tính" in local.definitions[1]


def test_breaches_of_the_invariant_are_listed(commune):
    home = make.village(commune, "Thôn A")
    make.visits(make.people(2, home), dt.date(2025, 5, 1))
    make.people(1, home, section_a_complete_on=dt.date(2025, 1, 1))

    found = coverage.build(make.ask(commune)).problems

    assert [(p.code, p.level) for p in found[:2]] == [
        ("coverage.examined_over_managed", "warning"), ("coverage.managed_over_linked", "warning"),
    ]  # fmt: skip
    assert found[0].message == "Thôn A: (5) = 2 lớn hơn (6) = 1."
    assert len(found) == 4  # the total breaks them too


def test_people_without_a_village_have_a_line(commune):
    make.people(2, make.village(commune, "Thôn A"), **DONE)
    make.people(3, commune, **DONE)

    table = coverage.build(make.ask(commune))

    assert [(row.unit, row.managed) for row in table.rows] == [("Thôn A", 2), ("Chưa rõ thôn", 3)]
    assert coverage.build(make.ask(commune.parent, by="village")).rows[-1].unit == "Chưa rõ thôn – Xã Thử Một"


# ----------------------------------------------------------------------------------------------------------- population
def test_own_figure_then_sum_of_villages_then_the_latest_before(commune):
    first, second = make.village(commune, "Thôn A"), make.village(commune, "Thôn B")
    make.population(first, 100, "2025-01-01", "2025-06-30")
    make.population(second, 50, "2025-01-01", "2025-06-30")

    def asked(month):
        table = coverage.build(make.ask(commune.parent, month, "commune"))
        return table.rows[0].population, [note.text for note in table.notes if note.number]

    assert asked("2025-09") == (150, ["Dân số của kỳ 01/01/2025–30/06/2025, chưa có số của kỳ báo cáo."])
    make.population(commune, 140, "2024-01-01", "2024-12-31")
    make.population(commune, 160, "2025-07-01", "2025-12-31")
    make.population(commune, 161, "2025-09-01", "2025-09-30")
    assert asked("2025-09") == (161, [])  # the shortest period that covers the month
    assert asked("2025-10") == (160, [])
    assert asked("2026-02") == (160, ["Dân số của kỳ 01/07/2025–31/12/2025, chưa có số của kỳ báo cáo."])


def test_a_sum_that_lacks_a_village_is_no_figure(commune):
    make.population(make.village(commune, "Thôn A"), 100)
    make.village(commune, "Thôn B")

    table = coverage.build(make.ask(commune.parent, by="commune"))

    assert table.rows[0].population is None
    assert table.notes[0].text == "Thiếu dân số của 1/2 nơi trong đơn vị: Thôn B."
    village_table = coverage.build(make.ask(commune))
    assert "Tổng (3) chưa gồm 1 đơn vị chưa có dân số" in village_table.notes[0].text


# ---------------------------------------------------------------------------------------------------- old and new units
@pytest.fixture
def two_eras():
    """Province with old districts D1 (communes a, b) and D2 (c); new communes X ← a, part of c, and Y ← b, c."""
    province = make.unit("province", "Tỉnh Thử")
    was = make.unit("province", "Tỉnh Thử", scheme="old")
    d1, d2 = (make.unit("district", f"Huyện Cũ {n}", was, "old") for n in "12")
    a, b = (make.unit("commune", f"Xã Cũ {n}", d1, "old") for n in "ab")
    c = make.unit("commune", "Xã Cũ c", d2, "old")
    x, y = (make.unit("commune", f"Xã Mới {n}", province) for n in "XY")
    for old, new, default in ((a, x, True), (b, y, True), (c, y, True), (c, x, False)):
        make.succession(old, new, default=default)
    homes = [
        make.village(x, "Thôn 1", a), make.village(x, "Thôn 2", c), make.village(y, "Thôn 3", b),
        make.village(y, "Thôn 4", c), make.village(y, "Thôn 5"), x, y,
    ]  # fmt: skip
    return {"province": province, "was": was, "d1": d1, "d2": d2, "homes": homes, "x": x, "a": a}


@pytest.mark.parametrize("seed", range(5))
def test_sums_by_old_and_new_units_agree(two_eras, seed):
    chance = random.Random(seed)
    for home in two_eras["homes"]:
        done = DONE if chance.random() < 0.7 else {"identity_confirmed_on": dt.date(2025, 1, 1)}
        found = make.people(chance.randrange(6), home, **done)
        make.visits([person for person in found if chance.random() < 0.5], dt.date(2025, 2, 2))

    tables = [
        coverage.build(make.ask(two_eras[root], month, by))
        for root in ("province", "was")
        for by in ("village", "commune", "district")
        for month in ("2026-03", "2025-03")
    ]

    assert len({figures(table)["Tổng cộng"] for table in tables}) == 1


def test_unmapped_people_have_a_line_by_old_units(two_eras):
    for home in two_eras["homes"]:
        make.people(1, home, **DONE)

    table = coverage.build(make.ask(two_eras["province"], by="district"))

    assert [(row.unit, row.managed) for row in table.rows] == [
        ("Huyện Cũ 1 (cũ)", 2), ("Huyện Cũ 2 (cũ)", 2), ("Chưa ánh xạ đơn vị cũ", 3),
    ]  # fmt: skip


def test_an_old_district_says_whom_nobody_can_place(two_eras):
    for home in two_eras["homes"]:
        make.people(1, home, **DONE)

    table = coverage.build(make.ask(two_eras["d1"], by="commune"))

    assert [(row.unit, row.managed) for row in table.rows] == [("Xã Cũ a (cũ)", 1), ("Xã Cũ b (cũ)", 1)]
    assert table.notes[-1].text.endswith("(4) 3, (5) 0, (6) 3.")


def test_month_before_july_2025_shows_the_units_and_names_of_its_time(two_eras):
    old = two_eras["a"]
    AdminUnitName.objects.create(unit=old, full_name="Xã Xưa a", unit_type="Xã", valid_to=dt.date(2024, 5, 1))
    AdminUnitName.objects.create(unit=old, full_name="Phường Cũ a", unit_type="Phường", valid_from=dt.date(2024, 5, 1))

    def names(month):
        return [row.unit for row in coverage.build(make.ask(two_eras["province"], month, "commune")).rows]

    assert names("2024-04") == ["Xã Xưa a", "Xã Cũ b", "Xã Cũ c"]
    assert names("2025-06") == ["Phường Cũ a", "Xã Cũ b", "Xã Cũ c"]
    assert names("2025-07") == ["Xã Mới X", "Xã Mới Y"]


def test_old_district_report_keeps_communes_without_people(two_eras):
    table = coverage.build(make.ask(two_eras["d1"], by="commune"))
    assert figures(table) == {
        "Xã Cũ a (cũ)": (None, 0, 0, 0), "Xã Cũ b (cũ)": (None, 0, 0, 0), "Tổng cộng": (None, 0, 0, 0),
    }  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- queries
@pytest.mark.parametrize("by", ["village", "commune", "district"])
@pytest.mark.parametrize("month", ["2026-03", "2025-03"])
def test_queries_do_not_grow_with_the_unit(
    by, month, django_assert_max_num_queries, two_eras, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(root):
        with CaptureQueriesContext(connection) as captured:
            coverage.build(make.ask(root, month, by))
        return len(captured)

    for root in ("province", "was"):
        make.people(1, two_eras["homes"][0], **DONE)
        small = queries(two_eras[root])
        for number in range(10):
            home = make.village(two_eras["x"], f"Thôn thêm {root} {number}", two_eras["a"])
            make.population(home, 30)
            make.visits(make.people(3, home, **DONE), dt.date(2025, 1, 1))
        assert queries(two_eras[root]) == small <= 9


def test_every_report_is_registered_with_its_levels():
    for report in registry.REPORTS.values():
        assert report.levels
        assert (report.key, report.path) == (report.key.lower(), report.path.lower())
        assert set(report.levels) <= {"commune", "district", "province"}
    assert len(registry.BY_PATH) == len(registry.REPORTS)
