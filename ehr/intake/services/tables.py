"""The tables of the record whose history is kept: how their rows belong to people, and what a batch did to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from ehr.intake.models import Kind
from ehr.records.models import Household, Person

#: Written by section A and B; by C; by D. A table that appears later belongs to the first group until told otherwise.
OF_DOSES = frozenset(["vaccination_vaccinationrecord", "vaccination_immunization"])
OF_VISITS = frozenset(["records_encounter", "records_examfinding", "records_labresult", "records_diagnosis"])
#: Written by claims and on the page of a visit, never by sheets.
OF_CARE = frozenset(
    ["records_medication", "records_procedure", "records_clinicalnote", "records_caredocument", "records_appointment",
     "records_delivery"]
)  # fmt: skip
OF_PROGRAMMES = "programmes_"  # books of programmes: never written by sheets


@dataclass(frozen=True, slots=True)
class Table:
    """A tracked table. `person`: SQL for the person of a row `t` of the table or of its history; `owner`: the column by
    which its history is indexed. `columns`: those that an undo puts back. `depth`: rows of deeper tables point up.
    `parent`: the table through which a row belongs to its person, "" when it names the person itself."""

    name: str
    history: str
    person: str
    owner: str
    columns: tuple[str, ...]
    versioned: bool
    dated: bool
    depth: int
    parent: str = ""

    def history_of(self, person: str) -> str:
        """JOIN of the history `t` of everything in this table that belongs to the person that `person` names."""
        if not self.parent:
            return f"JOIN {self.history} t ON t.{self.owner} = {person}"
        return f"JOIN {self.parent} v ON v.person_id = {person} JOIN {self.history} t ON t.{self.owner} = v.id"

    def belongs_to(self) -> str:
        """Condition on rows `t`: they belong to one of the people that the one parameter holds."""
        if not self.parent:
            return f"{self.person} = ANY(%s)"
        return f"t.{self.owner} IN (SELECT id FROM {self.parent} WHERE person_id = ANY(%s))"  # noqa: S608 - models


@cache
def tables() -> tuple[Table, ...]:
    """Tables of people, shallow ones first; households are a matter of their own (`household_table`)."""
    tracked = [(model.pgh_tracked_model, model) for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]
    found = [_table(model, history) for model, history in tracked if model is not Household and _of_people(model)]
    return tuple(sorted(found, key=lambda table: (table.depth, table.name)))


def _of_people(model: type[models.Model]) -> bool:
    """Whether its rows belong to people, at any depth: a report that was sent does not. Who wrote a row is no owner."""
    if model is Person:
        return True
    above = [field.related_model for field in model._meta.concrete_fields if field.related_model]
    return any(_of_people(each) for each in above if each not in (model, Household, get_user_model()))  # type: ignore[arg-type]


@cache
def household_table() -> Table:
    """The table of households."""
    return _table(Household, apps.get_model("records", "HouseholdEvent"))


def tables_of(kind: str) -> tuple[Table, ...]:
    """The tables that sheets of this kind write."""
    if kind == Kind.VACCINATION:
        return tuple(table for table in tables() if table.name in OF_DOSES)
    if kind == Kind.EXAM:
        return tuple(table for table in tables() if table.name in OF_VISITS)
    others = OF_DOSES | OF_VISITS | OF_CARE
    return tuple(table for table in tables() if table.name not in others and not table.name.startswith(OF_PROGRAMMES))


def _table(model: type[models.Model], history: type[models.Model]) -> Table:
    fields = [field for field in model._meta.concrete_fields if not field.generated and not field.primary_key]
    names = {str(field.column) for field in fields}
    parent = ""
    if model in (Person, Household):
        person, owner, depth = "t.id", "pgh_obj_id", 0
    elif "person_id" in names:
        person, owner, depth = "t.person_id", "person_id", 1
    else:
        parent, owner = _parent(model)
        person, depth = f"(SELECT e.person_id FROM {parent} e WHERE e.id = t.{owner})", 2  # noqa: S608
    kept = tuple(sorted(names - {"version", "updated_at"}))
    versioned, dated = "version" in names, "valid_to" in names
    return Table(model._meta.db_table, history._meta.db_table, person, owner, kept, versioned, dated, depth, parent)


def _parent(model: type[models.Model]) -> tuple[str, str]:
    """(table, column) of the row above: a visit, a dose, a pregnancy. Raises LookupError for a table of nobody."""
    for field in model._meta.concrete_fields:
        above = field.related_model
        if isinstance(above, type) and any(each.column == "person_id" for each in above._meta.concrete_fields):
            return above._meta.db_table, str(field.column)
    raise LookupError(f"{model._meta.label}: no way to a person")
