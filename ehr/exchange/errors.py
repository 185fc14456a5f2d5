"""Errors of REST: one shape for all, the codes of the forms; a missing right looks like a missing page.

`{"problems": [{"field", "code", "message", "level"}]}`; `field` is the name in the JSON sent, with the path for lists
("labs.0.result"), "" for the whole request."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import Http404
from psycopg.errors import UniqueViolation
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from ehr.common.problems import Problem, StaleError, problems_of
from ehr.exchange.parsers import TooLarge

logger = logging.getLogger(__name__)

NOT_FOUND = Problem("", "not_found", "Không có địa chỉ hoặc bản ghi này, hoặc nằm ngoài phạm vi của khóa truy cập.")
STALE = Problem(
    "version", StaleError.code, "Bản ghi đã thay đổi sau phiên bản bạn gửi: hãy đọc lại rồi gửi với version mới."
)
CONFLICT = Problem("", "conflict", "Nơi khác vừa ghi dữ liệu trùng: hãy đọc lại rồi gửi lại.")
FAILED = Problem("", "server_error", "Máy chủ gặp lỗi. Gửi lại với cùng Idempotency-Key là an toàn: không ghi hai lần.")
MESSAGES = {  # of the framework's exceptions, whose own texts are for developers of ours
    "not_authenticated": "Chưa gửi khóa truy cập. Tiêu đề phải có dạng: Authorization: Bearer <khóa>.",
    "method_not_allowed": "Địa chỉ này không nhận phương thức đó.",
    "not_acceptable": "Chỉ trả lời bằng application/json.",
    "unsupported_media_type": "Chỉ nhận Content-Type: application/json (khi gửi tệp: multipart/form-data).",
    "throttled": "Quá nhiều yêu cầu trong một phút; xem tiêu đề Retry-After.",
}


def as_json(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems as they stand in answers."""
    return [asdict(problem) for problem in problems]


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """Every exception of a view as an answer; only unexpected ones are logged."""
    set_rollback()
    headers: dict[str, str] = {}
    if isinstance(exc, (exceptions.PermissionDenied, PermissionDenied, Http404, exceptions.NotFound)):
        return _answer(status.HTTP_404_NOT_FOUND, [NOT_FOUND])
    if isinstance(exc, StaleError):
        return _answer(status.HTTP_409_CONFLICT, [STALE])
    if isinstance(exc, ValidationError):
        return _answer(status.HTTP_400_BAD_REQUEST, problems_of(exc))
    if isinstance(exc, RequestDataTooBig):
        exc = TooLarge()
    if isinstance(exc, exceptions.APIException):
        if header := getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = header
        if wait := getattr(exc, "wait", None):
            headers["Retry-After"] = str(int(wait))
        return _answer(exc.status_code, list(problems_of_detail(exc.detail)), headers)
    if isinstance(exc, IntegrityError) and isinstance(exc.__cause__, UniqueViolation):
        return _answer(status.HTTP_409_CONFLICT, [CONFLICT])
    request = context["request"]._request
    got_request_exception.send(sender=handle, request=request)
    # Kinds and lines only: the texts of exceptions, the database's above all, repeat what was sent.
    route = request.resolver_match.route if request.resolver_match else ""
    lines = "".join(traceback.format_tb(exc.__traceback__))
    logger.error("REST: %s %s failed: %s\n%s", request.method, route, type(exc).__name__, lines)
    return _answer(status.HTTP_500_INTERNAL_SERVER_ERROR, [FAILED])


def _answer(code: int, problems: list[Problem], headers: dict[str, str] | None = None) -> Response:
    return Response({"problems": as_json(problems)}, status=code, headers=headers)


def problems_of_detail(detail: Any, path: str = "") -> Iterator[Problem]:
    """The tree of errors that a serializer raises, as problems with dotted paths."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from problems_of_detail(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            # A list of texts is the errors of one field, a list of dictionaries those of its lines.
            below = f"{path}.{number}" if isinstance(inner, dict) else path
            yield from problems_of_detail(inner, below)
    else:
        code = getattr(detail, "code", "invalid")
        yield Problem(path, code, MESSAGES.get(code, str(detail)))
