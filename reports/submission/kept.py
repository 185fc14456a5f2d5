"""What the first page says about reports, kept for minutes so that it costs no query. Any step of a report ends it."""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache

SECONDS = 300
_VERSION = "submissions:version"


def kept(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returned last for this name, or returns now. Not for None."""
    key = f"submissions:{cache.get(_VERSION, 0)}:{name}"
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, SECONDS)
    return found


def forget() -> None:
    """Nothing that was kept is shown any more."""
    try:
        cache.incr(_VERSION)
    except ValueError:  # nobody has counted yet
        cache.set(_VERSION, 1, None)
