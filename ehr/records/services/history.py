"""Writing section B."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.prepared import Prepared
from ehr.common.problems import Problem, StaleError, raise_errors
from ehr.common.text import nfc, nfc_lines
from ehr.records import facts, rules
from ehr.records.models import Allergy, Condition, Disability, FamilyHistory, HealthHistory, Household, Person, Surgery
from ehr.records.models.household import Toilet
from ehr.records.sections import b
from ehr.records.services.common import Saved, apply_answer, as_answer, require_person
from ehr.records.services.lines import LineChanges
from stations.models import User

STORES = b.STORES | b.EXTRA_STORES
LISTS: dict[str, tuple[Any, str]] = {
    "allergy": (Allergy, "allergy-kind"),
    "condition": (Condition, "own-disease"),
    "disability": (Disability, "disability-kind"),
}
FAMILY = {"family_allergy": ("allergy-kind", "allergy_kind"), "family_disease": ("own-disease", "disease_kind")}
TICKS = facts.TICKS
NO_HOUSEHOLD = Problem(
    "household_toilet_type",
    "household.missing",
    "Người này chưa thuộc hộ nào nên chưa ghi được loại hố xí của gia đình.",
    "warning",
)
_LOCKED = Prepared(lambda key: HealthHistory.objects.select_for_update().filter(person=key).order_by(), int)
YEAR = re.compile(r"\(?\b((?:19|20)\d\d)\b\)?\s*$")


@transaction.atomic
def save_history(
    *, person: Person, values: Mapping[str, Any], by: User | None, door: str, version: int | None = None
) -> Saved:
    """Checks, stores and logs section B of one person.

    `values`: field codes of SECTION_B and its extras; absent ones stay as they are (a sheet's empty cell must not blank
    a field), an empty value makes the field "chưa hỏi". Texts of several lines become one row each. What equals the
    stored record is not written again: saving an unchanged form leaves no trace, not even a new version.
    Returns the HealthHistory (without a key when nobody asked anything yet) and the warnings.
    Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, person)
    unknown = [name for name in values if name not in STORES]
    if unknown:
        raise TypeError(f"unknown field codes: {', '.join(sorted(unknown))}")
    given, problems = _clean_all(values)
    with audit.context(by=by, door=door):
        history = _locked_history(person, version)
        household = facts.household_of(person)[0] if given.get("household_toilet_type") else None
        lists = _read_lists(person, given)
        surgeries = facts.surgeries_of(person.pk) if "surgery_history" in given else []
        before = facts.section_b_from(history, household, lists, surgeries)
        problems += rules.check_history({**before, **given}, sex=person.sex)
        if given.get("household_toilet_type") and household is None:
            problems.append(NO_HOUSEHOLD)
        found = raise_errors(problems)
        changed = {name: value for name, value in given.items() if value != before[name]}
        _save_toilet(household, changed)
        lines = LineChanges()
        _plan_lists(lines, person, changed, lists)
        _plan_family(lines, person, changed, before, lists)
        _plan_surgeries(lines, person, changed, surgeries)
        if lines or any(not STORES[name].startswith("household.") for name in changed):
            _save_columns(history, changed)
            lines.write()
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(history, found)


# --- What was given --------------------------------------------------------------------------------------------------


