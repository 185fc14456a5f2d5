"""The lists that the project brings along: official counts, succession, renamed units; loading is repeatable."""

import shutil
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from ehr.codes.models import Release
from stations import reference
from stations.models import AdminUnit, AdminUnitSuccession, FacilityCode, Organization

pytestmark = pytest.mark.django_db


def count(scheme, level, on):
    return AdminUnit.objects.filter(scheme=scheme, level=level).valid_on(on).count()


@pytest.mark.parametrize(
    ("scheme", "on", "expected"),
    [
        ("old", date(2025, 6, 30), (63, 696, 10_035)),
        ("old", date(2024, 6, 11), (63, 705, 10_595)),
        ("old", date(2025, 7, 1), (0, 0, 0)),
        ("new", date(2025, 6, 30), (0, 0, 0)),
        ("new", date(2025, 7, 1), (34, 0, 3_321)),
        ("new", date(2026, 11, 21), (34, 0, 3_321)),
    ],
)
def test_counts_of_units_equal_the_official_totals(scheme, on, expected):
    assert tuple(count(scheme, level, on) for level in ("province", "district", "commune")) == expected


def test_every_commune_of_the_last_day_has_a_successor_and_every_new_commune_is_reached():
    last = AdminUnit.objects.filter(scheme="old", level="commune").valid_on(date(2025, 6, 30))
    assert not last.filter(successions=None).exists()
    assert not AdminUnit.objects.filter(scheme="new", level="commune", predecessions=None).exists()
    assert AdminUnitSuccession.objects.count() == 11_183


def test_each_old_unit_with_successors_has_one_default():
    wrong = AdminUnitSuccession.objects.filter(is_default=True).values("old").annotate(n=Count("pk")).exclude(n=1)
    with_default = AdminUnitSuccession.objects.filter(is_default=True).values("old").distinct().count()
    assert (wrong.count(), with_default) == (0, AdminUnitSuccession.objects.values("old").distinct().count())


def test_eleven_units_of_dong_nai_bear_their_new_names():
    renamed = AdminUnit.objects.exclude(names=None)
    assert renamed.count() == 11
    dong_nai = renamed.get(level="province")
    assert (dong_nai.full_name, dong_nai.unit_type) == ("Thành phố Đồng Nai", "Thành phố")


def test_search_names_are_filled_by_the_fixtures():
    assert not AdminUnit.objects.filter(plain_name="").exists()
    assert AdminUnit.objects.get(scheme="old", level="commune", code="16537").plain_name == "xa quang dai"


def test_facilities_carry_their_code_and_source():
    code = FacilityCode.objects.select_related("organization").get(kind="claims", code="01G02")
    assert code.organization.kind == Organization.Kind.STATION
    assert "Hà Nội" in code.source


def test_a_second_run_changes_nothing_and_says_so(capsys):
    call_command("load_reference")
    assert "không có gì thay đổi" in capsys.readouterr().out


def test_if_changed_asks_once_and_loads_nothing(django_assert_num_queries):
    with django_assert_num_queries(1):
        call_command("load_reference", if_changed=True, verbosity=0)


def test_a_changed_file_is_loaded_again(fixtures, capsys):
    edit(fixtures / "admin_unit_names.csv", "Nghị quyết 30/2026/QH16", "Nghị quyết thử nghiệm")
    call_command("load_reference", if_changed=True)
    out = capsys.readouterr().out
    assert "units-new: 3.377 dòng, thêm 0, sửa 1" in out
    assert "icd10" not in out
    assert AdminUnit.objects.get(code="75", scheme="new").names.filter(document="Nghị quyết thử nghiệm").exists()


@pytest.fixture
def fixtures(tmp_path, monkeypatch):
    """A copy of the fixtures that a test may spoil."""
    copy = shutil.copytree(reference.FIXTURES, tmp_path / "fixtures")
    monkeypatch.setattr(reference, "FIXTURES", copy)
    return copy


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_missing_commune_stops_the_load_and_leaves_the_tables(fixtures):
    path = fixtures / "admin_units_new.csv"
    path.write_text(path.read_text(encoding="utf-8").rsplit("\n", 2)[0] + "\n", encoding="utf-8")
    edit(path, "Tỉnh Cao Bằng", "Tỉnh Sai")
    before = Release.objects.get(system__key="reference", version="units-new").sha256
    with pytest.raises(CommandError, match=r"Sai số lượng xã, phường, đặc khu.*3\.320, phải là 3\.321; chưa nạp gì"):
        call_command("load_reference", only=["units-new"])
    assert not AdminUnit.objects.filter(full_name="Tỉnh Sai").exists()
    assert Release.objects.get(system__key="reference", version="units-new").sha256 == before


def test_a_succession_to_an_unknown_code_stops_the_load(fixtures):
    edit(fixtures / "admin_unit_succession.csv", ",11948,", ",99999,")
    with pytest.raises(CommandError, match="318 → 99999 có mã không tồn tại"):
        call_command("load_reference", only=["succession"])


def test_a_commune_without_successor_stops_the_load(fixtures):
    path = fixtures / "admin_unit_succession.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("00595,")) + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"Xã 00595 \(30/06/2025\) không có xã mới"):
        call_command("load_reference", only=["succession"])


def test_facilities_changed_by_the_installation_stay():
    organization = FacilityCode.objects.get(code="01G02").organization
    Organization.objects.filter(pk=organization.pk).update(name="Trạm đã đổi tên")
    call_command("load_reference", only=["facilities"], verbosity=0)
    organization.refresh_from_db()
    assert organization.name == "Trạm đã đổi tên"


def test_an_unknown_list_is_named():
    with pytest.raises(CommandError, match="Không có danh mục khong-co"):
        call_command("load_reference", only=["khong-co"])
