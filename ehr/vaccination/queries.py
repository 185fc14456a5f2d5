"""Reading section C."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ehr.common.answers import Answer
from ehr.records.models import Person
from ehr.vaccination.models import FormRow, Immunization, Table, VaccinationRecord, Vaccine

_KEEP_SECONDS = 60.0
_printed: tuple[float, dict[str, FormRow]] | None = None


def printed_rows() -> dict[str, FormRow]:
    """The printed rows of the three tables by code, in printed order, with their vaccines; read again once a minute."""
    global _printed
    now = time.monotonic()
    if _printed is None or now - _printed[0] > _KEEP_SECONDS or not _printed[1]:
        _printed = (
            now,
            {row.code: row for row in FormRow.objects.select_related("vaccine").order_by("table", "position")},
        )
    return _printed[1]


@dataclass(frozen=True, slots=True)
class SectionC:
    """Section C of one person: the record (unsaved when nobody asked), doses by printed row, all others, the footer."""

    record: VaccinationRecord
    by_row: dict[str, Immunization]
    extra: list[Immunization]

    @property
    def mother_tetanus_dose_count(self) -> Answer:
        return mother_doses(self.record)

    def rows_of(self, table: str) -> list[tuple[FormRow, Immunization | None]]:
        """The printed rows of a table with their doses."""
        return [(row, self.by_row.get(code)) for code, row in printed_rows().items() if row.table == table]

    def extra_of(self, table: str) -> list[Immunization]:
        """Doses that the form does not print."""
        return [dose for dose in self.extra if dose.table == table]

    @property
    def given(self) -> int:
        """How many doses were given."""
        return sum(dose.status == "given" for dose in [*self.by_row.values(), *self.extra])


def section_c(person: Person) -> SectionC:
    """Section C of one person. Two queries (three once a minute)."""
    record = VaccinationRecord.objects.filter(person=person).first() or VaccinationRecord(person=person, version=0)
    doses = list(
        Immunization.objects.filter(person=person)
        .select_related("vaccine", "facility")
        .order_by("table", "dose_number", "pk")
    )
    codes = {row.pk: code for code, row in printed_rows().items()}
    return SectionC(
        record,
        {codes[dose.form_row_id]: dose for dose in doses if dose.form_row_id in codes},
        [dose for dose in doses if dose.form_row_id not in codes],
    )


def mother_doses(record: VaccinationRecord) -> Answer:
    """The footer of the first table: how many tetanus doses the mother had."""
    name = "mother_tetanus_dose_count"
    return Answer.of(getattr(record, name), record.answer_state(name))


def vaccine_choices() -> list[tuple[str, str]]:
    """Code and name of each vaccine for a dose that the form does not print."""
    return [(vaccine.code, vaccine.name) for vaccine in Vaccine.objects.order_by("name")]


TABLES = tuple((str(value), str(label)) for value, label in Table.choices)
