"""What a list says about a person in words: "đã mất 12/03/2026", "chuyển đi Hà Nội", "mới chuyển đến". Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ehr.common.dates import DateError, parse_date
from ehr.common.text import nfc, plain

Mark = Literal["", "died", "moved_out", "moved_in"]

# Over the text without tones. "mat" alone is an eye or a loss as well: only with "da", a date or nothing beside it.
_DIED = re.compile(
    r"\b(?:da (?:mat|chet|qua doi|khuat)|chet|tu vong|qua doi|tu tran|khai tu|mat (?:ngay|nam|thang|luc)|bao tu)\b"
    r"|^mat(?: \d[\d ]*)?$"
)
_MOVED_OUT = re.compile(
    r"\b(?:(?:da )?chuyen (?:di|ho khau di|khau di|ra|khoi|noi khac|noi o|vao|ve)|chuyen ho khau|cat (?:ho )?khau|"
    r"xoa (?:dang ky )?thuong tru|da chuyen(?! den| ve day| toi))\b|^chuyen$"
)
_MOVED_IN = re.compile(
    r"\b(?:chuyen (?:den|toi|ve day|khau den|ho khau den)|nhap (?:ho )?khau|moi den|moi ve|moi chuyen)\b"
)
# "Chồng đã mất", "mẹ chết 2010": said of a relative, so of nobody on this line for certain.
_OF_ANOTHER = re.compile(r"\b(?:chong|vo|bo|me|cha|con|ong|ba|anh|chi|em|chau)\b.*\b(?:mat|chet|vong|doi|chuyen)\b")
_NEGATED = re.compile(r"\b(?:con song|chua (?:mat|chet|chuyen))\b")
_DATE = re.compile(r"\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{4}")
_WHERE = re.compile(
    r"(?:chuyển|cắt)\s+(?:hộ\s+khẩu\s+|khẩu\s+)?(?:đi|đến|tới|về|vào|ra|sang)\s+"
    r"(?:(?:đến|tới|về|vào|ra|sang)\s+)?([^,;.()\d]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Remark:
    """`day`: of the death or the move, when it is written; `place`: where to."""

    mark: Mark = ""
    day: dt.date | None = None
    place: str = ""


NO_REMARK = Remark()
STATUS: dict[str, Mark] = {"dead": "died", "moved": "moved_out"}


def read_remark(values: Mapping[str, Any]) -> Remark:
    """From a row in JSON form: `status` with its dates when the list has such columns, else the words of `note`.

    Words that say two things ("chuyển đến … đã mất") count as a death first, then as the move out."""
    mark: Mark = STATUS.get(str(values.get("status") or ""), "")
    if mark or values.get("death_date") or values.get("moved_out_on"):
        mark = mark or ("died" if values.get("death_date") else "moved_out")
        day = values.get("death_date" if mark == "died" else "moved_out_on")
        return Remark(mark, dt.date.fromisoformat(day) if day else None, str(values.get("moved_out_to") or ""))
    note = nfc(str(values.get("note") or ""))
    return read_note(note) if note else NO_REMARK


def read_note(note: str) -> Remark:
    """The words alone."""
    words = plain(note)
    if _NEGATED.search(words) or _OF_ANOTHER.search(words):
        return NO_REMARK
    if _DIED.search(words):
        return Remark("died", _day(note))
    if _MOVED_IN.search(words):
        return Remark("moved_in", _day(note))
    if _MOVED_OUT.search(words):
        place = _WHERE.search(note)
        return Remark("moved_out", _day(note), _place(place.group(1)) if place else "")
    return NO_REMARK


def _day(note: str) -> dt.date | None:
    """The one full date in the text; two dates or half a one say nothing for certain."""
    found = _DATE.findall(note)
    if len(found) != 1:
        return None
    try:
        return parse_date(found[0])
    except DateError:
        return None


def _place(text: str) -> str:
    text = re.sub(r"\s*(?:từ|ngày|tháng|năm)\s*$", "", text.strip(), flags=re.IGNORECASE).strip()
    return "" if plain(text).partition(" ")[0] in ("theo", "cung", "voi", "noi") else text[:200]
