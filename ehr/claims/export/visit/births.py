"""Children born in a visit entered here: the delivery and its birth paper (giấy chứng sinh), as XML9 asks for them.

A delivery that the clerk wrote at the end of a pregnancy (register A2) is taken over by the visit of its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Q

from ehr.claims.export.visits import paper_of
from ehr.claims.values import VIETNAM
from ehr.common import formfields
from ehr.common.dates import format_date
from ehr.common.problems import Problem
from ehr.records.forms.rows import KeptField, RowsForm, Table, text
from ehr.records.models import CareDocument, Delivery, Encounter, Person
from ehr.records.models.base import YesNo
from ehr.records.models.person import Sex
from ehr.records.services.lines import LineChanges

#: Columns of the delivery, and what stands on the paper only: cell → heading, as a paper that came with a claim has it.
COLUMNS = (
    "child_name", "child_sex", "born_at", "weight_g", "gestation_weeks", "caesarean", "under_32_weeks", "child_state",
    "parity", "children_born", "living_children", "place", "attendant",
)  # fmt: skip
ON_PAPER = {
    "father": "Cha", "temporary_card": "Thẻ BHYT tạm của con", "writer": "Người ghi phiếu", "note": "Ghi chú"
}  # fmt: skip
_SHOWN = {
    "child_name": "Con", "weight_g": "Cân nặng (g)", "place": "Nơi sinh", "child_state": "Tình trạng con",
    "children_born": "Số con lần này", "parity": "Lần sinh", "living_children": "Số con hiện sống",
    "attendant": "Người đỡ đẻ",
}  # fmt: skip


def births_of(encounter: Encounter) -> list[Delivery]:
    """Deliveries of this visit, and those of the woman on its days that belong to no visit yet. One query."""
    first = encounter.exam_date
    last = encounter.ended_at.astimezone(VIETNAM).date() if encounter.ended_at else first
    here = Q(encounter=encounter) | Q(encounter=None, born_on__range=(first, max(first, last)))
    return list(Delivery.objects.filter(here, person=encounter.person_id).order_by("born_at", "pk"))


def stored_births(encounter: Encounter, papers: Sequence[CareDocument]) -> list[dict[str, Any]]:
    """Rows of the form."""
    found = []
    for delivery in births_of(encounter):
        paper = paper_of(delivery, papers) if delivery.encounter_id else None
        written = dict(paper.sections) if paper is not None else {}
        number, _, book = delivery.certificate_number.partition("/")
        found.append(
            {name: getattr(delivery, name) for name in COLUMNS}
            | {name: written.get(heading, "") for name, heading in ON_PAPER.items()}
            | {
                "key": delivery.pk, "number": number, "book": book, "issued_on": paper.issued_on if paper else None,
                "live_birth": "" if delivery.live_birth else "dead",
                "born_at": delivery.born_at or dt.datetime.combine(delivery.born_on, dt.time(0, 0), VIETNAM),
            }
        )  # fmt: skip
    return found


def table_of(moment: type[forms.Field], day: dt.date) -> Table:
    """The rows of the form. `moment`: the field of a time of the visit."""
    return Table("births", "Trẻ", lambda: _cells(moment, day), carried=("key", "live_birth"), spare=1)


def _cells(moment: Any, day: dt.date) -> dict[str, forms.Field]:
    yes_no = [("", "Chưa ghi"), (YesNo.NO.value, "Không"), (YesNo.YES.value, "Có")]
    return {
        "key": KeptField(required=False),
        "born_at": moment(day, label="Sinh lúc"),
        "child_name": text("Tên dự định của con", 255),
        "child_sex": forms.ChoiceField(label="Giới tính", required=False, choices=[("", ""), *Sex.choices]),
        "weight_g": formfields.IntegerField(label="Cân nặng (g)", required=False, min_value=200, max_value=8000),
        "gestation_weeks": formfields.IntegerField(
            label="Tuổi thai (tuần)", required=False, min_value=20, max_value=45
        ),
        "live_birth": forms.ChoiceField(
            label="Sống hay chết", required=False, choices=[("", "Sống"), ("dead", "Chết khi sinh")]
        ),
        "child_state": text("Tình trạng con", 1000),
        "children_born": formfields.IntegerField(label="Số con lần này", required=False, min_value=1, max_value=9),
        "parity": formfields.IntegerField(label="Lần sinh", required=False, min_value=1, max_value=20),
        "living_children": formfields.IntegerField(label="Số con hiện sống", required=False, min_value=0, max_value=20),
        "caesarean": forms.ChoiceField(label="Sinh phải phẫu thuật", required=False, choices=yes_no),
        "under_32_weeks": forms.ChoiceField(label="Sinh dưới 32 tuần", required=False, choices=yes_no),
        "place": text("Nơi sinh", 255),
        "attendant": text("Người đỡ đẻ", 255),
        "father": text("Họ tên cha", 100),
        "temporary_card": text("Thẻ BHYT tạm của con (TE1…)", 15),
        "number": text("Số giấy chứng sinh", 100),
        "book": text("Quyển số", 100),
        "issued_on": formfields.DateField(label="Ngày cấp giấy", required=False),
        "writer": text("Người ghi phiếu", 255),
        "note": text("Ghi chú, lời dặn", 1000),
    }


def births_in(form: RowsForm) -> list[dict[str, Any]]:
    """Typed rows, each with its place under "row"; a stored delivery whose row was emptied has only its key."""
    found = [{**cells, "row": number} for number, cells in form.filled_rows("births")]
    filled = {each["row"] for each in found}
    total = form.cleaned_data.get("births-total") or 0
    for number in range(total):
        key = form.cleaned_data.get(f"births-{number}-key")
        if key and number not in filled:
            found.append({"key": key, "row": number, "empty": True})
    return found


def check_births(rows: Sequence[Mapping[str, Any]], encounter: Encounter, person: Person) -> Iterator[Problem]:
    """What must hold before anything is stored; the rules of XML9 speak when the visit leaves."""
    if rows and person.sex == Sex.MALE and not all(row.get("empty") for row in rows):
        yield Problem("", "births.sex", "Chỉ ghi trẻ sinh ra ở lượt khám của người mẹ.")
    known = {delivery.pk: delivery for delivery in births_of(encounter)}
    for row in rows:
        name = f"births-{row['row']}-"
        if row["key"] and row["key"] not in known:
            yield Problem("", "births.gone", "Một trẻ của lượt khám này vừa được sửa ở nơi khác: hãy tải lại trang.")
        elif row.get("empty"):
            if known[row["key"]].child_id is not None:
                yield Problem(f"{name}born_at", "births.child", "Trẻ này đã có hồ sơ riêng, không xóa được ở đây.")
        elif row["born_at"] is None:
            yield Problem(f"{name}born_at", "births.born_at", "Chưa ghi trẻ sinh lúc nào.")
        elif row["born_at"].astimezone(VIETNAM).date() < encounter.exam_date:
            message = f"Trẻ sinh trước ngày khám {format_date(encounter.exam_date)}."
            yield Problem(f"{name}born_at", "births.before", message)


def plan_births(lines: LineChanges, rows: Sequence[Mapping[str, Any]], encounter: Encounter, person: Person) -> None:
    """Deliveries and papers become as the rows say. Raises ValidationError."""
    stored = {delivery.pk: delivery for delivery in births_of(encounter)}
    papers = []
    for row in rows:
        delivery = stored.get(row["key"] or 0)
        if row.get("empty"):
            if delivery is not None and delivery.encounter_id == encounter.pk:
                lines.delete.append(delivery)
            continue
        columns = _columns(row) | {"encounter_id": encounter.pk, "facility_id": encounter.facility_id}
        if delivery is None:
            lines.plan([], [columns], lambda **given: Delivery(person=person, **given), field="births")
        else:
            lines.change(delivery, columns, field="births")
        papers.append(_paper(row, columns, person))
    there = CareDocument.objects.filter(encounter=encounter, kind=CareDocument.Kind.BIRTH).order_by("position", "pk")
    made = {"person": person, "encounter": encounter, "facility_id": encounter.facility_id}
    lines.plan(there, papers, lambda **given: CareDocument(**made, **given), field="births")


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("weight_g", "gestation_weeks", "parity", "children_born", "living_children")
    columns = {name: row.get(name) if name in (*numbers, "born_at") else row.get(name) or "" for name in COLUMNS}
    number = "/".join(part for part in (row.get("number"), row.get("book")) if part)
    born_on = row["born_at"].astimezone(VIETNAM).date()
    return columns | {
        "born_on": born_on, "live_birth": row.get("live_birth") != "dead", "certificate_number": number
    }  # fmt: skip


def _paper(row: Mapping[str, Any], columns: Mapping[str, Any], mother: Person) -> dict[str, Any]:
    born = row["born_at"].astimezone(VIETNAM)
    sections = [["Mẹ hoặc người nuôi dưỡng", mother.full_name], ["Sinh lúc", f"{born:%H:%M} ngày {born:%d/%m/%Y}"]]
    sections += [[heading, str(columns[name])] for name, heading in _SHOWN.items() if columns[name] not in ("", None)]
    sections += [[heading, str(row[name])] for name, heading in ON_PAPER.items() if row.get(name)]
    number = columns["certificate_number"]
    return {"kind": CareDocument.Kind.BIRTH, "number": number, "issued_on": row.get("issued_on"), "to_facility": "",
            "sections": sections, "position": row["row"]}  # fmt: skip
