"""Fields for numbers: comma for decimals, refused rather than guessed."""

import re
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError

from ehr.common.formfields.widgets import text_widget
from ehr.common.numbers import NumberError, format_number, parse_decimal
from ehr.common.text import nfc


class DecimalField(forms.DecimalField):
    """A number with a comma (or a dot before one or two digits). Cleans to Decimal or None."""

    widget = forms.TextInput
    thousands = False
    default_error_messages = {
        "required": "Chưa nhập số.",
        "min_value": "Phải từ %(limit)s trở lên, đang là %(found)s.",
        "max_value": "Không được quá %(limit)s, đang là %(found)s.",
        "decimal_places": "Chỉ ghi tối đa %(limit)s chữ số sau dấu phẩy, đang là %(found)s.",
        "max_digits": "Số quá dài: %(found)s.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="decimal"))
        super().__init__(**kwargs)
        as_text_box(self.widget)
        # Our own checks below say the same in Vietnamese numbers.
        ours = (validators.MinValueValidator, validators.MaxValueValidator, validators.DecimalValidator)
        self.validators = [validator for validator in self.validators if not isinstance(validator, ours)]

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal | int | float):
            return Decimal(str(value))
        try:
            return parse_decimal(str(value), thousands=self.thousands)
        except NumberError as exc:
            raise ValidationError(exc.message, code=exc.code) from exc

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None:
            check_range(self, Decimal(value))

    def prepare_value(self, value: Any) -> Any:
        return show_number(value)


class IntegerField(forms.IntegerField):
    """A whole number in digits only; "1.234" and "61,5" are refused rather than guessed. Cleans to int or None."""

    widget = forms.TextInput
    default_error_messages = {
        "required": "Chưa nhập số.",
        "invalid": "Chỉ ghi chữ số, ví dụ 12; đang là “%(found)s”.",
        "min_value": DecimalField.default_error_messages["min_value"],
        "max_value": DecimalField.default_error_messages["max_value"],
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="numeric"))
        super().__init__(**kwargs)
        as_text_box(self.widget)
        ours = (validators.MinValueValidator, validators.MaxValueValidator)
        self.validators = [validator for validator in self.validators if not isinstance(validator, ours)]

    def to_python(self, value: Any) -> int | None:
        text = re.sub(r"\s", "", str(value)) if value is not None else ""
        if not text:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise ValidationError(self.error_messages["invalid"], code="number.format", params={"found": text[:40]})
        return int(text)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None:
            check_range(self, Decimal(value))


class NumberField(DecimalField):
    """A count that may be large (population, targets): "7.219" and "7219" are the same. Cleans to int or None."""

    thousands = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"decimal_places": 0, **kwargs})

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return None if found is None else int(found)


def check_range(field: Any, value: Decimal) -> None:
    """Limits of a number field, in its own words. Raises ValidationError with code min_value, max_value…"""
    before, _, after = format(abs(value), "f").partition(".")
    whole, places = len(before.lstrip("0")), len(after.rstrip("0"))
    decimal_places = getattr(field, "decimal_places", None)
    max_digits = getattr(field, "max_digits", None)
    limits = (
        ("min_value", field.min_value, field.min_value is not None and value < field.min_value),
        ("max_value", field.max_value, field.max_value is not None and value > field.max_value),
        ("decimal_places", decimal_places, decimal_places is not None and places > decimal_places),
        ("max_digits", max_digits, max_digits is not None and whole + (decimal_places or places) > max_digits),
    )
    for code, limit, broken in limits:
        if broken:
            params = {"limit": format_number(limit), "found": format_number(value)}
            raise ValidationError(field.error_messages[code], code=code, params=params)


def as_text_box(widget: Any) -> None:
    """A themed number box of the admin becomes text: in type="number" most browsers refuse a comma."""
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"
        widget.attrs.setdefault("inputmode", "decimal")
        widget.attrs.setdefault("autocomplete", "off")


def show_number(value: Any) -> Any:
    """61,5 without thousands dots, so that the text reads back as the same number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
        return value
    return format_number(value).replace(".", "")


class BloodPressure(NamedTuple):
    """Millimetres of mercury."""

    systolic: int
    diastolic: int

    def __str__(self) -> str:
        return f"{self.systolic}/{self.diastolic}"


class BloodPressureField(forms.Field):
    r"""120/80, 120-80, 120\80 or 120 80. Cleans to BloodPressure or None; initial also as (systolic, diastolic)."""

    default_error_messages = {
        "required": "Chưa nhập huyết áp.",
        "invalid": "Viết huyết áp dạng 120/80 (tâm thu/tâm trương); đang là “%(found)s”.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="numeric", placeholder="120/80"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> BloodPressure | None:
        if isinstance(value, tuple | list):
            return None if None in value else BloodPressure(*(int(part) for part in value))
        text = nfc(str(value or ""))
        if not text:
            return None
        found = re.fullmatch(r"([0-9]{2,3}) ?[/\\\- ] ?([0-9]{2,3})", text)
        if not found:
            raise ValidationError(
                self.error_messages["invalid"], code="blood_pressure.format", params={"found": text[:40]}
            )
        return BloodPressure(int(found[1]), int(found[2]))

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, tuple | list):
            return value
        return str(self.to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial if initial is None else self.to_python(initial), data)
