"""Who may do what with a batch. Refusals are PermissionDenied, which every door answers like a missing page (404)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError

from ehr.intake.models import ImportBatch
from stations.models import AdminUnit, User
from stations.scope import scope_of


def require_commune(by: User | None, commune: AdminUnit, right: str = "record.change") -> None:
    """The user has `right` and the whole commune among the places. `by=None` is the system itself."""
    if by is None:
        return
    scope = scope_of(by)
    inside = commune.pk in scope.communes or commune.parent_id in scope.provinces
    if not (inside and scope.can("record.view") and scope.can(right)):
        raise PermissionDenied


def may_undo(batch: ImportBatch, by: User | None) -> bool:
    """The head of a station may undo every batch of the commune, others the ones they sent."""
    if by is None:
        return True
    scope = scope_of(by)
    inside = batch.commune_id in scope.communes or batch.commune.parent_id in scope.provinces
    own = batch.by_id == by.pk and scope.can("record.change")
    return inside and scope.can("record.view") and (scope.can("batch.undo") or own)


def require_undo(batch: ImportBatch, by: User | None) -> None:
    """Raises PermissionDenied for whoever may not take the batch back."""
    if not may_undo(batch, by):
        raise PermissionDenied


def wrong_state(batch: ImportBatch, what: str) -> ValidationError:
    """The answer when a batch is no longer where the caller thinks it is. `what`: "ghi", "hoàn tác"…"""
    message = f"Không {what} được: lần nhập này đang ở trạng thái «{batch.get_state_display()}»."
    return ValidationError(message, code="batch.state")
