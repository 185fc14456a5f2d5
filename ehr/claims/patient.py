"""Whom a stored claim is about. Of a restricted claim it is sealed like its content: only hashes of its numbers, cards
and name stand in the row, by which its person is found later. REQ-SEC-04, REQ-EXC-08."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ehr.claims.models import Claim
from ehr.common import sealed

_DIGITS = 32  # of a hash, half of what `blind_index` gives: 128 bits


@dataclass(frozen=True, slots=True)
class Told:
    """What a claim says of its patient. `birth`: "1990-03-12", "1990-03", "1990" or ""; `cards`: cards and their
    social-insurance numbers."""

    full_name: str = ""
    name_key: str = ""
    birth: str = ""
    sex: str = ""
    number: str = ""
    cards: tuple[str, ...] = ()


def told(claim: Claim) -> Told:
    """Opens what is sealed: for the machine, and for whoever may see restricted claims. Raises SealError."""
    if claim.identity is None:
        return Told(claim.full_name, claim.name_key, claim.birth, claim.sex, claim.number, tuple(claim.cards))
    values = json.loads(sealed.unseal(claim.identity, context=context(claim.pk)))
    return Told(**values | {"cards": tuple(values["cards"])})


def columns(claim_pk: int, patient: Told, *, restricted: bool) -> dict[str, Any]:
    """The columns of a claim that say whom it is about."""
    values: dict[str, Any] = {
        "full_name": patient.full_name, "name_key": patient.name_key, "birth": patient.birth, "sex": patient.sex,
        "number": patient.number, "cards": list(patient.cards),
    }  # fmt: skip
    if not restricted:
        return values | {"identity": None, "blind": []}
    identity = sealed.seal(json.dumps(values, ensure_ascii=False).encode(), context=context(claim_pk))
    return dict.fromkeys(values, "") | {"cards": [], "identity": identity, "blind": hashes_of(patient)}


def hashes_of(patient: Told) -> list[str]:
    """`Claim.blind` of a restricted claim about this patient."""
    return hashes(filter(None, (patient.number, *patient.cards)), filter(None, [patient.name_key]))


def hashes(numbers: Iterable[str], names: Iterable[str]) -> list[str]:
    """What stands in `Claim.blind` for these numbers and cards, and for these names (as `name_key` has them)."""
    texts: Sequence[str] = [*(f"number:{number}" for number in numbers), *(f"name:{name}" for name in names)]
    return sorted({sealed.blind_index(text)[:_DIGITS] for text in texts})


def context(claim_pk: int) -> str:
    """What a patient is sealed with: it opens in its own row only."""
    return f"claims.patient:{claim_pk}"
