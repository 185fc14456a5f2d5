"""Screens of the reports: the list, one report with its question, its files, and the people behind a figure."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from reports import coverage, people, services
from reports.forms import QuestionForm
from reports.layout import view_of
from reports.letterhead import letterhead
from reports.pdf import PDF_OFF, PdfOff, pdf_available
from reports.questions import OutOfScope, Question, unit_token
from reports.registry import BY_PATH, REPORTS, Report
from reports.tables import Column, Row, Table
from stations.scope import scope_of

PER_PAGE = 50


def _report(request: HttpRequest, path: str) -> Report:
    report = BY_PATH.get(path)
    if report is None or not scope_of(request.user).can(report.right):
        raise Http404
    return report


def _form(request: HttpRequest, report: Report) -> QuestionForm:
    """The form, filled with the first unit and the running month when nothing is asked yet. Raises Http404."""
    data = request.GET.copy()
    try:
        if not data.get("unit"):
            empty = QuestionForm(None, report=report, user=request.user, today=localdate())
            data["unit"] = empty.first_unit
            data.setdefault("month", empty.initial["month"])
        form = QuestionForm(data, report=report, user=request.user, today=localdate())
        form.full_clean()
    except OutOfScope:
        raise Http404 from None
    return form


def _question(request: HttpRequest, form: QuestionForm) -> Question:
    given = form.cleaned_data
    return Question(
        unit=given["unit"], month=given["month"], by=given["by"], user=request.user, today=localdate(),
        only_villages=given["only_villages"],
    )  # fmt: skip


def _query(question: Question, **more: Any) -> str:
    return urlencode({"unit": unit_token(question.unit), "month": question.month.iso, "by": question.by, **more})


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Reports that the user may ask for."""
    scope = scope_of(request.user)
    offered = [report for report in REPORTS.values() if scope.can(report.right)]
    if not offered:
        raise Http404
    return render(request, "reports/index.html", {"reports": offered, "pdf_off": "" if pdf_available() else PDF_OFF})


@login_required
@require_safe
def show(request: HttpRequest, path: str) -> HttpResponse:
    """One report on screen; wrong input shows the form again with its errors, and no table."""
    report = _report(request, path)
    form = _form(request, report)
    context: dict[str, Any] = {"report": report, "form": form, "pdf_off": "" if pdf_available() else PDF_OFF}
    if form.is_valid():
        question = _question(request, form)
        table = report.build(question)

        def link(column: Column, row: Row) -> str:
            if not scope_of(request.user).can(report.right_people):
                return ""
            address = reverse("reports:people", args=[report.path])
            return f"{address}?{_query(question, column=column.key, line=row.key)}"

        files = [
            (format.upper(), f"{reverse('reports:file', args=[report.path, format])}?{_query(question)}")
            for format in ("xlsx", "pdf", "csv")
            if format != "pdf" or pdf_available()
        ]
        head = letterhead(question.unit, question.today)
        context |= {"table": table, "view": view_of(table, link), "files": files, "head": head}
        if scope_of(request.user).can(report.right_people):
            context["lists"] = _lists(report, question, table)
    return render(request, "reports/show.html", context, status=200 if form.is_valid() else 422)


def _lists(report: Report, question: Question, table: Table) -> list[tuple[str, str]]:
    """(text, address) of the lists that explain what the table flags."""
    if report.key != "coverage" or not (table.explanations or table.problems):
        return []
    wanted = {(name, "all") for name in coverage.LISTS_OVER_100 if table.explanations}
    wanted |= {(coverage.LIST_OF_BREACH[problem.code], problem.field) for problem in table.problems[:20]}
    names = {row.key: row.unit for row in (*table.rows, table.total)}
    headings = {key: heading for key, (heading, _) in coverage.lists(question.month).items()}
    address = reverse("reports:people", args=[report.path])
    return [
        (f"{headings[column]} – {names[line]}", f"{address}?{_query(question, column=column, line=line)}")
        for column, line in sorted(wanted)
    ]


@login_required
@require_safe
def file(request: HttpRequest, path: str, format: str) -> HttpResponse:
    """The report as a file to keep. Raises Http404 for a wrong question: no form links here with one."""
    report = _report(request, path)
    form = _form(request, report)
    if format not in services.FORMATS or not form.is_valid():
        raise Http404
    question = _question(request, form)
    try:
        content = services.make_file(report=report, question=question, format=format, by=request.user)
    except PdfOff as exc:
        return HttpResponse(str(exc), status=503, content_type="text/plain; charset=utf-8")
    name = services.file_name(report=report, question=question, format=format)
    kind = "inline" if format == "pdf" else "attachment"
    return HttpResponse(
        content,
        content_type=services.FORMATS[format][0],
        headers={"Content-Disposition": f'{kind}; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


@login_required
@require_safe
def people_list(request: HttpRequest, path: str) -> HttpResponse:
    """The people behind a figure, by page; as many as the figure says (REQ-RPT-10)."""
    report = _report(request, path)
    form = _form(request, report)
    if not scope_of(request.user).can(report.right_people) or not form.is_valid():
        raise Http404
    question = _question(request, form)
    found = people.behind(
        report=report, question=question, column=request.GET.get("column", ""), line=request.GET.get("line", "")
    )
    if found is None:
        raise Http404
    page = Paginator(found.people, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "report": report, "found": found, "page": page, "question": question,
        "back": f"{reverse('reports:show', args=[report.path])}?{_query(question)}",
        "query": _query(question, column=request.GET["column"], line=request.GET["line"]),
    }  # fmt: skip
    return render(request, "reports/people.html", context)
