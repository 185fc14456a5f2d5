"""The lines of section C in memory: what a person's doses become when columns are set, and what the rules say.

Nothing here reads records or writes; `ehr.vaccination.services` and `ehr.vaccination.bulk` do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from ehr.common.answers import Answer
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.problems import Problem, problems_of, raise_errors
from ehr.common.text import nfc
from ehr.records.models import Person
from ehr.records.services.common import as_answer
from ehr.vaccination import rules
from ehr.vaccination.models import FormRow, Immunization, Table, VaccinationRecord, Vaccine
from ehr.vaccination.queries import mother_doses, printed_rows

COLUMNS = (
    "status", "occurrence_date", "pregnancy_month", "reaction", "next_date", "lot_number", "lot_expiry", "facility",
    "facility_name", "staff_name",
)  # fmt: skip
OWN = tuple(name for name in COLUMNS if name != "facility")


@dataclass(slots=True)
class Plan:
    """What one person's section C becomes. `doses`: (key, dose) of all lines that stay; `changed`: those to store."""

    record: VaccinationRecord
    doses: list[tuple[str, Immunization]]
    changed: list[tuple[str, Immunization]]
    removed: list[Immunization]
    mother: Answer | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def acts(self) -> bool:
        """Whether there is anything to store."""
        asked = self.mother is not None and self.mother != mother_doses(self.record)
        return bool(self.changed or self.removed or asked)


def plan(
    person: Person,
    record: VaccinationRecord,
    stored: Sequence[Immunization],
    *,
    rows: Mapping[str, Mapping[str, Any] | None] | None,
    extra: Sequence[Mapping[str, Any]] | None,
    mother_tetanus_dose_count: Any,
    today: dt.date,
) -> Plan:
    """Sets the columns on the doses of `stored` (with form_row and vaccine read) and applies the rules; arguments as of
    `save_vaccinations`. One query at most, for vaccines that `extra` names by code."""
    before = {id(dose): line_values(dose) for dose in stored}
    by_row = {dose.form_row.code: dose for dose in stored if dose.form_row}
    others: dict[Any, Immunization] = {dose.pk or id(dose): dose for dose in stored if not dose.form_row}
    removed, problems = apply_rows(person, rows or {}, printed_rows(), by_row)
    problems += apply_extra(person, extra, others, removed)
    keyed = [*by_row.items(), *((_key(place), dose) for place, dose in others.items())]
    doses = [(key, dose) for key, dose in keyed if dose not in removed]
    mother = mother_answer(mother_tetanus_dose_count, problems)
    problems += rules.check_doses(
        [_line(key, dose) for key, dose in doses],
        sex=person.sex,
        birth=person.birth_date,  # of a partly known date the first possible day
        death=person.death_date,
        today=today,
    )
    problems += rules.check_mother_doses(mother)
    changed = [(key, dose) for key, dose in doses if before.get(id(dose)) != line_values(dose)]
    return Plan(record, doses, changed, removed, mother, problems)


def apply_rows(
    person: Person,
    rows: Mapping[str, Mapping[str, Any] | None],
    printed: Mapping[str, FormRow],
    by_row: dict[str, Immunization],
) -> tuple[list[Immunization], list[Problem]]:
    removed: list[Immunization] = []
    problems = []
    for code, columns in rows.items():
        row = printed.get(code)
        if row is None:
            problems.append(Problem(code[:40], "form_row.unknown", f"Dòng «{code[:40]}» không có trên mẫu tiêm chủng."))
            continue
        dose = by_row.get(code)
        if columns is None or not _is_written(dose, columns):
            if dose is not None:
                removed.append(dose)
            continue
        if dose is None:
            dose = by_row[code] = Immunization(
                person=person, form_row=row, table=row.table, vaccine=row.vaccine, dose_number=row.dose_number
            )
        _set_columns(dose, columns)
    return removed, problems


def _is_written(dose: Immunization | None, columns: Mapping[str, Any]) -> bool:
    """Whether the line holds anything once `columns` are set; those that are absent stay as they are."""
    return any((columns[name] if name in columns else getattr(dose, name, None)) not in (None, "") for name in COLUMNS)


