"""The twelve samples give what their manifest says, and survive being written again."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from ehr.claims.rules import IMPORT, Known, check, check_envelope
from ehr.claims.spec import Standard
from ehr.claims.xml import read_claims, scan, write_claims
from tests.ehr.claims.builders import NAMES, NOW, SAMPLES, sample

#: file → standard, HOSO, rows by table over all HOSO.
EXPECTED = {
    "s01": ("4210", 2, {"XML1": 2, "XML2": 3, "XML3": 3, "XML4": 1, "XML5": 1}),
    "s02": ("4210", 1, {"XML1": 1, "XML2": 2, "XML3": 3, "XML4": 4, "XML5": 2}),
    "s03": ("130-4750", 1, {"XML1": 1, "XML2": 1, "XML3": 1}),
    "s04": ("130-4750", 1, {"XML1": 1, "XML2": 2, "XML3": 3, "XML4": 4, "XML5": 2, "XML7": 1, "XML8": 1}),
    "s05": ("130-4750", 1, {"XML1": 1, "XML2": 1, "XML3": 3, "XML5": 2, "XML7": 1, "XML8": 1, "XML9": 1}),
    "s07": ("3176", 1, {"XML1": 1, "XML2": 1, "XML3": 3, "XML4": 5, "XML13": 1}),
    "s08": ("3176", 2, {"XML1": 2, "XML2": 3, "XML3": 3, "XML4": 1, "XML5": 1, "XML14": 1}),
    "s09": ("3176", 1, {"XML1": 1, "XML2": 1, "XML3": 2, "XML4": 1, "XML5": 1, "XML14": 1}),
    "s11": ("130-4750", 2, {"XML0": 2}),
    "s12": ("3176", 1, {"XML1": 1, "XML2": 1, "XML3": 2, "XML11": 1}),
}


def test_every_sample_of_the_manifest_is_here():
    with (SAMPLES / "manifest.csv").open(encoding="utf-8", newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == NAMES


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_standard_and_rows(name):
    standard, count, rows = EXPECTED[name]
    claims = sample(name)
    assert {str(claim.standard) for claim in claims} == {standard}
    assert len(claims) == count
    assert all(claim.set_aside is None and not claim.findings for claim in claims)
    found: dict[str, int] = {}
    for claim in claims:
        for table, lines in claim.tables.items():
            found[table] = found.get(table, 0) + len(lines)
    assert found == rows


def test_batch_of_eight():
    envelope = scan(SAMPLES / "s06-3176-batch8.xml")
    claims = sample("s06")
    assert (envelope.facility, envelope.made_on, envelope.declared, envelope.count) == ("99001", "20251101", "8", 8)
    assert [claim.index for claim in claims] == list(range(1, 9))
    assert len({claim.ma_lk for claim in claims}) == 8
    assert {"XML1", "XML2", "XML3", "XML4", "XML5", "XML14"} <= {table for claim in claims for table in claim.tables}
    first = claims[0].main
    assert first.text("HO_TEN") == "ĐINH MINH TÀI"
    assert first.number("T_BHTT") == Decimal(41150)
    assert first.moment("NGAY_VAO").isoformat() == "2025-10-20T15:19:00+07:00"
    assert (first.date("NGAY_SINH"), first.items("MA_BENH_KT")) == (dt.date(1998, 10, 4), [])


def test_birth_known_by_year_only():
    when = sample("s04")[0].main.when("NGAY_SINH")
    assert (when.date, str(when.day.precision), when.at) == (dt.date(1940, 1, 1), "year", None)


def test_birth_certificate():
    row = sample("s05")[0].rows("XML9")[0]
    assert row.text("HO_TEN_CON") == "Nông Bảo An"
    assert row.number("CAN_NANG_CON") == 3100
    assert row.moment("NGAY_SINH_CON").isoformat() == "2024-10-03T20:17:00+07:00"


def test_entities_in_clinical_notes():
    assert sample("s05")[0].rows("XML5")[0].text("DIEN_BIEN_LS").startswith("CSST<M97_T36.5_HA120/70_NT18>.")


def test_comma_and_seconds_are_read():
    row = sample("s09")[0].main
    assert row.number("CAN_NANG") == Decimal("71.44")
    assert row.moment("NGAY_VAO").isoformat() == "2025-09-06T10:44:00+07:00"


def test_two_cards():
    row = sample("s10")[4].main
    cards, starts = row.positions("MA_THE_BHYT"), row.positions("GT_THE_TU")
    assert len(cards) == len(starts) == 2
    assert all(len(card) == 15 for card in cards)


def test_checkin_file():
    envelope = scan(SAMPLES / "s11-4750-checkin-xml0.xml")
    assert (envelope.kind, envelope.count) == ("checkin", 2)
    assert [claim.ma_lk for claim in sample("s11")] == ["9900100000019798", "9900100000020075"]


def test_utf16():
    assert scan(SAMPLES / "s12-3176-utf16.xml").encoding == "utf-16"
    assert "Phường" in sample("s12")[0].main.text("DIA_CHI")


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_reads_back_equal(name, nested):
    reader = read_claims(SAMPLES / name)
    claims = list(reader)
    out = io.BytesIO()
    write_claims(
        out,
        claims,
        facility="99001",
        made_on=reader.envelope.made_on or "20251101",
        kind=reader.envelope.kind,
        nested=nested,
    )
    back = list(read_claims(out.getvalue()))
    assert [(claim.standard, claim.tables) for claim in back] == [(claim.standard, claim.tables) for claim in claims]
    assert [claim.digest() for claim in back] == [claim.digest() for claim in claims]
    assert scan(out.getvalue()).declared == str(len(claims)) or reader.envelope.kind != "claims"


@pytest.mark.parametrize("name", NAMES)
def test_no_sample_is_stopped_on_import(name):
    reader = read_claims(SAMPLES / name)
    known = Known(now=NOW, envelope=reader.envelope)
    assert check_envelope(reader.envelope, known) == []
    for claim in reader:
        assert IMPORT.stopped_by(check(claim, known)) == []


def test_amounts_of_the_samples_add_up():
    money = (
        "CLM-T2-12",
        "CLM-T2-13",
        "CLM-T2-14",
        "CLM-T2-15",
        "CLM-T3-20",
        "CLM-X-08",
        "CLM-X-09",
        "CLM-X-10",
        "CLM-X-11",
    )
    money += ("CLM-X-12", "CLM-X-13", "CLM-X-14")
    for name in NAMES:
        for claim in read_claims(SAMPLES / name):
            assert [found for found in check(claim, Known(now=NOW)) if found.rule_id in money] == []
    assert {claim.standard for name in NAMES for claim in read_claims(SAMPLES / name)} == set(Standard)
