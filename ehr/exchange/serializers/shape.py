"""ShapeSerializer: JSON objects with the names of form 831, made from the section specs. Types and lengths only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from ehr.common.sections import Item
from ehr.exchange import fields
from ehr.exchange.fields import EMPTY

LONGEST_NAME_SHOWN = 60


class ShapeSerializer(serializers.Serializer):
    """Names that it does not know are refused, never dropped; absent names stay absent; null clears.

    Reads a flat dictionary (or object) and shows every empty value as null."""

    default_error_messages = {"invalid": "Phải là một đối tượng JSON."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"": [ErrorDetail(self.error_messages["invalid"], code="invalid")]})
        refused = {name[:LONGEST_NAME_SHOWN]: [problem] for name in data if (problem := self._refusal(name))}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as exc:
            raise serializers.ValidationError(dict(exc.detail) | refused) from exc  # type: ignore[operator]
        if refused:
            raise serializers.ValidationError(refused)
        return values

    def _refusal(self, name: str) -> ErrorDetail | None:
        field = self.fields.get(name)
        if field is None:
            return ErrorDetail("Không có trường này.", code="unknown_field")
        if field.read_only:
            return ErrorDetail("Trường này do hệ thống ghi, không gửi lên.", code="read_only")
        return None

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = {}
        for field in self._readable_fields:
            source = field.source or field.field_name
            value = instance.get(source) if isinstance(instance, Mapping) else getattr(instance, source)
            shown[field.field_name] = None if value in EMPTY else field.to_representation(value)
        return shown


@cache
def _kept(shape: type[serializers.Serializer]) -> serializers.Serializer:
    """One serializer per shape, without data of any request: making its fields anew costs more than the queries."""
    return shape()


def known_names(shape: type[serializers.Serializer]) -> set[str]:
    """Names of the fields of the shape."""
    return set(_kept(shape).fields)


def rendered(shape: type[serializers.Serializer], values: Any) -> dict[str, Any]:
    """`values` as JSON."""
    shown: dict[str, Any] = _kept(shape).to_representation(values)
    return shown


def parsed(shape: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """JSON in the words of the services. Raises DRF's ValidationError."""
    values: dict[str, Any] = _kept(shape).run_validation(data)
    return dict(values)


def column_field(column: models.Field, *, answerable: bool = False, **options: Any) -> fields.ShapeField:
    """The JSON field of a column: same type, same length."""
    made: fields.ShapeField
    if column.choices:
        made = fields.ChoiceField(choices=list(column.choices), **options)
    elif isinstance(column, models.DateField):
        made = fields.DayField(**options)
    elif isinstance(column, models.DecimalField):
        digits = {"max_digits": column.max_digits, "decimal_places": column.decimal_places}
        made = fields.NumberField(**digits, **({} if options.get("read_only") else {"min_value": 0}), **options)
    elif isinstance(column, models.BooleanField):
        made = fields.YesNoField(**options)
    elif isinstance(column, models.PositiveIntegerField):
        made = fields.WholeField(min_value=0, max_value=2_147_483_647, **options)
    elif isinstance(column, models.PositiveSmallIntegerField):
        made = fields.WholeField(min_value=0, max_value=32_767, **options)
    elif isinstance(column, models.TextField):
        made = fields.TextField(lines=True, **options)
    else:
        kind = fields.PhoneField if "phone" in column.name else fields.TextField
        made = kind(max_length=column.max_length, **options)
    if answerable:
        label, help_text = options.get("label"), options.get("help_text")
        return fields.AnswerField(made, label=label, help_text=help_text)
    return made


def texts_of(item: Item | None, column: models.Field | None = None) -> dict[str, str]:
    """Label and help of a field for the description, from the section spec, else from the column."""
    label = item.label if item and not item.label.startswith("(") else ""
    label = label or (str(column.verbose_name) if column is not None else "")
    unit = f" ({item.unit})" if item and item.unit and item.unit not in label else ""
    return {"label": label, "help_text": label + unit}


def shape(name: str, declared: Mapping[str, Any], doc: str, base: type = ShapeSerializer) -> type[ShapeSerializer]:
    """A serializer class of these fields; `doc` describes it to partners."""
    return type(name, (base,), {**declared, "__doc__": doc, "__module__": __name__})
