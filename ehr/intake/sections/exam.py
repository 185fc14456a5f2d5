"""Section D from a sheet: a school, a village, a screening day; one visit per row.

Rows name people who have a record; nobody is made here. A visit is known by person, day and kind (and facility, where
both name one): the same sheet again changes nothing, a corrected cell updates its visit, empty cells stay as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ehr.common.answers import TriState
from ehr.common.problems import Problem
from ehr.common.text import nfc_lines, plain
from ehr.intake.sections.columns import EXAM_COLUMNS
from ehr.intake.sections.reading import PERSON_UNKNOWN, Reader, people_of, refused
from ehr.records.bulk import BulkRow, Outcome
from ehr.records.bulk.work import Fate
from ehr.records.models import Encounter, Person
from ehr.records.services.visits import Checked, Visit, Visits
from stations.models import User

KIND_WORDS = {  # words of a cell, without tones, in the order in which they are looked for
    "kham thai": "antenatal", "thai": "antenatal", "antenatal": "antenatal", "tre em": "child", "nhi": "child",
    "theo doi tre": "child", "child": "child", "dinh ky": "check", "sang loc": "check", "suc khoe": "check",
    "ksk": "check", "check": "check", "hoc sinh": "check", "kham benh": "visit", "visit": "visit", "kham": "visit",
}  # fmt: skip
DEFAULT_KIND = Encounter.Kind.CHECK.value
_PRESSURE = re.compile(r"(\d{2,3})\s*[/\-\\]\s*(\d{2,3})(?:\s*mmHg)?", re.IGNORECASE)
FIELDS = {column.field: column.kind for column in EXAM_COLUMNS if column.field not in ("kind", "bp")}


def check(rows: Sequence[BulkRow], *, by: User | None, today: dt.date) -> list[Outcome]:
    """What these rows would do. Rows of one visit see those before them. Seven queries; nothing is written."""
    return _apply(rows, by=by, today=today, lock=False)[0]


def write(rows: Sequence[BulkRow], *, by: User | None, door: str, batch: int, today: dt.date) -> list[Outcome]:
    """Checks again and stores, in the caller's transaction: at most one INSERT, UPDATE and DELETE per table."""
    outcomes, visits = _apply(rows, by=by, today=today, lock=True)
    visits.write(by=by, door=door, batch=batch)
    return outcomes


def _apply(rows: Sequence[BulkRow], *, by: User | None, today: dt.date, lock: bool) -> tuple[list[Outcome], Visits]:
    people = people_of(rows, by)
    read = [_read(row.values) for row in rows]
    visits = Visits(
        people.values(),
        [values["exam_date"] for values, _ in read if "exam_date" in values],
        [values["diagnosis_icd10_code"] for values, _ in read if "diagnosis_icd10_code" in values],
        today=today, lock=lock,
    )  # fmt: skip
    outcomes = []
    for row, (values, problems) in zip(rows, read, strict=True):
        person = people.get(row.person_id or 0)
        if person is None:
            outcomes.append(_refused(row, [PERSON_UNKNOWN]))
        elif refused(problems):
            outcomes.append(_refused(row, problems))
        else:
            outcomes.append(_one(row, person, values, problems, visits, today))
    return outcomes, visits


def _one(
    row: BulkRow, person: Person, values: Mapping[str, Any], problems: Sequence[Problem], visits: Visits, today: dt.date
) -> Outcome:
    visit, found = _same_visit(visits.of(person), values)
    if found:
        return _refused(row, [*problems, *found])
    checked = visits.apply(person, visit, values, today=today)
    all_problems = [*problems, *(_beside_cell(problem) for problem in checked.problems)]
    if checked.refused:
        return _refused(row, all_problems)
    fate: Fate = "unchanged" if visit is not None and not checked.changes else "new" if visit is None else "update"
    return Outcome(row.key, fate, all_problems, _shown(checked, values), row.person_id)


def _refused(row: BulkRow, problems: Sequence[Problem]) -> Outcome:
    return Outcome(row.key, "refused", list(problems), {}, row.person_id)


