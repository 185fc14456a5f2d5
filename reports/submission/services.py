"""From a draft to a report that is frozen: check, sign, receive, give back. Every door calls these; each may be called
twice without harm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from reports.periods import Period, PeriodError
from reports.questions import OutOfScope, Question, villages_seen
from reports.registry import REPORTS
from reports.report import Report
from reports.small import sees_small, suppressed
from reports.stored import as_json, from_json
from reports.submission.calendar import begun, due_on, kind_of
from reports.submission.kept import forget
from reports.submission.models import ReportDuty, Snapshot, Submission
from reports.tables import Table, text_of
from reports.workdays import work_calendar
from stations.models import AdminUnit, User, Village
from stations.scope import scope_of

State = Submission.State
LOCK = 831_005  # with the unit: who checks the same report twice at once takes turns


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell of one table that the other one says differently; "" where it lacks the row or the column."""

    row: str
    column: str
    before: str
    after: str


def whole_unit(user: User, unit: AdminUnit) -> None:
    """A report is sent for a unit by those who answer for all of it, and received by those who supervise all of it.

    A centre works in an old district: it supervises a commune when every village of the commune is one of its own.
    Raises PermissionDenied."""
    try:
        seen = villages_seen(user, unit)
    except OutOfScope:
        raise PermissionDenied from None
    if seen is None:
        return
    if scope_of(user).can("report.receive") and not Village.objects.filter(commune=unit).exclude(pk__in=seen).exists():
        return
    raise PermissionDenied


#: Step → the right it takes. A commune sends and its superiors receive.
RIGHTS = {"check": "record.change", "drop": "record.change", "sign": "report.submit", "receive": "report.receive",
          "give_back": "report.receive"}  # fmt: skip
#: A province reports for itself: who receives there also prepares and signs, and nobody in the system is above it.
OWN_RIGHTS = {"check": "report.receive", "drop": "report.receive", "sign": "report.receive"}


def may(step: str, user: User, unit: AdminUnit) -> bool:
    """Whether the user's roles allow the step for a unit of this level; `whole_unit` asks about the place."""
    right = (RIGHTS if unit.level == AdminUnit.Level.COMMUNE else OWN_RIGHTS).get(step)
    return right is not None and scope_of(user).can(right)


def own_units(units: Iterable[AdminUnit], user: User) -> list[AdminUnit]:
    """Of these units, the ones whose reports the user prepares or signs."""
    return [unit for unit in units if may("check", user, unit) or may("sign", user, unit)]


def levels_prepared(user: User) -> list[str]:
    """Levels of units whose reports the user may prepare or sign, so that unsent versions are their business."""
    return [
        level for level in AdminUnit.Level.values if own_units([AdminUnit(level=level)], user)
    ]  # fmt: skip


def duty_for(report: str, unit: AdminUnit, day: dt.date, grouping: str = "") -> ReportDuty | None:
    """The duty of the unit to send the report for the period that begins on `day`."""
    rows = ReportDuty.objects.valid_on(day).filter(report=report, level=unit.level)
    return (rows.filter(grouping=grouping) if grouping else rows).order_by("pk").first()


def draft(*, report: Report, unit: AdminUnit, period: Period, grouping: str, today: dt.date) -> Table:
    """The figures as they are now: nothing is hidden, the unit is responsible for them."""
    return report.build(Question(unit=unit, period=period, by=grouping, user=None, today=today))


def read_period(duty: ReportDuty, text: str, *, today: dt.date) -> Period:
    """The period a duty is about. Raises PeriodError."""
    return Period.parse(text, today=today, kinds=[kind_of(duty)])


@transaction.atomic
def check(
    *, duty: ReportDuty, unit: AdminUnit, period: Period, by: User, reason: str = "", door: str = "screen"
) -> Submission:
    """Freezes the figures of this moment for the head to sign. Checked again before that, it takes the new figures.

    After a version was sent, a new one needs a reason. Raises PermissionDenied, ValidationError."""
    whole_unit(by, unit)
    if not may("check", by, unit):
        raise PermissionDenied
    if unit.level != duty.level or duty.report not in REPORTS or period.kind != duty.period_kind:
        raise ValidationError("Đơn vị này không phải nộp báo cáo đó.", code="submission.not_owed")
    if period.start > localdate():
        raise ValidationError(f"{period.title} chưa đến.", code="submission.early")
    if not begun(duty, period, localdate()):
        raise ValidationError(
            f"{period.title} chưa hết: báo cáo này lập sau khi hết kỳ, từ ngày {period.end:%d/%m/%Y}.",
            code="submission.early",
        )
    _turn(unit)
    report = REPORTS[duty.report]
    last = _latest(duty, unit, period)
    table = draft(report=report, unit=unit, period=period, grouping=duty.grouping, today=localdate())
    if last and last.state == State.CHECKED:
        if last.snapshot.data_hash == table.data_hash():
            return last
        last.snapshot = _freeze(table, Snapshot.Origin.SUBMISSION, by)
        last.checked_by, last.checked_at = by, timezone.now()
        _save(last, by, door)
        return last
    if last and last.state != State.DROPPED and not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(f"Lần {last.version} đã gửi. Cần ghi lý do gửi lại.", code="submission.reason")}
        )
    made = Submission(
        report=duty.report, unit=unit, period=period.iso, period_start=period.start, grouping=duty.grouping,
        version=last.version + 1 if last else 1, snapshot=_freeze(table, Snapshot.Origin.SUBMISSION, by),
        reason=reason.strip(), due_on=due_on(duty, period, work_calendar()), checked_by=by, checked_at=timezone.now(),
    )  # fmt: skip
    _save(made, by, door)
    return made


