"""Rows of a batch as people read them: labels instead of field codes, names instead of codes, dates day first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ehr.common.dates import DateError, PartialDate
from ehr.common.sections import Item
from ehr.common.templatetags.vietnamese import DASH, answer_label
from ehr.intake.columns import fields_of
from ehr.intake.hints import hint
from ehr.intake.models import Fate, ImportBatch, ImportRow
from ehr.records.facts import codes_of
from ehr.records.models import Person
from ehr.records.sections import SECTION_A, SECTION_B, SECTION_D
from ehr.vaccination.sections import SECTION_C
from stations.models import AdminUnit, Village

ITEMS: dict[str, Item] = {
    item.code: item for section in (SECTION_A, SECTION_B, SECTION_C, SECTION_D) for item in section.items()
}
SHORT = {
    "birth_date": "Ngày sinh", "id_number": "Số CMND/CCCD", "current_village_code": "Thôn", "current_village": "Thôn",
    "phone_mobile": "Điện thoại di động", "household_code": "Số hộ",
}  # fmt: skip
UNITS = frozenset(code for code in ITEMS if code.endswith(("_commune", "_district", "_province")))
VILLAGES = frozenset({"current_village_code", "permanent_village_code"})
# Many labels of the form are short, because they stand under a heading there: "Thuốc" of whom?
HEADINGS = (
    ("allergy_", "Dị ứng"), ("disability_", "Khuyết tật"), ("family_allergy_", "Dị ứng gia đình"),
    ("family_disease_", "Bệnh gia đình"), ("disease_other", "Bệnh"), ("birth_other_problem", "Lúc sinh"),
    ("birth_defect", "Lúc sinh"), ("permanent_", "Thường trú"), ("current_", "Nơi ở"), ("organ_", "Khám"),
    ("exam_general_", "Khám toàn thân"),
)  # fmt: skip
LARGE = frozenset({"icd10"})  # code systems too large to be kept in memory: the code itself is shown
BADGE = {Fate.NEW: "ok", Fate.UPDATE: "info", Fate.UNCHANGED: "", Fate.DUPLICATE: "warning", Fate.REFUSED: "error"}


@lru_cache(maxsize=8)
def labels(kind: str) -> dict[str, str]:
    """Field code: label, of everything that a column of this kind may hold, and of the form's other fields."""
    found = {code: item.label for code, item in ITEMS.items()}
    found |= {code: label for _, fields in fields_of(kind) for code, label in fields}
    return {code: _headed(code, label) for code, label in found.items()} | SHORT


def _headed(code: str, label: str) -> str:
    heading = next((text for start, text in HEADINGS if code.startswith(start)), "")
    return f"{heading}: {label[:1].lower()}{label[1:]}" if heading else label


