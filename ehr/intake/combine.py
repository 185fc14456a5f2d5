"""What several cells of a row say together: birth date, sex, numbers, household, addresses, title."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ehr.common.dates import DateError, PartialDate
from ehr.common.text import name_key, nfc, title_name
from ehr.intake.cells import shown
from ehr.intake.cells.dates import iso, read_day
from ehr.intake.cells.numbers import finish_identity
from ehr.intake.columns import Column, Layout
from ehr.intake.files import Cell
from ehr.intake.places import Places, bare_unit

if TYPE_CHECKING:
    from ehr.intake.rows import Line

Step = Callable[["Line"], None]
HEAD = "01"


def finishers(layout: Layout, columns: list[Column], places: Places, rows: Sequence[Sequence[Cell]]) -> list[Step]:
    """The steps that the rows of this layout need, in their order. `rows`: those of persons, looked over once."""
    by_field = {column.field: column for column in columns}
    fields = by_field.keys()
    titles = {key for part in (layout.title, *(block.title for block in layout.blocks)) for key in part}
    steps: list[Step] = [_name(by_field)]
    if fields & {"sex:male", "sex:female"}:
        steps.append(_sex(by_field))
    if any(name.startswith("birth_date:") for name in fields):
        steps.append(_birth(by_field))
    if swapped := _maybe_swapped(columns, rows):
        steps.append(_warn_swapped(swapped))
    if fields & {"id_number", "id_number:cmnd"}:
        steps.append(_identity(by_field))
    if "blood_group" in fields:
        steps.append(_blood)
    if fields & {"birth_delivery_mode:vaginal", "birth_delivery_mode:caesarean"}:
        steps.append(_delivery(by_field))
    if "head_name" in fields or "head_name" in titles:
        steps.append(_head_name(by_field))
    if "household_code" in fields or "household_code" in titles:
        steps.append(_household(by_field, rows))
    if layout.kind in ("survey", "register") or fields & {
        "current_village_code",
        "current_commune",
        "current_address_detail",
    }:
        steps.append(_residence(by_field, places, layout))
    if any(name.startswith("permanent_") for name in fields):
        steps.append(_permanent(places))
    for name in ("exam_date", "surveyed_on", "occurrence_date"):
        if name in titles and (name in fields or _wants(layout.kind, name)):
            steps.append(_day_of_title(name))
    if fields & {"death_date", "moved_out_on"}:
        steps.append(_status)
    steps.append(_required(layout, by_field))
    return steps


def _letter(by_field: dict[str, Column], *names: str) -> str:
    return next((by_field[name].letter for name in names if name in by_field), "")


def _cell(line: Line, by_field: dict[str, Column], name: str) -> Cell:
    column = by_field.get(name)
    return line.cells[column.index] if column and column.index < len(line.cells) else None


# --- Name, sex, birth ------------------------------------------------------------------------------------------------


def _name(by_field: dict[str, Column]) -> Step:
    def step(line: Line) -> None:
        family, given = line.parts.pop("full_name:family", ""), line.parts.pop("full_name:given", "")
        if (family or given) and "full_name" not in line.parts:
            line.parts["full_name"] = title_name(f"{family} {given}")

    return step


def _sex(by_field: dict[str, Column]) -> Step:
    letter = _letter(by_field, "sex:female", "sex:male")

    def step(line: Line) -> None:
        found = {line.parts.pop(name, None) for name in ("sex:male", "sex:female")} - {None}
        if len(found) == 2:
            line.row.problem(
                letter, "sex", "", "sex.both", "error", "Cả cột Nam và cột Nữ đều có dấu: chỉ đánh một cột."
            )
        elif found:
            line.parts.setdefault("sex", found.pop())

    return step


def _birth(by_field: dict[str, Column]) -> Step:
    """Three columns, or a year beside a date: put together; a year that differs from the date is refused."""
    letter = _letter(by_field, "birth_date:year", "birth_date:month", "birth_date:day")

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


def _maybe_swapped(columns: list[Column], rows: Sequence[Sequence[Cell]]) -> dict[int, Column]:
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


def _warn_swapped(columns: dict[int, Column]) -> Step:
    def step(line: Line) -> None:
        for index, column in columns.items():
            cell = line.cells[index] if index < len(line.cells) else None
            if isinstance(cell, dt.date) and cell.day != cell.month:
                other = f"{cell.month:02d}/{cell.day:02d}/{cell.year}"
                message = (
                    f"Excel có thể đã đảo ngày và tháng: {cell:%d/%m/%Y} hay {other}? Cột này lẫn ngày thật (ngày không "
                    "quá 12) với ngày dạng chữ."
                )
                line.row.problem(column.letter, column.field, shown(cell), "date.maybe_swapped", "warning", message)

    return step


# --- Numbers, blood, birth -------------------------------------------------------------------------------------------


def _identity(by_field: dict[str, Column]) -> Step:
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
            was = shown(_cell(line, by_field, name))
            letter = _letter(by_field, name)
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
                _letter(by_field, "id_number:cmnd"), "id_number", old, "id_number.two_numbers", "info",
                "Đã có số định danh nên số CMND cũ không ghi.",
            )  # fmt: skip

    return step


def _blood(line: Line) -> None:
    group = line.parts.pop("blood_group", None)
    if group:
        line.parts.setdefault("blood_group_abo", group)


def _delivery(by_field: dict[str, Column]) -> Step:
    letter = _letter(by_field, "birth_delivery_mode:caesarean", "birth_delivery_mode:vaginal")

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


# --- Household -------------------------------------------------------------------------------------------------------


def _head_name(by_field: dict[str, Column]) -> Step:
    """The head's name in a column of its own or in the title: who bears it is the head, when no relation is written."""
    letter = _letter(by_field, "head_name")
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


