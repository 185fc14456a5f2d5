"""Writing section A: the one way in which a person comes into being or changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, age_on
from ehr.common.problems import errors, raise_errors, warnings
from ehr.common.text import plain, sort_key
from ehr.records import facts, rules
from ehr.records.models import Address, Household, Membership, Person
from ehr.records.sections import a
from ehr.records.services.common import (
    Saved,
    apply_answer,
    empty_value,
    lock,
    province_of,
    require_person,
    require_place,
    require_right,
)  # fmt: skip
from ehr.records.services.household import put_membership, require_household
from ehr.records.services.section_a_checks import check_others, check_places, check_withdrawal, clash_problem
from ehr.records.services.section_a_input import STORES, clean_values
from ehr.records.services.section_a_parts import find_household, save_identifiers, save_permanent, save_relatives
from stations.models import User


@transaction.atomic
def save_person(
    *,
    values: Mapping[str, Any],
    by: User | None,
    door: str,
    person: Person | None = None,
    household: Household | None = None,
    version: int | None = None,
    today: dt.date | None = None,
) -> Saved:
    """Checks, stores and logs section A of one person.

    `values`: field codes of SECTION_A and its extras; a code that is absent stays as it is, an empty value clears it.
    `household`: where a new member belongs; else `household_code` finds or opens the household in the same village.
    Returns the person and the warnings. Raises ValidationError (codes of rules.py), StaleError, PermissionDenied;
    nothing is written then."""
    today = today or localdate()
    if person is None:
        require_right(by, "record.change")
        person, before = Person(), {}
    else:
        require_person(by, person)
        person = lock(Person.objects.select_related("village"), person.pk, version)
        before = facts.section_a(person)
    given, problems = clean_values(values, household, before)
    after = {**before, **given}
    # What no list has was given all the same: it is not also missing.
    given_codes = {f"{problem.field}.required" for problem in problems}
    problems += [each for each in rules.check_person(after, today=today) if each.code not in given_codes]
    problems += check_places(after)
    if not errors(problems):
        problems += check_others(person, given, after)
    problems += check_withdrawal(person, before, given, by)
    raise_errors(problems)

    _set_person(person, given, after)
    require_place(
        by, commune_id=person.commune_id, village_id=person.village_id, province_id=person.province_id,
        station_id=person.station_id,
    )  # fmt: skip
    with audit.context(by=by, door=door):
        moved = _former_address(person, before, today)
        try:
            _save(person, given, before, household, after, by=by, today=today)
            if moved:
                moved.save()
        except IntegrityError as clash:  # another request took the number between our check and our write
            raise_errors([clash_problem(clash)])
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(person, warnings(problems))


def _set_person(person: Person, given: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for code, value in given.items():
        table, _, column = STORES[code].partition(".")
        if table != "person" or column in ("birth_date", "province"):
            if code in a.ANSWERABLE and table != "person":
                apply_answer(person, code, value)
            continue
        if code in a.ANSWERABLE:
            apply_answer(person, code, value, attribute=column)
        else:
            setattr(person, column, value if value not in (None, "") else empty_value(person, column))
    person.plain_name = plain(person.full_name)
    person.sort_name = sort_key(person.full_name)
    birth: PartialDate = after["birth_date"]
    person.birth_date, person.birth_precision = birth.date, birth.precision
    if person.village and person.village.commune_id != person.commune_id:
        person.village = None
    person.province = province_of(person.commune)


def _former_address(person: Person, before: Mapping[str, Any], today: dt.date) -> Address | None:
    """The residence that the person leaves with this save, else None."""
    old_commune, old_village = before.get("current_commune"), before.get("current_village_code") or None
    if not before or (old_commune == person.commune and old_village == person.village):
        return None
    if old_village is None and old_commune == person.commune:
        return None  # the village became known, nobody moved
    since, person.resident_since = person.resident_since, today
    return Address(
        person=person, use="former", detail=before.get("current_address_detail") or "", village=old_village,
        commune=old_commune, district=before.get("current_district") or None,
        province=old_commune.parent if old_commune else None, valid_from=since, valid_to=today,
    )  # fmt: skip


def _save(
    person: Person,
    given: Mapping[str, Any],
    before: Mapping[str, Any],
    household: Household | None,
    after: Mapping[str, Any],
    *,
    by: User | None,
    today: dt.date,
) -> None:
    new = person.pk is None
    if not new:
        person.version += 1
    household = household or find_household(person, given, before, after)
    current = None if new else Membership.objects.filter(person=person, valid_to=None).first()
    person.section_a_complete_on = _complete_on(person, after, bool(household or current), today)
    person.save()
    tables = _touched(given, before)
    if "identifier" in tables:
        save_identifiers(person, given, new=new, today=today)
    if "address" in tables:
        save_permanent(person, given, new=new)
    if "relative" in tables:
        save_relatives(person, given, new=new)
    if household is not None:
        require_household(by, household, person)
    elif "membership" in tables and current:
        household = current.household
    if household is not None:
        put_membership(person=person, household=household, relation=after.get("relation_to_head"), today=today, new=new)


def _touched(given: Mapping[str, Any], before: Mapping[str, Any]) -> set[str]:
    """Tables of which a value differs from the stored one: a form sends all of them with every save."""
    nothing = (None, "", Answer.NOT_ASKED)
    return {
        STORES[code].partition(".")[0]
        for code, value in given.items()
        if before.get(code) != value and not (value in nothing and before.get(code) in nothing)
    }


def _complete_on(person: Person, v: Mapping[str, Any], has_household: bool, today: dt.date) -> dt.date | None:
    """The day from which section A is complete; kept while it stays so."""
    if rules.missing_in_section_a(completeness_facts(person, v, has_household, today)):
        return None
    return person.section_a_complete_on or today


def completeness_facts(person: Person, v: Mapping[str, Any], has_household: bool, today: dt.date) -> SimpleNamespace:
    """What `rules.missing_in_section_a` asks, from the values of section A."""
    guardians = [v.get("mother_name"), v.get("father_name"), v.get("caregiver_name")]
    return SimpleNamespace(
        full_name=person.full_name,
        sex=person.sex,
        birth_date=person.birth_date,
        has_identifier=bool(v.get("id_number")),
        id_missing_reason=person.id_missing_reason_id,
        ethnicity=person.ethnicity_id,
        occupation=person.occupation_id,
        age=age_on(person.birth_date, person.birth_precision, today) if person.birth_date else None,
        commune=person.commune_id,
        village=person.village_id,
        household=has_household,
        phone=any(
            bool(v.get(name))
            for name in ("phone_mobile", "phone_landline", "caregiver_phone_mobile", "caregiver_phone_landline")
        ),
        has_guardian=any(rules.plain_value(name) for name in guardians),
        has_insurance=bool(v.get("health_insurance_number")),
    )
