"""Section D as JSON: one visit with its results and diagnoses."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.care import fields_of_lab, fields_of_visit, read_field
from ehr.exchange.serializers.common import PageQuery, Stored, VersionField
from ehr.exchange.serializers.shape import ShapeSerializer, column_field, shape, texts_of
from ehr.records.models import Diagnosis, Encounter, LabResult
from ehr.records.sections import SECTION_D, d

LISTED = ("lab.", "diagnosis.")  # stored as rows: `labs` and `diagnoses`
MOST_LINES = 200


class Lab(ShapeSerializer):
    """Một kết quả cận lâm sàng: các trường lab_*, service_* của mẫu 831, mỗi kết quả một dòng."""

    group = fields.CodeField(label="Nhóm", help_text="Danh mục lab-group; mặc định other.")
    service_code = column_field(LabResult._meta.get_field("service_code"), **texts_of(SECTION_D.item("service_code")))
    service_group = column_field(LabResult._meta.get_field("service_group"), label="Nhóm dịch vụ")
    service_name = column_field(LabResult._meta.get_field("service_name"), label="Tên xét nghiệm")
    loinc = fields.CodeField(label="LOINC", help_text="Danh mục loinc.")
    result = column_field(LabResult._meta.get_field("result"), label="Kết quả")
    unit = column_field(LabResult._meta.get_field("unit"), label="Đơn vị")

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | fields_of_lab()


class DiagnosisLine(ShapeSerializer):
    """Một chẩn đoán (diagnosis_icd10_code, diagnosis_name, conclusion của mẫu 831); dòng đầu là bệnh chính."""

    icd10_code = column_field(Diagnosis._meta.get_field("icd10_code"), label="Mã bệnh theo ICD 10")
    icd10_version = fields.TextField(read_only=True, label="Phiên bản danh mục ICD-10")
    name = column_field(Diagnosis._meta.get_field("name"), label="Tên bệnh")
    traditional_code = read_field(Diagnosis._meta.get_field("traditional_code"))
    conclusion = column_field(Diagnosis._meta.get_field("conclusion"), label="Kết luận")


def _field(code: str, store: str) -> fields.ShapeField:
    item = SECTION_D.item(code) if code in SECTION_D.names else None
    table, _, column = store.partition(".")
    if table == "finding":
        return fields.TextField(lines=True, **texts_of(item))
    model_column = Encounter._meta.get_field(column)
    options: dict[str, Any] = texts_of(item, model_column)
    if code == "facility":
        options["help_text"] += " Mã CSKCB 5 ký tự, mã 13 số, hoặc org-<số>."
        return fields.FacilityField(**options)
    if code == "bmi":
        return fields.NumberField(max_digits=6, decimal_places=1, read_only=True, **options)
    return column_field(model_column, **options)


def _fields() -> dict[str, Any]:
    made: dict[str, Any] = {
        code: _field(code, store) for code, store in (d.STORES | d.EXTRA_STORES).items() if not store.startswith(LISTED)
    }
    for name, line in (("labs", Lab), ("diagnoses", DiagnosisLine)):
        options: dict[str, Any] = {"many": True, "required": False, "max_length": MOST_LINES}
        made[name] = line(help_text="Thay cả danh sách khi gửi.", **options)
    return made


class VisitMeta(Stored):
    """Facts about the visit itself."""

    id = fields.WholeField(read_only=True, label="Số của lượt khám")
    person = fields.TextField(read_only=True, label="Mã hồ sơ")
    status = fields.ChoiceField(choices=Encounter.Status.choices, read_only=True, label="Trạng thái")
    status_reason = fields.TextField(read_only=True, label="Lý do hủy")
    created_at = serializers.DateTimeField(read_only=True, label="Tạo lúc")


VisitRead = shape("Visit", _fields() | fields_of_visit(), "Một lượt khám (phần D).", base=VisitMeta)
VisitCreate = shape("VisitCreate", _fields(), "Lượt khám mới. Tên trường là mã trường của mẫu 831.")
VisitPatch = shape(
    "VisitPatch",
    {"version": VersionField(), **_fields()},
    "Các trường phần D cần sửa, kèm version đã đọc. Trường không gửi giữ nguyên; null xóa giá trị.",
)


class VisitsQuery(PageQuery):
    """Filters of the list of visits."""

    status = fields.ChoiceField(
        choices=Encounter.Status.choices, help_text="finished, open (đang khám) hoặc error (đã hủy)."
    )
    exam_from = fields.DayField(help_text="Khám từ ngày.")
    exam_to = fields.DayField(help_text="Khám đến hết ngày.")