def _shown(checked: Checked, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Changes as cells: day and kind that only name the visit are not among them."""
    return {
        name: ("" if before is None else before, after)
        for name, (before, after) in checked.changes.items()
        if name in values and name != "kind"
    }


def _beside_cell(problem: Problem) -> Problem:
    """Problems of lists stand beside the cell that brought the line."""
    name = {"diagnoses": "diagnosis_icd10_code", "labs": "lab_haematology"}.get(problem.field)
    return Problem(name, problem.code, problem.message, problem.level) if name else problem


def _same_visit(visits: Sequence[Visit], values: Mapping[str, Any]) -> tuple[Visit | None, list[Problem]]:
    """The visit that the row is about, None for a new one; a problem when several fit, or when an earlier row of the
    same file said something else about it."""
    same = [
        visit
        for visit in visits
        if _value(visit, "exam_date") == values["exam_date"]
        and _value(visit, "kind") == values["kind"]
        and _same_place(visit, values.get("facility_name", ""))
    ]
    if len(same) > 1:
        message = (
            f"Người này đã có {len(same)} lượt khám cùng loại trong ngày: ghi «Cơ sở khám» để phân biệt, hoặc sửa trên "
            "màn hình hồ sơ."
        )
        return None, [Problem("exam_date", "exam.several", message)]
    if not same:
        return None, []
    visit = same[0]
    for name, value in values.items():
        if name in visit.values and visit.values[name] != value:
            label = next((column.header for column in EXAM_COLUMNS if column.field == name), name)
            message = f"Dòng khác trong tệp đã ghi lượt khám này với «{label}» khác: giữ lại một dòng."
            return None, [Problem(name, "exam.twice", message)]
    return visit, []


def _value(visit: Visit, name: str) -> Any:
    return visit.values.get(name, getattr(visit.encounter, name))


def _same_place(visit: Visit, name: str) -> bool:
    facility = visit.encounter.facility
    stored = _value(visit, "facility_name") or (facility.name if facility else "")
    return not stored or not name or plain(stored) == plain(name)


# --- Reading a row --------------------------------------------------------------------------------------------------


def _read(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Field codes of section D with what the cells say, and the problems of the cells."""
    reader = Reader(values)
    found: dict[str, Any] = {}
    for name, kind in FIELDS.items():
        if not reader.has(name):
            continue
        value: Any
        if kind == "date":
            value = reader.day(name)
        elif kind == "int":
            value = reader.whole(name)
        elif kind == "decimal":
            value = reader.number(name)
        else:
            value = nfc_lines(str(reader.values[name]))
        if value is not None and value != "":
            found[name] = value
    if "diagnosis_icd10_code" in found:
        found["diagnosis_icd10_code"] = found["diagnosis_icd10_code"].upper().replace(" ", "")
    if (glasses := reader.text("uses_glasses")) in (TriState.YES, TriState.NO, TriState.UNKNOWN):
        found["uses_glasses"] = glasses
    _read_pressure(reader, found)
    found["kind"] = _read_kind(reader)
    if "exam_date" not in found and not reader.problems:
        reader.problems.append(Problem("exam_date", "exam_date.required", "Chưa ghi ngày khám."))
    if not found.keys() - {"exam_date", "kind", "facility_name", "examining_doctor"} and not reader.problems:
        reader.problems.append(Problem("exam_date", "exam.empty", "Dòng này không có kết quả khám nào."))
    return found, reader.problems


def _read_pressure(reader: Reader, found: dict[str, Any]) -> None:
    """ "120/80" in one cell."""
    name = "bp" if reader.has("bp") else "blood_pressure"
    if not reader.has(name):
        return
    text = reader.text(name)
    parts = _PRESSURE.fullmatch(text)
    if parts is None:
        message = f"Không đọc được huyết áp «{text[:20]}»: viết 120/80."
        reader.problems.append(Problem("bp", "bp.format", message))
        return
    for code, part in zip(("bp_systolic", "bp_diastolic"), parts.groups(), strict=True):
        if found.setdefault(code, int(part)) != int(part):
            message = f"Huyết áp «{text}» khác với cột riêng ({found[code]})."
            reader.problems.append(Problem(code, "bp.differs", message))


def _read_kind(reader: Reader) -> str:
    """The kind of visit; a screening when the sheet does not say."""
    if not reader.has("kind"):
        return DEFAULT_KIND
    text = reader.text("kind")
    key = plain(text)
    if key in Encounter.Kind.values:
        return key
    labels = {plain(str(label)): str(value) for value, label in Encounter.Kind.choices}
    found = labels.get(key) or next((kind for word, kind in KIND_WORDS.items() if word in key), "")
    if not found:
        message = f"Không hiểu loại khám «{text[:30]}»: chọn trong danh sách của tệp mẫu."
        reader.problems.append(Problem("kind", "kind.unknown", message))
    return found or DEFAULT_KIND
