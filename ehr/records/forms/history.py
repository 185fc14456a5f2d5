"""The form of section B: all fields of the spec, in the blocks of the paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django import forms
from django.http import QueryDict

from ehr.common import formfields
from ehr.records.forms.base import ErrorLine, SavingForm, choice_field, field_for
from ehr.records.models import HealthHistory, Person
from ehr.records.sections import SECTION_B, b

# Short, because four of them stand under each of twelve diseases; the page says what KB means.
TICK = [("yes", "Có"), ("no", "Không"), ("unknown", "KB"), ("", "Chưa hỏi")]
LONG_TEXT = 2000
LINES = {"surgery_history": 3, "other_issues": 3}
FEMALE = frozenset(item.code for item in SECTION_B.group("B7").items if item.applies_to == "female")
EXTRA_LABELS = {
    "family_disease_cancer_person": "Ung thư - Người mắc",
    "family_disease_tuberculosis_person": "Lao - Người mắc",
    "family_disease_other_person": "Khác - Người mắc",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A numbered part of the paper. `rest`: ticks and texts that the button "Còn lại: Không" answers."""

    code: str
    title: str
    names: tuple[str, ...]
    rest: tuple[str, ...]


def column_of(code: str) -> Any:
    """The column of HealthHistory behind a field code; None when a list keeps it."""
    return HealthHistory._meta.get_field(code) if code in b.HISTORY else None


def _is_tick(code: str) -> bool:
    column = column_of(code)
    return SECTION_B.item(code).kind == "bool" or (column is not None and [*dict(column.choices or ())][:1] == ["yes"])


def _choices(code: str) -> list[tuple[str, str]]:
    """Codes of the stored column with the words of the paper; "không biết" is an answer of every question."""
    column = column_of(code)
    if column is None:
        return []
    printed = dict(SECTION_B.item(code).options)
    return [
        (value, printed.get(value, "KB" if value == "unknown" else str(label))) for value, label in column.choices or ()
    ]


def make_field(code: str) -> forms.Field:
    """The form field of one field of section B."""
    item = SECTION_B.item(code)
    column = column_of(code)
    if code == "household_toilet_type":
        choices = [*item.options, ("unknown", "Không biết")]
        field = forms.ChoiceField(choices=[("", "Chưa hỏi"), *choices], required=False, label="Loại hố xí của gia đình")
        field.help_text = "Thông tin của hộ: lưu ở đây là đổi cho cả hộ."
    elif _is_tick(code):
        field = formfields.TriStateField(label=item.label, choices=TICK, widget=forms.RadioSelect)
    elif column is not None and column.choices:
        field = choice_field([(v, t.partition(" (")[0]) for v, t in _choices(code)], label=item.label)
    elif code.endswith("_person"):
        field = forms.CharField(label=item.label, required=False, max_length=150, widget=_box())
    else:
        length = getattr(column, "max_length", None) or LONG_TEXT
        if code == "risk_alcohol_glasses_per_day":
            item = replace(item, kind="decimal")  # half a glass is an answer, too
        length = None if item.kind in ("int", "decimal") else length
        field = field_for(item, answerable=True, lines=LINES.get(code, 0), max_length=length)
    for name, value in (("unit", item.unit), ("layout", ""), ("warnings", []), ("need", False)):
        setattr(field, name, value)
    return field


def _box() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "placeholder": "bố, mẹ, anh…"})


def _blocks() -> tuple[Block, ...]:
    found = []
    for group in SECTION_B.groups:
        names = [item.code for item in group.items]
        if group.code == "B6.2":
            for text in b.FAMILY_TEXTS:
                names.insert(names.index(f"family_disease_{text}") + 1, f"family_disease_{text}_person")
        rest = [name for name in names if name in SECTION_B.names and _in_rest(name)]
        found.append(Block(group.code, group.label, tuple(names), tuple(rest)))
    return tuple(found)


def _in_rest(code: str) -> bool:
    """Ticks, choices with a "không", and texts; never numbers, the mode of birth, or who has a disease."""
    item = SECTION_B.item(code)
    if code in ("birth_delivery_mode", "household_toilet_type", "risk_exposure_duration") or code.endswith("_person"):
        return False
    return item.kind in ("bool", "choice", "text", "table-cell") and not code.startswith("last_")


