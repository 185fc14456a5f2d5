"""Finding people, and the small lists that forms suggest from."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from ehr.records import queries
from ehr.records.forms.places import offered_villages, place_label
from ehr.records.views.base import RightPage
from stations.models import AdminUnit
from stations.queries import find_units


class Find(RightPage):
    """GET shows the empty box; the words come by POST, so that no name or number stands in an address or a log."""

    template_name = "records/find.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = request.POST.get("q", "")[:100]
        found = queries.find_people(user=request.user, text=text)
        if not request.htmx and found.how == "number" and len(found.people) == 1:
            return redirect("records:person", code=found.people[0].code)
        if request.htmx:
            self.template_name = "records/_found.html"
        return self.page(found=found, q=text)


@require_GET
@login_required
def units(request: HttpRequest) -> HttpResponse:
    """Units for a box: ?q=, ?level=, ?scheme= (both lists when empty), ?within= the key of the unit above."""
    text, level, scheme = (request.GET.get(name, "")[:60] for name in ("q", "level", "scheme"))
    within = request.GET.get("within", "")
    parent = AdminUnit.objects.filter(pk=within).first() if within.isdigit() else None
    schemes = [scheme] if scheme in AdminUnit.Scheme.values else ["new", "old"]
    level = level if level in AdminUnit.Level.values else ""
    found = [
        unit
        for kind in schemes
        for unit in find_units(
            text, scheme=kind, level=level, parent=parent if parent and parent.scheme == kind else None
        )
    ]
    return JsonResponse(
        [{"value": unit.pk, "label": place_label(unit), "hint": unit.code} for unit in found[:30]], safe=False
    )


@require_GET
@login_required
def villages(request: HttpRequest) -> HttpResponse:
    """Villages of the commune ?within=."""
    within = request.GET.get("within", "")
    found = offered_villages([int(within)]) if within.isdigit() else []
    return JsonResponse([{"value": village.pk, "label": village.name} for village in found], safe=False)
