"""Fields that keep Không có, Không biết and an empty box apart."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.common.answers import Answer, AnswerState, TriState
from ehr.common.formfields.numbers import DecimalField, check_range, show_number
from ehr.common.formfields.widgets import REQUIRED, limit_length, text_widget
from ehr.common.text import answer, nfc_lines, plain

_TRI_STATE = {
    **dict.fromkeys(("c", "co", "yes", "y", "1", "x", "true", "dung"), "yes"),
    **dict.fromkeys(("k", "ko", "khong", "no", "n", "0", "false", "sai", "none"), "no"),
}


class TriStateField(forms.ChoiceField):
    """Có, Không, Không biết, or not asked. Accepts typed c, k, kb. Cleans to "yes", "no", "unknown" or ""."""

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
        kwargs.setdefault("widget", text_widget())
        super().__init__(**{"required": False, "empty_value": Answer.NOT_ASKED, **kwargs})
        limit_length(self)

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
    """A number (0 too), "không" or "không biết". Cleans to Answer with a Decimal, an int if `decimal_places` is 0."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="text"))
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
        return show_number(value)
    if value.state in ("none", "unknown"):
        return str(AnswerState(value.state).label)
    return show_number(value.value) if value.value is not None else ""


def _answer_changed(field: forms.Field, initial: Any, data: Any) -> bool:
    if field.disabled:
        return False
    try:
        return bool(field.to_python(data) != field.to_python(initial))
    except ValidationError:
        return True
