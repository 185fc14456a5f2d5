"""What the admin pages of the record share: they translate, call the services, log reading, show changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from import_export.fields import Field

from ehr.audit import services as audit
from ehr.audit.changes import changes
from ehr.common.admin import BaseTabularInline, ReadOnlyMixin, RecordAdmin
from ehr.common.answers import Answer, AnswerState, TriState
from ehr.common.dates import PartialDate
from ehr.common.numbers import format_number
from ehr.common.problems import Problem, StaleError
from ehr.common.sections import Section
from ehr.records.admin.forms import CodeForm, DetailForm, in_pairs, section_fieldsets
from ehr.records.models import Person
from ehr.records.services import Saved
from ehr.records.services.rows import save_row, section_version

DOOR = "admin"
MOST_EXPORTED = 20_000
SHOWN = "shown_"


class Repeated(Exception):
    """The same click came twice; `key` is the primary key of what the first one stored."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def column(attribute: str, label: str) -> Field:
    """A column of an export that reads another table or the label of a choice."""
    return Field(attribute=attribute, column_name=label, readonly=True)


def row_label(row: models.Model) -> str:
    """How a history names another row: people by record code, because they may live outside the reader's places."""
    return str(row.code) if isinstance(row, Person) else str(row)


class OfPeopleAdmin(RecordAdmin):
    """A page whose rows belong to people: reading and exporting is logged, changes are shown, nothing is deleted."""

    delete_right = ""
    person_path = "person_id"
    list_fullwidth = True
    change_form_before_template = "admin/record_keys.html"
    object_history_template = "admin/record_history.html"

    # --- reading -----------------------------------------------------------------------------------------------------
    def people_of(self, obj: Any) -> list[int]:
        """Primary keys of the people whose record the row shows."""
        for name in self.person_path.split("__"):
            obj = getattr(obj, name)
        return [obj]

    def log(self, request: HttpRequest, people: list[int], action: str, what: str = "") -> None:
        audit.log_accesses(
            by=request.user, person_ids=people, action=action, door=DOOR,
            object=what or str(self.opts.verbose_name), address=request.META.get("REMOTE_ADDR"),
        )  # fmt: skip

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra_context = {**(extra_context or {}), "show_history": object_id is not None}
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        try:
            response = view()
        except PermissionDenied as error:
            raise Http404 from error
        except Repeated as repeated:
            messages.info(request, "Nội dung này đã được lưu ở lần bấm trước.")
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", repeated.key)
        except (ValidationError, StaleError) as refused:
            # Nothing was stored. The same page once more, with what was typed and why it was refused.
            request.refused = refused  # type: ignore[attr-defined]
            response = view()
        original = getattr(response, "context_data", None) and response.context_data.get("original")
        if original is not None and request.method == "GET":
            self.log(request, self.people_of(original), "view")
        return response

    def get_data_for_export(self, request: HttpRequest, queryset: models.QuerySet, **kwargs: Any) -> Any:
        """Every person in the file is logged before the file leaves."""
        people = queryset.values_list(self.person_path.replace("person_id", "person"), flat=True)
        self.log(request, sorted(set(people)), "export")
        return super().get_data_for_export(request, queryset, **kwargs)

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Larger extracts are a report's work: a slip of the mouse must not carry a province away."""
        if request.method == "POST" and self.get_export_queryset(request)[MOST_EXPORTED:].exists():
            limit = format_number(MOST_EXPORTED)
            messages.error(request, f"Danh sách có hơn {limit} dòng: hãy lọc bớt (thôn, trạng thái…) rồi xuất lại.")
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return super().export_action(request)

    def history_of(self, obj: Any) -> Iterator[tuple[type[models.Model], dict[str, Any]]]:
        """Tables whose changes belong to the row, each with the condition on its history."""
        yield self.model, {"id": obj.pk}

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        self.log(request, self.people_of(obj), "view", "Lịch sử thay đổi")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Lịch sử thay đổi: {self.opts.verbose_name}",
            "changes": changes(self.history_of(obj), label=row_label),
            "module_name": str(self.opts.verbose_name_plural),
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    # --- writing -----------------------------------------------------------------------------------------------------
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Stored in `save_related`, when the rows below the form are known, too."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        return []  # the triggers keep what changed

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        key = form.cleaned_data.get("submission")
        if key and not audit.claim(key=key, by=request.user):
            raise Repeated(audit.first_result(key=key, by=request.user) or "")
        saved = self.store(request, form, formsets)
        if saved is not None:
            form.instance.__dict__.update(saved.object.__dict__)
            self.tell(request, form, saved.warnings)
        if key:
            audit.settle(key=key, result=str(form.instance.pk))

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        """Calls the service of the section. None: nothing was changed on the page."""
        raise NotImplementedError

    def tell(self, request: HttpRequest, form: Any, warnings: list[Problem]) -> None:
        """Warnings travel with the saved record."""
        for problem in warnings:
            field = form.fields.get(problem.field)
            messages.warning(request, f"{field.label}: {problem.message}" if field and field.label else problem.message)

    def log_deletion(self, *args: Any, **kwargs: Any) -> None:
        return None


