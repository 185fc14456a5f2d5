"""Dates in the spellings of lists."""

import datetime as dt

import pytest

from ehr.intake.cells.dates import part_reader, read_birth, read_day


def codes(read):
    return [] if read[1] is None else [code for _, code, _, _ in read[1].problems]


@pytest.mark.parametrize(
    ("cell", "value", "cleaned"),
    [
        ("12/03/1980", "1980-03-12", False), ("12-3-1980", "1980-03-12", False), ("2/3/1980", "1980-03-02", False),
        ("1980", "1980", False), (1980, "1980", False), (1980.0, "1980", False), ("03/1980", "1980-03", False),
        ("?", "?", False),
        (dt.date(1980, 3, 12), "1980-03-12", False), (dt.datetime(1980, 3, 12, 0, 0), "1980-03-12", False),
        ("12.3.1980", "1980-03-12", True), ("12 / 03 / 1980", "1980-03-12", True),
        ("12/03/1980 00:00:00", "1980-03-12", True),
        ("1980-03-12", "1980-03-12", True), ("1980-03-12 00:00:00", "1980-03-12", True),
        ("12031980", "1980-03-12", True),
        (12031980, "1980-03-12", True), (5031980, "1980-03-05", True), ("5031980", "1980-03-05", True),
        (29292, "1980-03-12", True), ("29292", "1980-03-12", True), (29292.5, "1980-03-12", True),
        ("ngày 12 tháng 3 năm 1980", "1980-03-12", True), ("tháng 3 năm 1980", "1980-03", True),
        ("năm 1980", "1980", True),
        ("khoảng 1950", "1950", True), ("~1950", "1950", True), ("00/00/1980", "1980", False),
        ("00/03/1980", "1980-03", False),
        ("'12/03/1980", "1980-03-12", True), ("12/03/1980.", "1980-03-12", True), ("12//03/1980", "1980-03-12", True),
        ("12\\03\\1980", "1980-03-12", True), ("12 3 1980", "1980-03-12", True), ("không nhớ", "?", True),
        ("KB", "?", True),
    ],
)  # fmt: skip
def test_birth_dates(cell, value, cleaned):
    read = read_birth(cell)
    assert read[0] == value
    assert bool(read[1] and read[1].cleaned) == cleaned
    assert codes(read) == []


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("12/3/80", "date.short_year"), ("80", "date.format"), ("120380", "date.short_year"),
        ("31/02/1980", "date.day"),
        ("12/13/1980", "date.month"), ("12/00/1980", "date.month"), ("1980?", "date.format"),
        ("mùa lúa", "date.format"),
        (1.5, "date.format"), (10**30, "date.format"), ("12/03/9999", "date.year"),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_read_say_what_is_expected(cell, code):
    read = read_birth(cell)
    assert read[0] is None
    assert codes(read) == [code]
    assert read[1].problems[0][2] == "error"


def test_full_dates_may_not_lack_a_part():
    assert read_day("12/03/2021") == ("2021-03-12", None)
    assert codes(read_day("2021")) == ["date.partial"]
    assert codes(read_day(2021)) == ["date.partial"]
    assert codes(read_day("03/2021")) == ["date.partial"]
    assert read_day("không")[0] is None
    assert codes(read_day("không")) == []


def test_parts_in_columns_of_their_own():
    day, month, year = (part_reader(name) for name in ("day", "month", "year"))
    assert (day(5)[0], day("05")[0], month("3")[0], year(1980)[0], year("1980")[0]) == ("5", "5", "3", "1980", "1980")
    assert codes(day(32)) == ["birth_date.day"]
    assert codes(month(13)) == ["birth_date.month"]
    assert codes(year(80)) == ["date.short_year"]
    assert year("12/03/1980")[1].others == (("birth_date", "1980-03-12"),)
    assert day("?") == (None, None)


def test_a_whole_date_in_the_column_of_years_is_the_birth_date():
    year = part_reader("year")

    for cell in (dt.date(1980, 3, 12), dt.datetime(1980, 3, 12), "12.3.1980"):
        value, more = year(cell)
        assert (value, more.others) == (None, (("birth_date", "1980-03-12"),)), cell
        assert more.cleaned[0][1] in ("1980-03-12", "12/03/1980")
    assert codes(year("31/02/1980")) == ["date.day"]
    assert codes(part_reader("month")(dt.date(1980, 3, 12))) == ["birth_date.month"]
