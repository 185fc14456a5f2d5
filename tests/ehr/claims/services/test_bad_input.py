"""Hostile and broken files through the door: one clear sentence, nothing half-written, the others go on."""

import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from ehr.claims import services
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimFilePart, ClaimVersion
from tests.ehr.claims.builders import envelope, hoso, slot, visit_xml
from tests.ehr.claims.services.files import made, visit, visits

pytestmark = pytest.mark.django_db
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<GIAMDINHHS><THONGTINHOSO>&b;</THONGTINHOSO></GIAMDINHHS>"
)
REFUSED = {
    "empty": (b"", "claims.empty"),
    "laughs": (LAUGHS, "claims.doctype"),
    "external": (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><GIAMDINHHS/>', "claims.doctype"),
    "spaces": (b"<GIAMDINHHS>" + b" " * 6_000_000 + b"</GIAMDINHHS>", "claims.blank"),
    "deep": (b"<GIAMDINHHS>" + b"<A>" * 300 + b"</A>" * 300 + b"</GIAMDINHHS>", "claims.too_deep"),
    "truncated": (made(*visits(3))[:-900], "claims.truncated"),
    "health check": (b"<KHAMSUCKHOE><A/></KHAMSUCKHOE>", "claims.health_check"),
    "form 831": (b"<CSDLYTE831/>", "claims.form831"),
    "another root": (b"<rss/>", "claims.wrong_root"),
    "a picture": (b"\x89PNG\r\n", "claims.not_xml"),
    "no hoso": (envelope(), "claims.empty"),
    "no facility": (made(visit(), facility=""), "claims.envelope"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_refused_as_a_whole_leaves_one_sentence_and_nothing_else(take, name):
    data, code = REFUSED[name]
    file = take(data)
    assert (file.state, file.message_code) == ("refused", code)
    assert file.message.endswith(".") and len(file.message) > 20
    assert not ClaimFilePart.objects.exists() and not Claim.objects.exists() and not ClaimEntry.objects.exists()
    (problem,) = services.result(file)["problems"]
    assert (problem["hoso"], problem["level"], problem["message"]) == (None, "reject", file.message)
    assert take(data).pk == file.pk


def test_one_bad_hoso_does_not_hold_back_its_neighbours(take):
    good = [hoso(slot("XML1", visit_xml(key))) for key in ("K1", "K3")]
    broken = "<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>####</NOIDUNGFILE></FILEHOSO></HOSO>"
    file = take(envelope(good[0], broken, hoso(slot("XML2", "<CHITIEU_CHITIET_THUOC/>")), good[1]))
    outcomes = list(ClaimEntry.objects.filter(file=file).order_by("index").values_list("outcome", flat=True))
    assert outcomes[1:3] == ["rejected", "rejected"]
    rules = {problem["rule"] for problem in ClaimEntry.objects.get(file=file, index=2).problems}
    assert "CLM-ENV-08" in rules


def test_negative_amounts_the_future_and_the_dead_are_told(take):
    file = take(made(visit(1, T_BHTT=-5), visit(2, NGAY_RA="205201010800"), visit(3, NGAY_SINH="203001010000")))
    found = {(each["hoso"], each["rule"]) for each in services.result(file)["problems"]}
    assert {hoso for hoso, _ in found} == {1, 2, 3}
    assert (2, "CLM-ANY-05") in found
    assert file.counts["stored"] + file.counts["rejected"] == 3


def test_hostile_texts_are_kept_as_texts(take):
    take(made(visit(LY_DO_VV="=cmd|'/C calc'!A0 <script>alert(1)</script>")))
    version = ClaimVersion.objects.get()
    assert version.content["XML1"][0]["LY_DO_VV"] == "=cmd|'/C calc'!A0 <script>alert(1)</script>"


def test_a_restricted_claim_is_sealed_and_its_answer_says_nothing(take):
    file = take(made(visit(MA_BENH_CHINH="B20", CHAN_DOAN_RV="Bệnh do HIV", T_BHTT=-5)))
    claim, version, entry = Claim.objects.get(), ClaimVersion.objects.get(), ClaimEntry.objects.get()
    assert (claim.restricted, version.content, version.differences, entry.label) == (["hiv"], None, [], "")
    assert b"HIV" not in bytes(version.sealed)
    assert all(problem["value"] == "" and "HIV" not in problem["message"] for problem in entry.problems)
    assert claim.encounter is None
    assert "HIV" not in json.dumps(services.result(file), ensure_ascii=False)


# --- Archives --------------------------------------------------------------------------------------------------------


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_an_archive_gives_its_files_and_a_bad_one_does_not_hold_back_the_others():
    data = zipped(**{"a/một.xml": made(visit(1)), "b.xml": LAUGHS, "đọc.txt": b"x", "c.xml": made(visit(2))})
    files = services.receive(data=data, name="tháng 8.zip", by=None, door="screen", wait=True)
    assert [(file.name, file.state) for file in files] == [
        ("tháng 8.zip/a/một.xml", "done"), ("tháng 8.zip/b.xml", "refused"), ("tháng 8.zip/c.xml", "done"),
    ]  # fmt: skip
    assert Claim.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(**{"../../etc/x.xml": b"<x/>"}), "claims.zip_name"),
        (zipped(**{"a.txt": b"x"}), "claims.zip_empty"),
        (zipped(**{"a.xml": b" " * 60_000_000}), "claims.zip_bomb"),
        (zipped(**{"a.zip": b"x", "b.xml": b"<x/>"}), "claims.zip_nested"),
        (zipped(**{"a.xml": made(visit())})[:-40], "claims.zip_broken"),
    ],
)  # fmt: skip
def test_an_archive_refused_as_a_whole_leaves_nothing(data, code):
    with pytest.raises(ClaimFileRefused) as refused:
        services.receive(data=data, name="x.zip", by=None, door="screen")
    assert refused.value.code == code
    assert not ClaimFile.objects.exists()


