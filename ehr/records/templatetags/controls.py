"""Controls of the long forms written directly.

A page of section C has some 300 controls; through Django's widget templates and the field component they cost half a
second of processor time, written here a tenth of that. The markup is that of templates/components/field.html and
segments.html; a test compares both. Every text goes through `_text`, which escapes it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from django import forms, template
from django.utils.safestring import SafeString

from ehr.records.forms.places import PlaceSelect

register = template.Library()


def _text(value: Any) -> str:
    """Escaped for content and quoted attributes; what is safe already stays."""
    return str(value) if isinstance(value, SafeString) else escape(str(value))


def _flat(attrs: Mapping[str, Any]) -> str:
    """a="b" c, as django.forms.utils.flatatt."""
    return "".join(
        f" {name}" if value is True else f' {name}="{_text(value)}"'
        for name, value in attrs.items()
        if value is not None and value is not False
    )


@register.simple_tag
def control(bound: forms.BoundField) -> SafeString:
    """The control alone: a text box, a text area, a select, a hidden box, or a row of buttons."""
    widget = bound.field.widget
    kind = type(widget)
    if kind is forms.RadioSelect:
        return SafeString(_segments(bound))
    if kind not in (forms.TextInput, forms.HiddenInput, forms.Textarea, forms.Select, PlaceSelect):
        return SafeString(bound)
    value = widget.format_value(bound.value())
    own = widget.build_attrs(widget.attrs, {**bound.build_widget_attrs({}), "id": bound.auto_id})
    name = _text(bound.html_name)
    if kind is forms.Textarea:
        return SafeString(f'<textarea name="{name}"{_flat(own)}>\n{_text(value or "")}</textarea>')
    if isinstance(widget, forms.Select):
        if isinstance(widget, PlaceSelect):
            widget.read_choices()
        return SafeString(f'<select name="{name}"{_flat(own)}>{_options(widget, value)}</select>')
    shown = "" if value in (None, "") else f' value="{_text(value)}"'
    return SafeString(f'<input type="{widget.input_type}" name="{name}"{shown}{_flat(own)}>')


def _options(widget: forms.Select, value: Any) -> str:
    chosen = {str(each) for each in value or ()}
    return "".join(
        f'<option value="{_text(code)}"{" selected" if str(code) in chosen else ""}>{_text(label)}</option>'
        for code, label in widget.choices
    )


def _segments(bound: forms.BoundField) -> str:
    """A radio group as a row of buttons, with the keys of static/js/keys.js."""
    widget = bound.field.widget
    value = bound.value()
    chosen = "" if value is None else str(value)
    more = _flat(widget.build_attrs(widget.attrs, bound.build_widget_attrs({})))
    name, base = _text(bound.html_name), _text(bound.auto_id)
    labels = []
    for place, (code, label) in enumerate(widget.choices):
        checked = " checked" if str(code) == chosen else ""
        radio = f'<input type="radio" name="{name}" value="{_text(code)}"{more} id="{base}_{place}"{checked}>'
        if code:
            labels.append(f'<label for="{base}_{place}">{radio}{_text(label)}</label>')
        else:
            dash = f'<span aria-hidden="true">–</span><span class="sr-only">{_text(label or "Chưa hỏi")}</span>'
            labels.append(f'<label for="{base}_{place}" class="unasked">{radio}{dash}</label>')
    return f'<div class="control segments" data-segments>{"".join(labels)}</div>'


@register.simple_tag
def notes(bound: forms.BoundField) -> SafeString:
    """Help, errors and warnings of a field, as components/field_notes.html."""
    found = ""
    if bound.help_text:
        found += f'<p class="help" id="{_text(bound.auto_id)}_helptext">{_text(bound.help_text)}</p>'
    if errors := bound.form.errors.get(bound.name):
        found += f'<ul class="errorlist" id="{_text(bound.auto_id)}_error">{_items(errors)}</ul>'
    if warnings := getattr(bound.field, "warnings", None):
        found += f'<ul class="warnlist">{_items(warnings)}</ul>'
    return SafeString(found)


def _items(lines: Any) -> str:
    return "".join(f"<li>{_text(line)}</li>" for line in lines)


@register.simple_tag
def question(bound: forms.BoundField, css: str = "") -> SafeString:
    """Label, control, unit and notes, as components/field.html."""
    field = bound.field
    css = f"field {css or getattr(field, 'layout', '')}" + (" has-error" if bound.name in bound.form.errors else "")
    need = '<span class="need" aria-hidden="true"> *</span>' if getattr(field, "need", False) else ""
    label = _text(bound.label) + need
    if isinstance(field.widget, forms.RadioSelect):
        described = bound.aria_describedby
        attribute = f' aria-describedby="{_text(described)}"' if described else ""
        inner = f"<legend>{label}</legend>{control(bound)}{notes(bound)}"
        return SafeString(f'<fieldset class="{css}"{attribute}>{inner}</fieldset>')
    unit = getattr(field, "unit", "")
    shown = f'<span class="unit">{_text(unit)}</span>' if unit else ""
    box = f'<div class="control{" withunit" if unit else ""}">{control(bound)}{shown}</div>'
    target = _text(bound.auto_id)
    return SafeString(f'<div class="{css}"><label for="{target}">{label}</label>{box}{notes(bound)}</div>')


@register.simple_tag
def cell(bound: forms.BoundField, row: Any = "") -> SafeString:
    """One cell of a table of rows: hidden label with the name of the row, control, notes."""
    label = f'{_text(bound.label)} <span class="of">{_text(row)}</span>'
    if isinstance(bound.field.widget, forms.RadioSelect):
        legend = f'<legend class="sr-only">{label}</legend>'
        return SafeString(f'<fieldset class="bare">{legend}{control(bound)}</fieldset>{notes(bound)}')
    target = _text(bound.auto_id)
    return SafeString(f'<label class="sr-only" for="{target}">{label}</label>{control(bound)}{notes(bound)}')
