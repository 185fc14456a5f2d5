"""Claims of a chunk into the record of their people, and out of it when they no longer belong there."""

from __future__ import annotations

from collections.abc import Sequence

from ehr.audit import services as audit
from ehr.claims import record
from ehr.claims.models import ClaimFile
from ehr.claims.storing.work import Work
from stations.models import User

WITHDRAWN = "Cơ sở đã hủy hồ sơ"
RESTRICTED = "Hồ sơ thuộc diện hạn chế"
NOT_THEIRS = "Hồ sơ BHYT không thuộc người này"
DOOR = "claim"


def leave(file: ClaimFile, works: Sequence[Work], *, by: User | None) -> None:
    """Takes out what no longer belongs to its person. Before the claims are written: they still say whose it was."""
    for reason, leaving in _leaving(works).items():
        take_out(file, leaving, by=by, reason=reason, people=reason != RESTRICTED)


def prepare(file: ClaimFile, works: Sequence[Work]) -> record.Writing | None:
    """What the versions that count now make of the record, None for nothing; sets `encounter_id`, so that claims are
    written with their visit. `works`: `becomes` is set, and keys are taken."""
    pairs = [
        record.Stored(
            claim_pk=work.claim_pk, version_pk=work.version_pk, claim=work.claim, person_id=work.person_id,
            encounter_id=_encounter(work), file=file, claim_key=work.claim_key,
            patient=work.who.patient if work.who else None,
        )
        for work in works
        if work.into_record and work.claim_pk and work.version_pk and work.person_id
    ]  # fmt: skip
    writing = record.prepare(pairs) if pairs else None
    visits = writing.visits if writing is not None else {}
    for work in works:
        stored = work.stored.row.encounter_id if work.stored else None
        work.encounter_id = visits.get(work.claim_pk or 0, stored)
    return writing


def bring(writing: record.Writing | None, *, by: User | None) -> None:
    """Makes the record as `prepare` says, when the claims are written."""
    if writing is not None:
        record.write(writing, by=by)


def _encounter(work: Work) -> int | None:
    row = work.stored.row if work.stored else None
    return row.encounter_id if row is not None and row.person_id == work.person_id else None


def _leaving(works: Sequence[Work]) -> dict[str, list[int]]:
    """Claims whose facts have to leave the record, by the reason."""
    found: dict[str, list[int]] = {}
    for work in works:
        row = work.stored.row if work.stored else None
        if row is None or row.current_id is None:
            continue
        if work.withdrawn:
            found.setdefault(WITHDRAWN, []).append(row.pk)
        elif work.restricted:
            found.setdefault(RESTRICTED, []).append(row.pk)
        elif row.person_id is not None and row.person_id != work.person_id:
            found.setdefault(NOT_THEIRS, []).append(row.pk)
    return found


def take_out(file: ClaimFile, claims: Sequence[int], *, by: User | None, reason: str, people: bool = True) -> int:
    """Claims that no version speaks for any more leave the record. `people`, and what it gives: as `record.take_out`
    says."""
    with audit.copy_context(by=by, door=DOOR, claim_file=file.pk):
        return record.take_out(list(claims), by=by, reason=reason, people=people)
