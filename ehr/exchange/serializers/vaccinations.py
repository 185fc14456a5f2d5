"""Section C as JSON: the printed rows by their codes, other doses as a list."""

from __future__ import annotations

from ehr.exchange import fields
from ehr.exchange.serializers.common import Stored, VersionField
from ehr.exchange.serializers.shape import ShapeSerializer, column_field, shape, texts_of
from ehr.vaccination.models import Immunization, Table, VaccinationRecord
from ehr.vaccination.sections import SECTION_C
from ehr.vaccination.services import COLUMNS

ROWS = tuple(item for item in SECTION_C.items() if item.store.startswith("row."))
MOTHER = "mother_tetanus_dose_count"


def _columns() -> dict[str, fields.ShapeField]:
    made: dict[str, fields.ShapeField] = {}
    for name in COLUMNS:
        column = Immunization._meta.get_field(name)
        texts = texts_of(None, column)
        if name == "facility":
            texts["help_text"] += " Mã CSKCB 5 ký tự, mã 13 số, hoặc org-<số>."
            made[name] = fields.FacilityField(**texts)
        else:
            made[name] = column_field(column, **texts)
    return made


class DoseShape(ShapeSerializer):
    """Base of one line of a table: null empties the line."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"required": False, "allow_null": True} | kwargs)


Dose = shape("Dose", _columns(), "Một dòng của bảng tiêm chủng: chưa tiêm, đã tiêm hoặc không rõ.", base=DoseShape)


class ExtraDoseKey(ShapeSerializer):
    """Which dose, for vaccines that the form does not print."""

    id = fields.WholeField(min_value=1, max_value=2**63 - 1, label="Số của mũi đã lưu", help_text="Bỏ trống: mũi mới.")
    table = fields.ChoiceField(choices=Table.choices, label="Bảng")
    vaccine = fields.CodeField(label="Vắc xin", help_text="Mã vắc xin trong /vaccines/.")
    dose_number = fields.WholeField(min_value=0, max_value=32_767, label="Mũi số")


ExtraDose = shape("ExtraDose", _columns(), "Mũi tiêm không có dòng in trên mẫu.", base=ExtraDoseKey)
Rows = shape(
    "VaccinationRows",
    {item.code: Dose(label=item.label, help_text=item.label) for item in ROWS},
    "Các dòng in trên mẫu, theo mã dòng; null: dòng để trống.",
)


def _mother() -> fields.ShapeField:
    column = VaccinationRecord._meta.get_field(MOTHER)
    return column_field(column, answerable=True, **texts_of(SECTION_C.item(MOTHER), column))


class VaccinationsRead(Stored):
    """Phần C của một người: các dòng của ba bảng và những mũi khác."""

    mother_tetanus_dose_count = _mother()
    rows = Rows(read_only=True)
    extra = ExtraDose(many=True, read_only=True)


class VaccinationsPatch(ShapeSerializer):
    """Những dòng cần sửa, kèm version đã đọc. Dòng không gửi giữ nguyên, null xóa dòng; `extra` thay cả danh sách."""

    version = VersionField(help_text="Phiên bản đã đọc của phần C; 0 khi chưa ai hỏi.")
    mother_tetanus_dose_count = _mother()
    rows = Rows(required=False)
    extra = ExtraDose(many=True, required=False)
