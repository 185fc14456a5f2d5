"""Writing section C."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.problems import StaleError, raise_errors
from ehr.common.transactions import saving
from ehr.records.models import Person
from ehr.records.services.common import Saved, apply_answer, require_person
from ehr.vaccination.lines import COLUMNS, check_columns, plan
from ehr.vaccination.models import Immunization, VaccinationRecord
from stations.models import User

__all__ = ["COLUMNS", "save_vaccinations", "set_mother_doses", "write_doses"]


@saving
def save_vaccinations(
    *,
    person: Person,
    by: User | None,
    door: str,
    rows: Mapping[str, Mapping[str, Any] | None] | None = None,
    extra: Sequence[Mapping[str, Any]] | None = None,
    mother_tetanus_dose_count: Any = None,
    version: int | None = None,
    today: dt.date | None = None,
) -> Saved:
    """Checks, stores and logs section C of one person.

    `rows`: printed row (code of FormRow, such as "c1_bcg") → columns of Immunization, or None to empty the line;
    rows that are absent stay. `extra`: all other doses of the person, as {id (of a stored one), table, vaccine (row or
    code), dose_number, …columns}; None leaves them, a list replaces them. `mother_tetanus_dose_count`: Answer, number
    or None to leave it. Ticking "chưa" clears date, month and reaction, never the appointment.
    What equals the stored record is not written again: saving an unchanged form leaves no trace.
    Returns the VaccinationRecord (without a key when nobody asked anything yet) and the warnings.
    Raises ValidationError (keys: code of the printed row, "extra-<place in it>"), StaleError, PermissionDenied."""
    require_person(by, person)
    today = today or localdate()
    with audit.context(by=by, door=door):
        record = _locked_record(person, version)
        stored = list(Immunization.objects.filter(person=person).select_related("form_row", "vaccine").order_by("pk"))
        planned = plan(
            person, record, stored, rows=rows, extra=extra, today=today,
            mother_tetanus_dose_count=mother_tetanus_dose_count,
        )  # fmt: skip
        found = raise_errors(planned.problems)
        if planned.acts:
            write_doses(planned.changed, planned.removed)
            _save_record(record, planned.mother)
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(record, found)


def _locked_record(person: Person, version: int | None) -> VaccinationRecord:
    """The person's row, locked, or an unsaved one when nobody asked before. A stale `version` is refused."""
    record = VaccinationRecord.objects.select_for_update().filter(person=person).first()
    if record is not None and version is not None and record.version != version:
        raise StaleError
    return record or VaccinationRecord(person=person, version=0)


def write_doses(changed: Sequence[tuple[str, Immunization]], removed: Sequence[Immunization]) -> None:
    """One INSERT for new doses, one UPDATE for stored ones, one DELETE; history by trigger."""
    check_columns(changed)
    new = [dose for _, dose in changed if dose.pk is None]
    old = [dose for _, dose in changed if dose.pk is not None]
    for dose in old:
        dose.updated_at = timezone.now()  # bulk_update does not fill auto_now
    if removed:
        Immunization.objects.filter(pk__in=[dose.pk for dose in removed]).delete()
    if new:
        Immunization.objects.bulk_create(new)
    if old:
        Immunization.objects.bulk_update(old, [*COLUMNS, "table", "vaccine", "dose_number", "updated_at"])


def _save_record(record: VaccinationRecord, mother: Answer | None) -> None:
    set_mother_doses(record, mother)
    record.version += 1
    try:
        record.save(force_insert=record.pk is None)
    except IntegrityError as clash:  # two first saves at once: the second one was made on a form that is stale now
        raise StaleError from clash


def set_mother_doses(record: VaccinationRecord, mother: Answer | None) -> None:
    """The footer of the first table; None leaves it."""
    if mother is not None:
        apply_answer(record, "mother_tetanus_dose_count", mother, attribute="mother_tetanus_dose_count")
