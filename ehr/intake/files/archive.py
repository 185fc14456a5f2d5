"""Zip containers (.xlsx, .ods), checked before a library opens them: the directory may lie, so parts are unpacked here
in small pieces and counted. Nothing is written, and no more than one piece is in memory."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from ehr.intake.files.limits import MIB, Limits, number
from ehr.intake.files.sheet import FileRefused

PIECE = 1 << 19
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, …, length of the name, length of the extra field
_SMALL = 20 * MIB  # below this a high ratio is no danger: a sheet of equal rows packs very well

DAMAGED = "Tệp bị hỏng hoặc tải lên chưa hết (nội dung không đọc được). Hãy mở bằng Excel, lưu lại rồi gửi lại."


def damaged() -> FileRefused:
    return FileRefused("file.damaged", DAMAGED)


class Archive:
    """The parts of a zip file. Raises FileRefused: damaged, encrypted, or larger than the limits."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.unpacked = 0  # bytes that came out so far, over all parts
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as directory:
                infos = directory.infolist()
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, OSError, struct.error):
            raise damaged() from None
        self.parts = {info.filename: info for info in infos if not info.is_dir()}
        self._check_directory(infos)

    def _check_directory(self, infos: list[zipfile.ZipInfo]) -> None:
        names = [info.filename.replace("\\", "/").lower() for info in infos]
        if len(set(names)) != len(names):
            raise damaged()
        if any(info.flag_bits & 1 for info in infos):
            raise FileRefused("file.encrypted", "Tệp có đặt mật khẩu. Hãy bỏ mật khẩu, lưu lại rồi gửi lại.")
        if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
            raise damaged()
        self._check_size(sum(info.file_size for info in infos))

    def _check_size(self, size: int) -> None:
        if size > self.limits.unzipped:
            limit = number(self.limits.unzipped // MIB)
            raise FileRefused(
                "file.unzipped",
                f"Tệp nén nhỏ nhưng khi mở ra lớn hơn {limit} MB, có thể làm treo máy nên không mở. Hãy xóa các dòng, "
                "các cột trống và định dạng thừa, hoặc chia thành nhiều tệp.",
            )
        if size > _SMALL and size > self.limits.ratio * len(self.data):
            raise FileRefused(
                "file.bomb",
                f"Tệp phình ra hơn {number(self.limits.ratio)} lần khi giải nén, giống một tệp phá hoại nên không mở. "
                "Hãy chép dữ liệu sang một tệp Excel mới rồi gửi lại.",
            )

    def pieces(self, name: str, size: int = PIECE) -> Iterator[bytes]:
        """Content of the part in pieces of at most `size` bytes. Raises FileRefused when it is not as long as the
        directory says. Check sums are left to calamine, which compares them again."""
        info = self.parts[name]
        start = self._start(info)
        packed = memoryview(self.data)[start : start + info.compress_size]
        if len(packed) != info.compress_size:
            raise damaged()
        left = info.file_size
        for piece in _stored(packed, size) if info.compress_type == zipfile.ZIP_STORED else _inflate(packed, size):
            left -= len(piece)
            self.unpacked += len(piece)
            if left < 0:  # more than the directory says: a bomb that hides its size
                raise damaged()
            yield piece
        if left:
            raise damaged()
        self._check_size(self.unpacked)

    def _start(self, info: zipfile.ZipInfo) -> int:
        try:
            signature, name, extra = _LOCAL_HEADER.unpack_from(self.data, info.header_offset)
        except struct.error:
            raise damaged() from None
        if signature != b"PK\x03\x04":
            raise damaged()
        return info.header_offset + _LOCAL_HEADER.size + name + extra

    def read(self, name: str, limit: int = 4 * MIB) -> bytes:
        """A small part as a whole; FileRefused when it is larger than `limit`."""
        if self.parts[name].file_size > limit:
            raise damaged()
        return b"".join(self.pieces(name))


def _stored(packed: memoryview, size: int) -> Iterator[bytes]:
    for start in range(0, len(packed), size):
        yield bytes(packed[start : start + size])


def _inflate(packed: memoryview, size: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    position = 0
    fed = b""
    try:
        while not inflater.eof:
            if not fed:
                fed = bytes(packed[position : position + size])
                position += len(fed)
            piece = inflater.decompress(fed, size)
            if not piece and not fed:
                raise damaged()  # ends in the middle
            fed = inflater.unconsumed_tail
            if piece:
                yield piece
    except zlib.error:
        raise damaged() from None
