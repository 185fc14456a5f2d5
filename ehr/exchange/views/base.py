"""What every view of REST v1 does alike: token, right, query parameters, pages, access log, writing once."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as DjangoError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ehr.audit import services as audit
from ehr.common.problems import Problem
from ehr.exchange import idempotency
from ehr.exchange.errors import as_json
from ehr.exchange.pagination import CursorPages
from ehr.exchange.parsers import StrictJSONParser
from ehr.exchange.serializers.common import ProblemsSerializer
from ehr.exchange.serializers.shape import ShapeSerializer, known_names, parsed, rendered
from ehr.exchange.throttling import KeyThrottle
from stations.scope import scope_of

DOOR = "rest"
ERRORS = {
    400: "Dữ liệu hoặc tham số sai; mỗi lỗi nêu trường và mã.",
    401: "Thiếu khóa, khóa sai, hết hạn hoặc đã thu hồi.",
    404: "Không có, ngoài phạm vi của khóa, hoặc khóa không có quyền này.",
    409: "version đã cũ (mã stale), hoặc nơi khác vừa ghi dữ liệu trùng (mã conflict).",
    429: "Quá số yêu cầu mỗi phút.",
}
IDEMPOTENCY = OpenApiParameter(
    idempotency.HEADER, str, OpenApiParameter.HEADER,
    description="UUID do bên gửi tạo cho mỗi lần ghi. Gửi lại cùng khóa và nội dung: không ghi lần hai, "
    "trả lời như lần đầu.",
)  # fmt: skip


class AlwaysJSON(BaseContentNegotiation):
    """There is one representation, whatever the Accept header or `?format=` asks for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class PartnerView(APIView):
    """Base of all views. `right` is needed to read, `write_right` for every other method; without it: 404."""

    parser_classes: ClassVar = [StrictJSONParser]
    renderer_classes: ClassVar = [JSONRenderer]
    throttle_classes: ClassVar = [KeyThrottle]
    content_negotiation_class = AlwaysJSON
    right = "record.view"
    write_right = "record.change"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        reading = request.method in ("GET", "HEAD", "OPTIONS")
        if not scope_of(request.user).can(self.right if reading else self.write_right):
            raise Http404
        if not (reading and getattr(self, "query", None)):
            self.ask(ShapeSerializer)  # parameters of an address that takes none

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The description is at /schema/; OPTIONS only names the methods."""
        return Response(status=status.HTTP_204_NO_CONTENT, headers={"Allow": ", ".join(self.allowed_methods)})

    # -------------------------------------------------------------------------------------------------------- reading
    def ask(self, query: type[serializers.Serializer]) -> dict[str, Any]:
        """The query parameters; an unknown or repeated one is refused by name."""
        given = self.request.query_params
        known = known_names(query)
        refused = {
            name[:60]: [
                ErrorDetail("Không có tham số này.", code="unknown_parameter")
                if name not in known
                else ErrorDetail("Tham số này chỉ gửi một lần.", code="repeated")
            ]
            for name in given
            if name not in known or len(given.getlist(name)) > 1
        }
        if refused:
            raise ValidationError(refused)
        return {name: value for name, value in parsed(query, given.dict()).items() if value is not None}

    def body(self, shape: type[serializers.Serializer]) -> dict[str, Any]:
        """The JSON object that was sent, in the words of the services."""
        return parsed(shape, self.request.data)

    def page(
        self,
        queryset: QuerySet[Any],
        shape: type[serializers.Serializer],
        show: Callable[[list[Any]], Iterable[Any]] = list,
    ) -> Response:
        """One page of rows; `show` makes what `shape` shows of all of them at once."""
        pages = CursorPages()
        shown = show(pages.rows(self.request, queryset, self))
        return pages.get_paginated_response([rendered(shape, row) for row in shown])

    def log(self, people: Iterable[int], action: str, about: str) -> None:
        """Rows of the access log, one statement for all. Before the answer leaves: what is not logged is not shown."""
        ids = list(people)
        if ids:
            audit.log_accesses(
                by=self.request.user, person_ids=ids, action=action, door=DOOR, object=about,
                address=address_of(self.request),
            )  # fmt: skip

    # -------------------------------------------------------------------------------------------------------- writing
    def write(
        self,
        do: Callable[[], tuple[Any, list[Problem]]],
        show: Callable[[Any], dict[str, Any]],
        *,
        code: int = status.HTTP_200_OK,
        link: str = "",
    ) -> Response:
        """Writes once per Idempotency-Key and answers with what is stored now.

        `do` writes and returns (reference, warnings); the reference is what `show` finds the thing by, a text or a
        number. `link` names the address of a new thing, whose one argument is the reference. A retry with the same key
        writes nothing; its answer has the first status, the header `Idempotent-Replay: true`, and no warnings."""
        key = idempotency.key_of(self.request)
        with transaction.atomic():
            first = key is None or audit.claim(key=key, by=self.request.user)
            if first:
                reference, warnings = do()
                if key:
                    idempotency.remember(self.request, key, status=code, reference=reference)
        headers = {}
        if not first and key:
            code, reference = idempotency.first_answer(self.request, key)
            warnings, headers["Idempotent-Replay"] = [], "true"
        if link:
            headers["Location"] = self.request.build_absolute_uri(reverse(link, args=[reference]))
        return Response({**show(reference), "problems": as_json(warnings)}, status=code, headers=headers)


def found(read: Callable[[], Any]) -> Any:
    """What `read` returns; 404 when the row does not exist or is out of scope."""
    try:
        return read()
    except ObjectDoesNotExist as exc:
        raise Http404 from exc


@contextlib.contextmanager
def renamed(name: Callable[[str], str]) -> Iterator[None]:
    """Errors of a service come back with the names of the JSON; `name` translates one."""
    try:
        yield
    except DjangoError as exc:
        if not hasattr(exc, "error_dict"):
            raise
        raise DjangoError({name(field): errors for field, errors in exc.error_dict.items()}) from exc


def address_of(request: Request) -> str | None:
    """The caller's network address as the web server tells it, None when it tells none."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def describe(
    operation: str,
    summary: str,
    *,
    answer: Any,
    code: int = 200,
    body: Any = None,
    query: Any = None,
    tag: str,
    write: bool = False,
    examples: Iterable[Any] = (),
    text: str = "",
    mime: str = "",
) -> Callable[[Any], Any]:
    """The OpenAPI description of one method, with the errors that every method shares. `mime`: of an answer that is no
    JSON."""
    kept = {number: words for number, words in ERRORS.items() if number != 409 or write}
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=text or summary,
        tags=[tag],
        request=body,
        parameters=[*([query] if query else []), *([IDEMPOTENCY] if write else [])],
        responses={
            (code, mime) if mime else code: answer,
            **{number: OpenApiResponse(ProblemsSerializer, words) for number, words in kept.items()},
        },
        examples=list(examples),
    )
