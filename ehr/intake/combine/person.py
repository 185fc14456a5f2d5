"""Name, sex, birth date, numbers: what two or three cells say of the person together."""

from __future__ import annotations

import datetime as dt
import re

from ehr.common.dates import DateError, PartialDate
from ehr.common.text import title_name
from ehr.intake.cells import shown
from ehr.intake.cells.dates import iso
from ehr.intake.cells.numbers import finish_identity
from ehr.intake.columns import Column
from ehr.intake.combine.line import Line, Rows, Step, cell_of, letter_of


def name(by_field: dict[str, Column]) -> Step:
    def step(line: Line) -> None:
        family, given = line.parts.pop("full_name:family", ""), line.parts.pop("full_name:given", "")
        if (family or given) and "full_name" not in line.parts:
            line.parts["full_name"] = title_name(f"{family} {given}")

    return step


def sex(by_field: dict[str, Column], rows: Rows) -> Step:
    """Nam and Nữ as two columns. A list with the column Nữ alone, as schools write it, means men where it is empty."""
    letter = letter_of(by_field, "sex:female", "sex:male")
    female = by_field.get("sex:female")
    alone = female is not None and not by_field.keys() & {"sex", "sex:male"}
    ticked = alone and any(row[female.index] for row in rows if female and female.index < len(row))

    def step(line: Line) -> None:
        found = {line.parts.pop(name, None) for name in ("sex:male", "sex:female")} - {None}
        if len(found) == 2:
            line.row.problem(
                letter, "sex", "", "sex.both", "error", "Cả cột Nam và cột Nữ đều có dấu: chỉ đánh một cột."
            )
        elif found:
            line.parts.setdefault("sex", found.pop())
        elif ticked and not any(problem["column"] == letter for problem in line.row.problems):
            line.parts["sex"] = "1"
            line.row.clean(letter, "sex", "", "Nam", "Danh sách chỉ có cột Nữ: ô trống là nam.")

    return step


def birth(by_field: dict[str, Column]) -> Step:
    """Three columns, or a year beside a date: put together; a year that differs from the date is refused."""
    letter = letter_of(by_field, "birth_date:year", "birth_date:month", "birth_date:day")

    def step(line: Line) -> None:
        day, month, year = (line.parts.pop(f"birth_date:{name}", "") for name in ("day", "month", "year"))
        whole = line.parts.get("birth_date")
        if whole and whole != "?":
            if year and whole[:4] != year:
                message = f"Cột năm sinh ghi {year}, ngày sinh ghi năm {whole[:4]}."
                line.row.problem(letter, "birth_date", year, "birth_date.year_differs", "error", message)
            return
        if not year:
            if (day and day != "0") or (month and month != "0"):
                line.row.problem(
                    letter,
                    "birth_date",
                    "",
                    "birth_date.no_year",
                    "error",
                    "Có ngày hoặc tháng sinh nhưng thiếu năm sinh.",
                )
            return
        try:
            line.parts["birth_date"] = iso(
                PartialDate.parse("/".join(part for part in (day if month else "", month, year) if part))
            )
        except DateError as error:
            line.row.problem(
                letter, "birth_date", "/".join(p for p in (day, month, year) if p), error.code, "error", error.message
            )
            return
        if day not in ("", "0") and month in ("", "0"):
            line.row.problem(
                letter, "birth_date", day, "birth_date.no_month", "error", "Có ngày sinh nhưng thiếu tháng sinh."
            )

    return step


def maybe_swapped(columns: list[Column], rows: Rows) -> dict[int, Column]:
    """Columns where Excel seems to have read day and month the wrong way round: all real dates have a day up to 12, and
    those with a later day stayed text because no month has such a number."""
    late = re.compile(r"\s*(1[3-9]|2\d|3[01])\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{4}\s*")
    found = {}
    for column in columns:
        if (
            column.field != "birth_date"
            and not column.field.endswith("_date")
            and column.field[:3] not in ("c1_", "c2_", "c3_")
        ):
            continue
        real = text = 0
        for row in rows:
            cell = row[column.index] if column.index < len(row) else None
            if isinstance(cell, dt.date):
                if cell.day > 12:
                    break
                real += 1
            elif isinstance(cell, str) and late.fullmatch(cell):
                text += 1
        else:
            if real >= 2 and text >= 2:
                found[column.index] = column
    return found


def warn_swapped(columns: dict[int, Column]) -> Step:
    def step(line: Line) -> None:
        for index, column in columns.items():
            cell = line.cells[index] if index < len(line.cells) else None
            if isinstance(cell, dt.date) and cell.day != cell.month:
                other = f"{cell.month:02d}/{cell.day:02d}/{cell.year}"
                message = (
                    f"Excel có thể đã đảo ngày và tháng: {cell:%d/%m/%Y} hay {other}? Cột này lẫn ngày thật (ngày "
                    "không quá 12) với ngày dạng chữ."
                )
                line.row.problem(column.letter, column.field, shown(cell), "date.maybe_swapped", "warning", message)

    return step


def identity(by_field: dict[str, Column]) -> Step:
    def finish(line: Line, name: str) -> str:
        value = line.parts.pop(name, "")
        if not value:
            return ""
        if len(value) == 12 and value.isdigit():
            return value
        birth = line.parts.get("birth_date", "")
        result, more = finish_identity(
            value, line.parts.get("sex", ""), int(birth[:4]) if birth[:4].isdigit() else None
        )
        if more is not None:
            was = shown(cell_of(line, by_field, name))
            letter = letter_of(by_field, name)
            for _, became, why in more.cleaned:
                line.row.clean(letter, "id_number", was, became, why)
            for _, code, level, message in more.problems:
                line.row.problem(letter, "id_number", was, code, level, message)
        return result or ""

    def step(line: Line) -> None:
        number, old = finish(line, "id_number"), finish(line, "id_number:cmnd")
        if number or old:
            line.parts["id_number"] = number or old
        if number and old and number != old:
            line.row.problem(
                letter_of(by_field, "id_number:cmnd"), "id_number", old, "id_number.two_numbers", "info",
                "Đã có số định danh nên số CMND cũ không ghi.",
            )  # fmt: skip

    return step


def blood(line: Line) -> None:
    group = line.parts.pop("blood_group", None)
    if group:
        line.parts.setdefault("blood_group_abo", group)


def delivery(by_field: dict[str, Column]) -> Step:
    letter = letter_of(by_field, "birth_delivery_mode:caesarean", "birth_delivery_mode:vaginal")

    def step(line: Line) -> None:
        normal, caesarean = (line.parts.pop(f"birth_delivery_mode:{name}", "") for name in ("vaginal", "caesarean"))
        if normal == caesarean == "yes":
            line.row.problem(
                letter,
                "birth_delivery_mode",
                "",
                "birth_delivery_mode.both",
                "error",
                "Đánh dấu cả đẻ thường và đẻ mổ.",
            )
        elif "yes" in (normal, caesarean):
            line.parts.setdefault("birth_delivery_mode", "1" if caesarean == "yes" else "0")
        elif "unknown" in (normal, caesarean):
            line.parts.setdefault("birth_delivery_mode", "unknown")

    return step
