"""Writing section C."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.problems import Problem, StaleError, problems_of, raise_errors
from ehr.common.text import nfc
from ehr.records.models import Person
from ehr.records.services.common import Saved, apply_answer, as_answer, require_person
from ehr.vaccination import rules
from ehr.vaccination.models import FormRow, Immunization, Table, VaccinationRecord, Vaccine
from ehr.vaccination.queries import mother_doses, printed_rows
from stations.models import User

COLUMNS = (
    "status", "occurrence_date", "pregnancy_month", "reaction", "next_date", "lot_number", "lot_expiry", "facility",
    "facility_name", "staff_name",
)  # fmt: skip
OWN = tuple(name for name in COLUMNS if name != "facility")


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
    What equals the stored record is not written again: saving an unchanged form leaves no trace.
    Returns the VaccinationRecord (without a key when nobody asked anything yet) and the warnings.
    Raises ValidationError (keys: code of the printed row, "extra-<place in it>"), StaleError, PermissionDenied."""
    require_person(by, person)
    today = today or localdate()
    with audit.context(by=by, door=door):
        record = _locked_record(person, version)
        stored = list(Immunization.objects.filter(person=person).select_related("form_row", "vaccine").order_by("pk"))
        before = {dose.pk: _values(dose) for dose in stored}
        by_row = {dose.form_row.code: dose for dose in stored if dose.form_row}
        others: dict[Any, Immunization] = {dose.pk: dose for dose in stored if not dose.form_row}
        removed, problems = _apply_rows(person, rows or {}, printed_rows(), by_row)
        problems += _apply_extra(person, extra, others, removed)
        keyed = [*by_row.items(), *((_key(place), dose) for place, dose in others.items())]
        doses = [(key, dose) for key, dose in keyed if dose not in removed]
        mother = _mother_doses(mother_tetanus_dose_count, problems)
        problems += rules.check_doses(
            [_line(key, dose) for key, dose in doses],
            sex=person.sex,
            birth=person.birth_date,  # of a partly known date the first possible day
            death=person.death_date,
            today=today,
        )
        problems += rules.check_mother_doses(mother)
        found = raise_errors(problems)
        changed = [(key, dose) for key, dose in doses if before.get(dose.pk) != _values(dose)]
        if changed or removed or (mother is not None and mother != mother_doses(record)):
            _write(changed, removed)
            _save_record(record, mother)
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(record, found)


def _locked_record(person: Person, version: int | None) -> VaccinationRecord:
    """The person's row, locked, or an unsaved one when nobody asked before. A stale `version` is refused."""
    record = VaccinationRecord.objects.select_for_update().filter(person=person).first()
    if record is not None and version is not None and record.version != version:
        raise StaleError
    return record or VaccinationRecord(person=person, version=0)


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


def _apply_extra(
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
        "label": _label(dose),
        "table": dose.table,
        "vaccine": dose.vaccine_id,
        "dose_number": dose.dose_number,
        **{
            name: getattr(dose, name)
            for name in ("status", "occurrence_date", "pregnancy_month", "reaction", "next_date")
        },
    }


def _label(dose: Immunization) -> str:
    return dose.form_row.label if dose.form_row else f"{dose.vaccine.name} mũi {dose.dose_number}"


def _values(dose: Immunization) -> tuple[Any, ...]:
    """All that a save can change, to tell whether it did."""
    return (dose.table, dose.vaccine_id, dose.dose_number, *(getattr(dose, name) for name in OWN), dose.facility_id)


def _check_columns(doses: Sequence[tuple[str, Immunization]]) -> None:
    """Lengths and choices, reported under the line of the form. Raises ValidationError."""
    problems = []
    for key, dose in doses:
        try:
            dose.clean_fields(exclude=["person", "vaccine", "form_row", "facility"])
        except ValidationError as exc:
            for found in problems_of(exc):
                column: Any = dose._meta.get_field(found.field)
                problems.append(Problem(key, found.code, f"{_label(dose)}, {column.verbose_name}: {found.message}"))
    raise_errors(problems)


def _write(changed: Sequence[tuple[str, Immunization]], removed: list[Immunization]) -> None:
    """One INSERT for new doses, one UPDATE for stored ones, one DELETE; history by trigger."""
    _check_columns(changed)
    new = [dose for _, dose in changed if dose.pk is None]
    old = [dose for _, dose in changed if dose.pk is not None]
    for dose in old:
        dose.updated_at = timezone.now()  # bulk_update does not fill auto_now
    if removed:
        Immunization.objects.filter(pk__in=[dose.pk for dose in removed]).delete()
    if new:
        Immunization.objects.bulk_create(new)
    if old:
        Immunization.objects.bulk_update(old, [*COLUMNS, "table", "vaccine", "dose_number", "updated_at"])


def _mother_doses(value: Any, problems: list[Problem]) -> Answer | None:
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


def _save_record(record: VaccinationRecord, mother: Answer | None) -> None:
    if mother is not None:
        apply_answer(record, "mother_tetanus_dose_count", mother, attribute="mother_tetanus_dose_count")
    record.version += 1
    try:
        record.save(force_insert=record.pk is None)
    except IntegrityError as clash:  # two first saves at once: the second one was made on a form that is stale now
        raise StaleError from clash