def _clean_all(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        try:
            given[name] = _clean(name, value)
        except NumberError as exc:
            problems.append(Problem(name, exc.code, exc.message))
    toilet = given.get("household_toilet_type")
    if toilet and toilet not in Toilet.values:
        message = "Loại hố xí không có trên mẫu."
        problems.append(Problem("household_toilet_type", "household_toilet_type.choice", message))
    return given, problems


def _clean(name: str, value: Any) -> Any:
    """The value in the form in which the record keeps it. Raises NumberError."""
    if name == "surveyed_on":
        return value or None
    if not _is_answer(name):
        return nfc(value) if isinstance(value, str) else (value or "")
    column = _column(name)
    if isinstance(column, models.IntegerField | models.DecimalField):
        return _number(value, whole=isinstance(column, models.IntegerField))
    given = as_answer(value)
    if not isinstance(given.value, str):
        return given
    one_line = isinstance(column, models.CharField)
    return Answer((nfc if one_line else nfc_lines)(given.value), "value")


def _number(value: Any, *, whole: bool) -> Answer:
    """A count or measure: 0 is a number here, not "không có"."""
    raw = value.value if isinstance(value, Answer) else value
    if isinstance(raw, str):
        if raw.strip() != "0" and as_answer(raw).state != "value":
            return as_answer(raw)
        raw = parse_decimal(raw)
    if raw is None:
        return as_answer(value)
    if whole and raw != int(raw):
        raise NumberError("number.whole", f"Phải là số nguyên, đang là {raw}.")
    return Answer(int(raw) if whole else Decimal(raw), "value")


def _column(name: str) -> Any:
    """The column of HealthHistory that keeps the field; None when rows of a list keep it."""
    table, _, rest = STORES[name].partition(".")
    return HealthHistory._meta.get_field(rest) if table == "history" else None


def _is_answer(name: str) -> bool:
    """Whether the field takes free text or a number, where "không có" and "không biết" are answers."""
    table, _, rest = STORES[name].partition(".")
    if table == "history":
        return not _column(name).choices and rest != "surveyed_on"
    return table != "household" and name not in TICKS and not rest.endswith(".relative")


# --- What is stored --------------------------------------------------------------------------------------------------


def _locked_history(person: Person, version: int | None) -> HealthHistory:
    """The person's row, locked, or an unsaved one when nobody asked before. A stale `version` is refused."""
    row = _LOCKED.first(person.pk)
    if row is not None and version is not None and row.version != version:
        raise StaleError
    return row or HealthHistory(person=person, version=0)


def _read_lists(person: Person, given: Mapping[str, Any]) -> dict[str, list]:
    """Rows of the lists that this save touches, oldest first; one query each."""
    tables = {STORES[name].partition(".")[0] for name in given}
    names = [table for table in LISTS if table in tables] + (["family"] if tables & FAMILY.keys() else [])
    return facts.lists_of(person.pk, names)


# --- Writing ---------------------------------------------------------------------------------------------------------


def _save_columns(history: HealthHistory, changed: Mapping[str, Any]) -> None:
    for name, value in changed.items():
        table, _, column = STORES[name].partition(".")
        if table == "history" and isinstance(value, Answer):
            apply_answer(history, name, value, attribute=column)
        elif table == "history":
            setattr(history, column, value)
        elif name == "surgery_history":
            apply_answer(history, name, value)
    history.version += 1
    history.clean_fields(exclude=["person"])
    try:
        history.save(force_insert=history.pk is None)
    except IntegrityError as clash:  # two first saves at once: the second one was made on a form that is stale now
        raise StaleError from clash


def _save_toilet(household: Household | None, changed: Mapping[str, Any]) -> None:
    """A fact of the household, printed on each member's form: the latest answer wins (form831.md §4 rule 11)."""
    toilet = changed.get("household_toilet_type")
    if toilet and household:
        household.toilet_type = toilet
        household.version += 1
        household.save(update_fields=["toilet_type", "version", "updated_at"])


def _plan_lists(changes: LineChanges, person: Person, changed: Mapping[str, Any], lists: dict[str, list]) -> None:
    existing = facts.lines_by_kind(lists)
    for name, value in changed.items():
        table, _, kind = STORES[name].partition(".")
        if table in LISTS:
            model, system = LISTS[table]
            code = facts.codes_of(system)[kind]
            rows = existing.get((table, kind), [])
            changes.plan(rows, _lines(value), partial(model, person=person, kind=code), field=name)


def _plan_family(
    changes: LineChanges, person: Person, changed: Mapping[str, Any], before: Mapping[str, Any], lists: dict[str, list]
) -> None:
    existing = facts.lines_by_kind(lists)
    for name in dict.fromkeys(each.removesuffix("_person") for each in changed):
        table, _, kind = STORES[name].partition(".")
        if table not in FAMILY:
            continue
        system, column = FAMILY[table]
        code = facts.codes_of(system)[kind]
        rows = existing.get((table, kind), [])
        lines = _family_lines(name, rows, changed, before)
        changes.plan(rows, lines, partial(FamilyHistory, person=person, **{column: code}), field=name)


def _family_lines(name: str, rows: list, changed: Mapping[str, Any], before: Mapping[str, Any]) -> list[dict[str, str]]:
    """The lines of one kind with their relatives. Rows may name different ones, which stay when nobody changed them."""
    relative = nfc(changed.get(f"{name}_person", before[f"{name}_person"]))
    renamed = f"{name}_person" in changed
    lines = _lines(changed[name]) if name in changed else [{"answer": row.answer, "detail": row.detail} for row in rows]
    if not lines and relative and renamed:
        # Only the relative was written: it says "yes", and a warning says what is missing.
        lines = [{"answer": "yes", "detail": ""}]
    own = {(row.answer, row.detail): row.relative for row in rows}
    for line in lines:
        line["relative"] = relative if renamed else own.get((line["answer"], line["detail"]), relative)
    return lines


def _lines(value: Any) -> list[dict[str, str]]:
    """The rows that an answer stands for: none when nobody asked, one per written line."""
    if isinstance(value, Answer):
        if value.state == "value":
            details = [nfc(line) for line in str(value.value).splitlines() if line.strip()]
            return [{"answer": "yes", "detail": "" if detail == "Có" else detail} for detail in details]
        value = {"none": "no", "unknown": "unknown", "": ""}[value.state]
    return [{"answer": value, "detail": ""}] if value else []


def _plan_surgeries(changes: LineChanges, person: Person, changed: Mapping[str, Any], existing: list[Surgery]) -> None:
    """One operation a line; a year at the end of the line is the year of the operation."""
    value = changed.get("surgery_history")
    if value is None:
        return
    kept = {str(row): {"body_part": row.body_part, "year": row.year} for row in existing}
    wanted = []
    for line in str(value.value or "").splitlines():
        text = nfc(line)
        if text:
            year = YEAR.search(text)
            part = text[: year.start()].rstrip(" ,;-(") if year else text
            read = {"body_part": part or text, "year": int(year[1]) if year and part else None}
            wanted.append(kept.get(text) or read)
    changes.plan(existing, wanted, partial(Surgery, person=person), field="surgery_history")
