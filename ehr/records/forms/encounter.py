"""The form of section D: one visit, in the order of the paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate

from ehr.common import formfields
from ehr.common.formfields import BloodPressure
from ehr.common.problems import problems_of
from ehr.common.text import nfc, plain
from ehr.records import facts
from ehr.records.forms.base import SavingForm, choice_field, field_for
from ehr.records.forms.rows import KeptField, RowsForm, Table, dress, text
from ehr.records.models import Encounter, LabResult, Person
from ehr.records.models.base import YesNo
from ehr.records.sections import SECTION_D, d
from stations.models import Organization

NORMAL = "Bình thường"
FINDINGS = ("exam_skin_mucosa", "exam_general_other", *(f"organ_{name}" for name in d.ORGANS))
VITALS = ("pulse", "temperature", "blood_pressure", "respiratory_rate", "weight_kg", "height_cm", "waist_cm")
VISION = (
    "vision_right_uncorrected", "vision_left_uncorrected", "vision_right_corrected", "vision_left_corrected",
    "uses_glasses",
)  # fmt: skip
MORE = ("visit_link_code", "visit_start_date", "visit_end_date", "doctor_code", "identity_check")
LABELS = {
    "uses_glasses": "Đeo kính",
    "visit_link_code": "Mã lượt khám (MA_LK)",
    "visit_start_date": "Ngày bắt đầu",
    "visit_end_date": "Ngày kết thúc",
    "doctor_code": "Mã bác sĩ",
    "visit_reason": "Lý do khám",
    "lab_haematology": "Huyết học",
    "exam_general_other": "Toàn thân: khác",
}
LONG = {"visit_reason": 2, "present_illness": 2, "development_assessment": 2, "advice": 2}
# Field code of the spec → form field, where they differ.
ELSEWHERE = {
    "bp_systolic": "blood_pressure",
    "bp_diastolic": "blood_pressure",
    "diagnosis_icd10_code": "diagnoses-0-icd10_code",
    "diagnosis_name": "diagnoses-0-name",
    "conclusion": "diagnoses-0-conclusion",
    "service_code": "labs-0-service_code",
    "service_group": "labs-0-service_group",
    "service_name": "labs-0-service_name",
}
COMPUTED = ("bmi",)  # shown, never typed


class PressureField(formfields.BloodPressureField):
    """120/80 in one cell. Also "120/?" and "?/80": one of two is unlikely, not impossible. Cleans to a pair or None."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            pair = tuple(int(part) if part else None for part in value)
            return pair if any(pair) else None
        found = re.fullmatch(r"(?:([0-9]{2,3}) ?/ ?\??|\??/ ?([0-9]{2,3}))", nfc(str(value or "")))
        if found:
            return (int(found[1]), None) if found[1] else (None, int(found[2]))
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, tuple | list):
            return value
        return "/".join(str(part or "?") for part in value) if any(value) else ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class FindingField(forms.CharField):
    """What was found at one organ system; "bt" is short for "Bình thường"."""

    def to_python(self, value: Any) -> str:
        written = super().to_python(value) or ""
        return NORMAL if plain(written) in ("bt", "binh thuong") else written


