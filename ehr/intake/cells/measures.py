"""Counts and measurements, blood pressure, eyesight."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.text import answer, nfc
from ehr.intake.cells.numbers import answered
from ehr.intake.cells.read import More, Read, changed, refused, text_of
from ehr.intake.files import Cell

_UNIT = re.compile(
    r"(?<=\d)\s*(?:kg|gram|gam|gr|g|cm|m|mmHg|lần(?:/phút)?|l/p|độ(?: C)?|°\s*C|o?C|ly|cốc|lít|con|lần|mũi|tháng)\.?$",
    re.IGNORECASE,
)
_METRES = re.compile(r"(\d)\s*m\s*(\d{1,2})", re.IGNORECASE)
_KILOS = re.compile(r"(\d{1,3})\s*kg\s*(\d)", re.IGNORECASE)


def number_reader(field: str, *, whole: bool):
    """A number, as int or as decimal text; "không nhớ" is an answer of its own. Units are left out."""
    convert = _CONVERT.get(field)

    def read(cell: Cell) -> Read:
        if isinstance(cell, (dt.date, dt.datetime)):
            return refused("number.date", "Ô là ngày tháng, không phải số: Excel có thể đã đổi số lẻ thành ngày.")
        if isinstance(cell, bool):
            return refused("number.format", "Ô đánh dấu (TRUE/FALSE) không phải số.")
        if isinstance(cell, (int, float)):
            number, written, why = Decimal(repr(cell)), text_of(cell), ""
        else:
            written = nfc(text_of(cell))
            state = answer(written)
            if state == "unknown" or (state == "none" and written != "0" and not whole):
                return answered(written, state)
            if state == "none" and written != "0":
                return (
                    changed(0, "Không có được ghi là 0.", "0") if field.endswith("_count") else answered(written, state)
                )
            try:
                number, why = _parse(written, whole)
            except NumberError as error:
                return refused(error.code, error.message)
        if not number.is_finite():
            return refused("number.format", "Không đọc được số.")
        if convert and (converted := convert(number)) is not None:
            number, why = converted, _WHY[field]
        if whole:
            if number != int(number):
                return refused("number.whole", f"Phải là số nguyên, đang là {written}.")
            value: int | str = int(number)
        else:
            value = format(number, "f")
        return changed(value, why) if why else (value, None)

    return read


def _parse(written: str, whole: bool) -> tuple[Decimal, str]:
    if found := _METRES.fullmatch(written):
        return Decimal(f"{found[1]}.{found[2]}"), "Đọc 1m65 là 1,65."
    if found := _KILOS.fullmatch(written):
        return Decimal(f"{found[1]}.{found[2]}"), "Đọc 3kg2 là 3,2."
    text = _UNIT.sub("", written).strip()
    number = parse_decimal(text, thousands=whole)
    return number, "" if text == written else "Bỏ đơn vị đo."


_CONVERT = {
    "height_cm": lambda number: number * 100 if Decimal("0.3") <= number < 3 else None,
    "birth_weight_g": lambda number: number * 1000 if Decimal("0.3") <= number < 10 else None,
    "birth_length_cm": lambda number: number * 100 if Decimal("0.15") <= number < 1 else None,
}
_WHY = {
    "height_cm": "Đổi từ mét ra xăng-ti-mét.",
    "birth_weight_g": "Đổi từ kg ra gram.",
    "birth_length_cm": "Đổi từ mét ra xăng-ti-mét.",
}
_PRESSURE = re.compile(r"(\d{1,3})\s*[/\\\-x|–:]\s*(\d{1,3})(?:\s*mmHg)?", re.IGNORECASE)


def read_pressure(cell: Cell) -> Read:
    """ "120/80": systolic and diastolic. 12/8, as people say it, is 120/80."""
    text = nfc(text_of(cell))
    if answer(text) in ("none", "unknown"):
        return None, More(cleaned=(("bp_systolic", "", "Không đo."),))
    found = _PRESSURE.fullmatch(text)
    if isinstance(cell, (dt.date, dt.datetime)) or not found:
        return refused("bp.format", "Huyết áp ghi tâm thu/tâm trương, ví dụ 120/80.")
    high, low = int(found[1]), int(found[2])
    cleaned: tuple[tuple[str, str, str], ...] = ()
    if high < 30 and low < 20:
        high, low = high * 10, low * 10
        cleaned = (("bp_systolic", f"{high}/{low}", "Đổi từ cmHg ra mmHg."),)
    return None, More(cleaned=cleaned, others=(("bp_systolic", high), ("bp_diastolic", low)))


def vision_reader(field: str):
    """Eyesight as n/10. Excel turns 9/10 into a day of October: turned back."""

    def read(cell: Cell) -> Read:
        if isinstance(cell, (dt.date, dt.datetime)):
            if cell.month == 10 and cell.day <= 12:
                return changed(f"{cell.day}/10", "Excel đã đổi thị lực thành ngày tháng.")
            if cell.day == 10:
                return changed(f"{cell.month}/10", "Excel đã đổi thị lực thành ngày tháng.")
            return refused(f"{field}.date", "Ô là ngày tháng. Thị lực ghi như 8/10.")
        text = nfc(text_of(cell))
        if isinstance(cell, (int, float)) and 0 <= cell <= 10:
            return changed(f"{text}/10", "Thêm mẫu số 10.")
        if len(text) > 20:
            return refused(f"{field}.length", "Thị lực dài quá 20 ký tự. Ghi như 8/10.")
        return (text, None) if text == cell else changed(text, "Bỏ khoảng trắng thừa.")

    return read
