"""What must be known of an .ods before it is opened: repeated cells and rows unfold in memory, and calamine tells no
merged ranges of this format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from ehr.intake.files.archive import Archive, damaged
from ehr.intake.files.limits import Limits, number
from ehr.intake.files.sheet import Merged
from ehr.intake.files.xlsx import Extent, too_large, well_formed, xml_pieces

_TAG = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*?)(/?)>")
_COUNT = {
    name: re.compile(rb'table:number-%s="(\d{1,9})"' % name)
    for name in (b"rows-repeated", b"columns-repeated", b"rows-spanned", b"columns-spanned")
}
_SPACES = re.compile(rb'text:c="(\d+)"')
_NAME = re.compile(rb'table:name="([^"]*)"')


def check(archive: Archive, limits: Limits) -> dict[str, tuple[Extent, list[Merged]]]:
    """Extent and merged ranges by sheet name. Raises FileRefused."""
    found: dict[str, tuple[Extent, list[Merged]]] = {}
    for name in archive.parts:
        pieces = xml_pieces(archive, name)
        if pieces is None:
            continue
        if name.lower() == "content.xml":
            found = _Content(limits).read(well_formed(pieces[1]))
        else:
            for _ in well_formed(pieces[1]):
                pass
    return found


class _Content:
    """One pass over content.xml. A row counts with its repetitions only when a cell of it holds something."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.found: dict[str, tuple[Extent, list[Merged]]] = {}
        self.extent = Extent()
        self.merged: list[Merged] = []
        self.row = self.next_row = self.column = 0

    def read(self, stream: Iterator[bytes]) -> dict[str, tuple[Extent, list[Merged]]]:
        for piece in _whole_tags(stream):
            for spaces in _SPACES.findall(piece):  # one element stands for so many spaces
                if len(spaces) > 5:
                    raise damaged()
            for tag in _TAG.finditer(piece):
                if tag[1] == b"table":
                    self._table(tag[2])
                elif tag[1] == b"table-row":
                    self.row, self.column = self.next_row, 0
                    self.repeated = _count(b"rows-repeated", tag[2])
                    self.next_row += self.repeated
                else:
                    self._cell(tag)
        cells = sum(extent.rows * extent.columns for extent, _ in self.found.values())
        if cells > self.limits.cells:
            raise too_large(f"{number(cells)} ô", f"tối đa {number(self.limits.cells)} ô")
        return self.found

    def _table(self, attributes: bytes) -> None:
        name = _NAME.search(attributes)
        title = unescape(name[1].decode("utf-8", "replace")) if name else ""
        self.extent, self.merged = Extent(), []
        self.found[title] = self.extent, self.merged
        self.row = self.next_row = self.column = 0

    def _cell(self, tag: re.Match[bytes]) -> None:
        times = _count(b"columns-repeated", tag[2])
        first, self.column = self.column, self.column + times
        if tag[3] and b"office:value-type" not in tag[2]:
            return  # nothing in it
        if b"-spanned" in tag[2]:
            down, right = _count(b"rows-spanned", tag[2]), _count(b"columns-spanned", tag[2])
            if down * right > 1:
                self.merged.append(Merged(self.row, first, self.row + down - 1, first + right - 1))
        rows = max(self.extent.rows, self.next_row)
        columns = max(self.extent.columns, self.column)
        if rows > self.limits.rows:
            raise too_large(f"dữ liệu ở dòng {number(rows)}", f"tối đa {number(self.limits.rows)} dòng")
        if columns > self.limits.columns:
            raise too_large(f"dữ liệu ở cột thứ {number(columns)}", f"tối đa {number(self.limits.columns)} cột")
        self.extent.rows, self.extent.columns = rows, columns


def _count(name: bytes, attributes: bytes) -> int:
    found = _COUNT[name].search(attributes)
    return max(1, int(found[1])) if found else 1


def _whole_tags(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces cut in front of a tag, so that none is torn."""
    tail = b""
    for piece in stream:
        text = tail + piece
        cut = text.rfind(b"<")
        if cut <= 0:
            if len(text) > 1 << 22:
                raise damaged()
            tail = text
            continue
        tail = text[cut:]
        yield text[:cut]
    yield tail
