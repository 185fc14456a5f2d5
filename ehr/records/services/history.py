"""Writing section B."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.prepared import Prepared
from ehr.common.problems import StaleError, raise_errors
from ehr.common.transactions import saving
from ehr.records import facts
from ehr.records.models import HealthHistory, Person
from ehr.records.services.changes import Changes
from ehr.records.services.common import Saved, require_person
from ehr.records.services.fields import OF_B
from ehr.records.services.section_b_plan import FAMILY, LISTS, SectionB, StoredHistory
from stations.models import User

_LOCKED = Prepared(lambda key: HealthHistory.objects.select_for_update().filter(person=key).order_by(), int)


@saving
def save_history(
    *, person: Person, values: Mapping[str, Any], by: User | None, door: str, version: int | None = None
) -> Saved:
    """Checks, stores and logs section B of one person.

    `values`: field codes of SECTION_B and its extras; absent ones stay as they are (a sheet's empty cell must not blank
    a field), an empty value makes the field "chưa hỏi". Texts of several lines become one row each. What equals the
    stored record is not written again: saving an unchanged form leaves no trace, not even a new version.
    Returns the HealthHistory (without a key when nobody asked anything yet) and the warnings.
    Raises ValidationError, StaleError, PermissionDenied. `ehr.records.bulk` does the same for thousands of people."""
    require_person(by, person)
    stored = _read(person, values, version)
    section = SectionB(stored, values, sex=person.sex)
    found = raise_errors(section.problems)
    changes = Changes()
    section.plan(changes, person.pk)
    if changes:
        with audit.context(by=by, door=door):
            try:
                changes.write()
            except IntegrityError as clash:  # two first saves at once: the second was made on a form that is stale now
                raise StaleError from clash
    events.publish_on_commit("person_saved", person_id=person.pk)
    written = changes.created.get(HealthHistory) or [stored.history or HealthHistory(person=person, version=0)]
    return Saved(written[0], found)


def _read(person: Person, values: Mapping[str, Any], version: int | None) -> StoredHistory:
    """The person's row, locked, and the lists that this save touches; one query each. A stale `version` is refused."""
    history = _LOCKED.first(person.pk)
    if history is not None and version is not None and history.version != version:
        raise StaleError
    tables = {OF_B[name].table for name in values if name in OF_B}
    names = [table for table in LISTS if table in tables] + (["family"] if tables & FAMILY.keys() else [])
    return StoredHistory(
        history,
        facts.household_of(person)[0] if values.get("household_toilet_type") else None,
        facts.lists_of(person.pk, names),
        facts.surgeries_of(person.pk) if "surgery" in tables else [],
    )
