"""Doors to the reports of all communes: starting a batch from the page of a report, its progress, its archive."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from reports.forms import QuestionForm
from reports.models import ReportBatch
from reports.pdf import pdf_available
from reports.periods import Period
from reports.prints import batches
from reports.questions import OutOfScope
from reports.registry import BY_PATH, REPORTS


@login_required
@require_POST
def start(request: HttpRequest, path: str) -> HttpResponse:
    """Starts printing the report that the page shows for every commune of its unit."""
    report = BY_PATH.get(path)
    if report is None or not pdf_available():
        raise Http404
    try:
        form = QuestionForm(request.POST.copy(), report=report, user=request.user, today=localdate())
        if not form.is_valid():
            raise Http404
        given = form.cleaned_data
        batch = batches.start(
            report=report, unit=given["unit"], period=given["period"], options=given["options"], by=request.user
        )
    except (OutOfScope, PermissionDenied):
        raise Http404 from None
    return redirect("prints:batch", key=batch.key)


@login_required
@require_safe
def progress(request: HttpRequest, key: Any) -> HttpResponse:
    """How far it is; only for who asked for it. Reloads itself through htmx until it is done."""
    batch = get_object_or_404(ReportBatch.objects.select_related("unit"), key=key, user=request.user)
    report = REPORTS.get(batch.report)
    context = {
        "job": batch, "title": report.title if report else batch.report, "path": report.path if report else "",
        "period": Period.parse(batch.period, today=localdate()),
    }  # fmt: skip
    return render(request, "prints/_batch.html" if request.htmx else "prints/batch.html", context)


@login_required
@require_safe
def archive(request: HttpRequest, key: Any) -> FileResponse:
    """The packed PDFs, streamed from the disk."""
    batch = get_object_or_404(
        ReportBatch.objects.select_related("unit"), key=key, user=request.user, state=ReportBatch.State.DONE
    )
    path = batches.folder(batch) / batches.ARCHIVE
    if not path.exists():
        raise Http404
    name = f"{batch.report}_{batch.unit.code}_{batch.period}_cac-xa.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
