"""Writing section B."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from ehr.audit import services as audit
from ehr.common import events
from ehr.common.answers import Answer
from ehr.common.problems import raise_errors
from ehr.common.text import nfc
from ehr.records import facts, rules
from ehr.records.models import Allergy, Condition, Disability, FamilyHistory, HealthHistory, Household, Person, Surgery
from ehr.records.sections import b
from ehr.records.services.common import Saved, apply_answer, as_answer, lock, require_person, sync_lines
from stations.models import User

STORES = b.STORES | b.EXTRA_STORES
LISTS = {"allergy": (Allergy, "allergy-kind"), "condition": (Condition, "own-disease"), "disability": (Disability, "disability-kind")}
TICKS = facts.TICKS
YEAR = re.compile(r"\(?\b((?:19|20)\d\d)\b\)?\s*$")


@transaction.atomic
def save_history(
    *, person: Person, values: Mapping[str, Any], by: User | None, door: str, version: int | None = None
) -> Saved:
    """Checks, stores and logs section B of one person.

    `values`: field codes of SECTION_B and its extras; absent ones stay as they are (a sheet's empty cell must not blank
    a field), an empty value makes the field "chưa hỏi". Texts of several lines become one row each.
    Returns the HealthHistory and the warnings. Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, person)
    unknown = [name for name in values if name not in STORES]
    if unknown:
        raise TypeError(f"unknown field codes: {', '.join(sorted(unknown))}")
    given = {name: _clean(name, value) for name, value in values.items()}
    with audit.context(by=by, door=door):
        history = _locked_history(person, version)
        household, _ = facts.household_of(person)
        lists = _read_lists(person, given)
        surgeries = list(Surgery.objects.filter(person=person)) if "surgery_history" in given else []
        before = facts.section_b_from(history, household, lists, surgeries)
        found = raise_errors(rules.check_history({**before, **given}, sex=person.sex))
        _save_columns(history, given)
        _save_toilet(household, given)
        _save_lists(person, given, lists)
        _save_surgeries(person, given, surgeries)
    events.publish_on_commit("person_saved", person_id=person.pk)
    return Saved(history, found)


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
    if _is_answer(name):
        return as_answer(value)
    return value if value is not None else ("" if name != "surveyed_on" else None)


def _is_answer(name: str) -> bool:
    """Whether the field takes free text or a number, where "không có" and "không biết" are answers."""
    table, _, rest = STORES[name].partition(".")
    if table == "history":
        return not HealthHistory._meta.get_field(rest).choices and rest != "surveyed_on"
    return table != "household" and name not in TICKS and not rest.endswith(".relative")


def _locked_history(person: Person, version: int | None) -> HealthHistory:
    """The person's row, locked; made when nobody asked before. A stale `version` is refused."""
    row = HealthHistory.objects.filter(person=person).values_list("pk", flat=True).first()
    if row is None:
        # Two first saves at once: the second waits on the unique key, then finds the version grown.
        history, created = HealthHistory.objects.get_or_create(person=person, defaults={"version": 0})
        return history if created else lock(HealthHistory.objects.all(), history.pk, version or 0)
    return lock(HealthHistory.objects.all(), row, version)


def _read_lists(person: Person, given: Mapping[str, Any]) -> dict[str, list]:
    """Rows of the lists that this save touches; one query each."""
    tables = {STORES[name].partition(".")[0] for name in given}
    lists: dict[str, list] = {
        table: list(model.objects.filter(person=person)) for table, (model, _) in LISTS.items() if table in tables
    }
    if tables & {"family_allergy", "family_disease"}:
        lists["family"] = list(FamilyHistory.objects.filter(person=person))
    return lists


def _save_columns(history: HealthHistory, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        table, _, column = STORES[name].partition(".")
        if table == "history" and isinstance(value, Answer):
            apply_answer(history, name, value, attribute=column)
        elif table == "history":
            setattr(history, column, value)
        elif name == "surgery_history":
            apply_answer(history, name, value)
    history.version += 1
    history.clean_fields(exclude=["person"])
    history.save()


def _save_toilet(household: Household | None, given: Mapping[str, Any]) -> None:
    """A fact of the household, printed on each member's form: the latest answer wins (form831.md §4 rule 11)."""
    toilet = given.get("household_toilet_type")
    if toilet and household and household.toilet_type != toilet:
        household.toilet_type = toilet
        household.version += 1
        household.save(update_fields=["toilet_type", "version", "updated_at"])


def _save_lists(person: Person, given: Mapping[str, Any], lists: dict[str, list]) -> None:
    existing = facts.lines_by_kind(lists)
    for name, value in given.items():
        table, _, kind = STORES[name].partition(".")
        if "." in kind:
            continue  # the relative of a line; written with its line below
        rows = existing.get((table, kind), [])
        if table in LISTS:
            model, system = LISTS[table]
            code = facts.codes_of(system)[kind]
            sync_lines(rows, _lines(value), lambda m=model, k=code, **line: m(person=person, kind=k, **line))
        elif table in ("family_allergy", "family_disease"):
            _sync_family(person, table, kind, rows, _lines(value), _relative(name, given, rows))
    _save_relatives_alone(given, existing)


def _relative(name: str, given: Mapping[str, Any], rows: list) -> str:
    """Who has it: as given, else as it was."""
    person = given.get(f"{name}_person")
    return nfc(person) if person is not None else next((row.relative for row in rows if row.relative), "")


def _sync_family(person: Person, table: str, kind: str, rows: list, lines: list[dict[str, str]], relative: str) -> None:
    system, column = ("allergy-kind", "allergy_kind") if table == "family_allergy" else ("own-disease", "disease_kind")
    code = facts.codes_of(system)[kind]
    for line in lines:
        line["relative"] = relative
    if not lines and relative:  # only the relative was written: keep it, the warning says what is missing
        lines = [{"answer": "yes", "detail": "", "relative": relative}]
    sync_lines(rows, lines, lambda **line: FamilyHistory(person=person, **{column: code}, **line))


def _save_relatives_alone(given: Mapping[str, Any], existing: Mapping[tuple[str, str], list]) -> None:
    """The relative came without its line: it goes to the rows that are there."""
    for name, value in given.items():
        if not name.endswith("_person") or name.removesuffix("_person") in given:
            continue
        table, _, rest = STORES[name].partition(".")
        for row in existing.get((table, rest.partition(".")[0]), []):
            if row.relative != value:
                row.relative = value
                row.save()


def _lines(value: Any) -> list[dict[str, str]]:
    """The rows that an answer stands for: none when nobody asked, one per written line."""
    if isinstance(value, Answer):
        if value.state == "value":
            details = [nfc(line) for line in str(value.value).splitlines() if line.strip()]
            return [{"answer": "yes", "detail": "" if detail == "Có" else detail} for detail in details]
        value = {"none": "no", "unknown": "unknown", "": ""}[value.state]
    return [{"answer": value, "detail": ""}] if value else []


def _save_surgeries(person: Person, given: Mapping[str, Any], existing: list[Surgery]) -> None:
    """One operation a line; a year at the end of the line is the year of the operation."""
    value = given.get("surgery_history")
    if value is None:
        return
    wanted = []
    for line in str(value.value or "").splitlines():
        text = nfc(line)
        if text:
            year = YEAR.search(text)
            part = text[: year.start()].rstrip(" ,;-(") if year else text
            wanted.append({"body_part": part or text, "year": int(year[1]) if year and part else None})
    sync_lines(existing, wanted, lambda **line: Surgery(person=person, **line))


