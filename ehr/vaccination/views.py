"""Section C: reading and typing."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from ehr.audit.changes import changes
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, PersonFormPage, PersonPage
from ehr.vaccination.forms import PREGNANCY, VaccinationForm
from ehr.vaccination.models import Immunization, Table, VaccinationRecord
from ehr.vaccination.queries import section_c
from ehr.vaccination.services import save_vaccinations


class RecordView(PersonPage):
    """Section C as it is: the three tables of the form, further doses below each."""

    tab = "C"
    template_name = "vaccination/record.html"

    def context(self) -> dict[str, Any]:
        stored = section_c(self.person)
        tables = [
            {
                "code": code,
                "title": label,
                "rows": stored.rows_of(code),
                "extra": stored.extra_of(code),
                "has_month": code == PREGNANCY,
            }
            for code, label in Table.choices
            if code != PREGNANCY
            or self.person.sex != "1"
            or stored.extra_of(code)
            or any(d for _, d in stored.rows_of(code))
        ]
        return {"tables": tables, "stored": stored}


class RecordEdit(PersonFormPage):
    """All of section C at once."""

    tab = "C"
    template_name = "vaccination/record_form.html"
    saved_message = "Đã lưu phần C."

    def make_form(self, data: Any = None) -> VaccinationForm:
        if data is not None:
            return VaccinationForm(data, person=self.person)
        stored = section_c(self.person)
        return VaccinationForm(person=self.person, stored=stored, version=stored.record.version)

    def save(self, form: VaccinationForm) -> Saved:  # type: ignore[override]
        return save_vaccinations(
            person=self.person, by=self.request.user, door=DOOR, version=form.opened_version, **form.service_values()
        )

    def success_url(self, saved: Saved) -> str:
        return reverse("vaccination:record", args=[self.person.code])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        stored = section_c(self.person)
        now = VaccinationForm(person=self.person, stored=stored).initial
        tracked = [(table, {"person_id": self.person.pk}) for table in (VaccinationRecord, Immunization)]
        return stored.record.version, now, changes(tracked, limit=5)
