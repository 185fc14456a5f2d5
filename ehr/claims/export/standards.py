"""Which standard a visit goes out in: by its date (REQ-CLM-01)."""

from __future__ import annotations

import datetime as dt

from ehr.claims.spec import Standard
from ehr.claims.xml.standard import SINCE_3176, SINCE_4750


def standard_on(day: dt.date) -> Standard | None:
    """The standard for visits that end on this day; None before the 130 family, in which nothing new is written."""
    if day < SINCE_4750:
        return None
    return Standard.QD4750 if day < SINCE_3176 else Standard.QD3176
