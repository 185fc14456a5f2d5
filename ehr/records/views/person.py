"""Section A: reading, typing, a new person."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.timezone import localdate

from ehr.audit.changes import changes
from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.dates import format_date
from ehr.common.templatetags.vietnamese import answer_label
from ehr.records import facts, rules
from ehr.records.forms.base import SavingForm
from ehr.records.forms.person import (
    PersonForm,
    form_values,
    groups_of_section_a,
    label_of,
    new_person_values,
)  # fmt: skip
from ehr.records.forms.places import place_label
from ehr.records.models import Address, Household, Identifier, Membership, Person, Relative
from ehr.records.queries import visible_household
from ehr.records.recent import touch
from ehr.records.services.common import Saved
from ehr.records.services.person import completeness_facts, save_person
from ehr.records.views.base import DOOR, FormPage, PersonFormPage, PersonPage
from stations.models import AdminUnit

TABLES_OF_A = (Person, Identifier, Address, Relative, Membership)


class PersonView(PersonPage):
    """Section A as it is, in the order of the form, and what it still lacks."""

    template_name = "records/person.html"

    def context(self) -> dict[str, Any]:
        touch(self.request.user, "person", self.person.pk)
        values = facts.section_a(self.person)
        missing = rules.missing_in_section_a(
            completeness_facts(self.person, values, bool(self.header()["household"]), localdate())
        )
        groups = [
            (title, [(label_of(code), _shown(self.person, code, values[code])) for code in codes], folded)
            for title, codes, folded in groups_of_section_a()
        ]
        return {"groups": groups, "missing": missing, "former": self._former()}

    def _former(self) -> dict[str, list[Any]]:
        """Numbers and addresses that no longer hold. Two queries."""
        return {
            "identifiers": list(
                Identifier.objects.filter(person=self.person).exclude(valid_to=None).order_by("-valid_to")
            ),
            "addresses": list(
                Address.objects.filter(person=self.person, use="former")
                .select_related("village", "commune", "district", "province").order_by("-valid_to")
            ),
        }  # fmt: skip


def row_label(row: Any) -> str:
    """How a row is named in the change history to which another one points."""
    return row.name if isinstance(row, Code) else place_label(row)


def _shown(person: Person, code: str, value: Any) -> Any:
    """What a reader sees: names of codes and places, labels of choices; "" when nothing was asked."""
    if isinstance(value, Answer):
        return answer_label(value)
    if isinstance(value, date):
        return format_date(value)
    if code == "birth_date":
        return value.text() if value else ""
    if isinstance(value, AdminUnit):
        return place_label(value)
    if isinstance(value, Code):
        return value.name
    if code in ("sex", "blood_group_rh", "residence", "status", "identity_source"):
        return getattr(person, f"get_{code}_display")()
    if isinstance(value, bool):
        return "Có" if value else "Không"
    return value


class PersonEdit(PersonFormPage):
    """All of section A at once."""

    template_name = "records/person_form.html"
    saved_message = "Đã lưu phần A."

    def make_form(self, data: Any = None) -> PersonForm:
        values = form_values(facts.section_a(self.person)) if data is None else {}
        return PersonForm(data, user=self.request.user, person=self.person, initial=values, version=self.person.version)

    def save(self, form: SavingForm) -> Saved:
        return save_person(
            values=form.values(), by=self.request.user, door=DOOR, person=self.person, version=form.opened_version
        )

    def success_url(self, saved: Saved) -> str:
        return reverse("records:person", args=[self.person.code])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        person = Person.objects.get(pk=self.person.pk)
        tracked = [(table, {"id" if table is Person else "person_id": person.pk}) for table in TABLES_OF_A]
        return person.version, form_values(facts.section_a(person)), changes(tracked, label=row_label, limit=5)


class PersonNew(FormPage):
    """A new record, alone or as a member of the household in ?household=."""

    template_name = "records/person_new.html"
    saved_message = "Đã lập hồ sơ."

    @cached_property
    def household(self) -> Household | None:
        key = self.request.GET.get("household", "")
        if not key:
            return None
        household = visible_household(self.request.user, int(key)) if key.isdigit() and len(key) < 19 else None
        if household is None:
            raise Http404
        return household

    def make_form(self, data: Any = None) -> PersonForm:
        values = new_person_values(self.request.user, self.household) if data is None else {}
        return PersonForm(data, user=self.request.user, household=self.household, initial=values)

    def context(self) -> dict[str, Any]:
        return {"household": self.household}

    def save(self, form: SavingForm) -> Saved:
        return save_person(values=form.values(), by=self.request.user, door=DOOR, household=self.household)

    def success_url(self, saved: Saved) -> str:
        if self.request.POST.get("next") == "another":
            query = f"?household={self.household.pk}" if self.household else ""
            return reverse("records:person_new") + query
        return reverse("records:person", args=[saved.object.code])
