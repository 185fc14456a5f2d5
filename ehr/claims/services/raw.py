"""The bytes of claim files: kept compressed and sealed in parts of equal size, read like a file from any place on.

Neither writing nor reading ever holds more than a few parts."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, cast

from ehr.claims.findings import ClaimFileRefused
from ehr.claims.models import ClaimFile, ClaimFilePart
from ehr.claims.xml import LIMITS
from ehr.claims.xml.limits import MIB
from ehr.common import sealed

PIECE = MIB  # bytes of the file in one part
_TOGETHER = 4  # parts read or written by one statement
_LEVEL = 1  # base64 packs to a seventh; more effort takes twice the time for little


def measure(source: BinaryIO) -> tuple[str, int]:
    """SHA-256 and number of bytes of a file from its beginning. Raises ClaimFileRefused for one that is too large."""
    source.seek(0)
    hashed, size = hashlib.sha256(), 0
    while piece := source.read(PIECE):
        hashed.update(piece)
        size += len(piece)
        if size > LIMITS.bytes:
            message = f"Tệp lớn hơn {LIMITS.bytes // MIB} MB nên không đọc. Hãy chia thành nhiều tệp nhỏ hơn."
            raise ClaimFileRefused("claims.too_large", message, "CLM-ENV-11")
    return hashed.hexdigest(), size


def store_parts(file: ClaimFile, source: BinaryIO) -> None:
    """Keeps the bytes of a file that has none yet, in the caller's transaction."""
    source.seek(0)
    parts = (
        ClaimFilePart(
            file=file, position=position,
            data=sealed.seal(zlib.compress(piece, _LEVEL), context=part_context(file.sha256, position)),
        )
        for position, piece in enumerate(_pieces(source))
    )  # fmt: skip
    while some := list(islice(parts, _TOGETHER)):
        ClaimFilePart.objects.bulk_create(some)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    """Pieces of exactly PIECE bytes, the last one shorter; streams may give less than they are asked for."""
    kept = bytearray()
    while data := source.read(PIECE):
        kept += data
        while len(kept) >= PIECE:
            yield bytes(kept[:PIECE])
            del kept[:PIECE]
    if kept:
        yield bytes(kept)


def part_context(sha256: str, position: int) -> str:
    """What a part of a file is sealed with: it opens in its own place only."""
    return f"claims.file:{sha256}:{position}"


def open_raw(file: ClaimFile) -> BinaryIO:
    """The bytes as they came, as a file that can be read from any place on. Raises ehr.common.sealed's error when
    the key is missing or the bytes were changed."""
    return cast(BinaryIO, io.BufferedReader(_Parts(file), buffer_size=PIECE))


class _Parts(io.RawIOBase):
    def __init__(self, file: ClaimFile) -> None:
        self._file_id, self._sha256, self._size = file.pk, file.sha256, file.size
        self._position = 0
        self._ahead: dict[int, bytes] = {}  # parts read ahead, as they are stored
        self._part = (-1, b"")  # number and plain bytes of the part read last

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        number, begin = divmod(self._position, PIECE)
        data = self._plain(number)[begin : begin + len(buffer)] if self._position < self._size else b""
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _plain(self, number: int) -> bytes:
        if self._part[0] != number:
            if number not in self._ahead:
                found = ClaimFilePart.objects.filter(
                    file=self._file_id, position__gte=number, position__lt=number + _TOGETHER
                )
                self._ahead = {at: bytes(data) for at, data in found.values_list("position", "data")}
            stored = self._ahead.pop(number)
            self._part = number, zlib.decompress(sealed.unseal(stored, context=part_context(self._sha256, number)))
        return self._part[1]
