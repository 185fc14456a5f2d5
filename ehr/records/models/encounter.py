"""Section D: one visit: history, vital signs, eyesight, organ systems, results, diagnoses, advice. FHIR: Encounter."""

from django.db import models
from django.db.models import F, Q

from ehr.audit.history import tracked
from ehr.codes.models import Code
from ehr.common import modelfields
from ehr.records.models.base import OfPerson, ScopedQuerySet, Stamped, Versioned, YesNo, code_field, of_person
from stations.models import Organization


def decimal(label: str, digits: int, places: int = 1) -> modelfields.DecimalField:
    return modelfields.DecimalField(label, max_digits=digits, decimal_places=places, null=True, blank=True)


def whole(label: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, null=True, blank=True)


@tracked(by="person")
class Encounter(OfPerson, Versioned):
    """A visit or check. Vital signs are columns because the form has exactly these; lists are rows of their own."""

    class Status(models.TextChoices):
        OPEN = "open", "Đang khám, chưa kết thúc"  # checked in (XML0); counts nowhere until it is finished
        FINISHED = "finished", "Hoàn tất"
        ERROR = "error", "Nhập nhầm"

    class Kind(models.TextChoices):
        VISIT = "visit", "Khám bệnh"
        CHECK = "check", "Khám sức khỏe định kỳ, sàng lọc"
        ANTENATAL = "antenatal", "Khám thai"
        CHILD = "child", "Theo dõi trẻ em"

    class Source(models.TextChoices):
        STATION = "station", "Nhập tại trạm"
        CLAIM = "claim", "Hồ sơ bảo hiểm y tế (XML)"

    person = of_person(db_index=False)
    exam_date = modelfields.DateField("Ngày khám")
    kind = models.CharField("Loại lượt khám", max_length=9, choices=Kind.choices, default=Kind.VISIT)
    status = models.CharField("Trạng thái", max_length=8, choices=Status.choices, default=Status.FINISHED)
    status_reason = modelfields.CharField("Lý do hủy", max_length=200, blank=True)
    visit_link_code = models.CharField("Mã lượt khám (MA_LK)", max_length=100, blank=True)
    visit_start_date = modelfields.DateField("Ngày bắt đầu", null=True, blank=True)
    visit_end_date = modelfields.DateField("Ngày kết thúc", null=True, blank=True)
    facility = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="encounters", verbose_name="Cơ sở khám",
        db_index=False,
    )  # fmt: skip
    facility_name = modelfields.CharField("Tên cơ sở khám (ngoài danh mục)", max_length=150, blank=True)
    examining_doctor = modelfields.CharField("Bác sĩ khám", max_length=100, blank=True)
    doctor_code = models.CharField("Mã bác sĩ", max_length=50, blank=True)
    visit_reason = modelfields.TextField("Lý do khám", blank=True)
    present_illness = modelfields.TextField("Bệnh sử", blank=True)
    pulse = whole("Mạch (lần/phút)")
    temperature = decimal("Nhiệt độ (°C)", 4)
    bp_systolic = whole("HA tâm thu (mmHg)")
    bp_diastolic = whole("HA tâm trương (mmHg)")
    respiratory_rate = whole("Nhịp thở (lần/phút)")
    weight_kg = decimal("Cân nặng (kg)", 5, 2)
    height_cm = decimal("Cao (cm)", 4)
    # weight / height² with one decimal; never typed (form831.md §4 rule 1).
    bmi = models.GeneratedField(
        expression=models.Func(
            F("weight_kg"), F("height_cm"),
            template="round(weight_kg * 10000 / nullif(height_cm * height_cm, 0), 1)",
        ),
        output_field=models.DecimalField("BMI (kg/m²)", max_digits=6, decimal_places=1),
        db_persist=True, verbose_name="BMI (kg/m²)",
    )  # fmt: skip
    waist_cm = decimal("Vòng bụng (cm)", 4)
    vision_right_uncorrected = models.CharField("Không kính: Mắt phải", max_length=20, blank=True)
    vision_left_uncorrected = models.CharField("Không kính: Mắt trái", max_length=20, blank=True)
    vision_right_corrected = models.CharField("Có kính: Mắt phải", max_length=20, blank=True)
    vision_left_corrected = models.CharField("Có kính: Mắt trái", max_length=20, blank=True)
    uses_glasses = models.CharField("Đeo kính", max_length=7, choices=YesNo.choices, blank=True)
    development_assessment = modelfields.TextField("Đánh giá phát triển thể chất, tinh thần, vận động", blank=True)
    advice = modelfields.TextField("Tư vấn", blank=True)
    # What a hospital tells about the visit with its claim; codes of codelists.csv, kept as they were sent.
    source = models.CharField("Nguồn", max_length=7, choices=Source.choices, default=Source.STATION)
    source_note = modelfields.CharField("Tệp, ngày, cơ sở gửi", max_length=255, blank=True)
    started_at = models.DateTimeField("Vào lúc", null=True, blank=True)
    ended_at = models.DateTimeField("Ra lúc", null=True, blank=True)
    admitted_at = models.DateTimeField("Vào nội trú lúc", null=True, blank=True)
    patient_number = models.CharField("Mã bệnh nhân tại cơ sở", max_length=100, blank=True)  # unique only there
    patient_address = modelfields.CharField("Địa chỉ khai khi khám", max_length=1024, blank=True)
    care_class = models.CharField("Loại hình khám chữa bệnh", max_length=2, blank=True)  # MA_LOAI_KCB
    payment_code = models.CharField("Đối tượng đến khám", max_length=5, blank=True)  # MA_DOITUONG_KCB
    # MA_LYDO_VVIEN of Decision 4210: another list than that of MA_DOITUONG_KCB.
    admission_route = models.CharField("Tuyến khám (4210)", max_length=1, blank=True)
    admission_reason = modelfields.TextField("Lý do vào nội trú", blank=True)
    diagnosis_in = modelfields.TextField("Chẩn đoán lúc vào", blank=True)
    treatment = modelfields.TextField("Phương pháp điều trị", blank=True)
    outcome_code = models.CharField("Kết quả điều trị", max_length=1, blank=True)  # KET_QUA_DTRI
    discharge_code = models.CharField("Tình trạng ra viện", max_length=1, blank=True)  # MA_LOAI_RV
    department_code = models.CharField("Khoa điều trị", max_length=255, blank=True)
    injury_code = models.CharField("Nguyên nhân tai nạn", max_length=2, blank=True)  # MA_TAI_NAN
    referred_from = models.CharField("Nơi chuyển đến", max_length=255, blank=True)
    referred_to = models.CharField("Nơi được chuyển đi", max_length=255, blank=True)
    referral_number = models.CharField("Số giấy chuyển, giấy hẹn", max_length=255, blank=True)
    record_number = models.CharField("Số hồ sơ bệnh án", max_length=255, blank=True)
    identity_check = models.CharField(
        "Cách kiểm tra danh tính", max_length=9, blank=True,
        choices=[("qr", "Mã QR thẻ căn cước"), ("chip", "Chip thẻ căn cước"), ("vneid", "VNeID"),
                 ("service", "Dịch vụ xác thực"), ("insurance", "Cổng BHYT"), ("manual", "Nhìn giấy tờ"),
                 ("unknown", "Không rõ")],
    )  # fmt: skip

    class Meta:
        verbose_name = "Lượt khám"
        verbose_name_plural = "Lượt khám (phần D)"
        ordering = ["-exam_date", "-id"]
        indexes = [
            models.Index(fields=["person", "-exam_date"], name="encounter_person_date"),
            models.Index(fields=["exam_date"], name="encounter_date"),
        ]
        constraints = [
            models.UniqueConstraint(
                # Two facilities that are not in the list may use the same code: their names tell them apart.
                fields=["facility", "facility_name", "visit_link_code"],
                condition=~Q(visit_link_code=""),
                nulls_distinct=False,
                name="encounter_link_code_unique",
                violation_error_code="visit_link_code.taken",
                violation_error_message="Mã lượt khám đã có.",
            ),
            models.CheckConstraint(
                condition=Q(bp_systolic=None) | Q(bp_diastolic=None) | Q(bp_systolic__gt=F("bp_diastolic")),
                name="encounter_bp_order",
                violation_error_code="bp.order",
                violation_error_message="Huyết áp tâm thu phải lớn hơn tâm trương.",
            ),
        ]

    def __str__(self) -> str:
        return f"Lượt khám {self.exam_date:%d/%m/%Y}"


