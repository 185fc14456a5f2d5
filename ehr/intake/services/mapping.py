"""What a mapping of columns must be before a file is read with it, whoever made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from django.core.exceptions import ValidationError

from ehr.intake.columns import Layout, fields_of, labels
from ehr.intake.columns.table import NAMES
from ehr.intake.services.kinds import OF_PEOPLE

NUMBERS = frozenset({"id_number", "health_insurance_number", "social_insurance_code"})  # who it is, without a name


@lru_cache(maxsize=8)
def allowed(kind: str) -> frozenset[str]:
    """Codes that a column may be mapped to; "" ignores it."""
    return frozenset({"", *(code for _, fields in fields_of(kind) for code, _ in fields)})


def check_mapping(layouts: Sequence[Layout], kind: str) -> None:
    """Raises ValidationError: `columns.unknown` for a field that no column can hold, `columns.twice` for two columns of
    one field, `columns.no_name` when no column says who the row is about."""
    names = labels(kind)
    who = NAMES if kind in OF_PEOPLE else NAMES | NUMBERS
    for layout in layouts:
        times = Counter(column.field for column in layout.columns if column.field)
        if not times.keys() <= allowed(kind):
            raise ValidationError("Trường được chọn không có trong danh mục.", code="columns.unknown")
        if twice := [names.get(code, code) for code, count in times.items() if count > 1]:
            message = f"Trang «{layout.sheet}»: nhiều cột cùng ghép vào {', '.join(f'«{name}»' for name in twice)}."
            raise ValidationError(message, code="columns.twice")
        if not times.keys() & who:
            more = "" if kind in OF_PEOPLE else " (hoặc số giấy tờ, số thẻ BHYT)"
            message = f"Trang «{layout.sheet}»: chưa có cột nào ghép vào «Họ và tên»{more}."
            raise ValidationError(message, code="columns.no_name")
