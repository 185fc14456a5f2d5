"""Parts of claim files through libxml2, with everything dangerous off: the thorough way, and the one that decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from ehr.claims.spec import Shape
from ehr.claims.xml.limits import Limits

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


class BrokenXml(Exception):
    """A part is not XML or not safe. `rule_id` and `message` (Vietnamese) say why."""

    def __init__(self, rule_id: str, message: str) -> None:
        super().__init__(message)
        self.rule_id = rule_id
        self.message = message


def local(tag: object) -> str:
    """Name without namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def parse(text: str, limits: Limits, *, prefixes: str = "") -> etree._Element:
    """Root of the document. `prefixes`: declarations of namespaces, for a part that relies on those of its file.

    Raises BrokenXml: not well-formed, a document type or an entity, too many elements, nested too deeply."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BrokenXml("CLM-ENV-01", "Có khai báo DOCTYPE hoặc ENTITY trong nội dung, có thể gây hại nên không đọc.")
    if text.count("<") > 2 * limits.elements + 100:
        raise BrokenXml("CLM-ENV-11", f"Có hơn {limits.elements} thẻ trong một hồ sơ, không giống hồ sơ thật.")
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    if prefixes:
        text = f"<_ {prefixes}>{text}</_>"
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError as error:
        raise BrokenXml("CLM-ENV-01", _why(error, text)) from None
    check_depth(root, limits.depth + bool(prefixes))
    return _only(root) if prefixes else root


def _only(wrapper: etree._Element) -> etree._Element:
    """The one element that a part must be."""
    texts = [wrapper.text, *(child.tail for child in wrapper)]
    if len(wrapper) != 1 or any(text and text.strip() for text in texts):
        raise BrokenXml("CLM-ENV-08", "Cần đúng một bảng XML, nhưng có nhiều phần lẫn lộn hoặc không có bảng nào.")
    return wrapper[0]


def check_depth(root: etree._Element, most: int) -> None:
    """Raises BrokenXml when elements are nested more than `most` levels."""
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > most:
            raise BrokenXml("CLM-ENV-11", f"Các thẻ lồng nhau quá {most} lớp, không giống hồ sơ thật.")


def _why(error: etree.XMLSyntaxError, text: str) -> str:
    reason = error.msg or ""
    if "EntityRef" in reason or "xmlParseEntityRef" in reason or re.search(r"&(?!\w{1,8};|#)", text):
        return "Không phải XML hợp lệ: có dấu & chưa được viết thành &amp; (thường nằm trong địa chỉ hoặc chẩn đoán)."
    if "nested" in reason.lower() or "depth" in reason.lower():
        return "Các thẻ lồng nhau quá sâu, không giống hồ sơ thật."
    if "Entity" in reason:
        return "Có tham chiếu ENTITY lạ trong nội dung, có thể gây hại nên không đọc."
    if "Premature end" in reason or "EndTag" in reason:
        return "Không phải XML hợp lệ: nội dung bị cắt cụt, thiếu thẻ đóng."
    if "mismatch" in reason:
        return "Không phải XML hợp lệ: thẻ mở và thẻ đóng không khớp nhau."
    return "Không phải XML hợp lệ: nội dung bị hỏng."


class FoundRow:
    """One row as the tree has it: tag → text, tags that stood twice, tags that held elements."""

    __slots__ = ("nested", "raw", "repeated")

    def __init__(self, element: etree._Element) -> None:
        self.raw: dict[str, str] = {}
        self.repeated: list[str] = []
        self.nested: list[str] = []
        for child in element:
            name = local(child.tag)
            if len(child):
                self.nested.append(name)
                value = " ".join(piece for text in child.itertext() if (piece := text.strip()))
            else:
                value = child.text or ""
            if name in self.raw:
                self.repeated.append(name)
                if self.raw[name].strip():
                    continue
            self.raw[name] = value


def tree_rows(root: etree._Element, shape: Shape) -> list[FoundRow]:
    """Rows anywhere in the document, so that roots and lists may be there or not."""
    return [FoundRow(element) for element in _row_elements(root, shape.row)]


def _row_elements(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter(f"{{*}}{name}")
