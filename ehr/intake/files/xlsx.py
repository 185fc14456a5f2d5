"""What must be known of an .xlsx before it is opened, and what calamine does not tell: errors in cells.

calamine reserves rows × columns from the first to the last cell with a value, whatever the sheet's `dimension` says:
one value in XFD1048576 would need 400 GB. So each sheet is passed through once, piece by piece, with regular
expressions that stop only at cells outside the bounds; a parser would take longer than the reading itself."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

from ehr.intake.files.archive import Archive, damaged
from ehr.intake.files.limits import MIB, Limits, number
from ehr.intake.files.sheet import CellError, FileRefused

_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_PROLOG = 64 * 1024
_TOKEN = re.compile(rb"<(?:[\w.-]+:)?(row|c)(?=[\s/>])([^>]*)>(\s*</(?:[\w.-]+:)?c\s*>)?")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,7})?(\d{1,9})["']""")
_ERROR = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*? t="e"[^>]*>\s*(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?\s*<v[^>]*>([^<]{0,40})</v>'
)
_COUNT = re.compile(rb"""[cC]ount\s*=\s*["']\s*\+?(\d+)""")
_SHARED = re.compile(rb'<c [^>]*?t="s"[^>]*>\s*<v>\s*(\d{1,9})')
_LETTERS = re.compile(rb'<c r="([A-Z]{1,3})\d')


@dataclass
class Extent:
    """What a sheet holds: bounds of its cells with a value (upper bounds) and the cells that show an error."""

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], CellError] = field(default_factory=dict)  # (row, column), from 0


def too_large(found: str, limit: str) -> FileRefused:
    return FileRefused(
        "file.size",
        f"Trang tính có {found}, hệ thống chỉ nhận {limit}. Hãy xóa các ô thừa ở xa bảng, hoặc chia thành nhiều tệp.",
    )


def check(archive: Archive, limits: Limits) -> dict[str, Extent]:
    """Passes every part through; extents by sheet name. Raises FileRefused."""
    extents = {}
    lengths = array("L")
    for name in archive.parts:
        pieces = xml_pieces(archive, name)
        if pieces is None:
            continue
        kind, stream = pieces
        if kind == b"worksheet":
            extents[name.lower()] = _Sheet(archive, name, limits).read(stream)
        elif kind == b"sst":
            lengths = _string_lengths(well_formed(stream), limits)
        else:
            for _ in well_formed(stream):
                pass
    _check_text(archive, extents, lengths, limits)
    return {title: extents.get(part, Extent()) for title, part in _sheets(archive).items()}


def xml_pieces(archive: Archive, name: str) -> tuple[bytes, Iterator[bytes]] | None:
    """Local name of the root element and the pieces of an XML part; None for pictures and the like.
    Raises FileRefused for DOCTYPE (external and expanding entities) and for encodings that hide it."""
    stream = archive.pieces(name)
    head = b""
    for piece in stream:
        head += piece
        if len(head) >= _PROLOG:
            break
    start = head[:_PROLOG]
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        if b"\0" in start[:64] and b"<\0" in start[:64].replace(b"\0<", b"<\0"):
            raise damaged()  # UTF-16: no spreadsheet program writes it
        for _ in stream:
            pass
        return None
    if b"<!DOCTYPE" in start.upper() or b"<!ENTITY" in start.upper():
        raise FileRefused(
            "file.doctype",
            "Tệp chứa khai báo lạ (DOCTYPE, thực thể ngoài), có thể gây hại nên không mở. "
            "Hãy chép dữ liệu sang một tệp Excel mới rồi gửi lại.",
        )
    root = _ROOT.search(start)
    if root is None:
        raise damaged()

    def rest() -> Iterator[bytes]:
        yield head
        yield from stream

    return root[2], rest()


