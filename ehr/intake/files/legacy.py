"""Vietnamese before Unicode: fonts that show other letters than the file says (TCVN3 "ABC" of .VnTime, VNI-Windows of
VNI-Times), and UTF-8 that some program took for Latin-1. The file cannot say it; only the words can.

TCVN3: TCVN 5712:1993, character set VN3, as .VnTime fonts have it: one byte a letter; vowels with a tone exist in lower
case only, capitals come from a second font (.VnTimeH) with the same codes. VNI-Windows: a letter, then a byte for its
marks. Both are seen through Windows-1252, as spreadsheets store them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from ehr.intake.files.syllables import is_syllable

NAMES = {
    "tcvn3": "TCVN3 (ABC, phông .VnTime)",
    "vni": "VNI-Windows (phông VNI-Times)",
    "utf8": "UTF-8 bị đọc nhầm thành Latin-1",
    "cp1258": "Windows-1258",
}

# ---------------------------------------------------------------------------------------------------------------- bytes
_HIGH = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0x100))
_BYTE = {char: code for code, char in enumerate(_HIGH, 0x80)} | {chr(code): code for code in range(0x80, 0x100)}
_OTHER = re.compile(f"[^\x00-\x7f{re.escape(_HIGH)}\x80-\x9f]")


def as_latin(data: bytes) -> str:
    """Bytes as Windows-1252 shows them; its five unused codes as the control characters of the same number."""
    return data.decode("latin-1").translate({code: char for code, char in enumerate(_HIGH, 0x80)})


def _bytes(text: str) -> bytes | None:
    """The bytes that Windows-1252 shows as `text`; None when it has other characters."""
    if _OTHER.search(text):
        return None
    return bytes(_BYTE.get(char, ord(char)) for char in text)


# ---------------------------------------------------------------------------------------------------------------- TCVN3
_TCVN3_CODES = (
    ("ĂÂÊÔƠƯĐăâêôơưđ", range(0xA1, 0xAF)),
    ("àảãáạ", range(0xB5, 0xBA)),
    ("ằẳẵắ", range(0xBB, 0xBF)),
    ("ặầẩẫấậè", range(0xC6, 0xCD)),
    ("ẻẽéẹềểễếệìỉ", range(0xCE, 0xD9)),
    ("ĩíịò", range(0xDC, 0xE0)),
    ("ỏõóọồổỗốộờởỡớợù", range(0xE1, 0xF0)),
    ("ủũúụừửữứựỳỷỹýỵ", range(0xF1, 0xFF)),
)
TCVN3 = {
    _HIGH[code - 0x80]: letter for letters, codes in _TCVN3_CODES for letter, code in zip(letters, codes, strict=True)
}
# Tones that stand alone, after a letter that has no code of its own with it.
TCVN3 |= dict(zip(_HIGH[0x30:0x35], "\u0300\u0309\u0303\u0301\u0323", strict=True))
_TCVN3_TABLE = str.maketrans(TCVN3)
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_START = re.compile(r"(?<!\w)[^\W\d_]")
_SMALL_START = re.compile(r"(?<![A-Za-z\x80-\uffff])[a-z]|[®¨©ª«¬\xad](?=[a-z])")
_ASCII_LETTER = re.compile(r"[A-Za-z]")


def _from_tcvn3(text: str) -> str:
    """Capitals of .VnTimeH are known from the plain letters beside them: "NGUYÔN" is NGUYỄN, "NguyÔn" Nguyễn."""
    converted = unicodedata.normalize("NFC", text.translate(_TCVN3_TABLE))
    plain = _ASCII_LETTER.findall(text)
    if len(plain) > 1 and all(letter.isupper() for letter in plain):
        return converted.upper()
    if " " in text.strip() and not _SMALL_START.search(text):
        converted = _START.sub(lambda start: start[0].upper(), converted)  # "Ph¹m Ngäc ¸nh": a name

    def capitals(word: re.Match[str]) -> str:
        letters = _ASCII_LETTER.findall(word[0])
        return word[0].upper() if len(letters) > 1 and all(letter.isupper() for letter in letters) else word[0]

    return _LETTER_RUN.sub(capitals, converted)


# ------------------------------------------------------------------------------------------------------------------ VNI
_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
# A byte after the letter: its tone, or its shape (and tone).
_VNI_TONES = {"ù": _ACUTE, "ø": _GRAVE, "û": _HOOK, "õ": _TILDE, "ï": _DOT}
_VNI_CIRCUMFLEX = {"â": "", "á": _ACUTE, "à": _GRAVE, "å": _HOOK, "ã": _TILDE, "ä": _DOT}
_VNI_BREVE = {"ê": "", "é": _ACUTE, "è": _GRAVE, "ú": _HOOK, "ü": _TILDE, "ë": _DOT}
_VNI_ALONE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _vni_table() -> dict[str, str]:
    table = dict(_VNI_ALONE)
    for letter in "aeouyôö":
        plain = _VNI_ALONE.get(letter, letter)
        table |= {letter + mark: plain + tone for mark, tone in _VNI_TONES.items()}
    for letter in "aeo":
        table |= {letter + mark: letter + _CIRCUMFLEX + tone for mark, tone in _VNI_CIRCUMFLEX.items()}
    table |= {"a" + mark: "a" + _BREVE + tone for mark, tone in _VNI_BREVE.items()}
    table |= {"yò": "ỵ", "yî": "ỵ"}
    full = {}
    for seen, meant in table.items():
        letter = unicodedata.normalize("NFC", meant)
        full[seen] = letter
        full[seen[0].upper() + seen[1:]] = full[seen.upper()] = letter.upper()
        if len(seen) == 2:
            full[seen[0] + seen[1].upper()] = letter
    return full


VNI = _vni_table()
_VNI_SEEN = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))


def _from_vni(text: str) -> str:
    return unicodedata.normalize("NFC", _VNI_SEEN.sub(lambda seen: VNI[seen[0]], text))


# --------------------------------------------------------------------------------------------------------------- others
def _from_utf8(text: str) -> str:
    """Text that was UTF-8 all along, misread once or several times. Unchanged when it was not."""
    for _ in range(3):
        data = None if text.isascii() else _bytes(text)
        if data is None:
            break
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            break
    return unicodedata.normalize("NFC", text)


_CP1258 = {char: bytes([code]).decode("cp1258", "ignore") or char for code, char in enumerate(_HIGH, 0x80)}
_CP1258_TABLE = str.maketrans(_CP1258)


def _from_cp1258(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_CP1258_TABLE))


_CONVERTERS: dict[str, Callable[[str], str]] = {
    "tcvn3": _from_tcvn3,
    "vni": _from_vni,
    "utf8": _from_utf8,
    "cp1258": _from_cp1258,
}


def convert(text: str, encoding: str) -> str:
    """`text` as it was meant, NFC. `encoding`: a key of NAMES, or "" for text that is right as it is."""
    return _CONVERTERS[encoding](text) if encoding else text


# ---------------------------------------------------------------------------------------------------------------- words
# Letters of words in any of these; what is not a letter here may be one there ("V¨n", "D­¬ng").
_WORD = re.compile(r"[A-Za-z\x80-\x9f\xa1-\uffff]+")
_SIGNS = "°²³±×÷½¼¾·«»€™…–—“”‘’•„´µ"  # signs of Windows-1252 that stand beside words in good text


# The Icelandic letter that looks like Đ; common in text typed long ago.
ETH = str.maketrans("Ðð", "Đđ")


def words(text: str) -> list[str]:
    """The words of `text` that are not ASCII."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


