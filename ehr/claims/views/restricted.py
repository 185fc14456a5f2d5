"""Restricted claims (HIV, tuberculosis, mental health …): for programme officers only; to everybody else these pages do
not exist, and no list, count or export of theirs tells that such claims do. Reading is logged apart."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404

from ehr.claims.models import Claim
from ehr.claims.patient import told
from ehr.claims.restricted import LABELS
from ehr.claims.views.base import ClaimsPage
from ehr.claims.views.claim import ClaimPage
from ehr.records.models import Person

PAGE = 50
LOGGED = "Hồ sơ hạn chế"


def _kinds(claim: Claim) -> str:
    return ", ".join(LABELS.get(kind, kind) for kind in claim.restricted)


class RestrictedList(ClaimsPage):
    """Restricted claims of the people in the officer's places, latest first."""

    right = "restricted.view"
    template_name = "claims/restricted.html"

    def context(self) -> dict[str, Any]:
        claims = Claim.objects.visible_to(self.request.user).exclude(restricted=[]).defer("candidates")
        claims = claims.select_related("person", "facility", "commune").order_by("-started_at", "-id")
        page = Paginator(self.chosen(claims), PAGE).get_page(self.request.GET.get("trang"))
        rows = [(claim, told(claim).full_name, _kinds(claim)) for claim in page.object_list]
        self.log([claim.person_id or 0 for claim, _, _ in rows], LOGGED)
        return {"page": page, "rows": rows, "person": getattr(self, "person", None)}

    def chosen(self, claims: Any) -> Any:
        return claims


class RestrictedOfPerson(RestrictedList):
    """Restricted claims of one person."""

    def prepare(self) -> None:
        found = Person.objects.visible_to(self.request.user).filter(code=self.kwargs["code"])
        self.person = found.select_related("commune").first()
        if self.person is None:
            raise Http404

    def chosen(self, claims: Any) -> Any:
        return claims.filter(person=self.person)


class RestrictedClaim(ClaimPage):
    """One restricted claim, unsealed for this page."""

    right = "restricted.view"
    restricted = True
    logged = LOGGED

    def context(self) -> dict[str, Any]:
        return super().context() | {"kinds": _kinds(self.claim)}
