"""Section B as JSON, made from its spec."""

from __future__ import annotations

from typing import Any

from ehr.exchange import fields
from ehr.exchange.serializers.common import Stored, VersionField
from ehr.exchange.serializers.shape import column_field, shape, texts_of
from ehr.records.facts import TICKS
from ehr.records.models import FamilyHistory, HealthHistory, Household
from ehr.records.models.base import YesNo
from ehr.records.sections import SECTION_B, b


def _field(code: str, store: str) -> fields.ShapeField:
    item = SECTION_B.item(code) if code in SECTION_B.names else None
    table, _, rest = store.partition(".")
    if table == "history":
        column = HealthHistory._meta.get_field(rest)
        return column_field(column, answerable=not column.choices and rest != "surveyed_on", **texts_of(item, column))
    if table == "household":
        return column_field(Household._meta.get_field(rest), **texts_of(item))
    if rest.endswith(".relative"):
        return column_field(
            FamilyHistory._meta.get_field("relative"), **texts_of(item, FamilyHistory._meta.get_field("relative"))
        )
    options: dict[str, Any] = texts_of(item)
    if code in TICKS or (item is None and table == "family_disease"):
        return fields.ChoiceField(choices=YesNo.choices, **options)
    options["help_text"] += " Mỗi dòng một mục."
    return fields.AnswerField(fields.TextField(lines=True), **options)


def _fields() -> dict[str, fields.ShapeField]:
    return {code: _field(code, store) for code, store in (b.STORES | b.EXTRA_STORES).items()}


HistoryRead = shape("History", _fields(), "Phần B của một người: tiền sử và yếu tố nguy cơ.", base=Stored)
HistoryPatch = shape(
    "HistoryPatch",
    {"version": VersionField(help_text="Phiên bản đã đọc của phần B; 0 khi chưa ai hỏi."), **_fields()},
    "Các trường phần B cần sửa, kèm version đã đọc. Trường không gửi giữ nguyên; null là chưa hỏi.",
)
