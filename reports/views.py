"""Screens of the reports: the list, one report with its question, its files, and the people behind a figure."""

import tempfile
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from ehr.common.numbers import format_number
from reports import people, services
from reports.forms import QuestionForm
from reports.layout import view_of
from reports.letterhead import letterhead
from reports.pdf import PDF_OFF, PdfOff, pdf_available
from reports.periods import Period
from reports.prints.batches import offered
from reports.questions import OutOfScope, Question, unit_token
from reports.registry import BY_PATH, REPORTS
from reports.report import GROUPS, Report
from reports.small import LIMIT, sees_small
from reports.tables import NUMBERS, SMALL, Column, Row, Table, hidden_in, text_of
from stations.scope import scope_of

PER_PAGE = 50
ROWS_PER_PAGE = 100
NAMED = {"mau": "XLSX theo mẫu"}  # the other formats are called as they end
IN_MEMORY = 4 * 2**20  # a larger file goes through the disk


def _report(request: HttpRequest, path: str, action: str = "view") -> Report:
    report = BY_PATH.get(path)
    if report is None or not services.may(report, request.user, action):
        raise Http404
    return report


def _form(request: HttpRequest, report: Report) -> QuestionForm:
    """The form, filled with the first unit and the running period when nothing is asked yet. Raises Http404."""
    data = request.GET.copy()
    try:
        data.setdefault("period", Period.of(report.periods[0], localdate()).text)
        if not data.get("unit"):
            data["unit"] = QuestionForm(None, report=report, user=request.user, today=localdate()).first_unit
        form = QuestionForm(data, report=report, user=request.user, today=localdate())
        form.full_clean()
    except OutOfScope:
        raise Http404 from None
    return form


def _question(request: HttpRequest, form: QuestionForm) -> Question:
    given = form.cleaned_data
    return Question(
        unit=given["unit"], period=given["period"], by=given["by"], user=request.user, today=localdate(),
        only_villages=given["only_villages"], options=given["options"],
    )  # fmt: skip


