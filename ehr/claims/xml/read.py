"""Claim files, one HOSO at a time.

A file is read twice: `scan` finds its HOSO and checks what stands around them without opening a HOSO (a tenth of the
time), so that a file that must be refused is refused before the first HOSO is given out; then every HOSO is read.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from lxml import etree

from ehr.claims.claim import Claim, Envelope
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.xml.hoso import HosoReader
from ehr.claims.xml.limits import LIMITS, MIB, Limits
from ehr.claims.xml.split import TRUNCATED, Splitter, health_check
from ehr.claims.xml.text import Utf8Stream, decode
from ehr.claims.xml.tree import BrokenXml, check_depth, local, parse

Source = Path | str | bytes | BinaryIO

_ENVELOPE = {
    *("THONGTINDONVI", "MACSKCB", "THONGTINHOSO", "NGAYLAP", "SOLUONGHOSO", "DANHSACHHOSO", "CHUKYDONVI"),
    *("DSACH_TRANG_THAI_KCB", "DSACH_GIAM_DINH_YKHOA"),
}


def scan(source: Source, *, limits: Limits = LIMITS, every: int = 0) -> Envelope:
    """Facts of the envelope and the number of HOSO, without reading any; with `every`, also where in the file HOSO 1,
    1 + every, 1 + 2 · every … begin. Raises ClaimFileRefused."""
    file = _opened(source, limits)
    try:
        return _scan(file, limits, every)
    finally:
        if file is not source:
            file.close()


def read_claims(
    source: Source,
    *,
    limits: Limits = LIMITS,
    first: int = 1,
    count: int | None = None,
    envelope: Envelope | None = None,
    offset: int = 0,
) -> ClaimReader:
    """Iterator over the claims of a file; `.envelope` is there at once.

    `first`, `count`: only these HOSO (from 1), for work in chunks; skipping is quick. `envelope`: what `scan` said of
    this very file, to spare scanning it for each chunk. Raises ClaimFileRefused here and not later; a HOSO that cannot
    be read comes with `set_aside`. `source`: path, bytes or binary file. `offset`: where HOSO `first` begins, one of
    `envelope.offsets`; 0 when that is not known."""
    return ClaimReader(source, limits, first, count, envelope, offset)


def offset_after(file: BinaryIO, envelope: Envelope, *, offset: int, count: int, limits: Limits = LIMITS) -> int:
    """Where the HOSO begins that comes `count` after the one at `offset`; 0 when reading cannot begin there."""
    if not offset:
        return 0
    stream = Utf8Stream.at(file, offset, envelope.codec)
    splitter = Splitter.resumed(stream, limits, root=envelope.root, prefix=envelope.prefix)
    for number, _ in enumerate(splitter.records()):
        if number == count:
            return splitter.at
    return 0


class ClaimReader(Iterator[Claim]):
    """See `read_claims`. Who stops before the end closes it, or uses it as a context manager."""

    def __init__(
        self, source: Source, limits: Limits, first: int, count: int | None, envelope: Envelope | None, offset: int = 0
    ) -> None:
        self._file = _opened(source, limits)
        self._own = self._file is not source
        try:
            self.envelope = envelope or _scan(self._file, limits)
        except ClaimFileRefused:
            self.close()
            raise
        if offset and envelope is not None:
            stream = Utf8Stream.at(self._file, offset, envelope.codec)
            splitter = Splitter.resumed(stream, limits, root=envelope.root, prefix=envelope.prefix)
        else:
            stream = Utf8Stream(self._file)
            splitter = Splitter(stream, limits, keep=False)
        self._reader = HosoReader(
            self.envelope.kind,
            limits,
            prefixes=self.envelope.namespaces,
            codec=stream.codec,
            made_on=self.envelope.made_on,
        )
        self._records = enumerate(splitter.records(), first if offset else 1)
        self._first, self._last = first, None if count is None else first + count - 1

    def __iter__(self) -> ClaimReader:
        return self

    def __next__(self) -> Claim:
        for index, data in self._records:
            if index < self._first:
                continue
            if self._last is not None and index > self._last:
                break
            return self._reader.read(data, index)
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Closes the file if it was opened here."""
        if self._own:
            self._file.close()

    def __enter__(self) -> ClaimReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opened(source: Source, limits: Limits) -> BinaryIO:
    """A file that can be read twice."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, str | Path):
        return Path(source).open("rb")
    if source.seekable():
        return source
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - the reader closes it
    size = 0
    while piece := source.read(MIB):
        size += len(piece)
        if size > limits.bytes:
            kept.close()
            raise ClaimFileRefused(
                "claims.too_large", f"Tệp lớn hơn {limits.bytes // MIB} MB nên không đọc.", "CLM-ENV-11"
            )
        kept.write(piece)
    return kept


def _scan(file: BinaryIO, limits: Limits, every: int = 0) -> Envelope:
    stream = Utf8Stream(file)
    splitter = Splitter(stream, limits, keep=True)
    count, offsets = 0, []
    for _ in splitter.records():
        if every and count % every == 0 and stream.plain:
            offsets.append(splitter.at)
        count += 1
    outside, codec = decode(splitter.outside, stream.codec)
    if splitter.outside.count(b"<") > 20_000:
        raise ClaimFileRefused(
            "claims.too_large", "Tệp có quá nhiều thẻ lạ ngoài các hồ sơ nên không đọc.", "CLM-ENV-11"
        )
    try:
        root = parse(outside, limits)
    except BrokenXml as broken:
        if not re.search(rf"</(?:[\w.-]+:)?{splitter.root}\s*>\s*$", outside[-1000:]):
            raise ClaimFileRefused("claims.truncated", TRUNCATED) from None
        code = "claims.too_deep" if "lồng nhau" in broken.message else "claims.broken"
        raise ClaimFileRefused(code, f"Tệp không đọc được. {broken.message}", broken.rule_id) from None
    check_depth(root, limits.depth)
    envelope = Envelope(splitter.kind, splitter.root, count=count, size=stream.consumed)
    envelope.encoding = stream.encoding if stream.encoding != "utf-8" else codec
    envelope.prefix, envelope.codec, envelope.offsets = splitter.prefix, stream.codec, tuple(offsets)
    _facts(envelope, root)
    envelope.namespaces = " ".join(f"xmlns:{name}={quoteattr(uri)}" for name, uri in root.nsmap.items() if name)
    return envelope


def _facts(envelope: Envelope, root: etree._Element) -> None:
    unknown: dict[str, None] = {}
    for element in root.iter():
        name = local(element.tag)
        text = (element.text or "").strip()
        if name == "MACSKCB" and not envelope.facility:
            envelope.facility = text
        elif name == "NGAYLAP" and not envelope.made_on:
            envelope.made_on = text
        elif name == "SOLUONGHOSO" and not envelope.declared:
            envelope.declared = text
        elif name == "CHUKYDONVI":
            envelope.signed = envelope.signed or bool(text) or len(element) > 0
        elif name == "KHAMSUCKHOE":
            raise health_check()
        elif element is not root and name not in _ENVELOPE and not _in_signature(element):
            unknown[name] = None
    envelope.unknown_tags = tuple(list(unknown)[:20])


def _in_signature(element: etree._Element) -> bool:
    return any(local(above.tag) == "CHUKYDONVI" for above in element.iterancestors())
