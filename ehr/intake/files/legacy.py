"""Vietnamese before Unicode: fonts that show other letters than the file says (TCVN3 "ABC" of .VnTime, VNI-Windows of
VNI-Times), and UTF-8 that some program took for Latin-1. The file cannot say it; only the words can.

TCVN3: TCVN 5712:1993, character set VN3, as .VnTime fonts have it: one byte a letter; vowels with a tone exist in lower
case only, capitals come from a second font (.VnTimeH) with the same codes. VNI-Windows: a letter, then a byte for its
marks. Both are seen through Windows-1252, as spreadsheets store them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
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
TCVN3 = {_HIGH[code - 0x80]: letter for letters, codes in _TCVN3_CODES for letter, code in zip(letters, codes, strict=True)}
# Tones that stand alone, after a letter that has no code of its own with it.
TCVN3 |= {_HIGH[code - 0x80]: tone for code, tone in zip(range(0xB0, 0xB5), "\u0300\u0309\u0303\u0301\u0323", strict=True)}
_TCVN3_TABLE = str.maketrans(TCVN3)
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_ASCII_LETTER = re.compile(r"[A-Za-z]")


def _from_tcvn3(text: str) -> str:
    """Capitals of .VnTimeH are known from the plain letters beside them: "NGUYÔN" is NGUYỄN, "NguyÔn" Nguyễn."""
    converted = unicodedata.normalize("NFC", text.translate(_TCVN3_TABLE))
    plain = _ASCII_LETTER.findall(text)
    if len(plain) > 1 and all(letter.isupper() for letter in plain):
        return converted.upper()

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


# ---------------------------------------------------------------------------------------------------------------- others
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


_CP1258 = {
    char: bytes([code]).decode("cp1258", "ignore") or char for code, char in enumerate(_HIGH, 0x80)
}
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


def words(text: str) -> list[str]:
    """The words of `text` that are not ASCII."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


@lru_cache(maxsize=100_000)
def _reads(word: str, encoding: str) -> bool:
    """Whether the word is Vietnamese when it is read so."""
    if encoding:
        return is_syllable(convert(word, encoding))
    bare = word.strip(_SIGNS)
    return bare.isascii() or is_syllable(bare)


def reads(text: str, encoding: str) -> bool:
    """Whether all words of `text` are Vietnamese syllables when it is read in `encoding` ("": as it stands). UTF-8 needs
    no words: its bytes hardly ever come by chance."""
    if encoding == "utf8":
        return _from_utf8(text) != text and not _from_utf8(text).isascii()
    if encoding and _OTHER.search(text):
        return False
    return all(_reads(word, encoding) for word in words(text))


def detect(texts: Iterable[str], encodings: Iterable[str] = ("tcvn3", "vni", "utf8")) -> str | None:
    """The one encoding in which these texts are Vietnamese: "" when as they stand, a key of NAMES when converted, None
    when it cannot be told. Certain means: nine of ten texts that are wrong as they stand are right in it, and no
    other encoding explains a tenth of them."""
    wrong = [text for text in set(texts) if not text.isascii() and not reads(text, "")]
    if not wrong:
        return ""
    right = {encoding: sum(reads(text, encoding) for text in wrong) for encoding in encodings}
    best = max(right, key=lambda encoding: right[encoding])
    only_others = sum(
        any(reads(text, other) for other in right if other != best) and not reads(text, best) for text in wrong
    )
    if right[best] and right[best] >= 0.9 * len(wrong) and only_others <= 0.1 * len(wrong):
        return best
    return None
