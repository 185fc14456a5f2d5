"""Every line of rules.csv is checked, with a claim that breaks it and one that does not, or says why it is not."""

import dataclasses
from functools import cache

import pytest

from ehr.claims import spec
from ehr.claims.claim import Envelope
from ehr.claims.rules import (
    BY_FILE,
    BY_READER,
    BY_VALUES,
    EXPORT,
    IMPORT,
    PARTLY,
    RULES,
    UNCHECKED,
    Known,
    check,
    check_envelope,
    repeated_keys,
)
from ehr.claims.rules.facts import Facts
from ehr.claims.spec import Standard
from ehr.claims.values import clean_all
from ehr.claims.xml import read_claims
from tests.bench import _claims
from tests.ehr.claims.builders import NOW, changed, envelope, hoso, made, slot, visit_xml
from tests.ehr.claims.rule_cases import CASES, LISTS, OLD13

EVERY_CASE = [(rule_id, number) for rule_id, cases in CASES.items() for number in range(len(cases))]
STRICT = dataclasses.replace(EXPORT, severities={})


def base(standard: Standard):
    if standard is Standard.QD4210:
        claim = made(Standard.QD4750)
        claim.standard = Standard.QD4210
        for name in ("XML1", "XML2", "XML3", "XML4"):
            for row in claim.tables[name]:
                row.table = spec.table(Standard.QD4210, name)
                row.raw = {column: row.raw.get(column, "") for column in row.table.columns}
        return claim
    return made(standard)


@pytest.mark.parametrize(("rule_id", "number"), EVERY_CASE)
def test_rule(rule_id, number):
    case = CASES[rule_id][number]
    known = Known(now=NOW, **case.outside)
    good = changed(base(case.standard), **case.keeps)
    assert [found for found in check(good, known, STRICT) if found.rule_id == rule_id] == []
    bad = changed(good, **case.breaks)
    found = [found for found in check(bad, known, STRICT) if found.rule_id == rule_id]
    assert case.column in {finding.column for finding in found}
    for finding in found:
        assert finding.message.endswith(".") and finding.message[0].isupper()
        assert finding.level in (spec.rules()[rule_id].level, "warning")
        assert finding.table in bad.tables or finding.table == "XML1"


class _Watched(dict):
    """Values of a row that note which columns are asked for."""

    asked: set[str]

    def get(self, column, default=None):
        self.asked.add(column)
        return super().get(column, default)

    def __contains__(self, column):
        self.asked.add(column)
        return super().__contains__(column)


