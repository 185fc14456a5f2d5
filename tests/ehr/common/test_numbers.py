from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.common.numbers import NumberError, format_number, format_percent, parse_decimal, percent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("61,5", "61.5"),
        ("61.5", "61.5"),
        ("61.55", "61.55"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1.234.567,89", "1234567.89"),
        ("1234", "1234"),
        ("1,234", "1.234"),
        ("0.125", "0.125"),
        ("1.2345", "1.2345"),
        ("-0,5", "-0.5"),
        (" 37 ", "37"),
        ("0", "0"),
    ],
)
def test_parse_decimal(text, expected):
    assert parse_decimal(text) == Decimal(expected)


def test_a_thousand_is_read_only_when_asked():
    assert parse_decimal("1.234", thousands=True) == 1234
    with pytest.raises(NumberError) as raised:
        parse_decimal("1.234")

    assert raised.value.code == "number.ambiguous"
    assert "1234" in raised.value.message and "1,234" in raised.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "61,5kg",
        "1,234.5",
        "1.23,4",
        "12.34.56",
        "0.123.456",
        "1e5",
        "NaN",
        "Infinity",
        "١٢",
        "--5",
        "1 2",
        "5,",
        ",5",
    ],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(NumberError) as raised:
        parse_decimal(text)

    assert raised.value.code == "number.format"


def test_a_very_long_number_is_refused_shortly():
    with pytest.raises(NumberError) as raised:
        parse_decimal("9" * 100_000)

    assert len(raised.value.message) < 120


@pytest.mark.parametrize(
    ("number", "places", "shown"),
    [
        (1234567, None, "1.234.567"),
        (Decimal("1234.560"), None, "1.234,56"),
        (Decimal("61.50"), None, "61,5"),
        (61.5, None, "61,5"),
        (0.1 + 0.2, 2, "0,30"),
        (Decimal("2.345"), 2, "2,35"),
        (Decimal("-2.345"), 2, "-2,35"),
        (Decimal("-0.001"), 2, "0,00"),
        (Decimal("1E+3"), None, "1.000"),
        (-1234, None, "-1.234"),
        (100, 2, "100,00"),
        (999.999, 2, "1.000,00"),
        (0, None, "0"),
        (None, None, ""),
    ],
)
def test_format_number(number, places, shown):
    assert format_number(number, places) == shown


@given(st.decimals(-(10**9), 10**9, places=3))
def test_what_is_shown_reads_back_the_same(number):
    assert parse_decimal(format_number(number), thousands=True) == number


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (373_718, 370_719, "100,81%"),
        (372_656, 370_719, "100,52%"),
        (5116, 5000, "102,32%"),
        (1, 3, "33,33%"),
        (2, 3, "66,67%"),
        (1, 800, "0,13%"),  # 0.125 exactly: half up
        (0, 10, "0,00%"),
        (5, 0, "-"),
        (5, None, "-"),
        (None, 5, "-"),
    ],
)
def test_format_percent(numerator, denominator, shown):
    assert format_percent(numerator, denominator) == shown


@given(st.integers(0, 10**7), st.integers(1, 10**7), st.integers(0, 4))
def test_percent_is_the_exact_ratio_rounded_half_up(numerator, denominator, places):
    with localcontext(prec=60):
        expected = (Decimal(numerator) * 100 / denominator).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)

    assert percent(numerator, denominator, places) == expected
