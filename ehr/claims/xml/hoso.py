"""One HOSO out of its bytes: slots, inner documents, rows, standard. What cannot be read is set aside, with why."""

from __future__ import annotations

import binascii
import re
from typing import TypeAlias

from lxml import etree

from ehr.claims.claim import Claim, FileKind, Row, rebind
from ehr.claims.findings import Finding, excerpt
from ehr.claims.spec import Shape, Standard, rules, shapes
from ehr.claims.xml.flat import ILLEGAL, flat_rows
from ehr.claims.xml.limits import Limits
from ehr.claims.xml.standard import recognise
from ehr.claims.xml.text import decode
from ehr.claims.xml.tree import BrokenXml, local, parse, tree_rows

_BLANKS = b" \t\r\n"
#: Start of a plain slot up to its content, and its end.
_SLOT = re.compile(rb"\s*+<FILEHOSO>\s*+<LOAIHOSO>([^<]*+)</LOAIHOSO>\s*+<NOIDUNGFILE(?:(>)|\s*+/>)")
_SLOT_END = re.compile(rb"</NOIDUNGFILE>\s*+</FILEHOSO>\s*+")
_EMPTY_SLOT_END = re.compile(rb"\s*+</FILEHOSO>\s*+")
_MA_LK = re.compile(r"<MA_LK>\s*([^<&\s]{1,100})\s*</MA_LK>")
_LONGEST_SLOT_NAME = 40
_NO_PREFIX = "xmlns:_='_'"

#: A slot: LOAIHOSO and NOIDUNGFILE: bytes of the file, text, or an element.
_Content: TypeAlias = "bytes | str | etree._Element | None"


