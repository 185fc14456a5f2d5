"""Values of a row in JSON form and in the form that services take, and back.

JSON form: texts, whole numbers, decimals as text, dates ISO ("2024-05-01"), the birth date as far as it is known
("1990-03-12", "1990-03", "1990", "?"), codes as texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
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
    loaders = _LOADERS
    return {
        name: loader(value) if value.__class__ is str and value and (loader := loaders[name]) else value
        for name, value in values.items()
    }


def _dose(value: str) -> Any:
    return dt.date.fromisoformat(value) if value[0].isdigit() else value


def _decimal(value: str) -> Any:
    return Decimal(value) if value[0].isdigit() or value[0] in "+-." else value


def _boolean(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


class _Loaders(dict[str, Callable[[str], Any] | None]):
    """How the texts of a field are read, by its code; None for those that stay as they are."""

    def __missing__(self, name: str) -> Callable[[str], Any] | None:
        found: Callable[[str], Any] | None = None
        if name == "birth_date":
            found = PartialDate.parse
        elif name in DATES:
            found = dt.date.fromisoformat
        elif name.startswith(DOSES):
            found = _dose
        elif name in DECIMALS:
            found = _decimal
        elif name in BOOLEANS:
            found = _boolean
        self[name] = found
        return found


_LOADERS = _Loaders()


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
