"""Columns of each template: part A and B as a village sheet prints them, C and D from `ehr.intake.sections.columns`.

Headings: questionnaire of the village survey §3a, §3b; kinds and choices: the section specs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ehr.common.sections import Item
from ehr.intake.sections.columns import BOOKLET_COLUMNS, DOSE_COLUMNS, EXAM_COLUMNS, SheetColumn
from ehr.records.models import Person
from ehr.records.sections import SECTION_B

IDENTITY_NOTE = "12 chữ số (CCCD, mã định danh) hoặc 9 chữ số (CMND cũ). Cột đã định dạng văn bản: không mất số 0 đầu."
DATE_NOTE = "Ngày/tháng/năm, ví dụ 12/03/1980."

PART_A = (
    SheetColumn("", "STT", "int", width=6),
    SheetColumn("household_code", "Hộ số", note="Ghi ở mọi dòng của hộ, hoặc chỉ ở dòng chủ hộ.", required=True,
    width=9),
    SheetColumn("full_name", "Họ và tên", required=True, width=24),
    SheetColumn("relation_to_head", "Quan hệ với chủ hộ", "choice", source="Quan hệ với chủ hộ", required=True,
    width=15),
    SheetColumn("sex", "Giới tính", "choice", options=("Nam", "Nữ"), required=True, width=8),
    SheetColumn(
        "birth_date", "Ngày sinh", "date", required=True, width=12,
        note="Ngày/tháng/năm; chỉ biết năm thì ghi năm (1945), biết tháng thì ghi 03/1945; không biết: ?",
    ),
    SheetColumn("id_number", "Số CMND/CCCD", note=IDENTITY_NOTE, width=15),
    SheetColumn("id_issue_date", "Ngày cấp", "date", note=DATE_NOTE, width=12),
    SheetColumn("id_issue_place", "Nơi cấp", width=20),
    SheetColumn("health_insurance_number", "Số thẻ BHYT", note="10 chữ số hoặc 15 ký tự; «không có» nếu không có thẻ.",
                width=17),
    SheetColumn("birth_registration_province", "Tỉnh/TP đăng ký khai sinh", "choice", source="Tỉnh, thành phố",
    width=16),
    SheetColumn("ethnicity", "Dân tộc", "choice", source="Dân tộc", width=11),
    SheetColumn("nationality", "Quốc tịch", "choice", source="Quốc tịch", width=12),
    SheetColumn("religion", "Tôn giáo", "choice", source="Tôn giáo", width=13),
    SheetColumn("occupation", "Nghề nghiệp", "choice", source="Nghề nghiệp", width=20),
    SheetColumn("blood_group_abo", "Nhóm máu ABO", "choice", options=("A", "B", "AB", "O"), width=9),
    SheetColumn("blood_group_rh", "Rh", "choice", options=("+", "-"), width=5),
    SheetColumn("current_village_code", "Thôn", "choice", source="Thôn", required=True, width=16),
    SheetColumn("current_address_detail", "Địa chỉ", note="Số nhà, ngõ, đường; không ghi lại tên thôn, xã.", width=22),
    SheetColumn("permanent_address", "HKTT (thôn, xã, tỉnh)", note="Để trống nếu như nơi ở hiện tại.", width=24),
    SheetColumn("phone_mobile", "Điện thoại", note="Văn bản, đủ số 0 đầu; «không có» nếu không có.", width=13),
    SheetColumn("email", "Email", width=18),
    SheetColumn("mother_name", "Họ tên mẹ", width=20),
    SheetColumn("father_name", "Họ tên bố", width=20),
    SheetColumn("caregiver_name", "Người chăm sóc chính", width=20),
    SheetColumn("caregiver_relation", "Quan hệ NCSC", width=12),
    SheetColumn("caregiver_phone_mobile", "Điện thoại NCSC", width=13),
    SheetColumn("residence", "Tình trạng cư trú", "choice",
                options=tuple(str(label) for label in Person.Residence.labels), width=12),
    SheetColumn("note", "Ghi chú", width=20),
)  # fmt: skip
SHORT_A = (
    "", "household_code", "full_name", "relation_to_head", "sex", "birth_date", "id_number", "health_insurance_number",
    "current_village_code", "phone_mobile",
)  # fmt: skip
#: Who a row of section C or D is about.
PERSON = ("", "full_name", "birth_date", "sex", "id_number", "current_village_code", "household_code")

_RISK, _ALLERGY, _DISEASE, _DISABILITY = "2. Nguy cơ", "3a. Dị ứng", "3b. Bệnh tật", "4. Khuyết tật"
_SURGERY, _FAMILY_ALLERGY, _FAMILY_DISEASE = "5. Phẫu thuật", "6a. Dị ứng gia đình", "6b. Bệnh gia đình"
_REPRODUCTIVE = "7. SKSS-KHHGĐ"
_AFFECTED = "Người mắc"
#: Group heading → (field, heading), in the order of the form.
_PART_B: dict[str, tuple[tuple[str, str], ...]] = {
    "1. Lúc sinh": (
        ("birth_delivery_mode", "Đẻ thường/Đẻ mổ"), ("birth_preterm", "Đẻ thiếu tháng"), ("birth_asphyxia", "Bị ngạt"),
        ("birth_weight_g", "Cân nặng lúc đẻ (g)"), ("birth_length_cm", "Chiều dài lúc đẻ (cm)"),
        ("birth_defect", "Dị tật bẩm sinh"), ("birth_other_problem", "Vấn đề khác lúc sinh"),
    ),
    _RISK: (
        ("risk_smoking", "Hút thuốc"), ("risk_smoking_quit", "Đã bỏ thuốc"), ("risk_alcohol", "Rượu bia"),
        ("risk_alcohol_glasses_per_day", "Số ly/ngày"), ("risk_alcohol_quit", "Đã bỏ rượu"), ("risk_drug", "Ma túy"),
        ("risk_drug_quit", "Đã bỏ ma túy"), ("risk_physical_activity", "Thể lực"),
        ("risk_exposure", "Yếu tố tiếp xúc"), ("risk_exposure_duration", "Thời gian tiếp xúc"),
        ("household_toilet_type", "Loại hố xí"), ("risk_other", "Nguy cơ khác"),
    ),
    _ALLERGY: (
        ("allergy_drug", "Thuốc"), ("allergy_chemical", "Hóa chất/mỹ phẩm"), ("allergy_food", "Thực phẩm"),
        ("allergy_other", "Khác"),
    ),
    _DISEASE: (
        ("disease_cardiovascular", "Tim mạch"), ("disease_hypertension", "Tăng huyết áp"),
        ("disease_diabetes", "Đái tháo đường"), ("disease_stomach", "Dạ dày"),
        ("disease_chronic_lung", "Phổi mạn tính"), ("disease_asthma", "Hen suyễn"), ("disease_goitre", "Bướu cổ"),
        ("disease_hepatitis", "Viêm gan"), ("disease_congenital_heart", "Tim bẩm sinh"), ("disease_mental", "Tâm thần"),
        ("disease_autism", "Tự kỷ"), ("disease_epilepsy", "Động kinh"), ("disease_cancer", "Ung thư (loại)"),
        ("disease_tuberculosis", "Lao (loại)"), ("disease_other", "Khác"),
    ),
    _DISABILITY: (
        ("disability_hearing", "Thính lực"), ("disability_vision", "Thị lực"), ("disability_arm", "Tay"),
        ("disability_leg", "Chân"), ("disability_scoliosis", "Cong vẹo cột sống"),
        ("disability_cleft", "Khe hở môi, vòm miệng"), ("disability_other", "Khác"),
    ),
    _SURGERY: (("surgery_history", "Bộ phận, năm"),),
    _FAMILY_ALLERGY: tuple(
        pair
        for name, heading in (
            ("drug", "Thuốc"), ("chemical", "Hóa chất"), ("food", "Thực phẩm"), ("other", "Khác"),
        )
        for pair in ((f"family_allergy_{name}", heading), (f"family_allergy_{name}_person", _AFFECTED))
    ),
    _FAMILY_DISEASE: (
        *(
            pair
            for name, heading in (
                ("cardiovascular", "Tim mạch"), ("asthma", "Hen suyễn"), ("hypertension", "Tăng huyết áp"),
                ("diabetes", "Đái tháo đường"), ("mental", "Tâm thần"), ("epilepsy", "Động kinh"),
            )
            for pair in ((f"family_disease_{name}", heading), (f"family_disease_{name}_person", _AFFECTED))
        ),
        ("family_disease_cancer", "Ung thư"), ("family_disease_tuberculosis", "Lao"), ("family_disease_other", "Khác"),
    ),
    _REPRODUCTIVE: (
        ("contraception_method", "BPTT đang dùng"), ("last_pregnancy", "Kỳ thai cuối"), ("pregnancy_count", "Có thai"),
        ("miscarriage_count", "Sảy"), ("abortion_count", "Phá"), ("birth_count", "Đẻ"),
        ("normal_delivery_count", "Đẻ thường"), ("caesarean_count", "Đẻ mổ"), ("difficult_delivery_count", "Đẻ khó"),
        ("term_birth_count", "Đủ tháng"), ("preterm_birth_count", "Non"), ("living_children_count", "Con sống"),
        ("gynaecological_disease", "Bệnh phụ khoa"),
    ),
    "8. Khác": (("other_issues", "Vấn đề khác"),),
}  # fmt: skip
#: The twenty that a village can really fill in; the rest is typed from the paper sheet.
_PRACTICAL: dict[str, tuple[tuple[str, str], ...]] = {
    _RISK: (
        ("risk_smoking", "Hút thuốc"), ("risk_alcohol", "Rượu bia"), ("risk_physical_activity", "Thể lực"),
        ("household_toilet_type", "Loại hố xí"),
    ),
    _ALLERGY: _PART_B[_ALLERGY],
    _DISEASE: (
        ("disease_hypertension", "Tăng huyết áp"), ("disease_diabetes", "Đái tháo đường"),
        ("disease_asthma", "Hen suyễn"), ("disease_cardiovascular", "Tim mạch"),
        ("disease_chronic_lung", "Phổi mạn tính"), ("disease_cancer", "Ung thư (loại)"),
        ("disease_tuberculosis", "Lao (loại)"), ("disease_other", "Khác"),
    ),
    _DISABILITY: (("disability_other", "Khuyết tật"),),
    _SURGERY: (("surgery_history", "Phẫu thuật (bộ phận, năm)"),),
    _FAMILY_DISEASE: (("family_disease_other", "Tiền sử gia đình"),),
    "8. Khác": (("other_issues", "Vấn đề khác"),),
}  # fmt: skip
_WORDS = {
    "risk_smoking": ("Không", "Có", "Thường xuyên"),
    "risk_drug": ("Không", "Có", "Thường xuyên"),
    "risk_physical_activity": ("Không", "Có", "Thường xuyên"),
    "risk_alcohol": ("Không", "Có"),
}
TICK_NOTE = "x = có; 0 = không; kb = không biết; để trống = chưa hỏi."
TEXT_NOTE = "Ghi rõ nếu có; 0 = không; kb = không biết; để trống = chưa hỏi."


def _column(field: str, header: str, group: str) -> SheetColumn:
    """A column of part B with kind, choices and note of its item."""
    item: Item = SECTION_B.item(field)
    column = SheetColumn(field, header, "text", group, width=13)
    if item.kind == "bool":
        return replace(column, kind="tick", note=TICK_NOTE, options=("x", "0", "kb"), width=8)
    if item.kind == "choice":
        return replace(column, kind="choice", options=_WORDS.get(field) or tuple(label for _, label in item.options))
    if item.kind in ("int", "decimal"):
        return replace(column, kind=item.kind, width=8)
    note = "Họ tên hoặc quan hệ của người mắc (bố, mẹ, anh…)." if field.endswith("_person") else TEXT_NOTE
    return replace(column, note=note)


def _part_b(groups: dict[str, tuple[tuple[str, str], ...]]) -> tuple[SheetColumn, ...]:
    return tuple(_column(field, header, group) for group, pairs in groups.items() for field, header in pairs)


PART_B, PRACTICAL_B = _part_b(_PART_B), _part_b(_PRACTICAL)


def _of(fields: Iterable[str]) -> tuple[SheetColumn, ...]:
    by_field = {column.field: column for column in PART_A}
    return tuple(by_field[field] for field in fields)


def _people() -> tuple[SheetColumn, ...]:
    """Columns that find a person who has a record; none but the name is needed if the rest is enough."""
    needed = ("full_name", "birth_date")
    return tuple(replace(column, required=column.field in needed) for column in _of(PERSON))


@dataclass(frozen=True, slots=True)
class Template:
    """One workbook to fill in. `kind`: what it is uploaded as."""

    name: str
    kind: str
    title: str
    sheet: str
    columns: tuple[SheetColumn, ...]
    about: str


TEMPLATES: dict[str, Template] = {
    template.name: template
    for template in (
        Template(
            "survey", "survey", "PHIẾU ĐIỀU TRA SỨC KHỎE: PHẦN A VÀ 20 CÂU PHẦN B", "Phiếu điều tra",
            (*PART_A, *PRACTICAL_B), "Mỗi người một dòng, theo hộ: chủ hộ trước, rồi vợ/chồng, con, bố mẹ, cháu.",
        ),
        Template(
            "survey-short", "survey", "PHIẾU ĐIỀU TRA SỨC KHỎE (RÚT GỌN)", "Phiếu điều tra",
            (*_of(SHORT_A), *PRACTICAL_B),
            "Bản gọn: đủ để tìm hoặc lập hồ sơ, và 20 câu phần B làm được tại thôn.",
        ),
        Template(
            "survey-full", "survey", "PHIẾU ĐIỀU TRA SỨC KHỎE: PHẦN A VÀ TOÀN BỘ PHẦN B", "Phiếu điều tra",
            (*PART_A, *PART_B),
            "Đủ mọi câu của phần B. Câu nhạy cảm (ma túy, tâm thần, phá thai, phụ khoa): hỏi riêng, không để lộ danh "
            "sách.",
        ),
        Template(
            "register", "register", "DANH SÁCH DÂN CƯ", "Danh sách", PART_A,
            "Danh sách toàn xã hoặc toàn thôn; được đối chiếu với hồ sơ đang có.",
        ),
        Template(
            "vaccination", "vaccination", "DANH SÁCH TIÊM CHỦNG THEO BUỔI, THEO LỚP", "Tiêm chủng",
            (*_people(), *DOSE_COLUMNS), "Mỗi dòng một mũi tiêm của một người; một người tiêm hai vắc xin thì ghi "
            "hai dòng.",
        ),
        Template(
            "vaccination-book", "vaccination", "SỔ TIÊM CHỦNG: MỖI NGƯỜI MỘT DÒNG", "Tiêm chủng",
            (*_people(), *BOOKLET_COLUMNS), "Chép từ sổ, phiếu tiêm chủng: mỗi cột là một dòng in trên mẫu 831 phần C.",
        ),
        Template(
            "exam", "exam", "KẾT QUẢ KHÁM SỨC KHỎE, KHÁM SÀNG LỌC", "Kết quả khám", (*_people(), *EXAM_COLUMNS),
            "Mỗi dòng một lượt khám của một người. Ghi huyết áp vào một cột (120/80) hoặc hai cột.",
        ),
    )
}  # fmt: skip
