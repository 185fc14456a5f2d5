"""What must be known of an .xls before it is opened: what the compound file holds, bounds of each sheet, error cells.

Sources: [MS-CFB] (sectors, chains, directory), [MS-XLS] 2.4 (records BOF, BOUNDSHEET8, FILEPASS, SST, cells)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ehr.intake.files.archive import damaged
from ehr.intake.files.limits import MIB, Limits, number
from ehr.intake.files.sheet import CellError, FileRefused
from ehr.intake.files.sniff import SAVE_AS, encrypted, refused
from ehr.intake.files.xlsx import Extent, too_large

_END = 0xFFFFFFFA  # sector numbers from here on are marks, not sectors
_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _CONTINUE = 0x0809, 0x000A, 0x0085, 0x002F, 0x003C
_DIMENSIONS, _STRING, _LABEL = 0x0200, 0x0207, 0x0204
_SST, _LABELSST, _BOOLERR, _FORMULA, _MULRK = 0x00FC, 0x00FD, 0x0205, 0x0006, 0x00BD
# Cells with a value: NUMBER, LABEL, RSTRING, RK and the above. Blank ones (BLANK, MULBLANK) hold nothing.
_CELLS = {0x0203, _LABEL, 0x00D6, 0x027E, _LABELSST, _BOOLERR, _FORMULA, _MULRK}
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_SMALL_STREAM = 4096  # shorter streams lie in sectors of 64 bytes within the root's stream
_SMALL_TABLES = 2000  # sectors of their table: 16 MB of short streams
_HEADER = struct.Struct("<HH")
_PLACE = struct.Struct("<HH")


class Compound:
    """The streams of an OLE compound file. Raises FileRefused when a chain leaves the file or runs in a circle, or a
    size is larger than the file: calamine follows and makes room for whatever is written there."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        try:
            shift, small_shift = struct.unpack_from("<HH", data, 30)
            if shift not in (9, 12) or small_shift != 6:
                raise damaged()
            self.size = 1 << shift
            directories, tables, directory, _, _, small, smalls, extra, _ = struct.unpack_from("<9I", data, 40)
            if max(directories, tables) > len(data) // self.size or smalls > _SMALL_TABLES:
                raise damaged()
            self.table = self._table(extra)
            self.entries = self._entries(self._chain(directory))
            self.small_table = _numbers(self._chain(small)) if smalls else []
            self.small = self._chain(self.root) if smalls else b""
        except (struct.error, IndexError):
            raise damaged() from None

    def _table(self, extra: int) -> list[int]:
        sectors = list(struct.unpack_from("<109I", self.data, 76))
        for _ in range(len(self.data) // self.size + 1):
            if extra >= _END:
                break
            more = _numbers(self._sector(extra))
            sectors += more[:-1]
            extra = more[-1]
        else:
            raise damaged()  # a circle
        return [value for sector in sectors if sector < _END for value in _numbers(self._sector(sector))]

    def _sector(self, index: int) -> bytes:
        start = (index + 1) * self.size
        if start >= len(self.data):
            raise damaged()
        return self.data[start : start + self.size]

    def _chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        sector = start
        while sector < _END:
            if len(parts) > len(self.table):
                raise damaged()  # a circle
            parts.append(self._sector(sector))
            sector = self.table[sector]
        return b"".join(parts)

    def _small_chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        sector = start
        while sector < _END:
            if len(parts) > len(self.small_table) or sector * 64 >= len(self.small):
                raise damaged()
            parts.append(self.small[sector * 64 : sector * 64 + 64])
            sector = self.small_table[sector]
        return b"".join(parts)

    def _entries(self, directory: bytes) -> dict[str, list[tuple[int, int]]]:
        """First sector and size of each entry, by its name in lower case: a name may stand there twice."""
        found: dict[str, list[tuple[int, int]]] = {}
        for start in range(0, len(directory) - 127, 128):
            name = directory[start : start + 64].decode("utf-16-le", "replace").split("\0")[0].lower()
            sector, size, more = struct.unpack_from("<3I", directory, start + 116)
            if size > len(self.data) or (more and self.size > 512):
                raise damaged()
            if name:
                found.setdefault(name, []).append((sector, size))
        self.root = struct.unpack_from("<I", directory, 116)[0]
        return found

    def streams(self, name: str) -> list[bytes]:
        """What is under this name; nearly always one stream."""
        contents = []
        for start, size in self.entries.get(name, []):
            try:
                content = self._chain(start) if size >= _SMALL_STREAM else self._small_chain(start)
            except IndexError:
                raise damaged() from None
            if len(content) < size:
                raise damaged()
            contents.append(content[:size])
        return contents


def _numbers(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))


