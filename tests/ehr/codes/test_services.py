"""Releases: loading, loading again, a newer list beside the older, nothing half-written."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from ehr.codes import queries, services
from ehr.codes.models import Code, CodeSystem, Release
from tests.factories.codes import CodeFactory, ReleaseFactory

pytestmark = pytest.mark.django_db

OLD = "code,name,group\n1,Một,a\n2,Hai,\n3,Ba,b\n"
NEW = "code,name,group\n1,Một mới,a\n3,Ba,b\n4,Bốn,c\n"


def load(text=OLD, version="cu", valid_from=date(2020, 1, 1), **options):
    return services.load_codes_file(
        system="thu-nghiem",
        version=version,
        content=text.encode(),
        source="Văn bản thử",
        valid_from=valid_from,
        **options,
    )


def test_a_release_is_loaded_once():
    first, again = load(name="Danh mục thử"), load()
    assert (first.inserted, first.updated, first.changed) == (3, 0, True)
    assert (again.inserted, again.updated, again.changed) == (0, 0, False)
    assert CodeSystem.objects.get(key="thu-nghiem").name == "Danh mục thử"
    code = Code.objects.get(release=first.release, code="1")
    assert (code.plain_name, code.properties, code.valid_from) == ("mot", {"group": "a"}, date(2020, 1, 1))
    assert len(first.release.sha256) == 64


def test_a_corrected_file_changes_only_what_differs():
    load()
    again = load(NEW)
    # One name differs, and one code moved up a line.
    assert (again.inserted, again.updated, again.absent) == (1, 2, 1)
    assert Code.objects.filter(system__key="thu-nghiem").count() == 4


def test_a_new_release_closes_the_one_before():
    before, after = load(), load(NEW, "moi", date(2026, 7, 1), close_previous=True)
    before.release.refresh_from_db()
    assert before.release.valid_to == date(2026, 7, 1)
    assert after.closed == (before.release,)

    def names(on):
        return [code.name for code in queries.codes_on("thu-nghiem", on)]

    assert names(date(2026, 6, 30)) == ["Một", "Hai", "Ba"]
    assert names(date(2026, 7, 1)) == ["Một mới", "Ba", "Bốn"]
    assert queries.code("thu-nghiem", "1", date(2026, 6, 30)).release.version == "cu"
    assert queries.code("thu-nghiem", "2", date(2026, 7, 1)) is None


def test_loading_a_closed_release_again_leaves_it_closed():
    load()
    load(NEW, "moi", date(2026, 7, 1), close_previous=True)
    assert not load().changed
    assert queries.code("thu-nghiem", "2", date(2026, 7, 1)) is None


def test_closing_needs_a_first_day():
    with pytest.raises(ValidationError):
        load(valid_from=None, close_previous=True)
    assert not CodeSystem.objects.filter(key="thu-nghiem").exists()


def test_of_two_open_releases_the_later_one_answers():
    load()
    load(NEW, "moi", date(2026, 7, 1))
    assert queries.code("thu-nghiem", "1", date(2026, 8, 1)).name == "Một mới"


def test_a_code_belongs_to_the_list_of_its_release():
    code = CodeFactory.build(system=ReleaseFactory().system, release=ReleaseFactory())
    with pytest.raises(ValidationError) as error:
        services.save_code(code=code)
    assert error.value.error_dict["release"][0].code == "release.other_system"


# -------------------------------------------------------------------------------------------------------------- command
def command(path, *options):
    call_command(
        "load_codes", "thu-nghiem", str(path), "--version", "TT06-2026", "--source", "TT 06/2026/TT-BYT",
        "--valid-from", "01/07/2026", *options,
    )  # fmt: skip


def test_the_command_loads_a_file_and_says_what_changed(tmp_path, capsys):
    path = tmp_path / "ma.csv"
    path.write_text(OLD, encoding="utf-8")
    load(NEW)
    command(path, "--close-previous")
    command(path)
    out = capsys.readouterr().out
    assert "thu-nghiem TT06-2026: 3 mã, thêm 3, sửa 0." in out
    assert "Phiên bản thu-nghiem cu hết hiệu lực từ 01/07/2026." in out
    assert "3 mã, không có gì thay đổi." in out


def test_a_bad_file_writes_nothing_and_names_every_fault(tmp_path):
    path = tmp_path / "ma.csv"
    path.write_text("code,name\n1,Một\n1,Hai\n3,\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"Dòng 4, cột «name»: để trống"):
        command(path)
    assert not Release.objects.filter(version="TT06-2026").exists()


@pytest.mark.parametrize("day", ["2026-13-01", "hôm nay"])
def test_a_bad_day_is_refused(tmp_path, day):
    path = tmp_path / "ma.csv"
    path.write_text(OLD, encoding="utf-8")
    with pytest.raises(CommandError, match="--valid-from"):
        call_command("load_codes", "thu-nghiem", str(path), "--version", "1", "--source", "x", "--valid-from", day)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="Không đọc được tệp"):
        command(tmp_path / "khong-co.csv")
