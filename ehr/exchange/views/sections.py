"""Sections B and C of one person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ehr.common.problems import Problem
from ehr.exchange import queries
from ehr.exchange.examples import HISTORY_PATCH, VACCINATIONS_PATCH
from ehr.exchange.serializers.history import HistoryPatch, HistoryRead
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.serializers.vaccinations import ROWS, VaccinationsPatch, VaccinationsRead
from ehr.exchange.views.base import DOOR, PartnerView, describe, found, renamed
from ehr.records.services import save_history
from ehr.vaccination.services import save_vaccinations


class HistoryView(PartnerView):
    @describe("history_read", "Đọc phần B", answer=HistoryRead, tag="Tiền sử (phần B)")
    def get(self, request: Request, code: str) -> Response:
        return Response(self.show(code, "view"))

    @describe(
        "history_update",
        "Sửa phần B",
        answer=HistoryRead,
        body=HistoryPatch,
        tag="Tiền sử (phần B)",
        write=True,
        examples=HISTORY_PATCH,
        text="Chỉ gửi trường cần sửa và `version` đã đọc (0 khi chưa ai hỏi). null: chưa hỏi; "
        '`{"value": null, "state": "none"}`: không có; `"unknown"`: không biết.',
    )
    def patch(self, request: Request, code: str) -> Response:
        values = self.body(HistoryPatch)
        version = values.pop("version")

        def do() -> tuple[str, list[Problem]]:
            person = found(lambda: queries.person(request.user, code))
            saved = save_history(person=person, values=values, by=request.user, door=DOOR, version=version)
            return code, saved.warnings

        return self.write(do, lambda _: self.show(code, "change"))

    def show(self, code: str, action: str) -> dict[str, Any]:
        person = found(lambda: queries.person(self.request.user, code))
        shown = rendered(HistoryRead, queries.history_values(person))
        self.log([person.pk], action, "B")
        return shown


ROW_CODES = frozenset(row.code for row in ROWS)


class VaccinationsView(PartnerView):
    @describe("vaccinations_read", "Đọc phần C", answer=VaccinationsRead, tag="Tiêm chủng (phần C)")
    def get(self, request: Request, code: str) -> Response:
        return Response(self.show(code, "view"))

    @describe(
        "vaccinations_update",
        "Sửa phần C",
        answer=VaccinationsRead,
        body=VaccinationsPatch,
        tag="Tiêm chủng (phần C)",
        write=True,
        examples=VACCINATIONS_PATCH,
        text="`rows`: dòng in trên mẫu theo mã dòng; dòng không gửi giữ nguyên, null xóa dòng. "
        "`extra`: mọi mũi khác; không gửi thì giữ nguyên, gửi thì thay cả danh sách (giữ `id` của mũi cũ).",
    )
    def patch(self, request: Request, code: str) -> Response:
        values = self.body(VaccinationsPatch)
        if "mother_tetanus_dose_count" in values and values["mother_tetanus_dose_count"] is None:
            values["mother_tetanus_dose_count"] = ""  # null clears; the service takes None for "not sent"

        def do() -> tuple[str, list[Problem]]:
            person = found(lambda: queries.person(request.user, code))
            with renamed(_place):
                saved = save_vaccinations(person=person, by=request.user, door=DOOR, **values)
            return code, [replace(warning, field=_place(warning.field)) for warning in saved.warnings]

        return self.write(do, lambda _: self.show(code, "change"))

    def show(self, code: str, action: str) -> dict[str, Any]:
        person = found(lambda: queries.person(self.request.user, code))
        shown = rendered(VaccinationsRead, queries.vaccination_values(person))
        self.log([person.pk], action, "C")
        return shown


def _place(name: str) -> str:
    """Where the service's name of a line stands in the JSON: a printed row, the place in `extra`, or as it is."""
    if name in ROW_CODES:
        return f"rows.{name}"
    return name.replace("extra-", "extra.", 1) if name.startswith("extra-") else name
