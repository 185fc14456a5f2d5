"""Identity numbers, insurance numbers, phones: what spreadsheets did to them is undone where that is certain."""

from __future__ import annotations

import datetime as dt
import re

from ehr.common.identifiers import (
    BHXH_NUMBER,
    BHYT_CARD,
    CMND9,
    LANDLINE,
    MOBILE,
    NATIONAL_ID,
    OLD_MOBILE,
    PASSPORT,
    clean_number,
    clean_phone,
    place_codes,
)
from ehr.common.text import answer, nfc
from ehr.intake.cells.read import NOTHING, More, Read, changed, refused, text_of
from ehr.intake.files import Cell

SPACES = "Bỏ khoảng trắng, dấu chấm, dấu nháy."
ZERO = "Thêm lại số 0 đầu mà bảng tính đã bỏ."
NONE_WRITTEN = "Ghi là không có."
_SCIENTIFIC = re.compile(r"\s*([1-9])(?:[.,](\d+))?[eE]\+?(\d{1,2})\s*")
_SEVERAL = re.compile(r"\s*(?:[/;,\n|]|\s-\s|\bhoặc\b|\bvà\b)\s*")
_LOST_DIGITS = (
    "Excel đã đổi số thành dạng mũ ({shown}) và mất các chữ số cuối: định dạng cột là Văn bản (Text) rồi nhập lại số "
    "từ giấy tờ."
)


class Lost(Exception):
    """A number of which the spreadsheet kept only the first digits."""


def digits_of(cell: Cell) -> str:
    """A number cell or text as text; a number in scientific form when it is exact. Raises Lost."""
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        raise Lost
    text = text_of(cell)
    if found := _SCIENTIFIC.fullmatch(text):
        first, rest, power = found[1], found[2] or "", int(found[3])
        if len(rest) < power:
            raise Lost
        if set(rest[power:]) - {"0"}:
            return text
        return first + rest[:power]
    return text


def _raw(cell: Cell, field: str, code: str, not_a_date: str) -> tuple[str, Read | None]:
    """The cell as text, and the answer when it is none of this field's numbers: a date, a number that lost its digits,
    "không có" and "không biết" in words."""
    if isinstance(cell, (dt.date, dt.datetime)):
        return "", refused(code, f"Ô là ngày tháng{not_a_date}.")
    try:
        raw = digits_of(cell)
    except Lost:
        return "", refused(f"{field}.scientific", _LOST_DIGITS.format(shown=text_of(cell)[:20]))
    state = answer(raw)
    return raw, answered(raw, state) if state in ("none", "unknown") else None


def _found(value: str) -> str:
    digits = sum(char in "0123456789" for char in value)
    return f"{digits} chữ số" + (f" và {len(value) - digits} ký tự khác" if len(value) > digits else "")


def _tidy(raw: str) -> str:
    return clean_number(raw.strip().strip("'`’\""))


def plausible(number: str, sex: str = "", year: int | None = None) -> bool:
    """12 digits whose place is known and whose sex and year of birth, where known, agree."""
    if not NATIONAL_ID.fullmatch(number) or number[:3] not in place_codes():
        return False
    if sex in ("1", "2") and int(number[3]) % 2 != (sex == "2"):
        return False
    return year is None or 1900 + int(number[3]) // 2 * 100 + int(number[4:6]) == year


EXPECTED_ID = "Số CMND/CCCD gồm 12 chữ số (CCCD), 9 chữ số (CMND cũ) hoặc là số hộ chiếu"


def read_identity(cell: Cell) -> Read:
    """The number as it stands, tidied; lost zeros need sex and year of birth and are seen to by `finish_identity`."""
    if isinstance(cell, str) and NATIONAL_ID.fullmatch(cell):
        return cell, None
    raw, other = _raw(cell, "id_number", "id_number.date", f". {EXPECTED_ID}")
    if other is not None:
        return other if other[0] is None else (None, More(cleaned=(("", "", NONE_WRITTEN),)))
    value = _tidy(raw)
    if not value:
        return NOTHING
    parts = [part for part in (_tidy(part) for part in _SEVERAL.split(raw)) if part]
    if len(parts) > 1 and not _known(value):
        return _several(parts)
    if len(value) == 12 and "O" in value and plausible(value.replace("O", "0")):
        return changed(value.replace("O", "0"), "Chữ O trong số được đọc là số 0.")
    if value != text_of(cell):
        return changed(value, SPACES)
    return value, None


