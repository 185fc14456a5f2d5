"""Who sent which report and when, who was late by how many days, who has not sent (REQ-RPT-05): for those above."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q
from django.utils.timezone import localdate

from ehr.common.numbers import percent
from reports.definitions import definitions_on, version_of
from reports.periods import Kind as PeriodKind
from reports.questions import Question, names_of
from reports.report import GROUPS, Option, Report
from reports.submission.calendar import Due, dues_of, title_of
from reports.tables import TOTAL, Column, Note, PlainRow, Table
from stations.models import AdminUnit, Village

PERIODS: tuple[PeriodKind, ...] = ("month", "quarter", "half", "year")
LEVELS = {"commune": ("unit",), "district": ("commune",), "province": ("commune",)}
CODES = ("ACT-05", "ACT-06")
UNIT_COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Đơn vị", "(2)", "text", 46),
    Column("owed", "Phải nộp", "(3)", "int", 15),
    Column("in_time", "Đúng hạn", "(4)", "int", 15),
    Column("late", "Nộp trễ", "(5)", "int", 15),
    Column("missing", "Quá hạn, chưa nộp", "(6)", "int", 16),
    Column("open", "Chưa đến hạn", "(7)", "int", 15),
    Column("longest", "Trễ nhiều nhất (ngày)", "(8)", "int", 15),
    Column("rate", "Đúng hạn trên số đã đến hạn (%)", "(9)", "percent", 17, of=("in_time", "late", "missing")),
)
REPORT_COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Đơn vị", "(2)", "text", 46),
    Column("report", "Báo cáo", "(3)", "text", 48),
    Column("period", "Kỳ", "(4)", "text", 22),
    Column("due", "Hạn nộp", "(5)", "date", 24),
    Column("sent", "Ngày ký, gửi", "(6)", "date", 24),
    Column("late", "Trễ (ngày)", "(7)", "int", 14),
    Column("state", "Tình trạng", "(8)", "text", 30),
    Column("version", "Lần gửi", "(9)", "int", 13),
)
WAITING = {"checked": "Đã kiểm tra, chờ ký", "returned": "Bị trả lại, chưa gửi lại"}


def build(question: Question) -> Table:
    """Reports whose period ends within the one asked for. Six queries at any number of units and reports."""
    units = _units(question)
    names = names_of({question.unit, *units}, question.period)
    found = _asked(question, [due for due in dues_of(units, _months(question)) if _counts(due, question)])
    found.sort(key=lambda due: (due.unit.level != "province", due.unit.plain_name, due.unit.code, due.on))
    by_unit = question.options["rows"] == "unit"
    rows = _unit_rows(found, names, question.today) if by_unit else _report_rows(found, names, question.today)
    columns = UNIT_COLUMNS if by_unit else REPORT_COLUMNS
    defined = definitions_on(question.defined_on, CODES)
    return Table(
        report="lateness", title="Tình hình nộp báo cáo",
        subtitle=f"{question.period.title}; tình trạng đến ngày {question.today:%d/%m/%Y}",
        unit=question.unit, unit_name=names[question.unit.pk], period=question.period, by=question.by, columns=columns,
        rows=rows, total=_row("all", None, TOTAL, found, question.today) if by_unit else None,
        definitions=tuple(one.text for one in defined), version=version_of(defined),
        notes=_notes(found, question.today),
    )  # fmt: skip


def _units(question: Question) -> list[AdminUnit]:
    """The unit asked for and the communes below it; of an old unit those that its communes and villages went to."""
    unit = question.unit
    if unit.scheme == "new":
        below = AdminUnit.objects.filter(Q(pk=unit.pk) | Q(parent=unit, level="commune"))
        return list(below.select_related("parent"))
    old = AdminUnit.objects.filter(Q(pk=unit.pk) | Q(parent=unit) | Q(parent__parent=unit), scheme="old")
    homes = Village.objects.filter(old_commune__in=old).values("commune")
    moved = AdminUnit.objects.filter(predecessions__old__in=old, predecessions__is_default=True).values("pk")
    wanted = Q(pk=unit.pk) | Q(pk__in=homes) | Q(pk__in=moved, level="commune")
    return list(AdminUnit.objects.filter(wanted).select_related("parent"))


def _months(question: Question) -> Iterable[dt.date]:
    """The first day of each month of the period."""
    day = question.period.start
    while day < question.period.end:
        yield day
        day = (day + dt.timedelta(days=32)).replace(day=1)


def _counts(due: Due, question: Question) -> bool:
    period = question.period
    return period.start <= due.period.last_day < period.end and due.period.start <= question.today


def _asked(question: Question, dues: Sequence[Due]) -> list[Due]:
    wanted = question.options["only"]
    if wanted == "late":
        return [due for due in dues if due.is_late(question.today)]
    if wanted == "missing":
        return [due for due in dues if not due.sent and due.is_late(question.today)]
    return list(dues)


def _unit_rows(dues: Sequence[Due], names: Mapping[int, str], today: dt.date) -> list[PlainRow]:
    groups: dict[int, list[Due]] = {}
    for due in dues:
        groups.setdefault(due.unit.pk, []).append(due)
    return [
        _row(f"unit:{pk}", number, names[pk], group, today)
        for number, (pk, group) in enumerate(groups.items(), start=1)
    ]


def _row(key: str, number: int | None, name: str, dues: Sequence[Due], today: dt.date) -> PlainRow:
    late = [due for due in dues if due.is_late(today)]
    in_time = sum(due.sent and not due.is_late(today) for due in dues)
    missing = sum(not due.sent for due in late)
    values = {
        "number": number, "unit": name, "owed": len(dues), "in_time": in_time, "late": len(late) - missing,
        "missing": missing, "open": len(dues) - len(late) - in_time,
        "longest": max((due.late_days(today) for due in late), default=0),
        "rate": percent(in_time, in_time + len(late)),
    }  # fmt: skip
    return PlainRow(key, values)


def _report_rows(dues: Sequence[Due], names: Mapping[int, str], today: dt.date) -> list[PlainRow]:
    return [
        PlainRow(
            f"due:{due.unit.pk}:{due.duty.report}:{due.period.iso}:{due.duty.grouping}",
            {"number": number, "unit": names[due.unit.pk], "report": title_of(due), "period": due.period.text,
             "due": due.on, "sent": _sent_on(due), "late": due.late_days(today) or None, "state": _state(due, today),
             "version": due.first_sent.version if due.first_sent else None},
        )
        for number, due in enumerate(dues, start=1)
    ]  # fmt: skip


def _sent_on(due: Due) -> dt.date | None:
    at = due.first_sent.signed_at if due.first_sent else None
    return localdate(at) if at else None


def _state(due: Due, today: dt.date) -> str:
    if due.first_sent:
        return due.first_sent.get_state_display()
    waiting = WAITING.get(due.submission.state, "") if due.submission else "Chưa lập"
    return f"Quá hạn. {waiting}" if due.is_late(today) else f"Chưa đến hạn. {waiting}"


def _notes(dues: Sequence[Due], today: dt.date) -> tuple[Note, ...]:
    """Which units still owe something, by name where they are few."""
    missing = sum(not due.sent and due.is_late(today) for due in dues)
    texts = [f"Quá hạn mà chưa nộp: {missing} báo cáo." if missing else "Không có báo cáo nào quá hạn mà chưa nộp."]
    both = {due.duty.report for due in dues if due.early != due.on}
    if both:
        texts.append("Báo cáo mà văn bản ghi hai hạn được nhắc theo hạn sớm, tính trễ theo hạn chính.")
    return tuple(Note(text) for text in texts)


OPTIONS = (
    Option("rows", "Mỗi dòng", (("unit", "Một đơn vị"), ("report", "Một báo cáo phải nộp"))),
    Option("only", "Gồm", (("", "Tất cả"), ("late", "Trễ, quá hạn"), ("missing", "Quá hạn, chưa nộp"))),
)
REPORT = Report(
    key="lateness", path="tinh-hinh-nop", title="Tình hình nộp báo cáo",
    summary="Đơn vị nào đã nộp báo cáo nào, ngày nào, trễ mấy ngày, còn thiếu báo cáo nào.",
    build=build, levels=LEVELS, periods=PERIODS, group=GROUPS[-1], options=OPTIONS, every_commune=False,
)  # fmt: skip
