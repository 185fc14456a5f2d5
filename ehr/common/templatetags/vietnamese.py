"""Filters for dates, numbers and answers in Vietnamese; built in for every template by the settings."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from ehr.common.answers import Answer, AnswerState, TriState
from ehr.common.dates import PartialDate, Precision, format_date
from ehr.common.numbers import format_number, format_percent

register = template.Library()

DASH = "–"


@register.filter
def vndate(value: dt.date | dt.datetime | None) -> str:
    """dd/mm/yyyy in local time, "" for nothing."""
    if isinstance(value, dt.datetime):
        return format_date(_local(value).date())
    return format_date(value) if isinstance(value, dt.date) else ""


@register.filter
def vndatetime(value: dt.datetime | None) -> str:
    """dd/mm/yyyy HH:MM in local time, "" for nothing."""
    if not isinstance(value, dt.datetime):
        return ""
    local = _local(value)
    return f"{format_date(local.date())} {local:%H:%M}"


@register.filter
def partial_date(date: dt.date | PartialDate | None, precision: str = Precision.DAY) -> str:
    """`{{ person.birth_date|partial_date:person.birth_precision }}`: 12/03/1980, 03/1980, 1980, Không biết, or ""."""
    found = date if isinstance(date, PartialDate) else PartialDate.of(date or None, precision or Precision.DAY)
    return found.text() if found else ""


@register.filter
def vnnumber(value: int | float | Decimal | None, places: int | None = None) -> str:
    """1.234,56; "" for nothing. `places`: fixed number of decimals."""
    return format_number(value, places) if isinstance(value, int | float | Decimal) else ""


@register.filter
def vnpercent(numerator: int | float | Decimal | None, denominator: int | float | Decimal | None) -> str:
    """`{{ linked|vnpercent:population }}`: 102,32%; "-" without a denominator."""
    return format_percent(numerator, denominator)


_LABELS: dict[str, str] = {
    **{str(choice): str(label) for choice, label in TriState.choices},
    str(AnswerState.NONE): str(AnswerState.NONE.label),
}


@register.filter
def answer_label(value: Any) -> str:
    """Có, Không, Không có, Không biết, Chưa hỏi for yes, no, none, unknown, "" (also True, False, None, an Answer)."""
    if isinstance(value, Answer):
        if value.state != "value":
            return str(AnswerState(value.state).label)
        return value.value if isinstance(value.value, str) else format_number(value.value)
    if value is None or isinstance(value, bool):
        value = {None: "", True: "yes", False: "no"}[value]
    return _LABELS.get(str(value), str(value))


@register.filter
def dash(value: Any) -> Any:
    """The value, or – when there is none. Zero is a value."""
    return DASH if value is None or value == "" else value


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value
