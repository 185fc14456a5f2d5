"""The description of REST v1 (OpenAPI) and its viewer, served from our own files."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ehr.exchange.views.base import AlwaysJSON


class BearerKey(OpenApiAuthenticationExtension):
    """How a partner shows its key."""

    target_class = "ehr.exchange.authentication.ApiKeyAuthentication"
    name = "Khóa truy cập"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Khóa của đối tác, gắn với địa bàn. Phiên đăng nhập trên trình duyệt không thay được khóa.",
        }


NO_VALUE = {
    "type": "object",
    "description": "Câu trả lời không kèm giá trị. none: không có; unknown: không biết.",
    "required": ["value", "state"],
    "properties": {
        "value": {"type": "string", "nullable": True, "enum": [None]},
        "state": {"type": "string", "enum": ["none", "unknown"]},
    },
    "additionalProperties": False,
}


def _or_no_value(auto_schema: Any, value: dict[str, Any]) -> dict[str, Any]:
    """A schema for the value or the answer without one; null is always allowed."""
    component = ResolvedComponent(name="NoValue", type=ResolvedComponent.SCHEMA, schema=NO_VALUE, object="NoValue")
    auto_schema.registry.register_on_missing(component)
    inner = {name: part for name, part in value.items() if name not in ("nullable", "title", "description")}
    return {"oneOf": [inner, component.ref], "nullable": True}


class AnswerSchema(OpenApiSerializerFieldExtension):
    """A value, or "không có", or "không biết"."""

    target_class = "ehr.exchange.fields.AnswerField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        value = auto_schema._map_serializer_field(self.target.inner, direction)
        auto_schema._insert_field_validators(self.target.inner, value)
        return _or_no_value(auto_schema, value)


class PartialDateSchema(OpenApiSerializerFieldExtension):
    """A year, a month or a day."""

    target_class = "ehr.exchange.fields.PartialDateField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        text = {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$", "example": "1980-03"}
        return _or_no_value(auto_schema, text)


class FacilitySchema(OpenApiSerializerFieldExtension):
    """A code."""

    target_class = "ehr.exchange.fields.FacilityField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "maxLength": 22}


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI document. The same for everybody until the next start."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


class SchemaView(APIView):
    """GET /api/v1/schema/: names of fields only, no data; open to everybody who integrates."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    content_negotiation_class = AlwaysJSON
    schema = None

    def get(self, request: Request) -> Response:
        return Response(description(), content_type="application/vnd.oai.openapi+json")


class DocsView(SpectacularSwaggerSplitView):
    """The viewer, with its start script as a file of its own, so that the page runs no inline script."""

    authentication_classes = ()
    permission_classes = ()
    url_name = "exchange:schema"
