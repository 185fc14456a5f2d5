from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.common.dates import DateError, PartialDate, Precision, age_on, format_date, months_on, parse_date

DATES = st.dates(date(1800, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    "text",
    ["12/03/1980", "12-3-1980", "12.3.1980", "12 03 1980", "12031980", "1980-03-12", "1980/3/12", " 12 / 3 / 1980 "],
)
def test_a_full_date_is_read_day_first(text):
    assert PartialDate.parse(text) == PartialDate(date(1980, 3, 12), Precision.DAY)
    assert parse_date(text) == date(1980, 3, 12)


@pytest.mark.parametrize(
    ("text", "first_day", "precision", "shown"),
    [
        ("03/1980", date(1980, 3, 1), "month", "03/1980"),
        ("3-1980", date(1980, 3, 1), "month", "03/1980"),
        ("00/03/1980", date(1980, 3, 1), "month", "03/1980"),
        ("1980-03", date(1980, 3, 1), "month", "03/1980"),
        ("1980", date(1980, 1, 1), "year", "1980"),
        ("00/00/1980", date(1980, 1, 1), "year", "1980"),
        ("00001980", date(1980, 1, 1), "year", "1980"),
        ("00/00/0000", None, "unknown", "Không biết"),
        ("?", None, "unknown", "Không biết"),
        ("Không rõ", None, "unknown", "Không biết"),
    ],
)
def test_an_unknown_part_keeps_its_precision(text, first_day, precision, shown):
    found = PartialDate.parse(text)

    assert (found.date, found.precision, found.text()) == (first_day, precision, shown)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("12/03/80", "date.short_year", "đủ 4 chữ số"),
        ("03/80", "date.short_year", "đủ 4 chữ số"),
        ("120380", "date.short_year", "đủ 4 chữ số"),
        ("31/02/1980", "date.day", "Tháng 02/1980 không có ngày 31"),
        ("12/13/1980", "date.month", "Không có tháng 13"),
        ("03/25/1980", "date.month", "Không có tháng 25"),
        ("12/00/1980", "date.month", "thiếu tháng"),
        ("12/03/0980", "date.year", "Năm 0980"),
        ("12/03/0000", "date.year", "Năm 0000"),
        ("12/03/2980", "date.year", "Năm 2980"),
        ("19800312", "date.year", "Năm 0312"),
        ("hôm qua", "date.format", "“hôm qua”"),
        ("12/03/19805", "date.format", "12/03/1980"),
        ("١٢/٠٣/١٩٨٠", "date.format", "Không đọc được"),
        ("x" * 5000, "date.format", "…"),
        ("", "date.format", "12/03/1980"),
    ],
)
def test_what_is_no_date_is_refused_with_a_reason(text, code, said):
    with pytest.raises(DateError) as raised:
        PartialDate.parse(text)

    assert raised.value.code == code
    assert said in raised.value.message
    assert len(raised.value.message) < 200


@pytest.mark.parametrize("text", ["03/1980", "1980", "?"])
def test_parse_date_wants_all_parts(text):
    with pytest.raises(DateError) as raised:
        parse_date(text)

    assert raised.value.code == "date.partial"


@given(DATES, st.sampled_from(["day", "month", "year"]))
def test_what_is_shown_reads_back_the_same(day, precision):
    first = day.replace(day=1 if precision != "day" else day.day, month=1 if precision == "year" else day.month)
    shown = PartialDate(first, precision)

    assert PartialDate.parse(shown.text()) == shown


@given(DATES)
def test_format_date_reads_back(day):
    assert parse_date(format_date(day)) == day


def test_stored_columns_make_a_partial_date():
    assert PartialDate.of(None) is None
    assert PartialDate.of(None, "unknown") == PartialDate.parse("?")
    assert PartialDate.of(date(1980, 1, 1), "year") == PartialDate.parse("1980")


@pytest.mark.parametrize(
    ("day", "precision"), [(None, "day"), (date(1980, 1, 1), "unknown"), (date(1980, 1, 1), "week")]
)
def test_a_date_and_its_precision_must_agree(day, precision):
    with pytest.raises(ValueError, match=r"precision|Precision"):
        PartialDate(day, precision)


@pytest.mark.parametrize(
    ("born", "precision", "day", "years", "months"),
    [
        (date(1980, 3, 12), "day", date(2025, 3, 11), 44, 539),
        (date(1980, 3, 12), "day", date(2025, 3, 12), 45, 540),
        (date(2024, 2, 29), "day", date(2025, 2, 28), 0, 11),
        (date(2024, 2, 29), "day", date(2025, 3, 1), 1, 12),
        (date(2025, 1, 31), "day", date(2025, 2, 28), 0, 0),
        (date(1980, 3, 1), "month", date(2025, 3, 1), 45, 540),
        (date(1980, 1, 1), "year", date(2025, 1, 1), 45, None),
        (date(2025, 5, 1), "day", date(2025, 4, 30), None, None),
        (None, "unknown", date(2025, 1, 1), None, None),
        (None, "day", date(2025, 1, 1), None, None),
    ],
)
def test_age(born, precision, day, years, months):
    assert age_on(born, precision, day) == years
    assert months_on(born, precision, day) == months


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.integers(0, 40_000))
def test_age_and_months_agree(born, days):
    day = born + timedelta(days)

    assert months_on(born, "day", day) // 12 == age_on(born, "day", day)
