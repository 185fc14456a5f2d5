"""Writing section D: visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.codes.models import Code
from ehr.common import events
from ehr.common.dates import PartialDate, Precision
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.prepared import Prepared
from ehr.common.problems import Problem, errors, raise_errors
from ehr.common.text import nfc, nfc_lines
from ehr.common.transactions import saving
from ehr.records import facts, rules
from ehr.records.models import Diagnosis, Encounter, ExamFinding, LabResult, Medication, Person
from ehr.records.sections import d
from ehr.records.services.common import Saved, empty_value, lock, require_person, require_right
from ehr.records.services.lines import LineChanges
from stations.models import User
from stations.scope import scope_of

STORES = d.STORES | d.EXTRA_STORES
LAB_TEXTS = ("service_code", "service_group", "service_name", "unit")
DIAGNOSIS_FIELDS = ("diagnosis_icd10_code", "diagnosis_name", "conclusion")
DIAGNOSIS_TEXTS = ("icd10_code", "name", "conclusion")
DRUG_TEXTS = ("name", "strength", "unit")
# Not columns to type: the person is given, BMI is computed, a facility was resolved before.
FROM_CLAIM = Problem(
    "",
    "encounter.from_claim",
    "Lượt khám này do cơ sở khám, chữa bệnh gửi theo hồ sơ BHYT nên không sửa được ở đây: cơ sở gửi bản đúng thì "
    "hồ sơ tự cập nhật. Nếu không phải của người này thì hủy lượt khám, ghi lý do.",
)
NOT_CHECKED = ["person", "bmi", "facility"]


@saving
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
    `diagnoses`: [{icd10_code, name, conclusion}], the first being the main one, and
    `medications`: [{name, strength, quantity, unit, dosage}], drugs given. Absent keys stay as they are.
    The four result lines of the paper (`lab_haematology`…) may be given as texts instead of `labs`.
    What equals the stored visit is not written again; a line that did not change keeps its code and list version.
    Returns the Encounter and the warnings. Raises ValidationError, StaleError, PermissionDenied."""
    require_person(by, person)
    today = today or localdate()
    new = encounter is None
    if encounter is None:
        encounter = Encounter(person=person, version=0)
    else:
        encounter = lock(Encounter.objects.filter(person=person), encounter.pk, version)
        if encounter.status == Encounter.Status.ERROR:
            raise_errors([Problem("status", "encounter.cancelled", "Lượt khám này đã hủy nên không sửa được nữa.")])
    planned = plan_encounter(
        encounter, values, person=person, today=today, stored=None if new else StoredLines.of(encounter, values)
    )
    found = raise_errors(planned.problems)
    if planned.acts:
        with audit.context(by=by, door=door):
            _save(encounter, planned.columns, new=new)
            planned.lines.write()
        events.publish_on_commit("encounter_saved", person_id=person.pk, encounter_id=encounter.pk)
    return Saved(encounter, found)


@dataclass(slots=True)
class StoredLines:
    """Rows of a stored visit that a save may touch."""

    findings: list[ExamFinding]
    labs: list[LabResult]
    diagnoses: list[Diagnosis]
    medications: list[Medication] = field(default_factory=list)

    @classmethod
    def of(cls, encounter: Encounter, values: Mapping[str, Any]) -> StoredLines:
        """One query for each list that `values` (field codes) names."""

        def rows(model: Any, wanted: bool) -> list:
            return list(model.objects.filter(encounter=encounter)) if wanted else []

        return cls(
            rows(ExamFinding, any(STORES.get(name, "").startswith("finding.") for name in values)),
            rows(LabResult, "labs" in values or any(f"lab_{name}" in values for name in d.LABS)),
            rows(Diagnosis, "diagnoses" in values or any(name in values for name in DIAGNOSIS_FIELDS)),
            rows(Medication, "medications" in values),
        )


@dataclass(slots=True)
class EncounterPlan:
    """What a save does: columns of the visit that change, rows of its lists, what the rules say."""

    encounter: Encounter
    new: bool
    columns: set[str]
    lines: LineChanges
    problems: list[Problem]

    @property
    def acts(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.new or self.columns or self.lines)


