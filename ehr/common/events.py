"""Publish and subscribe: how a lower app lets an upper one know without importing it."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

Subscriber = Callable[..., object]  # a function or method

_subscribers: dict[str, list[Subscriber]] = {}


def subscribe(name: str, fn: Subscriber) -> None:
    """Call `fn(**payload)` after each commit that published `name`. For AppConfig.ready(); twice counts once."""
    listening = _subscribers.setdefault(name, [])
    if fn not in listening:
        listening.append(fn)


def unsubscribe(name: str, fn: Subscriber) -> None:
    """Stop calling `fn`; nothing happens if it was not subscribed."""
    if fn in _subscribers.get(name, []):
        _subscribers[name].remove(fn)


def publish_on_commit(name: str, **payload: Any) -> None:
    """Tell the subscribers once the current transaction is committed; never if it is rolled back.

    Robust: a failing subscriber is logged by Django and hurts neither the saved data nor the other subscribers.
    """
    for fn in tuple(_subscribers.get(name, ())):
        transaction.on_commit(_delivery(name, fn, payload), robust=True)


def _delivery(name: str, fn: Subscriber, payload: dict[str, Any]) -> Callable[[], None]:
    """A plain function: Django logs the `__qualname__` of a failing callback, which a partial does not have."""

    def deliver() -> None:
        fn(**payload)

    deliver.__qualname__ = f"{name} -> {fn.__module__}.{fn.__qualname__}"
    return deliver