class EncounterQuerySet(ScopedQuerySet):
    person_path = "encounter__person__"


class OfEncounter(Stamped):
    encounter = models.ForeignKey(
        Encounter, models.CASCADE, related_name="%(class)s_set", verbose_name="Lượt khám", db_index=False
    )
    position = models.PositiveSmallIntegerField("Thứ tự", default=0)

    objects = EncounterQuerySet.as_manager()

    class Meta:
        abstract = True


@tracked(by="encounter")
class ExamFinding(OfEncounter):
    """2.3 What was found at one organ system (skin and mucosa, heart, lungs…). FHIR: Observation (exam)."""

    system = models.ForeignKey(
        Code, models.PROTECT, related_name="+", verbose_name="Cơ quan", db_index=False,
        limit_choices_to={"system__key": "organ-system"},
    )  # fmt: skip
    finding = modelfields.TextField("Kết quả khám")

    class Meta:
        verbose_name = "Kết quả khám cơ quan"
        verbose_name_plural = "Khám toàn thân và cơ quan"
        ordering = ["encounter", "system"]
        constraints = [models.UniqueConstraint(fields=["encounter", "system"], name="exam_finding_once")]

    def __str__(self) -> str:
        return f"{self.system.name}: {self.finding}"


@tracked(by="encounter")
class LabResult(OfEncounter):
    """3 One paraclinical result. Numbers stay numbers with their unit; "âm tính" stays text. FHIR: Observation."""

    group = models.ForeignKey(
        Code, models.PROTECT, related_name="+", verbose_name="Nhóm", db_index=False,
        limit_choices_to={"system__key": "lab-group"},
    )  # fmt: skip
    service_code = models.CharField("Mã dịch vụ", max_length=255, blank=True)
    service_group = models.CharField(
        "Nhóm dịch vụ (XML)",
        max_length=1,
        blank=True,
        choices=[("1", "Xét nghiệm"), ("2", "Chẩn đoán hình ảnh"), ("3", "Thăm dò chức năng")],
    )
    service_name = modelfields.CharField("Tên xét nghiệm", max_length=255, blank=True)
    loinc = code_field("LOINC", "loinc")
    result = modelfields.TextField("Kết quả")
    value = modelfields.DecimalField("Giá trị số", max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField("Đơn vị", max_length=50, blank=True)
    index_code = models.CharField("Mã chỉ số", max_length=255, blank=True)  # MA_CHI_SO
    description = modelfields.TextField("Mô tả", blank=True)
    conclusion = modelfields.TextField("Kết luận", blank=True)
    resulted_at = models.DateTimeField("Có kết quả lúc", null=True, blank=True)

    class Meta:
        verbose_name = "Kết quả cận lâm sàng"
        verbose_name_plural = "Kết quả cận lâm sàng"
        ordering = ["encounter", "position", "id"]
        indexes = [models.Index(fields=["encounter", "group"], name="lab_encounter_group")]

    def __str__(self) -> str:
        return f"{self.service_name or self.group.name}: {self.result}"


@tracked(by="encounter")
class Diagnosis(OfEncounter):
    """4 Diagnosis with ICD-10 code and the list it was taken from; the first one is the main one. FHIR: Condition."""

    icd10 = code_field("Mã ICD-10", "icd10")
    # Kept beside the key: what was written stays, with its list, when lists change (REQ-CLM-08).
    icd10_code = models.CharField("Mã bệnh theo ICD 10", max_length=10, blank=True)
    icd10_version = models.CharField("Phiên bản danh mục", max_length=40, blank=True)
    traditional_code = models.CharField("Mã bệnh y học cổ truyền", max_length=60, blank=True)  # beside the ICD-10 code
    name = modelfields.CharField("Tên bệnh", max_length=500, blank=True)
    conclusion = modelfields.TextField("Kết luận", blank=True)

    class Meta:
        verbose_name = "Chẩn đoán"
        verbose_name_plural = "Chẩn đoán, kết luận"
        ordering = ["encounter", "position", "id"]
        indexes = [
            models.Index(fields=["encounter", "position"], name="diagnosis_encounter"),
            models.Index(fields=["icd10_code"], name="diagnosis_icd10"),
        ]

    def __str__(self) -> str:
        return f"{self.icd10_code} {self.name}".strip()
