"""Which column holds which field: shown with samples, corrected by the officer, read again."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from ehr.intake import services
from ehr.intake.columns import Column, Layout, fields_of
from ehr.intake.files import FileRefused
from ehr.intake.services.mapping import allowed
from ehr.intake.views.base import Action, State
from ehr.intake.views.header import headers_of
from ehr.intake.views.shown import labels
from ehr.records.forms.base import SavingForm


@lru_cache(maxsize=8)
def _options(kind: str) -> str:
    """The options of a select, as text once per kind: 45 columns of 150 fields through form widgets take a second."""
    parts, names = ['<option value="">(bỏ qua cột này)</option>'], labels(kind)
    for group, fields in fields_of(kind):
        inner = "".join(f'<option value="{escape(code)}">{escape(names[code])}</option>' for code, _ in fields)
        parts.append(f'<optgroup label="{escape(group)}">{inner}</optgroup>')
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Line:
    """One column on the page."""

    column: Column
    name: str
    select: SafeString
    twice: bool

    @property
    def label(self) -> str:
        return self.column.header or f"(cột {self.column.letter} không có tiêu đề)"


def lines_of(layout: Layout, number: int, kind: str) -> list[Line]:
    """The columns of sheet `number` with their selects; two columns for one field are marked."""
    times = Counter(column.field for column in layout.columns if column.field)
    found = []
    for column in layout.columns:
        name = f"c{number}-{column.index}"
        chosen = f'value="{escape(column.field)}"'
        options = _options(kind).replace(chosen, f"{chosen} selected", 1)
        if column.field not in allowed(kind):  # of an older list of fields: stays until the officer chooses another
            options += f"<option {chosen} selected>{escape(column.field)}</option>"
        twice = times[column.field] > 1
        invalid = ' aria-invalid="true"' if twice else ""
        select = f'<select name="{name}" id="{name}" data-combo="local"{invalid}>{options}</select>'
        found.append(Line(column, name, SafeString(select), twice))
    return found


def alike(layouts: Sequence[Layout]) -> list[list[int]]:
    """Places of sheets with the same columns in the same order, read the same way: villages on tabs of one file. They
    are corrected once, for all of them."""
    groups: dict[tuple[tuple[int, str, str], ...], list[int]] = {}
    for number, layout in enumerate(layouts):
        columns = tuple((column.index, column.header, column.field) for column in layout.columns)
        groups.setdefault(columns, []).append(number)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class SheetsShown:
    """One table of columns; `names` of the sheets it is for, `titles`: what stands above their tables."""

    names: list[str]
    header_row: int
    titles: list[str]
    lines: list[Line]


class Columns(Action):
    """The columns of all sheets; saving reads the file again with them."""

    template_name = "intake/columns.html"
    saved_message = "Đã đổi cách ghép cột, đang đọc lại tệp."

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except FileRefused as exc:  # the header that was chosen is an empty row, or the file is gone
            messages.error(request, exc.message)
            return redirect("intake:header", key=self.batch.key)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.open():
            return redirect("intake:batch", key=self.batch.key)
        return self.columns_page(self.found, self.make_form())

    def open(self) -> bool:
        """Columns below headers that the officer points at may be mapped where the machine found no table, too."""
        return self.batch.state in self.states or (self.batch.state == State.REFUSED and bool(self.found))

    @cached_property
    def found(self) -> list[Layout]:
        """Below the headers of the address (`headers_of`), else as the batch has them."""
        if headers := headers_of(self.request.GET):
            return services.layouts_at(self.batch, headers)
        return [layout for data in self.batch.layout if (layout := Layout.from_json(data)).columns]

    def columns_page(self, layouts: list[Layout], form: SavingForm, status: int = 200) -> HttpResponse:
        sheets = []
        for group in alike(self.found):
            first = layouts[group[0]]
            lines = lines_of(first, group[0], self.batch.kind)
            titles = list(dict.fromkeys(text for number in group for text in layouts[number].title.values() if text))
            sheets.append(SheetsShown([layouts[number].sheet for number in group], first.header_row, titles, lines))
        remember = self.request.POST.get("remember") if self.request.method == "POST" else "1"
        return self.page(sheets=sheets, form=form, remember=bool(remember), status=status)

    def chosen(self) -> list[Layout]:
        """The layouts with the fields that were chosen. Raises ValidationError for a field that there is not."""
        layouts = copy.deepcopy(self.found)
        for group in alike(layouts):
            for number in group:
                for column in layouts[number].columns:
                    self._choose(column, f"c{group[0]}-{column.index}")
        return layouts

    def _choose(self, column: Column, name: str) -> None:
        code = self.request.POST.get(name, column.field)
        if code == column.field:
            return
        if code not in allowed(self.batch.kind):
            raise ValidationError("Trường được chọn không có trong danh mục.", code="columns.unknown")
        column.field, column.sure, column.why = code, True, ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.open():
            return redirect("intake:batch", key=self.batch.key)
        form = self.make_form(request.POST)
        self.layouts = self.found
        try:
            if form.is_valid():
                self.layouts = self.chosen()
                services.check_mapping(self.layouts, self.batch.kind)
                return self._leave(self._save_once(form))
        except ValidationError as exc:
            form.refuse(exc)
        return self.columns_page(self.layouts, form, status=422)

    def run(self, form: SavingForm) -> None:
        services.set_columns(
            self.batch, [layout.to_json() for layout in self.layouts], by=self.request.user,
            save=bool(self.request.POST.get("remember")),
        )  # fmt: skip
