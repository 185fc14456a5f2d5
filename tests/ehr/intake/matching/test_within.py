"""The same person twice in one file."""

import pytest

from ehr.intake.matching import repeats, staged

ROW = {
    "full_name": "Lê Văn Anh", "birth_date": "1980-03-12", "sex": "1", "household_code": "H01", "id_number": "",
    "current_village_code": "T1", "phone_mobile": "0912000001",
}  # fmt: skip


def found(*rows, sheets=("A", "A", "A")):
    given = [
        staged(position, {code: value for code, value in (ROW | row).items() if value}, sheet=sheets[position], row=position + 2)  # noqa: E501
        for position, row in enumerate(rows)
    ]  # fmt: skip
    return repeats(given)


@pytest.mark.parametrize(
    "other",
    [
        {"full_name": "Lê Văn Ánh"},  # a twin
        {"birth_date": "1950"},  # a grandfather of the same name
        {"household_code": "H02"},  # a cousin
        {"sex": "2"},
        {"current_village_code": "T2"},  # household numbers are counted per village
        {"id_number": "038080900002"},
    ],
)
def test_two_people(other):
    assert found({"id_number": "038080900001"}, other | {"id_number": other.get("id_number", "")}) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({}, {"birth_date": "1980"}),
        ({}, {"full_name": "LÊ VĂN ANH", "phone_mobile": "0912000009"}),
        (
            {"id_number": "038080900001"},
            {"id_number": "038080900001", "full_name": "Phạm Văn Ba", "household_code": "H9"},
        ),
    ],
)
def test_one_person(first, second):
    (repeat,) = found(first, second).values()
    assert (repeat.first, repeat.adds) == (0, False)
    assert "dòng 2" in repeat.why


def test_a_third_row_names_the_first():
    assert [repeat.first for repeat in found({}, {}, {}).values()] == [0, 0]


def test_another_sheet_that_says_other_things_adds():
    b = {"phone_mobile": "", "own_disease_asthma": "yes"}
    (repeat,) = found({}, b, sheets=("A", "B")).values()
    assert (repeat.first, repeat.adds) == (0, True)
    assert not found({}, b, sheets=("A", "A"))[1].adds
    again = found({}, b, b, sheets=("A", "B", "C"))
    assert [again[1].adds, again[2].adds] == [True, False]


def test_another_sheet_that_says_the_same_is_refused():
    repeat = found({}, {}, sheets=("A", "B"))[1]
    assert not repeat.adds
    assert "trang «A»" in repeat.why