def _household(by_field: dict[str, Column], rows: Sequence[Sequence[Cell]]) -> Step:
    """The number of the household, carried down from its first row. A head begins a household: without a number (and
    without one in the title) the row is refused, and so are the members below it."""
    column = by_field.get("household_code")
    letter = column.letter if column else ""
    on_every_row = bool(column) and _repeats(rows, column.index)
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


def _repeats(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    """Whether members repeat the number of their household: then an empty cell is a gap, not a way of writing."""
    before = None
    same = 0
    for row in rows[:2000]:
        cell = row[index] if index < len(row) else None
        if cell not in (None, ""):
            same += cell == before
            before = cell
    return same >= 2


# --- Places ----------------------------------------------------------------------------------------------------------


def _residence(by_field: dict[str, Column], places: Places, layout: Layout) -> Step:
    """Village and commune of residence: from their columns, else from the address, else from the title, else from the
    name of the sheet. The commune is that of the batch."""
    letter = _letter(by_field, "current_village_code")
    of_sheet = places.village(layout.sheet)
    if of_sheet is None and len(places.villages) == 1 and not letter:
        of_sheet = places.villages[0]
    survey = layout.kind in ("survey", "register")

    checked = not layout.title.get("current_commune")

    def step(line: Line) -> None:
        nonlocal checked
        parts = line.parts
        if not checked:
            checked = True
            _check_title(line, layout.title["current_commune"], places)
        if "current_village_code" not in parts:
            _village_elsewhere(line)
        address = line.title.get("current_address_detail")
        if address and survey and "current_address_detail" not in parts:
            parts["current_address_detail"] = nfc(address)[:200]
        district = parts.pop("current_district", None)
        if district is not None and not _own_district(places, district):
            message = "Huyện ghi trên dòng không phải huyện cũ của xã này; không ghi được."
            line.row.problem(
                _letter(by_field, "current_district"),
                "current_district",
                district,
                "current_district.other",
                "warning",
                message,
            )
        if survey or "current_village_code" in parts:
            parts.setdefault("current_commune", places.commune.code)

    def _village_elsewhere(line: Line) -> None:
        parts = line.parts
        if any(problem["field"].startswith("current_village") for problem in line.row.problems):
            return
        found = places.village_in(parts["current_address_detail"]) if parts.get("current_address_detail") else None
        written = line.title.get("current_village", "")
        if found is None and written:
            found = places.village(written)
            if found is None and survey:
                message = f"Tiêu đề ghi «{written[:60]}». {places.unknown_village(written)}"
                line.row.problem(
                    letter, "current_village_code", written[:60], "current_village.unknown", "error", message
                )
                return
        found = found or places.village_at_start(line.title.get("village_in_text", "")) or of_sheet
        if found is not None:
            parts["current_village_code"] = found.code
        elif survey:
            line.row.problem(
                letter,
                "current_village_code",
                "",
                "current_village.missing",
                "warning",
                "Chưa biết người này ở thôn nào.",
            )

    return step


def _check_title(line: Line, written: str, places: Places) -> None:
    """Said once, on the first row: a sheet of another commune."""
    if not places.is_own_commune(written) and not places.begins_with_own(written):
        message = f"Tiêu đề của trang ghi xã «{written[:60]}»; lần nhập này dành cho {places.commune.full_name}."
        line.row.problem("", "current_commune", written[:60], "current_commune.title", "warning", message)


def _own_district(places: Places, text: str) -> bool:
    names = {
        bare_unit(unit.parent.full_name)
        for unit in places.old_communes
        if unit.parent and unit.parent.level == "district"
    }
    return bare_unit(text) in names


PERMANENT = {
    "permanent_address": "address", "permanent_address_detail": "detail", "permanent_village": "village",
    "permanent_commune": "commune", "permanent_district": "district", "permanent_province": "province",
}  # fmt: skip


def _permanent(places: Places) -> Step:
    def step(line: Line) -> None:
        given = {role: line.parts.pop(name) for name, role in PERMANENT.items() if name in line.parts}
        if not given:
            return
        found = places.permanent(**given)
        detail = found.get("permanent_address_detail", "")
        if len(detail) > 200:
            line.row.problem(
                "",
                "permanent_address_detail",
                detail[:60],
                "permanent_address_detail.length",
                "error",
                "Địa chỉ thường trú dài quá 200 ký tự.",
            )
            return
        line.parts.update(found)

    return step


# --- Title, status, what must be there -------------------------------------------------------------------------------


def _wants(kind: str, name: str) -> bool:
    return {"exam_date": "exam", "surveyed_on": "survey", "occurrence_date": "vaccination"}[name] == kind


def _day_of_title(name: str) -> Step:
    kept: dict[str, str | None] = {}

    def step(line: Line) -> None:
        text = line.title.get(name, "")
        if name in line.parts or not text:
            return
        if text not in kept:
            kept[text] = read_day(text)[0]
        if kept[text]:
            line.parts[name] = kept[text]

    return step


def _status(line: Line) -> None:
    """A day of death or of moving away says what the record is."""
    if "death_date" in line.parts:
        line.parts.setdefault("status", "dead")
    elif "moved_out_on" in line.parts:
        line.parts.setdefault("status", "moved")


def _required(layout: Layout, by_field: dict[str, Column]) -> Step:
    """A person has a name; in lists of doses and visits a number may stand for it."""
    letter = _letter(by_field, "full_name", "full_name:given", "full_name:family")
    numbers = ("id_number", "health_insurance_number", "social_insurance_code")
    people = layout.kind in ("survey", "register")

    def step(line: Line) -> None:
        if "full_name" in line.parts or any(problem["field"] == "full_name" for problem in line.row.problems):
            return
        if people or not any(name in line.parts for name in numbers):
            line.row.problem(
                letter, "full_name", "", "full_name.required", "error", "Dòng có dữ liệu nhưng thiếu họ và tên."
            )

    return step
