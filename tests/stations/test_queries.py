"""Finding units, their successors, villages and facilities."""

from datetime import date

import pytest

from stations import queries
from stations.models import AdminUnit
from tests.factories.stations import (
    CommuneFactory,
    FacilityCodeFactory,
    OldCommuneFactory,
    OldDistrictFactory,
    OrganizationFactory,
    VillageFactory,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def old(code, level="commune"):
    return AdminUnit.objects.get(scheme="old", level=level, code=code)


def test_the_same_number_is_another_unit_in_each_list():
    assert queries.current_unit("16516").full_name == "Phường Nam Sầm Sơn"
    assert queries.old_unit("16516").full_name != "Phường Nam Sầm Sơn"
    assert queries.unit_by_code("16516").scheme == "new"
    assert queries.unit_by_code("382").full_name == "Thành phố Sầm Sơn"


def test_quang_dai_went_whole_to_nam_sam_son():
    unit = old("16537")
    assert unit.full_name == "Xã Quảng Đại"
    assert queries.successor(unit).code == "16516"
    assert [(new.code, new.part) for new in queries.successors(unit)] == [("16516", "whole")]
    before = queries.predecessors(queries.current_unit("16516"))
    assert {"16513", "16516", "16534", "16537"} <= {row.code for row in before}


def test_a_retired_commune_without_successor_has_none():
    assert queries.successor(old("10774")) is None


def test_a_partial_succession_lists_the_default_first():
    partial = AdminUnit.objects.filter(successions__part="partial", successions__is_default=False).first()
    found = list(queries.successors(partial))
    assert len(found) > 1
    assert found[0] == queries.successor(partial)


@pytest.mark.parametrize(
    ("scheme", "code", "level", "expected"),
    [
        ("new", "38", "province", 166),
        ("new", "11", "province", 45),
        ("old", "11", "province", 10),
        ("old", "021", "district", 13),
    ],
)
def test_children_are_those_of_the_unit(scheme, code, level, expected):
    unit = AdminUnit.objects.get(scheme=scheme, code=code, level=level)
    assert queries.children(unit).count() == expected


def test_communes_of_an_old_province_are_two_steps_below():
    communes = queries.communes_of(old("11", "province"))
    assert communes.valid_on(date(2025, 6, 30)).count() == 129


def test_names_follow_the_day():
    dong_nai = queries.current_unit("75")
    assert queries.full_name_on(dong_nai, date(2026, 4, 29)) == "Tỉnh Đồng Nai"
    assert queries.full_name_on(dong_nai, date(2026, 4, 30)) == "Thành phố Đồng Nai"
    assert queries.full_name_on(queries.current_unit("01"), date(2026, 1, 1)) == "Thành phố Hà Nội"


@pytest.fixture
def village():
    district = OldDistrictFactory()
    return VillageFactory(commune=CommuneFactory(), old_commune=OldCommuneFactory(parent=district))


@pytest.mark.parametrize(
    "path", ["commune", "commune.parent", "old_commune", "old_commune.parent", "old_commune.parent.parent"]
)
def test_villages_are_found_from_every_unit_above(village, path):
    VillageFactory()
    unit = village
    for step in path.split("."):
        unit = getattr(unit, step)
    assert list(queries.villages_of(unit)) == [village]


@pytest.mark.parametrize("text", ["Quảng Đại", "quang dai", "XÃ QUẢNG ĐẠI", "đại quảng", "16537"])
def test_units_are_found_without_tones_in_any_order_and_by_code(text):
    found = queries.find_units(text, scheme="old", level="commune")
    assert "16537" in [unit.code for unit in found]


def test_the_unit_of_that_name_comes_before_units_that_hold_it():
    assert queries.find_units("sầm sơn", level="commune")[0].code == "16531"
    assert queries.find_units("thanh hóa")[0].code == "38"
    assert queries.find_units("   ") == []


def test_finding_units_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        [unit.parent and unit.parent.name for unit in queries.find_units("tân", limit=50)]


def test_a_facility_is_known_by_the_code_of_the_day():
    before, after = OrganizationFactory(), OrganizationFactory()
    FacilityCodeFactory(organization=before, code="99X77", valid_to=date(2025, 7, 1))
    FacilityCodeFactory(organization=after, code="99X77", valid_from=date(2025, 7, 1))
    assert queries.organization_by_code("99x77", on=date(2025, 6, 30)) == before
    assert queries.organization_by_code("99X77", on=date(2025, 7, 1)) == after
    assert queries.organization_by_code("00000") is None
