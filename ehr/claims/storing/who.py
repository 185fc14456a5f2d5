"""Whom a claim is about and when it was, as the columns of a Claim want it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from ehr.claims.claim import Claim
from ehr.claims.identity import Patient, patient_of
from ehr.claims.models import Claim as ClaimRow
from ehr.claims.patient import Told, told


@dataclass(frozen=True, slots=True)
class Who:
    """`patient`: as `ehr.claims.identity` wants it; the rest: columns of the same names of `models.Claim`."""

    patient: Patient
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    @property
    def name_key(self) -> str:
        return self.patient.name_key

    def describes(self, row: ClaimRow) -> bool:
        """Whether the stored claim has the same patient, as far as claims tell."""
        stored = told(row)
        return self.told == replace(stored, name_key=self.name_key)

    @property
    def told(self) -> Told:
        patient = self.patient
        return Told(patient.full_name, patient.name_key, patient.birth, patient.sex, patient.number, patient.cards)


def who(claim: Claim) -> Who:
    """What the first row of the claim says; empty where it says nothing that can be read."""
    main = claim.main
    started = ended = None
    if main is not None:
        started, ended = main.moment("NGAY_VAO") or main.moment("NGAY_HOP"), main.moment("NGAY_RA")
    return Who(patient_of(claim, claim.index), started, ended)
