"""Columns of the sheets that carry section C (a class, a booklet) and section D (a screening day), as our templates
print them. The headings of the printed rows and of the examination come from the section specs."""

from __future__ import annotations

from dataclasses import dataclass

from ehr.records.sections import SECTION_D
from ehr.vaccination.sections import SECTION_C


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column. `kind`: text, date, int, decimal, tick, choice, dose (a date or a tick).

    `options`: words of the drop-down list; `source`: a longer list on the sheet of lists. `width` in characters.
    """

    field: str
    header: str
    kind: str = "text"
    group: str = ""
    note: str = ""
    options: tuple[str, ...] = ()
    source: str = ""
    width: int = 14
    required: bool = False


PRINTED_ROWS = tuple(
    item.code
    for group in SECTION_C.groups
    for item in group.items
    if item.kind == "table-cell" and not item.code.endswith("_col_vaccine")
)
TABLE_TITLES = {
    "C1": "1. Tiêm chủng cơ bản cho trẻ em",
    "C2": "2. Ngoài chương trình TCMR",
    "C3": "3. Uốn ván phụ nữ có thai",
}
GIVEN, NOT_GIVEN, UNKNOWN = "Đã tiêm", "Chưa tiêm", "Không rõ"
STATUSES = (GIVEN, NOT_GIVEN, UNKNOWN)
EXAM_KINDS = ("Khám sức khỏe định kỳ, sàng lọc", "Khám bệnh", "Khám thai", "Theo dõi trẻ em")


def _booklet() -> tuple[SheetColumn, ...]:
    """One column per printed line; the footer of the first table behind its lines, as on the paper."""
    found = []
    for group in SECTION_C.groups:
        for item in group.items:
            if item.code in PRINTED_ROWS:
                note = "Ngày tiêm (ngày/tháng/năm); x nếu đã tiêm không nhớ ngày; «chưa» nếu chưa tiêm."
                found.append(SheetColumn(item.code, item.label, "dose", TABLE_TITLES[group.code], note, width=12))
            elif item.code == "mother_tetanus_dose_count":
                note = "Trẻ em: số mũi uốn ván mẹ đã tiêm, 0 nếu chưa."
                found.append(SheetColumn(item.code, item.label, "int", TABLE_TITLES[group.code], note, width=12))
    return tuple(found)


#: One dose per row: a whole class on one vaccination day.
DOSE_COLUMNS = (
    SheetColumn(
        "vaccine", "Vắc xin", note="Chọn trong danh sách, hoặc ghi tên dòng in trên mẫu (HPV 1, Sởi 2…).",
        source="Vắc xin", width=30, required=True,
    ),
    SheetColumn("dose_number", "Mũi số", "int", width=8),
    SheetColumn(
        "vaccine_status", "Tình trạng tiêm", "choice", note="Để trống khi có ngày tiêm: hiểu là đã tiêm.",
        options=STATUSES, width=14,
    ),
    SheetColumn("occurrence_date", "Ngày tiêm", "date", width=12, required=True),
    SheetColumn("pregnancy_month", "Tháng thai", "int", note="Chỉ cho uốn ván phụ nữ có thai.", width=8),
    SheetColumn("reaction", "Phản ứng sau tiêm", width=24),
    SheetColumn("next_date", "Ngày hẹn tiêm", "date", width=12),
    SheetColumn("lot_number", "Số lô", width=12),
    SheetColumn("lot_expiry", "Hạn dùng", "date", width=12),
    SheetColumn("facility_name", "Cơ sở tiêm", width=24),
    SheetColumn("staff_name", "Người tiêm", width=20),
)  # fmt: skip

#: A booklet per row: one column for each printed row of the form.
BOOKLET_COLUMNS = _booklet()

#: Where the heading of the paper stands alone badly, or names its unit.
_D_HEADERS = {
    "pulse": "Mạch (lần/phút)", "temperature": "Nhiệt độ (°C)", "bp_systolic": "HA tâm thu (mmHg)",
    "bp_diastolic": "HA tâm trương (mmHg)", "respiratory_rate": "Nhịp thở (lần/phút)", "weight_kg": "Cân nặng (kg)",
    "height_cm": "Chiều cao (cm)", "waist_cm": "Vòng bụng (cm)", "vision_right_uncorrected": "Mắt phải không kính",
    "vision_left_uncorrected": "Mắt trái không kính", "vision_right_corrected": "Mắt phải có kính",
    "vision_left_corrected": "Mắt trái có kính", "exam_general_other": "Toàn thân khác", "organ_other": "Cơ quan khác",
    "organ_eye": "Khám mắt", "development_assessment": "Phát triển thể chất", "diagnosis_icd10_code": "Mã ICD-10",
}  # fmt: skip
_D_GROUPS = {
    "D2.1": "Dấu hiệu sinh tồn",
    "D2.2": "Thị lực",
    "D2.3.1": "Toàn thân",
    "D2.3.2": "Cơ quan",
    "D3": "Cận lâm sàng",
    "D4": "Chẩn đoán, kết luận",
}
#: Computed, of the exchange alone, or (service_*) columns of single results.
NOT_ON_SHEETS = frozenset(
    [
        "bmi", "visit_link_code", "visit_start_date", "visit_end_date", "doctor_code", "uses_glasses", "service_code",
        "service_group", "service_name",
    ]
)  # fmt: skip
BLOOD_PRESSURE = SheetColumn("bp", "Huyết áp (mmHg)", group=_D_GROUPS["D2.1"], note="Viết 120/80.", width=12)
_DATE_KINDS = {"date": "date", "int": "int", "decimal": "decimal"}


def _exam() -> tuple[SheetColumn, ...]:
    found = []
    for group in SECTION_D.groups:
        for item in group.items:
            if item.code in NOT_ON_SHEETS:
                continue
            header = _D_HEADERS.get(item.code, item.label)
            kind = _DATE_KINDS.get(item.kind, "text")
            column = SheetColumn(
                item.code, header, kind, _D_GROUPS.get(group.code, ""),
                width=11 if kind in ("int", "decimal") else 12 if kind == "date" else 20,
                required=item.code == "exam_date",
            )  # fmt: skip
            found.append(column)
    return tuple(found)


KIND = SheetColumn(
    "kind", "Loại khám", "choice", note="Để trống: khám sức khỏe định kỳ, sàng lọc.", options=EXAM_KINDS, width=18
)
FACILITY = SheetColumn("facility_name", "Cơ sở khám", width=24)
#: All that a sheet of section D may bring.
EXAM_COLUMNS = (KIND, FACILITY, BLOOD_PRESSURE, *_exam())
