"""Values of a row in JSON form and in the form that services take, and back.

JSON form: texts, whole numbers, decimals as text, dates ISO ("2024-05-01"), the birth date as far as it is known
("1990-03-12", "1990-03", "1990", "?"), codes as texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate

DATES = frozenset(
    [
        "id_issue_date",
        "resident_since",
        "death_date",
        "moved_out_on",
        "surveyed_on",
        "identity_confirmed_on",
        "exam_date",
        "visit_start_date",
        "visit_end_date",
        "occurrence_date",
        "next_date",
        "lot_expiry",
    ]
)
DECIMALS = frozenset(
    ["birth_length_cm", "risk_alcohol_glasses_per_day", "temperature", "weight_kg", "height_cm", "waist_cm"]
)
BOOLEANS = frozenset(["relative_is_guardian"])
DOSES = ("c1_", "c2_", "c3_")


def load(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON form → PartialDate, date, Decimal; the rest as it is ("Không có" and "Không biết" are read by the services).
    Raises ValueError for what `dump` and `rows.read_rows` never make."""
    return {name: _load(name, value) for name, value in values.items()}


def _load(name: str, value: Any) -> Any:
    if not isinstance(value, str) or not value:
        return value
    if name == "birth_date":
        return PartialDate.parse(value)
    if name in DATES or (name.startswith(DOSES) and value[:1].isdigit()):
        return dt.date.fromisoformat(value)
    if name in DECIMALS:
        return Decimal(value) if value[0].isdigit() or value[0] in "+-." else value
    if name in BOOLEANS:
        return {"yes": True, "no": False}.get(value)
    return value


def dump(values: Mapping[str, Any]) -> dict[str, Any]:
    """What services take or facts give → JSON form. Rows of code lists and units become their codes."""
    return {name: _dump(value) for name, value in values.items()}


def _dump(value: Any) -> Any:
    if isinstance(value, PartialDate):
        full = value.date.isoformat() if value.date else "?"
        return {"day": full, "month": full[:7], "year": full[:4]}.get(value.precision, "?")
    if isinstance(value, Answer):
        return (
            {"none": "Không có", "unknown": "Không biết", "": ""}.get(value.state)
            if value.state != "value"
            else _dump(value.value)
        )
    if isinstance(value, (dt.date, Decimal)):
        return value.isoformat() if isinstance(value, dt.date) else format(value, "f")
    if hasattr(value, "scheme") and hasattr(value, "code"):
        return value.code if value.scheme == "new" else f"old-{value.code}"
    return getattr(value, "code", value)
