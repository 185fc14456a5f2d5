"""Writing section C."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.problems import Problem, raise_errors
from ehr.records.models import Person
from ehr.records.services.common import Saved, apply_answer, as_answer, lock, require_person
from ehr.vaccination import rules
from ehr.vaccination.models import FormRow, Immunization, Table, VaccinationRecord, Vaccine
from stations.models import User

COLUMNS = (
    "status", "occurrence_date", "pregnancy_month", "reaction", "next_date", "lot_number", "lot_expiry", "facility",
    "facility_name", "staff_name",
)  # fmt: skip


@transaction.atomic
def save_vaccinations(
    *,
    person: Person,
    by: User | None,
    door: str,
    rows: Mapping[str, Mapping[str, Any] | None] | None = None,
    extra: Sequence[Mapping[str, Any]] | None = None,
    mother_tetanus_dose_count: Any = None,
    version: int | None = None,
    today: dt.date | None = None,
) -> Saved:
    """Checks, stores and logs section C of one person.

    `rows`: printed row (code of FormRow, such as "c1_bcg") → columns of Immunization, or None to empty the line;
    rows that are absent stay. `extra`: all other doses of the person, as {id (of a stored one), table, vaccine (row or
    code), dose_number, …columns}; None leaves them, a list replaces them. `mother_tetanus_dose_count`: Answer, number
    or None to leave it. Ticking "chưa" clears date, month and reaction, never the appointment.
    Returns the VaccinationRecord and the warnings. Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, person)
    today = today or localdate()
    with audit.context(by=by, door=door):
        record = _locked_record(person, version)
        stored = list(Immunization.objects.filter(person=person).select_related("form_row", "vaccine"))
        printed = {row.code: row for row in FormRow.objects.select_related("vaccine")}
        by_row = {dose.form_row.code: dose for dose in stored if dose.form_row}
        others = {dose.pk: dose for dose in stored if not dose.form_row}
        removed, problems = _apply_rows(person, rows or {}, printed, by_row)
        problems += _apply_extra(person, extra, others, removed)
        doses = [dose for dose in [*by_row.values(), *others.values()] if dose not in removed]
        problems += list(
            rules.check_doses(
                [_line(dose) for dose in doses], sex=person.sex, birth=_birth(person), death=person.death_date, today=today
            )
        )
        found = raise_errors(problems)
        _write(doses, removed)
        if mother_tetanus_dose_count is not None:
            _set_mother_doses(record, as_answer(mother_tetanus_dose_count))
        record.version += 1
        record.save()
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(record, found)


def _locked_record(person: Person, version: int | None) -> VaccinationRecord:
    record = VaccinationRecord.objects.filter(person=person).first()
    if record is None:
        record, created = VaccinationRecord.objects.get_or_create(person=person, defaults={"version": 0})
        return record if created else lock(VaccinationRecord.objects.all(), record.pk, version or 0)
    return lock(VaccinationRecord.objects.all(), record.pk, version)


def _apply_rows(
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
        if columns is None or not any(value not in (None, "") for value in columns.values()):
            if dose is not None:
                removed.append(dose)
            continue
        if dose is None:
            dose = by_row[code] = Immunization(
                person=person, form_row=row, table=row.table, vaccine=row.vaccine, dose_number=row.dose_number
            )
        _set_columns(dose, columns)
    return removed, problems


def _apply_extra(
    person: Person, extra: Sequence[Mapping[str, Any]] | None, others: dict[int, Immunization], removed: list[Immunization]
) -> list[Problem]:
    if extra is None:
        return []
    problems, kept = [], set()
    wanted = {line["vaccine"] for line in extra if isinstance(line.get("vaccine"), str)}
    vaccines = {row.code: row for row in Vaccine.objects.filter(code__in=wanted)} if wanted else {}
    for number, line in enumerate(extra, start=1):
        vaccine = line.get("vaccine")
        vaccine = vaccines.get(vaccine) if isinstance(vaccine, str) else vaccine
        table = str(line.get("table") or "2")
        if vaccine is None or table not in Table.values:
            problems.append(Problem("extra", "vaccine.unknown", f"Dòng thêm {number}: chọn vắc xin và bảng."))
            continue
        dose = others.get(line.get("id") or 0)
        if dose is None:
            dose = Immunization(person=person)
            others[-number] = dose
        else:
            kept.add(dose.pk)
        dose.table, dose.vaccine, dose.dose_number = table, vaccine, line.get("dose_number") or 1
        _set_columns(dose, line)
    removed += [dose for pk, dose in others.items() if pk > 0 and pk not in kept]
    return problems


def _set_columns(dose: Immunization, columns: Mapping[str, Any]) -> None:
    for name in COLUMNS:
        if name in columns:
            field = Immunization._meta.get_field(name)
            value = columns[name]
            setattr(dose, name, (None if field.null else "") if value in (None, "") else value)
    if not dose.status:  # a date or reaction was written without a tick: the dose was given
        dose.status = "given" if dose.occurrence_date or dose.reaction or dose.pregnancy_month else "not_given"
    if dose.status == "not_given":
        dose.occurrence_date = dose.pregnancy_month = None
        dose.reaction = ""


def _line(dose: Immunization) -> dict[str, Any]:
    row = dose.form_row
    return {
        "key": row.code if row else "extra",
        "label": row.label if row else f"{dose.vaccine.name} mũi {dose.dose_number}",
        "table": dose.table,
        "vaccine": dose.vaccine_id,
        "dose_number": dose.dose_number,
        **{name: getattr(dose, name) for name in ("status", "occurrence_date", "pregnancy_month", "reaction", "next_date")},
    }


def _birth(person: Person) -> dt.date | None:
    """The first possible day of birth: a dose before it is impossible."""
    return person.birth_date


def _write(doses: list[Immunization], removed: list[Immunization]) -> None:
    """One INSERT for new doses, one UPDATE for stored ones, one DELETE; history by trigger."""
    for dose in doses:
        dose.clean_fields(exclude=["person", "vaccine", "form_row", "facility"])
    new = [dose for dose in doses if dose.pk is None]
    old = [dose for dose in doses if dose.pk is not None]
    if removed:
        Immunization.objects.filter(pk__in=[dose.pk for dose in removed]).delete()
    if new:
        Immunization.objects.bulk_create(new)
    if old:
        Immunization.objects.bulk_update(old, [*COLUMNS, "table", "vaccine", "dose_number"])


def _set_mother_doses(record: VaccinationRecord, given: Answer) -> None:
    apply_answer(record, "mother_tetanus_dose_count", given, attribute="mother_tetanus_dose_count")
