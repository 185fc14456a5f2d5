"""Section C: the booklet of each person with its doses, and the lists behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.checks import InlineModelAdminChecks
from django.forms.models import BaseInlineFormSet, inlineformset_factory
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from ehr.common.admin import BaseStackedInline, ListAdmin
from ehr.common.answers import Answer
from ehr.common.resources import SafeResource
from ehr.records.admin import forms as made
from ehr.records.admin.base import DOOR, FlatAdmin, LookOnlyAdmin, column
from ehr.records.admin.filters import CommuneOfPerson, SexOfPerson, VillageOfPerson
from ehr.records.admin.history import OfPersonSection, person_field, require_chosen
from ehr.records.admin.search import PeopleSearch
from ehr.records.models import Person
from ehr.records.services import Saved
from ehr.vaccination.models import FormRow, Immunization, ScheduleDose, VaccinationRecord, Vaccine
from ehr.vaccination.sections import SECTION_C
from ehr.vaccination.services import COLUMNS, save_vaccinations

DOSE = (
    "form_row", "table", "vaccine", "dose_number", "status", "occurrence_date", "pregnancy_month", "reaction",
    "next_date", "lot_number", "facility_name",
)  # fmt: skip
WRITTEN = tuple(name for name in COLUMNS if name in DOSE)


class KeyChoiceField(forms.ChoiceField):
    """A row of a short list by its key, without a query for each line of the table. Cleans to the row or None."""

    def __init__(self, rows: dict[int, Any], **kwargs: Any) -> None:
        self.rows = rows
        choices = [("", made.NOT_CHOSEN), *((str(key), str(row)) for key, row in rows.items())]
        super().__init__(choices=choices, required=False, widget=UnfoldAdminSelectWidget(), **kwargs)

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        return self.rows[int(value)] if value else None

    def __deepcopy__(self, memo: Any) -> Any:
        copied = super().__deepcopy__(memo)
        copied.rows = self.rows
        return copied


class DoseFormSet(BaseInlineFormSet):
    """Doses belong to the person, not to the row that says that section C was asked."""

    def __init__(self, *args: Any, instance: Any = None, **kwargs: Any) -> None:
        super().__init__(
            *args, instance=instance.person if instance is not None and instance.person_id else None, **kwargs
        )


class DoseChecks(InlineModelAdminChecks):
    """The way from the booklet to its doses leads over the person, which Django's own check cannot see."""

    def _check_relation(self, obj: Any, parent_model: Any) -> list[Any]:
        return []

    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[Any]:
        return []


class DoseInline(BaseStackedInline):
    """Lines of the three tables, and doses that the form does not print. Written by `save_vaccinations`."""

    model = Immunization
    form = made.RowForm
    formset = DoseFormSet
    checks_class = DoseChecks
    view_right = "record.view"
    change_right = "record.change"
    collapsible = True
    fieldsets = [
        (None, {
            "fields": [
                ("form_row", "table"), ("vaccine", "dose_number"), ("status", "occurrence_date"),
                ("reaction", "next_date"), ("pregnancy_month", "lot_number"), "facility_name",
            ],
        }),
    ]  # fmt: skip
    verbose_name_plural = "Mũi tiêm (chọn dòng trên mẫu; vắc xin ngoài mẫu thì để trống dòng và chọn bảng, vắc xin)"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("form_row", "vaccine")
        return rows.order_by("table", "form_row__position", "vaccine__name", "dose_number", "pk")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return inlineformset_factory(
            Person, Immunization, form=self.form, formset=self.formset, fields=DOSE, extra=0,
            can_delete=self.has_delete_permission(request, obj), fk_name="person",
            formfield_callback=lambda column, **options: self.formfield_for_dbfield(column, request, **options),
        )  # fmt: skip

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "form_row":
            rows = FormRow.objects.order_by("table", "position")
            return KeyChoiceField({row.pk: row for row in rows}, label=db_field.verbose_name)
        if db_field.name == "vaccine":
            return KeyChoiceField({row.pk: row for row in Vaccine.objects.all()}, label=db_field.verbose_name)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.choices:
            field.choices = [("", made.NOT_CHOSEN), *db_field.flatchoices]
            field.initial = ""
        return field


class RecordResource(SafeResource):
    """What section C asks once."""

    person = column("person__code", "Mã hồ sơ")

    class Meta(SafeResource.Meta):
        model = VaccinationRecord
        fields = ("person", "mother_tetanus_dose_count", "updated_at")
        export_order = fields


