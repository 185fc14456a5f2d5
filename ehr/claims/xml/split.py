"""A claim file cut into its HOSO and what stands around them, without parsing: memory is that of one HOSO.

A HOSO that is not well-formed so spoils neither its neighbours nor the place where the next one begins. What stands
outside is small; `scan` in read.py parses it as a whole, as XML, so that the file is well-formed around its HOSO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ehr.claims.claim import FileKind
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.xml.limits import MIB, Limits
from ehr.claims.xml.text import Utf8Stream

PIECE = 1 << 20
_MISC = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->)\s*", re.DOTALL)
_ROOT = re.compile(rb"\s*<((?:[A-Za-z_][\w.-]*:)?)([A-Za-z_][\w.-]*)([\s/>])")
_CLOSE = re.compile(rb"\s*>")

#: Root element → kind of file and the element that holds one HOSO.
ROOTS: dict[str, tuple[FileKind, str]] = {
    "GIAMDINHHS": ("claims", "HOSO"),
    "CHI_TIEU_TRANG_THAI_KCB": ("checkin", "TRANG_THAI_KCB"),
    "CHI_TIEU_GIAM_DINH_YKHOA": ("appraisal", "GIAM_DINH_YKHOA"),
}

_EMPTY = "Tệp trống, không có nội dung nào để đọc."
_DOCTYPE = "Tệp có khai báo DOCTYPE hoặc ENTITY, là thứ có thể gây hại nên không đọc. Hãy xuất lại tệp từ phần mềm."
_NOT_XML = "Tệp không phải XML (nội dung không bắt đầu bằng dấu <). Hãy chọn đúng tệp hồ sơ BHYT đuôi .xml hoặc .zip."
TRUNCATED = "Tệp bị cắt cụt: phần cuối của tệp bị thiếu. Hãy xuất lại hoặc tải lại tệp đầy đủ rồi gửi lại."


def refuse_doctype(data: bytes) -> None:
    """Raises for anything that declares a document type or an entity."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ClaimFileRefused("claims.doctype", _DOCTYPE)


