"""Ticks, choices and codes of lists."""

from __future__ import annotations

import re

from ehr.common.text import answer, nfc, plain
from ehr.intake.cells.read import NOTHING, More, Read, changed, refused, text_of
from ehr.intake.cells.words import WordList, fold, own_list
from ehr.intake.files import Cell

_YEAR = re.compile(r"(?:năm\s*|từ\s*(?:năm\s*)?)?(?:19|20)\d\d\b.*", re.IGNORECASE)
_YES = re.compile(r"(?:có|x|đã|đang|bị|mắc)\b.*", re.IGNORECASE)


def word_reader(field: str, words: WordList, what: str, *, level: str = "error"):
    """A word of a list → its code. `level`: what an unknown word is; "warning" leaves the field alone."""

    def read(cell: Cell) -> Read:
        written = text_of(cell)
        text = nfc(written)
        if not text:
            return NOTHING
        found = words.find(text)
        if found is None:
            tail = "" if level == "error" else " Mục này chưa ghi được, các mục khác vẫn ghi."
            return refused(
                f"{field}.unknown_word", f"{what} không có trong danh mục. Nhận: {words.names()}.{tail}", level
            )
        code, why = found
        label = words.labels.get(code, code)
        if why or (text != code and not set(plain(text).split()) <= set(plain(label).split())):
            return changed(code, why or "Cách viết khác của cùng một giá trị.", label)
        return code, None

    return read


def tick_reader(field: str):
    """A tick box: yes, no, unknown. A text that says more than yes is yes, and what it says is named as lost."""
    words = own_list("tick")

    def read(cell: Cell) -> Read:
        written = nfc(text_of(cell))
        if isinstance(cell, bool):
            return ("yes" if cell else "no"), None
        found = words.find(written)
        if found:
            code = found[0]
            plain_way = written.lower() in ("x", "có", "không", "kb", "không biết")
            return (
                (code, None)
                if plain_way
                else changed(code, "Cách đánh dấu khác.", {"yes": "Có", "no": "Không"}.get(code, "Không biết"))
            )
        if _YEAR.fullmatch(written) or _YES.fullmatch(written):
            return "yes", More(
                cleaned=(("", "Có", "Ô này là ô đánh dấu."),),
                problems=(
                    (
                        "",
                        "tick.detail_lost",
                        "warning",
                        "Ô đánh dấu có ghi thêm chữ: phần chữ không ghi được vào mục này.",
                    ),
                ),
            )
        return refused(f"{field}.tick", "Ô đánh dấu: ghi x hoặc có, không, kb (không biết); để trống nếu chưa hỏi.")

    return read


def family_reader(field: str, relative: str):
    """A disease in the family: a tick, or who has it."""
    tick = tick_reader(field)
    words = own_list("tick")

    def read(cell: Cell) -> Read:
        written = nfc(text_of(cell))
        if (
            isinstance(cell, bool)
            or words.find(written)
            or _YEAR.fullmatch(written)
            or not any(map(str.isalpha, written))
        ):
            return tick(cell)
        return "yes", More(
            cleaned=((relative, written, "Tên người mắc ghi trong ô đánh dấu."),), others=((relative, written),)
        )

    return read


def frequency_reader(field: str, *, tri_state: bool = False):
    """Không / Có / Thường xuyên; "đã bỏ" is no, and quit. `tri_state`: alcohol, which knows only yes and no."""
    words = own_list("frequency")
    quit_field = f"{field}_quit"
    codes = {"0": "no", "1": "yes", "2": "yes"} if tri_state else {}
    labels = {"0": "Không", "1": "Có", "2": "Thường xuyên", "unknown": "Không biết"}

    def read(cell: Cell) -> Read:
        written = nfc(text_of(cell))
        found = words.find(written)
        if found is None:
            return refused(f"{field}.unknown_word", "Ghi Không, Có hoặc TX (thường xuyên); kb nếu không biết.")
        code = found[0]
        if code == "quit":
            if field == "risk_physical_activity":
                return refused(f"{field}.unknown_word", "Ghi Không, Có hoặc TX (thường xuyên).")
            return "no" if tri_state else "0", More(
                cleaned=((quit_field, "Không, đã bỏ", "Hiện không, trước đây có."),), others=((quit_field, "yes"),)
            )
        value = codes.get(code, code)
        if fold(written) in (fold(labels[code]), "tx", "x", "kb", code):
            return value, None
        return changed(value, "Cách viết khác của cùng một giá trị.", labels[code])

    return read


_BLOOD = re.compile(r"(AB|A|B|O|0)?\s*(?:Rh)?\s*\(?\s*(\+|-|–|dương|âm|pos|neg)?\s*\)?(?:tính)?", re.IGNORECASE)


def read_blood(cell: Cell) -> Read:
    """ "O+", "AB Rh(-)", "B": the ABO group here, the Rh factor beside it."""
    text = nfc(text_of(cell)).replace("Rh(D)", "Rh").strip()
    if answer(text) in ("none", "unknown") and text not in ("0", "-"):
        return None, More(cleaned=(("", "", "Chưa biết nhóm máu."),))
    found = _BLOOD.fullmatch(text.removeprefix("Nhóm ").removeprefix("nhóm ").strip())
    if not found or not (found[1] or found[2]) or text in ("-", "0"):
        return refused("blood_group.unknown_word", "Nhóm máu ghi A, B, AB, O, có thể kèm Rh như O+ hoặc AB-.")
    group = (found[1] or "").upper().replace("0", "O") or None
    sign = (found[2] or "").lower()
    rh = {"+": "pos", "dương": "pos", "pos": "pos", "-": "neg", "–": "neg", "âm": "neg", "neg": "neg"}.get(sign)
    if rh is None:
        return group, None
    cleaned = (("blood_group_rh", "Rh(+)" if rh == "pos" else "Rh(-)", "Hệ Rh ghi trong ô nhóm máu."),)
    return group, More(cleaned=cleaned, others=(("blood_group_rh", rh),))


def side_reader(sex: str):
    """The column Nam or Nữ: a tick, a year or a date of birth."""
    from ehr.intake.cells.dates import read_birth

    words = own_list("tick")
    code = "1" if sex == "male" else "2"

    def read(cell: Cell) -> Read:
        if isinstance(cell, bool):
            return (code if cell else None), None
        if isinstance(cell, int | float) and cell in (0, 1):
            return (code if cell else None), None
        found = words.find(nfc(text_of(cell))) if isinstance(cell, str) else None
        if found:
            return (code if found[0] == "yes" else None), None
        if isinstance(cell, str) and fold(cell) == ("nam" if sex == "male" else "nữ"):
            return code, None
        value, more = read_birth(cell)
        if value is None:
            return None, more
        return code, (more or More())._replace(others=(("birth_date", value),))

    return read
