"""Rows of a sheet as flat dictionaries of field codes, every cell cleaned visibly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Row:
    """One person on a sheet. `number`: the row as the spreadsheet program shows it. `values`: field codes in JSON form
    (`ehr.intake.values`); an empty cell gives no key. `cleaned`: [{column, field, was, became, why}].
    `problems`: [{column, field, value, code, level, message}]; level "error" refuses the row. `label`: the name."""

    sheet: str
    number: int
    values: dict[str, Any] = field(default_factory=dict)
    cleaned: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    label: str = ""