# --- The command -----------------------------------------------------------------------------------------------------

KEYS = ["file", "sha256", "standard", "encounters", "stored", "unchanged", "rejected", "unmatched", "problems"]
PROBLEM = ["hoso", "table", "line", "column", "value", "rule", "level", "message"]


def run(capsys, *paths):
    code = 0
    try:
        call_command("import_claims", *map(str, paths), "--wait", "--json")
    except SystemExit as stopped:
        code = stopped.code
    return json.loads(capsys.readouterr().out), code


def test_command_tells_each_file_in_the_agreed_form(tmp_path, capsys):
    (tmp_path / "a.xml").write_bytes(made(visit(1), visit(2, T_BHTT=-5)))
    (tmp_path / "b.zip").write_bytes(zipped(**{"c.xml": made(visit(3))}))
    (tmp_path / "d.txt").write_bytes(b"x")
    found, code = run(capsys, tmp_path)
    assert code == 0
    assert [list(each) for each in found["files"]] == [KEYS, KEYS]
    assert [(each["file"], each["standard"], each["encounters"], each["stored"]) for each in found["files"]] == [
        ("a.xml", "3176", 2, 2), ("b.zip/c.xml", "3176", 1, 1),
    ]  # fmt: skip
    assert all(list(each) == PROBLEM for file in found["files"] for each in file["problems"])
    assert {each["hoso"] for each in found["files"][0]["problems"]} == {2}

    again, code = run(capsys, tmp_path)
    assert (code, [(each["stored"], each["unchanged"]) for each in again["files"]]) == (0, [(0, 2), (0, 1)])


def test_command_ends_with_one_when_a_file_is_refused_whole(tmp_path, capsys):
    (tmp_path / "a.xml").write_bytes(LAUGHS)
    (tmp_path / "b.xml").write_bytes(made(visit()))
    (tmp_path / "c.zip").write_bytes(zipped(**{"../x.xml": b"<x/>"}))
    found, code = run(capsys, tmp_path)
    assert code == 1
    assert [(each["file"], each["encounters"], each["stored"]) for each in found["files"]] == [
        ("a.xml", 0, 0), ("b.xml", 1, 1), ("c.zip", 0, 0),
    ]  # fmt: skip


def test_command_prints_for_people_and_says_what_is_missing(tmp_path, capsys):
    (tmp_path / "a.xml").write_bytes(made(visit(1, T_BHTT=-5)))
    call_command("import_claims", str(tmp_path / "a.xml"), "--wait")
    assert "Hồ sơ 1, XML1, dòng 1: " in capsys.readouterr().out
    with pytest.raises(CommandError, match="Không có tệp"):
        call_command("import_claims", str(tmp_path / "none.xml"))
