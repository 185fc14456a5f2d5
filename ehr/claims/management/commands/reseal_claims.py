"""After a new key was put in front of FIELD_KEYS: seals anew what old keys sealed. Stop and start it at will."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ehr.claims.models import Claim, ClaimFilePart, ClaimVersion
from ehr.claims.patient import context, hashes_of, told
from ehr.claims.services.raw import part_context
from ehr.claims.storing.document import version_context
from ehr.common.sealed import SealError, seal, sealed_by_first_key, unseal

TOGETHER = 50


class Command(BaseCommand):
    help = "Mã hóa lại tệp BHYT gốc và hồ sơ hạn chế bằng khóa đứng đầu FIELD_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        versions = ClaimVersion.objects.exclude(sealed=None).order_by("pk")
        parts = ClaimFilePart.objects.select_related("file").order_by("pk")
        try:
            made = _reseal(versions, "sealed", lambda row: version_context(row.claim_id, row.number))
            made += _reseal(
                Claim.objects.exclude(identity=None).order_by("pk"), "identity", lambda row: context(row.pk)
            )
            made += _reseal(parts, "data", lambda row: part_context(row.file.sha256, row.position))
            _hash_again()
        except SealError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Đã mã hóa lại {made} phần bằng khóa mới.")


def _hash_again() -> None:
    """When the last key is another one, so are the hashes by which restricted claims find their people."""
    last = 0
    claims = Claim.objects.exclude(identity=None).order_by("pk")
    while some := list(claims.filter(pk__gt=last)[:TOGETHER]):
        last = some[-1].pk
        for row in some:
            blind = hashes_of(told(row))
            if blind != row.blind:
                Claim.objects.filter(pk=row.pk).update(blind=blind)


def _reseal(rows: Any, column: str, place: Callable[[Any], str]) -> int:
    """How many values were under another key. A transaction for each few rows."""
    last = made = 0
    while True:
        with transaction.atomic():
            some = list(rows.filter(pk__gt=last).select_for_update(of=("self",))[:TOGETHER])
            if not some:
                return made
            last = some[-1].pk
            old = [row for row in some if not sealed_by_first_key(getattr(row, column))]
            for row in old:
                where = place(row)
                setattr(row, column, seal(unseal(getattr(row, column), context=where), context=where))
            type(some[0])._base_manager.bulk_update(old, [column])
            made += len(old)
