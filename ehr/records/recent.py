"""Which people and households a user had open last: keys in the cache, nothing about them; gone after a week."""

from django.core.cache import cache

from stations.models import User

KEPT = 12
SECONDS = 7 * 24 * 3600


def _name(user: User, kind: str) -> str:
    return f"recent:{kind}:{user.pk}"


def touch(user: User, kind: str, key: int) -> None:
    """Puts the person or household first. No query."""
    keys = recent(user, kind)
    if keys[:1] != [key]:
        cache.set(_name(user, kind), [key, *(other for other in keys if other != key)][:KEPT], SECONDS)


def recent(user: User, kind: str) -> list[int]:
    """Keys of `kind` ("person", "household"), latest first."""
    return list(cache.get(_name(user, kind)) or [])
