"""What is known about each field before any value comes: where it is kept, what its column takes. Looked up once,
because a save of a hundred thousand rows asks it some five million times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from ehr.common.answers import Answer
from ehr.common.problems import Problem
from ehr.records import models as tables
from ehr.records.sections import a, b

STORES_A = a.STORES | a.EXTRA_STORES
STORES_B = b.STORES | b.EXTRA_STORES
CHECKED_ELSEWHERE = frozenset({"sex", "birth_date", "household_toilet_type", "surgery_history"})
MODELS: dict[str, Any] = {
    "person": tables.Person,
    "household": tables.Household,
    "membership": tables.Membership,
    "identifier": tables.Identifier,
    "address": tables.Address,
    "relative": tables.Relative,
    "history": tables.HealthHistory,
    "allergy": tables.Allergy,
    "condition": tables.Condition,
    "disability": tables.Disability,
    "surgery": tables.Surgery,
    "family_allergy": tables.FamilyHistory,
    "family_disease": tables.FamilyHistory,
}
OF_LISTS = ("allergy", "condition", "disability", "surgery", "family_allergy", "family_disease")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field is kept: table, which row of it (kind, role), column; and how that column stores "nothing"."""

    code: str
    table: str
    part: str
    column: str
    attname: str
    is_key: bool
    empty: Any
    field: Any


def _place(code: str, store: str) -> Place:
    table, _, rest = store.partition(".")
    part, _, column = rest.partition(".")
    if table in ("person", "household", "membership", "history"):
        part, column = "", rest
    elif table == "identifier":
        column = column or "value"
    elif table in OF_LISTS:
        column = column or {"surgery": "body_part"}.get(table, "answer" if code in _TICKS else "detail")
    field = MODELS[table]._meta.get_field(column)
    return Place(code, table, part, column, field.attname, field.is_relation, empty_of(field), field)


def empty_of(field: models.Field[Any, Any]) -> Any:
    """What an empty answer stores: NULL where the column allows it, else its default, else an empty text."""
    if field.null:
        return None
    default = field.get_default() if field.has_default() else ""
    return default.value if isinstance(default, models.TextChoices) else default


_TICKS = frozenset(item.code for item in b.SECTION_B.items() if item.kind == "bool")
OF_A: dict[str, Place] = {code: _place(code, store) for code, store in STORES_A.items()}
OF_B: dict[str, Place] = {code: _place(code, store) for code, store in STORES_B.items()}


# --- Lengths, choices, ranges ----------------------------------------------------------------------------------------


def _limits(place: Place) -> tuple[str, Any] | None:
    """How to see in a moment that a value fits: its choices, its length; "clean" asks the column itself."""
    field = place.field
    if place.is_key or place.code in CHECKED_ELSEWHERE or (place.table in OF_LISTS and place.column == "detail"):
        return None
    if field.choices:
        return "choices", frozenset(str(value) for value, _ in field.flatchoices) | {""}
    if isinstance(field, models.CharField):
        return "length", field.max_length
    if isinstance(field, models.IntegerField | models.DecimalField):
        return "clean", None
    return None


_LIMITS = {code: found for code, place in (OF_A | OF_B).items() if (found := _limits(place))}


def check_fit(values: dict[str, Any]) -> list[Problem]:
    """A problem for each value that its column cannot take, with the code of Django's own check (max_length,
    invalid_choice, max_digits…). `values`: fields of section A or B in their stored form."""
    problems: list[Problem] = []
    for code, value in values.items():
        limits = _LIMITS.get(code)
        if limits is None:
            continue
        if value.__class__ is Answer:
            value = value.value
        if value is None or value == "":
            continue
        kind, limit = limits
        if kind == "length":
            if isinstance(value, str) and len(value) <= limit:
                continue
        elif kind == "choices" and value in limit:
            continue
        problems += refusals(code, (OF_A.get(code) or OF_B[code]).field, value)
    return problems


def refusals(code: str, field: models.Field[Any, Any], value: Any) -> list[Problem]:
    """What the column's own check says of a value that is not empty."""
    if value in (None, ""):
        return []
    try:
        field.clean(value, None)
    except ValidationError as exc:
        label = field.verbose_name
        return [Problem(code, each.code or "invalid", f"{label}: {text}") for each in exc.error_list for text in each]
    return []
