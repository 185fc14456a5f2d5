"""How a sheet is read: its header row and columns, looked at and corrected; the refused rows as a spreadsheet."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.audit.models import NO_RECORD
from ehr.exchange.examples import SHEET_LAYOUT
from ehr.exchange.serializers.intake import BatchRead, LayoutRead, LayoutWrite
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.views.base import describe
from ehr.exchange.views.intake import TAG, BatchView, batch_of
from ehr.intake import services
from ehr.intake.cells import shown
from ehr.intake.columns import labels
from ehr.intake.files import FileRefused
from ehr.intake.models import ImportBatch
from ehr.intake.services import Wanted

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPEN = (ImportBatch.State.PREVIEW, ImportBatch.State.REFUSED)


class ImportLayoutView(BatchView):
    @describe(
        "import_layout",
        "Cách đọc tệp: dòng tiêu đề và các cột",
        answer=LayoutRead,
        tag=TAG,
        text="Cột nào ghép vào trường nào, với vài giá trị, và những dòng đầu của từng trang tính.",
    )
    def get(self, request: Request, key: uuid.UUID) -> Response:
        batch = batch_of(request, key)
        if batch.state not in OPEN:
            raise Http404
        with refusals():
            tops = services.top_of_sheets(batch)
        self.log([NO_RECORD], "view", "import layout")
        names = labels(batch.kind)
        return Response(
            rendered(
                LayoutRead,
                {
                    "sheets": [layout for layout in batch.layout if layout["columns"]],
                    "choices": [{"field": code, "label": label} for code, label in names.items()],
                    "tops": [
                        {"sheet": top.name, "first_row": top.first_row,
                         "rows": [["" if cell is None else shown(cell) for cell in row] for row in top.rows]}
                        for top in tops
                    ],
                },
            )
        )  # fmt: skip

    @describe(
        "import_layout_replace",
        "Sửa dòng tiêu đề và ghép cột, đọc lại tệp",
        answer=BatchRead,
        body=LayoutWrite,
        tag=TAG,
        write=True,
        examples=SHEET_LAYOUT,
        text="Khi đang preview, hoặc refused vì không thấy bảng (file.no_table). Trang không nêu thì không đọc. Hỏi "
        "trạng thái đến khi là preview.",
    )
    def put(self, request: Request, key: uuid.UUID) -> Response:
        values = self.body(LayoutWrite)
        wanted = [
            Wanted(each["sheet"], each.get("header_row") or 0, each.get("header_rows") or 0, each.get("columns") or {})
            for each in values["sheets"]
        ]

        def act(batch: ImportBatch) -> Any:
            with refusals():
                layouts = services.corrected(batch, wanted)
            stored = [layout.to_json() for layout in layouts]
            return services.set_columns(batch, stored, by=request.user, save=bool(values.get("save")))

        return self.act(request, key, act)


class ImportRefusedView(BatchView):
    @describe(
        "import_refused",
        "Tải các dòng bị từ chối",
        answer=OpenApiTypes.BINARY,
        mime=XLSX,
        tag=TAG,
        text="Bảng tính .xlsx gồm đúng những dòng bị từ chối, như lúc gửi, lý do ở cột cuối: sửa rồi gửi lại.",
    )
    def get(self, request: Request, key: uuid.UUID) -> HttpResponse:
        batch = batch_of(request, key)
        if not batch.counts.get("refused") or batch.cleared_at:
            raise Http404
        with refusals():
            content = services.refused_workbook(batch)
        people = services.people_of_refused(batch, by=request.user)
        self.log(people or [NO_RECORD], "export", "import refused")
        response = HttpResponse(content, content_type=XLSX)
        response["Content-Disposition"] = 'attachment; filename="tu-choi.xlsx"'
        return response


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """A file that cannot be read is a problem of the request, in the one form of all problems."""
    try:
        yield
    except FileRefused as error:
        raise ValidationError(error.message, code=error.code) from error
