"""Sections A to D of form 831 as data: what every door, the admin, the printed form and the completeness test read.

The form itself is `data/form831.csv`; where a field is stored is said by the app that owns the section.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FORM831 = Path(__file__).parent / "data" / "form831.csv"
SECTION_LABELS = {
    "A": "Phần thông tin hành chính",
    "B": "Tiền sử và các yếu tố liên quan sức khỏe",
    "C": "Tiêm chủng",
    "D": "Khám lâm sàng và cận lâm sàng",
}


@dataclass(frozen=True)
class Item:
    """One field of the form.

    `kind`: text, table-cell, bool, int, coded, choice, date, decimal. `store`: where the owning app keeps it.
    `options`: (code, label). `system`: code system of coded values. `applies_to`: all, child, female, pregnant.
    `paper`: printed on the form, else only in the exchange XML, whose path is `xml`. `repeats`: several per person.
    """

    code: str
    label: str
    kind: str
    store: str
    options: tuple[tuple[str, str], ...] = ()
    system: str = ""
    unit: str = ""
    applies_to: str = "all"
    sensitive: bool = False
    paper: bool = True
    xml: str = ""
    help: str = ""
    repeats: bool = False


@dataclass(frozen=True)
class Group:
    """A numbered heading of the form with its fields, in printed order."""

    code: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Section:
    """A part of the form: A, B, C or D."""

    code: str
    label: str
    groups: tuple[Group, ...]

    def items(self) -> Iterator[Item]:
        """All fields in printed order."""
        for group in self.groups:
            yield from group.items

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Field codes in printed order."""
        return tuple(item.code for item in self.items())

    @cached_property
    def _by_code(self) -> dict[str, Item]:
        return {item.code: item for item in self.items()}

    def item(self, code: str) -> Item:
        """The field with this code. Raises KeyError."""
        return self._by_code[code]

    def group(self, code: str) -> Group:
        """The group with this code. Raises KeyError."""
        for group in self.groups:
            if group.code == code:
                return group
        raise KeyError(code)


@lru_cache(maxsize=4)
def load_form831(path: Path = FORM831) -> tuple[Section, ...]:
    """The four sections of the form, without stores."""
    groups: dict[tuple[str, str], tuple[str, list[Item]]] = {}
    with path.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            key = row["section"], row["group_code"]
            groups.setdefault(key, (_group_label(row["group_label_vi"]), []))[1].append(_item(row))
    return tuple(
        Section(
            code,
            label,
            tuple(Group(group, title, tuple(items)) for (of, group), (title, items) in groups.items() if of == code),
        )
        for code, label in SECTION_LABELS.items()
    )


def build_section(code: str, stores: Mapping[str, str], systems: Mapping[str, str] | None = None) -> Section:
    """Section `code` with the place of each field, and the code systems of coded fields.

    Raises ImproperlyConfigured for a field without a place, and for a place whose field the form does not have.
    """
    section = next(section for section in load_form831() if section.code == code)
    systems = systems or {}
    missing = [name for name in section.names if not stores.get(name)]
    unknown = [name for name in {**stores, **systems} if name not in section.names]
    if missing or unknown:
        raise ImproperlyConfigured(f"Section {code}: fields without a store {missing}, unknown fields {unknown}")
    groups = tuple(
        replace(
            group,
            items=tuple(
                replace(item, store=stores[item.code], system=systems.get(item.code, "")) for item in group.items
            ),
        )
        for group in section.groups
    )
    return replace(section, groups=groups)


def _item(row: dict[str, str]) -> Item:
    return Item(
        code=row["field_code"],
        label=row["label_vi"],
        kind=row["type"],
        store="",
        options=tuple(_option(option) for option in row["options"].split("|") if option),
        unit=row["unit"],
        applies_to=row["applies_to"],
        sensitive="Sensitive." in row["note"],
        paper=not row["note"].startswith("XML-only"),
        xml=row["xml831_tag"],
        repeats=row["cardinality"].endswith("n"),
    )


def _option(text: str) -> tuple[str, str]:
    code, _, label = text.partition("=")
    return code, label or code


def _group_label(label: str) -> str:
    """Section A has no headings on paper: "A. Phần thông tin hành chính (giấy tờ, BHYT)" becomes "Giấy tờ, BHYT"."""
    found = re.fullmatch(r"A\. .*?\((.+)\)", label)
    return found[1][0].upper() + found[1][1:] if found else label
