"""What becomes of each HOSO of a chunk, by what the tables and the other HOSO say. Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from ehr.claims.findings import Finding, excerpt
from ehr.claims.models import Claim, ClaimFile, ClaimVersion
from ehr.claims.spec import rules
from ehr.claims.storing.document import document
from ehr.claims.storing.who import who
from ehr.claims.storing.work import Checked, Key, Live, Outcome, Stored, Work
from ehr.common.among import among

Kind = Claim.Kind
_KINDS = {"claims": Kind.CLAIM, "checkin": Kind.CHECKIN, "appraisal": Kind.APPRAISAL}
WITHDRAWAL = "8"  # MA_DOITUONG_KCB: the facility takes its claim back
TWICE = "CLM-X-02"
_NO_KEY = "CLM-X-01"
_LONGEST_KEY = 100
_LONGEST_FACILITY = 20


def works_of(file: ClaimFile, checked: Sequence[Checked]) -> list[Work]:
    """The HOSO of a chunk with key, document and person; what cannot be kept at all has the outcome REJECTED."""
    found = []
    for each in checked:
        work = Work(each.claim, list(each.findings), each.restricted)
        found.append(work)
        work.key, fault = _key(file, each)
        work.who = who(each.claim)
        if each.stopped:
            continue
        if fault:
            work.findings.append(fault)
            continue
        work.outcome = Outcome.STORED
        work.document = document(each.claim)
        main = each.claim.main
        work.kind = Kind.CHECKIN if not each.claim.rows("XML1") and each.claim.rows("XML0") else _KINDS[file.kind]
        work.withdrawn = bool(main and main.text("MA_DOITUONG_KCB") == WITHDRAWAL and each.claim.rows("XML1"))
    return found


def _key(file: ClaimFile, each: Checked) -> tuple[Key, Finding | None]:
    """(facility_code, MA_LK), and why there is none."""
    claim = each.claim
    facility, ma_lk = claim.facility or file.facility_code, claim.ma_lk
    main = claim.main
    if not ma_lk and file.kind == ClaimFile.Kind.APPRAISAL and main is not None:
        # An appraisal has no MA_LK: its minutes are known by number, day and whom they are about.
        parts = (main.text("SO_BIEN_BAN"), main.text("NGAY_HOP"), main.text("SO_CCCD") or main.text("MA_THE_BHYT"))
        ma_lk = "GDYK " + " ".join(filter(None, parts)) if any(parts) else ""
        facility = facility or "GDYK"
    key = (facility[:_LONGEST_FACILITY], ma_lk[:_LONGEST_KEY])
    if main is None:
        return key, _fault("Hồ sơ không có bảng tổng hợp (XML1) nên không biết của ai, lượt khám nào: không nhận.")
    if not ma_lk:
        return key, _fault("Mã liên kết (MA_LK) để trống nên không phân biệt được hồ sơ: không nhận.")
    if not facility:
        return key, _fault("Không có mã cơ sở (MA_CSKCB) nên không biết hồ sơ của cơ sở nào: không nhận.", "MA_CSKCB")
    if len(facility) > _LONGEST_FACILITY or len(ma_lk) > _LONGEST_KEY:
        return key, _fault("Mã cơ sở hoặc mã liên kết dài quá mức cho phép: không nhận.")
    return key, None


def _fault(message: str, column: str = "MA_LK") -> Finding:
    return Finding(_NO_KEY, "XML1", 0, column, "", "reject", message)


# --- What is there already -------------------------------------------------------------------------------------------


def lock_stored(keys: Sequence[Key]) -> dict[Key, Stored]:
    """Claims with these keys, locked in the order of their keys, with their versions. Two queries."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM unnest(%s::text[], %s::text[]) AS k(facility_code, ma_lk) "
            "JOIN claims_claim c USING (facility_code, ma_lk) ORDER BY c.facility_code, c.ma_lk FOR UPDATE OF c",
            [[facility for facility, _ in keys], [ma_lk for _, ma_lk in keys]],
        )
        pks = [row[0] for row in cursor.fetchall()]
    if not pks:
        return {}
    found = {row.pk: Stored(row) for row in Claim.objects.filter(among("id", pks))}
    versions = ClaimVersion.objects.filter(among("claim_id", pks)).order_by("claim", "number")
    for claim, undone, pk, number, digest, made_on, of_file, index in versions.values_list(
        "claim", "undone_at", "pk", "number", "digest", "made_on", "file", "index"
    ):
        stored, version = found[claim], Live(pk, number, digest, made_on, of_file, index)
        stored.last = max(stored.last, version.number)
        if undone is None:
            stored.live.append(version)
    return {(stored.row.facility_code, stored.row.ma_lk): stored for stored in found.values()}


