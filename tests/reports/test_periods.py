"""Periods: what people type, what programs send, where they begin and end."""

import datetime as dt

import pytest

from reports.periods import KINDS, Period, PeriodError

TODAY = dt.date(2026, 11, 22)
D = dt.date


@pytest.mark.parametrize(
    ("typed", "kind", "start", "end", "text", "iso"),
    [
        ("2026-06", "month", D(2026, 6, 1), D(2026, 7, 1), "06/2026", "2026-06"),
        ("6/2026", "month", D(2026, 6, 1), D(2026, 7, 1), "06/2026", "2026-06"),
        ("tháng 12/2025", "month", D(2025, 12, 1), D(2026, 1, 1), "12/2025", "2025-12"),
        ("2026-Q3", "quarter", D(2026, 7, 1), D(2026, 10, 1), "Quý III/2026", "2026-Q3"),
        ("Quý III/2026", "quarter", D(2026, 7, 1), D(2026, 10, 1), "Quý III/2026", "2026-Q3"),
        ("quý 4 năm 2025", "quarter", D(2025, 10, 1), D(2026, 1, 1), "Quý IV/2025", "2025-Q4"),
        ("2026-H1", "half", D(2026, 1, 1), D(2026, 7, 1), "6 tháng đầu năm 2026", "2026-H1"),
        ("6 tháng cuối năm 2025", "half", D(2025, 7, 1), D(2026, 1, 1), "6 tháng cuối năm 2025", "2025-H2"),
        ("2026", "year", D(2026, 1, 1), D(2027, 1, 1), "2026", "2026"),
        ("năm 2024", "year", D(2024, 1, 1), D(2025, 1, 1), "2024", "2024"),
        ("2026-06-15", "day", D(2026, 6, 15), D(2026, 6, 16), "15/06/2026", "2026-06-15"),
        ("15/06/2026", "day", D(2026, 6, 15), D(2026, 6, 16), "15/06/2026", "2026-06-15"),
        ("29/02/2024", "day", D(2024, 2, 29), D(2024, 3, 1), "29/02/2024", "2024-02-29"),
    ],
)
def test_forms_of_a_period(typed, kind, start, end, text, iso):
    period = Period.parse(typed, today=TODAY)
    assert (period.kind, period.start, period.end, period.text, period.iso) == (kind, start, end, text, iso)
    assert Period.parse(text, today=TODAY) == Period.parse(iso, today=TODAY) == period
    assert Period.of(kind, period.last_day) == period


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Không đọc được"), ("abc", "Không đọc được"), ("13/2026", "Không có kỳ"), ("2026-00", "Không có kỳ"),
        ("Q5/2026", "Không đọc được"), ("30/02/2026", "Không có kỳ"), ("1800", "Không có kỳ"),
        ("12/2026", "Tháng 12/2026 chưa đến"), ("2027", "Năm 2027 chưa đến"), ("<b>2026", "Không đọc được"),
        ("２０２６", "Không đọc được"), ("IIII/2026", "Không đọc được"),
    ],
)  # fmt: skip
def test_what_is_no_period(typed, message):
    with pytest.raises(PeriodError, match=message):
        Period.parse(typed, today=TODAY)


def test_a_report_refuses_kinds_that_it_is_not_made_for():
    with pytest.raises(PeriodError, match=r"không lập theo quý.*tháng, ví dụ 06/2026"):
        Period.parse("Q1/2026", today=TODAY, kinds=("month",))


@pytest.mark.parametrize("kind", KINDS)
def test_periods_follow_each_other_without_gap(kind):
    period = Period.of(kind, D(2024, 1, 31))
    for _ in range(30):
        assert period.next().start == period.end
        assert period.next().previous() == period
        period = period.next()


def test_instants_are_local_midnights():
    month = Period.parse("2026-06", today=TODAY)
    assert month.start_instant.isoformat() == "2026-06-01T00:00:00+07:00"
    assert month.end_instant.isoformat() == "2026-07-01T00:00:00+07:00"
