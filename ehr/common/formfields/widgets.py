"""Plain text boxes, and the sentences all fields share."""

from django import forms
from django.core import validators

REQUIRED = "Chưa nhập nội dung này."


def text_widget(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def limit_length(field: forms.CharField) -> None:
    """Say how long the text is, instead of Django's generic sentence."""
    for position, validator in enumerate(field.validators):
        if isinstance(validator, validators.MaxLengthValidator):
            field.validators[position] = validators.MaxLengthValidator(
                validator.limit_value, "Tối đa %(limit_value)d ký tự, đang có %(show_value)d."
            )
