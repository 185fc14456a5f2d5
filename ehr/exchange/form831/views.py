"""The record of one person as form-831 XML: what the format cannot carry, and the file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from ehr.exchange.form831 import services
from ehr.records.views.base import DOOR, PersonPage


class PersonXml(PersonPage):
    """What is about to go out."""

    right = services.RIGHT
    template_name = "exchange/form831.html"
    logged = "XML mẫu 831"

    def context(self) -> dict[str, Any]:
        written = services.written_of(self.person)
        return {"lost": written.lost, "size": len(written.xml.encode())}


class PersonXmlFile(PersonPage):
    """The file; logged as an export."""

    right = services.RIGHT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = request.META.get("REMOTE_ADDR") or None
        data, _ = services.person_xml(self.person, by=request.user, door=DOOR, address=address)
        response = HttpResponse(data, content_type="application/xml")
        response["Content-Disposition"] = f'attachment; filename="831-{self.person.code}.xml"'
        return response