@dataclass(slots=True)
class DiseaseCodes:
    """ICD-10 codes in force on a day: by code, and those that have children."""

    codes: dict[str, Code]
    parents: set[str]

    @classmethod
    def on(cls, day: dt.date, written: Iterable[str]) -> DiseaseCodes:
        """Two queries; none when nothing is written."""
        wanted = set(written)
        if not wanted:
            return cls({}, set())
        texts = sorted(wanted)
        return cls(
            {code.code: code for code in _DISEASES.all(day, texts)},
            {code.parent_code for code in _CHILDREN.all(day, texts)},
        )


def _valid(day: dt.date) -> Any:
    return Code.objects.filter(system__key="icd10").valid_on(day).select_related("release")


_DISEASES = Prepared(
    lambda day, codes: _valid(day).filter(code__any=codes).order_by("release__valid_from"), dt.date, list
)
_CHILDREN = Prepared(lambda day, codes: _valid(day).filter(parent_code__any=codes).order_by(), dt.date, list)


def plan_encounter(
    encounter: Encounter,
    values: Mapping[str, Any],
    *,
    person: Person,
    today: dt.date,
    stored: StoredLines | None,
    icd10: DiseaseCodes | None = None,
) -> EncounterPlan:
    """Sets the columns of `encounter` in memory and plans its rows; `stored` None: a new visit. With `icd10` given
    (all codes that the lines write) no query. With errors in `problems`, columns and lines are not complete.
    Raises ValidationError for a row that does not fit its table."""
    new = stored is None
    before = {} if new else _before(encounter)
    if not new and encounter.source == Encounter.Source.CLAIM:
        return EncounterPlan(encounter, new, set(), LineChanges(), [FROM_CLAIM])
    given = _clean(values)
    rows = stored or StoredLines([], [], [])
    after = {**before, **given}
    day = after.get("exam_date") or today
    diagnoses, problems = _resolve_diagnoses(given.get("diagnoses"), rows.diagnoses, person.sex, day, icd10)
    birth = PartialDate(person.birth_date, Precision(person.birth_precision))
    problems += rules.check_encounter(after, sex=person.sex, birth=birth, death=person.death_date, today=today)
    lines = LineChanges()
    if errors(problems):
        return EncounterPlan(encounter, new, set(), lines, problems)
    columns = _set_columns(encounter, given, new=new)
    _plan_findings(lines, encounter, given, rows.findings)
    if "labs" in given:
        lines.plan(rows.labs, _lab_rows(given["labs"]), partial(LabResult, encounter=encounter), field="labs")
    if diagnoses is not None:
        lines.plan(rows.diagnoses, diagnoses, partial(Diagnosis, encounter=encounter), field="diagnoses")
    if "medications" in given:
        wanted = _drug_rows(given["medications"], rows.medications)
        lines.plan(rows.medications, wanted, partial(Medication, encounter=encounter), field="medications")
    return EncounterPlan(encounter, new, columns, lines, problems)


@saving
def cancel_encounter(
    *, encounter: Encounter, reason: str, by: User | None, door: str, version: int | None = None
) -> Saved:
    """Marks a visit as entered in error; it stays in the record with its reason (REQ-REC-14)."""
    require_right(by, "record.change")
    if by is not None and not (scope_of(by).can("record.view") and scope_of(by).includes(encounter.person)):
        raise PermissionDenied
    reason = nfc(reason)
    if not reason:
        raise_errors([Problem("status_reason", "status_reason.required", "Ghi lý do hủy lượt khám.")])
    encounter = lock(Encounter.objects.all(), encounter.pk, version)
    if encounter.status == Encounter.Status.ERROR:
        raise_errors([Problem("status", "encounter.cancelled", "Lượt khám này đã hủy trước đó.")])
    encounter.status, encounter.status_reason = Encounter.Status.ERROR, reason
    encounter.version += 1
    encounter.clean_fields(exclude=NOT_CHECKED)
    with audit.context(by=by, door=door):
        encounter.save()
    return Saved(encounter)


def _before(encounter: Encounter) -> dict[str, Any]:
    """What the rules compare new values with: the columns of the visit, foreign keys as numbers."""
    return {
        name: getattr(encounter, _column(store.partition(".")[2]).attname)
        for name, store in STORES.items()
        if store.startswith("encounter.")
    }


