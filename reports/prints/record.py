"""A person's record in the order of form 831: sections A to D, one block for each visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.timezone import localdate

from ehr.records import care, facts
from ehr.records.models import Encounter, LabResult, Person
from ehr.records.sections import SECTION_A, SECTION_B, SECTION_D, b, d
from ehr.vaccination.models import FormRow, Immunization, Table, VaccinationRecord
from ehr.vaccination.sections import SECTION_C
from reports.prints.values import Cell, cell, text_of

Cells = dict[str, Cell]
VACCINE_COLUMNS = ("vaccine", "not_vaccinated", "vaccinated_date", "pregnancy_month", "reaction", "next_date")


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One row of a vaccination table."""

    label: str
    not_given: bool
    given: bool
    date: str
    month: str
    reaction: str
    next_date: str


@dataclass(frozen=True, slots=True)
class DoseTable:
    number: str
    title: str
    lines: list[DoseLine]
    pregnancy: bool


def record_context(person: Person) -> dict[str, Any]:
    """What `prints/record.html` shows. A fixed number of queries (about 20), whatever the record holds."""
    a_values = facts.section_a(person)
    b_values = facts.section_b(person)
    visits = _visits(person)
    names = care.facility_names(code for visit in visits for code in (visit.referred_from, visit.referred_to))
    return {
        "person": person,
        "today": localdate(),
        "a": section_cells(SECTION_A, a_values),
        "b": section_cells(SECTION_B, b_values) | extra_cells(b_values),
        "household_boxes": household_boxes(text_of(a_values["household_code"])),
        "diseases": _rows_of(section_cells(SECTION_B, b_values), [f"disease_{x}" for x in list(b.DISEASES)[:12]], 4),
        "tables": vaccination_tables(person),
        "mother_tetanus": _mother_tetanus(person),
        "visits": [visit_context(visit, names) for visit in visits],
        "labels": {item.code: item.label for section in (SECTION_B, SECTION_C, SECTION_D) for item in section.items()},
    }


def section_cells(section: Any, values: dict[str, Any]) -> Cells:
    """The printed fields of a section by field code."""
    return {item.code: cell(item, values) for item in section.items() if item.paper}


def extra_cells(values: dict[str, Any]) -> Cells:
    """The relatives of the three text lines of B6, which the paper writes on the same line."""
    return {
        code: Cell(code, "Người mắc", text_of(values.get(code)), [], "", False)
        for code in b.EXTRA_STORES
        if code.endswith("_person")
    }


def household_boxes(code: str, size: int = 10) -> list[str]:
    """The boxed household number at the top right: ten cells, more when the code is longer."""
    return list(code.rjust(size)) if len(code) <= size else list(code)


def _rows_of(cells: Cells, codes: list[str], width: int) -> list[list[Cell]]:
    return [[cells[code] for code in codes[i : i + width]] for i in range(0, len(codes), width)]


def vaccination_tables(person: Person) -> list[DoseTable]:
    """The three printed tables, then the doses that the form does not print at the foot of their table."""
    doses = list(Immunization.objects.filter(person=person).select_related("vaccine"))
    by_row = {dose.form_row_id: dose for dose in doses if dose.form_row_id}
    rows = FormRow.objects.valid_on(localdate())
    tables = []
    for number, title in Table.choices:
        lines = [_line(row.label, by_row.get(row.pk)) for row in rows if row.table == number]
        lines += [
            _line(f"{dose.vaccine.name} {dose.dose_number}", dose)
            for dose in doses
            if dose.table == number and dose.form_row_id is None
        ]
        tables.append(DoseTable(number, title, lines, number == Table.PREGNANCY))
    return tables


def _line(label: str, dose: Immunization | None) -> DoseLine:
    if dose is None:
        return DoseLine(label, False, False, "", "", "", "")
    return DoseLine(
        label, dose.status == "not_given", dose.status == "given", text_of(dose.occurrence_date),
        text_of(dose.pregnancy_month), dose.reaction, text_of(dose.next_date),
    )  # fmt: skip


def _mother_tetanus(person: Person) -> str:
    record = VaccinationRecord.objects.filter(person=person).first()
    if record is None:
        return ""
    name = "mother_tetanus_dose_count"
    state = record.answer_state(name)
    return str(getattr(record, name)) if state == "value" else {"none": "0", "unknown": "Không biết", "": ""}[state]


def _visits(person: Person) -> list[Encounter]:
    """Visits that count, earliest first, with their lists."""
    return list(
        Encounter.objects.filter(person=person, status=Encounter.Status.FINISHED)
        .select_related("facility")
        .prefetch_related(
            "examfinding_set", "diagnosis_set",
            Prefetch("labresult_set", queryset=LabResult.objects.select_related("group")), *care.LISTS,
        )
        .order_by("exam_date", "pk")
    )  # fmt: skip


def visit_context(visit: Encounter, names: dict[str, str]) -> dict[str, Any]:
    """One visit: cells by field code, the four printed result lines, further results, diagnoses, what was done; `names`
    of facilities by claims code."""
    values = facts.section_d(visit)
    cells = section_cells(SECTION_D, values)
    labs = values["labs"]
    given = care.of_visit(visit)
    results = care.results_by_service(labs, given.procedures)
    given.procedures = care.without_results(given.procedures, labs)
    printed = [
        {"label": SECTION_D.item(f"lab_{name}").label, "results": [_lab(lab) for lab in labs if lab.group.code == name]}
        for name in d.LABS
    ]
    return {
        "visit": visit,
        "d": cells,
        "organs": _rows_of(cells, [f"organ_{name}" for name in d.ORGANS], 2),
        "labs": printed,
        "other_labs": [_lab(lab) for lab in labs if lab.group.code not in d.LABS],
        "diagnoses": values["diagnoses"],
        "facility": care.place_of(visit),
        "claimed": visit.source == Encounter.Source.CLAIM,
        "told": care.told(visit, names),
        "care": given,
        "results": results,
    }


def _lab(lab: Any) -> str:
    result = f"{lab.result} {lab.unit}".strip()
    return f"{lab.service_name}: {result}" if lab.service_name else result


def printed_codes() -> set[str]:
    """Field codes that the printed record shows; the completeness test compares them with the form."""
    columns = {
        code
        for code in SECTION_C.names
        if code[3:].startswith("col_") and code[3:].removeprefix("col_") in VACCINE_COLUMNS
    }
    rows = {item.code for item in SECTION_C.items() if item.store.startswith("row.")}
    template = template_codes()
    diseases = {f"disease_{name}" for name in list(b.DISEASES)[:12]}
    organs = {f"organ_{name}" for name in d.ORGANS}
    return template | columns | rows | diseases | organs | {f"lab_{name}" for name in d.LABS} | {
        "household_code", "mother_tetanus_dose_count", "diagnosis_icd10_code", "diagnosis_name", "conclusion",
    }  # fmt: skip


def template_codes() -> set[str]:
    """Field codes that the template names itself, as `a.full_name` or `v.d.pulse`."""
    import re

    from django.template.loader import get_template

    names = ("record.html", "_section_a.html", "_section_b.html", "_section_d.html")
    source = "".join(get_template(f"prints/{name}").template.source for name in names)
    return set(re.findall(r"\b[abd]\.([a-z0-9_]+)", source))
