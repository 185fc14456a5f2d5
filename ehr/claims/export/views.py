""" "Xuất XML": what would go and what stays of a facility's days, the package, and the packages made so far."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from ehr.claims.export import services
from ehr.claims.export.forms import PeriodForm
from ehr.claims.export.held_xlsx import held_book
from ehr.claims.export.models import ClaimExport
from ehr.records.models import Encounter
from ehr.records.views.base import DOOR, RightPage

SHOWN = 100  # visits held back and changed visits on the page; the spreadsheet has all
LEDGER = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportPage(RightPage):
    """A page about the period in its address or form."""

    right = services.RIGHT
    template_name = "claims/export.html"

    def asked(self, data: QueryDict) -> tuple[PeriodForm, services.Period | None]:
        """The form, and the period when it is one. A facility that is not the user's does not exist."""
        form = PeriodForm(data if "facility" in data else None, user=self.request.user)
        if not form.is_bound:
            return form, None
        if not form.is_valid():
            if "facility" in form.errors and data.get("facility"):
                raise Http404
            return form, None
        try:
            return form, form.period()
        except PermissionDenied:
            raise Http404 from None
        except services.WrongPeriod as wrong:
            form.add_error("last", str(wrong))
            return form, None


class Index(ExportPage):
    """What would go, what stays and why; what went before."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form, period = self.asked(request.GET)
        context: dict[str, Any] = {"form": form, "ledger": self.ledger()}
        if period is not None:
            result = services.preview(period, changed_only=form.cleaned_data["changed"])
            context |= {"period": period, "result": result, "held": _by_visit(result), "shown": SHOWN}
            context["again"] = result.again[:SHOWN]
            context["query"] = request.GET.urlencode()
        status = 422 if form.is_bound and form.errors else 200
        return self.page(status, **context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The package, as a download."""
        form, period = self.asked(request.POST)
        if period is None:
            return self.page(422, form=form, ledger=self.ledger())
        one_per_visit = request.POST.get("kind") == "zip"
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        result = services.export(
            period, file, by=request.user, door=DOOR, one_per_visit=one_per_visit,
            changed_only=form.cleaned_data["changed"], address=request.META.get("REMOTE_ADDR") or None,
        )  # fmt: skip
        if result.export is None:
            file.close()
            context = {"period": period, "result": result, "held": _by_visit(result), "shown": SHOWN, "nothing": True}
            return self.page(422, form=form, ledger=self.ledger(), query=_address(request.POST), **context)
        file.seek(0)
        name = services.file_name(period, zipped=one_per_visit)
        return FileResponse(file, as_attachment=True, filename=name)

    def ledger(self) -> list[ClaimExport]:
        rows = ClaimExport.objects.visible_to(self.request.user).select_related("facility", "by")
        return list(rows[:LEDGER])


class HeldFile(ExportPage):
    """The visits that stay, as a spreadsheet."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _, period = self.asked(request.GET)
        if period is None:
            raise Http404
        response = HttpResponse(held_book(period, services.preview(period).held), content_type=XLSX)
        response["Content-Disposition"] = f'attachment; filename="giu-lai_{period.code}.xlsx"'
        return response


def _address(data: QueryDict) -> str:
    kept = data.copy()
    for name in ("csrfmiddlewaretoken", "kind"):
        kept.pop(name, None)
    return kept.urlencode()


def _by_visit(result: services.Result) -> list[dict[str, Any]]:
    """Reasons of each visit together, with the page where it can be set right. One query."""
    visits: dict[str, dict[str, Any]] = {}
    for each in result.held:
        if each.ma_lk not in visits and len(visits) >= SHOWN:
            break
        visit = visits.setdefault(each.ma_lk, {"ma_lk": each.ma_lk, "source": each.source, "reasons": [],
                                               "encounter": each.encounter_id, "url": ""})  # fmt: skip
        visit["reasons"].append(each)
    keys = [visit["encounter"] for visit in visits.values() if visit["encounter"]]
    codes = dict(Encounter.objects.filter(pk__in=keys).order_by().values_list("pk", "person__code"))
    for visit in visits.values():
        if visit["encounter"] in codes:
            # What a claim lacks of a visit entered here is typed on a page of its own.
            page = "claims_export:visit" if visit["source"] == "record" else "records:encounter"
            visit["url"] = reverse(page, args=[codes[visit["encounter"]], visit["encounter"]])
    return list(visits.values())
