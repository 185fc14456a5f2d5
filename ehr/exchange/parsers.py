"""Request bodies: one JSON object of bounded size, with exact decimals, read without loss."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

MAX_BODY = 1_048_576  # bytes; the largest section of a person is below 100 kB


class TooLarge(APIException):
    """The body exceeds `REST_MAX_BODY` bytes (1 MiB unless set)."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "Nội dung gửi lên quá lớn."
    default_code = "body.too_large"


class StrictJSONParser(JSONParser):
    """JSON in UTF-8. Refuses what Python's reader would lose: repeated names, NaN, digits of decimals."""

    strict = True

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = getattr(settings, "REST_MAX_BODY", MAX_BODY)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        try:
            return json.loads(
                body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object
            )
        except ParseError:
            raise
        except (ValueError, RecursionError):  # the text of the error would repeat the body
            raise ParseError("Nội dung gửi lên không phải JSON đúng chuẩn (UTF-8).", code="json.invalid") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("Một tên xuất hiện hai lần trong cùng đối tượng JSON.", code="json.duplicate_name")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise ParseError("JSON không có NaN và Infinity.", code="json.invalid")