def _known(value: str) -> bool:
    return any(shape.fullmatch(value) for shape in (NATIONAL_ID, CMND9, PASSPORT))


def _several(parts: list[str]) -> Read:
    best = next((part for shape in (NATIONAL_ID, CMND9) for part in parts if shape.fullmatch(part)), None)
    if best is None:
        return refused("id_number.format", f"Ô có {len(parts)} số, không số nào đúng. {EXPECTED_ID}.")
    return best, More(
        cleaned=(("", best, "Ô có nhiều số: giữ số định danh 12 chữ số (hoặc CMND 9 chữ số)."),),
        problems=(("", "id_number.two_numbers", "warning", "Ô có nhiều số giấy tờ: chỉ ghi được một số."),),
    )


def finish_identity(value: str, sex: str, year: int | None) -> Read:
    """Restores lost leading zeros where the result is plausible. A 9-digit CMND is never padded."""
    if _known(value):
        return value, None
    if value.isdigit() and len(value) == 11:
        if plausible("0" + value, sex, year):
            return changed("0" + value, ZERO)
        return refused(
            "id_number.eleven_digits",
            "Số có 11 chữ số: có lẽ mất số 0 đầu, nhưng thêm vào thì không khớp mã tỉnh, giới tính hoặc năm sinh. "
            "Nhập đủ 12 chữ số theo thẻ.",
        )  # fmt: skip
    if value.isdigit() and len(value) == 10 and sex in ("1", "2") and year and plausible("00" + value, sex, year):
        return changed("00" + value, ZERO)
    if value.isdigit() and len(value) == 8:
        return refused(
            "id_number.eight_digits",
            "Số có 8 chữ số: CMND cũ phải có 9. Nếu số bắt đầu bằng 0, định dạng cột là Văn bản (Text) rồi nhập lại.",
        )  # fmt: skip
    return refused("id_number.format", f"{EXPECTED_ID}; đang có {_found(value)}.")


def read_insurance(cell: Cell) -> Read:
    """A card of 15 characters stays; a social insurance number of 10 digits goes to its own field."""
    return _insurance(cell, "health_insurance_number")


def read_social(cell: Cell) -> Read:
    """As `read_insurance`, for the column of social insurance numbers."""
    return _insurance(cell, "social_insurance_code")


_EXPECTED_CARD = "Ghi thẻ BHYT 15 ký tự hoặc mã số BHXH 10 chữ số"


def _insurance(cell: Cell, field: str) -> Read:
    if isinstance(cell, str) and (BHYT_CARD if field == "health_insurance_number" else BHXH_NUMBER).fullmatch(cell):
        return (cell, None) if cell.strip("0") else (None, More(cleaned=(("", "", "Toàn số 0: chưa có số."),)))
    raw, other = _raw(cell, field, "bhyt.format", f". {_EXPECTED_CARD}")
    if other is not None:
        return other
    value = _tidy(raw)
    if not value:
        return NOTHING
    if value in ("X", "CÓ", "1", "CO"):
        return refused("bhyt.tick", f"Ô chỉ đánh dấu là có thẻ nên chưa ghi được. {_EXPECTED_CARD}.", "warning")
    if set(value) == {"0"}:
        return None, More(cleaned=(("", "", "Toàn số 0: chưa có số."),))
    why = "" if value == text_of(cell) else SPACES
    if not BHYT_CARD.fullmatch(value) and BHYT_CARD.match(value) and re.fullmatch(r"[0-9]{5}", value[15:]):
        value, why = value[:15], "Bỏ mã nơi đăng ký khám chữa bệnh sau số thẻ."
    if isinstance(cell, (int, float)) and value.isdigit() and len(value) == 9:
        value, why = "0" + value, ZERO
    elif isinstance(cell, (int, float)) and value.isdigit() and len(value) == 8:
        value, why = "00" + value, ZERO
    target = "health_insurance_number" if BHYT_CARD.fullmatch(value) else ""
    if BHXH_NUMBER.fullmatch(value):
        target = "social_insurance_code"
    elif NATIONAL_ID.fullmatch(value) and field == "health_insurance_number":
        target = field
    if not target:
        return refused("bhyt.format", f"{_EXPECTED_CARD}; đang có {_found(value)}.")
    if target != field:
        label = "số thẻ BHYT" if target == "health_insurance_number" else "mã số BHXH"
        return None, More(cleaned=((target, value, f"Đây là {label}: ghi vào mục đó."),), others=((target, value),))
    return changed(value, why) if why else (value, None)


