"""Words for codes of the claim standards, which an app above registers: the record itself keeps the codes as sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Label = Callable[[str, str, dt.date], str]
_LABELS: list[Label] = []


def register(label: Label) -> None:
    """`label(list, code, day)` gives the words, "" for a code that the list does not have on the day."""
    _LABELS[:] = [label]


def word(name: str, code: str, on: dt.date) -> str:
    """What `code` of the list `name` (MA_LOAI_KCB, KET_QUA_DTRI, …) meant on the day; the code itself when unknown."""
    if not code:
        return ""
    return next((found for label in _LABELS if (found := label(name, code, on))), code)
