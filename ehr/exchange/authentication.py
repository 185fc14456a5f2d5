"""Bearer tokens of partner systems."""

import hashlib

from django.utils import timezone
from rest_framework import authentication, exceptions

from ehr.exchange.models import ApiKey


def digest(key: str) -> str:
    """SHA-256 of the key text; the text itself is never stored."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <key>`; the partner's user carries role and places."""

    keyword = "Bearer"

    def authenticate(self, request):
        header = authentication.get_authorization_header(request).split()
        if not header or header[0].decode("latin-1").lower() != "bearer":
            return None
        if len(header) != 2:
            raise exceptions.AuthenticationFailed("Tiêu đề Authorization phải có dạng: Bearer <khóa>.")
        key = (
            ApiKey.objects.select_related("partner__user")
            .filter(digest=digest(header[1].decode("latin-1")), revoked_at=None, partner__is_active=True)
            .first()
        )
        if key is None or (key.expires_at and key.expires_at <= timezone.now()) or not key.partner.user.is_active:
            raise exceptions.AuthenticationFailed("Khóa truy cập không đúng, đã hết hạn hoặc đã thu hồi.")
        return key.partner.user, key

    def authenticate_header(self, request):
        return self.keyword
