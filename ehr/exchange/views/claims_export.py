"""Packages of a facility's own visits for partner systems. Restricted claims never leave this way."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.claims.export import services
from ehr.common.problems import Problem, raise_errors
from ehr.exchange.serializers.claims_export import ClaimsExportPreview, ClaimsExportQuery
from ehr.exchange.views.base import DOOR, PartnerView, address_of, describe

TAG = "Hồ sơ BHYT"
XML: Any = (200, "application/xml")


class ClaimsExportView(PartnerView):
    right = services.RIGHT
    query = ClaimsExportQuery

    def asked(self) -> tuple[services.Period, dict[str, Any]]:
        """The period, and the other parameters. 404 for a facility that is not the key's."""
        asked = self.ask(ClaimsExportQuery)
        try:
            period = services.period_of(asked["facility"], asked["first"], asked["last"], by=self.request.user)
        except PermissionDenied:
            raise Http404 from None
        except services.WrongPeriod as wrong:
            raise_errors([Problem("last", "period.wrong", str(wrong))])
            raise
        return period, asked

    @describe(
        "claims_export",
        "Gói XML BHYT của một cơ sở",
        answer=OpenApiTypes.STR,
        code=XML,
        query=ClaimsExportQuery,
        tag=TAG,
        text="Lượt khám không qua kiểm tra bị giữ lại (`X-Held`), các lượt khác vẫn xuất (`X-Exported`); mỗi lần gọi "
        "được ghi vào sổ xuất. 204: không có lượt nào xuất được; hỏi /claims/export/preview/ để biết lý do.",
    )
    def get(self, request: Request) -> Any:
        period, asked = self.asked()
        zipped = asked.get("kind") == "zip"
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        result = services.export(
            period, file, by=request.user, door=DOOR, one_per_visit=zipped,
            changed_only=asked.get("changed") == "true", address=address_of(request),
        )  # fmt: skip
        headers = {"X-Exported": str(result.go), "X-Held": str(result.held_visits)}
        if result.export is None:
            file.close()
            return HttpResponse(status=204, headers=headers)
        file.seek(0)
        kind = "application/zip" if zipped else "application/xml"
        name = services.file_name(period, zipped=zipped)
        headers["X-SHA256"] = result.export.sha256
        return FileResponse(file, content_type=kind, filename=name, as_attachment=True, headers=headers)


class ClaimsExportPreviewView(ClaimsExportView):
    @describe(
        "claims_export_preview",
        "Lượt nào xuất được, lượt nào bị giữ lại và vì sao",
        answer=ClaimsExportPreview,
        query=ClaimsExportQuery,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        period, asked = self.asked()
        result = services.preview(period, changed_only=asked.get("changed") == "true")
        return Response(result.as_json())
