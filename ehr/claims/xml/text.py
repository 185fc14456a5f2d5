"""Bytes of claim files as UTF-8: byte order marks, UTF-16, declarations that are wrong, windows-1258."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from ehr.claims.findings import ClaimFileRefused

#: ElementTree and libxml2 are always told UTF-8; a declaration inside the text no longer counts.
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
#: Encodings of one byte for each letter that were in use here. Others are taken for a wrong declaration.
_SINGLE_BYTE = {"windows-1258": "cp1258", "cp1258": "cp1258", "windows-1252": "cp1252", "iso-8859-1": "cp1252"}
_FALLBACK = "cp1258"


def declared_codec(head: bytes) -> str:
    """Codec for bytes that are not UTF-8: as declared, where that makes sense, else windows-1258."""
    found = _DECLARED.match(head[:300])
    return _SINGLE_BYTE.get(found[1].decode().lower(), _FALLBACK) if found else _FALLBACK


def decode(data: bytes, codec: str = "") -> tuple[str, str]:
    """Text of a document or a part of one, and the codec that fitted: byte order mark, then UTF-16 by its zero bytes,
    then UTF-8, then `codec` or the declared one. The mark is taken off. UnicodeDecodeError: UTF-16 cut short."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    elif data[:1] == b"<" and data[1:2] != b"\0":
        pass  # what nearly every document begins with
    elif wide := _wide(data):
        return data.decode(wide).lstrip("\ufeff"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        codec = codec or declared_codec(data)
        return data.decode(codec, errors="replace"), codec


def _wide(head: bytes) -> str:
    """UTF-16 with a mark or with the zero bytes of "<" and its follower; "" for others."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) > 3 and head[1:4:2] == b"\0\0" and head[0] and head[2]:
        return "utf-16-le"
    if len(head) > 3 and head[0:3:2] == b"\0\0" and head[1] and head[3]:
        return "utf-16-be"
    return ""


class Utf8Stream:
    """Reads a file as UTF-8 without byte order mark. Files of one byte a letter pass unchanged: whoever cuts them into
    parts decodes each with `codec`, so that one wrong byte spoils no more than its own part."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        file.seek(0)
        head = file.read(512)
        if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise ClaimFileRefused(
                "claims.encoding", "Tệp dùng bảng mã UTF-32 nên không đọc được. Hãy lưu lại bằng UTF-8."
            )
        wide = _wide(head)
        self.encoding = "utf-16" if wide else "utf-8"
        self.codec = declared_codec(head.removeprefix(codecs.BOM_UTF8))
        self.consumed = 0
        self._decoder = codecs.getincrementaldecoder(wide)() if wide else None
        #: Whether a place in the stream is a place in the file, and where the stream begins there.
        self.plain = not wide
        self.begins = 3 if head.startswith(codecs.BOM_UTF8) else 0
        file.seek(self.begins)
        self._first = True

    @classmethod
    def at(cls, file: BinaryIO, offset: int, codec: str) -> Utf8Stream:
        """A file of one byte a letter (`plain`) from a place on, its codec being known."""
        self = cls.__new__(cls)
        file.seek(offset)
        self.file, self.encoding, self.codec, self.consumed = file, "utf-8", codec, 0
        self._decoder, self.plain, self.begins, self._first = None, True, offset, False
        return self

    def read(self, size: int) -> bytes:
        """At most about `size` bytes of input, as UTF-8; b"" at the end."""
        while True:
            data = self.file.read(size)
            self.consumed += len(data)
            if self._decoder is None:
                return data
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError:
                raise ClaimFileRefused(
                    "claims.truncated",
                    "Tệp UTF-16 bị cắt cụt hoặc hỏng giữa chừng. Hãy xuất lại và gửi lại tệp đầy đủ.",
                ) from None
            if self._first and text:
                self._first = False
                text = text.removeprefix("\ufeff")
            if text or not data:
                return text.encode("utf-8", errors="replace")