def _query(question: Question, **more: Any) -> str:
    asked = {"unit": unit_token(question.unit), "period": question.period.iso, "by": question.by}
    return urlencode(asked | dict(question.options) | more)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Reports that the user may ask for, by group."""
    offered = [report for report in REPORTS.values() if services.may(report, request.user, "view")]
    if not offered:
        raise Http404
    groups = [(group, [report for report in offered if report.group == group]) for group in GROUPS]
    context = {"groups": [pair for pair in groups if pair[1]], "pdf_off": "" if pdf_available() else PDF_OFF}
    return render(request, "reports/index.html", context)


@login_required
@require_safe
def show(request: HttpRequest, path: str) -> HttpResponse:
    """One report on screen; wrong input shows the form again with its errors, and no table."""
    report = _report(request, path)
    form = _form(request, report)
    context: dict[str, Any] = {"report": report, "form": form, "pdf_off": "" if pdf_available() else PDF_OFF}
    if form.is_valid():
        question = _question(request, form)
        table = services.make_table(report=report, question=question)
        page = Paginator(table.rows, ROWS_PER_PAGE).get_page(request.GET.get("page")) if report.personal else None
        rows = list(page) if page is not None else None
        if rows:
            services.log_shown(report=report, rows=rows, by=request.user, address=request.META.get("REMOTE_ADDR"))
        lists = bool(report.people or report.behind) and scope_of(request.user).can(report.right_people)

        def link(column: Column, row: Row) -> str:
            address = reverse("reports:people", args=[report.path])
            return f"{address}?{_query(question, column=column.key, line=row.key)}" if lists else ""

        def why(row: Row) -> str:
            address = reverse("reports:explain", args=[report.path])
            return f"{address}?{_query(question, line=row.key)}" if lists and report.explain else ""

        context |= {
            "table": table, "view": view_of(table, link, rows, why), "files": _files(request, report, question),
            "head": letterhead(question.unit, question.today), "page": page, "query": _query(question),
            "lists": _lists(report, question, table) if lists else [],
            "batch": _batch(report, question),
            "table_template": report.template,
        }  # fmt: skip
    return render(request, "reports/show.html", context, status=200 if form.is_valid() else 422)


def _files(request: HttpRequest, report: Report, question: Question) -> list[tuple[str, str]]:
    """(name, address) of the files that the user may take."""
    formats = [one for one in ("xlsx", "mau", "pdf", "csv") if services.offers(report, one)]
    return [
        (NAMED.get(one, one.upper()), f"{reverse('reports:file', args=[report.path, one])}?{_query(question)}")
        for one in formats
        if (one != "pdf" or pdf_available()) and services.may(report, request.user, services.FORMATS[one][2])
    ]


def _batch(report: Report, question: Question) -> dict[str, str]:
    """What the button posts that prints the report of every commune of the unit; empty when there is none."""
    if not pdf_available() or question.only_villages is not None or not offered(report, question.unit):
        return {}
    return {"unit": unit_token(question.unit), "period": question.period.iso, "by": question.by, **question.options}


def _lists(report: Report, question: Question, table: Table) -> list[tuple[str, str]]:
    """(text, address) of the lists that explain what the table flags."""
    wanted = set(report.review(question, table)) if report.review else set()
    if not wanted:
        return []
    names = {row.key: getattr(row, _name_column(table)) for row in (*table.rows, table.total) if row is not None}
    headings = people.headings(report=report, question=question)
    address = reverse("reports:people", args=[report.path])
    return [
        (f"{headings[column]} – {names[line]}", f"{address}?{_query(question, column=column, line=line)}")
        for column, line in sorted(wanted)
    ]


def _name_column(table: Table) -> str:
    """The first text column: how a line is called."""
    return next(column.key for column in table.columns if column.kind == "text")


@login_required
@require_safe
def file(request: HttpRequest, path: str, format: str) -> HttpResponse | FileResponse:
    """The report as a file to keep. Raises Http404 for a wrong question: no form links here with one."""
    if format not in services.FORMATS:
        raise Http404
    kind, _, action = services.FORMATS[format]
    report = _report(request, path, action)
    if not services.offers(report, format):
        raise Http404
    form = _form(request, report)
    if not form.is_valid():
        raise Http404
    question = _question(request, form)
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 the response closes it
    try:
        services.write_file(
            report=report, question=question, format=format, by=request.user, out=out,
            address=request.META.get("REMOTE_ADDR"),
        )  # fmt: skip
    except PdfOff as exc:
        out.close()
        return HttpResponse(str(exc), status=503, content_type="text/plain; charset=utf-8")
    except BaseException:
        out.close()
        raise
    length = out.tell()
    out.seek(0)
    name = services.file_name(report=report, question=question, format=format)
    headers = {
        "Content-Disposition": f'{"inline" if format == "pdf" else "attachment"}; filename="{name}"',
        "Content-Length": str(length), "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return FileResponse(out, content_type=kind, headers=headers)


@login_required
@require_safe
def people_list(request: HttpRequest, path: str) -> HttpResponse:
    """The people behind a figure, by page; as many as the figure says (REQ-RPT-10)."""
    report = _report(request, path)
    form = _form(request, report)
    if not scope_of(request.user).can(report.right_people) or not form.is_valid():
        raise Http404
    question = _question(request, form)
    column, line = request.GET.get("column", ""), request.GET.get("line", "")
    found = people.behind(report=report, question=question, column=column, line=line)
    if found is None or _is_hidden(report, question, column, line):
        raise Http404
    page: Page = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "report": report, "found": found, "page": page, "question": question,
        "lines": [people.line_of(found, row) for row in page],
        "back": f"{reverse('reports:show', args=[report.path])}?{_query(question)}",
        "query": _query(question, column=column, line=line),
    }  # fmt: skip
    return render(request, "reports/people.html", context)


@login_required
@require_safe
def explain(request: HttpRequest, path: str) -> HttpResponse:
    """Why a rate is above 100 %: who may not belong to the figure, list by list, and how old the population is."""
    report = _report(request, path)
    form = _form(request, report)
    if not report.explain or not scope_of(request.user).can(report.right_people) or not form.is_valid():
        raise Http404
    question, line = _question(request, form), request.GET.get("line", "all")
    table = services.make_table(report=report, question=question)
    row = next((row for row in (*table.rows, table.total) if row is not None and row.key == line), None)
    if row is None or getattr(row, "hidden", None):
        raise Http404
    small = sees_small(question.user)
    address = reverse("reports:people", args=[report.path])
    found = people.counts(report=report, question=question, line=line, columns=report.explain)
    context = {
        "report": report, "question": question, "table": table, "name": getattr(row, _name_column(table)),
        "cells": [(c.heading, text_of(c, row)) for c in table.columns if c.kind in NUMBERS],
        "reasons": [
            (heading, SMALL, "") if 1 <= count < LIMIT and not small
            else (heading, format_number(count), where if count else "")
            for key, heading, count in found
            for where in [f"{address}?{_query(question, column=key, line=line)}"]
        ],
        "figures": people.population_of(question, line),
        "back": f"{reverse('reports:show', args=[report.path])}?{_query(question)}",
    }  # fmt: skip
    return render(request, "reports/explain.html", context)


def _is_hidden(report: Report, question: Question, column: str, line: str) -> bool:
    """Whether the list belongs to a figure that this user is not shown."""
    if sees_small(question.user):
        return False
    table = services.make_table(report=report, question=question)
    wanted = next((one for one in table.columns if one.key == column), None)
    row = next((row for row in (*table.rows, table.total) if row is not None and row.key == line), None)
    return row is None or (wanted is None and bool(getattr(row, "hidden", None))) or (
        wanted is not None and bool(hidden_in(row, wanted))
    )  # fmt: skip
