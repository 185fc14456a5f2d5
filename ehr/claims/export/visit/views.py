"""The page where a visit entered here gets what its claim asks, with its bill and what still keeps it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.timezone import localdate

from ehr.claims.export.selecting import candidate_of
from ehr.claims.export.tables import card_of
from ehr.claims.export.visit.births import stored_births
from ehr.claims.export.visit.forms import VisitForm
from ehr.claims.export.visit.saving import CARD, COLUMNS, VisitFacts, save_visit_facts
from ehr.claims.export.visits import Visit, visits
from ehr.claims.prices.bill import ordered_at
from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.records.forms.base import SavingForm
from ehr.records.models import Encounter, Identifier
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, PersonFormPage
from ehr.records.views.encounter import OneEncounter
from stations.models import FacilityCode

ITEMS = 1000  # services to choose from


class VisitPage(OneEncounter, PersonFormPage):
    """Times, kind of care, services and papers of one visit."""

    tab = "D"
    logged = "XML BHYT"
    template_name = "claims/visit.html"
    saved_message = "Đã lưu dữ liệu BHYT của lượt khám."

    def prepare(self) -> None:
        super().prepare()
        if self.encounter.source != Encounter.Source.STATION or self.encounter.status == Encounter.Status.ERROR:
            raise Http404
        self.encounter.person = self.person

    def context(self) -> dict[str, Any]:
        facility = self.encounter.facility
        codes = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS, organization=facility)
        code = codes.filter(Q(valid_to=None) | Q(valid_to__gt=self.encounter.exam_date)).order_by("-pk").first()
        if facility is None or code is None:
            return {"encounter": self.encounter, "code": ""}
        found = candidate_of(self.encounter.pk, facility, code.code)
        rows = [*found.claim.rows("XML2"), *found.claim.rows("XML3")]
        lines = [
            {
                "name": row.text("TEN_THUOC") or row.text("TEN_DICH_VU") or row.text("TEN_VAT_TU"),
                "quantity": row.number("SO_LUONG"), "unit": row.text("DON_VI_TINH"),
                "price": row.number("DON_GIA") or row.number("DON_GIA_BV"), "full": row.number("THANH_TIEN_BV"),
                "fund": row.number("T_BHTT"), "own": (row.number("T_BNTT") or 0) + (row.number("T_BNCCT") or 0),
            }
            for row in rows
        ]  # fmt: skip
        main = found.claim.rows("XML1")[0]
        total = {"full": main.number("T_TONGCHI_BV"), "fund": main.number("T_BHTT"),
                 "own": (main.number("T_BNTT") or 0) + (main.number("T_BNCCT") or 0)}  # fmt: skip
        return {
            "encounter": self.encounter, "code": code.code, "key": found.ma_lk, "lines": lines, "total": total,
            "held": found.held, "priced": total["full"] is not None,
        }  # fmt: skip

    def make_form(self, data: Any = None) -> VisitForm:
        visit = self.encounter
        day = visit.exam_date
        items = PriceItem.objects.filter(facility=visit.facility_id).exclude(kind=PriceItem.Kind.DRUG).valid_on(day)
        terms = BillingTerms.objects.filter(facility=visit.facility_id).valid_on(day).first()
        more = {"encounter": visit, "items": list(items.order_by("plain_name")[:ITEMS]), "terms": terms,
                "stored": self.read()}  # fmt: skip
        return VisitForm(data, **more) if data is not None else VisitForm(version=visit.version, **more)

    def read(self) -> VisitFacts:
        """What is stored now."""
        (visit,) = visits([self.encounter.pk])
        return replace(stored_facts(visit), births=stored_births(self.encounter, visit.papers))

    def page(self, status: int = 200, **more: Any) -> Any:
        form: VisitForm = more["form"]
        rows = {"service_rows": form.rows("services"), "empty_service": form.empty_row("services")}
        return super().page(status, **more, **rows, today=localdate())

    def save(self, form: SavingForm) -> Saved:
        facts = cast(VisitForm, form).facts()
        card = self.card()
        if card is not None:
            card.person = self.person
        return save_visit_facts(
            encounter=self.encounter, facts=facts, by=self.request.user, door=DOOR, version=form.opened_version,
            card=card,
        )  # fmt: skip

    def card(self) -> Identifier | None:
        """The card that pays on the day of the visit."""
        (visit,) = visits([self.encounter.pk])
        return card_of(visit)

    def success_url(self, saved: Saved) -> str:
        return reverse("claims_export:visit", args=[self.person.code, saved.object.pk])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        self.encounter.refresh_from_db()
        self.encounter.person = self.person
        return self.encounter.version, self.make_form().initial, []


def stored_facts(visit: Visit) -> VisitFacts:
    """What the page shows of a visit."""
    results = {lab.service_code: lab.resulted_at for lab in visit.labs if lab.service_code}
    services = [
        {"code": row.code, "quantity": row.quantity, "performer": row.performer_code,
         "performed_at": row.performed_at, "resulted_at": results.get(row.code)}
        for row in visit.procedures
    ]  # fmt: skip
    coming, card = next(iter(visit.appointments), None), card_of(visit)
    papers: dict[str, tuple[str, list[list[str]]]] = {each.kind: (each.number, each.sections) for each in visit.papers}
    return VisitFacts(
        {name: getattr(visit.encounter, name) for name in COLUMNS},
        ordered_at(visit),
        services,
        frozenset(),
        coming.on if coming else None,
        coming.number if coming else "",
        "\n".join(note.progress for note in visit.notes if note.progress),
        papers,
        {name: getattr(card, name) for name in CARD} if card is not None else None,
    )
