"""A facility's own visits as a package of claim XML: what would go and what stays, and the package itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, LPad
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.claims.export.checking import Candidate, column_label
from ehr.claims.export.models import ClaimExport, ExportedVisit
from ehr.claims.export.selecting import Period, cancelled_since, candidates, left_out
from ehr.claims.export.tables import OWN_KEY
from ehr.claims.storing.document import as_json
from ehr.claims.storing.tables import copy
from ehr.claims.xml.write import hoso_xml, write_hosos
from ehr.common.garbage import without_gc
from ehr.records.models import Encounter
from stations.models import FacilityCode, Organization, User
from stations.scope import scope_of

__all__ = ["RIGHT", "Held", "Period", "Result", "WrongPeriod", "export", "facilities_of", "period_of", "preview"]
RIGHT = "record.export"
MOST_DAYS = 400
_NOT_NAME = re.compile(r"[^0-9A-Za-z._-]+")
_PIECE = 1 << 20


class WrongPeriod(ValueError):
    """The days make no period; the message is Vietnamese."""


# --- Which ------------------------------------------------------------------------------------------------------------


def may_export(by: User | None, facility: Organization) -> bool:
    """The facility is among the user's places, and records may be sent out. `by=None` is the system itself."""
    if by is None:
        return True
    scope = scope_of(by)
    if not (scope.can("record.view") and scope.can(RIGHT)):
        return False
    unit = facility.unit
    inside = unit is not None and (
        unit.pk in scope.communes | scope.provinces
        or (unit.parent_id is not None and unit.parent_id in scope.provinces)
    )
    return inside or facility.pk in scope.stations


def facilities_of(by: User) -> list[tuple[str, Organization]]:
    """Facilities whose visits the user may send, with their claims code. One query beside the scope's."""
    rows = FacilityCode.objects.valid_on(localdate()).filter(kind=FacilityCode.Kind.CLAIMS)
    scope = scope_of(by)
    places = scope.communes | scope.provinces
    found = rows.filter(organization__unit__in=places) | rows.filter(organization__in=scope.stations)
    found |= rows.filter(organization__unit__parent__in=scope.provinces)
    rows_found = found.select_related("organization__unit").distinct().order_by("organization__name", "code")
    return [(row.code, row.organization) for row in rows_found[:500] if may_export(by, row.organization)]


def period_of(code: str, first: dt.date, last: dt.date, *, by: User | None, restricted: bool = False) -> Period:
    """The visits of the facility with this claims code. Raises PermissionDenied for a facility that is not the user's,
    and for restricted claims without the right to them; WrongPeriod."""
    on = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS, code=code.strip().upper())
    row = on.select_related("organization__unit").order_by("-valid_to", "-pk").first()
    if row is None or not may_export(by, row.organization):
        raise PermissionDenied
    if restricted and by is not None and not scope_of(by).can("restricted.view"):
        raise PermissionDenied
    if last < first:
        raise WrongPeriod("Ngày cuối trước ngày đầu.")
    if (last - first).days > MOST_DAYS:
        raise WrongPeriod(f"Mỗi lần xuất nhiều nhất {MOST_DAYS} ngày.")
    return Period(row.organization, row.code, first, last, restricted)


# --- What would happen -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One reason why a visit stays. `person_id` for the access log; `encounter_id` for a link."""

    ma_lk: str
    source: str
    encounter_id: int | None
    rule: str
    table: str
    line: int
    column: str
    label: str
    level: str
    message: str


