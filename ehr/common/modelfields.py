"""Model fields for every table: text is stored in NFC whatever door it came through, and forms made from the model,
the admin's too, read 12/03/1980 as 12 March and 61,5 as a number."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from ehr.common import formfields
from ehr.common.text import nfc, nfc_lines

if TYPE_CHECKING:  # generic in the stubs only
    _Date = models.DateField[Any, Any]
    _Decimal = models.DecimalField[Any, Any]
    _Char = models.CharField[Any, Any]
    _Text = models.TextField[Any, Any]
else:
    _Date, _Decimal, _Char, _Text = models.DateField, models.DecimalField, models.CharField, models.TextField


class DateField(_Date):
    """Date whose forms read day/month/year only."""

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": formfields.DateField, **kwargs})


class DecimalField(_Decimal):
    """Decimal whose forms read and show a comma."""

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": formfields.DecimalField, **kwargs})


class CharField(_Char):
    """One line, kept in NFC, without invisible characters or spaces at the ends."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return nfc(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return nfc(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Also the instance in hand carries what was stored."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = nfc(value)
            setattr(model_instance, self.attname, value)
        return value


class TextField(_Text):
    """Several lines, kept in NFC, without invisible characters."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return nfc_lines(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return nfc_lines(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Also the instance in hand carries what was stored."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = nfc_lines(value)
            setattr(model_instance, self.attname, value)
        return value


class NameField(CharField):
    """A person's name; its form field turns NGUYỄN VĂN AN into Nguyễn Văn An."""

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": formfields.NameField, **kwargs})
