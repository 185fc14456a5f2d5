"""Where the table begins, pointed at by the officer: the first rows of each sheet, one of them is the header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ehr.audit.models import NO_RECORD
from ehr.intake import services
from ehr.intake.cells import shown
from ehr.intake.columns import letter
from ehr.intake.columns.table import DEEPEST
from ehr.intake.files import FileRefused, Sheet
from ehr.intake.services import HeaderAt
from ehr.intake.views.base import BatchPage, State, batch_url

MOST_COLUMNS = 60
MOST_SHEETS = 50
LONGEST = 60  # characters of a cell
OPEN = frozenset({State.PREVIEW, State.REFUSED})


@dataclass(frozen=True, slots=True)
class Top:
    """The first rows of a sheet: (number as the spreadsheet program shows it, texts of its cells, is the header now).
    `name`: of the radio buttons; `rows`: of the box that says how many rows the header has."""

    sheet: str
    number: int
    letters: list[str]
    lines: list[tuple[int, list[str], bool]]
    left_out: bool

    @property
    def name(self) -> str:
        return f"dong-{self.number}"

    @property
    def rows(self) -> str:
        return f"so-{self.number}"


def top_of(number: int, sheet: Sheet, header: int) -> Top:
    """`header`: the row of the header as it is now, 0 for none."""
    width = min(MOST_COLUMNS, max((len(row) for row in sheet.rows), default=0))
    lines = [
        (at, ["" if cell is None else shown(cell)[:LONGEST] for cell in row[:width]] + [""] * (width - len(row)),
         at == header)
        for at, row in enumerate(sheet.rows, sheet.first_row)
    ]  # fmt: skip
    return Top(sheet.name, number, [letter(index) for index in range(width)], lines, not header)


class Header(BatchPage):
    """Leads to the mapping of the columns with the chosen rows in the address. ?dong-<sheet>= the row ("" leaves the
    sheet out), ?so-<sheet>= how many rows the header has, "" to let the machine look."""

    right = "record.change"
    template_name = "intake/header.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.batch.state not in OPEN:
            return redirect("intake:batch", key=self.batch.key)
        try:
            sheets = services.top_of_sheets(self.batch)[:MOST_SHEETS]
        except FileRefused as exc:
            messages.error(request, exc.message)
            return redirect(batch_url(self.batch))
        now = {str(layout["sheet"]): int(layout["header_row"]) for layout in self.batch.layout}
        self.log([NO_RECORD], f"Đầu tệp, lần nhập {self.batch.pk}")
        tops = [top_of(number, sheet, now.get(sheet.name, 0)) for number, sheet in enumerate(sheets)]
        return self.page(tops=tops, deepest=range(1, DEEPEST + 1))


def headers_of(asked: Mapping[str, Any]) -> list[HeaderAt]:
    """The headers in an address made by the form of `Header`; what is no row number is left out."""
    found = []
    for number in range(MOST_SHEETS):
        row = str(asked.get(f"dong-{number}", ""))
        if row.isascii() and row.isdigit() and 0 < int(row[:9]) < 10_000_000:
            rows = str(asked.get(f"so-{number}", ""))
            found.append(HeaderAt(int(row[:9]), rows=int(rows) if rows in ("1", "2", "3") else 0, place=number))
    return found
