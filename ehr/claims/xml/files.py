"""Claim files out of what people hand in: a file, an archive of files, a folder of both."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from ehr.claims.findings import ClaimFileRefused
from ehr.claims.xml.limits import LIMITS, MIB, Limits

_SMALL = 20 * MIB  # below this a high ratio is no danger: claim files of equal visits pack very well
_SUFFIXES = (".xml", ".zip")
_BROKEN = "Tệp nén bị hỏng hoặc tải lên chưa hết nên không mở được. Hãy nén lại rồi gửi lại."


def claim_files(path: Path | str, *, limits: Limits = LIMITS) -> Iterator[tuple[str, BinaryIO]]:
    """Name and content of every claim file: the file itself, those of a .zip, or those of a folder and its .zip files.

    Names are relative, with "/" and without "..". Streams are open until the next one is asked for. Raises
    ClaimFileRefused for an archive; whether a stream is a claim file shows when it is read."""
    path = Path(path)
    if path.is_dir():
        for found in sorted(path.rglob("*")):
            if found.suffix.lower() in _SUFFIXES and found.is_file() and not found.is_symlink():
                yield from _one(found, found.relative_to(path).as_posix(), limits)
        return
    yield from _one(path, path.name, limits)


def _one(path: Path, name: str, limits: Limits) -> Iterator[tuple[str, BinaryIO]]:
    with path.open("rb") as file:
        if is_archive(file):
            for member, stream in archive_files(file, limits=limits):
                yield f"{name}/{member}", stream
        else:
            yield name, file


def is_archive(file: BinaryIO) -> bool:
    """Whether the file is a zip, by its first bytes."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (b"PK\x03\x04", b"PK\x05\x06")


def archive_files(file: BinaryIO, *, limits: Limits = LIMITS) -> Iterator[tuple[str, BinaryIO]]:
    """XML files of a zip, in its order. Raises ClaimFileRefused before the first one is given out: damaged, encrypted,
    a bomb, a name that points outside, an archive within, nothing to read."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, OSError, EOFError):
        raise ClaimFileRefused("claims.zip_broken", _BROKEN) from None
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        _check(members, size, limits)
        wanted = [info for info in members if _is_claim_name(info.filename)]
        if not wanted:
            raise ClaimFileRefused("claims.zip_empty", "Trong tệp nén không có tệp .xml nào.", "CLM-ENV-02")
        for info in wanted:
            with _Member(archive, info) as stream:
                yield info.filename.replace("\\", "/"), cast(BinaryIO, stream)


def _is_claim_name(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.suffix.lower() == ".xml" and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _check(members: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    names = [info.filename.replace("\\", "/") for info in members]
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
            raise ClaimFileRefused(
                "claims.zip_name", "Trong tệp nén có tên tệp trỏ ra ngoài thư mục (../), có thể gây hại nên không mở."
            )
    if len(members) > limits.files or len(set(names)) != len(names):
        raise ClaimFileRefused(
            "claims.zip_bomb",
            f"Tệp nén có hơn {limits.files} tệp hoặc có tên tệp trùng nhau nên không mở.",
            "CLM-ENV-11",
        )
    if any(info.flag_bits & 1 for info in members):
        raise ClaimFileRefused("claims.zip_encrypted", "Tệp nén có đặt mật khẩu. Hãy nén lại không mật khẩu rồi gửi.")
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in members):
        raise ClaimFileRefused(
            "claims.zip_broken", "Tệp nén dùng cách nén lạ nên không mở được. Hãy nén lại kiểu .zip thường."
        )
    if any(name.lower().endswith(".zip") for name in names):
        raise ClaimFileRefused("claims.zip_nested", "Trong tệp nén có tệp nén khác. Hãy giải nén rồi gửi các tệp .xml.")
    unzipped = sum(info.file_size for info in members)
    packed = sum(info.compress_size for info in members)
    if unzipped > limits.unzipped or packed > size or (unzipped > _SMALL and unzipped > limits.ratio * max(size, 1)):
        raise ClaimFileRefused(
            "claims.zip_bomb", "Tệp nén nhỏ nhưng khi mở ra quá lớn, giống tệp phá hoại nên không mở.", "CLM-ENV-11"
        )


class _Member(io.RawIOBase):
    """A member that can be read twice; damage inside is a refusal."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self._file: BinaryIO | None = None
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset < 0:
            raise io.UnsupportedOperation("only from the start")
        if offset < self._position or self._file is None:
            self._open()
        while self._position < offset and self.read(min(MIB, offset - self._position)):
            pass
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        if self._file is None:
            self._open()
        assert self._file is not None  # noqa: S101 - narrows the type
        try:
            data = self._file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise ClaimFileRefused("claims.zip_broken", _BROKEN) from None
        self._position += len(data)
        return data

    def _open(self) -> None:
        try:
            self._file = self._archive.open(self._info)  # type: ignore[assignment]
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
            raise ClaimFileRefused("claims.zip_broken", _BROKEN) from None
        self._position = 0
