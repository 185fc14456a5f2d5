"""At most so many requests a minute for each key."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

REQUESTS_PER_MINUTE = 600
MINUTE = 60


def requests_per_minute() -> int:
    """The setting REST_REQUESTS_PER_MINUTE, else 600."""
    return int(getattr(settings, "REST_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE))


class KeyThrottle(BaseThrottle):
    """Counts whole minutes in the cache, one counter per key: two quick operations, right under concurrency."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            return True  # refused by the permission; nothing to count for
        self.now = time.time()
        name = f"rest:{request.auth.pk}:{int(self.now // MINUTE)}"
        cache.add(name, 0, timeout=2 * MINUTE)
        return int(cache.incr(name)) <= requests_per_minute()

    def wait(self) -> float:
        """Seconds to the next minute."""
        return MINUTE - self.now % MINUTE + 1
