"""What makes a claim restricted: tables, codes wherever they stand, words that are not denied, drugs of one disease."""

import pytest

from ehr.claims import restricted
from ehr.claims.claim import Claim, Row
from ehr.claims.restricted import LABELS, restricted_of, rules
from ehr.claims.spec import Standard, table
from tests.ehr.claims.builders import NAMES, sample


def claim(standard=Standard.QD3176, **rows):
    """claim(XML1={…}, XML2=[{…}, …]): a claim of these rows."""
    made = Claim(1, standard)
    for name, given in {"XML1": {"MA_LK": "K", "NGAY_RA": "202509021000"}, **rows}.items():
        each = given if isinstance(given, list) else [given]
        made.tables[name] = [Row(table(standard, name), at, raw) for at, raw in enumerate(each, 1)]
    return made


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("I10", ()), ("B20", ("hiv",)), ("B24", ("hiv",)), ("B22.7", ("hiv",)), ("b23.8", ("hiv",)), ("Z21", ("hiv",)),
        ("B25", ()), ("A14", ()), ("A15", ("tb",)), ("A19.9", ("tb",)), ("A20", ()), ("B90.1", ("tb",)),
        ("O98.0", ("tb",)),
        ("O980", ("tb",)), ("O98.7", ("hiv",)), ("O98.1", ()), ("F00", ("mental",)), ("F99", ("mental",)), ("E99", ()),
        ("G00", ()), ("F41.1", ("mental",)), ("F02.4", ("hiv", "mental")), ("T74.2", ("abuse",)), ("Z61.5", ("abuse",)),
        ("Z61.7", ()), ("Z52.0", ("donor",)), ("Z50.2", ("mental",)), ("Z50.4", ()), ("X60", ("mental",)),
    ],
)  # fmt: skip
def test_codes(code, kinds):
    assert restricted_of(claim(XML1={"MA_BENH_CHINH": code, "NGAY_RA": "202509021000"})) == kinds
    assert restricted_of(claim(XML1={"MA_BENH_CHINH": "I10", "MA_BENH_KT": f"E11.9; {code} ;"})) == kinds
    assert restricted_of(claim(Standard.QD4210, XML1={"MA_BENH": "I10", "MA_BENHKHAC": code})) == kinds


def test_a_code_of_a_service_line_or_a_referral_counts_too():
    assert restricted_of(claim(XML3=[{"MA_BENH": "I10"}, {"MA_BENH": "A16.2"}])) == ("tb",)
    assert restricted_of(claim(XML13={"MA_BENH_KT": "I10;B20"})) == ("hiv",)


@pytest.mark.parametrize("name", ["XML6", "XML15"])
def test_an_empty_slot_of_a_restricted_table_says_nothing(name):
    kind = {"XML6": "hiv", "XML15": "tb"}[name]
    assert restricted_of(claim(**{name: []})) == ()
    assert restricted_of(claim(**{name: {"MA_LK": "K", "STT": "1", "HO_TEN": " "}})) == ()
    assert restricted_of(claim(**{name: {"MA_LK": "K", "HO_TEN": "Nông Văn An"}})) == (kind,)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Nhiễm HIV giai đoạn 2", ("hiv",)), ("điều trị ARV", ("hiv",)), ("HIV (-)", ()), ("HIV: âm tính", ()),
        ("Test nhanh HIV âm tính, HBsAg âm tính", ()), ("HIV (+)", ("hiv",)), ("HIV dương tính", ("hiv",)),
        ("Hivid", ()), ("HIV âm tính lần 1, HIV dương tính lần 2", ("hiv",)),
        ("HIV-1 (+)", ("hiv",)), ("HIV 1/2: neg", ()),
        ("HIV - lao", ("hiv",)),
    ],
)  # fmt: skip
def test_words_of_a_diagnosis_or_note(text, kinds):
    assert restricted_of(claim(XML1={"CHAN_DOAN_RV": text})) == kinds
    assert restricted_of(claim(XML5={"DIEN_BIEN_LS": f"Tỉnh, mạch 80. {text}"})) == kinds


@pytest.mark.parametrize(
    ("result", "kinds"),
    [("Âm tính", ()), ("NEGATIVE", ()), ("(-)", ()), ("", ()), ("Dương tính", ("hiv",)), ("1250", ("hiv",))],
)
def test_a_screening_test_that_found_nothing_restricts_nothing(result, kinds):
    assert restricted_of(claim(XML4={"TEN_CHI_SO": "HIV Ab test nhanh", "GIA_TRI": result})) == kinds


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Paracetamol 500mg", ()), ("Tenofovir disoproxil fumarat", ()), ("Efavirenz + Lamivudine", ("hiv",)),
        ("Zidovudine", ("hiv",)), ("ISONIAZID 300", ("tb",)), ("Methadone hydroclorid", ("mental",)),
    ],
)  # fmt: skip
def test_drugs_given_for_nothing_else(name, kinds):
    assert restricted_of(claim(XML2=[{"TEN_THUOC": "Vitamin C"}, {"TEN_THUOC": name}])) == kinds


def test_the_list_of_the_day_of_discharge_decides(monkeypatch):
    import datetime as dt

    later = restricted.Rule("tb", "icd10", "A31", "A31", "A31", dt.date(2026, 1, 1), None)
    monkeypatch.setattr(restricted, "rules", lambda: (later,))
    for cached in (restricted._changes, restricted._of, restricted._kinds_of_codes):
        cached.cache_clear()
    try:
        old = claim(XML1={"MA_BENH_CHINH": "A31", "NGAY_RA": "202512310900"})
        new = claim(XML1={"MA_BENH_CHINH": "A31", "NGAY_RA": "202601010900"})
        assert (restricted_of(old), restricted_of(new)) == ((), ("tb",))
    finally:
        monkeypatch.undo()
        for cached in (restricted._changes, restricted._of, restricted._kinds_of_codes):
            cached.cache_clear()


def test_every_line_of_the_list_is_usable():
    assert {rule.kind for rule in rules()} == set(LABELS)
    assert {rule.what for rule in rules()} == {"table", "icd10", "word", "drug"}
    for rule in rules():
        assert len(rule.first) == len(rule.last), rule.code
        if rule.what in ("word", "drug"):
            assert rule.code == rule.code.lower()
            assert rule.code.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_of_the_samples_only_the_patient_with_tuberculosis_is_restricted(name):
    found = [restricted_of(each) for each in sample(name[:3])]
    assert found.count(("tb",)) == len(found) - found.count(()) == (1 if name.startswith("s06") else 0)
