"""Writing section A: person, identifiers, addresses, relatives, membership."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common import events, identifiers
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, age_on
from ehr.common.problems import Problem, errors, raise_errors, warnings
from ehr.common.text import nfc, nfc_lines, plain, sort_key
from ehr.records import facts, rules
from ehr.records.models import Address, Household, Identifier, Membership, Person, Relative
from ehr.records.sections import a
from ehr.records.services.common import (
    Saved, apply_answer, as_answer, lock, require_person, require_place, require_right, resolve_codes,
)  # fmt: skip
from ehr.records.services.household import put_membership, require_household
from stations.models import AdminUnit, User, Village

SYSTEMS = a.SYSTEMS | {"id_missing_reason": "id-missing-reason"}
STORES = a.STORES | a.EXTRA_STORES
NUMBERS = {  # field code: kind of identifier
    "health_insurance_number": "BHYT_CARD",
    "social_insurance_code": "BHXH_NO",
    "vneid_account": "E_ACCOUNT",
    "population_member_code": "LOCAL",
    "birth_certificate_number": "BIRTH_CERT_NO",
}
UNITS = {  # field code: (level, schemes)
    "current_commune": ("commune", "new"),
    "permanent_commune": ("commune", ""),
    "current_district": ("district", "old"),
    "permanent_district": ("district", "old"),
    "permanent_province": ("province", ""),
    "birth_registration_province": ("province", ""),
}


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
        person = lock(Person.objects.select_related("commune", "village"), person.pk, version)
        before = facts.section_a(person)
    given, problems = _clean(values, household, before)
    after = {**before, **given}
    # What no list has was given all the same: it is not also missing.
    given_codes = {f"{problem.field}.required" for problem in problems}
    problems += [each for each in rules.check_person(after, today=today) if each.code not in given_codes]
    problems += _check_places(after)
    if not errors(problems):
        problems += _check_others(person, given, after)
    problems += _check_withdrawal(person, before, given, by)
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
            raise_errors([_clash_problem(clash)])
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(person, warnings(problems))


def _clean(
    values: Mapping[str, Any], household: Household | None, before: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Texts in their stored form, codes and units as rows."""
    given = {name: _text(name, value) for name, value in values.items() if name in STORES}
    unknown = [name for name in values if name not in STORES]
    if unknown:
        raise TypeError(f"unknown field codes: {', '.join(sorted(unknown))}")
    problems = _one_number(given)
    for name in a.ANSWERABLE & given.keys():
        given[name] = as_answer(given[name])
    if given.get("id_number"):
        given["id_number"] = identifiers.clean_number(given["id_number"])
    for name in ("phone_mobile", "phone_landline", "caregiver_phone_mobile", "caregiver_phone_landline"):
        value = given.get(name)
        if isinstance(value, Answer) and value.state == "value":
            given[name] = Answer(identifiers.clean_phone(str(value.value)), "value")
        elif isinstance(value, str):
            given[name] = identifiers.clean_phone(value)
    for name in NUMBERS.keys() & given.keys():
        value = given[name]
        if isinstance(value, Answer) and value.state == "value":
            given[name] = Answer(identifiers.clean_number(str(value.value)), "value")
        elif isinstance(value, str):
            given[name] = identifiers.clean_number(value)
    given, unknown_codes = resolve_codes(given, {name: system for name, system in SYSTEMS.items() if name in given})
    problems += unknown_codes + _resolve_units(given, before)
    if household is not None:
        given.setdefault("current_commune", household.commune)
        given.setdefault("current_village_code", household.village)
        given.setdefault("current_address_detail", household.address_detail)
    village = given.get("current_village_code")
    if isinstance(village, Village) and not given.get("current_commune"):
        given["current_commune"] = village.commune
    return given, problems


