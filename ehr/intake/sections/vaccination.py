"""Section C from a sheet: one dose per row (a class, a vaccination day), or a whole booklet per row.

Rows name people who have a record; nobody is made here, because section C without section A is a record of nobody. The
same dose again is unchanged, a corrected cell updates its dose, cells left empty stay as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ehr.common.answers import Answer
from ehr.common.dates import format_date
from ehr.common.problems import Problem
from ehr.common.text import answer, plain
from ehr.intake.sections.columns import PRINTED_ROWS
from ehr.intake.sections.reading import PERSON_UNKNOWN, Reader, people_of, refused
from ehr.intake.sections.vaccines import Meant, Vaccines
from ehr.records.bulk import BulkRow, Outcome
from ehr.records.bulk.work import Fate
from ehr.vaccination.bulk import Checked, Dose, Given, Sections
from ehr.vaccination.lines import dose_label
from ehr.vaccination.models import Immunization, Table
from stations.models import User

GIVEN_WORDS = {"x", "v", "co", "da", "da tiem", "da chung ngua", "da uong", "1", "given", "yes", "roi", "tiem roi"}
NOT_GIVEN_WORDS = {"0", "chua", "chua tiem", "chua chung ngua", "khong", "khong tiem", "hoan", "not given", "no", "k"}
TEXTS = ("reaction", "lot_number", "facility_name", "staff_name")
DATES = ("occurrence_date", "next_date", "lot_expiry")
PREGNANCY, CHILD, SERVICE = Table.PREGNANCY.value, Table.CHILD.value, Table.SERVICE.value
TETANUS = {"TT", "TD"}


def check(rows: Sequence[BulkRow], *, by: User | None, today: dt.date) -> list[Outcome]:
    """What these rows would do. Rows of one person see those before them. Five queries; nothing is written."""
    return _apply(rows, by=by, today=today, lock=False)[0]


def write(rows: Sequence[BulkRow], *, by: User | None, door: str, batch: int, today: dt.date) -> list[Outcome]:
    """Checks again and stores, in the caller's transaction: at most one INSERT and one UPDATE per table."""
    outcomes, sections = _apply(rows, by=by, today=today, lock=True)
    sections.write(by=by, door=door, batch=batch)
    return outcomes


def _apply(rows: Sequence[BulkRow], *, by: User | None, today: dt.date, lock: bool) -> tuple[list[Outcome], Sections]:
    people = people_of(rows, by)
    sections, vaccines = Sections(people.values(), lock=lock), Vaccines()
    outcomes = []
    for row in rows:
        person = people.get(row.person_id or 0)
        if person is None:
            outcomes.append(_refused(row, [PERSON_UNKNOWN]))
            continue
        given, problems, names = _read(row.values, vaccines)
        if refused(problems):
            outcomes.append(_refused(row, problems))
            continue
        checked = sections.apply(replace(given, person=person), today=today)
        outcomes.append(_judged(row, checked, problems, names))
    return outcomes, sections


def _judged(row: BulkRow, checked: Checked, problems: Sequence[Problem], names: Mapping[str, str]) -> Outcome:
    """Fate and changes; a dose of a list row is named by the cell that brought it."""
    found = [*problems, *(_beside_cell(problem, names) for problem in checked.problems)]
    if checked.refused:
        return _refused(row, found)
    changes: dict[str, tuple[Any, Any]] = {}
    new = updated = False
    for key, before, after in checked.changes:
        if isinstance(after, Immunization):
            new, updated = new or before is None, updated or before is not None
            code = after.form_row.code if after.form_row else "vaccine"
            changes[code] = ("" if before is None else _line_text(before), _line_text(after))
            if before is not None and before.status == "given" and after.status != "given":
                message = f"Hồ sơ đang ghi {_line_text(before)}; tệp ghi chưa tiêm: xem lại trước khi ghi."
                found.append(Problem(code, "status.was_given", message, "warning"))
        else:
            updated = True
            changes[key] = (_answer_text(before), _answer_text(after))
    fate: Fate = "update" if updated else "new" if new else "unchanged"
    return Outcome(row.key, fate, found, changes, row.person_id)