@lru_cache(maxsize=100_000)
def _reads(word: str, encoding: str) -> bool:
    """Whether the word is Vietnamese when it is read so."""
    if encoding:
        return is_syllable(convert(word, encoding))
    bare = word.strip(_SIGNS).translate(ETH)
    return bare.isascii() or is_syllable(bare)


def reads(text: str, encoding: str) -> bool:
    """Whether all words of `text` are Vietnamese syllables when it is read in `encoding` ("": as it stands).
    UTF-8 needs no words: its bytes hardly ever come by chance."""
    if encoding == "utf8":
        return _from_utf8(text) != text and not _from_utf8(text).isascii()
    if encoding and _OTHER.search(text):
        return False
    return all(_reads(word, encoding) for word in words(text))


# Signs between letters, as misread text has them; marks of lost characters.
_GARBAGE = re.compile("[^\\W\\d_][¨©¬\xad®¸¹§¶\x80-\x9f][^\\W\\d_]|[®§¨][a-z]{2}|[ÃÂÄÆ][\xa0-\xbf]|á[º»]|\ufffd")
_LOST = re.compile(r"([^\W\d_]+)\?+([^\W\d_]+)")
FEW = 3  # fewer broken texts than this are single cells, not a broken file


def is_garbage(text: str) -> bool:
    """Whether no Vietnamese or foreign text looks like this. A question mark within a word is a lost letter ("Nguy?n"),
    between two words it is a question ("đau?sốt")."""
    if _GARBAGE.search(text):
        return True
    if "?" not in text or "://" in text:
        return False
    return any(not (is_syllable(left) and is_syllable(right)) for left, right in _LOST.findall(text))


@dataclass(frozen=True)
class Judgement:
    """What a set of texts tells. `wrong`: not Vietnamese as they stand; `strong`: those that are in `encoding`, the
    one that explains most; `certain`: it explains nine of ten, and no other explains a twentieth."""

    encoding: str
    wrong: frozenset[str]
    strong: frozenset[str]
    certain: bool


def judge(texts: Iterable[str], encodings: Iterable[str] = ("utf8", "tcvn3", "vni")) -> Judgement:
    """`texts`: without those that only Unicode can have written, of one sheet."""
    wrong = frozenset(text for text in texts if not text.isascii() and not reads(text, ""))
    right = {encoding: frozenset(text for text in wrong if reads(text, encoding)) for encoding in encodings}
    encoding = max(right, key=lambda name: len(right[name]))
    strong = right[encoding]
    open_ = len(wrong - strong)
    others = len(frozenset[str]().union(*right.values()) - strong)
    certain = bool(strong) and open_ <= max(1, len(strong) // 10) and others <= max(1, len(strong) // 20)
    return Judgement(encoding if strong else "", wrong, strong, certain)


def detect(texts: Iterable[str]) -> str | None:
    """The one encoding in which these texts are Vietnamese: "" when as they stand, a key of NAMES when converted, None
    when they are broken and it cannot be told for certain what wrote them."""
    texts = set(texts)
    found = judge(texts)
    if found.strong:
        return found.encoding if found.certain else None
    broken = sum(map(is_garbage, texts))
    return None if broken >= FEW and broken * 20 >= len(texts) else ""