class HosoReader:
    """Reads HOSO after HOSO of one file. `prefixes`: namespace declarations of the root; `codec`: for bytes that are
    not UTF-8; `made_on`: NGAYLAP."""

    def __init__(self, kind: FileKind, limits: Limits, *, prefixes: str, codec: str, made_on: str) -> None:
        self.kind = kind
        self.limits = limits
        self.prefixes = prefixes
        self.codec = codec
        self.made_on = made_on

    def read(self, data: bytes, index: int) -> Claim:
        claim = Claim(index, Standard.QD3176)
        try:
            if self.kind == "claims":
                self._slots(claim, data)
            else:
                self._single(claim, data, "XML0" if self.kind == "checkin" else "XML12")
        except BrokenXml as broken:
            self._set_aside(claim, broken, "", self._name(data))
        if len(claim.tables.get("XML1", ())) > 1:
            message = "Hồ sơ có hai bảng XML1 nên không biết lượt khám nào đúng: tạm giữ, cần cơ sở gửi lại."
            claim.set_aside = claim.set_aside or Finding(
                "CLM-ENV-07", "XML1", 2, "LOAIHOSO", "XML1", rules()["CLM-ENV-07"].level, message
            )
        claim.standard = recognise(claim.tables, self.made_on)
        for name, rows in claim.tables.items():
            rebind(rows, claim.standard, name)
        self._foreign_tables(claim)
        return claim

    # ------------------------------------------------------------------------------------------------ slots of a HOSO
    def _slots(self, claim: Claim, data: bytes) -> None:
        slots = [] if data == b"<HOSO/>" else _plain_slots(data) or self._parsed_slots(data)
        for name, content in slots:
            claim.slots.append(name)
            try:
                self._slot(claim, name, content)
            except BrokenXml as broken:
                self._set_aside(claim, broken, name if name in shapes() else "", name)
        if not any(claim.tables.values()) and claim.set_aside is None:
            self._set_aside(claim, BrokenXml("CLM-ENV-08", "Hồ sơ không có bảng nào có nội dung."), "", "")

    def _parsed_slots(self, data: bytes) -> list[tuple[str, _Content]]:
        """Slots of a HOSO that is not written in the plain way. Raises BrokenXml."""
        if data.count(b"<") > 2 * self.limits.elements + 100:
            raise BrokenXml("CLM-ENV-11", f"Có hơn {self.limits.elements} thẻ trong một hồ sơ, không giống hồ sơ thật.")
        root = parse(decode(data, self.codec)[0], self.limits, prefixes=self.prefixes or _NO_PREFIX)
        found: list[tuple[str, _Content]] = []
        for file in root.iter("{*}FILEHOSO"):
            name, content = "", None
            for child in file:
                if local(child.tag) == "LOAIHOSO":
                    name = _slot_name(child.text or "")
                elif local(child.tag) == "NOIDUNGFILE":
                    content = _content(child)
            found.append((name, content))
        return found

    def _slot(self, claim: Claim, name: str, content: _Content) -> None:
        shape = shapes().get(name)
        document = self._document(content)
        if document is None:
            return
        if shape is None:
            claim.unread[name] = (
                document if isinstance(document, str) else etree.tostring(document, encoding="unicode", with_tail=False)
            )
            return
        rows = claim.tables.setdefault(name, [])
        rows.extend(self._rows(document, shape, name, len(rows)))
        if not rows:
            del claim.tables[name]

    def _document(self, content: _Content) -> str | etree._Element | None:
        """The inner document as text or element, None for an empty slot. Raises BrokenXml."""
        if content is None or isinstance(content, etree._Element):
            return content
        if isinstance(content, str):
            text = content.strip().lstrip("\ufeff").lstrip()
            if not text or text.startswith("<"):
                return text or None
            content = text.encode("ascii", errors="replace")
        else:
            content = content.strip()
            if not content:
                return None
            if content.startswith(b"<"):
                return self._text(content)
        document = self._text(_base64(content))
        return document if document.strip() else None

    def _text(self, data: bytes) -> str:
        if len(data.translate(None, ILLEGAL)) != len(data) and b"\0" not in data[:4]:
            raise BrokenXml("CLM-ENV-08", "Nội dung có ký tự điều khiển, không phải XML.")
        try:
            text, codec = decode(data, self.codec)
        except UnicodeDecodeError:
            raise BrokenXml("CLM-ENV-08", "Nội dung UTF-16 bị cắt cụt hoặc hỏng.") from None
        if codec != "utf-8":
            text = text.replace("\0", "\ufffd")
        return text

    def _rows(self, document: str | etree._Element, shape: Shape, name: str, before: int) -> list[Row]:
        """Rows of the inner document. Raises BrokenXml."""
        if isinstance(document, str):
            plain = flat_rows(document, shape) if self._is_small(document) else None
            if plain is not None:
                if len(document) > self.limits.field and any(
                    len(value) > self.limits.field for raw in plain for value in raw.values()
                ):
                    raise self._long_field()
                return [Row(None, before + line, raw) for line, raw in enumerate(plain, 1)]
            if not document.lstrip().startswith("<"):
                raise BrokenXml("CLM-ENV-08", f"Nội dung của {name} không phải XML.")
            document = parse(document, self.limits, prefixes=_NO_PREFIX)
        found = tree_rows(document, shape)
        root = local(document.tag)
        if not found and root not in shape.wrappers:
            raise BrokenXml("CLM-ENV-09", _misfit(name, root, shape))
        if any(len(value) > self.limits.field for row in found for value in row.raw.values()):
            raise self._long_field()
        return [
            Row(None, before + line, row.raw, repeated=tuple(row.repeated), nested=tuple(row.nested))
            for line, row in enumerate(found, 1)
        ]

    def _is_small(self, document: str) -> bool:
        """Whether it has no more tags than one may have."""
        most = 3 * self.limits.elements
        return len(document) <= most or document.count("<") <= most

    def _long_field(self) -> BrokenXml:
        return BrokenXml("CLM-ENV-11", f"Có ô dài hơn {self.limits.field} ký tự, không giống hồ sơ thật.")

    # ------------------------------------------------------------------------------------------- XML0, XML12 by itself
    def _single(self, claim: Claim, data: bytes, name: str) -> None:
        claim.slots.append(name)
        text = self._text(data)
        shape = shapes()[name]
        plain = flat_rows(text, shape)
        if plain is None:
            root = parse(text, self.limits, prefixes=self.prefixes or _NO_PREFIX)
            claim.tables[name] = self._rows(root, shape, name, 0)
        else:
            claim.tables[name] = [Row(None, line, raw) for line, raw in enumerate(plain, 1)]

    # ------------------------------------------------------------------------------------------------- what was noticed
    def _set_aside(self, claim: Claim, broken: BrokenXml, table: str, value: str) -> None:
        finding = Finding(
            broken.rule_id, table, 0, "NOIDUNGFILE" if table else "", excerpt(value), "reject", broken.message
        )
        if claim.set_aside is None:
            claim.set_aside = finding
        else:
            claim.findings.append(finding)

    def _name(self, data: bytes) -> str:
        """MA_LK of a HOSO that could not be read, so that people can find it."""
        found = _MA_LK.search(decode(data[:200_000], self.codec)[0])
        return found[1] if found else ""

    def _foreign_tables(self, claim: Claim) -> None:
        """Slots that the standard does not have are kept, not read as tables of it."""
        level = rules()["CLM-ENV-06"].level
        for name in [*claim.unread, *(name for name, rows in claim.tables.items() if rows and rows[0].table is None)]:
            last = "XML5" if claim.standard is Standard.QD4210 else "XML15"
            message = f"LOAIHOSO là {name or 'để trống'}, chuẩn này chỉ có XML1 đến {last}: giữ nguyên, không đọc."
            claim.findings.append(Finding("CLM-ENV-06", "", 0, "LOAIHOSO", name, level, message))


