"""Comparing a list with the register, as often as the villages are chosen anew."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from ehr.intake.models import ImportBatch
from ehr.intake.register import compare as comparison
from ehr.intake.register.models import RegisterAcceptance, RegisterComparison
from ehr.intake.services.access import require_commune
from ehr.intake.services.clearing import require_kept
from ehr.intake.services.store import count
from stations.models import User


@transaction.atomic
def compare(batch: ImportBatch, *, villages: Iterable[int] | None = None, by: User | None = None) -> RegisterComparison:
    """Stores the difference between the rows of the batch (read and matched) and the register.

    `villages`: keys of the villages whose absent people are asked for; None for those that the list holds.
    Raises PermissionDenied, and ValidationError (`register.accepted`) once something of the list was accepted."""
    require_commune(by, batch.commune)
    require_kept(ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk))
    if RegisterAcceptance.objects.filter(batch=batch).exclude(state=RegisterAcceptance.State.UNDONE).exists():
        message = "Đã nhận một phần của danh sách này nên không so sánh lại được; hãy hoàn tác các phần đã nhận trước."
        raise ValidationError(message, code="register.accepted")
    made = comparison.build(batch, villages=villages)
    batch.counts = count(batch)
    ImportBatch.objects.filter(pk=batch.pk).update(counts=batch.counts)
    return made
