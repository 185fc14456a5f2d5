"""Form-831 XML for partners: the record of one person out, files of records in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.exchange import queries
from ehr.exchange.form831 import services
from ehr.exchange.parsers import SheetParser
from ehr.exchange.places import resolve_place
from ehr.exchange.serializers.form831 import Form831Result, Form831Upload
from ehr.exchange.views.base import DOOR, PartnerView, address_of, describe, found
from ehr.records.models import Person

TAG = "XML mẫu 831"
XML: Any = (200, "application/xml")


class PersonForm831View(PartnerView):
    right = "record.export"

    @describe(
        "person_form831",
        "Hồ sơ của một người theo XML mẫu 831",
        answer=OpenApiTypes.STR,
        code=XML,
        tag=TAG,
        text="Cây thẻ CSDLYTE831, UTF-8. Tiêu đề `X-Not-Carried` là số mục của hồ sơ mà mẫu không có thẻ để mang.",
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        person = found(lambda: queries.person(request.user, code, whole=True))
        data, lost = services.person_xml(person, by=request.user, door=DOOR, address=address_of(request))
        return HttpResponse(data, content_type="application/xml", headers={"X-Not-Carried": str(len(lost))})


class Form831View(PartnerView):
    parser_classes: ClassVar = [SheetParser]

    @describe(
        "form831_create",
        "Gửi tệp XML mẫu 831",
        answer=Form831Result,
        body={"multipart/form-data": Form831Upload},
        tag=TAG,
        text="Ghi ngay vào hồ sơ của xã và trả lời từng người. Gửi lại cùng tệp không thay đổi gì, nên không cần "
        "Idempotency-Key. Tệp không đọc được nằm ở `files[].refused`, các tệp khác vẫn được nhận.",
    )
    def post(self, request: Request) -> Response:
        values = self.body(Form831Upload)
        commune = resolve_place(values["commune"], None)["commune"]
        file = values["file"]
        result = services.receive_bytes(file.name, file.data, commune=commune, by=request.user, door=DOOR)
        codes = {each["person"] for each in result.people} | {
            key for each in result.people for key in each["candidates"]
        }
        seen = Person.objects.visible_to(request.user).filter(code__in=codes - {""})
        self.log(seen.order_by("pk").values_list("pk", flat=True), "change", "form831")
        return Response(result.as_json())