class Splitter:
    """Finds the root when made, raising ClaimFileRefused; `records()` then gives each HOSO with its tags.

    `kind`, `root`: of the file. `outside`: bytes in no HOSO, ready once `records()` has come to its end, kept only when
    `keep` is set. `at`: where in the file the HOSO that came last begins. `roots`: other files than claims are cut in
    the same way (form 831)."""

    def __init__(
        self, stream: Utf8Stream, limits: Limits, *, keep: bool, roots: Mapping[str, tuple[FileKind, str]] = ROOTS
    ) -> None:
        self.stream = stream
        self.limits = limits
        self._keep = keep
        self._outside: list[bytes] = []
        self._outside_size = 0
        self._count = 0
        self._buffer = b""
        self.at = 0
        self.prefix, self.root, self._position = self._find_root()
        if self.root not in roots:
            raise _wrong_root(self.root)
        self._tags(roots)

    def _tags(self, roots: Mapping[str, tuple[FileKind, str]]) -> None:
        self.kind, record = roots[self.root]
        self._open = f"<{self.prefix}{record}".encode()
        self._close = f"</{self.prefix}{record}".encode()

    @classmethod
    def resumed(cls, stream: Utf8Stream, limits: Limits, *, root: str, prefix: str) -> Splitter:
        """Goes on where the stream stands, at the begin of a HOSO, in a file of which root and prefix are known."""
        self = cls.__new__(cls)
        self.stream, self.limits, self.root, self.prefix = stream, limits, root, prefix
        self._keep, self._outside, self._outside_size, self._count = False, [], 0, 0
        self._buffer, self._position, self.at = b"", 0, 0
        self._tags(ROOTS)
        return self

    @property
    def outside(self) -> bytes:
        return b"".join(self._outside)

    def _find_root(self) -> tuple[str, str, int]:
        """Prefix and name of the root element, and where it begins."""
        self._buffer = buffer = self._more(b"")
        while not buffer.strip():
            before = self.stream.consumed
            if before > self.limits.outside:
                raise _blank()
            self._buffer = buffer = self._more(b"")
            if self.stream.consumed == before:
                raise ClaimFileRefused("claims.empty", _EMPTY, "CLM-ENV-02")
        position = 0
        while True:
            if found := _ROOT.match(self._buffer, position):
                return found[1].decode(), found[2].decode("ascii"), found.start()
            if misc := _MISC.match(self._buffer, position):
                position = misc.end()
                continue
            rest = self._buffer[position:].lstrip()
            if rest and not rest.startswith(b"<"):
                raise ClaimFileRefused("claims.not_xml", _NOT_XML, "CLM-ENV-02")
            refuse_doctype(rest[:20])
            longer = self._more(self._buffer)
            if len(longer) == len(self._buffer):
                raise ClaimFileRefused("claims.truncated" if rest[:2] in (b"<?", b"<!", b"<") else "claims.not_xml",
                                       TRUNCATED if rest else _NOT_XML)  # fmt: skip
            if len(longer) > self.limits.outside:
                raise _blank()
            self._buffer = longer

    def _more(self, kept: bytes) -> bytes:
        data = self.stream.read(PIECE)
        if self.stream.consumed > self.limits.bytes:
            limit = self.limits.bytes // MIB
            raise ClaimFileRefused(
                "claims.too_large",
                f"Tệp lớn hơn {limit} MB nên không đọc. Hãy chia thành nhiều tệp nhỏ hơn.",
                "CLM-ENV-11",
            )
        return kept + data if kept else data

    def _drop(self, data: bytes) -> None:
        """Takes note of bytes outside the HOSO."""
        if not data:
            return
        self._outside_size += len(data)
        if self._outside_size > self.limits.outside + 1024 * self._count:
            raise _blank()
        if self._keep and not (self._count and data.isspace()):
            refuse_doctype(data)
            self._outside.append(data)

    def records(self) -> Iterator[bytes]:
        """The bytes of each HOSO. One whose end tag is missing ends where the next begins. Raises ClaimFileRefused:
        the file ends within a HOSO, or a limit is passed."""
        buffer, position = self._buffer, 0
        self._buffer = b""
        width = len(self._open) + 1
        while True:
            start = self._start(buffer, position)
            if start < 0:
                kept = max(position, len(buffer) - width)
                self._drop(buffer[position:kept])
                longer = self._more(buffer[kept:])
                if len(longer) == len(buffer) - kept:
                    self._drop(longer)
                    return
                buffer, position = longer, 0
                continue
            self._drop(buffer[position:start])
            buffer, start, end = self._end(buffer, start)
            self._count += 1
            if self._count > self.limits.hosos:
                raise ClaimFileRefused(
                    "claims.too_many",
                    f"Tệp có hơn {self.limits.hosos} hồ sơ nên không đọc. Hãy chia thành nhiều tệp.",
                    "CLM-ENV-11",
                )
            again = self._start(buffer, start + width, end)
            position = end if again < 0 else again
            self.at = self.stream.begins + self.stream.consumed - len(buffer) + start
            yield buffer[start:position]

    def _start(self, buffer: bytes, position: int, end: int | None = None) -> int:
        """Where the next start tag begins, -1 when there is none yet."""
        while (start := buffer.find(self._open, position, end)) >= 0:
            after = buffer[start + len(self._open) : start + len(self._open) + 1]
            if not after:
                return -1
            if after in b"> /\t\r\n":
                return start
            position = start + 1
        return -1

    def _end(self, buffer: bytes, start: int) -> tuple[bytes, int, int]:
        """Reads on until the HOSO that begins at `start` is complete: the buffer, its begin and its end therein."""
        searched = start
        while True:
            tag_end = buffer.find(b">", start)
            if tag_end > 0 and buffer[tag_end - 1 : tag_end] == b"/":
                return buffer, start, tag_end + 1
            while (close := buffer.find(self._close, searched)) >= 0:
                if found := _CLOSE.match(buffer, close + len(self._close)):
                    return buffer, start, found.end()
                if close + len(self._close) + 64 > len(buffer):
                    break  # the tag may go on in the next piece
                searched = close + 1
            if len(buffer) - start > self.limits.hoso_bytes:
                limit = self.limits.hoso_bytes // MIB
                raise ClaimFileRefused(
                    "claims.too_large",
                    f"Hồ sơ thứ {self._count + 1} trong tệp lớn hơn {limit} MB, không giống hồ sơ thật nên không đọc.",
                    "CLM-ENV-11",
                )
            searched = max(0, (close if close >= 0 else len(buffer) - len(self._close)) - start)
            longer = self._more(buffer[start:])
            if len(longer) == len(buffer) - start:
                raise ClaimFileRefused("claims.truncated", TRUNCATED)
            buffer, start = longer, 0


def _blank() -> ClaimFileRefused:
    return ClaimFileRefused(
        "claims.blank", "Tệp chứa quá nhiều khoảng trắng hoặc nội dung lạ ngoài các hồ sơ nên không đọc.", "CLM-ENV-11"
    )


def _wrong_root(root: str) -> ClaimFileRefused:
    if root == "KHAMSUCKHOE":
        return health_check()
    if root in ("CSDLYTE831", "DATA"):
        return ClaimFileRefused(
            "claims.form831",
            f"Đây là tệp hồ sơ sức khỏe mẫu 831 (thẻ gốc {root}), không phải hồ sơ BHYT. Hãy dùng mục nhập mẫu 831.",
            "CLM-ENV-02",
        )
    name = root if len(root) <= 60 else root[:60] + "…"
    return ClaimFileRefused(
        "claims.wrong_root",
        f"Tệp không phải hồ sơ BHYT: thẻ gốc là {name}, cần GIAMDINHHS (hoặc thẻ gốc riêng của XML0, XML12).",
        "CLM-ENV-02",
    )


def health_check() -> ClaimFileRefused:
    return ClaimFileRefused(
        "claims.health_check",
        "Đây là tệp khám sức khỏe (thẻ gốc KHAMSUCKHOE, QĐ 1551 và 2062), không phải hồ sơ BHYT nên không nhập ở đây.",
        "CLM-ENV-02",
    )
