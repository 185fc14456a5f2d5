"""Transactions of services: one of their own, or that of a caller who gives up everything with any refusal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")
_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)


@contextlib.contextmanager
def one_transaction() -> Iterator[None]:
    """A transaction that ends with any exception that leaves a service. Services inside it need no savepoint, which
    saves each of them two statements; the caller must not catch their exceptions inside and go on writing."""
    with transaction.atomic():
        token = _WHOLE.set(True)
        try:
            yield
        finally:
            _WHOLE.reset(token)


def saving(service: Callable[P, R]) -> Callable[P, R]:
    """Decorator of services that write: all or nothing, also inside the transaction of a caller."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _WHOLE.get() and connection.in_atomic_block:
            return service(*args, **kwargs)
        with transaction.atomic():
            return service(*args, **kwargs)

    return run
