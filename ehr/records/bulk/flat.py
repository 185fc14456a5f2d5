"""Stored values in the words that a row carries: what `save_person` reads again as the same value."""

from __future__ import annotations

from typing import Any

from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.records.services.places import UNITS
from stations.models import AdminUnit, Organization, Village

_WORDS = {"": "", "none": "không", "unknown": "không biết"}


def flat(code: str, value: Any) -> Any:
    """Codes and places as their code, answers as their word; texts, numbers and dates as they are, "" for nothing."""
    kind = value.__class__
    if value is None:
        return ""
    if kind is str:
        return value
    if kind is Answer:
        return value.value if value.state == "value" else _WORDS[value.state]
    if kind is Code or kind is Village:
        return value.code
    if isinstance(value, AdminUnit):
        # Without a word more, a code is one of the present list.
        return f"old-{value.code}" if value.scheme == "old" and not UNITS[code][1] else value.code
    return value.pk if isinstance(value, Organization) else value
