"""What the steps share. A step is a function of one line, made for a layout; the rows go through it in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ehr.intake.columns import Column
from ehr.intake.files import Cell

if TYPE_CHECKING:
    from ehr.intake.rows import Row


@dataclass(slots=True)
class Line:
    """A row while it is put together: `parts` holds what the readers gave by field, and becomes the row's values."""

    row: Row
    parts: dict[str, Any]
    cells: Sequence[Cell]
    title: dict[str, str]


Step = Callable[[Line], None]
Rows = Sequence[Sequence[Cell]]


def letter_of(by_field: dict[str, Column], *names: str) -> str:
    """The letter of the first of these columns that the sheet has."""
    return next((by_field[name].letter for name in names if name in by_field), "")


def cell_of(line: Line, by_field: dict[str, Column], name: str) -> Cell:
    """The cell of a field, None when there is none."""
    column = by_field.get(name)
    return line.cells[column.index] if column and column.index < len(line.cells) else None
