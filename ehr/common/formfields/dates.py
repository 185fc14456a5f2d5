"""Fields for dates: day first, always."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from ehr.common.dates import DateError, PartialDate, format_date, parse_date
from ehr.common.formfields.widgets import text_widget


class DateField(forms.DateField):
    """Day, month, year in this order. Cleans to datetime.date or None."""

    widget = forms.TextInput
    default_error_messages = {"required": "Chưa nhập ngày. Viết theo ngày/tháng/năm, ví dụ 12/03/1980."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="numeric", **{"data-mask": "date", "maxlength": "10"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, dt.datetime):
            return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
        if isinstance(value, dt.date):
            return value
        try:
            return parse_date(str(value))
        except DateError as exc:
            raise ValidationError(exc.message, code=exc.code) from exc

    def prepare_value(self, value: Any) -> Any:
        return format_date(self.to_python(value)) if isinstance(value, dt.date) else value


class PartialDateField(forms.Field):
    """12/03/1980, 03/1980, 1980, or ? for unknown. Cleans to PartialDate or None; initial also as (date, precision)."""

    default_error_messages = {"required": "Chưa nhập ngày. Viết 12/03/1980, 03/1980, 1980, hoặc ? nếu không biết."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="numeric", **{"data-mask": "partial-date"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> PartialDate | None:
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, PartialDate):
            return value
        if isinstance(value, tuple):
            return PartialDate.of(*value)
        if isinstance(value, dt.date):
            return PartialDate(value)
        try:
            return PartialDate.parse(str(value))
        except DateError as exc:
            raise ValidationError(exc.message, code=exc.code) from exc

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        found = self.to_python(value)
        return found.text() if found else ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial if initial is None else self.to_python(initial), data)
