"""Reports that units send, for partner systems: preparing, signing, receiving, giving back. The services of the screens
answer, through the registry that the reports fill."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ehr.common.problems import Problem
from ehr.exchange import registry
from ehr.exchange.examples import SUBMISSION_CHECK, SUBMISSION_RETURN
from ehr.exchange.serializers.common import page_of
from ehr.exchange.serializers.lists import ReportRead
from ehr.exchange.serializers.shape import ShapeSerializer, rendered
from ehr.exchange.serializers.submissions import (
    SubmissionCheck,
    SubmissionOne,
    SubmissionRead,
    SubmissionReturn,
    SubmissionsQuery,
    SubmissionStep,
)
from ehr.exchange.views.base import PartnerView, describe

TAG = "Nộp báo cáo"


class SubmissionPage(PartnerView):
    """Base: whoever may see reports may ask; which step is allowed for which unit is said by the service."""

    right = write_right = "report.view"

    def read(self, key: Any) -> dict[str, Any]:
        asked = {"submission": uuid.UUID(str(key))}
        return rendered(SubmissionOne, {"problems": [], **registry.ask("submissions.one", self.request.user, asked)})

    def do(self, name: str, asked: dict[str, Any], *, code: int = 200, link: str = "") -> Response:
        """Writes once per Idempotency-Key and answers with the submission."""

        def write() -> tuple[str, list[Problem]]:
            return registry.ask(f"submissions.{name}", self.request.user, asked)["submission"], []

        return self.write(write, self.read, code=code, link=link)


class SubmissionsView(SubmissionPage):
    query = SubmissionsQuery

    @describe(
        "submissions_list",
        "Các báo cáo đã nộp",
        answer=page_of(SubmissionRead),
        query=SubmissionsQuery,
        tag=TAG,
        text="Báo cáo của các đơn vị trong phạm vi của khóa. Cấp trên thấy những lần đã ký, đã nhận, đã trả lại; "
        "nơi lập báo cáo thấy cả lần chưa ký. Đơn vị nào còn thiếu, trễ: báo cáo lateness.",
    )
    def get(self, request: Request) -> Response:
        found = registry.ask("submissions.listed", request.user, self.ask(SubmissionsQuery))
        return self.page(found["rows"], SubmissionRead, found["show"])

    @describe(
        "submissions_check",
        "Kiểm tra, chốt số liệu để trình ký",
        answer=SubmissionOne,
        code=201,
        body=SubmissionCheck,
        tag=TAG,
        write=True,
        examples=SUBMISSION_CHECK,
        text="Chốt số liệu của lúc này. Kiểm tra lại trước khi ký thì lần đang chờ nhận số liệu mới; đã gửi thì thành "
        "lần mới và phải ghi lý do.",
    )
    def post(self, request: Request) -> Response:
        asked = {name: value for name, value in self.body(SubmissionCheck).items() if value is not None}
        return self.do("check", asked, code=201, link="exchange:submission")


class SubmissionView(SubmissionPage):
    @describe("submissions_read", "Một lần nộp báo cáo", answer=SubmissionOne, tag=TAG)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        return Response(self.read(key))


class SubmissionFiguresView(SubmissionPage):
    @describe(
        "submissions_figures",
        "Số liệu đã chốt của một lần nộp",
        answer=ReportRead,
        tag=TAG,
        text="Đúng số đã chốt, dù dữ liệu thay đổi về sau. Số từ 1 đến 4 được che ngoài đơn vị quản lý trực tiếp.",
    )
    def get(self, request: Request, key: uuid.UUID) -> Response:
        return Response(registry.ask("submissions.figures", request.user, {"submission": key}))


class StepView(SubmissionPage):
    """Base of the steps."""

    step = ""
    shape: type[ShapeSerializer] = SubmissionStep

    def act(self, request: Request, key: uuid.UUID) -> Response:
        given = {name: value for name, value in self.body(self.shape).items() if value is not None}
        return self.do("step", {"submission": key, "step": self.step} | given)


class SubmissionSignView(StepView):
    step = "sign"

    @describe("submissions_sign", "Ký và gửi", answer=SubmissionOne, body=SubmissionStep, tag=TAG, write=True,
              text="Trưởng trạm ký lần đã kiểm tra; từ đó không đổi nữa. Ký lại không thay đổi gì.")  # fmt: skip
    def post(self, request: Request, key: uuid.UUID) -> Response:
        return self.act(request, key)


class SubmissionReceiveView(StepView):
    step = "receive"

    @describe("submissions_receive", "Nhận báo cáo", answer=SubmissionOne, body=SubmissionStep, tag=TAG, write=True)
    def post(self, request: Request, key: uuid.UUID) -> Response:
        return self.act(request, key)


class SubmissionReturnView(StepView):
    step, shape = "give_back", SubmissionReturn

    @describe("submissions_return", "Trả lại để làm lại", answer=SubmissionOne, body=SubmissionReturn, tag=TAG,
              write=True, examples=SUBMISSION_RETURN)  # fmt: skip
    def post(self, request: Request, key: uuid.UUID) -> Response:
        return self.act(request, key)


class SubmissionDropView(StepView):
    step = "drop"

    @describe("submissions_drop", "Bỏ lần chưa ký", answer=SubmissionOne, body=SubmissionStep, tag=TAG, write=True)
    def post(self, request: Request, key: uuid.UUID) -> Response:
        return self.act(request, key)
