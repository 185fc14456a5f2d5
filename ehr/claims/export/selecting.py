"""Which visits of a facility a package is made of: those that came as XML, as they stand, and those entered here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import DateField, F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from ehr.claims.export.checking import Candidate, Checker, difference
from ehr.claims.export.models import ExportedVisit
from ehr.claims.export.standards import standard_on
from ehr.claims.export.tables import OWN_KEY, ma_lk_of
from ehr.claims.export.tables import claim_of as claim_of_visit
from ehr.claims.export.visits import visits
from ehr.claims.findings import Finding
from ehr.claims.models import Claim as ClaimRow
from ehr.claims.models import ClaimVersion
from ehr.claims.prices.listed import PriceList
from ehr.claims.spec import Standard
from ehr.claims.storing.document import claim_of as claim_of_version
from ehr.claims.storing.document import claim_with
from ehr.claims.values import VIETNAM
from ehr.common.among import among
from ehr.records.models import Encounter
from stations.models import Organization

CHUNK = 500
TOO_OLD = "Lượt khám kết thúc trước 01/07/2024 thuộc chuẩn QĐ 4210: hệ thống không lập mới theo chuẩn này."
SAME_KEY = "Mã liên kết này đã có một hồ sơ XML của cơ sở: gắn lượt khám với hồ sơ đó, hoặc đổi mã."


@dataclass(frozen=True, slots=True)
class Period:
    """All days from `first` to `last`, both included, of one facility. `restricted`: claims that only programmes may
    see go along, too."""

    facility: Organization
    code: str
    first: dt.date
    last: dt.date
    restricted: bool = False

    def claims(self) -> QuerySet[ClaimRow]:
        """Claims of these days that came as XML and count; not those that are our own package read back."""
        found = ClaimRow.objects.filter(
            facility_code=self.code, kind=ClaimRow.Kind.CLAIM, state=ClaimRow.State.ACTIVE, current__isnull=False
        ).exclude(self._ours("ma_lk", encounter__isnull=False))
        day = TruncDate(Coalesce("ended_at", "started_at"), tzinfo=VIETNAM)
        found = found.annotate(day=day).filter(day__gte=self.first, day__lte=self.last)
        return found.order_by("day", "pk")

    def _ours(self, path: str, **more: bool) -> Q:
        """Claims with a key that we gave to a visit entered here: the visit is what counts, and may have changed."""
        return Q(**{f"{path}__startswith": f"{self.code}{OWN_KEY}"}, **more)

    def encounters(self) -> QuerySet[Encounter]:
        """Visits of these days that were entered here and belong to no claim but our own."""
        day = Coalesce(
            TruncDate("ended_at", tzinfo=VIETNAM), F("visit_end_date"), F("exam_date"), output_field=DateField()
        )
        found = Encounter.objects.filter(
            Q(claim__isnull=True) | self._ours("claim__ma_lk"), facility=self.facility,
            status=Encounter.Status.FINISHED, source=Encounter.Source.STATION,
        )  # fmt: skip
        found = found.annotate(day=day).filter(day__gte=self.first, day__lte=self.last)
        return found.order_by("day", "pk")


def candidates(period: Period) -> Iterator[Candidate]:
    """All visits of the period, checked, chunk by chunk; restricted ones only when they were asked for. A fixed number
    of queries a chunk."""
    checker, prices = Checker(), PriceList.of(period.facility.pk)
    claims = period.claims()
    if not period.restricted:
        claims = claims.filter(restricted=[])
    index = 0
    for chunk in _chunks(list(claims.values_list("pk", flat=True))):
        found = _of_claims(chunk)
        yield from _marked([checker.check(each) for each in found], period)
        index += len(found)
    for chunk in _chunks(list(period.encounters().values_list("pk", flat=True))):
        made = [checker.check(each) for each in _of_visits(chunk, period, index, prices)]
        index += len(made)
        yield from _marked([each for each in made if period.restricted or not each.restricted], period)


def candidate_of(encounter_id: int, facility: Organization, code: str) -> Candidate:
    """One visit entered here, checked as for a package."""
    period = Period(facility, code, dt.date.min, dt.date.max)
    (found,) = _of_visits([encounter_id], period, 0, PriceList.of(facility.pk))
    return Checker().check(found)


def left_out(period: Period) -> int:
    """How many restricted claims of the period stay behind. One query."""
    return 0 if period.restricted else period.claims().exclude(restricted=[]).count()


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _of_claims(keys: Sequence[int]) -> list[Candidate]:
    """Two queries, a third where something is sealed."""
    claims = ClaimRow.objects.filter(among("id", keys)).order_by()
    rows = {row[0]: row for row in claims.values_list("pk", "current_id", "encounter_id", "person_id", "restricted")}
    current = ClaimVersion.objects.filter(among("id", [row[1] for row in rows.values()])).order_by()
    plain = current.filter(sealed=None).values_list("pk", "index", "standard", "content")
    versions = {key: claim_with(index, standard, content or {}) for key, index, standard, content in plain}
    if len(versions) < len(rows):
        versions |= {version.pk: claim_of_version(version) for version in current.exclude(sealed=None)}
    return [
        Candidate(versions[version], "claim", encounter, person, tuple(restricted))
        for _, version, encounter, person, restricted in (rows[key] for key in keys)
    ]


def _of_visits(keys: Sequence[int], period: Period, index: int, prices: PriceList) -> list[Candidate]:
    found = visits(keys)
    codes = {visit.encounter.pk: ma_lk_of(visit, period.code) for visit in found}
    others = ClaimRow.objects.filter(facility_code=period.code, ma_lk__in=codes.values())
    taken = dict(others.values_list("ma_lk", "encounter_id"))
    made = []
    for visit in found:
        index += 1
        standard, code = standard_on(visit.day), codes[visit.encounter.pk]
        claim, bill = claim_of_visit(
            visit, facility=period.code, standard=standard or Standard.QD4750, index=index, prices=prices
        )
        each = Candidate(claim, "record", visit.encounter.pk, visit.person.pk, held=list(bill.problems))
        if standard is None:
            each.held.append(Finding("REQ-CLM-01", "XML1", 1, "NGAY_RA", "", "error", TOO_OLD))
        elif taken.get(code, visit.encounter.pk) != visit.encounter.pk:
            each.held.append(Finding("CLM-X-02", "XML1", 1, "MA_LK", code, "error", SAME_KEY))
        made.append(each)
    return made


def _marked(found: list[Candidate], period: Period) -> list[Candidate]:
    """What changed since each visit last went out. One query."""
    keys = [each.ma_lk for each in found]
    sent = (
        ExportedVisit.objects.filter(facility_code=period.code, ma_lk__in=keys)
        .order_by("ma_lk", "-id")
        .distinct("ma_lk")
        .values_list("ma_lk", "digests", "export__created_at")
    )
    last = {key: (digests, at) for key, digests, at in sent} if keys else {}
    for each in found:
        if each.ma_lk in last:
            digests, at = last[each.ma_lk]
            each.sent_before = True
            each.why_again = difference(digests, each.digests, at.astimezone(VIETNAM).date())
    return found


def cancelled_since(period: Period) -> list[ExportedVisit]:
    """Visits of the period that went out and were cancelled since: the gateway is to be told (MA_DOITUONG_KCB 8)."""
    error = Encounter.Status.ERROR
    rows = ExportedVisit.objects.filter(
        facility_code=period.code, encounter__status=error, encounter__exam_date__gte=period.first,
        encounter__exam_date__lte=period.last,
    )  # fmt: skip
    return list(rows.order_by("ma_lk", "-id").distinct("ma_lk").select_related("export"))