def sign(submission: Submission, *, by: User, door: str = "screen") -> Submission:
    """The head signs what was checked, and it is sent. Signed once; again changes nothing."""
    return _step(
        submission, by, door, step="sign", done=(State.SIGNED, State.RECEIVED), allowed=(State.CHECKED,),
        values={"state": State.SIGNED, "signed_by": by, "signed_at": timezone.now()},
    )  # fmt: skip


def receive(submission: Submission, *, by: User, door: str = "screen") -> Submission:
    """The upper level takes it."""
    return _step(
        submission, by, door, step="receive", done=(State.RECEIVED,), allowed=(State.SIGNED,),
        values={"state": State.RECEIVED, "received_by": by, "received_at": timezone.now()},
    )  # fmt: skip


def give_back(submission: Submission, *, by: User, reason: str, door: str = "screen") -> Submission:
    """The upper level wants another version; it says why."""
    if not reason.strip():
        raise ValidationError({"reason": ValidationError("Cần ghi lý do trả lại.", code="submission.reason")})
    return _step(
        submission, by, door, step="give_back", done=(State.RETURNED,),
        allowed=(State.SIGNED, State.RECEIVED),
        values={"state": State.RETURNED, "returned_by": by, "returned_at": timezone.now(),
                "return_reason": reason.strip()},
    )  # fmt: skip


def drop(submission: Submission, *, by: User, door: str = "screen") -> Submission:
    """Takes back a checked version that nobody signed."""
    return _step(
        submission, by, door, step="drop", done=(State.DROPPED,), allowed=(State.CHECKED,),
        values={"state": State.DROPPED},
    )  # fmt: skip


@transaction.atomic
def _step(
    submission: Submission, by: User, door: str, *, step: str, done: tuple[str, ...], allowed: tuple[str, ...],
    values: dict[str, Any],
) -> Submission:  # fmt: skip
    locked = Submission.objects.select_for_update().select_related("unit", "snapshot").get(pk=submission.pk)
    if not may(step, by, locked.unit):
        raise PermissionDenied
    whole_unit(by, locked.unit)
    if locked.state in done:
        return locked
    if locked.state not in allowed:
        raise ValidationError(
            f"Báo cáo đang ở trạng thái “{locked.get_state_display()}”, không làm bước này được.",
            code="submission.state",
        )
    for name, value in values.items():
        setattr(locked, name, value)
    _save(locked, by, door)
    return locked


def _save(submission: Submission, by: User, door: str) -> None:
    with audit.context(by=by, door=door):
        submission.save()
    transaction.on_commit(forget)


def _turn(unit: AdminUnit) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, unit.pk])


def _latest(duty: ReportDuty, unit: AdminUnit, period: Period) -> Submission | None:
    rows = Submission.objects.filter(report=duty.report, unit=unit, period=period.iso, grouping=duty.grouping)
    return rows.select_related("snapshot").order_by("-version").first()


def _freeze(table: Table, origin: str, by: User | None, as_of: dt.datetime | None = None) -> Snapshot:
    return Snapshot.objects.create(**columns_of(table, origin=origin, by=by, as_of=as_of or timezone.now()))


def columns_of(table: Table, *, origin: str, by: User | None, as_of: dt.datetime) -> dict[str, Any]:
    """What a snapshot keeps of a table."""
    return {
        "report": table.report, "definition": table.version, "unit": table.unit, "period": table.period.iso,
        "period_start": table.period.start, "period_end": table.period.end, "grouping": table.by, "origin": origin,
        "as_of": as_of, "data": as_json(table), "data_hash": table.data_hash(), "made_by": by,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ compare
def before(submission: Submission) -> Submission | None:
    """The version that was sent before this one."""
    rows = Submission.objects.filter(
        report=submission.report, unit=submission.unit, period=submission.period, grouping=submission.grouping,
        version__lt=submission.version,
    )  # fmt: skip
    return rows.exclude(state=State.DROPPED).select_related("snapshot").order_by("-version").first()


def differences(old: Table, new: Table) -> list[Difference]:
    """Cells that differ, in the order of the new table; rows that are gone at the end."""
    columns = {column.key: column for column in (*old.columns, *new.columns)}
    rows = [{row.key: row for row in (*table.rows, *([table.total] if table.total else []))} for table in (old, new)]
    found = []
    for key in dict.fromkeys([*rows[1], *rows[0]]):
        texts = [
            {name: text_of(column, side[key]) for name, column in columns.items() if _has(side[key], name)}
            if key in side else {}
            for side in rows
        ]  # fmt: skip
        label = _label(rows[1].get(key) or rows[0][key], new)
        found += [
            Difference(label, columns[name].heading, texts[0].get(name, ""), texts[1].get(name, ""))
            for name in columns
            if columns[name].kind != "index" and texts[0].get(name, "") != texts[1].get(name, "")
        ]
    return found


def _has(row: Any, name: str) -> bool:
    return hasattr(row, name)


def _label(row: Any, table: Table) -> str:
    first = next((column for column in table.columns if column.kind == "text"), None)
    return text_of(first, row) if first and _has(row, first.key) else str(row.key)


def table_of(snapshot: Snapshot, by: User | None = None) -> Table:
    """The frozen table, to be shown by the same renderers; `by`: small numbers are hidden from who works elsewhere.

    Its hash is compared: a table that was tampered with is not shown. Raises ValueError."""
    table = from_json(snapshot.data)
    if table.data_hash() != snapshot.data_hash:
        raise ValueError("the figures of a snapshot do not have its hash")
    return table if sees_small(by) else suppressed(table)


__all__ = [
    "Difference", "PeriodError", "before", "check", "columns_of", "differences", "draft", "drop", "duty_for",
    "give_back", "levels_prepared", "may", "own_units", "read_period", "receive", "sign", "table_of", "whole_unit",
]  # fmt: skip