def _text(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return nfc_lines(value) if name == "note" else nfc(value)


def _one_number(given: dict[str, Any]) -> list[Problem]:
    """The exchange sends the card number under two tags; two different numbers are refused, for one would be lost."""
    number, second = (identifiers.clean_number(given.get(name) or "") for name in ("id_number", "person_identifier"))
    if "person_identifier" in given and second and not number:
        given["id_number"] = second
    given.pop("person_identifier", None)
    if number and second and number != second:
        message = "Mã định danh khác với số CMND/CCCD: chỉ ghi một số."
        return [Problem("person_identifier", "person_identifier.differs", message)]
    return []


def _resolve_units(given: dict[str, Any], before: Mapping[str, Any]) -> list[Problem]:
    """Unit codes as rows. A commune or province code without more is of the present list, after "old-" of the former
    one; a district is always of the former one. A village code belongs to the commune, given or as it was."""
    problems = []
    for name, (level, scheme) in UNITS.items():
        value = given.get(name)
        if isinstance(value, str) and value:
            named, _, bare = value.rpartition("-")
            known = AdminUnit.objects.filter(code=bare, level=level, scheme=scheme or named or "new")
            unit = known.select_related("parent").first()
            given[name] = unit
            if unit is None:
                problems.append(Problem(name, f"{name}.unknown_code", f"Mã đơn vị «{value[:10]}» không có trong danh mục."))
        elif name in given:
            given[name] = value or None
    for name, commune in (("current_village_code", "current_commune"), ("permanent_village_code", "permanent_commune")):
        value = given.get(name)
        if isinstance(value, str) and value:
            rows = Village.objects.filter(code=value).select_related("commune")
            unit = given.get(commune) or before.get(commune)
            found = list(rows.filter(commune=unit) if isinstance(unit, AdminUnit) else rows[:2])
            given[name] = found[0] if len(found) == 1 else None
            if len(found) != 1:
                problems.append(Problem(name, f"{name}.unknown_code", f"Mã thôn «{value[:20]}» không có trong xã."))
        elif name in given:
            given[name] = value or None
    given.pop("current_province", None)  # follows the commune
    return problems


def _check_places(v: Mapping[str, Any]) -> list[Problem]:
    commune, village = v.get("current_commune"), v.get("current_village_code")
    if isinstance(commune, AdminUnit) and isinstance(village, Village) and village.commune_id != commune.pk:
        return [Problem("current_village_code", "current_village_code.commune", "Thôn này không thuộc xã/phường đã chọn.")]
    return []


def _check_others(person: Person, given: Mapping[str, Any], v: Mapping[str, Any]) -> list[Problem]:
    """Rules that need other rows: a number in use, a probable second record of the same person."""
    problems, number, birth = [], given.get("id_number"), v["birth_date"]
    asked: list[QuerySet[Any, Any]] = []  # answered by one statement
    if number and identifiers.classify_identity_number(number) == "SDDCN":
        taken = Identifier.objects.filter(value=number, kind__in=("SDDCN", "FOREIGN_ID"), valid_to=None)
        asked.append(taken.exclude(person=person.pk).order_by().values_list(Value("taken"))[:1])
    if person.pk is None and birth.date:
        twins = Person.objects.active().filter(
            plain_name=plain(v["full_name"]), birth_date=birth.date, sex=v["sex"], commune=v["current_commune"]
        )
        asked.append(twins.order_by().values_list(Value("twin"))[:1])
    found = {row[0] for row in asked[0].union(*asked[1:], all=True)} if asked else set()
    if "taken" in found:
        problems.append(Problem("id_number", "id_number.taken", "Số định danh đang dùng ở hồ sơ khác."))
    merged = Person.Status.DUPLICATE
    if "status" in given and (given["status"] == merged) != (person.status == merged):
        message = "Hồ sơ trùng được gộp và tách ở chức năng hồ sơ trùng, không đổi trạng thái trực tiếp."
        problems.append(Problem("status", "status.duplicate", message))
    if "twin" in found:
        message = "Trong xã đã có hồ sơ cùng họ tên, ngày sinh và giới tính: kiểm tra hồ sơ trùng."
        problems.append(Problem("full_name", "person.possible_duplicate", message, "warning"))
    return problems


def _check_withdrawal(
    person: Person, before: Mapping[str, Any], given: Mapping[str, Any], by: User | None
) -> list[Problem]:
    """"Nhập nhầm" takes the place of deleting: a right of its own, and never for a record that is in use (REQ-REC-14)."""
    if given.get("status") != Person.Status.ERROR or before.get("status") == Person.Status.ERROR:
        return []
    require_right(by, "record.delete")
    # Doses belong to an app above this one; the relation is there when the app is.
    used = ("encounter_set", "immunization_set")
    if person.pk and any(hasattr(person, name) and getattr(person, name).exists() for name in used):
        message = "Hồ sơ đã có lượt khám hoặc mũi tiêm nên không đánh dấu nhập nhầm được; hãy hủy các mục đó trước."
        return [Problem("status", "status.in_use", message)]
    return []


def _clash_problem(clash: IntegrityError) -> Problem:
    """The constraint that another request won, as the same problem that the check gives."""
    name = getattr(getattr(clash.__cause__, "diag", None), "constraint_name", "") or ""
    if name == "identifier_national_unique":
        return Problem("id_number", "id_number.taken", "Số định danh đang dùng ở hồ sơ khác.")
    if name in ("membership_one_current", "membership_one_head", "household_code_unique"):
        return Problem("household_code", f"{name}.clash", "Hộ gia đình vừa được người khác thay đổi, hãy lưu lại.")
    raise clash


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
            field = Person._meta.get_field(column)
            empty = None if field.null else field.get_default() if field.has_default() else ""
            setattr(person, column, value if value not in (None, "") else empty)
    person.plain_name = plain(person.full_name)
    person.sort_name = sort_key(person.full_name)
    birth: PartialDate = after["birth_date"]
    person.birth_date, person.birth_precision = birth.date, birth.precision
    if person.village_id and person.village.commune_id != person.commune_id:
        person.village = None
    person.province = person.commune.parent


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


def _save(person, given, before, household, after, *, by, today) -> None:
    new = person.pk is None
    if not new:
        person.version += 1
    household = household or _household(person, given, before, after)
    current = None if new else Membership.objects.filter(person=person, valid_to=None).first()
    person.section_a_complete_on = _complete_on(person, after, bool(household or current), today)
    person.save()
    _save_identifiers(person, given, new=new, today=today)
    _save_permanent(person, given, new=new)
    _save_relatives(person, given, new=new)
    if household is not None or ("relation_to_head" in given and current):
        if household is not None:
            require_household(by, household, person)
        put_membership(
            person=person, household=household or current.household, relation=after.get("relation_to_head"),
            today=today, new=new,
        )  # fmt: skip


def _household(person: Person, given, before, after) -> Household | None:
    """The household that `household_code` names in the person's village; opened when it does not exist yet. A number
    that is not changed moves nobody: a form sends it along with every save."""
    code = given.get("household_code")
    if not code or code == before.get("household_code"):
        return None
    where = {"commune": person.commune, "village": person.village, "code": code, "closed_on": None}
    household = Household.objects.filter(**where).first()
    if household is None:
        household = Household.objects.create(
            **where, province=person.commune.parent, address_detail=after.get("current_address_detail") or ""
        )
    return household


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


def _save_identifiers(person: Person, given, *, new: bool, today: dt.date) -> None:
    """Current numbers. A changed number ends the former one, which search still finds (REQ-IDN-04)."""
    wanted: dict[str, dict[str, Any]] = {}
    ends: set[str] = set()
    if "id_number" in given:
        ends |= set(facts.IDENTITY_KINDS)
        if given["id_number"]:
            wanted[identifiers.classify_identity_number(given["id_number"])] = {"value": given["id_number"]}
    for code, kind in NUMBERS.items():
        if code in given:
            ends.add(kind)
            value = rules.plain_value(given[code])
            if value:
                wanted[kind] = {"value": str(value)}
    issue = {column: given[code] for code, column in (("id_issue_date", "issued_on"), ("id_issue_place", "issued_by")) if code in given}  # fmt: skip
    if not (ends or issue):
        return
    rows = [] if new else list(Identifier.objects.filter(person=person))
    current = {row.kind: row for row in rows if row.valid_to is None}
    identity = next((kind for kind in facts.IDENTITY_KINDS if kind in (wanted if "id_number" in given else current)), None)
    if identity and issue:
        wanted.setdefault(identity, {"value": current[identity].value if identity in current else given["id_number"]})
        wanted[identity] |= {"issued_on": issue.get("issued_on") or None} if "issued_on" in issue else {}
        wanted[identity] |= {"issued_by": issue.get("issued_by") or ""} if "issued_by" in issue else {}
    create = []
    for kind in ends | wanted.keys():
        row, want = current.get(kind), wanted.get(kind)
        if row and (want is None or row.value != want["value"]):
            row.valid_to = today
            row.save()
            row = None
        if want is None:
            continue
        row = row or next((old for old in rows if old.kind == kind and old.value == want["value"]), None)
        if row is None:
            create.append(Identifier(person=person, kind=kind, valid_from=None if new else today, **want))
        elif row.valid_to is not None or any(getattr(row, key) != value for key, value in want.items()):
            row.valid_to = None
            for key, value in want.items():
                setattr(row, key, value)
            row.save()
    if create:
        for row in create:
            row.full_clean(exclude=["person"], validate_unique=False, validate_constraints=False)
        Identifier.objects.bulk_create(create)


def _save_permanent(person: Person, given, *, new: bool) -> None:
    columns = {
        STORES[code].rpartition(".")[2]: value or ("" if code.endswith("detail") else None)
        for code, value in given.items()
        if STORES[code].startswith("address.permanent.")
    }
    if not columns or (new and not any(columns.values())):
        return
    row = None if new else Address.objects.filter(person=person, use="permanent", valid_to=None).first()
    row = row or Address(person=person, use="permanent")
    if columns.get("commune") and not columns.get("province"):
        columns["province"] = _province_of(columns["commune"])
    _save_changed(row, columns)


def _province_of(unit: AdminUnit) -> AdminUnit | None:
    while unit is not None and unit.level != "province":
        unit = unit.parent
    return unit


def _save_relatives(person: Person, given, *, new: bool) -> None:
    by_role: dict[str, dict[str, Any]] = {}
    for code, value in given.items():
        table, _, rest = STORES[code].partition(".")
        if table == "relative":
            role, _, column = rest.partition(".")
            by_role.setdefault(role, {})[column] = rules.plain_value(value)
    if not by_role:
        return
    rows = {} if new else {row.role: row for row in Relative.objects.filter(person=person, role__in=by_role)}
    create = []
    for role, columns in by_role.items():
        row = rows.get(role) or Relative(person=person, role=role)
        columns = {key: _empty(row, key) if value in (None, "") else value for key, value in columns.items()}
        if row.pk is None:
            if any(value not in (None, "") for value in columns.values()):
                for key, value in columns.items():
                    setattr(row, key, value)
                create.append(row)
        else:
            _save_changed(row, columns)
    if create:
        Relative.objects.bulk_create(create)


def _empty(row: Any, column: str) -> Any:
    return None if row._meta.get_field(column).null else ""


def _save_changed(row: Any, columns: Mapping[str, Any]) -> None:
    """Saves the row when a column differs."""
    changed = row.pk is None
    for key, value in columns.items():
        if getattr(row, key) != value:
            setattr(row, key, value)
            changed = True
    if changed:
        row.save()