@dataclass(frozen=True, slots=True)
class Change:
    """A field that an update changes."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a cell, or a cell that was cleaned: `value` → `became`."""

    column: str
    label: str
    value: str
    became: str = ""
    message: str = ""
    level: str = "error"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Somebody who may be the person of a row. `person` is None for a record that the user may not see."""

    person: Person | None
    why: str


@dataclass(slots=True)
class Shown:
    """One row of the preview. `person`: the record it belongs to, when the user may open it."""

    row: ImportRow
    birth: str
    household: str
    village: str
    badge: str
    person: Person | None = None
    changes: list[Change] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    cleaned: list[Finding] = field(default_factory=list)
    candidates: list[Likeness] = field(default_factory=list)


class Texts:
    """Values of one batch as text. Names of units and villages are read when the first of them is asked for: at most
    one query each, whatever the number of rows."""

    def __init__(self, batch: ImportBatch, rows: Iterable[ImportRow] = ()) -> None:
        self.batch = batch
        self.labels = labels(batch.kind)
        self._units = {str(value).removeprefix("old-") for row in rows for value in _values(row, UNITS)}
        self._unit_names: dict[str, str] | None = None
        self._village_names: dict[str, str] | None = None

    def label(self, code: str) -> str:
        return self.labels.get(code) or self.labels.get(code.partition(":")[0]) or code

    def text(self, code: str, value: Any) -> str:
        """The value as read; "" for nothing, an answer ("Không có") as its word."""
        if value is None or value == "":
            return ""
        if isinstance(value, dict):  # a free value that was answered without one
            return str(answer_label(value.get("state", "")) if value.get("value") in (None, "") else value["value"])
        if isinstance(value, list | tuple):
            return "; ".join(filter(None, (self.text("", part) for part in value)))
        item = ITEMS.get(code)
        text = str(value)
        if code in UNITS:
            return self.units().get(text.removeprefix("old-"), text)
        if code in VILLAGES:
            return self.villages().get(text, text)
        if item is None:
            return text
        if item.options and (name := dict(item.options).get(text)):
            return name
        if item.kind == "date":
            return date_text(text)
        if item.kind == "decimal":
            return text.replace(".", ",")
        if item.system and item.system not in LARGE and (found := codes_of(item.system).get(text)):
            return found.name
        return str(answer_label(value)) if isinstance(value, bool) or text in ("yes", "no", "none", "unknown") else text

    def units(self) -> dict[str, str]:
        """Names of the units that the rows name, by code. A code may name an old and a new unit: the new one wins."""
        if self._unit_names is None:
            found = AdminUnit.objects.filter(code__in=self._units).order_by("-scheme").only("code", "name", "level")
            self._unit_names = {unit.code: unit.name for unit in found} if self._units else {}
        return self._unit_names

    def villages(self) -> dict[str, str]:
        if self._village_names is None:
            found = Village.objects.filter(commune=self.batch.commune_id).order_by().values_list("pk", "code", "name")
            names = {code: name for _, code, name in found if code}
            self._village_names = {str(pk): name for pk, _, name in found} | names
        return self._village_names

    def changes(self, row: ImportRow) -> list[Change]:
        return [
            Change(self.label(code), self.text(code, old) or DASH, self.text(code, new) or DASH)
            for code, (old, new) in _pairs(row.changes)
        ]

    def problems(self, row: ImportRow) -> list[Finding]:
        """Errors first. A cell that could not be read is shown as it came."""
        found = []
        for problem in row.problems:
            field_code, message, level = (
                problem.get("field", ""),
                problem.get("message", ""),
                problem.get("level", "error"),
            )
            column, value = problem.get("column", ""), str(problem.get("value") or "")
            # A value of a rule is in JSON form, that of a cell as it was typed.
            value = value if problem.get("code", "").startswith("cell.") else self.text(field_code, value)
            label = self.label(field_code) if field_code and (column or value) else ""
            fix = hint(problem.get("code", ""), message) if level == "error" else ""
            found.append(Finding(column, label, value, "", message, level, fix))
        return sorted(found, key=lambda finding: finding.level != "error")

    def cleaned(self, row: ImportRow) -> list[Finding]:
        found = [
            Finding(
                cell.get("column", ""), self.label(cell.get("field", "")), str(cell.get("was", "")),
                self.text(cell.get("field", ""), cell.get("became", "")), cell.get("why", "").rstrip("."), "info",
            )
            for cell in row.cleaned
        ]  # fmt: skip
        return sorted(found, key=lambda cell: (len(cell.column), cell.column))


def date_text(text: str) -> str:
    """12/03/1980, 03/1980, 1980 for a date in JSON form; what is no date stays as it is."""
    try:
        return PartialDate.parse(text).text()
    except DateError:
        return text


def _pairs(changes: Any) -> list[tuple[str, tuple[Any, Any]]]:
    return [(code, (pair[0], pair[1])) for code, pair in (changes or {}).items() if len(pair) == 2]


def _values(row: ImportRow, codes: frozenset[str]) -> list[Any]:
    own = [value for code, value in row.values.items() if code in codes and value]
    return own + [value for code, pair in _pairs(row.changes) if code in codes for value in pair if value]


def show(batch: ImportBatch, rows: Sequence[ImportRow], *, user: Any) -> list[Shown]:
    """The rows of one page. Queries: the people the user may see, units, villages; none of them per row."""
    texts = Texts(batch, rows)
    keys = {row.person_id for row in rows if row.person_id}
    keys |= {int(entry["person"]) for row in rows for entry in row.candidates}
    seen = Person.objects.visible_to(user).only("code", "full_name", "birth_date", "birth_precision")
    people = seen.in_bulk(sorted(keys)) if keys else {}
    return [_shown(row, texts, people) for row in rows]


def _shown(row: ImportRow, texts: Texts, people: Mapping[int, Person]) -> Shown:
    values = row.values
    person = people.get(row.person_id) if row.person_id else None
    return Shown(
        row, texts.text("birth_date", values.get("birth_date")), str(values.get("household_code") or ""),
        texts.text("current_village_code", values.get("current_village_code")), BADGE[Fate(row.fate)], person,
        # What a record holds now is shown to those only who may open it.
        texts.changes(row) if person is not None or row.person_id is None else [],
        texts.problems(row), texts.cleaned(row),
        [Likeness(people.get(int(entry["person"])), str(entry.get("why", ""))) for entry in row.candidates],
    )  # fmt: skip
