"""Handing work to the background without importing Celery, which costs every start a tenth of a second.

The top layer says once how tasks are sent (`use`); apps name the task and its arguments."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

Send = Callable[[str, tuple[Any, ...]], None]
_send: list[Send] = []


def use(send: Send) -> None:
    """Sets how tasks are sent: called with the task's name and its arguments (JSON values only)."""
    _send[:] = [send]


def enqueue_on_commit(task: str, *args: Any) -> None:
    """Sends the task after the transaction has committed, so that the worker finds what it is about."""
    transaction.on_commit(lambda: _send[0](task, args))