def _beside_cell(problem: Problem, names: Mapping[str, str]) -> Problem:
    """On a row of one dose: beside the cell that the code of the problem names, else beside the vaccine."""
    if problem.field not in names and not problem.field.startswith("extra"):
        return problem
    cell = problem.code.partition(".")[0]
    return replace(problem, field=cell if cell in (*DATES, *TEXTS, "pregnancy_month") else "vaccine")


def _refused(row: BulkRow, problems: Sequence[Problem]) -> Outcome:
    return Outcome(row.key, "refused", list(problems), {}, row.person_id)


# --- Reading a row --------------------------------------------------------------------------------------------------


def _read(values: Mapping[str, Any], vaccines: Vaccines) -> tuple[Given, list[Problem], dict[str, str]]:
    """What the row says; the problems of its cells; and {key of a problem: field} where they differ."""
    reader = Reader(values)
    rows = {code: columns for code in PRINTED_ROWS if code in values and (columns := _booklet_cell(reader, code))}
    doses: list[Dose] = []
    names: dict[str, str] = {}
    if reader.has("vaccine", "vaccine_code"):
        meant, columns = _list_row(reader, vaccines)
        if meant is not None and columns is not None:
            _place(reader, vaccines, meant, columns, rows, doses, names)
    elif reader.has("occurrence_date", "dose_number", "vaccine_dose_order"):
        reader.problems.append(
            Problem("vaccine", "vaccine.required", "Dòng có ngày tiêm hoặc số mũi nhưng chưa ghi vắc xin.")
        )
    mother = reader.whole("mother_tetanus_dose_count") if _is_number(reader) else _mother_word(reader)
    if not (rows or doses or mother is not None or reader.problems):
        reader.problems.append(Problem("vaccine", "dose.empty", "Dòng này không ghi mũi tiêm nào."))
    # The person is put in by the caller.
    return Given(None, rows, doses, mother), reader.problems, names  # type: ignore[arg-type]


def _booklet_cell(reader: Reader, code: str) -> dict[str, Any] | None:
    """A cell under a printed line: the day it was given, or a word."""
    if not reader.has(code):
        return None
    value = reader.values[code]
    if isinstance(value, bool):
        return {"status": "given" if value else "not_given"}
    if not isinstance(value, dt.date) and (status := _status(str(value))):
        return {"status": status}
    day = reader.day(code)
    return {"status": "given", "occurrence_date": day} if day else None


def _status(text: str) -> str:
    """given, not_given, unknown, or "" for other words."""
    key = plain(text)
    if key in GIVEN_WORDS or text.strip() in ("✓", "✔", "X"):
        return "given"
    if key in NOT_GIVEN_WORDS or text.strip() in ("-", "–"):
        return "not_given"
    return "unknown" if answer(text) == "unknown" or key == "unknown" else ""


def _list_row(reader: Reader, vaccines: Vaccines) -> tuple[Meant | None, dict[str, Any] | None]:
    """The vaccine of a list row and the columns of its dose."""
    text = reader.text("vaccine") or reader.text("vaccine_code")
    meant = vaccines.find(text, _number(reader))
    if meant is None:
        message = f"Không có vắc xin «{text[:40]}» trong danh mục: chọn tên trong danh sách của tệp mẫu."
        reader.problems.append(Problem("vaccine", "vaccine.unknown", message))
    columns: dict[str, Any] = {name: day for name in DATES if (day := reader.day(name)) is not None}
    columns |= {name: reader.text(name) for name in TEXTS if reader.has(name)}
    if (month := reader.whole("pregnancy_month")) is not None:
        columns["pregnancy_month"] = month
    status = _status_of(reader)
    if status or "occurrence_date" in columns:
        columns["status"] = status or "given"
    elif not reader.problems:
        message = "Ghi ngày tiêm, hoặc tình trạng (đã tiêm, chưa tiêm)."
        reader.problems.append(Problem("occurrence_date", "occurrence_date.required", message))
    return meant, columns