BLOCKS = _blocks()


@cache
def _field(name: str) -> forms.Field:
    """A field to copy: copying takes a fraction of making. Forms change nothing of its widget."""
    if name not in EXTRA_LABELS:
        return make_field(name)
    field = forms.CharField(label=EXTRA_LABELS[name], required=False, max_length=150, widget=_box())
    for key, value in (("unit", ""), ("layout", ""), ("warnings", []), ("need", False)):
        setattr(field, key, value)
    return field


class HistoryForm(SavingForm):
    """Section B of one person. A man's form leaves out what is for women, unless it was answered before."""

    def __init__(self, *args: Any, person: Person, has_household: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hidden = self._female_only(person)
        for block in BLOCKS:
            for name in block.names:
                if name not in hidden:
                    self.fields[name] = copy(_field(name))
        self.fields["surveyed_on"] = formfields.DateField(label="Ngày điều tra", required=False)
        self.fields["surveyed_on"].layout = ""  # type: ignore[attr-defined]
        if not has_household:
            toilet = self.fields["household_toilet_type"]
            toilet.disabled = True
            toilet.help_text = "Người này chưa thuộc hộ nào nên chưa ghi được."

    def _female_only(self, person: Person) -> frozenset[str]:
        """Fields to leave out; those with an answer stay, or nobody could take it back."""
        if person.sex != "1":
            return frozenset()
        return frozenset(name for name in FEMALE if not self.initial.get(name) and name not in self.data)

    # -- for the template
    @property
    def by_code(self) -> dict[str, forms.BoundField]:
        """`form.by_code.risk_smoking`, for templates that place each field by hand."""
        return {name: self[name] for name in self.fields}

    def block(self, code: str) -> list[forms.BoundField]:
        """The fields of a block that this form has."""
        return self.bound(next(block for block in BLOCKS if block.code == code).names)

    @property
    def blocks(self) -> dict[str, list[forms.BoundField]]:
        """Fields by block, keys without the dot ("B32"), for the template."""
        return {block.code.replace(".", ""): self.block(block.code) for block in BLOCKS}

    @property
    def family(self) -> dict[str, list[tuple[forms.BoundField, forms.BoundField]]]:
        """The lines of block 6, each with the box for who has it."""
        return {
            block.code.replace(".", ""): [
                (self[name], self[f"{name}_person"]) for name in block.names if f"{name}_person" in self.fields
            ]
            for block in BLOCKS
            if block.code.startswith("B6")
        }

    @property
    def diseases(self) -> list[forms.BoundField]:
        """The twelve tick boxes of block 3.2, four on a line."""
        return [bound for bound in self.block("B3.2") if _is_tick(bound.name)]

    @property
    def disease_texts(self) -> list[forms.BoundField]:
        return [bound for bound in self.block("B3.2") if not _is_tick(bound.name)]

    @property
    def error_lines(self) -> list[ErrorLine]:
        """With the number of the block: "Thuốc" and "Khác" stand in several."""
        number = {name: block.code[1:] for block in BLOCKS for name in block.names}
        by_target = {self[name].id_for_label or f"{self[name].auto_id}_0": number.get(name, "") for name in self.fields}
        return [
            ErrorLine(line.target, f"{by_target.get(line.target, '')} {line.label}".strip(), line.message)
            for line in super().error_lines
        ]


def answer_rest(data: QueryDict, form: HistoryForm, code: str) -> QueryDict:
    """The typed content with all that nobody answered in one block set to "không", for browsers without scripts."""
    filled = data.copy()
    block = next((block for block in BLOCKS if block.code == code), None)
    for name in block.rest if block else ():
        if name in form.fields and not str(filled.get(name, "")).strip():
            filled[name] = no_value(form.fields[name])
    return filled


def no_value(field: forms.Field) -> str:
    """How "không" is written in this field."""
    choices: Iterable[tuple[Any, Any]] = getattr(field, "choices", ())
    values = [str(value) for value, _ in choices]
    return "no" if "no" in values else "0" if "0" in values else "Không có"


def field_codes() -> Mapping[str, str]:
    """Field code of the spec → name of the form field, for the completeness test."""
    return {code: code for code in SECTION_B.names}
