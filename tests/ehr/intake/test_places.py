"""Villages, communes and provinces by the names that people write."""

import datetime as dt

import pytest

from ehr.intake.places import Places
from ehr.intake.places.names import split_kind
from tests.factories.stations import VillageFactory

pytestmark = pytest.mark.django_db


def codes(read):
    return [] if read[1] is None else [code for _, code, _, _ in read[1].problems]


@pytest.fixture
def own(places):
    """The own commune with the villages of the fixtures and some of every kind."""
    for number, name in enumerate(["Thôn 1", "Thôn 2", "Bản Nà Ngám", "Tổ dân phố số 5", "Khu phố 1", "Hòa Đông"], 11):
        VillageFactory(commune=places.commune, name=name, plain_name="", code=f"V{number}", position=number)
    VillageFactory(
        commune=places.commune,
        name="Thôn Xưa",
        code="V99",
        valid_from=dt.date(2000, 1, 1),
        valid_to=dt.date(2020, 1, 1),
    )
    return Places(places.commune)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thôn 1", "Thôn 1"), ("thôn 1", "Thôn 1"), ("THÔN 01", "Thôn 1"), ("Thôn Một", "Thôn 1"), ("T1", "Thôn 1"),
        ("T.1", "Thôn 1"),
        ("Thôn I", "Thôn 1"), ("thon 2", "Thôn 2"), ("Bản Nà Ngám", "Bản Nà Ngám"), ("Nà Ngám", "Bản Nà Ngám"),
        ("na ngam", "Bản Nà Ngám"),
        ("Thôn Nà Ngám", "Bản Nà Ngám"), ("TDP 5", "Tổ dân phố số 5"), ("Tổ dân phố 5", "Tổ dân phố số 5"),
        ("KP1", "Khu phố 1"),
        ("Thôn Hòa Đông", "Hòa Đông"), ("Hoà Đông", "Hòa Đông"),
        ("Thôn Đông Hải, phường Nam Sầm Sơn", "Thôn Đông Hải"), ("Đông Hải", "Thôn Đông Hải"),
        ("v11", "Thôn 1"), ("Thôn 1 (cũ)", "Thôn 1"),
    ],
)  # fmt: skip
def test_villages_by_many_spellings(own, text, found):
    village = own.villages.find(text)
    assert village is not None
    assert village.name == found
    assert own.villages.read(text)[0] == village.code


@pytest.mark.parametrize("text", ["Thôn 3", "1", "Tổ 1", "Thôn Xưa", "Thôn 12", "Tân Mai", "Thôn"])
def test_no_village_or_two_are_refused_with_the_names_there_are(own, text):
    read = own.villages.read(text)
    assert read[0] is None
    assert codes(read) == ["current_village.unknown"]
    assert "Thôn Đông Hải, Thôn Bắc Nam, Thôn 1" in read[1].problems[0][3]


def test_a_village_that_is_no_more_is_told_apart(own):
    assert "không còn" in own.villages.unknown("Thôn Xưa")
    assert "Không có thôn này" in own.villages.unknown("Thôn Mới")


def test_a_village_within_an_address(own):
    assert own.villages.within("Số 5, Thôn 1, phường Nam Sầm Sơn").name == "Thôn 1"
    assert own.villages.within("Số 5 ngõ 2") is None
    assert own.villages.within("Thôn 1, Thôn 2") is None
    assert own.villages.at_start("Thôn 1 năm 2025").name == "Thôn 1"


@pytest.mark.parametrize("text", ["Phường Nam Sầm Sơn", "Nam Sầm Sơn", "phuong nam sam son", "P. Nam Sầm Sơn", "16516"])
def test_the_own_commune(own, text):
    assert own.units.read_commune(text) == ("16516", None)


def test_old_communes_that_went_into_it_are_the_own_commune(own):
    assert own.units.old
    for unit in own.units.old:
        assert own.units.read_commune(unit.full_name) == ("16516", None)


def test_another_commune_is_refused(own):
    assert codes(own.units.read_commune("Xã Quảng Nham")) == ["current_commune.other"]
    assert own.units.begins_with_own("Nam Sầm Sơn năm 2025")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thanh Hóa", "38"), ("Tỉnh Thanh Hoá", "38"), ("thanh hoa", "38"), ("TP. Hà Nội", "01"),
        ("Thành phố Hồ Chí Minh", "79"),
        ("TP HCM", "79"), ("Hà Giang", "old-02"), ("Xã A, huyện B, tỉnh Thanh Hóa", "38"),
    ],
)  # fmt: skip
def test_provinces_of_both_lists(own, text, code):
    assert own.units.read_birth_province(text)[0] == code


def test_an_unknown_province_warns(own):
    read = own.units.read_birth_province("Atlantis")
    assert read[0] is None
    assert read[1].problems[0][2] == "warning"
    assert own.units.read_own_province("Thanh Hóa") == (None, None)
    assert codes(own.units.read_own_province("Nghệ An")) == ["current_province.other"]


def test_permanent_addresses_are_resolved_when_unique_and_kept_as_text_else(own, places):
    assert own.units.permanent(address="Thôn 1, phường Nam Sầm Sơn, tỉnh Thanh Hóa") == {
        "permanent_commune": "16516", "permanent_address_detail": "Thôn 1",
    }  # fmt: skip
    found = own.units.permanent(commune="Sầm Sơn", province="Thanh Hóa")
    assert found == {"permanent_commune": places.other_commune.code}
    assert own.units.permanent(address="Số 5 phố Huế, Xã Không Có, tỉnh Nghệ An") == {
        "permanent_province": "40", "permanent_address_detail": "Số 5 phố Huế, Xã Không Có",
    }  # fmt: skip
    assert own.units.permanent(address="nhà ông Bảy") == {"permanent_address_detail": "nhà ông Bảy"}
    assert own.units.permanent(detail="Số 1", village="Thôn 9") == {"permanent_address_detail": "Số 1, Thôn 9"}


def test_an_old_commune_with_its_district_is_found_in_the_former_list(own, places):
    old = places.old_commune
    found = own.units.permanent(commune=old.full_name, district=old.parent.full_name, province="Thanh Hóa")
    assert found == {"permanent_commune": f"old-{old.code}"}


def test_names_of_kinds():
    assert split_kind("Tổ dân phố số 05") == ("to dan pho", "5")
    assert split_kind("Khu dân cư Bình Minh") == ("khu dan cu", "binh minh")
    assert split_kind("Hòa Đông") == ("", "hoa dong")


def test_places_are_read_with_few_queries(own, places, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        fresh = Places(places.commune)
        assert [fresh.villages.read("Thôn 1")[0] for _ in range(3)] == ["V11"] * 3
