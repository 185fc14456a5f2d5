"""Identity numbers, insurance numbers, phones as spreadsheets leave them. All numbers are invented."""

import pytest

from ehr.intake.cells.numbers import (
    finish_identity,
    phone_reader,
    plausible,
    read_identity,
    read_insurance,
    read_social,
)


def codes(read):
    return [] if read[1] is None else [code for _, code, _, _ in read[1].problems]


def whys(read):
    return [] if read[1] is None else [why for _, _, why in read[1].cleaned]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("038080000123", "038080000123"), ("'038080000123", "038080000123"), ("038 080 000 123", "038080000123"),
        ("038.080.000.123", "038080000123"), (" 038080000123 ", "038080000123"), (123456789, "123456789"),
        ("B1234567", "B1234567"), ("b 1234567", "B1234567"), (38080000123, "38080000123"),
        (38080000123.0, "38080000123"), ("3.8080000123E+10", "38080000123"), ("O38080000123", "038080000123"),
    ],
)  # fmt: skip
def test_identity_numbers_as_written(cell, value):
    read = read_identity(cell)
    assert read[0] == value
    assert codes(read) == []


@pytest.mark.parametrize("cell", ["3.8196E+10", "3,8E+10", "1E+11", 3.8196e20])
def test_a_number_that_lost_its_digits_is_refused_with_the_remedy(cell):
    read = read_identity(cell)
    assert read[0] is None
    assert codes(read) == ["id_number.scientific"]
    assert "Văn bản" in read[1].problems[0][3]


@pytest.mark.parametrize("cell", ["chưa có", "không", "Không có", "-"])
def test_no_number_is_no_number(cell):
    read = read_identity(cell)
    assert read[0] is None
    assert (codes(read), len(whys(read))) == ([], 1)


def test_two_numbers_in_a_cell():
    read = read_identity("038080000123 / 171234567")
    assert read[0] == "038080000123"
    assert codes(read) == ["id_number.two_numbers"]
    assert codes(read_identity("12345; 678")) == ["id_number.format"]


@pytest.mark.parametrize(
    ("digits", "sex", "year", "value"),
    [
        ("38080000123", "1", 1980, "038080000123"),
        ("38080000123", "", None, "038080000123"),  # sex and year unknown: the place alone
        ("38180000123", "2", 1980, "038180000123"),
        ("38202000123", "1", 2002, "038202000123"),
        ("1180000123", "2", 1980, "001180000123"),  # Hà Nội: two zeros, only when sex and year agree
        ("123456789", "1", 1980, "123456789"),  # an old card is never padded
        ("038080000123", "2", 1950, "038080000123"),  # complete numbers are judged by the rules
    ],
)  # fmt: skip
def test_lost_zeros_come_back_where_that_is_plausible(digits, sex, year, value):
    assert finish_identity(digits, sex, year)[0] == value
    assert plausible("038080000123", "1", 1980)


@pytest.mark.parametrize(
    ("digits", "sex", "year", "code"),
    [
        ("38080000123", "2", 1980, "id_number.eleven_digits"),  # sex differs
        ("38080000123", "1", 1981, "id_number.eleven_digits"),  # year differs
        ("99980000123", "1", 1980, "id_number.eleven_digits"),  # no such place
        ("1180000123", "", None, "id_number.format"),  # ten digits without sex and year
        ("12345678", "1", 1980, "id_number.eight_digits"),
        ("1234567890123", "", None, "id_number.format"), ("ABC", "", None, "id_number.format"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused(digits, sex, year, code):
    read = finish_identity(digits, sex, year)
    assert read[0] is None
    assert codes(read) == [code]
    assert digits not in read[1].problems[0][3]  # numbers of people do not belong in messages


@pytest.mark.parametrize(
    ("cell", "value", "cleaned"),
    [
        ("0912345678", "0912345678", 0), (912345678, "0912345678", 1), ("+84 912 345 678", "0912345678", 1),
        ("84912345678", "0912345678", 1), ("0912.345.678", "0912345678", 1), ("(0912) 345-678", "0912345678", 1),
        (912345678.0, "0912345678", 1), ("0084912345678", "0912345678", 1), ("không", "Không có", 0),
        ("kb", "Không biết", 0),
        ("01234567890", "01234567890", 0), ("+8562055512345", "+8562055512345", 0),
    ],
)  # fmt: skip
def test_phones(cell, value, cleaned):
    read = phone_reader("phone_mobile")(cell)
    assert read[0] == value
    assert len(whys(read)) == cleaned
    assert codes(read) == []


def test_two_phones_keep_the_first_mobile_and_say_so():
    read = phone_reader("phone_mobile")("0912345678 / 0987654321")
    assert read[0] == "0912345678"
    assert codes(read) == ["phone.two_numbers"]
    both = phone_reader("phone_mobile")("02373 888 999; 0912345678")
    assert both[0] == "0912345678"
    assert both[1].others == (("phone_landline", "02373888999"),)
    assert codes(both) == []


def test_a_landline_goes_to_its_own_field():
    read = phone_reader("phone_mobile")("0237 3888 999")
    assert (read[0], read[1].others) == (None, (("phone_landline", "02373888999"),))
    assert phone_reader("phone_landline")("02373888999") == ("02373888999", None)


@pytest.mark.parametrize("cell", ["nhà bác Tám", "09123456780987654321", "9.12E+08"])
def test_what_is_no_phone_is_refused(cell):
    read = phone_reader("phone_mobile")(cell)
    assert read[0] is None
    assert codes(read) in (["phone.format"], ["phone_mobile.scientific"])


CARD = "GD4380123456789"


@pytest.mark.parametrize("cell", [CARD, "gd4 38 0123456789", "GD-4-38-0123456789", f"{CARD}38280", f"{CARD} 38-280"])
def test_insurance_cards(cell):
    assert read_insurance(cell)[0] == CARD


@pytest.mark.parametrize("cell", ["0123456789", 123456789, "0123 456 789"])
def test_ten_digits_are_the_social_insurance_number(cell):
    read = read_insurance(cell)
    assert (read[0], read[1].others) == (None, (("social_insurance_code", "0123456789"),))
    assert read_social(cell)[0] == "0123456789"


def test_a_card_in_the_column_of_social_insurance_goes_to_the_card():
    assert read_social(CARD)[1].others == (("health_insurance_number", CARD),)


def test_insurance_answers_and_faults():
    assert read_insurance("không")[0] == "Không có"
    assert read_insurance("Không có") == ("Không có", None)
    assert codes(read_insurance("x")) == ["bhyt.tick"]
    assert codes(read_insurance("12345")) == ["bhyt.format"]
    assert codes(read_insurance("123456789")) == ["bhyt.format"]  # nine digits of a text may be an identity card
    assert read_insurance("0000000000")[0] is None
    assert read_insurance("038080000123")[0] == "038080000123"
