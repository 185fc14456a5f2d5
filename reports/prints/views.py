"""Doors to the printed forms. Each print is logged for each person on it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views import View

from ehr.audit import services as audit
from ehr.audit.models import AccessLog
from ehr.records.models import Household, Person
from reports.models import PrintJob
from reports.pdf import pdf_available
from reports.prints import jobs
from reports.prints.pdf import qr_svg, render_html, write_pdf
from reports.prints.questionnaire import QUESTIONNAIRE, household_people, questionnaire_context
from reports.prints.record import record_context
from stations.models import Village
from stations.scope import scope_of


class PrintView(LoginRequiredMixin, View):
    """Needs the right to print; 404 otherwise (ehr.config.middleware)."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated and not scope_of(request.user).can("record.print"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def answer(self, template: str, context: dict[str, Any], name: str) -> HttpResponse:
        """PDF in the browser's viewer; the page itself, with its print style, when PDF is off."""
        if not pdf_available():
            return HttpResponse(render_html(template, context, on_screen=True))
        response = HttpResponse(write_pdf(template, context), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
        return response

    def log(self, people: list[Person], form: str) -> None:
        audit.log_accesses(
            by=self.request.user, person_ids=[person.pk for person in people], action=AccessLog.Action.PRINT,
            door="screen", object=form, address=self.request.META.get("REMOTE_ADDR"),
        )  # fmt: skip


class PersonPrint(PrintView):
    """A person's record in the order of form 831."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        people = Person.objects.visible_to(request.user).select_related(
            "commune", "village", "province", "station", "ethnicity", "nationality", "religion", "occupation",
            "birth_province", "recorded_district",
        )  # fmt: skip
        person = get_object_or_404(people, code=code)
        context = record_context(person) | {
            "qr": qr_svg(person.code),
            "office": person.station.name if person.station else f"Trạm Y tế {person.commune.full_name}",
            "printed_by": request.user.get_full_name(),
        }
        self.log([person], "Hồ sơ theo mẫu 831")
        return self.answer("prints/record.html", context, f"ho-so-{person.code}")


class HouseholdPrint(PrintView):
    """Questionnaires of one household."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        household = get_object_or_404(Household.objects.visible_to(request.user), pk=pk)
        seen = set(Person.objects.visible_to(request.user).filter(
            membership_set__household=household, membership_set__valid_to=None
        ).values_list("pk", flat=True))  # fmt: skip
        people = [person for person in household_people(household) if person.pk in seen]
        if not people:
            raise Http404
        self.log(people, QUESTIONNAIRE)
        return self.answer("prints/questionnaire.html", questionnaire_context(people), f"phieu-ho-{household.pk}")


class VillagePrint(PrintView):
    """Starts printing the questionnaires of a village and shows the user's earlier prints of it."""

    def village(self, pk: int) -> Village:
        places = scope_of(self.request.user).places()
        return get_object_or_404(Village.objects.select_related("commune").filter(places), pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        village = self.village(pk)
        earlier = PrintJob.objects.filter(village=village, user=request.user)[:10]
        households = len(jobs.village_households(village))
        context = {"village": village, "jobs": earlier, "households": households, "pdf": pdf_available()}
        return render(request, "prints/village.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = jobs.start(village=self.village(pk), by=request.user)
        return redirect("prints:job", key=job.key)


class JobPage(PrintView):
    """Progress of a print; only for who asked for it. Reloads itself through htmx until it is done."""

    def get(self, request: HttpRequest, key: Any) -> HttpResponse:
        job = get_object_or_404(PrintJob.objects.select_related("village"), key=key, user=request.user)
        template = "prints/_job.html" if request.htmx else "prints/job.html"
        return render(request, template, {"job": job})


class JobFile(PrintView):
    """The packed PDFs."""

    def get(self, request: HttpRequest, key: Any) -> FileResponse:
        job = get_object_or_404(PrintJob.objects.select_related("village"), key=key, user=request.user, state="done")
        path = jobs.folder(job) / "phieu.zip"
        if not path.exists():
            raise Http404
        return FileResponse(path.open("rb"), as_attachment=True, filename=f"phieu-dieu-tra-thon-{job.village_id}.zip")
