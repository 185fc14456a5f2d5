"""What several cells of a row, and the title above it, say together."""

from __future__ import annotations

from ehr.intake.cells.dates import read_day
from ehr.intake.columns import Column, Layout
from ehr.intake.combine import person
from ehr.intake.combine.household import head_name, household, title_phone
from ehr.intake.combine.line import Line, Rows, Step, letter_of
from ehr.intake.combine.residence import permanent, residence
from ehr.intake.places import Places

__all__ = ["Line", "Step", "finishers"]


def finishers(layout: Layout, columns: list[Column], places: Places, rows: Rows) -> list[Step]:
    """The steps that the rows of this layout need, in their order. `rows`: those of persons, looked over once."""
    by_field = {column.field: column for column in columns}
    fields = by_field.keys()
    titles = {key for part in (layout.title, *(block.title for block in layout.blocks)) for key in part}
    steps: list[Step] = [person.name(by_field)]
    if fields & {"sex:male", "sex:female"}:
        steps.append(person.sex(by_field, rows))
    if any(name.startswith("birth_date:") for name in fields):
        steps.append(person.birth(by_field))
    if swapped := person.maybe_swapped(columns, rows):
        steps.append(person.warn_swapped(swapped))
    if fields & {"id_number", "id_number:cmnd"}:
        steps.append(person.identity(by_field))
    if "blood_group" in fields:
        steps.append(person.blood)
    if fields & {"birth_delivery_mode:vaginal", "birth_delivery_mode:caesarean"}:
        steps.append(person.delivery(by_field))
    if "head_name" in fields or "head_name" in titles:
        steps.append(head_name(by_field))
    if "phone_mobile" in titles and layout.kind in ("survey", "register"):
        steps.append(title_phone())
    if "household_code" in fields or "household_code" in titles:
        steps.append(household(by_field, rows))
    if layout.kind in ("survey", "register") or fields & {
        "current_village_code",
        "current_commune",
        "current_address_detail",
    }:
        steps.append(residence(by_field, places, layout))
    if any(name.startswith("permanent_") for name in fields):
        steps.append(permanent(by_field, places, layout))
    for name in ("exam_date", "surveyed_on", "occurrence_date"):
        if name in titles and (name in fields or _wants(layout.kind, name)):
            steps.append(_day_of_title(name))
    if fields & {"death_date", "moved_out_on"}:
        steps.append(_status)
    steps.append(_required(layout, by_field))
    return steps


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
    letter = letter_of(by_field, "full_name", "full_name:given", "full_name:family")
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
