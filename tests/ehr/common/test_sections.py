import csv
from collections import Counter

import pytest
from django.core.exceptions import ImproperlyConfigured

from ehr.common.sections import FORM831, build_section, load_form831


def stores(section):
    return {name: f"store_of_{name}" for name in section.names}


def test_the_form_has_its_231_fields_in_printed_order():
    with FORM831.open(encoding="utf-8", newline="") as rows:
        expected = [row["field_code"] for row in csv.DictReader(rows)]

    items = [item for section in load_form831() for item in section.items()]

    assert len(set(expected)) == 231
    assert [item.code for item in items] == expected
    assert Counter(item.paper for item in items) == {True: 209, False: 22}


def test_sections_know_their_size():
    assert {section.code: len(section.names) for section in load_form831()} == {"A": 42, "B": 83, "C": 53, "D": 53}


def test_a_field_carries_what_the_form_says():
    section_a, section_b, _, section_d = load_form831()

    sex, xml_only, drug, weight = (
        section_a.item("sex"),
        section_a.item("person_identifier"),
        section_b.item("risk_drug"),
        section_d.item("weight_kg"),
    )

    assert (sex.label, sex.kind, sex.options) == ("Giới tính", "choice", (("1", "Nam"), ("2", "Nữ")))
    assert sex.xml == "DATA/BODY/HOSOSUCKHOE/THONGTINCHUNG/GIOITINH"
    assert (xml_only.paper, sex.paper) == (False, True)
    assert (drug.sensitive, sex.sensitive) == (True, False)
    assert (weight.unit, weight.kind) == ("kg", "decimal")


def test_section_a_has_readable_group_titles():
    labels = [group.label for group in load_form831()[0].groups]

    assert labels[:3] == ["Mã hộ, nhân thân", "Giấy tờ, BHYT", "Nơi đăng ký hộ khẩu thường trú"]


def test_build_section_adds_the_stores_and_systems():
    section_a = load_form831()[0]

    built = build_section("A", stores(section_a), {"ethnicity": "ethnic-group"})

    assert built.names == section_a.names
    assert built.item("ethnicity").store == "store_of_ethnicity"
    assert built.item("ethnicity").system == "ethnic-group"
    assert built.group("A1").items[0].code == "household_code"


def test_a_field_without_a_store_is_refused():
    incomplete = stores(load_form831()[0])
    del incomplete["full_name"]

    with pytest.raises(ImproperlyConfigured, match="full_name"):
        build_section("A", incomplete)


def test_a_store_of_a_field_that_does_not_exist_is_refused():
    with pytest.raises(ImproperlyConfigured, match="ful_name"):
        build_section("A", {**stores(load_form831()[0]), "ful_name": "x"})


def test_unknown_codes_raise():
    section = load_form831()[0]

    with pytest.raises(KeyError):
        section.item("nothing")
    with pytest.raises(KeyError):
        section.group("Z")
