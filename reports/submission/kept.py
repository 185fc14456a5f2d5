"""What the first page says about reports, kept for minutes so that it costs no query. Any step of a report ends it."""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache

SECONDS = 300
_VERSION = "submissions:version"


def kept(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returned last for this name, or returns now. One question to the cache."""
    key = f"submissions:{name}"
    known = cache.get_many([_VERSION, key])
    version = known.get(_VERSION, 0)
    of_version, found = known.get(key, (None, None))
    if of_version != version:
        found = make()
        cache.set(key, (version, found), SECONDS)
    return found


def forget() -> None:
    """Nothing that was kept is shown any more."""
    try:
        cache.incr(_VERSION)
    except ValueError:  # nobody has counted yet
        cache.set(_VERSION, 1, None)
