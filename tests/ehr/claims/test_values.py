import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.claims.values import VIETNAM, canonical, list_positions, read_number, read_when, split_list


@pytest.mark.parametrize(
    ("text", "value", "notice"),
    [
        ("10.000", Decimal(10), ""),
        ("57,45", Decimal("57.45"), "comma"),
        (" 36500 ", Decimal(36500), ""),
        ("-3", Decimal(-3), ""),
        ("", None, ""),
        ("1.234.567", None, "bad"),
        ("1E+05", None, "bad"),
        ("١٢", None, "bad"),
        ("NaN", None, "bad"),
        ("1" * 41, None, "bad"),
    ],
)
def test_numbers(text, value, notice):
    assert read_number(text) == (value, notice)


@pytest.mark.parametrize(
    ("text", "minute", "date", "precision", "clock", "notice"),
    [
        ("202510201519", True, dt.date(2025, 10, 20), "day", (15, 19), ""),
        ("20251020151959", True, dt.date(2025, 10, 20), "day", (15, 19), "seconds"),
        ("20251020", True, dt.date(2025, 10, 20), "day", None, "date_only"),
        ("20251020", False, dt.date(2025, 10, 20), "day", None, ""),
        ("202510201519", False, dt.date(2025, 10, 20), "day", (15, 19), "time_given"),
        ("194000000000", True, dt.date(1940, 1, 1), "year", None, ""),
        ("19400000", False, dt.date(1940, 1, 1), "year", None, ""),
        ("194005000000", True, dt.date(1940, 5, 1), "month", None, ""),
        ("1940", False, dt.date(1940, 1, 1), "year", None, "short"),
        ("194005", False, dt.date(1940, 5, 1), "month", None, "short"),
    ],
)
def test_times(text, minute, date, precision, clock, notice):
    when, told = read_when(text, minute)
    assert (when.date, str(when.day.precision), told) == (date, precision, notice)
    assert (when.at and (when.at.hour, when.at.minute)) == clock
    assert when.at is None or when.at.tzinfo is VIETNAM


@pytest.mark.parametrize(
    "text", ["20250230", "20251301", "202510202460", "2025-01-01", "20/10/2025", "19400012", "abc", "000000000000"]
)
def test_times_that_do_not_exist(text):
    assert read_when(text, True) == (None, "bad")


def test_lists():
    assert split_list(" A;; B ;") == ["A", "B"]
    assert list_positions("A;;C;") == ["A", "", "C"]


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("105,000", "decimal", "105"),
        ("0.00", "decimal", "0"),
        ("20250906104400", "minute", "202509061044"),
        ("20250906", "minute", "202509060000"),
        ("1998", "day", "19980000"),
        ("rỗng", "decimal", "rỗng"),
        ("Nguyê\u0303n", "text", "Nguyễn"),
    ],
)
def test_canonical(text, kind, wanted):
    assert canonical(text, kind) == wanted


@given(st.text(max_size=20), st.sampled_from(["decimal", "integer", "day", "minute", "text"]))
def test_canonical_is_stable_and_never_fails(text, kind):
    once = canonical(text, kind)
    assert canonical(once, kind) == once


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2199, 12, 31)))
def test_every_minute_comes_back(at):
    text = f"{at:%Y%m%d%H%M}"
    when, notice = read_when(text, True)
    assert notice == "" and f"{when.at:%Y%m%d%H%M}" == text == canonical(text, "minute")
