"""Section B: reading and typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ehr.audit.changes import changes
from ehr.common.answers import Answer
from ehr.common.numbers import format_number
from ehr.records import facts
from ehr.records.forms.base import SavingForm
from ehr.records.forms.history import BLOCKS, EXTRA_LABELS, HistoryForm, answer_rest, column_of
from ehr.records.models import (
    Allergy,
    Condition,
    Disability,
    FamilyHistory,
    HealthHistory,
    Household,
    Person,
    Surgery,
)  # fmt: skip
from ehr.records.sections import SECTION_B
from ehr.records.services.common import Saved
from ehr.records.services.history import save_history
from ehr.records.views.base import DOOR, PersonFormPage, PersonPage

TABLES_OF_B = (HealthHistory, Allergy, Condition, Disability, Surgery, FamilyHistory)


@dataclass(frozen=True, slots=True)
class Shown:
    """One line as a reader sees it. `state`: yes, no, unknown, value or "" (nobody asked)."""

    label: str
    text: str
    state: str
    relative: str = ""


def show(code: str, values: dict[str, Any]) -> Shown:
    """A field of section B in words."""
    label = EXTRA_LABELS.get(code) or SECTION_B.item(code).label
    value = values[code]
    relative = values.get(f"{code}_person", "")
    if isinstance(value, Answer):
        if value.state != "value":
            words = {"none": "Không có", "unknown": "Không biết", "": "Chưa hỏi"}
            return Shown(label, words[value.state], {"none": "no"}.get(value.state, value.state), relative)
        return Shown(label, _with_unit(code, value.value), "value", relative)
    column = column_of(code)
    if code == "household_toilet_type":
        choices = dict(Household._meta.get_field("toilet_type").choices or ())
    elif column is not None:
        choices = {**dict(column.choices or ()), **dict(SECTION_B.item(code).options)}
    else:
        choices = {}
    words = {"yes": "Có", "no": "Không", "unknown": "Không biết", "": "Chưa hỏi"} | choices
    state = {"0": "no"}.get(value, value) if value in ("", "0", "yes", "no", "unknown") else "value"
    if code == "birth_delivery_mode" and value == "0":
        state = "value"
    return Shown(label, str(words.get(value, value)), state, relative)


def _with_unit(code: str, value: Any) -> str:
    unit = SECTION_B.item(code).unit
    text = value if isinstance(value, str) else format_number(value)
    return f"{text} {unit}".strip()


def blocks_of(person: Person, values: dict[str, Any]) -> dict[str, list[Shown]]:
    """Lines by block ("B1", "B31"…) in printed order, without the boxes for relatives; a man's without those for women
    unless one was answered."""
    found = {}
    for block in BLOCKS:
        lines = [show(name, values) for name in block.names if not name.endswith("_person")]
        if block.code == "B7" and person.sex == "1":
            lines = [line for n, line in enumerate(lines) if n == 0 or line.state]
        found[block.code.replace(".", "")] = lines
    return found


class HistoryView(PersonPage):
    """Section B as it is, in the order of the form."""

    tab = "B"
    template_name = "records/history.html"

    def context(self) -> dict[str, Any]:
        values = facts.section_b(self.person)
        asked = any(bool(value) for name, value in values.items() if name != "household_toilet_type")
        return {"blocks": blocks_of(self.person, values), "surveyed_on": values["surveyed_on"], "asked": asked}


class HistoryEdit(PersonFormPage):
    """All of section B at once."""

    tab = "B"
    template_name = "records/history_form.html"
    saved_message = "Đã lưu phần B."

    def make_form(self, data: Any = None) -> HistoryForm:
        if data is not None:
            return HistoryForm(data, person=self.person)
        values = facts.section_b(self.person)
        version = HealthHistory.objects.filter(person=self.person).values_list("version", flat=True).first()
        has_household = bool(self.header()["household"])
        return HistoryForm(person=self.person, has_household=has_household, initial=values, version=version or 0)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        block = request.POST.get("rest")
        if block:  # without scripts: the page comes back with the block answered, nothing is saved yet
            filled = answer_rest(request.POST, self.make_form(request.POST), block)
            return self.page(form=self.make_form(filled))
        return super().post(request, *args, **kwargs)

    def save(self, form: SavingForm) -> Saved:
        return save_history(
            person=self.person, values=form.values(), by=self.request.user, door=DOOR, version=form.opened_version
        )

    def success_url(self, saved: Saved) -> str:
        return reverse("records:history", args=[self.person.code])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        version = HealthHistory.objects.filter(person=self.person).values_list("version", flat=True).first()
        tracked = [(table, {"person_id": self.person.pk}) for table in TABLES_OF_B]
        return version or 0, facts.section_b(self.person), changes(tracked, limit=5)
