"""Fields for names and phone numbers."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.common.formfields.widgets import limit_length, text_widget
from ehr.common.identifiers import clean_phone
from ehr.common.text import title_name


class PhoneField(forms.CharField):
    """A phone number as text: digits, 0 instead of +84. Other countries keep +code."""

    default_error_messages = {
        "invalid": "Số điện thoại chỉ gồm chữ số; còn %(count)d ký tự khác. Mỗi ô chỉ nhập một số.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", text_widget(inputmode="tel"))
        super().__init__(**{"max_length": 20, **kwargs})
        limit_length(self)

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
        kwargs.setdefault("widget", text_widget(autocapitalize="words", spellcheck="false"))
        super().__init__(**kwargs)
        limit_length(self)

    def to_python(self, value: Any) -> str:
        return title_name(super().to_python(value) or "")
