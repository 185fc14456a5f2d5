"""How large a file may be: settings INTAKE_MAX_*."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one file. `bytes`, `unzipped`: bytes; `rows`, `columns`: of one sheet, counted from A1 to the last cell
    with a value; `cells`: rows × columns, all sheets together; `ratio`: unzipped size / zipped size."""

    bytes: int
    unzipped: int
    ratio: int
    sheets: int
    rows: int
    columns: int
    cells: int

    @classmethod
    def current(cls) -> Limits:
        return cls(
            bytes=settings.INTAKE_MAX_MB * MIB,
            unzipped=settings.INTAKE_MAX_UNZIPPED_MB * MIB,
            ratio=settings.INTAKE_MAX_RATIO,
            sheets=settings.INTAKE_MAX_SHEETS,
            rows=settings.INTAKE_MAX_ROWS,
            columns=settings.INTAKE_MAX_COLUMNS,
            cells=settings.INTAKE_MAX_CELLS,
        )


def number(value: int) -> str:
    """1234567 → "1.234.567", as our messages write numbers."""
    return f"{value:,}".replace(",", ".")
