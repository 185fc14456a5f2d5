"""Admin forms that speak field codes of form 831: one form field per code, made from the section spec and the column
behind it. They translate what was typed; the service that stores it holds the rules."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from ehr.common import formfields
from ehr.common.admin import BaseForm
from ehr.common.answers import TriState
from ehr.common.problems import StaleError
from ehr.common.sections import Section
from ehr.records.facts import codes_of

NOT_CHOSEN = "Chưa chọn"


class CodeForm(BaseForm):
    """One section of one record. Subclasses are made per request by `SectionAdmin.get_form`.

    `version` is the copy that the page showed, `submission` the key by which a second click is known."""

    read: ClassVar[Callable[[Any], Mapping[str, Any]]]
    refused: ClassVar[ValidationError | StaleError | None] = None

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        stored = type(self).read(instance) if instance is not None and instance.pk else {}
        stored = {**stored, "version": getattr(instance, "version", None)}
        kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if self.is_bound and isinstance(self.refused, StaleError):
            # The next click saves knowingly over the copy that is shown now.
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = stored["version"]

    def add_error(self, field: str | None, error: Any) -> None:
        """A key that leads nowhere has the code that a code text gets at the other doors."""
        if field and getattr(error, "code", "") == "invalid_choice":
            error.code = f"{field}.unknown_code"
        super().add_error(field, error)

    def _post_clean(self) -> None:
        """The model is not touched here; what the service refused in this request is shown."""
        if isinstance(self.refused, StaleError):
            self.add_error(None, ValidationError([self.refused.message, *self._differences()], code="stale"))
        elif self.refused is not None:
            self.add_error(None, self.refused)

    def _differences(self) -> Iterable[str]:
        """What the stored record says now, for each box that shows something else."""
        for name in self.changed_values():
            bound = self[name]
            shown = bound.field.prepare_value(self.initial.get(name))
            if isinstance(bound.field, forms.ModelChoiceField):
                shown = self.initial.get(name)
            elif isinstance(bound.field, forms.ChoiceField):
                shown = dict(bound.field.choices).get(shown, shown)
            yield f"{bound.label}: bản đã lưu là «{shown if shown not in (None, '') else 'để trống'}»."

    def changed_values(self) -> dict[str, Any]:
        """Field codes whose value was changed on the page."""
        return {
            name: self.cleaned_data.get(name) for name in self.changed_data if name not in ("version", "submission")
        }


class DetailForm(BaseForm):
    """One row of a list of the record. `version` is that of the section the row belongs to."""

    version_of: ClassVar[Callable[[Any], int | None]]
    refused: ClassVar[ValidationError | StaleError | None] = None

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        version = type(self).version_of(instance) if instance is not None and instance.pk else None
        kwargs["initial"] = {"version": version, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if self.is_bound and isinstance(self.refused, StaleError):
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = version

    @property
    def changed_data(self) -> list[str]:
        return [name for name in super().changed_data if name not in ("version", "submission")]

    def check_instance(self) -> None:
        if isinstance(self.refused, StaleError):
            raise ValidationError(self.refused.message, code="stale")
        if self.refused is not None:
            raise self.refused


class RowForm(BaseForm):
    """A row below the form of a section: what is wrong with it is said by the section's rules."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def _post_clean(self) -> None:
        """The model is not touched: the service of the section writes the row."""


def code_choices(system: str) -> list[tuple[str, str]]:
    """A small code list as choices by code, without a query for each row of a table."""
    codes = sorted(codes_of(system).values(), key=lambda code: (code.position, code.code))
    return [("", NOT_CHOSEN), *((code.code, code.name) for code in codes)]


class CodeChoiceField(forms.ChoiceField):
    """One code of a small list. Cleans to the code as text; shows a stored foreign key `keys[pk]`."""

    def __init__(self, system: str, **kwargs: Any) -> None:
        self.keys = {code.pk: code.code for code in codes_of(system).values()}
        super().__init__(choices=code_choices(system), required=False, widget=UnfoldAdminSelectWidget(), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return self.keys.get(value, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def section_fieldsets(section: Section, *, leave_out: Iterable[str] = ()) -> list[tuple[str, dict[str, Any]]]:
    """The groups of a section as admin fieldsets, in the order of the form."""
    hidden = set(leave_out)
    found = []
    for group in section.groups:
        codes = [item.code for item in group.items if item.code not in hidden]
        if codes:
            found.append((group.label, {"fields": codes}))
    return found


def in_pairs(names: list[str]) -> list[Any]:
    """Two boxes side by side: half as far to scroll on a small screen."""
    return [tuple(names[at : at + 2]) if at + 1 < len(names) else names[at] for at in range(0, len(names), 2)]


def column_field(admin: Any, request: HttpRequest, column: models.Field, *, answerable: bool = False) -> forms.Field:
    """The admin's form field for a column, never required: what must be filled is said by the rules."""
    if answerable:
        return answer_field(column)
    field = admin.formfield_for_dbfield(column, request)
    field.required = False
    if isinstance(field.widget, forms.Textarea):
        field.widget.attrs["rows"] = 2
    if isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget = field.widget.widget  # lists are changed on their own pages
        field.widget.is_required = False
    if isinstance(field, forms.TypedChoiceField):
        choices = [choice for choice in column.flatchoices if choice[0] != ""]
        # Without an empty choice the first one would be saved by whoever looks away.
        field.choices = choices if column.has_default() else [("", NOT_CHOSEN), *choices]
    return field


def answer_field(column: models.Field) -> forms.Field:
    """A box where "không" and "không biết" are answers of their own."""
    if isinstance(column, models.DecimalField):
        return formfields.AnswerNumberField(
            max_digits=column.max_digits, decimal_places=column.decimal_places, widget=UnfoldAdminTextInputWidget()
        )
    if isinstance(column, models.IntegerField):
        return formfields.AnswerNumberField(decimal_places=0, widget=UnfoldAdminTextInputWidget())
    return answer_text(column.max_length, lines=isinstance(column, models.TextField))


def answer_text(max_length: int | None = None, *, lines: bool = False) -> forms.Field:
    """Free text with the three answers; `lines`: several rows of text."""
    widget = UnfoldAdminTextareaWidget({"rows": 2}) if lines else UnfoldAdminTextInputWidget()
    return formfields.AnswerTextField(max_length=max_length, widget=widget)


def text(max_length: int | None = None, *, lines: bool = False) -> forms.Field:
    """Plain text; empty means not written."""
    widget = UnfoldAdminTextareaWidget({"rows": 2}) if lines else UnfoldAdminTextInputWidget()
    return forms.CharField(max_length=max_length, required=False, widget=widget)


def tick() -> forms.Field:
    """A tick box of the form: not asked, yes, no, unknown."""
    return formfields.TriStateField(choices=TriState.choices, widget=UnfoldAdminSelectWidget())


def partial_date() -> forms.Field:
    """12/03/1980, 03/1980, 1980 or ?."""
    return formfields.PartialDateField(
        required=False, widget=UnfoldAdminTextInputWidget({"inputmode": "numeric", "data-mask": "partial-date"}),
        help_text="Viết 12/03/1980, 03/1980, 1980, hoặc ? nếu không biết.",
    )  # fmt: skip


def fixed_text(label: str) -> forms.Field:
    """Text that is shown in the place of a box and never read back."""
    widget = UnfoldAdminTextInputWidget({"tabindex": "-1"})
    return forms.CharField(label=label, required=False, disabled=True, widget=widget)
