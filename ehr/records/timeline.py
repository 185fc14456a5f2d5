"""What other apps add to a person's pages: tabs with their counts, and entries of the timeline.

The record may not import the apps above it; they register here in `AppConfig.ready()`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from ehr.records.models import Person


@dataclass(frozen=True, slots=True)
class PersonTab:
    """A page of a person. `count` makes the expression that counts its rows, evaluated in the query of the person."""

    key: str
    label: str
    url_name: str
    position: int
    count: Callable[[], Any] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `precision` as of birth dates: day, month or year."""

    on: dt.date
    kind: str
    title: str
    text: str = ""
    url: str = ""
    precision: str = "day"


Source = Callable[["Person"], Iterable[Entry]]
_TABS: dict[str, PersonTab] = {}
_SOURCES: dict[str, Source] = {}
_TRACKED: list[type[Model]] = []


def register_tab(tab: PersonTab) -> None:
    """Adds or replaces a tab of the person page."""
    _TABS[tab.key] = tab


def register_source(name: str, source: Source) -> None:
    """Adds entries to the timeline; `source` makes a fixed number of queries."""
    _SOURCES[name] = source


def register_tracked(*tables: type[Model]) -> None:
    """Tables with a `person` whose changes belong to the change history of the person."""
    _TRACKED.extend(table for table in tables if table not in _TRACKED)


def tracked_tables() -> list[type[Model]]:
    return list(_TRACKED)


def tabs() -> list[PersonTab]:
    """All tabs in their order."""
    return sorted(_TABS.values(), key=lambda tab: tab.position)


def entries_of(person: Person) -> list[Entry]:
    """Everything known about a person, latest first."""
    found = [entry for source in _SOURCES.values() for entry in source(person)]
    return sorted(found, key=lambda entry: (entry.on, entry.kind), reverse=True)
