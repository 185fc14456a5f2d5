"""How fast a batch goes on and how long it will take, from what the page saw of it before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from django.core.cache import cache

WINDOW = 20  # seconds over which speed is measured: a worker that was away for an hour must not spoil it
STALLED = 60  # seconds without a row after which the page says so


class Work(Protocol):
    """A batch, or whatever else is done row by row in the background."""

    pk: int
    state: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`speed`: rows a second, None until two sights; `left`: seconds, None when not known; `stalled`: seconds without
    a row, 0 while it moves."""

    done: int
    total: int
    speed: float | None = None
    left: int | None = None
    stalled: int = 0

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def left_text(self) -> str:
        """ "khoảng 2 phút", in words that do not jump about."""
        if self.left is None:
            return ""
        if self.left < 5:
            return "vài giây"
        if self.left < 60:
            return f"khoảng {-(-self.left // 5) * 5} giây"
        return f"khoảng {-(-self.left // 60)} phút"


def look(batch: Work, *, kind: str = "intake", now: float | None = None) -> Progress:
    """The progress of a batch in work. Sights of it stay in the cache for the next look, under `kind`. `now`: for
    tests."""
    now = time.time() if now is None else now
    name = f"{kind}:progress:{batch.pk}:{batch.state}"
    sights: list[tuple[float, int]] = cache.get(name) or []
    if not sights or sights[-1][1] != batch.done:
        sights = [sight for sight in sights if now - sight[0] <= WINDOW and sight[1] < batch.done]
        sights.append((now, batch.done))
        cache.set(name, sights, 3600)
    first_at, first_done = sights[0]
    stalled = int(now - sights[-1][0])
    if stalled >= STALLED:
        return Progress(batch.done, batch.total, stalled=stalled)
    if len(sights) < 2:
        return Progress(batch.done, batch.total)
    speed = (batch.done - first_done) / max(now - first_at, 0.1)
    return Progress(batch.done, batch.total, speed, int((batch.total - batch.done) / speed) if batch.total else None)
