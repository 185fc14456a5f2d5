"""What the record says about the people of some claims: four queries for any number of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ehr.common.among import among
from ehr.records.facts import code_of
from ehr.records.models import Allergy, Condition, Identifier, Person, Relative


class PersonRow(NamedTuple):
    """Columns of a person that claims are compared to: an object of the model costs ten times as much."""

    pk: int
    status: str
    full_name: str
    sex: str
    birth_date: dt.date | None
    birth_precision: str
    blood_group_abo: str
    blood_group_rh: str
    phone_mobile: str
    phone_landline: str
    ethnicity_id: int | None
    nationality_id: int | None
    occupation_id: int | None
    answered_none: list[str]
    answered_unknown: list[str]
    death_date: dt.date | None


@dataclass(slots=True)
class KnownPerson:
    """One person: the row, current numbers by kind, all numbers as (kind, value), allergies to drugs as written, lines
    of section B that are answered "có" and "không" (kinds of own-disease), names of parents."""

    row: PersonRow
    numbers: dict[str, str] = field(default_factory=dict)
    all_numbers: set[tuple[str, str]] = field(default_factory=set)
    allergies: list[str] = field(default_factory=list)
    diseases: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)


def read(people: Iterable[int]) -> dict[int, KnownPerson]:
    keys = sorted(set(people))
    rows = Person.objects.filter(among("id", keys)).order_by().values_list(*PersonRow._fields)
    found = {row[0]: KnownPerson(PersonRow._make(row)) for row in rows}
    numbers = Identifier.objects.filter(among("person_id", keys)).order_by("pk")
    for person, kind, value, valid_to in numbers.values_list("person_id", "kind", "value", "valid_to"):
        found[person].all_numbers.add((kind, value))
        if valid_to is None:
            found[person].numbers[kind] = value
    allergies = Allergy.objects.filter(among("person_id", keys), answer="yes", kind__code="1").order_by("pk")
    for person, detail in allergies.values_list("person_id", "detail"):
        found[person].allergies.append(detail)
    conditions = Condition.objects.filter(among("person_id", keys), answer__in=("yes", "no"))
    for person, key, answer in conditions.values_list("person_id", "kind_id", "answer"):
        code = code_of("own-disease", key)
        if code is not None:
            said = found[person].diseases if answer == "yes" else found[person].denied
            said.add(code.properties.get("field", code.code))
    parents = Relative.objects.filter(among("person_id", keys), role__in=("mother", "father"))
    by_person: dict[int, dict[str, str]] = defaultdict(dict)
    for person, role, name in parents.values_list("person_id", "role", "name"):
        by_person[person][role] = name
    for person, names in by_person.items():
        found[person].parents = names
    return found