class FacilityField(forms.CharField):
    """A facility by its key, chosen from the usual ones or found by name. Cleans to the key as int, or None."""

    widget = forms.Select
    default_error_messages = {"invalid": "Không có cơ sở y tế này trong danh mục."}

    def __init__(self, known: frozenset[int], **kwargs: Any) -> None:
        super().__init__(required=False, label="Cơ sở khám", **kwargs)
        self.known = known
        self.widget.attrs["data-combo"] = "/tra-cuu/co-so/"

    def to_python(self, value: Any) -> int | None:
        value = super().to_python(value)
        if not value:
            return None
        if not value.isdigit() or len(value) > 18:
            raise ValidationError(self.error_messages["invalid"], code="facility.unknown")
        key = int(value)
        if key in self.known:
            return key
        if not Organization.objects.filter(pk=key).exists():
            raise ValidationError(self.error_messages["invalid"], code="facility.unknown")
        return key

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "pk", value)

    def run_validators(self, value: Any) -> None:
        """The key was checked above."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


def lab_cells() -> dict[str, forms.Field]:
    """A result that is not one of the four printed lines."""
    groups = sorted(facts.codes_of("lab-group").values(), key=lambda code: code.position)
    kinds = [("", ""), *LabResult._meta.get_field("service_group").choices]  # type: ignore[misc]
    return {
        "group": forms.ChoiceField(
            label="Nhóm", required=False, choices=[("", ""), *((c.code, c.name) for c in groups)]
        ),
        "service_name": text("Tên xét nghiệm", 200),
        "service_code": text("Mã dịch vụ", 50),
        "service_group": forms.ChoiceField(label="Loại", required=False, choices=kinds),
        "result": text("Kết quả", 2000),
        "unit": text("Đơn vị", 20),
        "loinc_id": KeptField(required=False),
    }


def diagnosis_cells() -> dict[str, forms.Field]:
    """A diagnosis: code, name as printed beside it, conclusion."""
    # Words of a name may be typed here: scripts look them up, and only a code of the list is stored.
    look_up = {"data-icd10": "/tra-cuu/icd10/", "spellcheck": "false", "placeholder": "mã, tên bệnh…"}
    code = text("Mã ICD-10", 100, **look_up)
    return {"icd10_code": code, "name": text("Tên bệnh", 500), "conclusion": text("Kết luận", 2000)}


def drug_cells() -> dict[str, forms.Field]:
    """A drug given at the visit."""
    quantity = formfields.DecimalField(label="Số lượng", required=False, min_value=0, max_digits=13, decimal_places=3)
    return {
        "name": text("Tên thuốc", 1024),
        "strength": text("Hàm lượng", 1024),
        "quantity": quantity,
        "unit": text("Đơn vị", 50),
        "dosage": text("Liều dùng, cách dùng", 2000),
    }


LABS = Table("labs", "Xét nghiệm", lab_cells, carried=("group", "service_group", "loinc_id"))
DIAGNOSES = Table("diagnoses", "Chẩn đoán", diagnosis_cells)
DRUGS = Table("medications", "Thuốc", drug_cells)


@cache
def _fixed_fields() -> dict[str, forms.Field]:
    """Fields that every visit has, to copy, which takes a fraction of making. Forms change nothing of their widgets."""
    made: dict[str, forms.Field] = {}
    for item in SECTION_D.items():
        code = item.code
        if code == "bp_systolic":
            made["blood_pressure"] = PressureField(label="HA", required=False)
            made["blood_pressure"].unit = "mmHg"  # type: ignore[attr-defined]
        elif code in FINDINGS:
            widget = forms.TextInput(attrs={"autocomplete": "off", "data-finding": ""})
            made[code] = FindingField(
                label=LABELS.get(code, item.label), required=False, max_length=2000, widget=widget
            )
        elif code in d.COLUMNS and code not in (*COMPUTED, "bp_diastolic"):
            made[code] = _column(code)
    made["kind"] = forms.ChoiceField(label="Loại lượt khám", required=False, choices=Encounter.Kind.choices)
    made["facility_name"] = text("Cơ sở khác (ghi tên)", 150)
    checks = Encounter._meta.get_field("identity_check").choices or ()
    made["identity_check"] = forms.ChoiceField(
        label="Cách kiểm tra danh tính", required=False, choices=[("", "Chưa ghi"), *checks]
    )
    made["exam_date"].need = True  # type: ignore[attr-defined]
    for code in d.LABS:
        made[f"lab_{code}"] = field_for(SECTION_D.item(f"lab_{code}"), max_length=2000)
    for field in made.values():
        dress(field)
    return made


def _column(code: str) -> forms.Field:
    item = SECTION_D.item(code)
    if code == "uses_glasses":
        glasses = choice_field(YesNo.choices, label="Đeo kính")
        glasses.layout = "wide"  # type: ignore[attr-defined]
        return glasses
    column = Encounter._meta.get_field(code)
    length = getattr(column, "max_length", None) or 4000
    places = getattr(column, "decimal_places", None) or 1
    label = LABELS.get(code, item.label)
    return field_for(item, label=label, lines=LONG.get(code, 0), max_length=length, decimal_places=places)


class EncounterForm(RowsForm):
    """A visit. `stations` are the usual facilities, the first being the default of a new visit; `known` are the keys
    of facilities that need no look-up; `stored` are the values of an existing visit (facts.section_d)."""

    elsewhere = ELSEWHERE

    def __init__(
        self, *args: Any, person: Person, stations: Sequence[Organization] = (), known: frozenset[int] = frozenset(),
        stored: Mapping[str, Any] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        stored = dict(stored or {})
        kwargs["initial"] = _initial(stored, stations) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["facility"] = FacilityField(known | {station.pk for station in stations})
        self.offer_stations(stations)
        self._add_fields(person)
        printed, others = split_labs(stored.get("labs") or ())
        for code in d.LABS:
            self.initial[f"lab_{code}"] = printed[code].result if code in printed else ""
        self._printed = printed
        self._loinc = {row.loinc_id for row in others}
        self.add_table(LABS, [_lab_initial(row) for row in others])
        self.add_table(DIAGNOSES, [_diagnosis_initial(row) for row in stored.get("diagnoses") or ()])
        self.add_table(DRUGS, [_drug_initial(row) for row in stored.get("medications") or ()])

    def offer_stations(self, stations: Sequence[Organization]) -> None:
        """What the box for the facility lists before anything is typed."""
        choices = [("", ""), *((station.pk, station.name) for station in stations)]
        self.fields["facility"].widget.choices = choices  # type: ignore[attr-defined]

    def _add_fields(self, person: Person) -> None:
        for code, made in _fixed_fields().items():
            if code != "organ_obgyn" or person.sex != "1" or self.initial.get(code):
                self.fields[code] = copy(made)
        dress(self.fields["facility"])

    # -- for the template
    @property
    def vitals(self) -> list[forms.BoundField]:
        return self.bound(VITALS)

    @property
    def vision(self) -> list[forms.BoundField]:
        return self.bound(VISION)

    @property
    def general(self) -> list[forms.BoundField]:
        return self.bound(FINDINGS[:2])

    @property
    def organs(self) -> list[forms.BoundField]:
        return self.bound(FINDINGS[2:])

    @property
    def printed_labs(self) -> list[forms.BoundField]:
        return self.bound(f"lab_{code}" for code in d.LABS)

    @property
    def more(self) -> list[forms.BoundField]:
        return self.bound(MORE)

    # -- for the service
    def values(self) -> dict[str, Any]:
        values = super().values()
        values["bp_systolic"], values["bp_diastolic"] = values.pop("blood_pressure") or BloodPressure(None, None)  # type: ignore[arg-type]
        values["kind"] = values["kind"] or Encounter.Kind.VISIT
        values["labs"] = [*self._printed_lines(values), *self._lab_lines()]
        values["diagnoses"] = [cells for _, cells in self.filled_rows("diagnoses")]
        values["medications"] = [cells for _, cells in self.filled_rows("medications")]
        return values

    def _printed_lines(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The four lines of the paper, without what the values no longer need."""
        found = []
        for code in d.LABS:
            result = values.pop(f"lab_{code}")
            if result:
                stored = self._printed.get(code)
                found.append({"group": code, "result": result, "service_group": stored.service_group if stored else ""})
        return found

    def _lab_lines(self) -> list[dict[str, Any]]:
        found = []
        for _, cells in self.filled_rows("labs"):
            # A key that no stored row of this visit had was not sent by our own page.
            key = cells.pop("loinc_id")
            found.append({**cells, "loinc_id": key if key in self._loinc else None})
        return found

    def refuse(self, exc: ValidationError) -> None:
        """A refused code of the list goes to the row that has it."""
        rows = {str(cells.get("icd10_code") or "").upper(): number for number, cells in self.filled_rows("diagnoses")}
        left: dict[str, list[ValidationError]] = {}
        for problem in problems_of(exc):
            found = re.search(r"«(.+)»", problem.message)
            number = next((n for code, n in rows.items() if found and code[:10] == found[1]), None)
            name = problem.field
            if problem.field == "diagnoses":
                name = f"diagnoses-{number if number is not None else 0}-icd10_code"
            elif problem.field == "labs":
                name = self._without("labs", "result")
            elif problem.field == "medications":
                name = self._without("medications", "name")
            left.setdefault(name or "__all__", []).append(ValidationError(problem.message, code=problem.code))
        super().refuse(ValidationError(left))

    def _without(self, table: str, column: str) -> str:
        """The first filled row that lacks this column."""
        rows = (number for number, cells in self.filled_rows(table) if not cells[column])
        return f"{table}-{next(rows, 0)}-{column}"