class _WatchedFacts(Facts):
    """Facts that note which of them are asked for; what is known outside may always be."""

    asked: set[str] | None = None

    def __getattribute__(self, name):
        asked = super().__getattribute__("asked")
        if asked is not None and name not in ("known", "standard", "in_list", "approved"):
            asked.add(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("rule_id", [rule_id for rule_id, rule in RULES.items() if rule.columns])
def test_a_rule_reads_what_it_says(rule_id):
    """Who reads more than it says would be answered with what it found for other values."""
    rule = RULES[rule_id]
    for case in CASES[rule_id]:
        good = changed(base(case.standard), **case.keeps)
        for claim in (good, changed(good, **case.breaks)):
            for row in claim.rows(rule.of):
                row.values = _Watched(row.values)
                row.values.asked = set()
                facts = _WatchedFacts(claim, Known(now=NOW, **case.outside))
                row.values.asked.clear()
                facts.asked = asked = set()
                list(rule.check(facts, row))
                assert row.values.asked <= set(rule.columns)
                assert asked <= {*rule.facts, "asked"}


@pytest.mark.parametrize("rule_id", [rule_id for rule_id, rule in RULES.items() if rule.when or rule.lacking])
def test_a_rule_is_asked_where_it_can_be_broken(rule_id):
    """Rows that the plan passes over are right: seen on the rows of all cases, also with these columns emptied."""
    rule = RULES[rule_id]
    for claim, outside in _broken():
        for row in claim.rows(rule.of):
            for emptied in (frozenset(), rule.when, rule.lacking):
                row.values = {name: value for name, value in clean_all(row.raw).items() if name not in emptied}
                if not rule.concerns(set(row.values)):
                    assert not list(rule.check(Facts(claim, Known(now=NOW, **outside)), row))


@cache
def _broken():
    """The claims of all cases, with what is known."""
    cases = [case for cases in CASES.values() for case in cases]
    return [(changed(changed(base(case.standard), **case.keeps), **case.breaks), case.outside) for case in cases]


def test_every_line_of_rules_csv_is_checked_or_says_why_not():
    checked = set(RULES) | set(BY_READER) | BY_FILE | BY_VALUES
    assert checked | set(UNCHECKED) == set(spec.rules())
    assert not checked & set(UNCHECKED)
    assert set(CASES) == set(RULES) | BY_VALUES
    assert set(BY_READER_CASES) == set(BY_READER) and set(FILE_CASES) == BY_FILE
    assert len(UNCHECKED) == 4 and all(len(reason) > 30 for reason in [*UNCHECKED.values(), *PARTLY.values()])
    assert set(PARTLY) <= set(RULES)


def test_rules_with_a_standard_run_for_that_standard_only():
    assert {str(rule.standards) for rule in spec.rules().values() if rule.rule_id == "CLM-T13-02"} == {
        str(frozenset({Standard.QD3176}))
    }
    old = changed(made(Standard.QD4750), XML1={"MA_LOAI_RV": "2"}, XML13=OLD13)
    assert not [found for found in check(old, Known(now=NOW)) if found.rule_id == "CLM-T13-02"]


#: Rule → a file that breaks it; what the reader says is its id.
BY_READER_CASES = {
    "CLM-ENV-01": envelope(hoso(slot("XML1", "<TONG_HOP><A></TONG_HOP>"))),
    "CLM-ENV-02": b"<html/>",
    "CLM-ENV-06": envelope(hoso(slot("XML1", visit_xml()), slot("XML18", "<a/>"))),
    "CLM-ENV-07": envelope(hoso(slot("XML1", visit_xml()), slot("XML1", visit_xml()))),
    "CLM-ENV-08": envelope(hoso("<FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>???</NOIDUNGFILE></FILEHOSO>")),
    "CLM-ENV-09": envelope(hoso(slot("XML1", "<CHITIEU_CHITIET_THUOC/>"))),
}


@pytest.mark.parametrize("rule_id", sorted(BY_READER_CASES))
def test_rules_of_reading(rule_id):
    from ehr.claims.findings import ClaimFileRefused

    if rule_id == "CLM-ENV-02":
        with pytest.raises(ClaimFileRefused) as caught:
            read_claims(BY_READER_CASES[rule_id])
        assert caught.value.rule_id == rule_id
        return
    (claim,) = read_claims(BY_READER_CASES[rule_id])
    assert [found.rule_id for found in check(claim, Known(now=NOW)) if found.rule_id.startswith("CLM-ENV")] == [rule_id]
    (fine,) = read_claims(envelope(hoso(slot("XML1", visit_xml()))))
    assert not [found for found in check(fine, Known(now=NOW)) if found.rule_id.startswith("CLM-ENV")]


GOOD = Envelope("claims", "GIAMDINHHS", "99001", "20251101", "3", 3)
FILE_CASES = {
    "CLM-ENV-04": {"made_on": "1/11/2025"},
    "CLM-ENV-05": {"declared": "4"},
    "CLM-ENV-10": {"made_on": "20260101"},
}


@pytest.mark.parametrize("rule_id", [*FILE_CASES, "CLM-ENV-03"])
def test_rules_of_the_file(rule_id):
    known = Known(now=NOW)
    assert check_envelope(GOOD, known) == []
    bad = dataclasses.replace(GOOD, **FILE_CASES.get(rule_id, {"facility": "9900"}))
    assert [(found.rule_id, found.level) for found in check_envelope(bad, known)] == [
        (rule_id, spec.rules()[rule_id].level)
    ]
    assert check_envelope(dataclasses.replace(GOOD, made_on="202511010800"), known) == []
    assert check_envelope(dataclasses.replace(GOOD, made_on="20260101", signed=True), known) == []


# ------------------------------------------------------------------------------------------------------------ profiles
def test_import_is_mild_and_export_strict():
    long = changed(made(), XML2={"DON_VI_TINH": "v" * 51})
    known = Known(now=NOW)
    assert [(found.rule_id, found.level) for found in check(long, known, IMPORT) if found.rule_id == "CLM-ANY-02"] == [
        ("CLM-ANY-02", "warning")
    ]
    assert [found.level for found in check(long, known, EXPORT) if found.rule_id == "CLM-ANY-02"] == ["reject"]
    wrong = changed(made(), XML1={"T_THUOC": "1"})
    assert IMPORT.stopped_by(check(wrong, known, IMPORT)) == []
    assert {found.rule_id for found in EXPORT.stopped_by(check(wrong, known, EXPORT))} == {"CLM-X-08"}


def test_a_site_sets_its_own_severity():
    claim = changed(made(), XML1={"T_THUOC": "1"})
    known = Known(now=NOW)
    assert check(claim, known, IMPORT.with_site({"CLM-X-08": "off"})) == []
    assert [found.level for found in check(claim, known, IMPORT.with_site({"CLM-X-08": "reject"}))] == ["reject"]


def test_a_station_with_one_doctor_is_not_told_of_it():
    claim = changed(made(), XML3=[{"MA_NHOM": "1", "MA_BAC_SI": "1", "NGUOI_THUC_HIEN": "1"}])
    assert not [found for found in check(claim, Known(now=NOW)) if found.rule_id == "CLM-T3-14"]


@pytest.mark.parametrize("standard", [Standard.QD3176, Standard.QD4750])
def test_an_honest_claim_has_no_findings_in_either_profile(standard):
    known = Known(now=NOW, lists=LISTS, envelope=GOOD)
    for profile in (IMPORT, EXPORT):
        assert check(made(standard), known, profile) == []


def test_many_invented_claims_have_no_findings(tmp_path):
    path = tmp_path / "a.xml"
    _claims.write_file(path, 200)
    with read_claims(path) as reader:
        known = Known(now=NOW, envelope=reader.envelope)
        assert [found for claim in reader for found in check(claim, known, EXPORT)] == []


def test_findings_say_where():
    claim = changed(made(), XML3=[{}, {"SO_LUONG": "-2", "THANH_TIEN_BV": "-1"}])
    (finding,) = (
        found for found in check(claim, Known(now=NOW)) if found.rule_id == "CLM-ANY-06" and found.column == "SO_LUONG"
    )
    assert (finding.table, finding.line, finding.value, finding.level) == ("XML3", 2, "-2", "error")
    assert finding.message == "SO_LUONG (Số lượng dùng) là -2, số âm."


def test_keys_that_repeat():
    assert repeated_keys(["a", "", "b", "a", "", "c", "a"]) == {"a"}


def test_code_values_are_remembered_per_generation_of_the_list():
    """A value that was fine yesterday is asked again when the day decides."""
    known = Known(now=NOW)
    later = changed(made(), XML1={"MA_LOAI_KCB": "12", "NGAY_VAO": "202608050800", "NGAY_RA": "202608050900"})
    assert not [found for found in check(later, known) if found.rule_id == "CLM-ANY-08"]
    early = changed(made(), XML1={"MA_LOAI_KCB": "12"})
    assert [found.column for found in check(early, known) if found.rule_id == "CLM-ANY-08"] == ["MA_LOAI_KCB"]


def test_amounts_are_exact():
    claim = changed(made(), XML2={"SO_LUONG": "0.333", "DON_GIA": "100.005", "THANH_TIEN_BV": "33.30"})
    assert not [found for found in check(claim, Known(now=NOW)) if found.rule_id == "CLM-T2-12"]


def test_a_set_aside_claim_has_its_reason_only():
    (claim,) = read_claims(BY_READER_CASES["CLM-ENV-07"])
    assert [found.rule_id for found in check(claim, Known(now=NOW))] == ["CLM-ENV-07"]
