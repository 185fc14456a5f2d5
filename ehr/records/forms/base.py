"""What every form that saves has: a key against double saving, the version it was opened at, errors that name a field.

Fields come from the section specs by `field_for`. Nothing is required here: what must be filled is a rule, and rules
answer through the service with the code that every other door gets too."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from ehr.common import formfields
from ehr.common.problems import Problem, problems_of
from ehr.common.sections import Item
from ehr.records.facts import codes_of

NOT_CHOSEN = ("", "")
YES_NO = [("yes", "Có"), ("no", "Không"), ("unknown", "Không biết"), ("", "Chưa hỏi")]
FEW = 4  # a choice of so few is a row of buttons, of more a list


@dataclass(slots=True)
class Group:
    """Fields under one heading. `layout`: "formgrid" (boxes) or "questions" (question left, answer right)."""

    title: str
    fields: list[forms.BoundField]
    folded: bool = False
    layout: str = "formgrid"

    @property
    def has_errors(self) -> bool:
        return any(bound.errors for bound in self.fields)


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One refusal in the summary; `target` is the id of its control, "" for the whole form."""

    target: str
    label: str
    message: str


class CodeField(forms.ChoiceField):
    """One code of a shared list. Cleans to the code as text ("" for none); initial may be a `Code`.

    Long lists become a box with suggestions when scripts run (`data-combo`), and stay a plain select otherwise."""

    def __init__(self, system: str, **kwargs: Any) -> None:
        self.system = system
        super().__init__(choices=self._choices, **{"required": False, **kwargs})
        self.error_messages["invalid_choice"] = "Mã này không có trong danh mục."
        self.widget.attrs.setdefault("data-combo", "local")

    def _choices(self) -> list[tuple[str, str]]:
        codes = sorted(codes_of(self.system).values(), key=lambda code: (code.position, code.code))
        return [NOT_CHOSEN, *((code.code, code.name) for code in codes)]

    def valid_value(self, value: Any) -> bool:
        """Looked up, not searched for in the sorted list."""
        return str(value) in codes_of(self.system)

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "code", value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def choice_field(choices: Iterable[tuple[str, str]], *, empty: str = "Chưa hỏi", **kwargs: Any) -> forms.ChoiceField:
    """One of the options or nothing; a row of buttons when they are few."""
    options = [(code, label) for code, label in choices if code != ""]
    if len(options) <= FEW:
        kwargs.setdefault("widget", forms.RadioSelect)
        return forms.ChoiceField(choices=[*options, ("", empty)], required=False, **kwargs)
    return forms.ChoiceField(choices=[NOT_CHOSEN, *options], required=False, **kwargs)


def field_for(
    item: Item, *, answerable: bool = False, label: str = "", layout: str = "", lines: int = 0, help_text: str = "",
    max_length: int | None = None, decimal_places: int = 1, choices: Iterable[tuple[str, str]] = (),
) -> forms.Field:  # fmt: skip
    """The form field of one line of form 831.

    `answerable`: "không" and "không biết" are answers (cleans to Answer). `layout`: xs, sm, lg, half or wide.
    `lines`: height of a text area, 0 for a box. `choices` replaces the options of the spec."""
    common: dict[str, Any] = {"label": label or item.label, "required": False, "help_text": help_text}
    options = list(choices) or list(item.options)
    made: forms.Field
    if item.kind == "bool":
        made = formfields.TriStateField(**common, choices=YES_NO, widget=forms.RadioSelect)
    elif item.kind == "coded" and item.system:
        made = CodeField(item.system, **common)
    elif item.kind in ("choice", "coded") and options:
        del common["required"]
        made = choice_field(options, **common)
    elif item.kind == "date":
        made = formfields.DateField(**common)
    elif item.kind in ("int", "decimal"):
        places = 0 if item.kind == "int" else decimal_places
        if answerable:
            made = formfields.AnswerNumberField(**common, decimal_places=places)
        else:
            made = (
                formfields.DecimalField(**common, decimal_places=places)
                if places
                else formfields.IntegerField(**common)
            )
    else:
        if lines:
            common["widget"] = forms.Textarea(attrs={"rows": lines, "autocomplete": "off"})
        if answerable:
            made = formfields.AnswerTextField(**common, max_length=max_length)
        else:
            common.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
            made = forms.CharField(**common, max_length=max_length)
    made.layout, made.unit, made.warnings, made.need = layout, item.unit, [], False  # type: ignore[attr-defined]
    return made


