"""Vietnamese text: one normal form for storage, one for search, one for sorting, and the answers people write."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

# Spaces of every kind that str.split() knows, but not line breaks.
_BLANKS = re.compile(r"[^\S\n]+")
_MANY_LINES = re.compile(r"\n{3,}")
_WORD = re.compile(r"[^\W\d_]+")


def nfc(text: str) -> str:
    """One line in the form we store: NFC, no control or invisible characters, single spaces, no spaces at the ends."""
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return unicodedata.normalize("NFC", " ".join(text.split()))


def nfc_lines(text: str) -> str:
    """As `nfc`, for free text of several lines: line breaks stay, at most one blank line between paragraphs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    if not text.isprintable():
        text = "".join(c if c == "\n" else _visible(c) for c in text)
    text = "\n".join(line.strip() for line in _BLANKS.sub(" ", text).split("\n"))
    return unicodedata.normalize("NFC", _MANY_LINES.sub("\n\n", text).strip())


def _visible(char: str) -> str:
    """The character, or a space for whitespace, or nothing for controls (Cc), invisible signs (Cf), surrogates (Cs)."""
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char


# ---------------------------------------------------------------------------------------------------------------- plain
# Letters without a canonical decomposition that occur in names here: đ, and ƀ of the Ê Đê and Mnông.
_LETTERS = {"đ": "d", "Đ": "d", "ƀ": "b", "Ƀ": "b", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "ı": "i"}
# Marks left by NFD, controls and invisible signs: they vanish. Written once, for both Python's and PostgreSQL's regex.
_DROPPED = (
    r"\u0300-\u036F\u0001-\u0008\u000E-\u001B\u007F-\u0084\u0086-\u009F"
    r"\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF"
)


class _PlainTable(dict[int, str]):
    """For str.translate: what is not a listed letter or digit becomes a space."""

    def __missing__(self, key: int) -> str:
        return " "


def _plain_table() -> _PlainTable:
    table = _PlainTable({ord(c): c.lower() for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"})
    table.update({ord(letter): plain_letter for letter, plain_letter in _LETTERS.items()})
    for part in re.findall(r"\\u(\w{4})(?:-\\u(\w{4}))?", _DROPPED):
        first, last = int(part[0], 16), int(part[1] or part[0], 16)
        table.update(dict.fromkeys(range(first, last + 1), ""))
    table[0] = ""
    return table


_PLAIN = _plain_table()

#: SQL twin of `plain`; valid in PostgreSQL 15+, in a database of encoding UTF8. A test compares both.
#: lower() is not used: it depends on the collation of the database.
PLAIN_SQL = rf"""
create or replace function public.plain(text) returns text
language sql immutable parallel safe strict
return btrim(regexp_replace(
    translate(
        regexp_replace(normalize($1, NFD), '[{_DROPPED}]', '', 'g'),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ{"".join(_LETTERS)}',
        'abcdefghijklmnopqrstuvwxyz{"".join(_LETTERS.values())}'
    ),
    '[^a-z0-9]+', ' ', 'g'
))
"""


def plain(text: str) -> str:
    """Search form: "Đặng  Thị-Ái" → "dang thi ai". What is neither letter nor digit becomes one space."""
    return " ".join(unicodedata.normalize("NFD", text).translate(_PLAIN).split())


def name_key(name: str) -> str:
    """Key for matching people: `plain`, and y written as i (Lý = Lí, Thúy = Thúi)."""
    return plain(name).replace("y", "i")


# -------------------------------------------------------------------------------------------------------------- sorting
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"  # the 29 letters of Vietnamese, with f j w z at their places
# Digits keep 0-9, letters take A-Z a-g: ASCII that any C-like collation puts in the same order.
_LETTER_CODE = {letter: (chr(65 + i) if i < 26 else chr(71 + i)) for i, letter in enumerate(_ALPHABET)}
_LETTER_CODE |= {digit: digit for digit in "0123456789"}
_TONE_CODE = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}  # huyền hỏi ngã sắc nặng
_QUALITY = {"\u0306", "\u0302", "\u031b"}  # breve of ă, circumflex of â ê ô, horn of ơ ư


def sort_key(name: str) -> str:
    """ASCII key that sorts Vietnamese names by given name, then by the words before it, under the C collation.

    Letters decide first, tones second (ngang, huyền, hỏi, ngã, sắc, nặng), word by word. Where the tone stands does
    not matter: hoà = hòa. Other Latin letters sort as their base letter; other scripts come last. The key is at most
    twice the length of the name plus two (seven times for other scripts).
    """
    words = [key for word in nfc(name).lower().split() if (key := _word_key(word))]
    return " ".join([*words[-1:], *words[:-1]])


@lru_cache(maxsize=65536)
def _word_key(word: str) -> str:
    """Letters, a dot (below every letter, so that "án" comes before "anh"), tones. "" if nothing is left."""
    letters: list[str] = []
    tones: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFD", word):
        if char in _TONE_CODE:
            tones.append(_TONE_CODE[char])
        elif char in _QUALITY:
            if letters and (code := _LETTER_CODE.get(unicodedata.normalize("NFC", base + char))):
                letters[-1] = code
        else:
            base = char
            letters.append(_letter_code(char))
    joined = "".join(letters)
    return f"{joined}.{''.join(tones) or '0'}" if joined else ""


def _letter_code(base: str) -> str:
    code = _LETTER_CODE.get(base) or _LETTER_CODE.get(_LETTERS.get(base, ""))
    return code or (f"z{ord(base):06x}" if base.isalnum() else "")


# ---------------------------------------------------------------------------------------------------------------- names
def title_name(name: str) -> str:
    """ "NGUYỄN VĂN AN" or "nguyễn văn an" → "Nguyễn Văn An"; a name in mixed case was meant that way and stays."""
    name = nfc(name)
    if name != name.upper() and name != name.lower():
        return name
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), name)


# -------------------------------------------------------------------------------------------------------------- answers
State = Literal["", "none", "unknown", "value"]

_NONE_SIGNS = {"-", "–", "—", "0"}
_NONE_WORDS = {"khong", "khong co", "khong co gi", "ko", "ko co", "k co", "chua co", "no", "none"}
_UNKNOWN_WORDS = {
    *("khong biet", "ko biet", "k biet", "kb", "khong ro", "ko ro", "k ro", "chua biet", "chua ro"),
    *("khong nho", "ko nho", "k nho", "unknown"),
}


def answer(text: str) -> State:
    """What a written answer means: "none" (Không, 0, -), "unknown" (không biết, không rõ, ?), "value", or "" not asked.

    "Bình thường" is a value: it describes. So is a bare "K", which doctors write for cancer. Source: form 831, rule 13.
    """
    text = nfc(text)
    if not text or plain(text) == "chua hoi":
        return ""
    if text in _NONE_SIGNS or plain(text) in _NONE_WORDS:
        return "none"
    if not text.strip("?") or plain(text) in _UNKNOWN_WORDS:
        return "unknown"
    return "value"
