"""Answers that apps above this one give through REST. They register in AppConfig.ready()."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404
from django.utils.module_loading import import_string

#: (user, parameters) → the JSON answer. Raises django ValidationError for wrong parameters, Http404 out of scope.
Answerer = Callable[[Any, Mapping[str, Any]], dict[str, Any]]

_answerers: dict[str, Answerer] = {}


def offer(name: str, answerer: Answerer) -> None:
    """Lets `answerer` answer GET /api/v1/<name>/. For AppConfig.ready(); the last one registered wins."""
    _answerers[name] = answerer


def late(path: str) -> Answerer:
    """The answerer at this dotted path, imported only when a partner asks: not at start."""

    def answer(user: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = import_string(path)(user, parameters)
        return found

    return answer


def ask(name: str, user: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of the app that offered `name`. Raises Http404 when none did."""
    if name not in _answerers:
        raise Http404
    return _answerers[name](user, parameters)
