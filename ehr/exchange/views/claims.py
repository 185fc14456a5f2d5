"""Claim files for partner systems: sending them, following the work, the answer for each HOSO. The services of the
screens."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.audit.models import NO_RECORD
from ehr.claims import services
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.models import ClaimEntry, ClaimFile
from ehr.exchange.claim_parsers import ClaimFormParser, SentBody, TextXmlParser, XmlParser, ZipParser
from ehr.exchange.serializers.claims import (
    ClaimEntryRead,
    ClaimFileRead,
    ClaimFiles,
    ClaimUpload,
    EntriesQuery,
    FilesQuery,
    problem,
)
from ehr.exchange.serializers.common import page_of
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.views.base import DOOR, PartnerView, describe, found
from ehr.records.models import Person

TAG = "Hồ sơ BHYT"
LIGHT = ("envelope",)


class ClaimsView(PartnerView):
    query = FilesQuery
    parser_classes: ClassVar = [XmlParser, TextXmlParser, ZipParser, ClaimFormParser]

    @describe("claims_list", "Các tệp hồ sơ BHYT đã nhận", answer=page_of(ClaimFileRead), query=FilesQuery, tag=TAG)
    def get(self, request: Request) -> Response:
        asked = self.ask(FilesQuery)
        files = ClaimFile.objects.visible_to(request.user).defer(*LIGHT)
        if "state" in asked:
            files = files.filter(state=asked["state"])
        return self.page(files, ClaimFileRead, lambda page: [_shown(file) for file in page])

    @describe(
        "claims_create",
        "Gửi tệp hồ sơ BHYT (XML 4210, 130/4750, 3176)",
        answer=ClaimFiles,
        code=202,
        body={
            "application/xml": bytes, "text/xml": bytes, "application/zip": bytes, "multipart/form-data": ClaimUpload,
        },
        tag=TAG,
        text="Nhận tệp XML, hoặc .zip nhiều tệp, làm thân yêu cầu hay trong biểu mẫu; đọc ở phía sau, hỏi trạng thái "
        "đến khi là done, refused hoặc failed. Cùng nội dung gửi lại là cùng một tệp và không thay đổi gì, nên không "
        "cần Idempotency-Key.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        body: SentBody = request.data
        with body.stream as stream:
            try:
                files = services.receive(data=stream, name=body.name, by=request.user, door=DOOR)
            except ClaimFileRefused as exc:
                raise ValidationError({"file": [ErrorDetail(exc.message, code=exc.code)]}) from exc
        return Response(rendered(ClaimFiles, {"files": [_shown(file) for file in files]}), status=202)


class ClaimFileView(PartnerView):
    @describe("claims_read", "Trạng thái một tệp hồ sơ BHYT", answer=ClaimFileRead, tag=TAG)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        return Response(rendered(ClaimFileRead, _shown(_file(request, key))))


class ClaimEntriesView(PartnerView):
    query = EntriesQuery

    @describe(
        "claims_entries",
        "Kết quả từng hồ sơ của một tệp",
        answer=page_of(ClaimEntryRead),
        query=EntriesQuery,
        tag=TAG,
        text="Mỗi hồ sơ (HOSO) một dòng: nhận, bản mới, không đổi hay từ chối, gắn với ai, mọi lỗi và cảnh báo.",
    )
    def get(self, request: Request, key: uuid.UUID) -> Response:
        asked = self.ask(EntriesQuery)
        rows = ClaimEntry.objects.visible_to(request.user).filter(file=_file(request, key)).select_related("claim")
        if "outcome" in asked:
            rows = rows.filter(outcome=asked["outcome"])
        return self.page(rows, ClaimEntryRead, self.show)

    def show(self, entries: list[ClaimEntry]) -> list[dict[str, Any]]:
        keys = {entry.claim.person_id for entry in entries if entry.claim and entry.claim.person_id}
        codes = dict(Person.objects.visible_to(self.request.user).filter(pk__in=keys).values_list("pk", "code"))
        self.log(sorted(codes) or ([NO_RECORD] if entries else []), "view", "claims")
        return [
            {
                "index": entry.index, "ma_lk": entry.ma_lk, "outcome": entry.outcome,
                "match": entry.claim.match if entry.claim else "",
                "person": codes.get(entry.claim.person_id or 0) if entry.claim else None,
                "problems": [problem(each) for each in entry.problems],
            }
            for entry in entries
        ]  # fmt: skip


def _file(request: Request, key: uuid.UUID) -> ClaimFile:
    file: ClaimFile = found(lambda: ClaimFile.objects.visible_to(request.user).defer(*LIGHT).get(key=key))
    return file


def _shown(file: ClaimFile) -> dict[str, Any]:
    counts = file.counts or {}
    unmatched = sum(counts.get(name, 0) for name in ("unmatched", "foreign", "ambiguous"))
    return {
        "file": file.key, "name": file.name, "sha256": file.sha256, "standard": file.standard,
        "facility": file.facility_code, "state": file.state, "done": file.done, "message": file.message,
        "counts": {
            "encounters": file.total, "unmatched": unmatched,
            **{name: counts.get(name, 0) for name in ("stored", "versions", "unchanged", "rejected")},
        },
        "problems": [problem(each) for each in file.problems or []],
    }  # fmt: skip