class SharedFields(dict[str, forms.Field]):
    """Declared fields of which each form gets its own copy but shares the widgets, save for those named in `own`.
    Django copies all of them with every form, which takes as long as checking what was typed."""

    def __init__(self, fields: Mapping[str, forms.Field], own: Iterable[str]) -> None:
        super().__init__(fields)
        self._own = frozenset(own)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        return {name: deepcopy(field, memo) if name in self._own else copy(field) for name, field in self.items()}


class SavingForm(forms.Form):
    """Base of all forms of the record. `submission` makes a double click or a retry harmless, `version` keeps two
    clerks from overwriting each other unseen."""

    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    use_required_attribute = False
    elsewhere: Mapping[str, str] = {}  #: code of a refusal's field → name of the form field that shows it

    def __init__(self, *args: Any, version: int | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"submission": uuid.uuid4(), "version": version} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    # -- what the service takes
    def values(self) -> dict[str, Any]:
        """Field codes and cleaned values of everything the form lets the user change."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("submission", "version") and not self.fields[name].disabled
        }

    @property
    def submission_key(self) -> uuid.UUID:
        """Key of this submission; a form that came without one gets its own."""
        return self.cleaned_data.get("submission") or uuid.uuid4()

    @property
    def opened_version(self) -> int | None:
        return self.cleaned_data.get("version")

    def set_version(self, version: int) -> None:
        """The version that the next save builds on, after the user has been told of the newer one."""
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = str(version)

    # -- what the service answers
    def refuse(self, exc: ValidationError) -> None:
        """Puts the refusals of a service beside their fields, with their codes; the rest goes to the top."""
        for problem in problems_of(exc):
            name = self.elsewhere.get(problem.field, problem.field)
            error = ValidationError(problem.message, code=problem.code)
            self.add_error(name if name in self.fields and not self.fields[name].widget.is_hidden else None, error)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Shows warnings beside their fields."""
        for problem in problems:
            name = self.elsewhere.get(problem.field, problem.field)
            if name in self.fields:
                self.fields[name].warnings = [*getattr(self.fields[name], "warnings", []), problem.message]  # type: ignore[attr-defined]

    @property
    def error_lines(self) -> list[ErrorLine]:
        """The summary on top, in the order of the fields."""
        lines = [ErrorLine("", "", message) for message in self.errors.get(NON_FIELD_ERRORS, [])]
        for name in self.fields:
            bound = self[name]
            target = bound.id_for_label or f"{bound.auto_id}_0"
            lines += [ErrorLine(target, str(bound.label), message) for message in bound.errors]
        return lines

    def bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        """Bound fields by name, those that the form has."""
        return [self[name] for name in names if name in self.fields]


@dataclass(slots=True)
class Difference:
    """A field that the user typed otherwise than it is stored."""

    label: str
    target: str
    stored: str
    typed: str


@dataclass(slots=True)
class Conflict:
    """Somebody saved after the form was opened."""

    message: str
    url: str
    changes: list[Any] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


def differences(form: SavingForm, stored: Mapping[str, Any]) -> list[Difference]:
    """Where the typed content of a bound form differs from the values now stored."""
    found = []
    for name, form_field in form.fields.items():
        if name in ("submission", "version") or form_field.disabled:
            continue
        bound = form[name]
        data = form_field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        now = form_field.prepare_value(stored.get(name))
        # A date or number differs from its own text, a place from its row: only what differs from both was typed.
        if form_field.has_changed(now, data) and form_field.has_changed(stored.get(name), data):
            target = bound.id_for_label or f"{bound.auto_id}_0"
            found.append(Difference(str(bound.label), target, _shown(form_field, now), _shown(form_field, data)))
    return found


def _shown(form_field: forms.Field, value: Any) -> str:
    value = "" if value is None else str(form_field.prepare_value(value))
    choices = getattr(form_field, "choices", None)
    if choices is None:
        choices = getattr(form_field.widget, "choices", ())
    return next((str(label) for code, label in choices if str(code) == value and value), value)
