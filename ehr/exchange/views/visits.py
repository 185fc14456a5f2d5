"""Section D: visits of a person, one visit, cancelling."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ehr.common.problems import Problem
from ehr.exchange import queries
from ehr.exchange.examples import VISIT_CREATE
from ehr.exchange.serializers.common import Reason, page_of
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.serializers.visits import VisitCreate, VisitPatch, VisitRead, VisitsQuery
from ehr.exchange.views.base import DOOR, PartnerView, describe, found
from ehr.records.models import Encounter
from ehr.records.services import cancel_encounter, save_encounter

TAG = "Lượt khám (phần D)"


class VisitsView(PartnerView):
    query = VisitsQuery

    @describe("visits_list", "Các lượt khám của một người", answer=page_of(VisitRead), query=VisitsQuery, tag=TAG)
    def get(self, request: Request, code: str) -> Response:
        asked = self.ask(VisitsQuery)
        person = found(lambda: queries.person(request.user, code))
        rows = queries.visits(request.user).filter(person=person)
        for name, path in (("status", "status"), ("exam_from", "exam_date__gte"), ("exam_to", "exam_date__lte")):
            if name in asked:
                rows = rows.filter(**{path: asked[name]})
        self.log([person.pk], "view", "D")
        return self.page(rows, VisitRead, lambda page: [queries.visit_values(row) for row in page])

    @describe(
        "visits_create",
        "Thêm lượt khám",
        answer=VisitRead,
        code=201,
        body=VisitCreate,
        tag=TAG,
        write=True,
        examples=VISIT_CREATE,
        text="Chẩn đoán đầu tiên là bệnh chính. BMI do hệ thống tính.",
    )
    def post(self, request: Request, code: str) -> Response:
        values = self.body(VisitCreate)

        def do() -> tuple[int, list[Problem]]:
            person = found(lambda: queries.person(request.user, code))
            saved = save_encounter(person=person, values=values, by=request.user, door=DOOR)
            return saved.object.pk, saved.warnings

        return self.write(do, lambda pk: show_visit(self, int(pk), "change"), code=201, link="exchange:visit")


class VisitView(PartnerView):
    @describe("visit_read", "Đọc một lượt khám", answer=VisitRead, tag=TAG)
    def get(self, request: Request, pk: int) -> Response:
        return Response(show_visit(self, pk, "view"))

    @describe(
        "visit_update",
        "Sửa một lượt khám",
        answer=VisitRead,
        body=VisitPatch,
        tag=TAG,
        write=True,
        text="Chỉ gửi trường cần sửa và `version` đã đọc. `labs`, `diagnoses` thay cả danh sách khi gửi.",
    )
    def patch(self, request: Request, pk: int) -> Response:
        values = self.body(VisitPatch)
        version = values.pop("version")

        def do() -> tuple[int, list[Problem]]:
            visit = own_visit(self, pk)
            saved = save_encounter(
                person=visit.person, values=values, by=request.user, door=DOOR, encounter=visit, version=version
            )
            return pk, saved.warnings

        return self.write(do, lambda _: show_visit(self, pk, "change"))


class VisitCancelView(PartnerView):
    @describe(
        "visit_cancel",
        "Hủy lượt khám nhập nhầm",
        answer=VisitRead,
        body=Reason,
        tag=TAG,
        write=True,
        text="Lượt khám không bị xóa: trạng thái thành error, kèm lý do.",
    )
    def post(self, request: Request, pk: int) -> Response:
        values = self.body(Reason)

        def do() -> tuple[int, list[Problem]]:
            saved = cancel_encounter(
                encounter=own_visit(self, pk), reason=values.get("reason") or "", by=request.user, door=DOOR,
                version=values["version"],
            )  # fmt: skip
            return pk, [Problem("reason", p.code, p.message, p.level) for p in saved.warnings]

        return self.write(do, lambda _: show_visit(self, pk, "change"))


def own_visit(view: PartnerView, pk: int) -> Encounter:
    """The visit with its person, in scope; else 404."""
    visits = Encounter.objects.visible_to(view.request.user).select_related("person")
    visit: Encounter = found(lambda: visits.get(pk=pk))
    return visit


def show_visit(view: PartnerView, pk: int, action: str) -> dict[str, Any]:
    """One visit as JSON; logs the access."""
    visit = found(lambda: queries.visits(view.request.user).get(pk=pk))
    shown = rendered(VisitRead, queries.visit_values(visit))
    view.log([visit.person_id], action, "D")
    return shown
