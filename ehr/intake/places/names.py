"""Names of villages and units without their kind and tones, so that spellings meet."""

from __future__ import annotations

import re

from ehr.common.text import nfc, plain

KINDS = (
    "to dan pho", "khu dan cu", "khu pho", "khoi pho", "thon", "ban", "ap", "xom", "tdp", "kdc", "kp", "khom", "lang",
    "buon", "bon", "plei", "khu", "khoi", "doi", "phum", "soc", "to",
)  # fmt: skip
SAME_KIND = {"tdp": "to dan pho", "kdc": "khu dan cu", "kp": "khu pho"}
SHORT = {"t": "thon", "a": "ap", "x": "xom", "b": "ban", "k": "khu"} | SAME_KIND
_SHORT = re.compile(r"(tdp|kdc|kp|t|a|x|b|k)\s*(\d+)")
_WORDS = {
    "mot": "1", "hai": "2", "ba": "3", "bon": "4", "nam": "5", "sau": "6", "bay": "7", "tam": "8", "chin": "9",
    "muoi": "10",
}  # fmt: skip
_ROMAN = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10",
}  # fmt: skip
_UNIT = re.compile(
    r"^(?:ubnd\s+)?(?:(?:xã|phường|thị trấn|đặc khu|huyện|quận|thị xã|thành phố|tỉnh|tp|tx|tt)(?!\w)\.?|[hqpxt]\.)\s*",
    re.IGNORECASE,
)
_PLAIN_UNIT = re.compile(
    r"^(?:ubnd\s+)?(?:(?:xa|phuong|thi tran|dac khu|huyen|quan|thi xa|thanh pho|tinh|tp|tx|tt)(?!\w)\.?|[hqpxt]\.)\s*",
    re.IGNORECASE,
)


def split_kind(text: str) -> tuple[str, str]:
    """Kind and name of a village without tones: "Thôn 01" → ("thon", "1"), "T2" → ("thon", "2"), "Nà Ngám" →
    ("", "na ngam"), "Tổ dân phố số 5" → ("to dan pho", "5")."""
    words = plain(text)
    if found := _SHORT.fullmatch(words):
        return SHORT[found[1]], str(int(found[2]))
    kind = next((kind for kind in KINDS if words.startswith(f"{kind} ")), "")
    name = words[len(kind) :].strip()
    if kind:
        name = _WORDS.get(name) or _ROMAN.get(name) or name
        before, _, last = name.rpartition(" ")
        if before == "so" and last.isdigit():
            name = last
    return SAME_KIND.get(kind, kind), str(int(name)) if name.isascii() and name.isdigit() else name


def bare_unit(text: str) -> str:
    """The name of a commune, district or province without its kind and without tones."""
    text = nfc(text).strip(" .,;:-")
    shape = _PLAIN_UNIT if text.isascii() else _UNIT  # "Quan Sơn" is a name, "quan son" may be "quận Son"
    return plain(shape.sub("", text, count=1)) or plain(text)


def address_parts(text: str) -> list[str]:
    """The parts of an address between commas, semicolons and dashes."""
    return [part.strip() for part in re.split(r"[,;]|\s[-–]\s", text) if part.strip()]
