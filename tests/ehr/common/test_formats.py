from datetime import date, datetime

from django import forms
from django.utils import formats, translation


def test_django_itself_reads_day_first():
    with translation.override("vi"):
        assert forms.DateField().clean("12/03/1980") == date(1980, 3, 12)
        assert forms.DateTimeField(localize=True).clean("12/03/1980 07:30").day == 12


def test_no_input_format_puts_the_month_first():
    with translation.override("vi"):
        found = formats.get_format("DATE_INPUT_FORMATS") + formats.get_format("DATETIME_INPUT_FORMATS")

    assert not [f for f in found if f.replace("%Y-%m", "").find("%m") in range(f.find("%d"))]


def test_dates_and_numbers_are_shown_in_vietnamese():
    with translation.override("vi"):
        assert formats.date_format(date(1980, 3, 12)) == "12/03/1980"
        assert formats.date_format(datetime(1980, 3, 12, 7, 5), "DATETIME_FORMAT") == "12/03/1980 07:05"
        assert formats.number_format(1234.5, 2, force_grouping=True, use_l10n=True) == "1.234,50"
        assert formats.get_format("FIRST_DAY_OF_WEEK") == 1
