"""The same request sent twice is stored once: header `Idempotency-Key`, kept in audit.Submission."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any, cast

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from ehr.audit import services as audit

if TYPE_CHECKING:
    from stations.models import User

HEADER = "Idempotency-Key"


def key_of(request: Request) -> uuid.UUID | None:
    """The key sent, None without one. Raises ValidationError when it is not a UUID."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        raise ValidationError(
            {HEADER: [ErrorDetail("Idempotency-Key phải là một UUID.", code="idempotency_key.invalid")]}
        ) from None


def fingerprint(request: Request) -> str:
    """Which request this is: method, address and content, 32 hexadecimal digits."""
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()[:32]


def remember(request: Request, key: uuid.UUID, *, status: int, reference: Any) -> None:
    """Keeps the answer's status and what it was about. In the transaction of the write."""
    audit.settle(key=key, result=f"{status} {fingerprint(request)} {reference}")


def first_answer(request: Request, key: uuid.UUID) -> tuple[int, str]:
    """Status and reference of the first answer. Raises ValidationError when the key was used for something else."""
    result = audit.first_result(key=key, by=cast("User", request.user)) or ""
    status, _, rest = result.partition(" ")
    sent, _, reference = rest.partition(" ")
    if sent != fingerprint(request):
        raise ValidationError(
            {HEADER: [ErrorDetail("Khóa này đã dùng cho một yêu cầu khác.", code="idempotency_key.reused")]}
        )
    return int(status), reference
