"""Request bodies: one JSON object of bounded size, with exact decimals, read without loss; or a form with a file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser, MultiPartParser

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


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form. As text its name and fingerprint, by which a repeated request is known."""

    name: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.name} {hashlib.sha256(self.data).hexdigest()}"


FORM_EXTRA = 65_536  # bytes of a form around its file


class SheetParser(MultiPartParser):
    """A form with one file of at most `INTAKE_MAX_MB`; every name once. Gives {name: text or SentFile}."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.INTAKE_MAX_MB * 1024 * 1024
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > limit + FORM_EXTRA:
            raise TooLarge
        form = super().parse(stream, media_type, parser_context)
        found: dict[str, Any] = {}
        for name, values in (*form.data.lists(), *form.files.lists()):
            if len(values) != 1 or name in found:
                raise ParseError("Một tên xuất hiện hai lần trong biểu mẫu.", code="form.repeated")
            found[name] = values[0]
        for name in form.files:
            if found[name].size > limit:
                raise TooLarge
            found[name] = SentFile(found[name].name or "", found[name].read())
        return found
