"""What section C adds to a person's pages: its tab and its entries of the timeline."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from ehr.records.models import Person
from ehr.records.timeline import Entry, PersonTab, register_source, register_tab
from ehr.vaccination.models import Immunization


def register() -> None:
    """Called once when the apps are ready."""
    register_tab(PersonTab("C", "C. Tiêm chủng", "vaccination:record", 30, _doses))
    register_source("vaccination", entries)


def _doses() -> Coalesce:
    """How many doses were given."""
    rows = Immunization.objects.filter(person=OuterRef("pk"), status=Immunization.Status.GIVEN).order_by()
    return Coalesce(Subquery(rows.values("person").annotate(n=Count("pk")).values("n")), 0)


def entries(person: Person) -> Iterator[Entry]:
    """Doses with a date, and appointments of doses not yet given. One query."""
    url = reverse("vaccination:record", args=[person.code])
    for dose in Immunization.objects.filter(person=person).select_related("form_row", "vaccine"):
        title = f"Tiêm {dose.form_row.label}" if dose.form_row else f"Tiêm {dose.vaccine.name}, mũi {dose.dose_number}"
        if dose.occurrence_date:
            yield Entry(dose.occurrence_date, "vaccination", title, dose.reaction, url)
        elif dose.next_date:
            yield Entry(dose.next_date, "vaccination", f"Hẹn {title[0].lower()}{title[1:]}", "", url)
