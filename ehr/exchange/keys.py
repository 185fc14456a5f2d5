"""Issuing and revoking the bearer tokens of partners."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.utils import timezone

from ehr.exchange.models import ApiKey, Partner


def issue_key(*, partner: Partner, label: str, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key and its text (43 characters), which exists nowhere else: only its SHA-256 is stored."""
    key = ApiKey(partner=partner, label=label, expires_at=expires_at)
    text = fill_key(key)
    key.full_clean()
    key.save()
    return key, text


def fill_key(key: ApiKey) -> str:
    """Gives an unsaved key its text, 256 random bits, and returns it."""
    from ehr.exchange.authentication import digest  # brings the REST framework along, which most commands do without

    text = secrets.token_urlsafe(32)
    key.digest, key.prefix = digest(text), text[:8]
    return text


def revoke_key(*, key: ApiKey) -> None:
    """The key stops working at once. Revoking twice keeps the first instant."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
