"""Who a claim is about: found by number, card and social-insurance number anywhere, by name, birth, sex and village in
the commune of residence; made anew for residents of ours whom nobody knows; otherwise left until the person appears.

Nobody is ever guessed (`ehr.intake.matching`): what is not certain goes to the decision list."""

from __future__ import annotations

from collections.abc import Sequence

from ehr.claims.identity.newcomers import create
from ehr.claims.identity.patients import Patient, patient_of
from ehr.claims.identity.places import Home, homes
from ehr.claims.identity.who import Identity, Match, search
from stations.models import User

__all__ = ["Identity", "Match", "Patient", "identify", "patient_of"]


def identify(patients: Sequence[Patient], *, by: User | None, batch: int = 0) -> dict[int, Identity]:
    """Who each patient is, by position; every position has an answer. Runs in the caller's transaction, with a fixed
    number of statements for any number of patients.

    `batch`: the file that brought them (`ClaimFile.pk`), for the history of the people it makes, whom the system makes:
    `by`, who sent the file, may be a hospital that sees none of them. For the same reason people are found whether `by`
    may see them or not: a claim belongs to its person wherever that person lives. New people come only for
    communes of ours, once for all claims of the call, and once for two workers (the other one waits until this
    transaction ends). The caller's transaction may end with IntegrityError when somebody enters the same number at the
    same moment: call again, and the person is found."""
    places = dict(zip((patient.position for patient in patients), homes(list(patients)), strict=True))
    found = search(patients, places)
    nobody = [patient for patient in patients if patient.position not in found]
    found |= create(
        [patient for patient in nobody if _may_come(patient, places[patient.position])], places, batch=batch
    )
    for patient in nobody:
        if patient.position not in found:
            home = places[patient.position]
            kind = Match.FOREIGN if home.elsewhere else Match.UNMATCHED
            found[patient.position] = Identity(None, kind, commune_id=home.commune.pk if home.commune else None)
    return found


def _may_come(patient: Patient, home: Home) -> bool:
    """A resident of ours of whom enough is known for a record."""
    return home.served and not patient.nameless and bool(patient.birth) and patient.sex in ("1", "2", "3")
