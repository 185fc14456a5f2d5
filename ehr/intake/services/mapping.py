"""What a mapping of columns must be before a file is read with it, whoever made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.core.exceptions import ValidationError

from ehr.intake.columns import Layout, fields_of, labels
from ehr.intake.columns.table import NAMES
from ehr.intake.models import ImportBatch
from ehr.intake.services.headers import HeaderAt, layouts_at
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """How one sheet is to be read. `header_row` 0: the header is where it was found. `columns`: {letter: field code, ""
    to ignore it}; columns that are not named stay as they are."""

    sheet: str
    header_row: int = 0
    header_rows: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)


def corrected(batch: ImportBatch, sheets: Sequence[Wanted]) -> list[Layout]:
    """The layouts of these sheets, and of no others, with their columns as wanted. Nothing is stored.

    Raises FileRefused as `layouts_at`; ValidationError (`columns.sheet`, `columns.letter`) for what is not there."""
    stored = {layout.sheet: layout for layout in (Layout.from_json(data) for data in batch.layout)}
    return [_corrected(batch, wanted, stored.get(wanted.sheet)) for wanted in sheets]


def _corrected(batch: ImportBatch, wanted: Wanted, layout: Layout | None) -> Layout:
    moved = layout is not None and wanted.header_row not in (0, layout.header_row)
    if wanted.header_row and (layout is None or not layout.columns or moved or wanted.header_rows):
        layout = next(iter(layouts_at(batch, [HeaderAt(wanted.header_row, wanted.sheet, wanted.header_rows)])), None)
    if layout is None or not layout.columns:
        message = f"Trang «{wanted.sheet}» không có bảng nào được nhận ra: hãy cho biết dòng tiêu đề."
        raise ValidationError(message, code="columns.sheet")
    by_letter = {column.letter: column for column in layout.columns}
    for letter, code in wanted.columns.items():
        column = by_letter.get(letter)
        if column is None:
            raise ValidationError(f"Trang «{wanted.sheet}» không có cột {letter[:5]}.", code="columns.letter")
        if column.field != code:
            column.field, column.sure, column.why = code, True, ""
    return layout
