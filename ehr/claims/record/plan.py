"""What one claim makes of the record, over what was read before: no query, one claim or ten thousand."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from ehr.claims.claim import Claim
from ehr.claims.identity import Patient
from ehr.claims.models import ClaimFile
from ehr.claims.record import papers, visits
from ehr.claims.record.lookups import Lookups
from ehr.records.models import (
    Appointment,
    CareDocument,
    ClinicalNote,
    Delivery,
    Diagnosis,
    Encounter,
    LabResult,
    Medication,
    Procedure,
)  # fmt: skip

Columns = dict[str, Any]
#: Lists of a visit, and rows of the person that a visit gave rise to.
OF_VISIT: tuple[type[Model], ...] = (Diagnosis, LabResult, Medication, Procedure, ClinicalNote)
OF_PERSON: tuple[type[Model], ...] = (CareDocument, Appointment, Delivery)
#: Begins the reason of a visit that a claim took back; such a visit comes back with the next version of the claim, one
#: that a person cancelled does not.
TAKEN_BACK = "Hồ sơ BHYT: "


@dataclass(frozen=True, slots=True)
class Stored:
    """A version of a claim that is stored, whose person is known. `encounter_id`: the visit that an earlier version
    made, None for a first one. `claim_key`: `Claim.key`, `patient`: whom the claim is about; both where the caller
    knows."""

    claim_pk: int
    version_pk: int
    claim: Claim
    person_id: int
    encounter_id: int | None
    file: ClaimFile
    claim_key: uuid.UUID | None = None
    patient: Patient | None = None


@dataclass(slots=True)
class Plan:
    """Columns of the visit (None for the minutes of an appraisal council, which are no visit) and rows of its lists."""

    pair: Stored
    encounter: Columns | None
    lists: dict[type[Model], list[Columns]] = field(default_factory=dict)
    encounter_id: int | None = None
    version_changed: bool = False
    # Of a visit that the station entered itself: what it has in a list, and what the claim says of it.
    unlike: dict[type[Model], tuple[list[Any], list[Columns]]] = field(default_factory=dict)

    @property
    def claim(self) -> Claim:
        return self.pair.claim


def plan(
    pair: Stored, lookups: Lookups, groups: Mapping[str, int], notes: Mapping[int, str], *, today: dt.date
) -> Plan:
    """`groups`: keys of lab-group; `notes`: what a visit says about the file it came with, by file."""
    claim = pair.claim
    row = claim.main
    if row is None:
        raise ValueError("a claim without a main row is never stored")
    names = lookups.names
    if claim.rows("XML12") and not claim.rows("XML1"):
        found = papers.documents(claim, names, on=today)
        code = claim.facility or pair.file.facility_code
        known = lookups.facility(code, today)
        place = {
            "facility_id": known[0] if known else None,
            "facility_name": "" if known else f"Mã {code}" if code else "",
        }
        return Plan(pair, None, {CareDocument: [{**each, **place, "person_id": pair.person_id} for each in found]})
    on = visits.visit_day(claim) or pair.file.made_on or today
    listed = visits.list_day(claim) or on
    columns = visits.encounter_columns(claim, row, lookups, on=on)
    columns["person_id"] = pair.person_id
    columns["source"] = Encounter.Source.CLAIM.value
    columns["source_note"] = notes[pair.file.pk]
    columns["status"] = (Encounter.Status.FINISHED if claim.rows("XML1") else Encounter.Status.OPEN).value
    lists: dict[type[Model], list[Columns]] = {
        Diagnosis: visits.diagnoses(row, lookups, on=listed),
        LabResult: visits.results(claim, groups),
        Medication: visits.medications(claim),
        Procedure: visits.procedures(claim, row),
        ClinicalNote: visits.notes(claim),
    }
    place = {"facility_id": columns["facility_id"], "facility_name": columns["facility_name"]}
    for model, rows in (
        (CareDocument, papers.documents(claim, names, on=listed)),
        (Appointment, papers.appointments(claim)),
        (Delivery, papers.deliveries(claim, names)),
    ):
        lists[model] = [{**each, **place, "person_id": pair.person_id} for each in rows] if rows else rows
    return Plan(pair, columns, lists)


def note_of(file: ClaimFile, facility: str) -> str:
    """Where a visit came from, in plain words."""
    parts = [f"Tệp {file.name}"]
    if file.made_on:
        parts.append(f"lập ngày {file.made_on:%d/%m/%Y}")
    if facility:
        parts.append(f"{facility} gửi")
    return ", ".join(parts)[:255]
