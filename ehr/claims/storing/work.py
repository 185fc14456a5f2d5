"""One HOSO on its way into the tables, and what the tables say of it already."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ehr.claims.claim import Claim
from ehr.claims.findings import Finding
from ehr.claims.models import Claim as ClaimRow
from ehr.claims.models import ClaimEntry
from ehr.claims.storing.document import Difference, Document
from ehr.claims.storing.who import Who

Outcome = ClaimEntry.Outcome
Key = tuple[str, str]  # facility_code, ma_lk
_HIDDEN = "không đạt quy tắc này (hồ sơ thuộc diện hạn chế, không hiện nội dung)."
_WORST = {"reject": 3, "error": 2, "warning": 1}


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim that was read and checked. `stopped`: findings keep it out."""

    claim: Claim
    findings: list[Finding]
    restricted: tuple[str, ...]
    stopped: bool


@dataclass(frozen=True, slots=True)
class Live:
    """A version that was not undone."""

    pk: int
    number: int
    digest: str
    made_on: dt.date | None
    file_id: int
    index: int


@dataclass(slots=True)
class Stored:
    """A claim of which the tables know already. `live`: its versions that were not undone; `last`: the highest number
    that any version has."""

    row: ClaimRow
    live: list[Live] = field(default_factory=list)
    last: int = 0

    @property
    def current(self) -> Live | None:
        return next((version for version in self.live if version.pk == self.row.current_id), None)


@dataclass(slots=True)
class Work:
    """What becomes of one HOSO. `becomes`: the version will be the current one of its claim."""

    claim: Claim
    findings: list[Finding]
    restricted: tuple[str, ...]
    key: Key = ("", "")
    outcome: Outcome = Outcome.REJECTED
    document: Document | None = None
    who: Who | None = None
    kind: str = ""
    withdrawn: bool = False
    stored: Stored | None = None
    becomes: bool = False
    claim_pk: int | None = None
    claim_key: uuid.UUID | None = None
    version_pk: int | None = None
    number: int = 0  # of a new version, 0 for none
    differences: list[Difference] = field(default_factory=list)
    person_id: int | None = None
    match: str = ""
    candidates: list[Any] = field(default_factory=list)
    commune_id: int | None = None
    encounter_id: int | None = None

    @property
    def current(self) -> Live | None:
        return self.stored.current if self.stored else None

    def keep_match(self, row: ClaimRow) -> None:
        """The person as the claim has it already."""
        self.person_id, self.match = row.person_id, row.match
        self.candidates, self.commune_id = row.candidates, row.commune_id

    @property
    def into_record(self) -> bool:
        """Whether its facts belong into the ordinary tables of the record."""
        return self.becomes and self.person_id is not None and not self.restricted and not self.withdrawn


def problems(findings: Sequence[Finding], *, restricted: bool) -> list[dict[str, Any]]:
    """Findings as entries keep them. Of a restricted claim the values are left out, and the words that hold them."""
    return [
        {
            "table": found.table, "line": found.line, "column": found.column,
            "value": "" if restricted else found.value, "rule": found.rule_id, "level": found.level,
            "message": f"{found.column or found.table}: {_HIDDEN}" if restricted else found.message,
        }
        for found in findings
    ]  # fmt: skip


def worst(levels: Sequence[str]) -> str:
    """The gravest level, "" for none."""
    return max(levels, key=_WORST.__getitem__, default="")