def check(data: bytes, limits: Limits) -> dict[str, Extent]:
    """Extents by sheet name, of worksheets only. Raises FileRefused for other OLE files, passwords, macros, sizes."""
    compound = Compound(data)
    names = compound.entries
    if "encryptedpackage" in names or "encryptioninfo" in names:
        raise encrypted()
    if "_vba_project_cur" in names or "_vba_project" in names:
        raise FileRefused("file.macro", f"Tệp Excel có macro, hệ thống không nhận. {SAVE_AS}")
    if "worddocument" in names:
        raise refused("tệp Word", "Hãy chép bảng sang Excel, lưu dạng .xlsx rồi gửi lại.")
    if "powerpoint document" in names:
        raise refused("tệp PowerPoint")
    books = compound.streams("workbook") + compound.streams("book")
    if not books:
        raise refused("tệp của chương trình khác")
    try:
        # Files for Excel 95 and 97 hold two books; which one is read is calamine's choice, so both are checked.
        found = [_Workbook(book, limits).read() for book in books]
    except (struct.error, IndexError):
        raise damaged() from None
    return found[0]


class _Workbook:
    """One pass over the records of a workbook stream."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self.content = content
        self.limits = limits
        self.sheets: dict[int, str] = {}  # position of the sheet's BOF → name
        self.lengths: list[int] = []  # characters of the shared strings
        self.text = 0

    def read(self) -> dict[str, Extent]:
        if len(self.content) < 8 or _HEADER.unpack_from(self.content)[0] != _BOF:
            raise damaged()
        self.wide = struct.unpack_from("<H", self.content, 4)[0] == 0x0600  # BIFF8, else BIFF5
        self._globals()
        extents = {}
        for start, name in self.sheets.items():
            extents[name] = self._sheet(start)
        cells = sum(extent.rows * extent.columns for extent in extents.values())
        if cells > self.limits.cells:
            raise too_large(f"{number(cells)} ô", f"tối đa {number(self.limits.cells)} ô")
        return extents

    def _records(self, position: int) -> Iterator[tuple[int, int, int]]:
        """(kind, start of the content, its length) to the first EOF record, as calamine reads."""
        end = len(self.content)
        while position + 4 <= end:
            kind, length = _HEADER.unpack_from(self.content, position)
            position += 4
            if position + length > end:
                raise damaged()
            if kind == _EOF:
                return
            yield kind, position, length
            position += length
        raise damaged()  # no EOF: the file was cut

    def _globals(self) -> None:
        strings: list[bytes] = []
        for kind, start, length in self._records(0):
            if kind == _FILEPASS:
                raise encrypted()
            if kind == _BOUNDSHEET:
                position, _, sheet_kind = struct.unpack_from("<IBB", self.content, start)
                if sheet_kind == 0:
                    self.sheets[position] = self._sheet_name(start + 6)
                elif sheet_kind in (1, 6):
                    raise FileRefused("file.macro", f"Tệp Excel có macro, hệ thống không nhận. {SAVE_AS}")
            if kind == _SST or (kind == _CONTINUE and strings):
                strings.append(self.content[start : start + length])
            elif strings:
                self.lengths = list(_string_lengths(strings))
                strings = []
        if strings:
            self.lengths = list(_string_lengths(strings))

    def _sheet_name(self, start: int) -> str:
        length = self.content[start]
        if not self.wide:
            return self.content[start + 1 : start + 1 + length].decode("cp1252", "replace")
        wide = self.content[start + 1] & 1
        text = self.content[start + 2 : start + 2 + length * (1 + wide)]
        return text.decode("utf-16-le" if wide else "latin-1", "replace")

    def _sheet(self, start: int) -> Extent:
        extent = Extent()
        rows = columns = 0
        unpack, content, lengths = _PLACE.unpack_from, self.content, self.lengths
        for kind, position, length in self._records(start):
            if kind == _DIMENSIONS:
                self._check_dimensions(position, length)
            elif kind == _STRING and unpack(content, position)[0] > length:
                raise damaged()
            if kind not in _CELLS:
                continue
            row, column = unpack(content, position)
            if kind == _MULRK:
                column = struct.unpack_from("<H", content, position + length - 2)[0]
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            if kind == _LABEL and struct.unpack_from("<H", content, position + 6)[0] > length:
                raise damaged()
            if kind == _LABELSST:
                index = struct.unpack_from("<I", content, position + 6)[0]
                self.text += lengths[index] if index < len(lengths) else 0
            elif kind == _BOOLERR and content[position + 7]:
                extent.errors[row, column] = _error(content[position + 6])
            elif (
                kind == _FORMULA
                and content[position + 6] == 2
                and content[position + 12 : position + 14] == b"\xff\xff"
            ):
                extent.errors[row, column] = _error(content[position + 8])
        if columns > self.limits.columns:
            raise too_large(f"dữ liệu ở cột thứ {number(columns)}", f"tối đa {number(self.limits.columns)} cột")
        if rows > self.limits.rows:
            raise too_large(f"dữ liệu ở dòng {number(rows)}", f"tối đa {number(self.limits.rows)} dòng")
        if self.text > self.limits.unzipped:
            raise too_large(f"hơn {number(self.limits.unzipped // MIB)} MB chữ", "ít hơn")
        extent.rows, extent.columns = rows, columns
        return extent

    def _check_dimensions(self, position: int, length: int) -> None:
        """calamine makes room for all cells between the corners, whatever the sheet holds ([MS-XLS] 2.4.90)."""
        shape = {10: "<4H", 14: "<2I2H"}.get(length)
        if shape is None:
            raise damaged()
        first_row, rows, first_column, columns = struct.unpack_from(shape, self.content, position)
        if rows > 65536 or columns > 256 or (rows and columns and (first_row >= rows or first_column >= columns)):
            raise damaged()


def _error(code: int) -> CellError:
    return CellError(_ERRORS.get(code, "#ERR!"))


def _string_lengths(blocks: list[bytes]) -> Iterator[int]:
    """Characters of each shared string. A string may go on in the next CONTINUE block, which then begins with a new
    byte that says how wide its characters are ([MS-XLS] 2.5.293)."""
    count = struct.unpack_from("<I", blocks[0], 4)[0]
    if count * 3 > sum(map(len, blocks)):
        raise damaged()  # calamine makes room for as many as the file claims
    block, position = 0, 8
    for _ in range(count):
        while block < len(blocks) and position >= len(blocks[block]):
            block, position = block + 1, position - len(blocks[block])
        if block >= len(blocks):
            return
        length, flags = struct.unpack_from("<HB", blocks[block], position)
        position += 3
        runs = struct.unpack_from("<H", blocks[block], position)[0] if flags & 8 else 0
        position += 2 if flags & 8 else 0
        phonetic = struct.unpack_from("<I", blocks[block], position)[0] if flags & 4 else 0
        position += 4 if flags & 4 else 0
        left, width = length, 1 + (flags & 1)
        while left > (room := max(0, (len(blocks[block]) - position) // width)):
            left -= room
            block += 1
            if block >= len(blocks):
                return
            width, position = 1 + (blocks[block][0] & 1), 1
        position += left * width + runs * 4 + phonetic
        yield length
