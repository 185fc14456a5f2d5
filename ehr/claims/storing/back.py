"""Versions of a file taken back: the version before becomes the one that counts, without one the claim goes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimVersion
from ehr.claims.record.giving_back import give_back
from ehr.claims.storing import into_record, rows
from ehr.claims.storing.deciding import WITHDRAWAL, twice
from ehr.claims.storing.document import claim_of
from ehr.claims.storing.who import who
from ehr.claims.storing.work import Outcome, Stored, Work, problems, worst
from ehr.common.among import among
from ehr.records.models import Encounter
from stations.models import User

State, Kind = Claim.State, Claim.Kind


def take_back(file: ClaimFile, claims: Sequence[int], *, by: User | None, reason: str) -> int:
    """Takes back what the file said of these claims, in the caller's transaction, whatever the number of claims by a
    fixed number of statements (some more for each file that speaks again). What another file said later stays as it is.
    Gives how many facts went that the file had filled into empty fields."""
    locked = {row.pk: row for row in Claim.objects.filter(among("id", claims)).order_by("facility_code", "ma_lk")
              .select_for_update(of=("self",), no_key=True)}  # fmt: skip
    theirs = ClaimVersion.objects.filter(among("claim_id", locked), file=file, undone_at=None)
    gone = set(theirs.values_list("pk", flat=True))
    theirs.update(undone_at=timezone.now())
    lost = {pk: row for pk, row in locked.items() if row.current_id in gone}
    before = _versions_before(lost)
    staying = [row for pk, row in locked.items() if pk in before or pk not in lost]
    facts = give_back(
        {row.person_id for row in staying if row.person_id}, _own_visits(staying), {file.pk}, by=by, but=list(lost)
    )
    _restore([(lost[pk], version) for pk, version in before.items()], by=by)
    return facts + _remove(file, [pk for pk in lost if pk not in before], by=by, reason=reason)


def _own_visits(claims: Sequence[Claim]) -> set[int]:
    """Those of the claims' visits that the station entered itself."""
    keys = [row.encounter_id for row in claims if row.encounter_id]
    found = Encounter.objects.filter(among("id", keys), source=Encounter.Source.STATION)
    return set(found.values_list("pk", flat=True)) if keys else set()


def _versions_before(claims: dict[int, Claim]) -> dict[int, ClaimVersion]:
    """By claim: the version that counts when the present one goes: a claim before a check-in, then the latest."""
    found: dict[int, ClaimVersion] = {}
    versions = ClaimVersion.objects.filter(among("claim_id", claims), undone_at=None).select_related("file")
    for version in versions.defer("file__envelope", "file__problems").order_by("claim", "number"):
        other = found.get(version.claim_id)
        if other is None or _rank(version) >= _rank(other):
            found[version.claim_id] = version
    return found


def _rank(version: ClaimVersion) -> tuple[bool, object]:
    return _kind(version) != Kind.CHECKIN, version.made_on or timezone.localdate(version.stored_at)


def _kind(version: ClaimVersion) -> str:
    tables = claim_of(version).tables
    return Kind.CLAIM if "XML1" in tables else Kind.CHECKIN if "XML0" in tables else Kind.APPRAISAL


def _work(row: Claim, version: ClaimVersion) -> Work:
    """The earlier version as if it had just come."""
    claim = claim_of(version)
    main = claim.main
    work = Work(
        claim, [], tuple(row.restricted) if version.sealed is not None else (), (row.facility_code, row.ma_lk),
        Outcome.VERSION, who=who(claim), kind=_kind(version), stored=Stored(row), becomes=True, claim_pk=row.pk,
        withdrawn=bool(main and claim.rows("XML1") and main.text("MA_DOITUONG_KCB") == WITHDRAWAL),
        claim_key=row.key, version_pk=version.pk,
    )  # fmt: skip
    work.keep_match(row)
    return work


def _restore(versions: Sequence[tuple[Claim, ClaimVersion]], *, by: User | None) -> None:
    """Each in the name of the file that had brought it."""
    files = {version.file_id: version.file for _, version in versions}
    for key in sorted(files):
        works = [_work(row, version) for row, version in versions if version.file_id == key]
        into_record.leave(files[key], works, by=by)
        writing = into_record.prepare(files[key], works)
        rows.change(works)
        into_record.bring(writing, by=by)


def _remove(file: ClaimFile, claims: Sequence[int], *, by: User | None, reason: str) -> int:
    if not claims:
        return 0
    facts = into_record.take_out(file, claims, by=by, reason=reason)
    Claim.objects.filter(among("id", claims)).update(state=State.UNDONE, current=None, updated_at=timezone.now())
    return facts


def reject_entries(file: ClaimFile, claims: Sequence[int]) -> None:
    """The answers for these claims of the file become: two HOSO with one key, none was taken in."""
    entries = list(ClaimEntry.objects.filter(file=file, claim__in=claims).exclude(outcome=Outcome.REJECTED))
    for entry in entries:
        finding = problems([twice(entry.ma_lk)], restricted=not entry.label)
        entry.problems = [*entry.problems, *finding]
        entry.outcome, entry.worst = Outcome.REJECTED, worst([problem["level"] for problem in entry.problems])
    ClaimEntry.objects.bulk_update(entries, ["problems", "outcome", "worst"])
