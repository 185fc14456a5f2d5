"""Finding the people of claims among those we know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ehr.claims.identity.patients import Patient
from ehr.claims.identity.places import Home
from ehr.claims.models import Claim
from ehr.common.text import sort_key
from ehr.intake.matching import Span, StagedRow, match
from ehr.intake.matching.staged import exact_name

Match = Claim.Match


@dataclass(frozen=True, slots=True)
class Identity:
    """The answer for one claim, as its columns want it. `match`: a value of Claim.Match. `candidates`: [[person key,
    why], …], the most likely first, for AMBIGUOUS. `commune_id`: the present commune of the claim."""

    person_id: int | None
    match: str
    candidates: list[list[object]] = field(default_factory=list)
    commune_id: int | None = None


def staged(patient: Patient, home: Home) -> StagedRow:
    """A patient as the matching wants it, but for what `_whole` adds. A child without a name is found by its numbers
    only."""
    nameless = patient.nameless
    return StagedRow(
        position=patient.position,
        number=patient.number,
        cards=patient.cards,
        key="" if nameless else patient.name_key,
        bare=nameless or patient.full_name.isascii(),
        birth=Span.parse(patient.birth) if patient.birth else None,
        sex="" if patient.sex == "3" else patient.sex,
        commune=home.commune.pk if home.commune else -1,  # -1: no commune, so no name is looked up
    )


def _whole(row: StagedRow, patient: Patient, home: Home) -> StagedRow:
    """With the name as it is written, and the village."""
    name = patient.full_name if row.key else ""
    return replace(row, exact=exact_name(sort_key(name)), village=home.village.code if home.village else "")


def search(patients: Sequence[Patient], places: Mapping[int, Home]) -> dict[int, Identity]:
    """People certainly or possibly meant, by position; whoever is nobody we know is absent."""
    if not patients:
        return {}
    rows = [staged(patient, places[patient.position]) for patient in patients]
    by_position = {patient.position: patient for patient in patients}
    units = {home.commune.pk: home.commune for home in places.values() if home.commune}
    # Several claims of a file are often of one person, and people are looked for in the whole country.
    matches = match(
        rows, commune=units.values(), by=None, once=False,
        whole=lambda row: _whole(row, by_position[row.position], places[row.position]),
    )  # fmt: skip
    found: dict[int, Identity] = {}
    for position, each in matches.items():
        commune = places[position].commune
        key = commune.pk if commune else None
        if each.person_id is not None:
            found[position] = Identity(each.person_id, Match.MATCHED, commune_id=key)
        elif each.candidates:
            found[position] = Identity(None, Match.AMBIGUOUS, [list(pair) for pair in each.candidates], key)
    return found
