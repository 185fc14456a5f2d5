"""Screens of sending reports: the calendar, preparing, one sent report with its steps, closed months."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from ehr.records.views.base import RightPage
from reports.layout import view_of
from reports.letterhead import letterhead
from reports.pdf import PdfOff, pdf_available
from reports.periods import Period, PeriodError
from reports.questions import GROUPINGS, unit_of_token, unit_token, units_offered
from reports.registry import REPORTS
from reports.report import Report
from reports.services import FORMATS, offers, suffix_of
from reports.submission import services
from reports.submission.calendar import Due, begun, dues, open_dues, title_of
from reports.submission.models import ReportDuty, Snapshot, Submission
from reports.tables import Table
from reports.views import NAMED
from stations.models import AdminUnit, User
from stations.scope import scope_of

PER_PAGE = 100
FILTERS = {"": "Tất cả", "chua": "Chưa gửi", "tre": "Trễ hạn", "gui": "Đã gửi, chờ nhận", "nhan": "Đã nhận"}


class ReportPage(RightPage):
    right = "report.view"


def _units(user: User) -> list[AdminUnit]:
    return [unit for _, units in units_offered(user) for unit in units]


class Calendar(ReportPage):
    """What is owed in a month by the units of the user, who has sent it and who has not."""

    template_name = "reports/submission/calendar.html"

    def context(self) -> dict[str, Any]:
        today, user = localdate(), self.request.user
        try:
            month = Period.parse(self.request.GET.get("thang") or Period.of("month", today).iso, today=today)
        except PeriodError:
            raise Http404 from None
        month = Period.of("month", month.start)
        units = _units(user)
        every = dues(units, month.start)
        chosen = self.request.GET.get("loc", "")
        shown = [due for due in every if _matches(due, chosen, today)]
        page = Paginator(shown, PER_PAGE).get_page(self.request.GET.get("trang"))
        return {
            "month": month, "previous": month.previous(), "next": month.next() if month.end <= today else None,
            "page": page, "lines": [_line(due, today, user) for due in page.object_list], "chosen": chosen,
            "filters": [
                (key, label, sum(_matches(due, key, today) for due in every)) for key, label in FILTERS.items()
            ],
            "reminders": [_line(due, today, user) for due in open_dues(services.own_units(units, user), today)][:20],
            "paging": f"thang={month.iso}&loc={chosen}&",
        }  # fmt: skip


def _matches(due: Due, chosen: str, today: Any) -> bool:
    state = due.submission.state if due.submission else ""
    return {
        "": True,
        "chua": not due.sent,
        "tre": due.is_late(today),
        "gui": state == Submission.State.SIGNED,
        "nhan": state == Submission.State.RECEIVED,
    }.get(chosen, False)


def _line(due: Due, today: Any, user: User) -> dict[str, Any]:
    left, late = due.days_left(today), due.late_days(today)
    if due.sent:
        when = f"Trễ {late} ngày" if late else "Đúng hạn"
    elif late:
        when = f"Quá hạn {late} ngày"
    elif left < 0:
        when = f"Quá hạn sớm {due.early:%d/%m/%Y}, hạn chính còn {(due.on - today).days} ngày"
    else:
        when = "Hạn hôm nay" if left == 0 else f"Còn {left} ngày"
        when += f", hạn sớm {due.early:%d/%m/%Y}" if due.early != due.on else ""
    address = reverse(
        "submission:prepare", args=[due.duty.pk, unit_token(due.unit), due.period.iso]
    )  # fmt: skip
    return {
        "due": due, "title": title_of(due), "when": when, "late": due.is_late(today),
        "prepare": address,
        "may_prepare": begun(due.duty, due.period, today) and services.may("check", user, due.unit),
    }  # fmt: skip


class Prepare(ReportPage):
    """The figures of this moment, and the step that freezes them."""

    template_name = "reports/submission/prepare.html"

    def prepare(self) -> None:
        self.duty = get_object_or_404(ReportDuty, pk=self.kwargs["duty"])
        unit = unit_of_token(self.kwargs["unit"])
        if unit is None or self.duty.report not in REPORTS or unit.level != self.duty.level:
            raise Http404
        self.unit, self.report = unit, REPORTS[self.duty.report]
        try:
            services.whole_unit(self.request.user, unit)
            self.period = services.read_period(self.duty, self.kwargs["period"], today=localdate())
        except (PermissionDenied, PeriodError):
            raise Http404 from None

    def context(self) -> dict[str, Any]:
        table = services.draft(
            report=self.report, unit=self.unit, period=self.period, grouping=self.duty.grouping, today=localdate()
        )
        last = (
            Submission.objects.filter(report=self.duty.report, unit=self.unit, period=self.period.iso,
                                      grouping=self.duty.grouping)
            .exclude(state=Submission.State.DROPPED).select_related("snapshot").order_by("-version").first()
        )  # fmt: skip
        compared = services.differences(services.table_of(last.snapshot), table) if last else []
        return {
            **_shown(table, self.report), "unit": self.unit, "period": self.period, "last": last,
            "differences": compared, "needs_reason": bool(last and last.state != Submission.State.CHECKED),
            "may_check": services.may("check", self.request.user, self.unit),
        }  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            made = services.check(
                duty=self.duty, unit=self.unit, period=self.period, by=request.user,
                reason=request.POST.get("reason", ""),
            )  # fmt: skip
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            return self.page(status=422, errors=error.messages, reason=request.POST.get("reason", ""))
        return redirect("submission:show", key=made.key)


class OneSubmission(ReportPage):
    """A submission that the user may see: `self.submission`."""

    def prepare(self) -> None:
        rows = Submission.objects.visible_to(self.request.user).select_related(
            "unit__parent", "snapshot", "checked_by", "signed_by", "received_by", "returned_by"
        )
        self.submission = get_object_or_404(rows, key=self.kwargs["key"])
        try:
            services.whole_unit(self.request.user, self.submission.unit)
        except PermissionDenied:
            raise Http404 from None


class Show(OneSubmission):
    """The frozen figures, what was done with them, and the next step."""

    template_name = "reports/submission/show.html"

    def context(self) -> dict[str, Any]:
        sent, user, may = self.submission, self.request.user, services.may
        table = services.table_of(sent.snapshot, self.request.user)
        earlier = services.before(sent)
        state = Submission.State
        return {
            **_shown(table, REPORTS.get(sent.report)), "submission": sent, "earlier": earlier,
            "differences": self._differences(earlier, table),
            "may_sign": sent.state == state.CHECKED and may("sign", user, sent.unit),
            "may_drop": sent.state == state.CHECKED and may("drop", user, sent.unit),
            "may_receive": sent.state == state.SIGNED and may("receive", user, sent.unit),
            "may_give_back": sent.state in (state.SIGNED, state.RECEIVED) and may("give_back", user, sent.unit),
            "again": self._again() if sent.state in (state.SIGNED, state.RECEIVED, state.RETURNED)
            and may("check", user, sent.unit) else None,
            "token": unit_token(sent.unit), "links": _links("submission:file", sent.key, REPORTS.get(sent.report)),
        }  # fmt: skip

    def _differences(self, earlier: Submission | None, table: Table) -> list[services.Difference]:
        return services.differences(services.table_of(earlier.snapshot, self.request.user), table) if earlier else []

    def _again(self) -> ReportDuty | None:
        """The duty under which another version would be made."""
        sent = self.submission
        return services.duty_for(sent.report, sent.unit, sent.period_start, sent.grouping)


class Step(OneSubmission):
    """One step, by POST only."""

    http_method_names = ["post"]
    said = ""

    def step(self) -> Submission:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.step()
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
        else:
            messages.success(request, self.said)
        return redirect("submission:show", key=self.submission.key)


class Sign(Step):
    said = "Đã ký và gửi báo cáo."

    def step(self) -> Submission:
        return services.sign(self.submission, by=self.request.user)


class Receive(Step):
    said = "Đã nhận báo cáo."

    def step(self) -> Submission:
        return services.receive(self.submission, by=self.request.user)


class GiveBack(Step):
    said = "Đã trả lại báo cáo."

    def step(self) -> Submission:
        return services.give_back(self.submission, by=self.request.user, reason=self.request.POST.get("reason", ""))


class Drop(Step):
    said = "Đã bỏ bản chưa ký."

    def step(self) -> Submission:
        return services.drop(self.submission, by=self.request.user)


class Closed(ReportPage):
    """Months that were closed, with their tables."""

    template_name = "reports/submission/closed.html"

    def context(self) -> dict[str, Any]:
        rows = Snapshot.objects.visible_to(self.request.user).filter(origin=Snapshot.Origin.CLOSE)
        rows = rows.select_related("unit").defer("data").order_by("-period_start", "report", "unit__plain_name", "id")
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("trang"))
        lines = [
            {
                "snapshot": row, "period": Period.of("month", row.period_start).title,
                "title": REPORTS[row.report].title if row.report in REPORTS else row.report,
                "grouping": GROUPINGS.get(row.grouping, row.grouping),
            }
            for row in page.object_list
        ]  # fmt: skip
        return {"page": page, "lines": lines}


class ClosedTable(ReportPage):
    """One table of a closed month."""

    template_name = "reports/submission/closed_table.html"

    def prepare(self) -> None:
        self.snapshot = _snapshot(self.request, self.kwargs["key"])

    def context(self) -> dict[str, Any]:
        table = services.table_of(self.snapshot, self.request.user)
        return {**_shown(table, REPORTS.get(table.report)), "snapshot": self.snapshot,
                "links": _links("submission:closed_file", self.snapshot.key, REPORTS.get(table.report))}  # fmt: skip


def _snapshot(request: HttpRequest, key: Any) -> Snapshot:
    rows = Snapshot.objects.visible_to(request.user).filter(origin=Snapshot.Origin.CLOSE).select_related("unit__parent")
    snapshot = get_object_or_404(rows, key=key)
    try:
        services.whole_unit(request.user, snapshot.unit)
    except PermissionDenied:
        raise Http404 from None
    return snapshot


def _shown(table: Table, report: Any) -> dict[str, Any]:
    return {
        "report": report, "table": table, "view": view_of(table), "head": letterhead(table.unit, localdate()),
        "table_template": report.template if report else "reports/_table.html",
    }  # fmt: skip


def _links(name: str, key: Any, report: Report | None) -> list[tuple[str, str]]:
    """(PDF, address) … of the files of a frozen table."""
    return [
        (NAMED.get(suffix, suffix.upper()), reverse(name, args=[key, suffix]))
        for suffix in ("pdf", "xlsx", "mau", "csv")
        if report and offers(report, suffix) and (suffix != "pdf" or pdf_available())
    ]


@login_required
@require_safe
def file(request: HttpRequest, key: Any, format: str) -> HttpResponse:
    """The frozen report as a file: the same figures for ever."""
    page = Show(request=request, kwargs={"key": key})
    if not scope_of(request.user).can("report.view"):
        raise Http404
    page.prepare()
    name = f"{page.submission.report}_{page.submission.unit.code}_{page.submission.period}_lan{page.submission.version}"
    return _file(request, page.submission.snapshot, format, name, signed=page.submission.signed_at)


@login_required
@require_safe
def closed_file(request: HttpRequest, key: Any, format: str) -> HttpResponse:
    """A table of a closed month as a file."""
    if not scope_of(request.user).can("report.view"):
        raise Http404
    snapshot = _snapshot(request, key)
    return _file(
        request, snapshot, format, f"{snapshot.report}_{snapshot.unit.code}_{snapshot.period}_chot", signed=None
    )


def _file(request: HttpRequest, snapshot: Snapshot, format: str, name: str, *, signed: Any) -> HttpResponse:
    if format not in FORMATS:
        raise Http404
    table = services.table_of(snapshot, request.user)
    report, out = REPORTS.get(table.report), io.BytesIO()
    content_type, write, _ = FORMATS[format]
    if report is None or not offers(report, format):
        raise Http404
    try:
        write(report, table, lambda: letterhead(table.unit, localdate(signed or snapshot.made_at)), out)
    except PdfOff as off:
        return HttpResponse(str(off), status=503, content_type="text/plain; charset=utf-8")
    kind = "inline" if format == "pdf" else "attachment"
    headers = {
        "Content-Disposition": f'{kind}; filename="{name}{suffix_of(format)}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(out.getvalue(), content_type=content_type, headers=headers)
