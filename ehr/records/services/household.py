"""Writing households and memberships."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.problems import Problem, raise_errors
from ehr.common.transactions import saving
from ehr.records.models import Household, Membership, Person
from ehr.records.services.changes import Changes
from ehr.records.services.common import (
    Saved,
    lock,
    province_of,
    require_person,
    require_place,
    require_right,
    resolve_codes,
)  # fmt: skip
from ehr.records.services.section_a_plan import plan_membership
from stations.models import User

FIELDS = ("code", "village", "commune", "address_detail", "toilet_type", "phone", "closed_on", "note")
TAKEN = Problem("household_code", "household_code.taken", "Mã hộ đã có trong thôn này.")


@saving
def save_household(
    *,
    values: Mapping[str, Any],
    by: User | None,
    door: str,
    household: Household | None = None,
    version: int | None = None,
) -> Saved:
    """Creates or changes a household. `values`: columns of Household to change; the commune follows the village.

    Raises ValidationError (`household_code.taken`, places outside the user's scope), StaleError, PermissionDenied."""
    require_right(by, "record.change")
    if household is None:
        household = Household()
    else:
        if by is not None and not Household.objects.visible_to(by).filter(pk=household.pk).exists():
            raise PermissionDenied
        household = lock(Household.objects.all(), household.pk, version)
        household.version += 1
    for name in FIELDS:
        if name in values:
            setattr(household, name, values[name])
    if household.village:
        household.commune = household.village.commune
    if not household.commune_id:
        raise_errors([Problem("commune", "current_commune.required", "Chưa chọn xã/phường của hộ.")])
    household.province = province_of(household.commune)
    require_place(
        by, commune_id=household.commune_id, village_id=household.village_id, province_id=household.province_id
    )
    household.full_clean(exclude=["village", "commune", "province"])
    taken = Household.objects.filter(
        commune=household.commune, village=household.village, code=household.code, closed_on=None
    ).exclude(pk=household.pk)
    if household.code and household.closed_on is None and taken.exists():
        raise_errors([TAKEN])
    try:
        with audit.context(by=by, door=door):
            household.save()
    except IntegrityError as clash:  # another request took the number between our check and our write
        if "household_code_unique" not in str(clash):
            raise
        raise_errors([TAKEN])
    return Saved(household)


@saving
def set_membership(
    *,
    person: Person,
    household: Household,
    relation: Any,
    by: User | None,
    door: str,
    today: dt.date | None = None,
) -> Saved:
    """Puts a person into a household, ending the former membership; the same household only updates the relation.

    `relation`: a Code of relation-831, its code, or None. Code 01 makes the person the head: a present head steps back.
    Warns when the household then has no head."""
    require_person(by, person)
    require_household(by, household, person)
    resolved, problems = resolve_codes({"relation_to_head": relation}, {"relation_to_head": "relation-831"})
    raise_errors(problems)
    code = resolved["relation_to_head"]
    current = Membership.objects.filter(person=person, valid_to=None).first()
    changes = Changes()
    added = plan_membership(changes, person.pk, current, household, code, today or localdate())
    with audit.context(by=by, door=door):
        changes.write()
    return Saved(Membership.objects.get(person=person, valid_to=None) if added else current)


def require_household(by: User | None, household: Household, person: Any) -> None:
    """Raises PermissionDenied for a household outside the user's places. One in the person's own commune needs no
    question: whoever may place the person there may see it."""
    elsewhere = household.commune_id != person.commune_id
    if by is not None and elsewhere and not Household.objects.visible_to(by).filter(pk=household.pk).exists():
        raise PermissionDenied


@saving
def end_membership(*, person: Person, by: User | None, door: str, on: dt.date | None = None) -> Saved:
    """The person leaves the household without joining another. Section A then lacks the household.

    `on`: the first day outside (today). Raises ValidationError (`left_on.future`, `left_on.before_start`,
    `household_code.none` without a household), PermissionDenied."""
    require_person(by, person)
    today = localdate()
    on = on or today
    current = Membership.objects.select_for_update().filter(person=person, valid_to=None).first()
    if current is None:
        message = "Người này hiện không thuộc hộ nào."
        raise ValidationError({NON_FIELD_ERRORS: ValidationError(message, code="household_code.none")})
    if on > today:
        raise_errors([Problem("left_on", "left_on.future", "Ngày ra khỏi hộ ở tương lai.")])
    if current.valid_from and on < current.valid_from:
        raise_errors([Problem("left_on", "left_on.before_start", "Ngày ra khỏi hộ trước ngày vào hộ.")])
    was_head = current.is_head
    person = lock(Person.objects.all(), person.pk, None)
    person.version += 1
    person.section_a_complete_on = None
    current.valid_to, current.is_head = on, False
    with audit.context(by=by, door=door):
        current.save()
        person.save()
    events.publish_on_commit("person_saved", person_id=person.pk)
    warnings = [Problem("", "household.no_head", "Hộ vừa rời không còn chủ hộ.", "warning")] if was_head else []
    return Saved(current, warnings)