@dataclass(slots=True)
class Result:
    """What goes and what stays. `again`: (MA_LK, what changed) of those that went out before and changed; `same`: that
    went out before and did not; `restricted`: left out because only programmes may see them; `cancelled`: MA_LK of
    visits that went out and were cancelled since."""

    visits: int = 0
    go: int = 0
    new: int = 0
    same: int = 0
    held_visits: int = 0
    restricted: int = 0
    standards: dict[str, int] = field(default_factory=dict)
    again: list[tuple[str, str]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    export: ClaimExport | None = None

    def as_json(self) -> dict[str, Any]:
        made = self.export
        return {
            "visits": self.visits, "exported": self.go, "new": self.new, "unchanged": self.same,
            "changed": [{"ma_lk": key, "reason": why} for key, why in self.again], "held": self.held_visits,
            "restricted_left_out": self.restricted, "cancelled": self.cancelled, "standards": self.standards,
            "sha256": made.sha256 if made else "", "size": made.size if made else 0,
            "problems": [
                {"ma_lk": each.ma_lk, "table": each.table, "line": each.line, "column": each.column,
                 "rule": each.rule, "level": each.level, "message": each.message}
                for each in self.held
            ],
        }  # fmt: skip


@without_gc()
def preview(period: Period, *, changed_only: bool = False) -> Result:
    """What an export would do now. Writes nothing."""
    result = Result(restricted=left_out(period), cancelled=[row.ma_lk for row in cancelled_since(period)])
    for _ in _going(period, result, changed_only=changed_only):
        continue
    return result


def _going(period: Period, result: Result, *, changed_only: bool) -> Iterator[Candidate]:
    """The visits that go; counts what it sees."""
    for each in candidates(period):
        result.visits += 1
        if each.held:
            result.held_visits += 1
            result.held += [_held(each, finding) for finding in each.held]
            continue
        if each.sent_before and not each.why_again:
            result.same += 1
            if changed_only:
                continue
        elif each.why_again:
            result.again.append((each.ma_lk, each.why_again))
        else:
            result.new += 1
        result.go += 1
        standard = each.claim.standard.label
        result.standards[standard] = result.standards.get(standard, 0) + 1
        yield each


def _held(each: Candidate, finding: Any) -> Held:
    return Held(
        each.ma_lk, each.source, each.encounter_id, finding.rule_id, finding.table, finding.line, finding.column,
        column_label(finding, each.claim), finding.level, finding.message,
    )  # fmt: skip


# --- The package -----------------------------------------------------------------------------------------------------


class _Sent(NamedTuple):
    """A visit that goes. `digests` as JSON; `size` in bytes."""

    encounter_id: int | None
    ma_lk: str
    digests: str
    size: int


@without_gc()
def export(
    period: Period, out: BinaryIO, *, by: User | None, door: str, nested: bool = False, one_per_visit: bool = False,
    changed_only: bool = False, address: str | None = None,
) -> Result:  # fmt: skip
    """Writes the package and keeps what went out. `one_per_visit`: an archive of one file for each visit, as the
    gateway takes them. Nothing is written when no visit can go (`result.export` is None).

    Memory is that of one chunk: the visits wait on disk, because their number stands in front of them."""
    result = Result(restricted=left_out(period), cancelled=[row.ma_lk for row in cancelled_since(period)])
    today = f"{localdate():%Y%m%d}"
    with tempfile.TemporaryFile() as body, tempfile.TemporaryFile() as whole:
        sent: list[_Sent] = []
        people: set[int] = set()
        restricted = False
        for each in _going(period, result, changed_only=changed_only):
            hoso = hoso_xml(each.content, each.claim.standard, nested=nested, unread=each.claim.unread)
            size = body.write(hoso.encode())
            sent.append(_Sent(each.encounter_id, each.ma_lk, as_json(each.digests), size))
            people |= {each.person_id} if each.person_id else set()
            restricted = restricted or bool(each.restricted)
        if not sent:
            return result
        body.seek(0)
        hosos = _pieces(body, [(visit.ma_lk, visit.size) for visit in sent])
        if one_per_visit:
            _write_archive(whole, hosos, period, today)
        else:
            plain = (hoso for _, hoso in hosos)
            write_hosos(whole, plain, facility=period.code, made_on=today, count=len(sent))
        result.export = _keep(
            period, whole, sent, people, result, by=by, door=door, restricted=restricted, address=address
        )
        whole.seek(0)
        shutil.copyfileobj(whole, out, _PIECE)
    return result


def _pieces(body: BinaryIO, sizes: list[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    for key, size in sizes:
        yield key, body.read(size).decode()


def _write_archive(out: BinaryIO, hosos: Iterator[tuple[str, str]], period: Period, today: str) -> None:
    """Names say nothing about people: number, facility, key."""
    day = localdate()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (key, hoso) in enumerate(hosos, 1):
            one = io.BytesIO()
            write_hosos(one, [hoso], facility=period.code, made_on=today, count=1)
            name = f"{number:06d}_{period.code}_{_NOT_NAME.sub('-', key)[:60]}.xml"
            info = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, one.getvalue())


@transaction.atomic
def _keep(
    period: Period, whole: BinaryIO, sent: list[_Sent], people: set[int], result: Result, *, by: User | None,
    door: str, restricted: bool, address: str | None,
) -> ClaimExport:  # fmt: skip
    """The ledger, and the access log: what is not logged does not go out."""
    whole.seek(0)
    hashed, size = hashlib.sha256(), 0
    while piece := whole.read(_PIECE):
        hashed.update(piece)
        size += len(piece)
    made = ClaimExport.objects.create(
        facility=period.facility, facility_code=period.code, first=period.first, last=period.last, by=by, door=door,
        sha256=hashed.hexdigest(), size=size, visits=len(sent), held=result.held_visits, restricted=restricted,
    )  # fmt: skip
    rows = [(made.pk, visit.encounter_id, period.code, visit.ma_lk, visit.digests) for visit in sent]
    copy(ExportedVisit, ("export_id", "encounter_id", "facility_code", "ma_lk", "digests"), rows)
    _keep_keys(period, [visit.encounter_id for visit in sent if visit.encounter_id], by=by, door=door)
    audit.log_accesses(by=by, person_ids=sorted(people), action="export", door=door, object="XML BHYT", address=address)
    return made


def _keep_keys(period: Period, encounters: list[int], *, by: User | None, door: str) -> None:
    """The key that a visit went out with stays on it. One statement."""
    number = LPad(Cast("pk", CharField()), 10, Value("0"))
    with audit.context(by=by, door=door):
        Encounter.objects.filter(
            pk__in=encounters, visit_link_code="", facility=period.facility, source=Encounter.Source.STATION
        ).update(visit_link_code=Concat(Value(f"{period.code}{OWN_KEY}"), number))


def file_name(period: Period, *, zipped: bool) -> str:
    """Seen in the field: <standard>-<n>_<from>-<to>.xml; ours names facility and days."""
    return f"{period.code}_{period.first:%Y%m%d}-{period.last:%Y%m%d}.{'zip' if zipped else 'xml'}"
