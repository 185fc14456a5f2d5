"""What apps above the record say on the first page. They register in AppConfig.ready(); the page calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PanelLine:
    """A sentence with the page to go to; `late`: it should have been done already."""

    text: str
    href: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A card of the first page."""

    title: str
    lines: list[PanelLine] = field(default_factory=list)


Source = Callable[[Any], Panel | None]
_sources: dict[str, Source] = {}


def register_panel(name: str, source: Source) -> None:
    """`source(user)` gives the card of this user, None for no card. The last one of a name wins."""
    _sources[name] = source


def panels_of(user: Any) -> list[Panel]:
    """Cards with something to say, in the order of registration."""
    return [panel for source in _sources.values() if (panel := source(user)) is not None and panel.lines]