def _column(name: str) -> Any:
    return Encounter._meta.get_field(name)


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in values if name not in STORES and name not in ("labs", "diagnoses", "medications")]
    if unknown:
        raise TypeError(f"unknown field codes: {', '.join(sorted(unknown))}")
    given = dict(values)
    given.pop("bmi", None)  # computed by the database
    for name in DIAGNOSIS_FIELDS:
        value = given.pop(name, None)
        if value and "diagnoses" not in values:
            column = name.removeprefix("diagnosis_")
            given.setdefault("diagnoses", [{}])[0][column] = value
    texts = {name: given.pop(f"lab_{name}") for name in d.LABS if f"lab_{name}" in given}
    if texts:
        printed = [{"group": name, "result": text} for name, text in texts.items() if text]
        given["labs"] = [*given.get("labs", []), *printed]
    if "labs" in given:
        given["labs"] = [_line(line, LAB_TEXTS, "result", ("group", "loinc")) for line in given["labs"]]
    if "diagnoses" in given:
        given["diagnoses"] = [_line(line, DIAGNOSIS_TEXTS, "conclusion", ()) for line in given["diagnoses"]]
    if "medications" in given:
        given["medications"] = [
            {**_line(line, DRUG_TEXTS, "dosage", ()), "quantity": line.get("quantity")} for line in given["medications"]
        ]
    for name in ("service_code", "service_group", "service_name"):
        given.pop(name, None)  # columns of the rows in `labs`
    return {name: nfc_lines(value) if isinstance(value, str) else value for name, value in given.items()}


def _line(line: Any, texts: Sequence[str], long_text: str, keys: Sequence[str]) -> dict[str, Any]:
    """A line of a list as a dictionary of clean texts; rows of the database are accepted too, without more queries."""
    if not isinstance(line, Mapping):
        columns = [*texts, long_text, *(f"{key}_id" for key in keys)]
        line = {name: getattr(line, name) for name in columns}
    found = {name: line[name] for key in keys for name in (key, f"{key}_id") if name in line}
    short = {name: nfc(str(line.get(name) or "")) for name in texts}
    return {**found, **short, long_text: nfc_lines(str(line.get(long_text) or ""))}


def _set_columns(encounter: Encounter, given: Mapping[str, Any], *, new: bool) -> set[str]:
    """Sets the visit's own columns; returns the names of those that changed."""
    changed = set()
    for name, value in given.items():
        table, _, column = STORES.get(name, "").partition(".")
        if table != "encounter":
            continue
        field = _column(column)
        value = empty_value(encounter, column) if value in (None, "") else value
        if isinstance(value, str) and not isinstance(field, models.TextField):
            value = nfc(value)
        stored = value.pk if isinstance(value, models.Model) else value
        if new or getattr(encounter, field.attname) != stored:
            # A facility may be given by its key.
            setattr(encounter, column if isinstance(value, models.Model) else field.attname, value)
            changed.add(column)
    return changed


def _save(encounter: Encounter, columns: set[str], *, new: bool) -> None:
    encounter.version += 1
    encounter.clean_fields(exclude=NOT_CHECKED)
    if encounter.visit_link_code and columns & {"visit_link_code", "facility"}:
        encounter.validate_constraints()  # costs queries: only where another visit could have the same code
    encounter.save()
    if not new and columns & {"weight_kg", "height_cm"}:
        encounter.refresh_from_db(fields=["bmi"])


def _resolve_diagnoses(
    lines: Sequence[Mapping[str, Any]] | None,
    stored: Sequence[Diagnosis],
    sex: str,
    day: dt.date,
    icd10: DiseaseCodes | None,
) -> tuple[list[dict[str, Any]] | None, list[Problem]]:
    """Diagnosis rows with the code and its list's version; lines that did not change keep theirs.
    One query for all codes, one for their children."""
    if lines is None:
        return None, []
    kept = {(row.icd10_code, row.name, row.conclusion): row for row in stored}
    written = {line["icd10_code"].upper() for line in lines if line["icd10_code"] and tuple(line.values()) not in kept}
    listed = icd10 or DiseaseCodes.on(day, written)
    rows, problems = [], []
    for position, line in enumerate(lines):
        text = line["icd10_code"].upper()
        old, code = kept.get(tuple(line.values())), listed.codes.get(text)
        if text and code is None and old is None:
            message = f"Mã bệnh «{text[:10]}» không có trong danh mục ICD-10 có hiệu lực."
            problems.append(Problem("diagnoses", "icd10.unknown", message))
        if code is not None and old is None:
            problems += rules.check_diagnosis(
                code.code, code.properties, has_children=code.code in listed.parents, sex=sex
            )
        rows.append(
            {
                "position": position,
                "icd10_id": old.icd10_id if old else code.pk if code else None,
                "icd10_code": text,
                "icd10_version": old.icd10_version if old else code.release.version if code else "",
                "name": line["name"] or (code.name if code else ""),
                "conclusion": line["conclusion"],
            }
        )
    return rows, problems


