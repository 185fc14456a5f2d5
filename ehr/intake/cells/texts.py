"""Names, addresses and free answers."""

from __future__ import annotations

import datetime as dt
import re

from ehr.common.text import answer, nfc, nfc_lines, title_name
from ehr.intake.cells.numbers import answered
from ehr.intake.cells.read import NOTHING, More, Read, changed, refused, text_of, warned
from ehr.intake.files import Cell

SPACES = "Bỏ khoảng trắng thừa, chuẩn hóa dấu."
_TICKS = {"x", "v", "✓", "✔", "√", "1", "có", "co", "+", "*"}
_MAY_BE_ANSWER = frozenset("kKcCnNuU?-–—0")  # first letters of "không", "kb", "chưa", "no", "unknown"
_EDGES = " .,;:-–_'`’\"*"


def name_reader(field: str, longest: int = 100):
    """A person's name: single spaces, capitals at the beginning of words when all were of one size."""

    def read(cell: Cell) -> Read:
        written = text_of(cell)
        text = nfc(written).strip(_EDGES) if field == "full_name" else nfc(written)
        if field != "full_name" and text[:1] in _MAY_BE_ANSWER and (state := answer(text)) in ("none", "unknown"):
            return answered(text, state)
        if not text:
            return NOTHING
        if not any(char.isalpha() for char in text):
            return refused(f"{field}.letters", "Họ và tên phải có chữ cái.")
        if len(text) > longest:
            return refused(f"{field}.length", f"Tên dài quá {longest} ký tự.")
        # A name of capitals and small letters was meant that way.
        name = text if text != text.upper() and text != text.lower() else title_name(text)
        if name != text:
            return changed(name, "Viết hoa chữ cái đầu.")
        return (name, None) if name == written else changed(name, SPACES)

    return read


def text_reader(field: str, longest: int = 200, *, lines: bool = False):
    """Text as it stands. Too long a text is refused, for a part of it would be lost."""
    tidy = nfc_lines if lines else nfc

    def read(cell: Cell) -> Read:
        written = text_of(cell)
        text = tidy(written)
        if not text:
            return NOTHING
        if len(text) > longest:
            return refused(f"{field}.length", f"Nội dung dài {len(text)} ký tự, chỉ ghi được {longest}.")
        if isinstance(cell, dt.date):
            return warned(text, f"{field}.date", "Ô là ngày tháng: có lẽ Excel đã đổi chữ thành ngày, hãy kiểm tra.")
        return (text, None) if text == written else changed(text, SPACES)

    return read


def answer_reader(field: str, longest: int = 2000, *, lines: bool = False):
    """Free answers: "không", "kb" are answers of their own, a tick is "Có"."""
    text = text_reader(field, longest, lines=True)

    def read(cell: Cell) -> Read:
        written = nfc(text_of(cell))
        state = answer(written)
        if state in ("none", "unknown"):
            return answered(written, state)
        if written.lower() in _TICKS:
            return ("Có", None) if written == "Có" or written in ("x", "X") else changed("Có", "Đánh dấu là có.")
        value, more = text(cell)
        if lines and isinstance(value, str) and ";" in value:
            split = "\n".join(part.strip() for part in value.split(";") if part.strip())
            if split and split != value:
                return changed(split, "Mỗi ý một dòng.", split.replace("\n", " | "))
        return value, more

    return read


def read_code_text(cell: Cell) -> Read:
    """Household numbers and other opaque codes: text, spaces at the ends gone, "1.0" of a number column never."""
    if isinstance(cell, dt.date):
        message = "Ô là ngày tháng: Excel đã đổi số thành ngày. Định dạng cột là Văn bản (Text) rồi nhập lại."
        return refused("household_code.date", message)
    written = text_of(cell)
    text = nfc(written).strip("'`’")
    if not text:
        return NOTHING
    if len(text) > 30:
        return refused("household_code.length", "Số hộ dài quá 30 ký tự.")
    return (text, None) if text == written else changed(text, SPACES)


def read_note(cell: Cell) -> Read:
    """Notes of any kind; a bare tick says nothing and stays as written."""
    value, more = text_reader("note", 2000, lines=True)(cell)
    return value, more


def read_email(cell: Cell) -> Read:
    """An address; what is none is kept back with a warning, it is no reason to refuse a person."""
    written = text_of(cell)
    text = nfc(written).replace(" ", "")
    state = answer(text)
    if state in ("none", "unknown"):
        return answered(text, state)
    if not text:
        return NOTHING
    if not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\".]+(?:\.[^@\s<>\".]+)+", text):
        return None, More(
            problems=(("", "email.format", "warning", "Địa chỉ email có dạng ten@noi.vn: chưa ghi được."),)
        )
    return (text, None) if text == written else changed(text, SPACES)
