"""Dates in the spellings that lists bring, on top of `ehr.common.dates`: Excel serials, lost zeros, words."""

from __future__ import annotations

import datetime as dt
import math
import re

from ehr.common.dates import EXPECTED, YEARS, DateError, PartialDate, Precision
from ehr.common.text import answer, nfc, plain
from ehr.intake.cells.read import NOTHING, More, Read, changed, refused, text_of
from ehr.intake.files import Cell

SERIALS = range(3654, 73051)  # 01/01/1910 … 31/12/2099 as Excel counts days
EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
_DAY_FIRST = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-]((?:18|19|20|21)\d\d)", re.ASCII)
_USUAL = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}|\d{4}|\d{1,2}/\d{4}|\?")
_TIME = re.compile(r"[\sT]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|\s*[AaPp][Mm])?$")
_WORDS = re.compile(r"(?:ngày\s*)?(\d{1,2})?[\s,]*(?:tháng\s*(\d{1,2}))?[\s,/]*(?:năm\s*)?(\d{4})", re.IGNORECASE)
_ABOUT = re.compile(r"(?:khoảng|tầm|ước|~|k\.?)\s*(\d{4})", re.IGNORECASE)
_ORDER = "Đọc theo thứ tự ngày, tháng, năm."
_SERIAL = "Số ngày của Excel đổi ra ngày tháng."


def iso(date: PartialDate) -> str:
    """JSON form: "1990-03-12", "1990-03", "1990", "?"."""
    if date.date is None:
        return "?"
    full = date.date.isoformat()
    return full if date.precision is Precision.DAY else full[:7] if date.precision is Precision.MONTH else full[:4]


def read_birth(cell: Cell) -> Read:
    """A birth date that may lack its day or month."""
    if isinstance(cell, dt.date):
        return _real(cell)
    if isinstance(cell, (int, float)):
        return _number(cell)
    return _text(cell, partial=True)


def read_day(cell: Cell) -> Read:
    """A full date."""
    if isinstance(cell, dt.date):
        return _real(cell)
    value, more = _number(cell) if isinstance(cell, (int, float)) else _text(cell, partial=False)
    if value is not None and len(value) < 10:
        return refused("date.partial", f"Thiếu ngày hoặc tháng. {EXPECTED}")
    return value, more


def _real(cell: dt.date) -> Read:
    """A date of the spreadsheet, with or without a time of day."""
    if cell.year not in YEARS:
        return refused("date.year", f"Năm {cell.year} không hợp lệ. {EXPECTED}")
    return cell.isoformat()[:10], None


def _number(cell: int | float) -> Read:
    if isinstance(cell, float) and not math.isfinite(cell):
        return refused("date.format", f"Không đọc được ngày. {EXPECTED}")
    whole = int(cell)
    if whole != cell and whole not in SERIALS:
        return refused("date.format", f"Số lẻ không phải ngày tháng. {EXPECTED}")
    if 1850 <= whole <= 2150:
        return str(whole), None
    if whole in SERIALS:
        return _serial(whole)
    if len(str(whole)) == 7:  # 5031980: the zero of 05 is lost
        return _parse(f"0{whole}", "Thêm lại số 0 đầu của ngày.")
    return _parse(str(whole), _ORDER)


def _serial(number: int) -> Read:
    day = EXCEL_DAY_ZERO + dt.timedelta(days=number)
    return changed(day.isoformat(), _SERIAL, day.strftime("%d/%m/%Y"))


def _text(cell: Cell, *, partial: bool) -> Read:
    if isinstance(cell, str) and (usual := _DAY_FIRST.fullmatch(cell)):
        try:
            return dt.date(int(usual[3]), int(usual[2]), int(usual[1])).isoformat(), None
        except ValueError:
            pass  # 00/00/1980, 31/02/1980: said below
    written = text_of(cell)
    text = _TIME.sub("", nfc(written.strip().strip("'`’\"")))
    text = text.strip(" .,;")
    if not text:
        return NOTHING
    state = answer(text)
    if state == "unknown":
        return (
            ("?", None)
            if partial and text == "?"
            else (changed("?", "Không biết ngày.", "?") if partial else changed(None, "Không biết ngày.", "(để trống)"))
        )
    if state == "none" and text != "0":
        return changed("?", "Không biết ngày.", "?") if partial else changed(None, "Ghi là không có.", "(để trống)")
    if _USUAL.fullmatch(text):
        return _parse(text, "" if text == written else "Bỏ khoảng trắng và ký tự thừa.")
    if text.isdigit() and len(text) == 5 and int(text) in SERIALS:
        return _serial(int(text))
    if text.isdigit() and len(text) == 7:
        return _parse(f"0{text}", "Thêm lại số 0 đầu của ngày.")
    if found := _ABOUT.fullmatch(text):
        return (
            _parse(found[1], "Năm ước chừng: chỉ ghi năm.")
            if partial
            else refused("date.partial", f"Chỉ là năm ước chừng. {EXPECTED}")
        )
    if any(word in plain(text) for word in ("ngay", "thang", "nam")) and (found := _WORDS.fullmatch(text)):
        day, month, year = found.groups()
        if not (day and not month):
            return _parse("/".join(part for part in (day, month, year) if part), _ORDER)
    text = re.sub(r"[/\-.]{2,}", "/", re.sub(r"\s*[/\\|,;]\s*", "/", text))
    text = re.sub(r"(?<=\d)\s+(?=\d)", "/", text) if re.fullmatch(r"\d{1,2}\s+\d{1,2}\s+\d{4}", text) else text
    return _parse(text, _ORDER)


def _parse(text: str, why: str) -> Read:
    try:
        date = PartialDate.parse(text)
    except DateError as error:
        return refused(error.code, error.message)
    except (ValueError, OverflowError):
        return refused("date.format", f"Không đọc được ngày. {EXPECTED}")
    return changed(iso(date), why, date.text()) if why else (iso(date), None)


def _whole(cell: Cell) -> Read:
    """A whole date in a column of years or days: it is the birth date."""
    value, more = read_birth(cell)
    if value is None or len(value) < 4:
        return None, more
    why = More((("", value, "Cả ngày sinh trong một ô."),))
    return None, (more or why)._replace(others=(("birth_date", value),))


def part_reader(name: str):
    """Day, month or year in a column of its own, as text of digits; "?" for unknown ones."""
    label, low, high = {"day": ("Ngày", 0, 31), "month": ("Tháng", 0, 12), "year": ("Năm", 1850, 2150)}[name]

    def read(cell: Cell) -> Read:
        if isinstance(cell, dt.date):
            if name == "year":
                return _whole(cell)
            return refused(f"birth_date.{name}", f"{label} phải là một số; ô đang là ngày tháng.")
        text = nfc(text_of(cell)).strip(" .'`’\"")
        if answer(text) in ("unknown", "none") and text != "0":
            return NOTHING
        if not text or not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            if name == "year" and text.isdigit() and len(text) <= 2:
                return refused("date.short_year", f"“{text}” thiếu thế kỷ: năm phải viết đủ 4 chữ số.")
            if name in ("year", "day"):
                _, more = whole = _whole(cell)
                meant = len(re.findall(r"[/.-]", text)) == 2  # 31/02/1990: what is wrong is said as of a date
                if more and (more.others or (meant and more.problems)):
                    return whole
            return refused(f"birth_date.{name}", f"{label} không hợp lệ: cần một số từ {low} đến {high}.")
        return str(int(text)), None

    return read
