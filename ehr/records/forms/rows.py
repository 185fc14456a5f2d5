"""Tables of any number of rows inside one saving form: results, diagnoses, doses.

Each cell is a field of the form itself ("labs-0-result"), so that the summary of errors, the comparison after a
conflict and the drafts of the browser treat it like any other. Without scripts there are some spare rows; with scripts
the button `data-add="labs"` copies the row "__row__" from a template element."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.records.forms.base import ErrorLine, SavingForm

SPARE = 3
MOST = 60
ROW = "__row__"
NUMBER = "__number__"
ROW_NAME = re.compile(r"(\w+)-(\d+)-(\w+)")


class KeptField(forms.IntegerField):
    """A hidden number that the page carries along; nobody typed it, so it never differs."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `cells` makes the fields of a row by column. `carried`: hidden columns and choices with a default,
    which do not make a row count as filled. `label`: what the summary of errors calls a row."""

    name: str
    label: str
    cells: Callable[[], Mapping[str, forms.Field]]
    carried: tuple[str, ...] = ()
    spare: int = SPARE


@dataclass(slots=True)
class Row:
    """Bound cells of one row. `label`: its number as shown, from one; "__number__" in the row that scripts copy."""

    label: str
    cells: dict[str, forms.BoundField] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For screen readers."""
        return f"dòng {self.label}"


class RowsForm(SavingForm):
    """A saving form with tables."""

    def add_table(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds the fields of the stored (or sent) rows and of the spare ones."""
        self._tables: dict[str, tuple[Table, int]] = {**getattr(self, "_tables", {}), table.name: (table, 0)}
        total = min(self._sent_total(table) or len(rows) + table.spare, MOST)
        self._tables[table.name] = table, total
        self.fields[f"{table.name}-total"] = KeptField(required=False)
        self.initial[f"{table.name}-total"] = total
        cells = table.cells()  # made once and copied: copying takes a fraction of making
        for cell in cells.values():
            dress(cell)
        for number in range(total):
            for column, cell in cells.items():
                name = f"{table.name}-{number}-{column}"
                self.fields[name] = copy(cell)
                if number < len(rows) and rows[number].get(column) is not None:
                    self.initial[name] = rows[number][column]

    def _sent_total(self, table: Table) -> int:
        sent = str(self.data.get(self.add_prefix(f"{table.name}-total"), "")) if self.is_bound else ""
        return int(sent) if sent.isdigit() and len(sent) < 4 else 0

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for table, _ in self._tables.values():
            if self._sent_total(table) > MOST:
                raise ValidationError(f"{table.label}: mỗi lần lưu tối đa {MOST} dòng.", code="rows.too_many")
        return cleaned

    def rows(self, name: str) -> list[Row]:
        """The rows of a table, for the template."""
        table, total = self._tables[name]
        columns = list(table.cells())
        return [
            Row(str(number + 1), {column: self[f"{name}-{number}-{column}"] for column in columns})
            for number in range(total)
        ]

    def empty_row(self, name: str) -> Row:
        """The row that scripts copy."""
        form, made = forms.Form(), self._tables[name][0].cells()
        for column, cell in made.items():
            dress(cell)
            form.fields[f"{name}-{ROW}-{column}"] = cell
        cells = {column: form[f"{name}-{ROW}-{column}"] for column in made}
        return Row(NUMBER, cells)

    def filled_rows(self, name: str) -> list[tuple[int, dict[str, Any]]]:
        """Place and cleaned cells of the rows in which something was typed."""
        table, total = self._tables[name]
        found, columns = [], list(table.cells())
        for number in range(total):
            cells = {column: self.cleaned_data.get(f"{name}-{number}-{column}") for column in columns}
            if any(value not in (None, "") for column, value in cells.items() if column not in table.carried):
                found.append((number, cells))
        return found

    def values(self) -> dict[str, Any]:
        """Without the cells: a subclass adds the lists."""
        return {name: value for name, value in super().values().items() if not self._is_cell(name)}

    def _is_cell(self, name: str) -> bool:
        return name.partition("-")[0] in self._tables and "-" in name

    @property
    def error_lines(self) -> list[ErrorLine]:
        """Cells are named with their table and row."""
        labels = {}
        for name in self.fields:
            found = ROW_NAME.fullmatch(name)
            if found and found[1] in self._tables:
                bound = self[name]
                row = f"{self._tables[found[1]][0].label} {int(found[2]) + 1}"
                labels[bound.id_for_label or f"{bound.auto_id}_0"] = f"{row}, {bound.label}"
        return [
            ErrorLine(line.target, labels.get(line.target, line.label), line.message) for line in super().error_lines
        ]


def dress(cell: forms.Field) -> None:
    """What the field component of the design kit reads."""
    for key, value in (("layout", ""), ("unit", ""), ("warnings", []), ("need", False)):
        if not hasattr(cell, key):
            setattr(cell, key, value)


def text(label: str, length: int, **attrs: str) -> forms.CharField:
    """One line of text."""
    return forms.CharField(
        label=label, required=False, max_length=length, widget=forms.TextInput(attrs={"autocomplete": "off", **attrs})
    )
