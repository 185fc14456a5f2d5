"""The household questionnaire: one sheet of two sides per person, part A prefilled, part B to tick.

Layout: questionnaire.md §2. Sensitive lines stand on the personal sheet only. Rows are read for many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.timezone import localdate

from ehr.common.answers import Answer
from ehr.records import facts
from ehr.records.models import Address, Household, Identifier, Membership, Person, Relative
from ehr.records.sections import SECTION_A, SECTION_B, b
from reports.prints.pdf import qr_svg
from reports.prints.record import section_cells
from stations.models import Village

QUESTIONNAIRE = "Phiếu điều tra"  # what the access log calls it


def household_people(household: Household) -> list[Person]:
    """Living members, head first, then in the order in which they joined."""
    return _people(
        Person.objects.residents()
        .filter(membership_set__household=household, membership_set__valid_to=None)
        .order_by("-membership_set__is_head", "membership_set__relation__position", "membership_set__pk")
    )


def village_households(village: Village) -> list[int]:
    """Households of a village that have members, in the order of their numbers."""
    return list(
        Household.objects.filter(village=village, closed_on=None, memberships__valid_to=None)
        .distinct()
        .order_by("code", "pk")
        .values_list("pk", flat=True)
    )


def people_of(households: Sequence[int]) -> list[Person]:
    """Living members of several households, household by household."""
    return _people(
        Person.objects.residents()
        .filter(membership_set__household__in=households, membership_set__valid_to=None)
        .order_by(
            "membership_set__household__code", "membership_set__household", "-membership_set__is_head",
            "membership_set__relation__position", "membership_set__pk",
        )
    )  # fmt: skip


def _people(queryset: Any) -> list[Person]:
    """With everything section A shows: six queries, however many people."""
    memberships = Membership.objects.filter(valid_to=None).select_related("household__village", "relation")
    permanent = Address.objects.filter(use="permanent", valid_to=None).select_related(
        "commune", "district", "province", "village"
    )
    numbers = Identifier.objects.filter(valid_to=None).order_by("pk")
    return list(
        queryset.select_related(
            "commune", "village", "province", "ethnicity", "nationality", "religion", "occupation", "birth_province",
            "recorded_district",
        ).prefetch_related(
            Prefetch("membership_set", queryset=memberships, to_attr="current_memberships"),
            Prefetch("identifier_set", queryset=numbers, to_attr="numbers"),
            Prefetch("address_set", queryset=permanent, to_attr="permanent"),
            Prefetch("relative_set", queryset=Relative.objects.exclude(role="other"), to_attr="relatives"),
        )
    )  # fmt: skip


def questionnaire_context(people: Sequence[Person], heads: dict[int, str] | None = None) -> dict[str, Any]:
    """What `prints/questionnaire.html` shows for these people."""
    heads = heads if heads is not None else head_names(people)
    return {"sheets": [_sheet(person, heads) for person in people], "today": localdate(), "blank": blank_b()}


def head_names(people: Sequence[Person]) -> dict[int, str]:
    """Names of the heads of these people's households. One query."""
    keys = {membership.household_id for person in people for membership in person.current_memberships}
    heads = Membership.objects.filter(household__in=keys, is_head=True, valid_to=None).select_related("person")
    return {head.household_id: head.person.full_name for head in heads}


def _sheet(person: Person, heads: dict[int, str]) -> dict[str, Any]:
    membership = person.current_memberships[0] if person.current_memberships else None
    household = membership.household if membership else None
    values = facts.section_a_from(
        person, household, membership, {row.kind: row for row in person.numbers},
        person.permanent[0] if person.permanent else None, {row.role: row for row in person.relatives},
    )  # fmt: skip
    toilet = household.toilet_type if household else ""
    return {
        "person": person,
        "household": household,
        "head": heads.get(household.pk, "") if household else "",
        "a": section_cells(SECTION_A, values),
        "toilet": section_cells(SECTION_B, {"household_toilet_type": toilet})["household_toilet_type"],
        "qr": qr_svg(person.code),
        "women": person.sex != "1",
    }


def blank_b() -> dict[str, Any]:
    """Section B without answers: labels and empty boxes."""
    cells = section_cells(
        SECTION_B, {name: Answer.NOT_ASKED if name not in facts.TICKS else "" for name in SECTION_B.names}
    )
    ticks = [cells[f"disease_{name}"] for name in list(b.DISEASES)[:12]]
    return {
        "cells": cells,
        "allergies": [cells[f"allergy_{name}"] for name in b.ALLERGIES],
        "diseases": [ticks[i : i + 4] for i in range(0, 12, 4)],
        "disabilities": [cells[f"disability_{name}"] for name in b.DISABILITIES],
        "family_allergies": [cells[f"family_allergy_{name}"] for name in b.ALLERGIES],
        "family_diseases": [cells[f"family_disease_{name}"] for name in b.FAMILY_TICKS],
    }
