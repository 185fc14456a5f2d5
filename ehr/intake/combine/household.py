"""The household: its number carried down, its head."""

from __future__ import annotations

from ehr.common.text import name_key, nfc
from ehr.intake.cells.numbers import phone_reader
from ehr.intake.columns import Column
from ehr.intake.combine.line import Line, Rows, Step, letter_of

HEAD = "01"


def head_name(by_field: dict[str, Column]) -> Step:
    """The head's name in a column of its own or in the title: who bears it is the head, when no relation is written."""
    letter = letter_of(by_field, "head_name")
    carried = ""

    def step(line: Line) -> None:
        nonlocal carried
        name = line.parts.pop("head_name", "") or (carried if letter else line.title.get("head_name", ""))
        carried = name
        own = line.parts.get("full_name", "")
        if name and own and "relation_to_head" not in line.parts and name_key(name) == name_key(own):
            line.parts["relation_to_head"] = HEAD
            line.row.clean(letter, "relation_to_head", "", "Chủ hộ", "Trùng tên với chủ hộ.")

    return step


def title_phone() -> Step:
    """The telephone of the household in the title is the head's, unless the head has one."""
    read = phone_reader("phone_mobile")

    def step(line: Line) -> None:
        written = line.title.get("phone_mobile", "")
        if not written or "phone_mobile" in line.parts or line.parts.get("relation_to_head") != HEAD:
            return
        value, more = read(written)
        found = {**({"phone_mobile": value} if value else {}), **dict(more.others if more else ())}
        for name, number in found.items():
            line.parts.setdefault(name, number)
            line.row.clean("", name, written, str(number), "Điện thoại của hộ ghi trên tiêu đề: ghi cho chủ hộ.")
        for _, code, level, message in more.problems if more else ():
            line.row.problem("", "phone_mobile", written, code, "warning" if level == "error" else level, message)

    return step


def household(by_field: dict[str, Column], rows: Rows) -> Step:
    """The number of the household, carried down from its first row. A head begins a household: without a number (and
    without one in the title) the row is refused, and so are the members below it."""
    column = by_field.get("household_code")
    letter = column.letter if column else ""
    on_every_row = column is not None and _repeats(rows, column.index)
    carried: str | None = None
    lost = False
    title_before: dict[str, str] | None = None

    def step(line: Line) -> None:
        nonlocal carried, lost, title_before
        if line.title is not title_before:
            title_before, carried, lost = line.title, nfc(line.title.get("household_code", "")) or None, False
        code = line.parts.get("household_code")
        if code is not None:
            carried, lost = code, False
            return
        if any(problem["field"] == "household_code" for problem in line.row.problems):
            carried, lost = None, True  # a number that cannot be read is not the number of the row above
            return
        head = line.parts.get("relation_to_head") == HEAD
        if head and column is not None:
            carried, lost = nfc(line.title.get("household_code", "")) or None, not line.title.get("household_code")
        if carried is not None:
            line.parts["household_code"] = carried
            if on_every_row:
                line.row.clean(letter, "household_code", "", carried, "Ô trống: lấy số hộ của dòng trên.")
        elif lost:
            message = (
                "Chủ hộ bắt đầu hộ mới nhưng ô số hộ trống: ghi số hộ." if head
                else "Chủ hộ ở dòng trên không có số hộ, nên không biết người này thuộc hộ nào: ghi số hộ."
            )  # fmt: skip
            line.row.problem(letter, "household_code", "", "household_code.missing", "error", message)
        elif column is not None:
            line.row.problem(
                letter,
                "household_code",
                "",
                "household_code.missing",
                "warning",
                "Chưa ghi số hộ: người này chưa vào hộ nào.",
            )

    return step


def _repeats(rows: Rows, index: int) -> bool:
    """Whether members repeat the number of their household: then an empty cell is a gap, not a way of writing."""
    before = None
    same = 0
    for row in rows[:2000]:
        cell = row[index] if index < len(row) else None
        if cell not in (None, ""):
            same += cell == before
            before = cell
    return same >= 2