# --- Decisions -------------------------------------------------------------------------------------------------------


def decide(file: ClaimFile, works: Sequence[Work], stored: dict[Key, Stored]) -> list[Work]:
    """Sets outcome, `stored`, `becomes` and `version_pk` of unchanged ones. Gives the HOSO of other chunks' claims that
    contradict what this file brought before: their earlier version has to go, too."""
    first: dict[Key, Work] = {}
    contradicting = []
    for work in works:
        if work.outcome == Outcome.REJECTED:
            continue
        work.stored = stored.get(work.key)
        earlier = first.get(work.key)
        if earlier is None:
            first[work.key] = work
            if _contradicts_earlier_chunk(file, work):
                contradicting.append(work)
            else:
                _against_stored(file, work)
        elif work.kind == Kind.CHECKIN:
            work.outcome = Outcome.OLDER if _later(earlier, work) is earlier else work.outcome
            _replace(first, work, earlier)
        elif work.document and earlier.document and work.document.digest == earlier.document.digest:
            work.outcome = Outcome.UNCHANGED
        else:
            reject_twice(earlier)
            reject_twice(work)
    return contradicting


def _later(one: Work, other: Work) -> Work:
    """A check-in is sent at the first cost and again in the ward: the second says more."""
    return max((one, other), key=lambda work: (sum(len(row.filled) for row in work.claim.all_rows()), work is other))


def _replace(first: dict[Key, Work], work: Work, earlier: Work) -> None:
    if work.outcome == Outcome.OLDER:
        return
    earlier.outcome, earlier.becomes, earlier.number = Outcome.OLDER, False, 0
    first[work.key] = work


def reject_twice(work: Work) -> None:
    """None of two different HOSO with one key is taken in by itself."""
    work.outcome, work.becomes, work.number = Outcome.REJECTED, False, 0
    work.findings.append(twice(work.key[1]))


def twice(ma_lk: str) -> Finding:
    """CLM-X-02 as the entries of both HOSO say it."""
    message = f"Tệp có hai hồ sơ khác nhau cùng mã liên kết {excerpt(ma_lk, 100)}: không tự nhận hồ sơ nào."
    return Finding(TWICE, "XML1", 1, "MA_LK", excerpt(ma_lk), rules()[TWICE].level, message)


def _contradicts_earlier_chunk(file: ClaimFile, work: Work) -> bool:
    if work.stored is None or work.document is None or work.kind == Kind.CHECKIN:
        return False
    return any(
        version.file_id == file.pk and version.index != work.claim.index and version.digest != work.document.digest
        for version in work.stored.live
    )


def _against_stored(file: ClaimFile, work: Work) -> None:
    """New, a new version, the same as before, or older than what is there."""
    if work.document is None:
        return
    stored, current = work.stored, work.current
    if stored is None:
        work.outcome, work.becomes, work.number = Outcome.STORED, True, 1
        return
    if current is None:
        work.outcome, work.becomes, work.number = Outcome.STORED, True, stored.last + 1
        return
    if work.document.digest == current.digest:
        work.outcome, work.version_pk = Outcome.UNCHANGED, current.pk
        return
    same = next((version for version in stored.live if version.digest == work.document.digest), None)
    if _is_older(file, work, stored, current):
        work.outcome = Outcome.OLDER
        work.version_pk, work.number = (same.pk, 0) if same else (None, stored.last + 1)
        return
    work.outcome, work.becomes, work.number = Outcome.VERSION, True, stored.last + 1


def _is_older(file: ClaimFile, work: Work, stored: Stored, current: Live) -> bool:
    if work.kind != stored.row.kind:  # a check-in never replaces the claim that closed it
        return work.kind == Kind.CHECKIN
    made_on = file.made_on
    return made_on is not None and current.made_on is not None and made_on < min(current.made_on, _tomorrow())


def _tomorrow() -> dt.date:
    """A file of the future is a slip of the pen: it must not keep out what comes after it."""
    return timezone.localdate() + dt.timedelta(days=1)
