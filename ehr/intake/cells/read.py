"""What reading a cell gives. A reader takes a cell that is not empty and returns (value, more).

`value`: what is stored under the column's field, None for nothing. `more`: None for a cell that was as it should be,
else a `More` with what was changed and what is wrong. Readers know nothing of other cells and may be cached by cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from ehr.intake.files import Cell, CellError


class More(NamedTuple):
    """`cleaned`: (field or "", what it became, why). `problems`: (field or "", code, level, message); "" means the
    column's own field. `others`: values for other fields."""

    cleaned: tuple[tuple[str, str, str], ...] = ()
    problems: tuple[tuple[str, str, str, str], ...] = ()
    others: tuple[tuple[str, Any], ...] = ()


Read = tuple[Any, More | None]
Reader = Callable[[Any], Read]
NOTHING: Read = (None, None)


def changed(value: Any, why: str, became: str = "", others: tuple[tuple[str, Any], ...] = ()) -> Read:
    """A value that is not what stood in the cell."""
    return value, More(cleaned=(("", became or str(value), why),), others=others)


def refused(code: str, message: str, level: str = "error") -> Read:
    """A cell that cannot be read."""
    return None, More(problems=(("", code, level, message),))


def warned(value: Any, code: str, message: str, level: str = "warning") -> Read:
    """A value that is taken, with something to say about it."""
    return value, More(problems=(("", code, level, message),))


def shown(cell: Cell) -> str:
    """The cell as the officer sees it: "was" of a cleaned cell, value of a problem."""
    if isinstance(cell, dt.datetime):
        return cell.strftime("%d/%m/%Y") if cell.time() == dt.time() else cell.strftime("%d/%m/%Y %H:%M")
    if isinstance(cell, dt.date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.6g}" if abs(cell) >= 1e15 else repr(cell)
    return str(cell)[:200]


def text_of(cell: Cell) -> str:
    """The cell as text to read: numbers without ".0", dates as dd/mm/yyyy."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return shown(cell)


def guarded(reader: Reader) -> Reader:
    """The reader for cells of any kind: error cells, truth values and times of day are seen to here."""

    def read(cell: Cell) -> Read:
        if isinstance(cell, str):
            return NOTHING if not cell or cell.isspace() else reader(cell)
        if isinstance(cell, CellError):
            return refused("cell.error", f"Ô báo lỗi {cell.text}: sửa công thức rồi gửi lại.")
        if isinstance(cell, dt.time):
            return refused("cell.time", "Ô đang là giờ trong ngày, không phải giá trị của cột này.")
        return reader(cell)

    return read
