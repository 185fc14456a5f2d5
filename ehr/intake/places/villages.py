"""The villages of a commune by the names that people write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ehr.common.text import nfc, plain
from ehr.intake.cells.read import NOTHING, Read, changed, refused, text_of
from ehr.intake.files import Cell
from ehr.intake.places.names import address_parts, split_kind
from stations.models import AdminUnit, Village

LISTED = 20  # names in a message


class Villages:
    """`in_force`: those that people live in; `closed`: those that are no more, only to say so."""

    def __init__(self, commune: AdminUnit, rows: Iterable[Village]) -> None:
        rows = list(rows)
        self.commune = commune
        self.in_force = [village for village in rows if village.valid_to is None]
        self._names = _names(self.in_force)
        self._closed = _names(village for village in rows if village.valid_to is not None)
        self._codes = {village.code.lower(): village for village in self.in_force}
        self._found: dict[str, Village | None] = {}

    def find(self, text: str) -> Village | None:
        """The village in force that is meant, None when it is none or could be two."""
        if text not in self._found:
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> Village | None:
        for part in (text, text.split(",")[0], re.sub(r"\(.*?\)", " ", text), text.split("-")[0]):
            kind, name = split_kind(part)
            found = self._names.get(f"{kind} {name}".strip()) or self._names.get(plain(part))
            alone = self._names.get(f"* {name}")
            if found is None and alone is not None:
                # "Nà Ngám" or "Thôn Nà Ngám" for "Bản Nà Ngám"; a bare number is of no kind and never changes it.
                same = not kind or split_kind(alone.name)[0] in ("", kind)
                found = alone if not name.isdigit() or (same and kind) else None
            if found is not None:
                return found
        return self._codes.get(text.strip().lower())

    def at_start(self, text: str) -> Village | None:
        """The village whose name begins the text: "Thôn 1 năm 2025"."""
        words = text.split()
        return next(
            (found for end in range(min(len(words), 8), 0, -1) if (found := self.find(" ".join(words[:end])))), None
        )

    def within(self, address: str) -> Village | None:
        """The one village named in a part of an address, with its kind or by a name of letters."""
        found = {}
        for part in address_parts(address):
            kind, name = split_kind(part)
            if (kind or not name.replace(" ", "").isdigit()) and (village := self.find(part)):
                found[village.pk] = village
        return next(iter(found.values())) if len(found) == 1 else None

    def read(self, cell: Cell) -> Read:
        """A village's name → its code. An unknown one is refused with the names there are."""
        text = nfc(text_of(cell))
        if not text:
            return NOTHING
        village = self.find(text)
        if village is None:
            return refused("current_village.unknown", self.unknown(text))
        if plain(text) == plain(village.name):
            return village.code, None
        return changed(village.code, "Cách viết khác của thôn này.", village.name)

    def unknown(self, text: str) -> str:
        """What is said of a name that no village in force bears."""
        kind, name = split_kind(text)
        if any(key in self._closed for key in (f"{kind} {name}".strip(), plain(text), f"* {name}")):
            return f"Thôn này không còn trong danh mục của {self.commune.full_name}. Ghi thôn hiện nay: {self.names()}."
        return f"Không có thôn này ở {self.commune.full_name}. Các thôn: {self.names()}."

    def names(self) -> str:
        """The names in force, for messages."""
        names = [village.name for village in self.in_force]
        if not names:
            return "chưa khai báo thôn nào"
        return ", ".join(names[:LISTED]) + (f" và {len(names) - LISTED} thôn khác" if len(names) > LISTED else "")


def _names(villages: Iterable[Village]) -> dict[str, Any]:
    """Names with kind ("thon 1"), as written, and without kind under "* " ("* na ngam"); a name of two is None."""
    found: dict[str, Any] = {}
    for village in villages:
        kind, name = split_kind(village.name)
        keys = {f"{kind} {name}".strip(), plain(village.name), f"* {name}"}
        if village.old_commune is not None:
            keys.add(f"{kind} {name} {plain(village.old_commune.name)}".strip())
        for key in keys:
            found[key] = village if found.get(key, village) is village else None
    return found
