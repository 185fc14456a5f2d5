"""Claims whose person became known after they were stored: into the record now."""

from __future__ import annotations

from collections.abc import Sequence

from ehr.audit import services as audit
from ehr.claims import record
from ehr.claims.models import Claim, ClaimVersion
from ehr.claims.storing.document import claim_of
from ehr.claims.storing.into_record import DOOR, take_out
from stations.models import User


def enter(claims: Sequence[Claim], *, by: User | None) -> None:
    """What the current versions of these claims say, into the record of their people; restricted and withdrawn ones
    only belong to their person. Set-based for each file; runs in the caller's transaction."""
    ready = [
        claim for claim in claims
        if claim.person_id and claim.current_id and not claim.restricted and claim.state == Claim.State.ACTIVE
    ]  # fmt: skip
    versions = ClaimVersion.objects.filter(pk__in=[claim.current_id for claim in ready]).select_related("file")
    of_file: dict[int, list[ClaimVersion]] = {}
    for version in versions:
        of_file.setdefault(version.file_id, []).append(version)
    by_key = {claim.pk: claim for claim in ready}
    for file_id, rows in sorted(of_file.items()):
        with audit.copy_context(by=by, door=DOOR, claim_file=file_id):
            stored = [
                record.Stored(
                    claim_pk=row.claim_id, version_pk=row.pk, claim=claim_of(row),
                    person_id=by_key[row.claim_id].person_id or 0, encounter_id=by_key[row.claim_id].encounter_id,
                    file=row.file,
                )
                for row in rows
            ]  # fmt: skip
            visits = record.put(stored, by=by)
        for claim_id, visit in visits.items():
            by_key[claim_id].encounter_id = visit
    changed = [claim for claim in ready if claim.encounter_id]
    Claim.objects.bulk_update(changed, ["encounter"], batch_size=500)


def leave(claim: Claim, *, by: User | None, reason: str) -> None:
    """What the claim brought into the record goes again: it belongs to somebody else, or to nobody of ours."""
    if claim.person_id and claim.current is not None:
        take_out(claim.current.file, [claim.pk], by=by, reason=reason)


__all__ = ["enter", "leave"]
