"""Submissions for partner systems: the services of the screens behind the registry of REST v1 (see apps.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404
from django.utils.timezone import localdate, localtime

from reports.periods import Period, PeriodError
from reports.questions import UnitError, find_unit
from reports.registry import REPORTS
from reports.stored import as_json
from reports.submission import services
from reports.submission.calendar import kind_of
from reports.submission.models import ReportDuty, Submission
from stations.models import User

DOOR = "rest"
State = Submission.State
#: What a superior sees: versions that were sent. Preparing and dropping is the unit's own business.
SENT = (State.SIGNED, State.RECEIVED, State.RETURNED)
PEOPLE = ("checked_by", "signed_by", "received_by", "returned_by")


def listed(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """{rows: queryset, show: page → dictionaries}. `asked`: state, report, period, unit, scheme.

    Versions that were not sent are listed to those who prepare reports themselves."""
    rows = _visible(user)
    for name in ("state", "report", "period"):
        if name in asked:
            rows = rows.filter(**{name: asked[name]})
    if "unit" in asked:
        rows = rows.filter(unit=_unit(asked))
    return {"rows": rows, "show": lambda page: [_about(row) for row in page]}


def one(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The submission with the cells that differ from the version before. Raises Http404."""
    row = _one(user, asked["submission"])
    earlier = services.before(row)
    compared = (
        services.differences(*(services.table_of(each.snapshot, user) for each in (earlier, row))) if earlier else []
    )
    return _about(row) | {
        "differences": [
            {"row": cell.row, "column": cell.column, "before": cell.before, "after": cell.after} for cell in compared
        ]
    }


def figures(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The frozen table as `stored.as_json` has it; small numbers are hidden from who works elsewhere."""
    return as_json(services.table_of(_one(user, asked["submission"]).snapshot, user)) | {"next_page": None}


def check(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """{submission: key}: freezes the figures of this moment. `asked`: report, unit, scheme, period, reason.

    Raises ValidationError, Http404 outside the user's rights and places."""
    unit, today = _unit(asked), localdate()
    owed = {kind_of(duty) for duty in ReportDuty.objects.filter(report=asked["report"], level=unit.level)}
    if asked["report"] not in REPORTS or not owed:
        raise _wrong("report", "submission.not_owed", "Đơn vị này không phải nộp báo cáo đó.")
    try:
        period = Period.parse(asked["period"], today=today, kinds=owed)
    except PeriodError as exc:
        raise _wrong("period", "period", str(exc)) from None
    duty = services.duty_for(asked["report"], unit, period.start)
    if duty is None:
        raise _wrong("period", "submission.not_owed", "Đơn vị này không phải nộp báo cáo đó cho kỳ này.")
    made = _do(
        lambda: services.check(duty=duty, unit=unit, period=period, by=user, reason=asked.get("reason", ""), door=DOOR)
    )
    return {"submission": str(made.key)}


def step(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """{submission: key} after one step: `asked["step"]` is sign, receive, give_back (with `reason`) or drop."""
    row, name = _one(user, asked["submission"]), asked["step"]
    more = {"reason": asked.get("reason", "")} if name == "give_back" else {}
    if name not in services.RIGHTS or name == "check":
        raise Http404
    _do(lambda: getattr(services, name)(row, by=user, door=DOOR, **more))
    return {"submission": str(row.key)}


def _do(work: Any) -> Submission:
    try:
        made: Submission = work()
    except PermissionDenied:
        raise Http404 from None
    return made


def _visible(user: User) -> Any:
    seen = Q(state__in=SENT) | Q(unit__level__in=services.levels_prepared(user))
    return Submission.objects.visible_to(user).filter(seen).select_related("unit", *PEOPLE)


def _one(user: User, key: Any) -> Submission:
    row = _visible(user).select_related("snapshot").filter(key=key).first()
    if row is None:
        raise Http404
    _do(lambda: services.whole_unit(user, row.unit))
    found: Submission = row
    return found


def _about(row: Submission) -> dict[str, Any]:
    names = ("report", "period", "grouping", "version", "state", "reason", "due_on", "late_days", "return_reason")
    times = ("checked_at", "signed_at", "received_at", "returned_at")
    return {
        "submission": row.key, "unit": row.unit.code, "scheme": row.unit.scheme, "unit_name": row.unit.full_name,
        **{name: getattr(row, name) for name in names},
        **{name: str(getattr(row, name) or "") for name in PEOPLE},
        **{name: localtime(value) if (value := getattr(row, name)) else None for name in times},
    }  # fmt: skip


def _unit(asked: Mapping[str, Any]) -> Any:
    try:
        return find_unit(asked["unit"], asked.get("scheme"))[0]
    except UnitError as exc:
        raise _wrong("unit", "unit.unknown_code", str(exc)) from None


def _wrong(name: str, code: str, message: str) -> ValidationError:
    return ValidationError({name: ValidationError(message, code=code)})
