"""Columns of the sheets that carry section C (a class, a booklet) and section D (a screening day), as our templates
print them. The headings of the printed rows and of the examination come from the section specs."""

from __future__ import annotations

from dataclasses import dataclass

from ehr.records.sections import SECTION_D
from ehr.vaccination.sections import SECTION_C


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column. `kind`: text, date, int, decimal, tick, choice, dose (a date or a tick). `also`: other headings met.

    `options`: words of the drop-down list; `source`: a longer list on the sheet of lists. `width` in characters.
    """

    field: str
    header: str
    kind: str = "text"
    group: str = ""
    note: str = ""
    also: tuple[str, ...] = ()
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
    found = []
    for group in SECTION_C.groups:
        for item in group.items:
            if item.code in PRINTED_ROWS:
                note = "Ngày tiêm (ngày/tháng/năm); x nếu đã tiêm không nhớ ngày; «chưa» nếu chưa tiêm."
                found.append(SheetColumn(item.code, item.label, "dose", TABLE_TITLES[group.code], note, width=12))
    return tuple(found)


MOTHER = SheetColumn(
    "mother_tetanus_dose_count", "Số mũi uốn ván mẹ đã tiêm", "int", note="Trẻ em: số mũi mẹ đã tiêm, 0 nếu chưa.",
    also=("Số mũi vắc xin uốn ván mẹ đã tiêm", "UV mẹ"), width=10,
)  # fmt: skip

#: One dose per row: a whole class on one vaccination day.
DOSE_COLUMNS = (
    SheetColumn(
        "vaccine", "Vắc xin", note="Chọn trong danh sách, hoặc ghi tên dòng in trên mẫu (HPV 1, Sởi 2…).",
        also=("Tên vắc xin", "Loại vắc xin", "Vắc xin tiêm", "Vaccine", "Mã vắc xin"), source="Vắc xin", width=30,
        required=True,
    ),
    SheetColumn("dose_number", "Mũi số", "int", also=("Mũi", "Mũi thứ", "Liều số", "Thứ tự mũi"), width=8),
    SheetColumn(
        "vaccine_status", "Tình trạng tiêm", "choice", note="Để trống khi có ngày tiêm: hiểu là đã tiêm.",
        also=("Đã tiêm/Chưa tiêm", "Tình trạng", "Trạng thái tiêm", "Kết quả tiêm"), options=STATUSES, width=14,
    ),
    SheetColumn(
        "occurrence_date", "Ngày tiêm", "date", also=("Ngày tiêm chủng", "Ngày chủng ngừa", "Đã tiêm ngày"), width=12,
        required=True,
    ),
    SheetColumn("pregnancy_month", "Tháng thai", "int", note="Chỉ cho uốn ván phụ nữ có thai.", width=8),
    SheetColumn("reaction", "Phản ứng sau tiêm", also=("Phản ứng", "PUST"), width=24),
    SheetColumn("next_date", "Ngày hẹn tiêm", "date", also=("Ngày hẹn", "Hẹn tiêm lại"), width=12),
    SheetColumn("lot_number", "Số lô", also=("Lô vắc xin", "Số lô vắc xin", "Lô"), width=12),
    SheetColumn("lot_expiry", "Hạn dùng", "date", also=("Hạn sử dụng", "HSD"), width=12),
    SheetColumn("facility_name", "Cơ sở tiêm", also=("Nơi tiêm", "Điểm tiêm", "Cơ sở tiêm chủng"), width=24),
    SheetColumn("staff_name", "Người tiêm", also=("Cán bộ tiêm", "Nhân viên tiêm"), width=20),
)  # fmt: skip

#: A booklet per row: one column for each printed row of the form.
BOOKLET_COLUMNS = (*_booklet(), MOTHER)

_D_HEADERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pulse": ("Mạch (lần/phút)", ("Mạch", "Nhịp tim")),
    "temperature": ("Nhiệt độ (°C)", ("Nhiệt độ", "Thân nhiệt")),
    "bp_systolic": ("HA tâm thu (mmHg)", ("Huyết áp tâm thu", "HA tối đa", "HATT", "Tâm thu")),
    "bp_diastolic": ("HA tâm trương (mmHg)", ("Huyết áp tâm trương", "HA tối thiểu", "HATTr", "Tâm trương")),
    "respiratory_rate": ("Nhịp thở (lần/phút)", ("Nhịp thở",)),
    "weight_kg": ("Cân nặng (kg)", ("Cân nặng", "Cân")),
    "height_cm": ("Chiều cao (cm)", ("Chiều cao", "Cao", "Cao đứng")),
    "waist_cm": ("Vòng bụng (cm)", ("Vòng bụng", "Vòng eo")),
    "vision_right_uncorrected": ("Mắt phải không kính", ("Thị lực mắt phải", "MP không kính", "Mắt phải")),
    "vision_left_uncorrected": ("Mắt trái không kính", ("Thị lực mắt trái", "MT không kính", "Mắt trái")),
    "vision_right_corrected": ("Mắt phải có kính", ("MP có kính",)),
    "vision_left_corrected": ("Mắt trái có kính", ("MT có kính",)),
    "exam_general_other": ("Khám toàn thân khác", ("Toàn thân khác",)),
    "organ_other": ("Cơ quan khác", ()),
    "organ_mental": ("Khám tâm thần", ("Sức khỏe tâm thần",)),
    "organ_eye": ("Khám mắt", ("Bệnh về mắt",)),
    "development_assessment": ("Phát triển thể chất, tinh thần, vận động", ("Phát triển thể chất", "Đánh giá phát "
    "triển")),
    "lab_haematology": ("Xét nghiệm huyết học", ("Huyết học", "Công thức máu")),
    "lab_blood_chemistry": ("Xét nghiệm sinh hóa máu", ("Sinh hóa máu", "Đường máu", "Đường huyết")),
    "lab_urine_chemistry": ("Xét nghiệm nước tiểu", ("Sinh hóa nước tiểu", "Nước tiểu")),
    "lab_abdominal_ultrasound": ("Siêu âm ổ bụng", ("Siêu âm bụng",)),
    "diagnosis_icd10_code": ("Mã ICD-10", ("Mã bệnh", "ICD10", "Mã bệnh theo ICD 10")),
    "diagnosis_name": ("Tên bệnh", ("Chẩn đoán", "Bệnh")),
    "conclusion": ("Kết luận", ("Kết luận khám", "Phân loại sức khỏe")),
    "advice": ("Tư vấn", ("Lời dặn", "Hướng xử trí", "Đề nghị")),
    "examining_doctor": ("Bác sĩ khám", ("Người khám", "Bác sĩ", "Cán bộ khám")),
    "exam_date": ("Ngày khám", ("Ngày khám bệnh", "Ngày khám sức khỏe")),
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
BLOOD_PRESSURE = SheetColumn(
    "bp", "Huyết áp (mmHg)", group=_D_GROUPS["D2.1"], note="Viết 120/80.",
    also=("Huyết áp", "HA", "HA (mmHg)"), width=12,
)  # fmt: skip
_DATE_KINDS = {"date": "date", "int": "int", "decimal": "decimal"}


def _exam() -> tuple[SheetColumn, ...]:
    found = []
    for group in SECTION_D.groups:
        for item in group.items:
            if item.code in NOT_ON_SHEETS:
                continue
            header, also = _D_HEADERS.get(item.code, (item.label, ()))
            kind = _DATE_KINDS.get(item.kind, "text")
            column = SheetColumn(
                item.code, header, kind, _D_GROUPS.get(group.code, ""), also=also,
                width=11 if kind in ("int", "decimal") else 12 if kind == "date" else 20,
                required=item.code == "exam_date",
            )  # fmt: skip
            found.append(column)
    return tuple(found)


KIND = SheetColumn(
    "kind", "Loại khám", "choice", note="Để trống: khám sức khỏe định kỳ, sàng lọc.", also=("Loại lượt khám", "Hình "
    "thức khám"),
    options=EXAM_KINDS, width=18,
)  # fmt: skip
FACILITY = SheetColumn("facility_name", "Cơ sở khám", also=("Nơi khám", "Đơn vị khám"), width=24)
#: All that a sheet of section D may bring.
EXAM_COLUMNS = (KIND, FACILITY, BLOOD_PRESSURE, *_exam())

FIELDS = {"vaccination": (*DOSE_COLUMNS, *BOOKLET_COLUMNS), "exam": EXAM_COLUMNS}