def _plain_slots(data: bytes) -> list[tuple[str, _Content]] | None:
    """Slots of `<HOSO><FILEHOSO><LOAIHOSO>…</LOAIHOSO><NOIDUNGFILE>…</NOIDUNGFILE></FILEHOSO>…</HOSO>` with nothing
    else in it, None for anything else. CDATA, entities and comments are left to the parser."""
    if not data.startswith(b"<HOSO>") or not data.endswith(b"</HOSO>"):
        return None
    found: list[tuple[str, _Content]] = []
    position, end = 6, len(data) - 7
    while slot := _SLOT.match(data, position):
        name, start = slot[1], slot.end()
        if slot[2] is None:
            closing, content = _EMPTY_SLOT_END.match(data, start), b""
        else:
            # (`find` of one letter runs at the speed of memory. "&" is no letter of base64.)
            content = data[start : data.find(b"<", start)]
            closing = _SLOT_END.match(data, start + len(content))
            if closing is None:  # elements inside
                nested = _plain_nested(data, start)
                if nested is None:
                    return None
                content = nested
                closing = _SLOT_END.match(data, start + len(content))
        if closing is None:
            return None
        position = closing.end()
        if b"&" in name or (b"&" in content and b"<" not in content):
            return None
        found.append((_slot_name(name.decode("ascii", errors="replace")), content))
    return found if position == end and found else None


def _plain_nested(data: bytes, start: int) -> bytes | None:
    """The elements inside NOIDUNGFILE, None when they need the parser: CDATA, entities, prefixes."""
    content = data[start : data.find(b"</NOIDUNGFILE>", start)]
    if not content.lstrip().startswith(b"<") or b"&" in content or b"<!" in content:
        return None
    if b"xsi:" in content or b":" in content[:400].partition(b">")[0]:
        return None  # prefixes need the declarations of the file
    return content


def _slot_name(text: str) -> str:
    return "".join(text.split()).upper()[:_LONGEST_SLOT_NAME]


def _content(element: etree._Element) -> _Content:
    """What stands in NOIDUNGFILE. Raises BrokenXml for several elements side by side, or text beside an element."""
    if not len(element):
        return element.text
    if len(element) > 1 or (element.text or "").strip() or (element[0].tail or "").strip():
        raise BrokenXml(
            "CLM-ENV-08", "NOIDUNGFILE chứa nhiều phần lẫn lộn, cần đúng một bảng XML hoặc một chuỗi base64."
        )
    return element[0]


def _base64(content: bytes) -> bytes:
    """Strict: nothing but the alphabet, blanks, and padding at the end. Lengths tell it, because characters that do
    not belong are skipped in decoding. (The strict mode of binascii is three times slower.)"""
    for blanks in (b"", _BLANKS):
        text = content.translate(None, blanks) if blanks else content
        padding = len(text) - len(text.rstrip(b"=")) if text.endswith(b"=") else 0
        if len(text) % 4 or padding > 2:
            continue
        try:
            data = binascii.a2b_base64(text)
        except binascii.Error:
            continue
        if len(data) == len(text) // 4 * 3 - padding:
            return data
    raise BrokenXml(
        "CLM-ENV-08", "Nội dung không phải XML và cũng không giải mã được base64 (chuỗi bị thiếu hoặc sai ký tự)."
    )


def _misfit(name: str, root: str, shape: Shape) -> str:
    if root == "KHAMSUCKHOE":
        return "Nội dung là phiếu khám sức khỏe (KHAMSUCKHOE), không phải bảng của hồ sơ BHYT."
    wanted = min(shape.wrappers, default=shape.row)
    return f"Nội dung ghi trong {name} có thẻ gốc {root[:60]}, cần {wanted}."
