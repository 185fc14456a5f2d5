"""What is not about people: code lists, units, villages, vaccines, coverage, who the caller is."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.timezone import localdate, localtime
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.codes.models import Code, CodeSystem
from ehr.codes.queries import find_codes
from ehr.exchange import registry
from ehr.exchange.places import code_of_facility
from ehr.exchange.serializers.common import page_of, results_of
from ehr.exchange.serializers.lists import (
    CodeRead,
    CodesQuery,
    Coverage,
    CoverageQuery,
    Me,
    ReportQuery,
    ReportRead,
    ReportSummary,
    SystemSummary,
    UnitRead,
    UnitsQuery,
    VaccineRead,
    VillageRead,
    VillagesQuery,
)
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.throttling import requests_per_minute
from ehr.exchange.views.base import PartnerView, describe, found
from ehr.vaccination.models import Vaccine
from stations.models import AdminUnit, Assignment, Village
from stations.queries import find_units
from stations.roles import RIGHTS
from stations.scope import scope_of

TAG = "Danh mục và đơn vị"
MOST_FOUND = 50


class ListView(PartnerView):
    """Lists without personal data."""

    right = "list.view"


class SystemsView(ListView):
    @describe("code_systems_list", "Các danh mục", answer=results_of(SystemSummary), tag=TAG)
    def get(self, request: Request) -> Response:
        rows = CodeSystem.objects.order_by("key")
        return Response({"results": [rendered(SystemSummary, row) for row in rows]})


class CodesView(ListView):
    query = CodesQuery

    @describe("codes_list", "Các mã của một danh mục", answer=page_of(CodeRead), query=CodesQuery, tag=TAG)
    def get(self, request: Request, system: str) -> Response:
        asked = self.ask(CodesQuery)
        day = asked.get("valid_on") or localdate()
        row = found(lambda: CodeSystem.objects.get(key=system))
        if "q" in asked:
            return one_page(
                [_code(code) for code in find_codes(system, asked["q"], on=day, limit=MOST_FOUND)], CodeRead
            )
        codes = Code.objects.filter(system=row).valid_on(day).select_related("release")
        return self.page(codes, CodeRead, lambda page: [_code(code) for code in page])


def _code(row: Code) -> dict[str, Any]:
    shown = ("code", "name", "name_en", "parent_code", "valid_from", "valid_to", "properties")
    return {name: getattr(row, name) for name in shown} | {"release": row.release.version}


class UnitsView(ListView):
    query = UnitsQuery

    @describe("units_list", "Đơn vị hành chính", answer=page_of(UnitRead), query=UnitsQuery, tag=TAG)
    def get(self, request: Request) -> Response:
        asked = self.ask(UnitsQuery)
        scheme, level = asked.get("scheme", "new"), asked.get("level", "")
        units = AdminUnit.objects.filter(scheme=scheme).select_related("parent")
        parent = None
        if "parent" in asked:
            parent = found(lambda: units.exclude(level="commune").get(code=asked["parent"]))
        if "q" in asked:
            rows = find_units(asked["q"], scheme=scheme, level=level, parent=parent, limit=MOST_FOUND)
            return one_page([_unit(row) for row in rows], UnitRead)
        units = units.filter(level=level) if level else units
        units = units.filter(parent=parent) if parent else units
        return self.page(units, UnitRead, lambda page: [_unit(row) for row in page])


def _unit(row: AdminUnit) -> dict[str, Any]:
    shown = ("scheme", "code", "level", "unit_type", "name", "full_name", "valid_from", "valid_to")
    return {name: getattr(row, name) for name in shown} | {"parent": row.parent.code if row.parent else None}


class VillagesView(ListView):
    query = VillagesQuery

    @describe("villages_list", "Thôn, bản, tổ dân phố", answer=page_of(VillageRead), query=VillagesQuery, tag=TAG)
    def get(self, request: Request) -> Response:
        asked = self.ask(VillagesQuery)
        rows = Village.objects.select_related("commune", "old_commune")
        if "commune" in asked:
            rows = rows.filter(commune__scheme="new", commune__code=asked["commune"])
        return self.page(rows, VillageRead)


class VaccinesView(ListView):
    @describe("vaccines_list", "Vắc xin", answer=results_of(VaccineRead), tag=TAG)
    def get(self, request: Request) -> Response:
        rows = Vaccine.objects.order_by("code")
        return Response({"results": [rendered(VaccineRead, row) for row in rows]})


class CoverageView(PartnerView):
    right = "report.view"
    query = CoverageQuery

    @describe("coverage_read", "Bảng liên thông và bao phủ", answer=Coverage, query=CoverageQuery, tag="Báo cáo")
    def get(self, request: Request) -> Response:
        return Response(registry.ask("coverage", request.user, self.ask(CoverageQuery)))


class ReportsView(PartnerView):
    right = "report.view"

    @describe("reports_list", "Các báo cáo và tham số", answer=results_of(ReportSummary), tag="Báo cáo")
    def get(self, request: Request) -> Response:
        return Response(registry.ask("reports", request.user, {}))


class ReportView(PartnerView):
    right = "report.view"
    query = ReportQuery

    @describe("report_read", "Một báo cáo", answer=ReportRead, query=ReportQuery, tag="Báo cáo")
    def get(self, request: Request, report: str) -> Response:
        return Response(registry.ask("report", request.user, self.ask(ReportQuery) | {"report": report}))


class MeView(ListView):
    @describe("me_read", "Khóa này là của ai, được làm gì, ở đâu", answer=Me, tag="Khóa truy cập")
    def get(self, request: Request) -> Response:
        key, scope = request.auth, scope_of(request.user)
        rows = Assignment.objects.valid_on(localdate()).filter(user=request.user)
        return Response(
            {
                "partner": key.partner.name,
                "key": key.label,
                "expires_at": localtime(key.expires_at) if key.expires_at else None,
                "rights": sorted(set().union(*(RIGHTS[role] for role in scope.roles))),
                "places": [_place(row) for row in rows.select_related("unit", "organization").order_by("pk")],
                "requests_per_minute": requests_per_minute(),
            }
        )


def _place(row: Assignment) -> dict[str, Any]:
    unit, facility = row.unit, row.organization
    return {
        "role": row.role,
        "unit": (unit.code if unit.scheme == "new" else f"old-{unit.code}") if unit else None,
        "facility": code_of_facility(facility) if facility else None,
        "name": str(unit or facility or ""),
        "valid_to": row.valid_to,
    }


def one_page(rows: list[dict[str, Any]], shape: Any) -> Response:
    """The best matches of a search: one page, no next."""
    return Response({"next": None, "previous": None, "results": [rendered(shape, row) for row in rows]})


class NowhereView(PartnerView):
    """Any other address below /api/: 404 in the shape of all errors, also without a key."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404
