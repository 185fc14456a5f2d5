"""Writing reactions to doses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from ehr.audit import services as audit
from ehr.common.problems import raise_errors
from ehr.common.transactions import saving
from ehr.programmes import rules
from ehr.programmes.models import AdverseEvent
from ehr.records.services.common import Saved, empty_value, lock, require_person
from ehr.vaccination.models import Immunization
from stations.models import User

COLUMNS = ("severity", "occurred_at", "reported_at", "description")


@saving
def save_reaction(
    *,
    immunization: Immunization,
    values: Mapping[str, Any],
    by: User | None,
    door: str,
    event: AdverseEvent | None = None,
    version: int | None = None,
    now: dt.datetime | None = None,
) -> Saved:
    """Checks, stores and logs a reaction to a dose. `values`: columns of AdverseEvent; absent ones stay.
    Returns the row and the warnings. Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, immunization.person)
    row = AdverseEvent(immunization=immunization, version=0)
    if event is not None:
        row = lock(AdverseEvent.objects.filter(immunization=immunization), event.pk, version)
    before = {name: getattr(row, name) for name in COLUMNS}
    for name in COLUMNS:
        if name in values:
            value = values[name]
            setattr(row, name, empty_value(row, name) if value in (None, "") else value)
    state = {name: getattr(row, name) for name in COLUMNS}
    given = immunization.occurrence_date
    found = raise_errors(rules.check_reaction(state, given_on=given, now=now or timezone.now()))
    if row.pk is None or state != before:
        row.version += 1
        row.full_clean(exclude=["immunization"] if row.pk else None)
        with audit.context(by=by, door=door):
            row.save()
    return Saved(row, found)
