"""How the answers of the form look on paper: one function for texts, one for tick boxes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, format_date
from ehr.common.numbers import format_number
from ehr.common.sections import Item

NONE, UNKNOWN = "Không có", "Không biết"
# The form prints words, the column keeps codes.
CHOICES = {
    "birth_delivery_mode": (("0", "Đẻ thường"), ("1", "Đẻ mổ")),
    "risk_smoking": (("0", "Không"), ("1", "Có"), ("2", "Hút thường xuyên")),
    "risk_alcohol": (("no", "Không"), ("yes", "Có")),
    "risk_drug": (("0", "Không"), ("1", "Có"), ("2", "Sử dụng thường xuyên")),
    "risk_physical_activity": (("0", "Không"), ("1", "Có"), ("2", "Thường xuyên (tập thể dục, thể thao…)")),
    "household_toilet_type": (
        ("flush", "Xả nước"), ("double_vault", "Hai ngăn"), ("bucket", "Hố xí thùng"), ("none", "Không có hố xí"),
    ),
    "sex": (("1", "Nam"), ("2", "Nữ")),
    "blood_group_rh": (("pos", "Rh(+)"), ("neg", "Rh(-)")),
}  # fmt: skip
YES_NO = (("yes", "Có"),)


@dataclass(frozen=True, slots=True)
class Box:
    """A tick box and its word."""

    label: str
    ticked: bool


def text_of(value: Any) -> str:
    """A value as it is written on paper; empty when nobody asked."""
    if isinstance(value, Answer):
        if value.state != "value":
            return {"none": NONE, "unknown": UNKNOWN, "": ""}[value.state]
        value = value.value
    if value is None or value == "":
        return ""
    if isinstance(value, PartialDate):
        return UNKNOWN if value.date is None else value.text()
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, dt.date):
        return format_date(value)
    if isinstance(value, Decimal):
        return format_number(value.normalize() if value == value.to_integral() else value)
    if isinstance(value, Code):
        return value.name
    return (
        {"yes": "Có", "no": "Không", "unknown": UNKNOWN}.get(value, str(value))
        if isinstance(value, str)
        else str(value)
    )


def boxes_of(item: Item, value: Any) -> list[Box]:
    """The tick boxes of a field, in printed order; a last box stands for "không biết" when that was the answer."""
    options = CHOICES.get(item.code) or (YES_NO if item.kind == "bool" else ())
    boxes = [Box(label, value == code) for code, label in options]
    if item.kind == "bool" and item.code not in CHOICES and value == "no":
        boxes.append(Box("Không", True))
    if value == "unknown":
        boxes.append(Box(UNKNOWN, True))
    return boxes


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the form, ready to print."""

    code: str
    label: str
    text: str
    boxes: list[Box]
    unit: str
    sensitive: bool


def cell(item: Item, values: dict[str, Any]) -> Cell:
    value = values.get(item.code, "")
    boxes = boxes_of(item, value)
    return Cell(item.code, item.label, "" if boxes else text_of(value), boxes, item.unit, item.sensitive)
