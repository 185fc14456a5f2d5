"""Who may send claim files and take them back. Refusals are PermissionDenied, which every door answers like a missing
page (404)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError

from ehr.claims.models import ClaimFile
from stations.models import User
from stations.scope import scope_of


def require_sender(by: User | None) -> None:
    """The user may change records. `by=None` is the system itself."""
    if by is not None and not (scope_of(by).can("record.view") and scope_of(by).can("record.change")):
        raise PermissionDenied


def may_undo(file: ClaimFile, by: User | None) -> bool:
    """Whoever sent the file, and the heads who see it."""
    if by is None:
        return True
    scope = scope_of(by)
    seen = ClaimFile.objects.visible_to(by).filter(pk=file.pk).exists()
    return seen and (scope.can("batch.undo") or (file.by_id == by.pk and scope.can("record.change")))


def require_undo(file: ClaimFile, by: User | None) -> None:
    if not may_undo(file, by):
        raise PermissionDenied


def wrong_state(file: ClaimFile, what: str) -> ValidationError:
    """The answer when a file is no longer where the caller thinks it is. `what`: "hoàn tác", "chạy lại"…"""
    message = f"Không {what} được: tệp đang ở trạng thái «{file.get_state_display()}»."
    return ValidationError(message, code="claims.state")
