"""The HOSO of a chunk into the tables: answers, claims, versions, and into the record. In the caller's transaction,
with a fixed number of statements however many they are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from ehr.claims.models import Claim, ClaimFile, ClaimVersion
from ehr.claims.storing import back, into_record, rows
from ehr.claims.storing.deciding import decide, lock_stored, reject_twice, works_of
from ehr.claims.storing.document import differences, opened
from ehr.claims.storing.matching import find_people
from ehr.claims.storing.work import Checked, Outcome, Work
from ehr.records.bulk.writing import take_keys
from stations.models import User


def store(file: ClaimFile, checked: Sequence[Checked], *, by: User | None) -> list[Work]:
    """Takes in the HOSO of a chunk; the answers in their order. The same HOSO again changes nothing.

    Claims are locked in the order of their keys; one that another transaction inserts meanwhile is an IntegrityError,
    after which the whole chunk is to be called again."""
    works = works_of(file, checked)
    asked = [work for work in works if work.outcome != Outcome.REJECTED]
    stored = lock_stored(sorted({work.key for work in asked}))
    contradicting = decide(file, asked, stored)
    if contradicting:
        _take_back_earlier(file, contradicting, by=by)
    becoming = [work for work in asked if work.becomes]
    find_people(file, becoming, by=by)
    written = [work for work in asked if work.number]
    _take_keys(written)
    _compare(written)
    into_record.leave(file, becoming, by=by)
    writing = into_record.prepare(file, becoming)
    rows.write_claims(written)
    rows.write_versions(file, written)
    into_record.bring(writing, by=by)
    _point_to_claims(asked)
    rows.write_entries(file, works)
    return works


def _take_back_earlier(file: ClaimFile, works: Sequence[Work], *, by: User | None) -> None:
    """This file said something else of these claims in another chunk: neither counts."""
    claims = [work.stored.row.pk for work in works if work.stored]
    back.reject_entries(file, claims)
    back.take_back(file, claims, by=by, reason="Hai hồ sơ cùng mã liên kết trong một tệp")
    for work in works:
        reject_twice(work)


def _take_keys(works: Sequence[Work]) -> None:
    new = [work for work in works if work.stored is None]
    for work, key in zip(new, take_keys(Claim, len(new)), strict=True):
        work.claim_pk, work.claim_key = key, uuid.uuid4()
    for work, key in zip(works, take_keys(ClaimVersion, len(works)), strict=True):
        work.version_pk = key
        if work.stored is not None:
            work.claim_pk, work.claim_key = work.stored.row.pk, work.stored.row.key


def _compare(works: Sequence[Work]) -> None:
    """Differences of new versions to the one that counts now, and what makes the whole claim a restricted one."""
    before = {work.current.pk: work for work in works if work.current}
    for version in ClaimVersion.objects.filter(pk__in=before) if before else ():
        work = before[version.pk]
        if work.document is not None:
            work.differences = differences(opened(version)[0], work.document.content)
    for work in works:
        if work.stored is not None:  # what was restricted once stays so: its versions tell of each other
            work.restricted = tuple(dict.fromkeys([*work.stored.row.restricted, *work.restricted]))


def _point_to_claims(works: Sequence[Work]) -> None:
    """Answers of HOSO that brought no version point to the claim as well."""
    keys = {work.key: work for work in works if work.claim_pk}
    for work in works:
        if work.outcome == Outcome.REJECTED or work.claim_pk:
            continue
        other = keys.get(work.key)
        if work.stored is not None:
            work.claim_pk = work.stored.row.pk
        elif other is not None:
            work.claim_pk, work.version_pk = other.claim_pk, other.version_pk