def well_formed(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, held against XML's grammar on the way: calamine may never come back from a part that is cut.
    Sheets of an .xlsx are the exception: there it does, and they are long."""
    parser = expat.ParserCreate()
    try:
        for piece in stream:
            parser.Parse(piece, False)
            yield piece
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):
        raise damaged() from None


def _sheets(archive: Archive) -> dict[str, str]:
    """Part name in lower case by sheet title, in the order of the workbook."""
    names = {name.lower(): name for name in archive.parts}
    workbook = names.get("xl/workbook.xml")
    relations = names.get("xl/_rels/workbook.xml.rels")
    if workbook is None or relations is None:
        return {}
    try:
        links = ElementTree.fromstring(archive.read(relations))  # noqa: S314 - no DOCTYPE, checked before
        book = ElementTree.fromstring(archive.read(workbook))  # noqa: S314
    except (ElementTree.ParseError, LookupError, ValueError):
        raise damaged() from None
    targets = {link.get("Id"): unquote(link.get("Target", "")) for link in links}
    found = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            key = next((value for name, value in sheet.attrib.items() if name.rpartition("}")[2] == "id"), None)
            target = targets.get(key, "")
            found[sheet.get("name", "")] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()
    return found


def _string_lengths(stream: Iterator[bytes], limits: Limits) -> array[int]:
    """Bytes of each entry of the shared strings, markup included."""
    lengths = array("L")
    rest = 0
    for piece in stream:
        if not lengths and any(int(count) > max(limits.cells, MIB) for count in _COUNT.findall(piece[:1000])):
            raise damaged()  # calamine makes room for as many as the file claims
        ends = piece.split(b"</si>")
        if len(ends) > 1:
            lengths.append(rest + len(ends[0]))
            lengths.extend(map(len, ends[1:-1]))
            rest = 0
        rest += len(ends[-1])
        if len(lengths) + piece.count(b"<si/>") > limits.cells:
            raise too_large(f"hơn {number(limits.cells)} đoạn chữ", "ít hơn")
    lengths.append(rest)
    return lengths


def _check_text(archive: Archive, extents: dict[str, Extent], lengths: array[int], limits: Limits) -> None:
    """One long shared text used by a million cells unpacks to gigabytes that no directory shows."""
    cells = sum(extent.rows * extent.columns for extent in extents.values())
    if max(lengths, default=0) * cells <= limits.unzipped * 4:
        return
    total = 0
    for part in (name for name in archive.parts if name.lower() in extents):
        for piece in _whole_cells(b"", archive.pieces(part)):
            for index in map(int, _SHARED.findall(piece)):
                total += lengths[index] if index < len(lengths) else 0
            if total > limits.unzipped:
                raise too_large(f"hơn {number(limits.unzipped // MIB)} MB chữ", "ít hơn")


class _Sheet:
    """One pass over a sheet's XML. `columns` grows with what is seen; rows are held against the strictest of limits."""

    def __init__(self, archive: Archive, name: str, limits: Limits) -> None:
        self.archive = archive
        self.name = name
        self.limits = limits
        self.columns = 1
        self.extent = Extent()
        self.last_row = 0

    def read(self, stream: Iterator[bytes]) -> Extent:
        first = next(stream)
        root = _ROOT.search(first)
        plain = root is not None and root[1] is None
        # The width is nearly always known from the beginning; the pass proves or raises it.
        seen = {letters for letters in _LETTERS.findall(first) if len(letters) < 3}
        self._widen(min(max(map(column_number, seen), default=1), self.limits.columns))
        rows_allowed = self._rows_allowed()
        for piece in _whole_cells(first, stream):
            # A single byte is looked for ten times faster than three, and most sheets have no colon.
            if not plain or (b":" in piece and b":c " in piece) or not self._quick(piece):
                return self._slow()
        if self._rows_allowed() < rows_allowed:
            # Columns were found after rows had been held against a looser bound: hold them again.
            for piece in _whole_cells(b"", self.archive.pieces(self.name)):
                self._quick(piece)
        self.extent.columns = self.columns
        self.extent.rows = self.last_row
        return self.extent

    def _widen(self, column: int) -> None:
        self.columns = max(self.columns, column)

    def _rows_allowed(self) -> int:
        return min(self.limits.rows, self.limits.cells // self.columns)

    def _quick(self, piece: bytes) -> bool:
        """Holds the cells of `piece` against the bounds; False when it is written in an unusual way."""
        position = 0
        while (found := _outside(self.columns, self._rows_allowed()).search(piece, position)) is not None:
            token = _TOKEN.match(piece, found.start())
            if token is None:
                return False
            reference = _REFERENCE.search(token[2])
            if reference is None or not reference[1]:
                return False
            if not _empty(token):
                self._grow(int(reference[2]), column_number(reference[1]))
            position = token.end()
        last = piece.rfind(b'<c r="')
        if last >= 0 and (token := _TOKEN.match(piece, last)) and (reference := _REFERENCE.search(token[2])):
            self.last_row = max(self.last_row, min(int(reference[2]), self._rows_allowed()))
        if b"e" in piece and b' t="e"' in piece:
            for letters, row, text in _ERROR.findall(piece):
                place = int(row) - 1, column_number(letters) - 1
                self.extent.errors[place] = CellError(text.decode("utf-8", "replace"))
        return True

    def _grow(self, row: int, column: int) -> None:
        if column > self.limits.columns:
            raise too_large(f"dữ liệu ở cột thứ {number(column)}", f"tối đa {number(self.limits.columns)} cột")
        if row > self.limits.rows:
            raise too_large(f"dữ liệu ở dòng {number(row)}", f"tối đa {number(self.limits.rows)} dòng")
        self._widen(column)
        if row > self._rows_allowed():
            raise too_large(
                f"hơn {number(self.limits.cells)} ô ({number(row)} dòng, {number(column)} cột)",
                f"tối đa {number(self.limits.cells)} ô",
            )

    def _slow(self) -> Extent:
        """Cells without a reference stand beside the one before; prefixes and quotes of any kind. About ten times
        slower than `_quick`, for files that few programs write."""
        self.extent = Extent()
        row = column = 0
        rows = columns = 0
        for piece in _whole_cells(b"", self.archive.pieces(self.name)):
            for token in _TOKEN.finditer(piece):
                reference = _REFERENCE.search(token[2])
                if token[1] == b"row":
                    row, column = (int(reference[2]) if reference else row + 1), 0
                    continue
                column += 1
                if reference and reference[1]:
                    row, column = int(reference[2]), column_number(reference[1].upper())
                if _empty(token):
                    continue
                rows, columns = max(rows, row), max(columns, column)
                if rows > self.limits.rows or columns > self.limits.columns or rows * columns > self.limits.cells:
                    self._widen(columns)
                    self._grow(rows, columns)
        self.extent.rows, self.extent.columns = rows, columns
        return self.extent


def _empty(token: re.Match[bytes]) -> bool:
    return token[2].endswith(b"/") or token[3] is not None


def _whole_cells(first: bytes, stream: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces cut in front of a cell, so that none is torn."""
    tail = first
    for piece in stream:
        text = tail + piece
        cut = text.rfind(b"<c ")
        if cut <= 0 or len(text) - cut > MIB:
            cut = max(0, len(text) - 64)
        tail = text[cut:]
        yield text[:cut]
    yield tail


def column_number(letters: bytes) -> int:
    """b"A" → 1, b"AA" → 27, b"XFD" → 16384."""
    value = 0
    for letter in letters:
        value = value * 26 + letter - 64
    return value


@lru_cache(maxsize=512)
def _outside(columns: int, rows: int) -> re.Pattern[bytes]:
    """Finds the next cell that is not plainly empty and not plainly within `columns` × `rows`."""
    return re.compile(
        rb'<c(?! r="(?:%s)(?:%s)"|[a-zA-Z]| r="[A-Z]{1,3}+\d{1,7}+"(?: s="\d++")?/>)'
        % (_columns_to(min(columns, 702)), at_most(rows))
    )


def _columns_to(last: int) -> bytes:
    """Regular expression for the columns A … `last`, at most ZZ (702)."""
    if last <= 26:
        return rb"[A-%c]" % (64 + last)
    first, second = divmod(last - 1, 26)
    full = rb"|[A-%c][A-Z]" % (63 + first) if first > 1 else b""
    return rb"[A-Z]%s|%c[A-%c]" % (full, 64 + first, 65 + second)


def at_most(limit: int) -> bytes:
    """Regular expression for the numbers 1 … `limit` without leading zeros."""
    digits = str(limit)
    more = []
    for index, digit in enumerate(digits):
        low = 0 if index else 1
        if int(digit) > low:
            more.append(f"{digits[:index]}[{low}-{int(digit) - 1}]\\d{{{len(digits) - index - 1}}}")
    below = [rf"[1-9]\d{{0,{len(digits) - 2}}}"] if len(digits) > 1 else []
    return "|".join([*below, *more, digits]).encode()
