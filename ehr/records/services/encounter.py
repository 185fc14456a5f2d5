"""Writing section D: visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.codes.models import Code
from ehr.common import events
from ehr.common.dates import PartialDate, Precision
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.problems import Problem, raise_errors, warnings
from ehr.common.text import nfc
from ehr.records import facts, rules
from ehr.records.models import Diagnosis, Encounter, ExamFinding, LabResult, Person
from ehr.records.sections import d
from ehr.records.services.common import Saved, lock, require_person, require_right, sync_lines
from stations.models import User

STORES = d.STORES | d.EXTRA_STORES
LAB_COLUMNS = ("group", "service_code", "service_group", "service_name", "loinc", "result", "unit")
DIAGNOSIS_COLUMNS = ("icd10_code", "name", "conclusion")


@transaction.atomic
def save_encounter(
    *,
    person: Person,
    values: Mapping[str, Any],
    by: User | None,
    door: str,
    encounter: Encounter | None = None,
    version: int | None = None,
    today: dt.date | None = None,
) -> Saved:
    """Checks, stores and logs one visit.

    `values`: field codes of SECTION_D and its extras, without BMI, and the lists
    `labs`: [{group, result, service_name, service_code, service_group, loinc, unit}] and
    `diagnoses`: [{icd10_code, name, conclusion}], the first being the main one. Absent keys stay as they are.
    The four result lines of the paper (`lab_haematology`…) may be given as texts instead of `labs`.
    Returns the Encounter and the warnings. Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, person)
    today = today or localdate()
    before: dict[str, Any] = {}
    if encounter is not None:
        encounter = lock(Encounter.objects.filter(person=person), encounter.pk, version)
        before = _before(encounter)
    given = _clean(values)
    birth = PartialDate(person.birth_date, Precision(person.birth_precision))
    diagnoses, problems = _resolve_diagnoses(given.get("diagnoses"), person.sex, given.get("exam_date") or today)
    after = {**before, **given}
    problems += rules.check_encounter(after, sex=person.sex, birth=birth, death=person.death_date, today=today)
    raise_errors(problems)
    encounter = encounter or Encounter(person=person, version=0)
    for name, value in given.items():
        table, _, column = STORES.get(name, "").partition(".")
        if table == "encounter":
            field = Encounter._meta.get_field(column)
            empty = None if field.null else field.get_default() if field.has_default() else ""
            setattr(encounter, column, empty if value in (None, "") else value)
    with audit.context(by=by, door=door):
        encounter.version += 1
        encounter.full_clean(exclude=["person", "bmi", "facility"])
        encounter.save()
        _save_findings(encounter, given, new=not before)
        if "labs" in given:
            _save_lines(encounter, LabResult, _lab_rows(given["labs"]), new=not before)
        if diagnoses is not None:
            _save_lines(encounter, Diagnosis, diagnoses, new=not before)
    events.publish_on_commit("encounter_saved", person_id=person.pk, encounter_id=encounter.pk)
    return Saved(encounter, warnings(problems))


@transaction.atomic
def cancel_encounter(*, encounter: Encounter, reason: str, by: User | None, door: str, version: int | None = None) -> Saved:
    """Marks a visit as entered in error; it stays in the record with its reason (REQ-REC-14)."""
    require_right(by, "record.change")
    if by is not None and not Encounter.objects.visible_to(by).filter(pk=encounter.pk).exists():
        raise PermissionDenied
    reason = nfc(reason)
    if not reason:
        raise_errors([Problem("status_reason", "status_reason.required", "Ghi lý do hủy lượt khám.")])
    encounter = lock(Encounter.objects.all(), encounter.pk, version)
    encounter.status, encounter.status_reason = Encounter.Status.ERROR, reason
    encounter.version += 1
    with audit.context(by=by, door=door):
        encounter.save()
    return Saved(encounter)


def _before(encounter: Encounter) -> dict[str, Any]:
    """What the rules compare new values with: the columns of the visit."""
    return {
        name: getattr(encounter, store.partition(".")[2])
        for name, store in STORES.items()
        if store.startswith("encounter.")
    }


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in values if name not in STORES and name not in ("labs", "diagnoses")]
    if unknown:
        raise TypeError(f"unknown field codes: {', '.join(sorted(unknown))}")
    given = dict(values)
    given.pop("bmi", None)  # computed by the database
    for name in ("diagnosis_icd10_code", "diagnosis_name", "conclusion"):
        value = given.pop(name, None)
        if value and "diagnoses" not in values:
            column = name.removeprefix("diagnosis_")
            given.setdefault("diagnoses", [{}])[0][column] = value
    texts = {name: given.pop(f"lab_{name}") for name in d.LABS if f"lab_{name}" in given}
    if texts:
        given["labs"] = [*given.get("labs", []), *({"group": name, "result": text} for name, text in texts.items() if text)]
    for name in ("labs", "diagnoses"):
        if name in given:
            given[name] = [_row(line) for line in given[name]]
    for name in ("service_code", "service_group", "service_name"):
        given.pop(name, None)  # columns of the rows in `labs`
    return given


