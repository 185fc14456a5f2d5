"""The same again, corrected, older, withdrawn, taken back: which version of a claim counts."""

import datetime as dt

import pytest

from ehr.claims import services
from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimVersion
from ehr.claims.storing.document import claim_of, differences
from tests.ehr.claims.services.files import FACILITY, checkin, key, made, visit, visits

pytestmark = pytest.mark.django_db
EARLY, LATE = dt.date(2025, 11, 1), dt.date(2025, 11, 20)


def outcomes(file):
    return list(ClaimEntry.objects.filter(file=file).order_by("index").values_list("outcome", flat=True))


def the_claim(number=1):
    return Claim.objects.select_related("current").get(ma_lk=key(number))


def test_a_claim_is_stored_lossless(take):
    record = visit()
    take(made(record))
    claim = the_claim()
    assert (claim.facility_code, claim.state, claim.kind, claim.current.number) == (FACILITY, "active", "claim", 1)
    stored = claim_of(claim.current)
    for table, rows in record.items():
        assert len(stored.rows(table)) == len(rows)
        for row, given in zip(stored.rows(table), rows, strict=True):
            assert set(row.raw) == {name for name, value in given.items() if value not in (None, "")}


def test_the_same_claim_in_another_file_is_unchanged(take):
    take(made(visit(1)))
    other = take(made(visit(2), visit(1, STT=2), made_on=LATE))
    assert outcomes(other) == ["stored", "unchanged"]
    assert ClaimVersion.objects.filter(claim=the_claim()).count() == 1


def test_a_corrected_claim_is_version_two_with_the_differences(take):
    take(made(visit()))
    file = take(made(visit(LY_DO_VV="sốt cao", CAN_NANG=55), made_on=LATE))
    claim = the_claim()
    assert outcomes(file) == ["version"]
    assert claim.current.number == 2
    found = {entry["column"]: (entry["before"], entry["after"]) for entry in claim.current.differences}
    assert set(found) == {"LY_DO_VV", "CAN_NANG"}
    assert found["LY_DO_VV"][1] == "sốt cao"


def test_rows_that_came_and_went_are_told_by_name():
    before = {"XML2": [{"STT": "1", "MA_THUOC": "40.1", "TEN_THUOC": "A", "SO_LUONG": "5"},
                       {"STT": "2", "MA_THUOC": "40.2", "TEN_THUOC": "B"}]}  # fmt: skip
    after = {"XML2": [{"STT": "1", "MA_THUOC": "40.3", "TEN_THUOC": "C"},
                      {"STT": "2", "MA_THUOC": "40.1", "TEN_THUOC": "A", "SO_LUONG": "6"}]}  # fmt: skip
    assert differences(before, after) == [
        {"table": "XML2", "line": 1, "column": "", "before": "", "after": "C"},
        {"table": "XML2", "line": 2, "column": "SO_LUONG", "before": "5", "after": "6"},
        {"table": "XML2", "line": 2, "column": "", "before": "B", "after": ""},
    ]


def test_an_older_file_that_comes_later_does_not_count(take):
    take(made(visit(LY_DO_VV="mới"), made_on=LATE))
    file = take(made(visit(LY_DO_VV="cũ"), made_on=EARLY))
    claim = the_claim()
    assert outcomes(file) == ["older"]
    assert claim.versions.count() == 2
    assert claim_of(claim.current).main.text("LY_DO_VV") == "mới"
    assert services.result(file)["unchanged"] == 1


def test_a_file_dated_in_the_future_does_not_keep_out_what_follows(take):
    take(made(visit(LY_DO_VV="một"), made_on=dt.date(2052, 1, 1)))
    file = take(made(visit(LY_DO_VV="hai"), made_on=dt.date(2052, 1, 2)))
    assert outcomes(file) == ["version"]


def test_two_different_hoso_of_one_key_are_both_refused(take):
    file = take(made(visit(1), visit(2), visit(1, LY_DO_VV="khác")))
    assert outcomes(file) == ["rejected", "stored", "rejected"]
    rules = [each["rule"] for each in ClaimEntry.objects.get(file=file, index=1).problems]
    assert "CLM-X-02" in rules
    assert not Claim.objects.filter(ma_lk=key(1)).exists()


