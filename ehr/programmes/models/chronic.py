"""Books of chronic diseases per QĐ 97/QĐ-PB: who stands in which book, and what each visit says (REQ-NCD-01…03)."""

from django.db import models
from django.db.models import F, Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.programmes.models.base import OfProgramme, OfVisit
from ehr.records.models.base import YesNo
from ehr.records.models.encounter import decimal


@tracked(by="person")
class NcdRegistration(OfProgramme):
    """A person in a book of a disease; at most one open line for each disease. FHIR: EpisodeOfCare."""

    class Disease(models.TextChoices):
        HYPERTENSION = "hypertension", "Tăng huyết áp (01A)"
        DIABETES = "diabetes", "Đái tháo đường (01B)"
        COPD = "copd", "Bệnh phổi tắc nghẽn mạn tính (02)"
        ASTHMA = "asthma", "Hen phế quản (02)"
        SCHIZOPHRENIA = "schizophrenia", "Tâm thần phân liệt (03)"
        DEPRESSION = "depression", "Trầm cảm (03)"
        DEMENTIA = "dementia", "Sa sút trí tuệ (03)"
        OTHER = "other", "Bệnh không lây nhiễm khác (04)"
        RISK = "risk", "Nguy cơ bệnh không lây nhiễm (05)"
        MENTAL_RISK = "mental_risk", "Nguy cơ rối loạn tâm thần (06)"

    class Status(models.TextChoices):
        MANAGED = "managed", "Đang quản lý"
        DEAD = "dead", "Tử vong"
        MOVED = "moved", "Chuyển đi"
        LOST = "lost", "Bỏ quản lý, mất dấu"
        REVISED = "revised", "Chẩn đoán lại, không còn bệnh"

    disease = models.CharField("Bệnh (sổ)", max_length=13, choices=Disease.choices)
    icd10_code = models.CharField("Mã bệnh theo ICD-10", max_length=10, blank=True)
    detected_on = modelfields.DateField("Ngày phát hiện bệnh", null=True, blank=True)
    registered_on = modelfields.DateField("Ngày vào sổ")
    status = models.CharField("Tình trạng quản lý", max_length=7, choices=Status.choices, default=Status.MANAGED)
    left_on = modelfields.DateField("Ngày ra khỏi sổ", null=True, blank=True)
    left_reason = modelfields.CharField("Lý do ra khỏi sổ", max_length=200, blank=True)

    class Meta:
        verbose_name = "Quản lý bệnh không lây nhiễm"
        verbose_name_plural = "Quản lý bệnh không lây nhiễm"
        ordering = ["disease", "-registered_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "disease"],
                condition=Q(status="managed"),
                name="ncd_one_open",
                violation_error_code="ncd.open",
                violation_error_message="Người này đang có tên trong sổ của bệnh này.",
            ),
            models.CheckConstraint(
                condition=Q(status="managed", left_on=None) | ~Q(status="managed") & Q(left_on__isnull=False),
                name="ncd_left_has_date",
                violation_error_code="ncd.left_on",
                violation_error_message="Người đã ra khỏi sổ phải có ngày ra, và ngược lại.",
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("registered_on")),
                name="ncd_left_after_registered",
                violation_error_code="ncd.left_before",
                violation_error_message="Ngày ra khỏi sổ trước ngày vào sổ.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.Disease(self.disease).label)


@tracked(by="encounter")
class NcdVisit(OfVisit):
    """What a visit says about a registered disease; blood pressure stands at the visit itself. FHIR: Observation."""

    class Target(models.TextChoices):
        MISSED = "0", "Chưa đạt"
        REACHED = "1", "Đạt"
        NOT_ASSESSED = "2", "Chưa đánh giá"

    registration = models.ForeignKey(NcdRegistration, models.PROTECT, related_name="visits", verbose_name="Sổ quản lý")
    target = models.CharField("Đạt mục tiêu", max_length=1, choices=Target.choices, default=Target.NOT_ASSESSED)
    glucose_mmol_l = decimal("Đường huyết lúc đói (mmol/L)", 4)
    hba1c_percent = decimal("Chỉ số HbA1c (%)", 3)
    medicine = models.CharField("Có thuốc điều trị", max_length=7, choices=YesNo.choices, blank=True)

    class Meta:
        verbose_name = "Lượt khám của bệnh được quản lý"
        verbose_name_plural = "Lượt khám của bệnh được quản lý"
        ordering = ["encounter", "registration"]
        constraints = [models.UniqueConstraint(fields=["encounter", "registration"], name="ncd_visit_once")]

    def __str__(self) -> str:
        return str(self.Target(self.target).label)