@admin.register(VaccinationRecord)
class VaccinationRecordAdmin(OfPersonSection, PeopleSearch, FlatAdmin):
    """Section C of a person: the single answer above, the doses below."""

    section = SECTION_C
    list_display = ["person", "mother_tetanus_dose_count", "updated_at"]
    list_filter = [SexOfPerson, CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person"]
    ordering = ["person__sort_name", "pk"]
    autocomplete_fields = ["person"]
    inlines = [DoseInline]
    resource_classes = [RecordResource]
    fieldsets = [(None, {"fields": ["person", "mother_tetanus_dose_count"]})]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("person")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """The doses follow when the booklet has its person."""
        return self.inlines if obj is not None else []

    def read(self, obj: VaccinationRecord) -> dict[str, Any]:
        name = "mother_tetanus_dose_count"
        return {name: Answer.of(obj.mother_tetanus_dose_count, obj.answer_state(name))}

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        column = VaccinationRecord._meta.get_field("mother_tetanus_dose_count")
        field = made.answer_field(column)
        field.label = str(column.verbose_name)
        person = {} if obj is not None else {"person": person_field(self, request, VaccinationRecord)}
        return {**person, "mother_tetanus_dose_count": field}

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        values = form.changed_values()
        person = require_chosen(values.pop("person", None) if form.instance.pk is None else form.instance.person)
        rows, extra = _doses(formsets)
        if form.instance.pk and not (values or rows or extra is not None):
            return None
        return save_vaccinations(
            person=person, rows=rows, extra=extra, by=request.user, door=DOOR,
            mother_tetanus_dose_count=values.get("mother_tetanus_dose_count"), version=form.cleaned_data.get("version"),
        )  # fmt: skip

    def history_of(self, obj: VaccinationRecord) -> Iterator[Any]:
        for model in (VaccinationRecord, Immunization):
            yield model, {"person_id": obj.person_id}


def _doses(formsets: Any) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    """The changed lines as the service takes them: printed ones by row code, all others as one list."""
    rows: dict[str, Any] = {}
    extra: list[dict[str, Any]] = []
    other = False
    for formset in formsets:
        for line in formset.forms:
            if not line.instance.pk and not line.has_changed():
                continue
            removed, printed = line in formset.deleted_forms, line.cleaned_data.get("form_row")
            before = line.instance.form_row if line.instance.pk else None
            if before is not None and before != printed:
                rows[before.code] = None  # the dose was moved to another line of the form
            if printed is not None:
                if line.has_changed():
                    rows[printed.code] = None if removed else _columns(line)
            else:
                other = other or line.has_changed()
                if not removed:
                    extra.append(
                        {"id": line.instance.pk if before is None else None, **_identity(line), **_columns(line)}
                    )
            if before is None and line.instance.pk and printed is not None:
                other = True  # it left the other doses
    return rows, extra if other else None


def _columns(line: Any) -> dict[str, Any]:
    return {name: line.cleaned_data.get(name) for name in WRITTEN}


def _identity(line: Any) -> dict[str, Any]:
    return {name: line.cleaned_data.get(name) for name in ("table", "vaccine", "dose_number")}


class DoseResource(SafeResource):
    """Columns of a list of doses."""

    person = column("person__code", "Mã hồ sơ")
    table = column("get_table_display", "Bảng")
    vaccine = column("vaccine__name", "Vắc xin")
    status = column("get_status_display", "Tình trạng")

    class Meta(SafeResource.Meta):
        model = Immunization
        fields = (
            "person", "table", "vaccine", "dose_number", "status", "occurrence_date", "pregnancy_month",
            "reaction", "next_date", "lot_number", "facility_name",
        )  # fmt: skip
        export_order = fields


@admin.register(Immunization)
class ImmunizationAdmin(PeopleSearch, LookOnlyAdmin):
    """All doses of all people, to look through; they are written in the booklet of the person."""

    list_display = ["person", "vaccine", "dose_number", "table", "status", "occurrence_date", "next_date", "reaction"]
    list_filter = ["table", "status", SexOfPerson, CommuneOfPerson, VillageOfPerson]
    list_select_related = ["person", "vaccine"]
    ordering = ["-pk"]  # written last, first: sorting a province by date would read all of it
    resource_classes = [DoseResource]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("person", "vaccine", "form_row", "facility")


@admin.register(Vaccine)
class VaccineAdmin(ListAdmin):
    """Vaccines of the programme and of services; records point to them, so none is deleted."""

    delete_right = ""
    list_display = ["name", "code", "diseases", "in_epi", "cvx", "atc", "valid_to"]
    list_filter = ["in_epi", "kind"]
    search_fields = ["name__icontains", "code__istartswith", "diseases__icontains"]
    fieldsets = [
        (None, {"fields": ["code", "name", "diseases", "in_epi"]}),
        ("Mã trao đổi", {"fields": ["icd10", "cvx", "atc"]}),
        ("Cách dùng", {"fields": ["kind", "route"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]


@admin.register(ScheduleDose)
class ScheduleDoseAdmin(ListAdmin):
    """Ages and intervals as ISO 8601 durations: P2M is two months."""

    delete_right = ""
    list_display = [
        "vaccine", "dose_number", "program", "dose_type", "recommended_age", "min_age", "max_age", "min_interval",
        "to_verify",
    ]  # fmt: skip
    list_filter = ["program", "dose_type", "to_verify"]
    list_select_related = ["vaccine"]
    search_fields = ["vaccine__name__icontains", "vaccine__code__istartswith", "diseases__icontains"]
    autocomplete_fields = ["vaccine"]
    fieldsets = [
        (None, {"fields": ["program", "vaccine", "diseases", "dose_number", "dose_type", "target"]}),
        ("Tuổi và khoảng cách (P2M = 2 tháng)", {"fields": ["recommended_age", "min_age", "max_age", "min_interval"]}),
        ("Căn cứ", {"fields": ["basis", "to_verify", "note"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("vaccine")


@admin.register(FormRow)
class FormRowAdmin(ListAdmin):
    """What the three tables of the paper print."""

    delete_right = ""
    list_display = ["label", "table", "position", "vaccine", "dose_number", "code", "valid_from", "valid_to"]
    list_filter = ["table"]
    list_select_related = ["vaccine"]
    search_fields = ["label__icontains", "code__istartswith", "vaccine__name__icontains"]
    autocomplete_fields = ["vaccine"]
    fieldsets = [
        (None, {"fields": ["code", "table", "position", "label"]}),
        ("Vắc xin", {"fields": ["vaccine", "dose_number"]}),
        ("Hiệu lực", {"fields": ["valid_from", "valid_to"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("vaccine")
