"""Form-831 files, one record at a time: one person in a file, or many beside each other in one BODY, alone or zipped.

The bytes are cut and parsed by what reads claims: DOCTYPE and entities are refused, size, number and depth bounded."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from ehr.claims.findings import ClaimFileRefused
from ehr.claims.xml.files import archive_files, claim_files, is_archive
from ehr.claims.xml.limits import MIB, Limits
from ehr.claims.xml.split import Splitter
from ehr.claims.xml.text import Utf8Stream, decode
from ehr.claims.xml.tree import BrokenXml, local, parse
from ehr.exchange.form831.layout import HEADER, RECORD, Data, from_xml, text
from ehr.exchange.form831.writing import MARK

#: One record with a lifetime of visits stays far below.
LIMITS = Limits(bytes=1024 * MIB, hosos=200_000, hoso_bytes=8 * MIB, elements=100_000, depth=20)
_ROOTS = {"DATA": ("claims", RECORD.name), "CSDLYTE831": ("claims", RECORD.name)}
_WORDS = {
    "claims.not_xml": "Tệp không phải XML (nội dung không bắt đầu bằng dấu <). Hãy chọn đúng tệp XML mẫu 831.",
    "claims.wrong_root": "Tệp không phải hồ sơ sức khỏe theo XML mẫu 831: thẻ gốc phải là DATA.",
    "claims.health_check": "Đây là tệp khám sức khỏe (thẻ gốc KHAMSUCKHOE), không phải XML mẫu 831.",
}
_MOST_HEADERS = 20_000


class FormFileRefused(Exception):
    """A file as a whole cannot be read. `code`: form831.doctype, form831.truncated … as for claims, and
    form831.no_people, form831.claims; `message`: one Vietnamese sentence without personal data."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Sent:
    """One record of a file. `position`: from 1. `broken`: why it could not be read; `data` is then empty. `trusted`:
    the file bears our mark. `sender`: SENDER_CODE."""

    file: str
    position: int
    data: Data = field(default_factory=dict)
    trusted: bool = False
    sender: str = ""
    unknown: tuple[str, ...] = ()
    broken: str = ""


@dataclass(slots=True)
class FormFile:
    """What stands around the records of one file."""

    name: str
    sha256: str
    people: int
    header: Data
    namespaces: str
    codec: str

    @property
    def trusted(self) -> bool:
        return text(self.header, "TRANSACTION_TYPE") == MARK


def form_files(path: Path | str) -> Iterator[tuple[str, BinaryIO]]:
    """Name and content of every XML file: the file itself, those of a .zip, or those of a folder. As `claim_files`."""
    try:
        yield from claim_files(path, limits=LIMITS)
    except ClaimFileRefused as refused:
        raise _refused(refused) from None


def sent_files(name: str, file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """Name and content of what somebody handed in: one file, or an archive of them. Raises FormFileRefused."""
    try:
        if is_archive(file):
            yield from archive_files(file, limits=LIMITS)
        else:
            yield name, file
    except ClaimFileRefused as refused:
        raise _refused(refused) from None


def scan(name: str, file: BinaryIO) -> FormFile:
    """What stands around the records, and how many there are. Raises FormFileRefused."""
    try:
        return _scan(name, file)
    except ClaimFileRefused as refused:
        raise _refused(refused) from None


def _scan(name: str, file: BinaryIO) -> FormFile:
    stream = Utf8Stream(file)
    splitter = Splitter(stream, LIMITS, keep=True, roots=_ROOTS)  # type: ignore[arg-type]
    people = sum(1 for _ in splitter.records())
    outside, codec = decode(splitter.outside, stream.codec)
    if outside.count("<") > _MOST_HEADERS:
        raise FormFileRefused("form831.too_large", "Tệp có quá nhiều thẻ lạ ngoài các hồ sơ nên không đọc.")
    try:
        root = parse(outside, LIMITS)
    except BrokenXml as broken:
        if not re.search(rf"</(?:[\w.-]+:)?{splitter.root}\s*>\s*$", outside[-1000:]):
            raise FormFileRefused("form831.truncated", "Tệp bị cắt cụt: phần cuối của tệp bị thiếu.") from None
        code = "form831.too_deep" if "lồng nhau" in broken.message else "form831.broken"
        raise FormFileRefused(code, f"Tệp không đọc được. {broken.message}") from None
    if not people:
        raise FormFileRefused("form831.no_people", "Trong tệp không có hồ sơ nào (thẻ HOSOSUCKHOE).")
    headers = [found for found in root.iter() if local(found.tag) == HEADER.name]
    header = from_xml(HEADER, headers[0]) if len(headers) == 1 else {}
    namespaces = " ".join(f"xmlns:{key}={quoteattr(uri)}" for key, uri in root.nsmap.items() if key)
    return FormFile(name, _digest(file), people, header, namespaces, stream.codec or codec)


def _digest(file: BinaryIO) -> str:
    hashed = hashlib.sha256()
    file.seek(0)
    while piece := file.read(MIB):
        hashed.update(piece)
    return hashed.hexdigest()


def read(found: FormFile, file: BinaryIO) -> Iterator[Sent]:
    """The records of a file that was scanned. One that cannot be read is `broken` and spoils no neighbour."""
    stream = Utf8Stream(file)
    for position, part in enumerate(Splitter(stream, LIMITS, keep=False, roots=_ROOTS).records(), 1):  # type: ignore[arg-type]
        sent = Sent(found.name, position, trusted=found.trusted, sender=text(found.header, "SENDER_CODE"))
        try:
            element = parse(decode(part, stream.codec)[0], LIMITS, prefixes=found.namespaces)
        except (BrokenXml, UnicodeDecodeError) as broken:
            sent.broken = getattr(broken, "message", "Bảng mã của hồ sơ này bị hỏng.")
        else:
            unknown: set[str] = set()
            sent.data = from_xml(RECORD, element, unknown)
            sent.unknown = tuple(sorted(unknown))
        yield sent


def _refused(refused: ClaimFileRefused) -> FormFileRefused:
    code = refused.code.replace("claims.", "form831.", 1)
    if refused.code == "claims.wrong_root" and "GIAMDINHHS" in refused.message.split(",")[0]:
        code = "form831.claims"
    return FormFileRefused(code, _WORDS.get(refused.code, refused.message))