def _row(line: Any) -> dict[str, Any]:
    """A line of a list as a dictionary of clean texts; rows of the database are accepted too."""
    if not isinstance(line, Mapping):
        names = LAB_COLUMNS if isinstance(line, LabResult) else DIAGNOSIS_COLUMNS
        line = {name: getattr(line, name) for name in names}
    return {key: value.strip() if isinstance(value, str) else value for key, value in line.items()}


def _resolve_diagnoses(
    lines: Sequence[Mapping[str, Any]] | None, sex: str, day: dt.date
) -> tuple[list[dict[str, Any]] | None, list[Problem]]:
    """Diagnosis rows with the code and its list's version. One query for all codes, one for their children."""
    if lines is None:
        return None, []
    written = {line["icd10_code"].upper() for line in lines if line.get("icd10_code")}
    found: dict[str, Code] = {}
    parents: set[str] = set()
    if written:
        valid = Code.objects.filter(system__key="icd10").valid_on(day).select_related("release")
        found = {code.code: code for code in valid.filter(code__in=written).order_by("release__valid_from")}
        parents = set(valid.filter(parent_code__in=written).values_list("parent_code", flat=True))
    rows, problems = [], []
    for position, line in enumerate(lines):
        text = (line.get("icd10_code") or "").upper()
        code = found.get(text)
        if text and code is None:
            problems.append(
                Problem("diagnoses", "icd10.unknown", f"Mã bệnh «{text[:10]}» không có trong danh mục ICD-10 có hiệu lực.")
            )
        if code is not None:
            problems += rules.check_diagnosis(code.code, code.properties, has_children=code.code in parents, sex=sex)
        rows.append(
            {
                "position": position,
                "icd10_id": code.pk if code else None,
                "icd10_code": text,
                "icd10_version": code.release.version if code else "",
                "name": nfc(line.get("name") or (code.name if code else "")),
                "conclusion": line.get("conclusion") or "",
            }
        )
    return rows, problems


def _lab_rows(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Result rows; a result that is a plain number is also kept as a number."""
    groups = facts.codes_of("lab-group")
    rows = []
    for position, line in enumerate(lines):
        group = line.get("group") or "other"
        if not isinstance(group, Code):
            if group not in groups:
                raise_errors([Problem("labs", "labs.group", f"Nhóm xét nghiệm «{group}» không có trong danh mục.")])
            group = groups[group]
        loinc = line.get("loinc")
        rows.append(
            {
                "position": position,
                "group_id": group.pk,
                "service_code": line.get("service_code") or "",
                "service_group": line.get("service_group") or ("2" if group.code == "abdominal_ultrasound" else "1"),
                "service_name": nfc(line.get("service_name") or ""),
                "loinc_id": loinc.pk if isinstance(loinc, Code) else None,
                "result": line.get("result") or "",
                "value": _number(line.get("result") or ""),
                "unit": line.get("unit") or "",
            }
        )
    return rows


def _number(text: str) -> Any:
    try:
        number = parse_decimal(text)
    except NumberError:
        return None  # "âm tính", "5,2 mmol/L": a result in words stays words
    return number if abs(number) < 10**10 else None


def _save_findings(encounter: Encounter, given: Mapping[str, Any], *, new: bool) -> None:
    wanted = {
        STORES[name].partition(".")[2]: value or ""
        for name, value in given.items()
        if STORES.get(name, "").startswith("finding.")
    }
    if not wanted or (new and not any(wanted.values())):
        return
    systems = facts.codes_of("organ-system")
    rows = {} if new else {row.system_id: row for row in ExamFinding.objects.filter(encounter=encounter)}
    create = []
    for name, text in wanted.items():
        system = systems[name]
        row = rows.get(system.pk)
        if row is None and text:
            create.append(ExamFinding(encounter=encounter, system=system, position=system.position, finding=text))
        elif row is not None and not text:
            row.delete()
        elif row is not None and row.finding != text:
            row.finding = text
            row.save()
    if create:
        ExamFinding.objects.bulk_create(create)


def _save_lines(encounter: Encounter, model: Any, rows: list[dict[str, Any]], *, new: bool) -> None:
    existing = [] if new else list(model.objects.filter(encounter=encounter))
    if rows or existing:
        sync_lines(existing, rows, lambda **line: model(encounter=encounter, **line))
