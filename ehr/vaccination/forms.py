"""The form of section C: three tables as printed, further doses below each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.common import formfields
from ehr.common.problems import problems_of
from ehr.records.forms.base import ErrorLine
from ehr.records.forms.rows import KeptField, Row, RowsForm, Table, text
from ehr.records.models import Person
from ehr.vaccination.models import FormRow, Immunization
from ehr.vaccination.models import Table as PaperTable
from ehr.vaccination.queries import SectionC, printed_rows, vaccine_choices
from ehr.vaccination.sections import SECTION_C

STATUS = [("not_given", "Chưa"), ("given", "Đã"), ("unknown", "Không rõ"), ("", "Chưa hỏi")]
# Where a refusal of the service is shown, by the first part of its code.
COLUMN_OF_CODE = {
    "occurrence_date": "occurrence_date",
    "next_date": "next_date",
    "pregnancy_month": "pregnancy_month",
    "reaction": "reaction",
    "vaccine": "vaccine",
}
PREGNANCY = PaperTable.PREGNANCY.value


def dose_cells(table: str) -> dict[str, forms.Field]:
    """The columns of a printed row."""
    cells: dict[str, forms.Field] = {
        "status": forms.ChoiceField(label="Tình trạng", required=False, choices=STATUS, widget=forms.RadioSelect),
        "occurrence_date": formfields.DateField(label="Ngày tiêm", required=False),
    }
    if table == PREGNANCY:
        cells["pregnancy_month"] = formfields.IntegerField(label="Tháng thai", required=False)
    cells["reaction"] = text("Phản ứng sau tiêm", 200)
    cells["next_date"] = formfields.DateField(label="Ngày hẹn tiêm", required=False)
    return cells


def extra_cells(table: str, vaccines: list[tuple[str, str]]) -> dict[str, forms.Field]:
    """A dose that the form does not print."""
    choose = forms.Select(attrs={"data-combo": "local"})
    return {
        "vaccine": forms.ChoiceField(label="Vắc xin", required=False, choices=[("", ""), *vaccines], widget=choose),
        "dose_number": formfields.IntegerField(label="Mũi số", required=False, min_value=0, max_value=99),
        **dose_cells(table),
        "lot_number": text("Số lô", 40),
        "lot_expiry": formfields.DateField(label="Hạn dùng", required=False),
        "facility_name": text("Nơi tiêm", 150),
        "staff_name": text("Người tiêm", 100),
        "id": KeptField(required=False),
    }


@dataclass(slots=True)
class PrintedTable:
    """One table for the template: printed rows with their cells, rows for further doses, the row that scripts copy."""

    code: str
    title: str
    rows: list[tuple[FormRow, dict[str, forms.BoundField]]]
    extra: list[Row]
    empty: Row
    has_month: bool

    @property
    def filled(self) -> int:
        """How many further doses stand in it."""
        return sum(bool(row.cells["vaccine"].value()) for row in self.extra)

    @property
    def has_extra(self) -> bool:
        """Whether the part for further doses is open at first."""
        return any(cell.errors or cell.value() for row in self.extra for cell in row.cells.values())


class VaccinationForm(RowsForm):
    """Section C of one person. The third table is for women; a man's form has it when something stands in it."""

    def __init__(self, *args: Any, person: Person, stored: SectionC | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vaccines = vaccine_choices()
        self.tables_shown = [code for code in PaperTable.values if self._shows(code, person, stored)]
        for code in self.tables_shown:
            for row in printed_rows().values():
                if row.table == code:
                    self._add_row(row, stored)
            if code == PaperTable.CHILD:
                self._add_footer(stored)
            cells = partial(extra_cells, code, vaccines)
            doses = stored.extra_of(code) if stored else []
            label = f"Mũi khác, bảng {code}, dòng"
            self.add_table(Table(f"extra{code}", label, cells, carried=("id",)), [_initial(dose) for dose in doses])

    def _shows(self, code: str, person: Person, stored: SectionC | None) -> bool:
        if code != PREGNANCY or person.sex != "1" or f"extra{code}-total" in self.data:
            return True
        return bool(stored and (stored.extra_of(code) or any(dose for _, dose in stored.rows_of(code))))

    def _add_row(self, row: FormRow, stored: SectionC | None) -> None:
        dose = stored.by_row.get(row.code) if stored else None
        for column, cell in dose_cells(row.table).items():
            cell.layout, cell.unit, cell.warnings, cell.need = "", "", [], False  # type: ignore[attr-defined]
            name = f"{row.code}-{column}"
            self.fields[name] = cell
            if dose is not None:
                self.initial[name] = getattr(dose, column)

    def _add_footer(self, stored: SectionC | None) -> None:
        label = SECTION_C.item("mother_tetanus_dose_count").label
        field = formfields.AnswerNumberField(label=label, required=False, decimal_places=0)
        field.layout, field.unit, field.warnings, field.need = "", "mũi", [], False
        self.fields["mother_tetanus_dose_count"] = field
        if stored:
            self.initial["mother_tetanus_dose_count"] = stored.mother_tetanus_dose_count

    # -- for the template
    @property
    def tables(self) -> list[PrintedTable]:
        return [
            PrintedTable(
                code=code,
                title=str(PaperTable(code).label),
                rows=[
                    (row, {column: self[f"{row.code}-{column}"] for column in dose_cells(code)})
                    for row in printed_rows().values()
                    if row.table == code
                ],
                extra=self.rows(f"extra{code}"),
                empty=self.empty_row(f"extra{code}"),
                has_month=code == PREGNANCY,
            )
            for code in self.tables_shown
        ]

    # -- for the service
    def service_values(self) -> dict[str, Any]:
        """Arguments of `save_vaccinations`: rows, extra, mother_tetanus_dose_count."""
        rows = {
            row.code: {column: self.cleaned_data.get(f"{row.code}-{column}") for column in dose_cells(row.table)}
            for row in printed_rows().values()
            if row.table in self.tables_shown
        }
        return {
            "rows": rows,
            "extra": [line for _, line in self._extra_lines()],
            "mother_tetanus_dose_count": self.cleaned_data.get("mother_tetanus_dose_count"),
        }

    def _extra_lines(self) -> list[tuple[str, dict[str, Any]]]:
        """Name of the row's fields, and its line, in the order in which the service numbers them."""
        found = []
        for code in self.tables_shown:
            for number, cells in self.filled_rows(f"extra{code}"):
                line = {**cells, "table": code}
                if line.get("dose_number") is None:
                    line["dose_number"] = 1
                found.append((f"extra{code}-{number}", line))
        return found

    def refuse(self, exc: ValidationError) -> None:
        """A refused line goes to its row, in the column that the code speaks of."""
        names = {f"extra-{place}": name for place, (name, _) in enumerate(self._extra_lines())}
        left: dict[str, list[ValidationError]] = {}
        for problem in problems_of(exc):
            row = names.get(problem.field, problem.field)
            column = COLUMN_OF_CODE.get(problem.code.partition(".")[0], "status")
            name = next((n for n in (f"{row}-{column}", f"{row}-status", row) if n in self.fields), "__all__")
            left.setdefault(name, []).append(ValidationError(problem.message, code=problem.code))
        super().refuse(ValidationError(left))

    @property
    def error_lines(self) -> list[ErrorLine]:
        """Printed rows are named as on the paper."""
        labels = {}
        for row in printed_rows().values():
            for column in dose_cells(row.table):
                if (name := f"{row.code}-{column}") in self.fields:
                    bound = self[name]
                    labels[bound.id_for_label or f"{bound.auto_id}_0"] = f"{row.label}, {bound.label}"
        return [
            ErrorLine(line.target, labels.get(line.target, line.label), line.message) for line in super().error_lines
        ]


def _initial(dose: Immunization) -> dict[str, Any]:
    columns = (
        "dose_number", "status", "occurrence_date", "pregnancy_month", "reaction", "next_date", "lot_number",
        "lot_expiry", "facility_name", "staff_name", "id",
    )  # fmt: skip
    return {"vaccine": dose.vaccine.code, **{name: getattr(dose, name) for name in columns}}


def field_codes() -> Mapping[str, str]:
    """Field code of the spec → name of a form field, for the completeness test. A column stands for its first row."""
    first = {"1": "c1_bcg", "2": "c2_cholera_1", "3": "c3_tetanus_1"}
    columns = {"not_vaccinated": "status", "vaccinated_date": "occurrence_date"}
    exchange = {
        "vaccine_code": "extra1-0-vaccine",
        "vaccine_group": "extra1-total",
        "vaccine_status": "extra1-0-status",
        "vaccine_dose_order": "extra1-0-dose_number",
    }
    found = {}
    for code in SECTION_C.names:
        table, _, rest = code.partition("_col_")
        if code in exchange:
            found[code] = exchange[code]
        elif rest == "vaccine":
            found[code] = f"{first[table[1]]}-status"  # the row itself is the vaccine
        elif rest:
            found[code] = f"{first[table[1]]}-{columns.get(rest, rest)}"
        else:
            found[code] = code if code == "mother_tetanus_dose_count" else f"{code}-status"
    return found
