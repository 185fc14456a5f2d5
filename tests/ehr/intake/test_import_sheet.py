"""`manage.py import_sheet`: what it prints, what it writes, when it refuses."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from ehr.intake.models import ImportBatch
from ehr.intake.templates_xlsx.examples import EXAMPLES
from ehr.records.models import Encounter, Person
from ehr.vaccination.models import Immunization
from tests.ehr.intake.test_templates_xlsx import filled

pytestmark = pytest.mark.django_db
COMMUNE = "16516"
HEADERS = [
    "STT",
    "Hộ số",
    "Họ và tên",
    "Quan hệ với chủ hộ",
    "Giới tính",
    "Ngày sinh",
    "Số CMND/CCCD",
    "Thôn",
    "Tăng huyết áp",
]
HEAD = [1, "H01", "Lê Văn Thử", "Chủ hộ", "Nam", "12/03/1980", "038080900001", "Thôn Đông Hải", "x"]
WIFE = [2, "H01", "Trần Thị Nghiệm", "Vợ", "Nữ", "05/11/1984", "038184900002", "Thôn Đông Hải", 0]
FAULTY = [3, "H01", "Phạm Hữu Giả", "Con", "Nam", "31/02/2010", "", "Thôn Đông Hải", ""]


@pytest.fixture
def sheet(tmp_path):
    """sheet(rows, name) → the path of a workbook."""

    def write(*rows, name="phieu.xlsx"):
        book = Workbook()
        for row in (["PHIẾU ĐIỀU TRA"], HEADERS, *rows):
            book.active.append(row)
        book.save(tmp_path / name)
        return str(tmp_path / name)

    return write


def run(path, *options, commune=COMMUNE):
    out = StringIO()
    call_command("import_sheet", path, "--commune", commune, *options, stdout=out)
    return out.getvalue()


def run_json(path, *options, **more):
    return json.loads(run(path, "--json", *options, **more))


def test_a_preview_is_the_default_and_writes_nothing(places, sheet):
    path = sheet(HEAD, WIFE, FAULTY)
    found = run_json(path)
    assert set(found) == {"batch", "counts", "problems"}
    assert found["counts"] == {
        "rows": 3, "new": 2, "updated": 0, "unchanged": 0, "possible_duplicate": 0, "refused": 1,
    }  # fmt: skip
    [problem] = [each for each in found["problems"] if each["level"] == "error"]
    assert (problem["sheet"], problem["row"], problem["column"], problem["value"]) == ("Sheet", 5, "F", "31/02/2010")
    assert set(problem) == {"sheet", "row", "column", "value", "code", "level", "message"}
    assert ImportBatch.objects.get().state == "preview" and str(ImportBatch.objects.get().key) == found["batch"]
    assert run_json(path, "--preview")["batch"] == found["batch"]  # the same file that waits is the same batch
    assert not Person.objects.exists()


def test_commit_writes_and_the_same_file_again_changes_nothing(places, sheet):
    path = sheet(HEAD, WIFE)
    found = run_json(path, "--commit")
    assert (found["counts"]["new"], found["counts"]["refused"]) == (2, 0)
    assert sorted(Person.objects.values_list("full_name", flat=True)) == ["Lê Văn Thử", "Trần Thị Nghiệm"]
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.door, batch.by) == ("done", "command", None)
    text = run(path, "--commit")
    assert "Không có gì thay đổi" in text
    again = run_json(path)
    assert again["counts"] == dict.fromkeys(again["counts"], 0) | {"rows": 2, "unchanged": 2}
    assert Person.objects.count() == 2


def test_a_preview_that_waited_is_read_again(places, sheet):
    """People may have been entered since; the batch stays the same."""
    first = run_json(sheet(HEAD, WIFE))
    run(sheet(HEAD, name="mot.xlsx"), "--commit")
    again = run_json(sheet(HEAD, WIFE, name="mot.xlsx"))  # other bytes: a batch of its own
    assert again["counts"]["unchanged"] == 1
    batch = ImportBatch.objects.get(key=first["batch"])
    same = Path(sheet(HEAD, name="hai.xlsx"))
    same.write_bytes(bytes(batch.file.data))
    found = run_json(str(same))
    assert (found["batch"], found["counts"]["new"], found["counts"]["unchanged"]) == (first["batch"], 1, 1)


def test_text_for_people(places, sheet):
    text = run(sheet(HEAD, FAULTY))
    assert "Danh sách" in text or "Phiếu điều tra" in text
    assert "Số dòng:" in text and "Từ chối:" in text
    assert "LỖI (trang Sheet, dòng 4, cột F) «31/02/2010»" in text
    assert "Mới xem trước, chưa ghi gì." in text
    assert "Đã ghi: 1 mới, 0 cập nhật." in run(sheet(HEAD, FAULTY, name="b.xlsx"), "--commit")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_refused_file_is_one_sentence_and_exit_code_1(places, tmp_path, capsys, as_json):
    path = tmp_path / "anh.xlsx"
    path.write_bytes(b"\x89PNG not a workbook")
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command(
            "import_sheet", str(path), "--commune", COMMUNE, *(["--json"] if as_json else []), stdout=out, stderr=err
        )
    assert stopped.value.code == 1
    if as_json:
        found = json.loads(out.getvalue())
        [problem] = found["problems"]
        assert problem["level"] == "error" and problem["code"].startswith("file.") and problem["message"]
        assert set(found["counts"].values()) == {0}
    else:
        assert out.getvalue() == "" and err.getvalue().count("\n") == 1
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["khong-co.xlsx", "--commune", COMMUNE], "Không đọc được tệp"),
        (["{path}", "--commune", "99999"], "Không có xã/phường mã 99999"),
        (["{path}", "--commune", COMMUNE, "--user", "khongai"], "Không có tài khoản khongai"),
        (["{path}", "--commune", COMMUNE, "--user", "noikhac"], "không được nhập tệp"),
        (["{path}", "--commune", COMMUNE, "--user", "quantri"], "không được nhập tệp"),
        (["{path}", "--commune", COMMUNE, "--preview", "--commit"], "not allowed with"),
        (["{path}", "--commune", COMMUNE, "--kind", "lạ"], "invalid choice"),
    ],
)
def test_wrong_calls_say_what_is_wrong(users, sheet, options, message):
    path = sheet(HEAD)
    with pytest.raises(CommandError, match=message):
        call_command("import_sheet", *(each.format(path=path) for each in options))
    assert not ImportBatch.objects.exists()


def test_a_user_writes_under_the_own_name(users, sheet):
    run(sheet(HEAD), "--commit", "--user", "nhaplieu")
    assert ImportBatch.objects.get().by == users.clerk
    assert Person.objects.visible_to(users.clerk).count() == 1


def test_sections_c_and_d_follow_a_survey(places, tmp_path):
    """Templates filled with their examples, one after the other: people, their doses, their visits."""

    def path_of(name):
        rows = [{"current_village_code": "Thôn Đông Hải", **row} for row in EXAMPLES[name]]
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(filled(name, places.commune, rows))
        return str(path)

    assert run_json(path_of("vaccination"), "--kind", "vaccination")["counts"]["refused"] == 2  # nobody is known yet
    assert run_json(path_of("survey"), "--commit")["counts"]["new"] == 4
    doses = run_json(path_of("vaccination"), "--kind", "vaccination", "--commit")
    assert (doses["counts"]["new"], doses["counts"]["refused"]) == (2, 0), doses
    assert Immunization.objects.count() == 2
    booklets = run_json(path_of("vaccination-book"), "--kind", "vaccination", "--commit")
    assert booklets["counts"]["refused"] == 0
    visits = run_json(path_of("exam"), "--kind", "exam", "--commit")
    assert (visits["counts"]["new"], visits["counts"]["refused"]) == (2, 0)
    visit = Encounter.objects.get(bp_systolic=150)
    assert (visit.bp_diastolic, str(visit.weight_kg), visit.kind) == (90, "61.50", "check")
    for name, kind in (("vaccination", "vaccination"), ("vaccination-book", "vaccination"), ("exam", "exam")):
        again = run_json(path_of(name), "--kind", kind, "--commit")
        assert again["counts"]["unchanged"] == again["counts"]["rows"], (name, again)
    assert Encounter.objects.count() == 2


def test_undo_takes_back_doses_and_visits(places, tmp_path):
    from ehr.intake import services

    def load(name, kind):
        rows = [{"current_village_code": "Thôn Đông Hải", **row} for row in EXAMPLES[name]]
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(filled(name, places.commune, rows))
        return ImportBatch.objects.get(key=run_json(str(path), "--kind", kind, "--commit")["batch"])

    load("survey", "survey")
    for name, kind, model in (("vaccination", "vaccination", Immunization), ("exam", "exam", Encounter)):
        batch = load(name, kind)
        assert model.objects.count() == 2
        services.undo(batch, by=None, wait=True)
        assert (batch.state, model.objects.count()) != ("done", 2)
        assert not model.objects.exists()
        again = load(name, kind)  # a batch that was taken back may come again
        assert again.counts["new"] == 2 and model.objects.count() == 2
    assert Person.objects.count() == 4