def apply_extra(
    person: Person,
    extra: Sequence[Mapping[str, Any]] | None,
    others: dict[Any, Immunization],
    removed: list[Immunization],
) -> list[Problem]:
    """`others`: stored doses by key; new ones are added, given ones move to their place in `extra`."""
    if extra is None:
        return []
    problems, kept = [], set()
    wanted = {line["vaccine"] for line in extra if isinstance(line.get("vaccine"), str)}
    vaccines = {row.code: row for row in Vaccine.objects.filter(code__in=wanted)} if wanted else {}
    for place, line in enumerate(extra):
        vaccine = line.get("vaccine")
        vaccine = vaccines.get(vaccine) if isinstance(vaccine, str) else vaccine
        table = str(line.get("table") or "2")
        if vaccine is None or table not in Table.values:
            problems.append(
                Problem(_key(_place(place)), "vaccine.unknown", f"Dòng thêm {place + 1}: chọn vắc xin và bảng.")
            )
            continue
        dose = others.pop(line.get("id") or 0, None)
        if dose is None:
            dose = Immunization(person=person)
        else:
            kept.add(dose.pk)
        others[_place(place)] = dose
        dose.table, dose.vaccine, dose.dose_number = table, vaccine, line.get("dose_number") or 1
        _set_columns(dose, line)
    removed += [dose for dose in others.values() if dose.pk and dose.pk not in kept]
    return problems


def _place(number: int) -> str:
    return f"extra-{number}"


def _key(place: Any) -> str:
    """The name of a dose in messages: its place in the given list, or "extra" for one that this save leaves alone."""
    return place if isinstance(place, str) else "extra"


def _set_columns(dose: Immunization, columns: Mapping[str, Any]) -> None:
    """Sets what is given. Ticking "chưa" clears date, month and reaction; a date entered later unticks it; both at once
    contradict each other, which the rules name (form831.md §4 rule 4)."""
    was = dose.status, dose.occurrence_date, dose.pregnancy_month, dose.reaction
    for name in COLUMNS:
        if name in columns:
            field = Immunization._meta.get_field(name)
            value = columns[name]
            if isinstance(value, str):
                value = nfc(value)
            setattr(dose, name, (None if field.null else "") if value in (None, "") else value)
    if not dose.status:  # a date or reaction was written without a tick: the dose was given
        dose.status = "given" if dose.occurrence_date or dose.reaction or dose.pregnancy_month else "not_given"
    if dose.status == "not_given":
        if dose.occurrence_date and was[0] == "not_given":
            dose.status = "given"
            return
        for name, before in zip(("occurrence_date", "pregnancy_month", "reaction"), was[1:], strict=True):
            if getattr(dose, name) == before:  # not entered now
                setattr(dose, name, "" if name == "reaction" else None)


def _line(key: str, dose: Immunization) -> dict[str, Any]:
    """What the rules ask of a dose."""
    return {
        "key": key,
        "label": dose_label(dose),
        "table": dose.table,
        "vaccine": dose.vaccine_id,
        "dose_number": dose.dose_number,
        **{
            name: getattr(dose, name)
            for name in ("status", "occurrence_date", "pregnancy_month", "reaction", "next_date")
        },
    }


def dose_label(dose: Immunization) -> str:
    return dose.form_row.label if dose.form_row else f"{dose.vaccine.name} mũi {dose.dose_number}"


def line_values(dose: Immunization) -> tuple[Any, ...]:
    """All that a save can change, to tell whether it did."""
    return (dose.table, dose.vaccine_id, dose.dose_number, *(getattr(dose, name) for name in OWN), dose.facility_id)


def check_columns(doses: Sequence[tuple[str, Immunization]]) -> None:
    """Lengths and choices, reported under the line of the form. Raises ValidationError."""
    problems = []
    for key, dose in doses:
        try:
            dose.clean_fields(exclude=["person", "vaccine", "form_row", "facility"])
        except ValidationError as exc:
            for found in problems_of(exc):
                column: Any = dose._meta.get_field(found.field)
                problems.append(Problem(key, found.code, f"{dose_label(dose)}, {column.verbose_name}: {found.message}"))
    raise_errors(problems)


def mother_answer(value: Any, problems: list[Problem]) -> Answer | None:
    """The footer of the first table as an answer with a number; None leaves it. 0 is a number here, not "không có"."""
    if value is None:
        return None
    raw = value.value if isinstance(value, Answer) else value
    if isinstance(raw, str) and (raw.strip() == "0" or as_answer(raw).state == "value"):
        try:
            raw = parse_decimal(raw)
        except NumberError as exc:
            problems.append(Problem("mother_tetanus_dose_count", exc.code, exc.message))
            return None
    if raw is None or isinstance(raw, str):
        return as_answer(value)
    if raw != int(raw):
        problems.append(Problem("mother_tetanus_dose_count", "number.whole", f"Phải là số nguyên, đang là {raw}."))
        return None
    return Answer(int(raw), "value")
