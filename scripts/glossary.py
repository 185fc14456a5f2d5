"""Writes docs/thuat-ngu.md: each field of form 831 with its code, label, place in the database and XML tag.

Run as `python scripts/glossary.py`; a test holds the file equal to the specs."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "thuat-ngu.md"

WORDS = [  # (code, Vietnamese, FHIR)
    ("Person", "Người dân, hồ sơ", "Patient"),
    ("Identifier", "Số giấy tờ (CCCD, BHYT…)", "Patient.identifier"),
    ("Household, Membership", "Hộ gia đình, thành viên hộ", "Group, RelatedPerson"),
    ("Relative", "Người thân, người chăm sóc", "RelatedPerson"),
    ("HealthHistory", "Tiền sử (phần B)", "Observation (social-history), Questionnaire"),
    ("Condition", "Bệnh tật bản thân", "Condition"),
    ("Allergy", "Dị ứng", "AllergyIntolerance"),
    ("Disability", "Khuyết tật", "Condition"),
    ("Surgery", "Phẫu thuật", "Procedure"),
    ("FamilyHistory", "Tiền sử gia đình", "FamilyMemberHistory"),
    ("Immunization", "Mũi tiêm (phần C)", "Immunization"),
    ("Encounter", "Lượt khám (phần D)", "Encounter"),
    ("ExamFinding", "Kết quả khám cơ quan", "Observation (exam)"),
    ("LabResult", "Kết quả cận lâm sàng", "Observation (laboratory)"),
    ("Diagnosis", "Chẩn đoán", "Condition (encounter-diagnosis)"),
    ("AdminUnit, Village", "Đơn vị hành chính, thôn/tổ dân phố", "Location"),
    ("Organization", "Cơ sở y tế", "Organization"),
    ("Assignment, Role", "Phân công, vai trò", "PractitionerRole"),
    ("AccessLog", "Lượt truy cập hồ sơ", "AuditEvent"),
    ("CodeSystem, Release, Code", "Danh mục, phiên bản, mã", "CodeSystem"),
]


def text() -> str:
    """The page, from the section specs."""
    from ehr.records.sections import SECTION_A, SECTION_B, SECTION_D
    from ehr.vaccination.sections import SECTION_C

    lines = ["# Thuật ngữ: tên trong mã nguồn, trên mẫu và trong XML 831", ""]
    lines += ["Tệp này do `scripts/glossary.py` tạo ra từ khai báo các phần của mẫu; không sửa tay.", ""]
    lines += ["| Trong mã nguồn | Tiếng Việt | FHIR |", "| --- | --- | --- |"]
    lines += [f"| {code} | {name} | {fhir} |" for code, name, fhir in WORDS]
    for section in (SECTION_A, SECTION_B, SECTION_C, SECTION_D):
        lines += ["", f"## {section.code}. {section.label}", "", "| Mã trường | Nhãn trên mẫu | Nơi lưu | Thẻ XML |"]
        lines += ["| --- | --- | --- | --- |"]
        for item in section.items():
            xml = item.xml.removeprefix("DATA/BODY/HOSOSUCKHOE/").replace("|", "\\|")
            lines.append(f"| `{item.code}` | {item.label.replace('|', '/')} | `{item.store}` | {xml} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehr.config.settings")
    import django

    django.setup()
    TARGET.write_text(text(), encoding="utf-8")
    print(f"Đã ghi {TARGET.relative_to(ROOT)}")
