"""What stands above a table or between its parts: commune, village, household number, head, address."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from ehr.common.text import nfc, plain
from ehr.intake.columns.table import text_of
from ehr.intake.files import Cell

# Label → key of the title. The longer alternatives first; matched in lower case, with tones.
_LABELS = (
    ("head_name", r"họ và tên chủ hộ|họ tên chủ hộ|tên chủ hộ|chủ hộ"),
    (
        "household_code",
        r"mã số hộ gia đình|mã số hộ|mã hộ gia đình|mã hộ gđ|mã hgđ|mã hộ|hộ số|hộ khẩu số|số hộ khẩu|số sổ hộ khẩu"
        r"|sổ hộ khẩu số|số hộ|phiếu hộ số",
    ),
    (
        "current_address_detail",
        r"địa chỉ hộ gia đình|địa chỉ hộ|địa chỉ nơi ở|địa chỉ|nơi ở hiện tại|số nhà",
    ),
    ("phone_mobile", r"số điện thoại|điện thoại|sđt|đt"),
    ("surveyed_on", r"ngày điều tra|ngày khảo sát|ngày phỏng vấn|ngày lập"),
    ("exam_date", r"ngày khám sức khỏe|ngày khám|ngày đo|ngày cân đo|khám ngày"),
    ("occurrence_date", r"ngày tiêm chủng|ngày tiêm"),
    ("current_province", r"tỉnh\s*/\s*thành phố|tỉnh\s*/\s*tp|tỉnh|thành phố"),
    ("current_district", r"quận\s*/\s*huyện|huyện\s*/\s*quận|huyện|quận|thị xã|thành phố thuộc tỉnh"),
    (
        "current_commune",
        r"ubnd xã|ubnd phường|xã\s*/\s*phường(?:\s*/\s*thị trấn)?|phường\s*/\s*xã|xã|phường|thị trấn|đặc khu",
    ),
    (
        "current_village",
        r"thôn\s*/\s*(?:bản|xóm|ấp|tổ dân phố|tdp|tổ|khu phố)(?:\s*/\s*(?:bản|tổ dân phố|tdp|tổ))*"
        r"|thôn|bản|ấp|xóm|làng|buôn|khóm|tổ dân phố|tdp|khu phố|khu dân cư|khu|khối phố|tổ",
    ),
)
PLACES = frozenset({"current_province", "current_district", "current_commune", "current_village"})
_LABEL = re.compile(
    rf"(?<![\w/])(?:{'|'.join(f'(?P<{key}>{words})' for key, words in _LABELS)})"
    r"(?![\w/])(?P<note>\s*\([^)]*\))?\s*(?P<colon>[:.…]{1,}|)\s*",
    re.IGNORECASE,
)
# "Bản kê khai", "Tổ công tác", "Khu vực", "xã hội": words that only look like the name of a place.
_NOT_A_PLACE = re.compile(
    r"(?:danh sách|kê|tổng hợp|sao|khai|chính|photo|công tác|điều tra|trưởng|vực|hội|viên|chức|y tế|văn hóa|cam kết"
    r"|đội|nhập liệu|và|có|theo|số|của)\b",
    re.IGNORECASE,
)
_EDGES = " \t,;:.-–—_…()|/"


def read_title(rows: Sequence[Sequence[Cell]]) -> dict[str, str]:
    """Values named in title rows: "Thôn: 1", "Hộ số" with the number in the next cell, "THÔN 1 - XÃ TÂN MAI"."""
    title: dict[str, str] = {}
    for row in rows:
        cells = [text for cell in _distinct(row) if (text := nfc(text_of(cell)))]
        index = 0
        while index < len(cells):
            found, waiting = _read(cells[index])
            if waiting and index + 1 < len(cells) and not _LABEL.match(cells[index + 1]):
                found.setdefault(waiting, cells[index + 1].strip(_EDGES))
                index += 1
            for key, value in found.items():
                if value:
                    title.setdefault(key, value)
            index += 1
    return title


def _distinct(row: Sequence[Cell]) -> list[Cell]:
    """The cells with something in them; a merged range that was filled counts once."""
    found: list[Cell] = []
    for cell in row:
        if cell is not None and (not found or cell != found[-1]):
            found.append(cell)
    return found


_NUMBERING = re.compile(r"^(?:[IVXLC]+|\d+|[A-Z])\s*[.)\-:]\s*")


def _read(text: str) -> tuple[dict[str, str], str]:
    """Values in one cell, and the label at its end whose value must stand in the next cell."""
    text = _NUMBERING.sub("", text)
    found: dict[str, str] = {}
    matches = [match for match in _LABEL.finditer(text) if _is_label(text, match)]
    waiting = ""
    for place, match in enumerate(matches):
        end = matches[place + 1].start() if place + 1 < len(matches) else len(text)
        value = text[match.end() : end].strip(_EDGES)
        key = str(match.lastgroup if match.lastgroup not in ("note", "colon") else _key(match))
        if not value:
            waiting = key if place == len(matches) - 1 else ""
            continue
        if key in PLACES:
            value = _place(key, match, value)
        if key == "current_village" and not match["colon"] and text[: match.start()].strip(_EDGES) and not found:
            key = "village_in_text"  # "DANH SÁCH HỘ THÔN 1 NĂM 2025": a village only if there is one of this name
        if key == "current_address_detail":
            # The whole line is the address: its parts are read again by themselves.
            value = text[match.end() :].strip(_EDGES)
        found.setdefault(key, value)
        if key in ("household_code",):
            found[key] = value.split(" ")[0].strip(_EDGES) if len(value.split(" ")) > 3 else value
    return found, waiting


def _key(match: re.Match[str]) -> str:
    return next(key for key, _ in _LABELS if match[key])


def _is_label(text: str, match: re.Match[str]) -> bool:
    """Without a colon only the name of a place counts, and only when it reads like one: a capital letter, a number."""
    key = _key(match)
    rest = text[match.end() :].lstrip()
    if match["colon"]:
        return True
    if key not in PLACES:
        return (key in ("household_code",) and rest[:1].isdigit()) or not rest
    if not rest:
        return match.start() == 0
    if _NOT_A_PLACE.match(rest):
        return False
    return rest[0].isdigit() or rest[0].isupper()


def _place(key: str, match: re.Match[str], value: str) -> str:
    """A village keeps its kind ("Thôn 1", not "1"); others are names."""
    if key != "current_village" or "/" in match[0] or match["note"]:
        return value
    kind = match["current_village"]
    return value if plain(value).startswith(plain(kind)) else f"{kind} {value}"


def is_title(cells: Sequence[Cell], name: Cell) -> bool:
    """Whether a row of few cells between persons opens a new part: a household's or a village's title. Text that begins
    with a label; without a colon only when it stands alone."""
    cells = _distinct(cells)
    if not cells or any(isinstance(cell, dt.date) for cell in cells):
        return False
    texts = [nfc(text_of(cell)) for cell in cells]
    first = _NUMBERING.sub("", next((text for text in texts if not text.isdigit()), ""))
    match = _LABEL.match(first)
    if match is None or not _is_label(first, match):
        return bool(_LIST_NAME.fullmatch(first)) and len(cells) <= 3
    return bool(match["colon"]) or len(cells) == 1 or (first == match[0] and len(cells) == 2 and cells[0] != name)


_LIST_NAME = re.compile(r"(?:phụ lục|danh sách|mẫu|phiếu|trang|tờ số|quyển)\b.*", re.IGNORECASE)
