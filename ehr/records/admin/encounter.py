"""Section D: visits with results and diagnoses below the form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ehr.common.admin import BaseTabularInline
from ehr.common.resources import SafeResource
from ehr.records import facts
from ehr.records.admin import forms as made
from ehr.records.admin.base import DOOR, LookOnlyAdmin, SectionAdmin, column
from ehr.records.admin.care_inlines import INLINES
from ehr.records.admin.filters import CommuneOfEncounter, CommuneOfPerson, SexOfPerson, VillageOfPerson
from ehr.records.admin.history import KindFilter, OfPersonSection, person_field, require_chosen
from ehr.records.admin.search import PeopleSearch
from ehr.records.models import ClinicalNote, Diagnosis, Encounter, ExamFinding, LabResult, Medication, Procedure
from ehr.records.sections import SECTION_D, d
from ehr.records.services import Saved, cancel_encounter, save_encounter

STORES = d.STORES | d.EXTRA_STORES
# What came with an insurance claim; nobody types it.
CLAIMED = (
    "source", "source_note", "started_at", "ended_at", "admitted_at", "care_class", "payment_code", "admission_route",
    "admission_reason", "diagnosis_in", "treatment", "outcome_code", "discharge_code", "department_code",
    "injury_code", "referred_from", "referred_to", "referral_number", "record_number", "patient_number",
    "patient_address",
)  # fmt: skip
EXCHANGE = ("visit_link_code", "visit_start_date", "visit_end_date", "doctor_code", "visit_reason", "uses_glasses")


class LineInline(BaseTabularInline):
    """Rows of the visit that `save_encounter` writes."""

    form = made.RowForm
    view_right = change_right = "record.view"
    delete_right = None
    hide_title = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can(request, "record.change")

    has_add_permission = has_delete_permission = has_change_permission


class LabInline(LineInline):
    model = LabResult
    fields = ["group", "service_name", "result", "unit", "service_code", "service_group", "loinc"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("group", "loinc"):
            system = "lab-group" if db_field.name == "group" else "loinc"
            return made.CodeChoiceField(system, label=db_field.verbose_name)
        if db_field.name == "result":
            return made.text()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @staticmethod
    def line(row: Any) -> dict[str, Any]:
        line = {name: row.cleaned_data.get(name) for name in LabInline.fields}
        return line | {"loinc": facts.codes_of("loinc").get(line["loinc"] or "")}


class DiagnosisInline(LineInline):
    model = Diagnosis
    fields = ["icd10_code", "name", "conclusion"]
    verbose_name_plural = "Chẩn đoán, kết luận (dòng đầu là bệnh chính)"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return (
            made.text() if db_field.name == "conclusion" else super().formfield_for_dbfield(db_field, request, **kwargs)
        )

    @staticmethod
    def line(row: Any) -> dict[str, Any]:
        return {name: row.cleaned_data.get(name) for name in DiagnosisInline.fields}


class EncounterResource(SafeResource):
    """Columns of a list of visits."""

    person = column("person__code", "Mã hồ sơ")
    facility = column("facility__name", "Cơ sở khám")
    kind = column("get_kind_display", "Loại lượt khám")
    status = column("get_status_display", "Trạng thái")

    class Meta(SafeResource.Meta):
        model = Encounter
        exclude = ("id", "version", "created_at", "updated_at")


@admin.register(Encounter)
class EncounterAdmin(OfPersonSection, PeopleSearch, SectionAdmin):
    """One visit. Stored by `save_encounter`; a wrong one is cancelled with its reason, never deleted."""

    section = SECTION_D
    model_of_section = Encounter
    read_only_codes = ("bmi",)
    elsewhere = frozenset(code for code, store in d.STORES.items() if store.startswith(("lab.", "diagnosis.")))
    list_display = ["person", "exam_date", "kind", "bp", "weight_kg", "examining_doctor", "facility", "status"]
    list_filter = ["kind", "status", SexOfPerson, CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "facility"]
    date_hierarchy = None
    autocomplete_fields = ["person", "facility"]
    inlines = [LabInline, DiagnosisInline]
    resource_classes = [EncounterResource]

    @admin.display(description="Huyết áp")
    def bp(self, obj: Encounter) -> str:
        return f"{obj.bp_systolic}/{obj.bp_diastolic}" if obj.bp_systolic and obj.bp_diastolic else "–"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("person", "facility")

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """What nobody edits here is shown, and takes no part in a save."""
        return [*self.inlines, *(INLINES if obj is not None and request.method == "GET" else ())]

    def read(self, obj: Encounter) -> dict[str, Any]:
        return facts.section_d(obj) | {"status": obj.status, "status_reason": obj.status_reason}

    def code_fieldsets(self, obj: Any) -> list[Any]:
        first = ("Lượt khám", {"fields": ["person", "kind", "facility", "facility_name", "identity_check"]})
        last = ("Hủy lượt khám nhập nhầm", {"fields": ["status", "status_reason"]})
        claimed = ("Theo hồ sơ bảo hiểm y tế", {"fields": list(CLAIMED)})
        return [first, *super().code_fieldsets(obj), *([claimed, last] if obj is not None else [])]

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for code, store in STORES.items():
            table, _, rest = store.partition(".")
            if table == "encounter" and code not in self.read_only_codes:
                fields[code] = made.column_field(self, request, Encounter._meta.get_field(rest))
            elif table == "finding":
                fields[code] = made.text(lines=True)
        if obj is None:
            return {"person": person_field(self, request, Encounter), **fields}
        reason = made.text(200)
        reason.label = "Lý do hủy"
        reason.help_text = "Ghi lý do rồi lưu để hủy lượt khám này; hồ sơ vẫn giữ nội dung đã ghi."
        return {**fields, "status_reason": reason}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *(("status", *CLAIMED) if obj is not None else ()))

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values = form.changed_values()
        encounter = form.instance if form.instance.pk else None
        person = require_chosen(form.cleaned_data.get("person") if encounter is None else encounter.person)
        values.pop("person", None)
        reason, version = values.pop("status_reason", ""), form.cleaned_data.get("version")
        values |= _lists(formsets)
        saved = None
        if values or encounter is None:
            saved = save_encounter(
                person=person, values=values, by=request.user, door=DOOR, encounter=encounter, version=version
            )
            version = saved.object.version
        if reason and encounter is not None:
            saved = cancel_encounter(encounter=encounter, reason=reason, by=request.user, door=DOOR, version=version)
        return saved

    def history_of(self, obj: Encounter) -> Iterator[Any]:
        yield Encounter, {"id": obj.pk}
        for model in (ExamFinding, LabResult, Diagnosis, Medication, Procedure, ClinicalNote):
            yield model, {"encounter_id": obj.pk}


def _lists(formsets: Any) -> dict[str, list[dict[str, Any]]]:
    """The whole list of each table that was changed: what the service takes."""
    found = {}
    for formset in formsets:
        if formset.has_changed():
            name, inline = ("labs", LabInline) if formset.model is LabResult else ("diagnoses", DiagnosisInline)
            rows = [row for row in formset.forms if row.instance.pk or row.has_changed()]
            found[name] = [inline.line(row) for row in rows if row not in formset.deleted_forms]
    return found


class OfEncounterAdmin(PeopleSearch, LookOnlyAdmin):
    """Rows of visits, to look through; they are written on the page of the visit."""

    person_path = "encounter__person_id"
    search_prefix = "encounter__person__"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="Người dân")
    def person(self, obj: Any) -> Any:
        return obj.encounter.person


class OrganFilter(KindFilter):
    title = "Cơ quan"
    parameter_name = "co-quan"
    system = "organ-system"
    column = "system"


class LabGroupFilter(KindFilter):
    title = "Nhóm"
    parameter_name = "nhom"
    system = "lab-group"
    column = "group"


@admin.register(ExamFinding)
class ExamFindingAdmin(OfEncounterAdmin):
    list_display = ["person", "encounter", "system", "finding"]
    list_filter = [OrganFilter, CommuneOfEncounter]
    list_select_related = ["encounter__person", "system"]


@admin.register(LabResult)
class LabResultAdmin(OfEncounterAdmin):
    list_display = ["person", "encounter", "group", "service_name", "result", "unit"]
    list_filter = [LabGroupFilter, CommuneOfEncounter]
    list_select_related = ["encounter__person", "group", "loinc"]


@admin.register(Diagnosis)
class DiagnosisAdmin(OfEncounterAdmin):
    list_display = ["person", "encounter", "icd10_code", "name", "conclusion", "icd10_version"]
    list_filter = [CommuneOfEncounter]
    list_select_related = ["encounter__person", "icd10"]
