"""Fields of REST: JSON types and lengths, no rules. They translate between JSON and what the services speak.

Empty is `null` in both directions and for every kind: nobody asked yet, or there is none to tell. The answers "không
có" and "không biết" are `{"value": null, "state": "none"}` and `{"value": null, "state": "unknown"}`."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.dates import DateError, PartialDate, Precision
from ehr.common.identifiers import clean_phone
from ehr.common.text import nfc, nfc_lines
from ehr.exchange.places import code_of_facility, facility_of_code
from stations.models import AdminUnit, Organization, Village

MAX_TEXT = 20_000  # characters; free text has no limit in the database
EMPTY = (None, "")
_ISO_DAY = re.compile(r"\d{4}-(?!00)\d{2}-(?!00)\d{2}", re.ASCII)
_ISO_PART = re.compile(r"\d{4}(-(?!00)\d{2}(-(?!00)\d{2})?)?", re.ASCII)
_STATES = {"none": Answer.NONE, "unknown": Answer.UNKNOWN}


class ShapeField(serializers.Field):
    """Base: null allowed, nothing required (rules decide), "" means null."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("required", False)
            kwargs.setdefault("allow_null", True)
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(None if isinstance(data, str) and not data.strip() else data)


class TextField(ShapeField, serializers.CharField):
    """Text in NFC; its length is counted as it will be stored."""

    default_error_messages = {
        "invalid": "Phải là văn bản (chuỗi JSON).",
        "max_length": "Dài quá {max_length} ký tự.",
    }

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        kwargs.setdefault("max_length", MAX_TEXT)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return self.clean(data)

    def clean(self, text: str) -> str:
        return nfc_lines(text) if self.lines else nfc(text)

    def to_representation(self, value: Any) -> str:
        return str(value)


class PhoneField(TextField):
    """A telephone number, written with spaces, dots or +84 as people do."""

    def clean(self, text: str) -> str:
        return clean_phone(text)


class ChoiceField(ShapeField, serializers.ChoiceField):
    """One of the codes of the form."""

    default_error_messages = {"invalid_choice": "Giá trị không có trong các lựa chọn của mẫu."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="")
        return super().to_internal_value(data)


class WholeField(ShapeField, serializers.IntegerField):
    """A JSON number without decimals."""

    default_error_messages = {
        "invalid": "Phải là số nguyên.",
        "max_value": "Phải nhỏ hơn hoặc bằng {max_value}.",
        "min_value": "Phải lớn hơn hoặc bằng {min_value}.",
    }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class NumberField(ShapeField, serializers.DecimalField):
    """A JSON number with a point."""

    default_error_messages = {
        "invalid": "Phải là số (dấu chấm thập phân), không đặt trong ngoặc kép.",
        "max_digits": "Nhiều hơn {max_digits} chữ số.",
        "max_decimal_places": "Nhiều hơn {max_decimal_places} chữ số thập phân.",
        "max_whole_digits": "Nhiều hơn {max_whole_digits} chữ số trước dấu chấm.",
        "min_value": "Phải lớn hơn hoặc bằng {min_value}.",
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, (int, Decimal)):
            self.fail("invalid")
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        # At most 15 significant digits here: a float holds them exactly as written.
        return int(value) if value == int(value) else float(value)


class YesNoField(ShapeField, serializers.BooleanField):
    """true, false or null."""

    default_error_messages = {"invalid": "Phải là true hoặc false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class DayField(ShapeField, serializers.DateField):
    """A full date, ISO 8601; errors carry the codes of the form's dates."""

    default_error_messages = {"date": "Ngày viết theo ISO 8601: năm-tháng-ngày, ví dụ 1980-03-12."}

    def to_internal_value(self, data: Any) -> dt.date:
        parsed: dt.date = _parse(data, _ISO_DAY, str(self.error_messages["date"])).date  # type: ignore[assignment]
        return parsed  # never None: the shape has year, month and day

    def to_representation(self, value: dt.date) -> str:
        return value.isoformat()


class PartialDateField(ShapeField):
    """A birth date as far as it is known."""

    default_error_messages = {"date": "Viết 1980, 1980-03 hoặc 1980-03-12, theo phần đã biết."}

    def to_internal_value(self, data: Any) -> PartialDate:
        if isinstance(data, dict):
            if data.get("state") == "unknown" and data.get("value") is None and len(data) <= 2:
                return PartialDate(None, Precision.UNKNOWN)
            raise serializers.ValidationError(self.error_messages["date"], code="date.format")
        return _parse(data, _ISO_PART, str(self.error_messages["date"]))

    def to_representation(self, value: PartialDate) -> Any:
        if value.date is None:
            return {"value": None, "state": "unknown"}
        return value.date.isoformat()[: {"year": 4, "month": 7}.get(value.precision, 10)]


def _parse(data: Any, shape: re.Pattern[str], message: str) -> PartialDate:
    if not isinstance(data, str) or not shape.fullmatch(data):
        raise serializers.ValidationError(message, code="date.format")
    try:
        return PartialDate.parse(data)
    except DateError as exc:
        raise serializers.ValidationError(message, code=exc.code) from exc


class AnswerField(ShapeField):
    """A value that may also be answered "không có" or "không biết"; `inner` is the field of the value."""

    default_error_messages = {
        "state": 'Câu trả lời không có giá trị viết {{"value": null, "state": "none"}} hoặc "unknown".'
    }

    def __init__(self, inner: ShapeField, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            # The service reads texts such as "không" and "kb" in one way for all doors.
            return self.inner.run_validation(data)
        state = _STATES.get(data["state"]) if isinstance(data.get("state"), str) else None
        if state is None or data.get("value") is not None or set(data) - {"value", "state"}:
            self.fail("state")
        return state

    def to_representation(self, value: Any) -> Any:
        if not isinstance(value, Answer):
            return self.inner.to_representation(value)
        if value.state == "value":
            return self.inner.to_representation(value.value)
        return {"value": None, "state": value.state} if value.state else None


class CodeField(TextField):
    """A code of a list, as text."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        super().__init__(**kwargs)

    def to_representation(self, value: Code | str) -> str:
        return value if isinstance(value, str) else value.code


class UnitField(CodeField):
    """An administrative unit: its code in the present list, "old-" before a code of the three-tier list.

    `scheme`: the list that a bare code means. Old districts are the only ones of their kind and need no prefix."""

    def __init__(self, *, scheme: str = "new", **kwargs: Any) -> None:
        self.scheme = scheme
        super().__init__(**kwargs)

    def to_representation(self, value: AdminUnit) -> str:  # type: ignore[override]
        return value.code if value.scheme == self.scheme else f"{value.scheme}-{value.code}"


class VillageField(CodeField):
    """The code of a village, unique within its commune."""

    def to_representation(self, value: Village) -> str:  # type: ignore[override]
        return value.code


class FacilityField(ShapeField):
    """A facility: its claims code of 5 characters, else its GLN of 13 digits, else "org-" and our number."""

    default_error_messages = {"facility": "Không có cơ sở y tế với mã này."}

    def to_internal_value(self, data: Any) -> Organization:
        found = facility_of_code(nfc(data)) if isinstance(data, str) else None
        if found is None:
            raise serializers.ValidationError(self.error_messages["facility"], code=f"{self.field_name}.unknown_code")
        return found

    def to_representation(self, value: Organization) -> str:
        return code_of_facility(value)