def _lab_rows(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Result rows; a result that is a plain number is also kept as a number."""
    groups = facts.codes_of("lab-group")
    by_key = {code.pk: code for code in groups.values()}
    loincs = _loincs(lines)
    rows = []
    for position, line in enumerate(lines):
        group: Any = by_key.get(line["group_id"]) if "group_id" in line else line.get("group") or "other"
        if not isinstance(group, Code):
            if group not in groups:
                raise_errors([Problem("labs", "labs.group", f"Nhóm xét nghiệm «{group}» không có trong danh mục.")])
            group = groups[group]
        loinc = loincs.get(line["loinc"]) if isinstance(line.get("loinc"), str) else line.get("loinc")
        rows.append(
            {
                "position": position,
                "group_id": group.pk,
                "service_code": line["service_code"],
                "service_group": line["service_group"] if "group_id" in line else _service_group(line, group),
                "service_name": line["service_name"],
                "loinc_id": loinc.pk if isinstance(loinc, Code) else line.get("loinc_id"),
                "result": line["result"],
                "value": _number(line["result"]),
                "unit": line["unit"],
            }
        )
    return rows


def _loincs(lines: Sequence[Mapping[str, Any]]) -> dict[str, Code]:
    """LOINC codes that stand as texts in the lines. One query when there are any. Raises ValidationError."""
    written = {line["loinc"] for line in lines if line.get("loinc") and isinstance(line["loinc"], str)}
    found = {code.code: code for code in Code.objects.of("loinc").filter(code__in=written)} if written else {}
    for text in sorted(written - found.keys()):
        raise_errors([Problem("labs", "loinc.unknown", f"Mã LOINC «{text[:20]}» không có trong danh mục.")])
    return found


def _service_group(line: Mapping[str, Any], group: Code) -> str:
    """1 laboratory, 2 imaging, as the exchange tells them apart."""
    return line["service_group"] or ("2" if group.code == "abdominal_ultrasound" else "1")


def _drug_rows(lines: Sequence[Mapping[str, Any]], stored: Sequence[Medication]) -> list[dict[str, Any]]:
    """Rows of drugs; a drug that keeps its name keeps its code. Raises ValidationError for a line without a name."""
    codes = {row.name: row.drug_code for row in stored}
    if any(not line["name"] for line in lines):
        raise_errors([Problem("medications", "medications.name", "Ghi tên thuốc, hoặc xóa dòng thuốc.")])
    return [
        {**line, "position": position, "drug_code": codes.get(line["name"], "")} for position, line in enumerate(lines)
    ]


def _number(text: str) -> Any:
    try:
        number = parse_decimal(text)
    except NumberError:
        return None  # "âm tính", "5,2 mmol/L": a result in words stays words
    fits = abs(number) < 10**10 and -number.as_tuple().exponent <= 4  # type: ignore[operator]
    return number if fits else None


def _plan_findings(
    changes: LineChanges, encounter: Encounter, given: Mapping[str, Any], rows: Sequence[ExamFinding]
) -> None:
    systems = facts.codes_of("organ-system")
    stored = {row.system_id: row for row in rows}
    for name, text in given.items():
        if not STORES.get(name, "").startswith("finding."):
            continue
        system = systems[STORES[name].partition(".")[2]]
        row = stored.get(system.pk)
        make = partial(ExamFinding, encounter=encounter, system=system, position=system.position)
        changes.plan([row] if row else [], [{"finding": text}] if text else [], make, field=name)