def answered(raw: str, state: str) -> Read:
    """ "Không có" and "Không biết" written in full: what the services read as an answer of its own."""
    words = "Không có" if state == "none" else "Không biết"
    usual = nfc(raw).lower() in ("không", "không có", "không biết", "kb", "?")
    return (words, None) if usual else changed(words, "Viết gọn được hiểu là một câu trả lời.")


def phone_reader(field: str):
    """Phones: +84 and lost zeros; of two numbers the first mobile is kept and a landline goes to its own field."""
    landline = field.replace("mobile", "landline")
    usual = MOBILE if field.endswith("mobile") else LANDLINE

    def read(cell: Cell) -> Read:
        if isinstance(cell, str) and usual.fullmatch(cell):
            return cell, None
        raw, other = _raw(cell, field, "phone.format", ", không phải số điện thoại")
        if other is not None:
            return other
        value, why = _phone(raw)
        if not value:
            return NOTHING
        if not _valid(value):
            parts = [number for part in _SEVERAL.split(raw) if (number := _phone(part)[0])]
            if len(parts) > 1 and any(map(_valid, parts)):
                return _phones(parts, field, landline)
        if len(value) > 15 or not any(map(str.isdigit, value)):
            return refused("phone.format", f"Không đọc được số điện thoại; đang có {_found(value)}.")
        if field.endswith("mobile") and LANDLINE.fullmatch(value):
            return None, More(
                cleaned=((landline, value, "Số cố định: ghi vào mục điện thoại cố định."),), others=((landline, value),)
            )
        return changed(value, why or SPACES) if value != text_of(cell) else (value, None)

    return read


def _phone(raw: str) -> tuple[str, str]:
    """The number and why it differs."""
    text = raw.strip().strip("'`’\"")
    value = clean_phone(text)
    if re.fullmatch(r"[35789][0-9]{8}", value) or re.fullmatch(r"2[0-9]{9}", value):
        return "0" + value, ZERO
    if re.match(r"\+?\s*\(?84", text) and value.startswith("0"):
        return value, "Đổi mã nước +84 thành số 0."
    return value, SPACES


def _valid(value: str) -> bool:
    return any(shape.fullmatch(value) for shape in (MOBILE, LANDLINE, OLD_MOBILE))


def _phones(parts: list[str], field: str, landline: str) -> Read:
    mobile = next((part for part in parts if MOBILE.fullmatch(part)), None)
    fixed = next((part for part in parts if LANDLINE.fullmatch(part)), None) if landline != field else None
    kept = mobile or next((part for part in parts if _valid(part) and part != fixed), None)
    cleaned = [("", kept, "Ô có nhiều số: giữ số di động đầu tiên.")] if kept else []
    others: tuple[tuple[str, str], ...] = ()
    if fixed:
        cleaned.append((landline, fixed, "Số cố định: ghi vào mục điện thoại cố định."))
        others = ((landline, fixed),)
    lost = len(parts) - bool(kept) - bool(fixed)
    problems = (
        (("", "phone.two_numbers", "warning", f"Ô có {len(parts)} số điện thoại: {lost} số không ghi được."),)
        if lost
        else ()
    )
    return kept, More(tuple(cleaned), problems, others)