def test_two_equal_hoso_of_one_key_are_one(take):
    file = take(made(visit(1), visit(1, STT=2)))
    assert outcomes(file) == ["stored", "unchanged"]
    assert ClaimVersion.objects.count() == 1


def test_two_hoso_of_one_key_in_two_chunks_are_both_refused(take, monkeypatch):
    monkeypatch.setattr("ehr.claims.services.reading.CHUNK", 2)
    file = take(made(visit(1), visit(2), visit(3), visit(1, LY_DO_VV="khác")))
    assert outcomes(file) == ["rejected", "stored", "stored", "rejected"]
    claim = the_claim()
    assert (claim.state, claim.current) == ("undone", None)
    assert services.result(file)["rejected"] == 2


def test_withdrawal_and_a_new_send_after_it(take):
    take(made(visit()))
    take(made(visit(MA_DOITUONG_KCB="8"), made_on=LATE))
    assert the_claim().state == "withdrawn"
    take(made(visit(), made_on=dt.date(2025, 11, 21)))
    claim = the_claim()
    assert (claim.state, claim.current.number) == ("active", 3)


def test_a_check_in_is_closed_by_its_claim(take):
    take(checkin())
    claim = the_claim()
    assert (claim.kind, claim.current.number) == ("checkin", 1)
    file = take(made(visit()))
    claim = the_claim()
    assert (outcomes(file), claim.kind, claim.current.number) == (["version"], "claim", 2)


def test_a_check_in_that_comes_late_does_not_open_it_again(take):
    take(made(visit()))
    file = take(checkin())
    assert (outcomes(file), the_claim().kind) == (["older"], "claim")


# --- Undo ------------------------------------------------------------------------------------------------------------


def test_undo_of_a_correction_brings_the_former_version_back(take):
    take(made(visit()))
    file = take(made(visit(LY_DO_VV="sai"), made_on=LATE))
    services.undo(file, by=None, wait=True)
    claim = the_claim()
    assert (claim.state, claim.current.number) == ("active", 1)
    assert ClaimFile.objects.get(pk=file.pk).state == "undone"
    assert claim.versions.get(number=2).undone_at is not None


def test_undo_of_the_only_version_undoes_the_claim_and_the_file_may_come_again(take):
    data = made(*visits(3))
    file = take(data)
    services.undo(file, by=None, wait=True)
    assert set(Claim.objects.values_list("state", "current")) == {("undone", None)}

    again = take(data)

    assert (again.pk, again.state, outcomes(again)) == (file.pk, "done", ["stored"] * 3)
    assert set(Claim.objects.values_list("state", "current__number")) == {("active", 2)}


def test_undo_of_an_earlier_file_leaves_what_came_later(take):
    first = take(made(visit()))
    take(made(visit(LY_DO_VV="đúng"), made_on=LATE))
    services.undo(first, by=None, wait=True)
    claim = the_claim()
    assert (claim.state, claim.current.number) == ("active", 2)


def test_undo_of_a_claim_brings_the_check_in_back(take):
    take(checkin())
    file = take(made(visit()))
    services.undo(file, by=None, wait=True)
    assert the_claim().kind == "checkin"


def test_undo_twice_is_once(take):
    file = take(made(visit()))
    services.undo(file, by=None, wait=True)
    assert services.undo(file, by=None, wait=True).state == "undone"


def test_a_record_made_by_a_claim_stays_when_the_claim_turns_restricted(take, places):
    here = {"MATINH_CU_TRU": "38", "MAXA_CU_TRU": places.commune.code, "MAHUYEN_CU_TRU": ""}
    take(made(visit(**here)))
    before = the_claim()
    assert before.match == Claim.Match.NEW

    take(made(visit(**here, MA_BENH_CHINH="B20"), made_on=LATE))

    claim = the_claim()
    assert (claim.restricted, claim.person_id) == (["hiv"], before.person_id)
    assert claim.person.status == "active"
    assert before.encounter.status == "error"
