"""Claims, versions and answers as rows of their tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from django.utils import timezone

from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimVersion
from ehr.claims.patient import Told, told
from ehr.claims.patient import columns as patient_columns
from ehr.claims.storing.document import as_json, seal
from ehr.claims.storing.tables import array, copy, update
from ehr.claims.storing.work import Work, problems, worst
from stations.models import FacilityCode

State = Claim.State
_CLAIM = (
    "id", "key", "facility_code", "ma_lk", "facility_id", "kind", "state", "person_id", "match", "candidates",
    "encounter_id",
    "decided_by_id", "current_id", "restricted", "started_at", "ended_at", "full_name", "name_key", "birth", "sex",
    "number", "cards", "identity", "blind", "commune_id", "created_at", "updated_at",
)  # fmt: skip
_CHANGED = {
    "id": "bigint", "kind": "text", "state": "text", "person_id": "bigint", "match": "text", "candidates": "jsonb",
    "encounter_id": "bigint", "current_id": "bigint", "restricted": "text[]", "started_at": "timestamptz",
    "ended_at": "timestamptz", "full_name": "text", "name_key": "text", "birth": "text", "sex": "text",
    "number": "text", "cards": "text[]", "identity": "bytea", "blind": "text[]", "commune_id": "bigint",
    "updated_at": "timestamptz",
}  # fmt: skip
_PATIENT = {name: _CHANGED[name] for name in (
    "full_name", "name_key", "birth", "sex", "number", "cards", "identity", "blind",
)}  # fmt: skip
_VERSION = (
    "id", "claim_id", "number", "file_id", "index", "standard", "digest", "content", "differences", "sealed", "made_on",
    "stored_at",
)  # fmt: skip
_ENTRY = ("file_id", "index", "ma_lk", "label", "outcome", "claim_id", "version_id", "problems", "worst")


def facilities(codes: Iterable[str]) -> dict[str, int]:
    """Facilities of our list by their code for claims; of several holders the present one. One query."""
    held = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS, code__in=list(codes)).order_by("valid_from")
    return dict(held.values_list("code", "organization"))


def write_claims(works: Sequence[Work]) -> None:
    """Inserts new claims and changes those of which a new version counts."""
    now, in_order = timezone.now(), itemgetter(*_CLAIM)
    of_code = facilities({work.key[0] for work in works if work.stored is None})
    new = sorted((work for work in works if work.stored is None), key=lambda work: work.key)
    rows = []
    for work in new:
        columns = _columns(work)
        columns["key"], columns["facility_code"], columns["ma_lk"] = work.claim_key, *work.key
        columns["facility_id"], columns["decided_by_id"] = of_code.get(work.key[0]), None
        columns["created_at"] = columns["updated_at"] = now
        rows.append(in_order(columns))
    if rows:
        copy(Claim, _CLAIM, rows)
    change([work for work in works if work.stored is not None and work.becomes])
    _keep_restricted([work for work in works if work.stored is not None and not work.becomes])


def change(works: Sequence[Work]) -> None:
    """Sets what the version that counts says of its claim."""
    now = timezone.now()
    changed = [_columns(work) | {"updated_at": now} for work in works]
    update(Claim, _CHANGED, [[row[name] for name in _CHANGED] for row in changed])
    hide_labels([work.claim_pk for work in works if work.restricted and work.claim_pk])


def _columns(work: Work) -> dict[str, Any]:
    if work.who is None:
        raise ValueError("a claim that is kept has a patient")
    who = work.who
    return {
        "id": work.claim_pk, "kind": work.kind, "state": State.WITHDRAWN if work.withdrawn else State.ACTIVE,
        "person_id": work.person_id, "match": str(work.match or Claim.Match.UNMATCHED),
        "candidates": as_json(work.candidates), "encounter_id": work.encounter_id, "current_id": work.version_pk,
        "restricted": array(work.restricted), "started_at": who.started_at, "ended_at": who.ended_at,
        "commune_id": work.commune_id, **_patient(work.claim_pk or 0, who.told, restricted=bool(work.restricted)),
    }  # fmt: skip


def _patient(claim_pk: int, patient: Told, *, restricted: bool) -> dict[str, Any]:
    columns = patient_columns(claim_pk, patient, restricted=restricted)
    return columns | {"cards": array(columns["cards"]), "blind": array(columns["blind"])}


def _keep_restricted(works: Sequence[Work]) -> None:
    """An older version that arrives late may be what makes the claim a restricted one."""
    rows = []
    for work in works:
        row = work.stored.row if work.stored else None
        if row is not None and list(work.restricted) != row.restricted:
            columns = _patient(row.pk, told(row), restricted=True)
            rows.append([row.pk, array(work.restricted), *(columns[name] for name in _PATIENT)])
    update(Claim, {"id": "bigint", "restricted": "text[]", **_PATIENT}, rows)
    hide_labels([row[0] for row in rows])


def hide_labels(claims: Sequence[int]) -> None:
    """Earlier files named the patients of claims that are restricted now."""
    if claims:
        ClaimEntry.objects.filter(claim__in=claims).exclude(label="").update(label="")


def write_versions(file: ClaimFile, works: Sequence[Work]) -> None:
    now = timezone.now()
    if works:
        copy(ClaimVersion, _VERSION, [_version(file, work, now) for work in works])


def _version(file: ClaimFile, work: Work, now: Any) -> list[Any]:
    text, digest = (work.document.text, work.document.digest) if work.document else ("{}", "")
    content: str | None = text
    shown, sealed = as_json(work.differences), None
    if work.restricted:
        sealed = seal(work.claim_pk or 0, work.number, text, work.differences)
        content, shown = None, "[]"
    return [
        work.version_pk, work.claim_pk, work.number, file.pk, work.claim.index, work.claim.standard.value, digest,
        content, shown, sealed, file.made_on, now,
    ]  # fmt: skip


def write_entries(file: ClaimFile, works: Sequence[Work]) -> None:
    """The answer for each HOSO."""
    rows = []
    for work in works:
        restricted = bool(work.restricted or (work.stored and work.stored.row.restricted))
        label = "" if restricted or work.who is None else work.who.patient.full_name
        found = problems(work.findings, restricted=restricted)
        rows.append([
            file.pk, work.claim.index, work.key[1], label, str(work.outcome), work.claim_pk, work.version_pk,
            as_json(found), worst([finding.level for finding in work.findings]),
        ])  # fmt: skip
    copy(ClaimEntry, _ENTRY, rows)
