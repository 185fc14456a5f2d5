"""Sheets: sending one, following its batch, deciding, writing, taking back. The same services as the screens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.common.problems import Problem
from ehr.exchange.examples import ROW_DECISION, SHEET_UNDO
from ehr.exchange.parsers import SheetParser
from ehr.exchange.places import resolve_place
from ehr.exchange.serializers.common import page_of
from ehr.exchange.serializers.intake import (
    BatchesQuery,
    BatchRead,
    BatchResult,
    DecisionWrite,
    Nothing,
    RowRead,
    RowsQuery,
    SheetUpload,
    UndoWrite,
)
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.views.base import DOOR, PartnerView, describe, found
from ehr.intake import services
from ehr.intake.models import ImportBatch, ImportRow, Kind
from ehr.records.models import Person

TAG = "Nhập tệp"
COUNTS = ("rows", "new", "updated", "unchanged", "possible_duplicate", "refused")
SENT = ("batch", "counts", "problems")


class ImportsView(PartnerView):
    query = BatchesQuery
    parser_classes: ClassVar = [SheetParser]

    @describe("imports_list", "Các lần nhập tệp", answer=page_of(BatchRead), query=BatchesQuery, tag=TAG)
    def get(self, request: Request) -> Response:
        asked = self.ask(BatchesQuery)
        rows = _batches(request).order_by("pk")
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        if "commune" in asked:
            rows = rows.filter(commune=resolve_place(asked["commune"], None)["commune"])
        return self.page(rows, BatchRead, lambda page: [_shown(batch) for batch in page])

    @describe(
        "imports_create",
        "Gửi một bảng tính",
        answer=BatchRead,
        code=201,
        body={"multipart/form-data": SheetUpload},
        tag=TAG,
        write=True,
        text="Chỉ đọc và đối chiếu, chưa ghi gì: hỏi trạng thái đến khi là preview (chờ xác nhận) hoặc refused, xem "
        "kết quả, rồi xác nhận. Cùng tệp đang chờ thì trả về lần nhập đang có, đọc lại để so với sổ hiện nay.",
    )
    def post(self, request: Request) -> Response:
        values = self.body(SheetUpload)
        file = values["file"]
        commune = resolve_place(values["commune"], None)["commune"]

        def do() -> tuple[str, list[Problem]]:
            batch = services.upload(
                data=file.data, file_name=file.name, kind=values.get("kind") or Kind.SURVEY, commune=commune,
                by=request.user, door=DOOR,
                headers=[services.HeaderAt(values["header_row"])] if values.get("header_row") else (),
            )  # fmt: skip
            return str(batch.key), []

        return self.write(do, lambda key: _read(request, key), code=201, link="exchange:import")


class BatchView(PartnerView):
    """Base of the addresses below one batch."""

    def act(self, request: Request, key: uuid.UUID, act: Callable[[ImportBatch], Any]) -> Response:
        """Does something with the batch once, and answers with its state."""

        def do() -> tuple[str, list[Problem]]:
            act(batch_of(request, key))
            return str(key), []

        return self.write(do, lambda _: _read(request, key))


class ImportView(BatchView):
    @describe("import_read", "Trạng thái một lần nhập", answer=BatchRead, tag=TAG)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        return Response(_read(request, key))


class ImportResultView(BatchView):
    @describe(
        "import_result",
        "Kết quả và mọi vấn đề của một lần nhập",
        answer=BatchResult,
        tag=TAG,
        text="Cùng nội dung với `manage.py import_sheet --json`. Khi đang đọc thì số đếm còn là 0.",
    )
    def get(self, request: Request, key: uuid.UUID) -> Response:
        batch = batch_of(request, key)
        shown = services.result(batch)
        people = ImportRow.objects.filter(batch=batch, person__in=Person.objects.visible_to(request.user))
        self.log(sorted(set(people.values_list("person_id", flat=True))), "view", "import")
        return Response({name: shown[name] for name in SENT})


class ImportRowsView(BatchView):
    query = RowsQuery

    @describe("import_rows", "Các dòng của một lần nhập", answer=page_of(RowRead), query=RowsQuery, tag=TAG)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        asked = self.ask(RowsQuery)
        rows = ImportRow.objects.filter(batch=batch_of(request, key))
        if "fate" in asked:
            rows = rows.filter(fate=asked["fate"])
        return self.page(rows, RowRead, self.show)

    def show(self, rows: list[ImportRow]) -> list[dict[str, Any]]:
        keys = {row.person_id for row in rows if row.person_id}
        keys |= {int(each["person"]) for row in rows for each in row.candidates}
        codes = dict(Person.objects.visible_to(self.request.user).filter(pk__in=keys).values_list("pk", "code"))
        self.log(sorted(codes), "view", "import")
        return [_row(row, codes) for row in rows]


class ImportDecisionView(BatchView):
    @describe(
        "import_decide",
        "Quyết định về một dòng",
        answer=RowRead,
        body=DecisionWrite,
        tag=TAG,
        write=True,
        examples=ROW_DECISION,
        text="Dòng nghi trùng cần quyết định thì mới được ghi; skip bỏ qua cả dòng mới, dòng cập nhật.",
    )
    def post(self, request: Request, key: uuid.UUID, position: int) -> Response:
        values = self.body(DecisionWrite)

        def row() -> ImportRow:
            if position > 2_147_483_647:
                raise Http404
            rows = ImportRow.objects.select_related("batch__commune")
            wanted: ImportRow = found(lambda: rows.get(batch=batch_of(request, key), position=position))
            return wanted

        def do() -> tuple[str, list[Problem]]:
            code = values.get("person")
            person = found(lambda: Person.objects.visible_to(request.user).get(code=code)) if code else None
            services.decide(row(), values.get("decision") or "", by=request.user, person=person)
            return str(position), []

        return self.write(do, lambda _: self.show(row()))

    def show(self, row: ImportRow) -> dict[str, Any]:
        keys = {row.person_id, *(int(each["person"]) for each in row.candidates)} - {None}
        codes = dict(Person.objects.visible_to(self.request.user).filter(pk__in=keys).values_list("pk", "code"))
        self.log(sorted(codes), "view", "import")
        return _row(row, codes)


class ImportConfirmView(BatchView):
    @describe(
        "import_confirm",
        "Xác nhận: ghi vào hồ sơ",
        answer=BatchRead,
        body=Nothing,
        tag=TAG,
        write=True,
        text="Ghi các dòng mới, cập nhật và đã quyết định, ở phía sau; hỏi trạng thái đến khi là done. Dòng nghi trùng "
        "chưa quyết định ở lại, quyết định rồi xác nhận lần nữa.",
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        self.body(Nothing)
        return self.act(request, key, lambda batch: services.confirm(batch, by=request.user))


class ImportCancelView(BatchView):
    @describe(
        "import_cancel",
        "Bỏ một lần nhập chưa ghi",
        answer=BatchRead,
        body=Nothing,
        tag=TAG,
        write=True,
        text="Chưa ghi thì bỏ cả; đang ghi thì dừng, phần đã ghi còn hoàn tác được.",
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        self.body(Nothing)
        return self.act(request, key, lambda batch: services.cancel(batch, by=request.user))


class ImportUndoView(BatchView):
    @describe(
        "import_undo",
        "Hoàn tác một lần nhập",
        answer=BatchRead,
        body=UndoWrite,
        tag=TAG,
        write=True,
        examples=SHEET_UNDO,
        text="Chỉ lần nhập của chính khóa này. Khi có hồ sơ đã được sửa sau đó: lỗi batch.blocked; gửi rest=true để "
        "hoàn "
        "tác phần còn lại.",
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        rest = bool(self.body(UndoWrite).get("rest"))
        return self.act(request, key, lambda batch: services.undo(batch, by=request.user, rest=rest))


def _batches(request: Request) -> Any:
    """What the key may see; the bytes of files stay in the database."""
    return ImportBatch.objects.visible_to(request.user).select_related("commune__parent")


def batch_of(request: Request, key: uuid.UUID | str) -> ImportBatch:
    """The batch of the address, 404 outside the places of the key."""
    batch: ImportBatch = found(lambda: _batches(request).get(key=key))
    return batch


def _read(request: Request, key: uuid.UUID | str) -> dict[str, Any]:
    return rendered(BatchRead, _shown(batch_of(request, key)))


def _shown(batch: ImportBatch) -> dict[str, Any]:
    names = (
        "kind", "file_name", "state", "message", "message_code", "done", "total", "created_at", "finished_at",
        "undone_at",
    )  # fmt: skip
    counts = {name: batch.counts.get(name, 0) for name in COUNTS}
    own = {name: getattr(batch, name) for name in names}
    return {**own, "batch": batch.key, "commune": batch.commune.code, "counts": counts, "problems": []}


def _row(row: ImportRow, codes: dict[int, str]) -> dict[str, Any]:
    names = ("position", "sheet", "fate", "state", "decision", "values", "cleaned", "changes", "problems")
    return {
        **{name: getattr(row, name) for name in names},
        "row": row.number,
        "person": codes.get(row.person_id or 0),
        "candidates": [{"person": codes.get(int(each["person"])), "why": each["why"]} for each in row.candidates],
    }