def _initial(stored: Mapping[str, Any], stations: Sequence[Organization]) -> dict[str, Any]:
    if not stored:
        return {"exam_date": localdate(), "kind": "visit", "facility": stations[0].pk if stations else None}
    pressure = stored.get("bp_systolic"), stored.get("bp_diastolic")
    flat = {name: value for name, value in stored.items() if name not in ("labs", "diagnoses", "medications", "bmi")}
    return {**flat, "blood_pressure": pressure if any(pressure) else None}


def split_labs(rows: Sequence[LabResult]) -> tuple[dict[str, LabResult], list[LabResult]]:
    """The results on the four printed lines (plain texts without a service) by their code, and all others."""
    groups = {code.pk: code.code for code in facts.codes_of("lab-group").values()}
    printed: dict[str, LabResult] = {}
    others = []
    for row in rows:
        code = groups.get(row.group_id, "other")
        bare = not (row.service_name or row.service_code or row.unit or row.loinc_id)
        if bare and code in d.LABS and code not in printed:
            printed[code] = row
        else:
            others.append(row)
    return printed, others


def _lab_initial(row: LabResult) -> dict[str, Any]:
    groups = {code.pk: code.code for code in facts.codes_of("lab-group").values()}
    texts = {name: getattr(row, name) for name in ("service_name", "service_code", "service_group", "result", "unit")}
    return {**texts, "group": groups.get(row.group_id, ""), "loinc_id": row.loinc_id}


def _diagnosis_initial(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("icd10_code", "name", "conclusion")}


def _drug_initial(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "strength", "quantity", "unit", "dosage")}


class CancelForm(SavingForm):
    """Why a visit was entered in error."""

    status_reason = text("Lý do hủy", 200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["status_reason"]
        field.layout, field.unit, field.warnings, field.need = "wide", "", [], True  # type: ignore[attr-defined]


def field_codes() -> dict[str, str]:
    """Field code of the spec → name of the form field, for the completeness test. BMI is shown, not typed."""
    return {code: ELSEWHERE.get(code, code) for code in SECTION_D.names if code not in COMPUTED}