def shown(value: Any, choices: Mapping[str, str]) -> Any:
    """A value of the flat dictionary as text for a read-only page."""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, Decimal):
        return format_number(value)
    if isinstance(value, str) and value in choices:
        return choices[value]
    if isinstance(value, Answer):
        return AnswerState(value.state).label if value.state in ("none", "unknown") else value.value
    if isinstance(value, PartialDate):
        return value.text()
    return value if value not in (None, "") else None


class FlatAdmin(OfPeopleAdmin):
    """A page whose boxes are names of a flat dictionary that a service takes."""

    def read(self, obj: Any) -> dict[str, Any]:
        """The flat dictionary of one row; read once per row."""
        raise NotImplementedError

    def code_fields(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Form fields by name."""
        raise NotImplementedError

    def facts_of(self, obj: Any) -> dict[str, Any]:
        if "_facts" not in obj.__dict__:
            obj._facts = self.read(obj)
        return obj._facts

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[CodeForm]:
        meta = type("Meta", (), {"model": self.model, "fields": []})
        return type(
            f"{self.model.__name__}Form",
            (CodeForm,),
            {
                **self.code_fields(request, obj), "Meta": meta, "read": staticmethod(self.facts_of),
                "refused": getattr(request, "refused", None), "__module__": __name__,
            },
        )  # fmt: skip


class SectionAdmin(FlatAdmin):
    """A page whose boxes are the field codes of a section of form 831."""

    section: Section
    model_of_section: type[models.Model]
    read_only_codes: tuple[str, ...] = ()
    elsewhere: frozenset[str] = frozenset()  # codes that are columns of the rows below the form
    beside: ClassVar[dict[str, str]] = {}  # codes that neither the paper nor the table has, with their labels

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """`shown_<code>` for each code: what users see who may look but not change."""
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "section"):
            for code in (*cls.section.names, *cls.beside):
                if code not in cls.elsewhere:
                    setattr(cls, SHOWN + code, _reader(code, cls.label_of(code), cls.choices_of(code)))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[CodeForm]:
        form = super().get_form(request, obj, change, **kwargs)
        for code, field in form.base_fields.items():
            if code in self.section.names or code in self.beside:
                field.label = self.label_of(code)
        return form

    @classmethod
    def label_of(cls, code: str) -> str:
        """What the paper calls the field, with its unit; fields without a line on paper by their column."""
        if code in cls.beside:
            return cls.beside[code]
        item = cls.section.item(code)
        if item.label.startswith("("):
            return str(cls.column_of(code).verbose_name)
        return f"{item.label} ({item.unit})" if item.unit and item.unit not in item.label else item.label

    @classmethod
    def choices_of(cls, code: str) -> dict[str, str]:
        """Labels of the stored values of a choice or tick."""
        if code in cls.beside:
            return {}
        item = cls.section.item(code)
        try:
            column = cls.column_of(code)
        except FieldDoesNotExist:  # kept in another table
            column = None
        if column is not None and getattr(column, "choices", None):
            return {value: str(label) for value, label in column.flatchoices}
        return dict(item.options) or (dict(TriState.choices) if item.kind == "bool" else {})

    @classmethod
    def column_of(cls, code: str) -> models.Field:
        """The column behind a field that the paper does not name."""
        return cls.model_of_section._meta.get_field(cls.section.item(code).store.rpartition(".")[2])

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        found = self.code_fieldsets(obj)
        looking = obj is not None and not self.has_change_permission(request, obj)
        for _, options in found:
            options["fields"] = [
                SHOWN + code if code in self.read_only_codes or (looking and hasattr(self, SHOWN + code)) else code
                for code in options["fields"]
            ]
            options["fields"] = in_pairs(options["fields"])
        return found

    def code_fieldsets(self, obj: Any) -> list[Any]:
        """The groups of the form, and what the office keeps beside it."""
        return section_fieldsets(self.section, leave_out=self.elsewhere)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(SHOWN + code for code in self.read_only_codes)


def _reader(code: str, label: str, choices: Mapping[str, str]) -> Any:
    @admin.display(description=label)
    def show(self: SectionAdmin, obj: Any) -> Any:
        return shown(self.facts_of(obj).get(code), choices) if obj is not None and obj.pk else None

    return show


class DetailAdmin(OfPeopleAdmin):
    """One row of a list of the record, for rare corrections: stored by `save_row`. New rows come from the section."""

    add_right = ""
    form = DetailForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        base = type(
            "DetailForm", (DetailForm,), {"refused": getattr(request, "refused", None), "version_of": section_version}
        )
        return super().get_form(request, obj, change, **{**kwargs, "form": base})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person",) if obj is not None else ()

    def store(self, request: HttpRequest, form: Any, formsets: Any) -> Saved | None:
        if not form.changed_data and form.instance.pk:
            return None
        return save_row(row=form.instance, by=request.user, door=DOOR, version=form.cleaned_data.get("version"))


class LookOnlyAdmin(ReadOnlyMixin, OfPeopleAdmin):
    """Rows that are written on the page of the visit or booklet they belong to."""


class ReadOnlyInline(ReadOnlyMixin, BaseTabularInline):
    """Rows of the record shown below a form and written elsewhere."""

    view_right = "record.view"
    can_delete = False
    hide_title = True


def link(address: str, text: str) -> SafeString:
    """A link inside the admin."""
    from django.utils.html import format_html

    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, text)


def change_url(row: models.Model) -> str:
    """Address of the admin page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
