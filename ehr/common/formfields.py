"""Form fields for people who type all day: plain text boxes, Vietnamese dates and numbers, short answers.

They translate what is typed and name what was found and what is expected. Rules (ranges of vitals, dates in the future,
digits of a personal number) live in the rules modules, not here.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.utils import timezone

from ehr.common.answers import Answer, AnswerState, TriState
from ehr.common.dates import DateError, PartialDate, format_date, parse_date
from ehr.common.identifiers import clean_phone
from ehr.common.numbers import Number, NumberError, format_number, parse_decimal
from ehr.common.text import answer, nfc, nfc_lines, plain, title_name

REQUIRED = "Chưa nhập nội dung này."


def _text_widget(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def _limit_length(field: forms.CharField) -> None:
    """Say how long the text is, instead of Django's generic sentence."""
    for position, validator in enumerate(field.validators):
        if isinstance(validator, validators.MaxLengthValidator):
            field.validators[position] = validators.MaxLengthValidator(
                validator.limit_value, "Tối đa %(limit_value)d ký tự, đang có %(show_value)d."
            )


# ---------------------------------------------------------------------------------------------------------------- dates
class DateField(forms.DateField):
    """Day, month, year in this order. Cleans to datetime.date or None."""

    widget = forms.TextInput
    default_error_messages = {"required": "Chưa nhập ngày. Viết theo ngày/tháng/năm, ví dụ 12/03/1980."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _text_widget(inputmode="numeric", **{"data-mask": "date", "maxlength": "10"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values:
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
        kwargs.setdefault("widget", _text_widget(inputmode="numeric", **{"data-mask": "partial-date"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> PartialDate | None:
        if value in self.empty_values:
            return None
        if isinstance(value, PartialDate):
            return value
        if isinstance(value, tuple):
            return PartialDate.of(*value)
        if isinstance(value, dt.date):
            return PartialDate(value)
        try:
            return PartialDate.parse(str(value)) if str(value).strip() else None
        except DateError as exc:
            raise ValidationError(exc.message, code=exc.code) from exc

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        found = self.to_python(value)
        return found.text() if found else ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial if initial is None else self.to_python(initial), data)


# -------------------------------------------------------------------------------------------------------------- numbers
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
        kwargs.setdefault("widget", _text_widget(inputmode="decimal"))
        super().__init__(**kwargs)
        _as_text_box(self.widget)
        # Our own checks below say the same in Vietnamese numbers.
        ours = (validators.MinValueValidator, validators.MaxValueValidator, validators.DecimalValidator)
        self.validators = [validator for validator in self.validators if not isinstance(validator, ours)]

    def to_python(self, value: Any) -> Decimal | None:
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
        return _show_number(value)


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
        kwargs.setdefault("widget", _text_widget(inputmode="numeric"))
        super().__init__(**kwargs)
        _as_text_box(self.widget)
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
    digits = value.as_tuple()
    exponent = digits.exponent if isinstance(digits.exponent, int) else 0
    places = max(0, -exponent)
    whole = max(0, len(digits.digits) + exponent)
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


def _as_text_box(widget: forms.Widget) -> None:
    """A themed number box of the admin becomes text: browsers refuse a comma in type="number" unless set to Vietnamese."""
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"
        widget.attrs.setdefault("inputmode", "decimal")
        widget.attrs.setdefault("autocomplete", "off")


def _show_number(value: Number | str | None) -> Any:
    """61,5 without thousands dots, so that the text reads back as the same number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
        return value
    return format_number(value).replace(".", "")


# ----------------------------------------------------------------------------------------------------------------- text
class PhoneField(forms.CharField):
    """A phone number as text: digits, 0 instead of +84. Other countries keep +code."""

    default_error_messages = {
        "invalid": "Số điện thoại chỉ gồm chữ số; còn %(count)d ký tự khác. Mỗi ô chỉ nhập một số.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _text_widget(inputmode="tel"))
        super().__init__(**{"max_length": 20, **kwargs})
        _limit_length(self)

    def to_python(self, value: Any) -> str:
        phone = clean_phone(super().to_python(value) or "")
        others = len(re.sub(r"[0-9]", "", phone.removeprefix("+")))
        if others:
            raise ValidationError(self.error_messages["invalid"], code="phone.characters", params={"count": others})
        return phone


class NameField(forms.CharField):
    """A person's name in NFC; NGUYỄN VĂN AN becomes Nguyễn Văn An."""

    default_error_messages = {"required": "Chưa nhập họ tên."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _text_widget(autocapitalize="words", spellcheck="false"))
        super().__init__(**kwargs)
        _limit_length(self)

    def to_python(self, value: Any) -> str:
        return title_name(super().to_python(value) or "")


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
        kwargs.setdefault("widget", _text_widget(inputmode="numeric", placeholder="120/80"))
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


# -------------------------------------------------------------------------------------------------------------- answers
_TRI_STATE = {
    **dict.fromkeys(("c", "co", "yes", "y", "1", "x", "true", "dung"), "yes"),
    **dict.fromkeys(("k", "ko", "khong", "no", "n", "0", "false", "sai", "none"), "no"),
}


class TriStateField(forms.ChoiceField):
    """Có, Không, Không biết, or not asked. Accepts what is typed or pasted: c, k, kb. Cleans to yes, no, unknown, ""."""

    default_error_messages = {
        "required": "Chưa trả lời.",
        "invalid_choice": "Trả lời c (có), k (không) hoặc kb (không biết); đang là “%(value)s”.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": TriState.choices, "required": False, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        found = _TRI_STATE.get(plain(text)) or {"none": "no", "unknown": "unknown"}.get(answer(text))
        return found or ("" if answer(text) == "" else text[:40])


class AnswerTextField(forms.CharField):
    """Free text that keeps "Không có" and "Không biết" apart from an empty box. Cleans to Answer with a str."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _text_widget())
        super().__init__(**{"required": False, "empty_value": Answer.NOT_ASKED, **kwargs})
        _limit_length(self)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Answer):
            return value
        text = nfc_lines(str(value or ""))
        state = answer(text)
        return Answer(text, "value") if state == "value" else Answer.of(None, state)

    def run_validators(self, value: Any) -> None:
        super().run_validators(value.value or "")

    def validate(self, value: Any) -> None:
        _require(self, value)

    def prepare_value(self, value: Any) -> Any:
        return _show_answer(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _answer_changed(self, initial, data)


class AnswerNumberField(DecimalField):
    """A number, "không" or "không biết". 0 is a number here. Cleans to Answer with a Decimal, or an int if decimal_places=0."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _text_widget(inputmode="text"))
        super().__init__(**{"required": False, **kwargs})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Answer):
            return value
        state = answer(str(value)) if isinstance(value, str) and plain(value) != "0" else "value"
        if state != "value":
            return Answer.of(None, state)
        number = super().to_python(value)
        whole = self.decimal_places == 0 and number is not None and number == number.to_integral_value()
        return Answer.of(int(number) if whole and number is not None else number)

    def validate(self, value: Any) -> None:
        _require(self, value)
        if value.value is not None:
            check_range(self, Decimal(value.value))

    def run_validators(self, value: Any) -> None:
        if value.value is not None:
            super().run_validators(value.value)

    def prepare_value(self, value: Any) -> Any:
        return _show_answer(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _answer_changed(self, initial, data)


def _require(field: forms.Field, value: Answer) -> None:
    if field.required and not value:
        raise ValidationError(REQUIRED, code="required")


def _show_answer(value: Any) -> Any:
    if not isinstance(value, Answer):
        return _show_number(value)
    if value.state in ("none", "unknown"):
        return str(AnswerState(value.state).label)
    return _show_number(value.value) if value.value is not None else ""


def _answer_changed(field: forms.Field, initial: Any, data: Any) -> bool:
    if field.disabled:
        return False
    try:
        return bool(field.to_python(data) != field.to_python(initial))
    except ValidationError:
        return True