def _status_of(reader: Reader) -> str:
    name = "vaccine_status" if reader.has("vaccine_status") else "status"
    if not reader.has(name):
        return ""
    text = reader.text(name)
    found = _status(text)
    if not found:
        message = f"Không hiểu tình trạng tiêm «{text[:30]}»: ghi Đã tiêm, Chưa tiêm hoặc Không rõ."
        reader.problems.append(Problem(name, "vaccine_status.unknown", message))
    return found


def _number(reader: Reader) -> int | None:
    return reader.whole("dose_number" if reader.has("dose_number") else "vaccine_dose_order")


def _place(
    reader: Reader,
    vaccines: Vaccines,
    meant: Meant,
    columns: Mapping[str, Any],
    rows: dict[str, Any],
    doses: list[Dose],
    names: dict[str, str],
) -> None:
    """Puts the dose on its printed line, or among the others."""
    number = _number(reader)
    row = meant.row
    if row is not None and number is not None and row.dose_number not in (number, 0):
        message = f"«{row.label}» là mũi {row.dose_number}, nhưng cột mũi số ghi {number}."
        reader.problems.append(Problem("dose_number", "dose_number.mismatch", message))
        return
    table = _table(reader, meant, columns)
    row = row or vaccines.printed(meant.vaccine, number, table)
    if row is None:
        if number is None and "occurrence_date" not in columns:
            message = f"{meant.vaccine.name}: ghi mũi số hoặc ngày tiêm."
            reader.problems.append(Problem("dose_number", "dose_number.required", message))
            return
        doses.append(Dose(meant.vaccine, table, number, columns))
    elif row.code in rows:
        reader.problems.append(Problem("vaccine", "dose.twice", f"{row.label} ghi hai lần trên cùng dòng."))
    else:
        rows[row.code] = dict(columns)
        names[row.code] = "vaccine"


def _table(reader: Reader, meant: Meant, columns: Mapping[str, Any]) -> str:
    """The table of the form: as written, else by the printed line, else by what the vaccine is for."""
    written = reader.text("vaccine_group")
    if written in Table.values:
        return written
    if meant.row is not None:
        return meant.row.table
    if "pregnancy_month" in columns or meant.vaccine.code in TETANUS:
        return PREGNANCY if "pregnancy_month" in columns else SERVICE
    return CHILD if meant.vaccine.in_epi else SERVICE


def _is_number(reader: Reader) -> bool:
    value = reader.values.get("mother_tetanus_dose_count")
    return isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit())


def _mother_word(reader: Reader) -> Answer | None:
    """0, "không", "kb" beside the mother's doses."""
    text = reader.text("mother_tetanus_dose_count")
    state = answer(text)
    if state == "value":
        message = f"Số mũi uốn ván mẹ đã tiêm phải là số nguyên, đang là «{text[:30]}»."
        reader.problems.append(Problem("mother_tetanus_dose_count", "number.format", message))
    return {"none": Answer.NONE, "unknown": Answer.UNKNOWN}.get(state)


# --- Showing a change -----------------------------------------------------------------------------------------------


def _line_text(dose: Immunization) -> str:
    """A dose in one line, for the preview."""
    parts = [dose_label(dose), dose.get_status_display().lower()]
    parts += [format_date(dose.occurrence_date)] if dose.occurrence_date else []
    parts += [f"thai {dose.pregnancy_month} tháng"] if dose.pregnancy_month else []
    parts += [f"phản ứng: {dose.reaction}"] if dose.reaction else []
    parts += [f"hẹn {format_date(dose.next_date)}"] if dose.next_date else []
    parts += [f"lô {dose.lot_number}"] if dose.lot_number else []
    parts += [f"hạn dùng {format_date(dose.lot_expiry)}"] if dose.lot_expiry else []
    parts += [text for text in (dose.facility_name, dose.staff_name) if text]
    return ", ".join(parts)


def _answer_text(value: Answer | None) -> str:
    if value is None or not value:
        return ""
    return {"none": "không có", "unknown": "không biết"}.get(value.state, str(value.value))
