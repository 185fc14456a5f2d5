"""Family planning: registers A5.1 and A5.2."""

from django.db import models
from django.db.models import F, Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.programmes.models.base import OfProgramme
from ehr.records.models.base import YesNo
from ehr.records.models.encounter import whole


@tracked(by="person")
class Contraception(OfProgramme):
    """A method of contraception from its first to its last day. FHIR: Procedure or MedicationStatement."""

    class Method(models.TextChoices):
        IUD = "iud", "Dụng cụ tử cung"
        PILL = "pill", "Thuốc uống tránh thai"
        INJECTION = "injection", "Thuốc tiêm tránh thai"
        IMPLANT = "implant", "Thuốc cấy tránh thai"
        CONDOM = "condom", "Bao cao su"
        FEMALE_STERILISATION = "tubal", "Triệt sản nữ"
        MALE_STERILISATION = "vasectomy", "Triệt sản nam"
        OTHER = "other", "Biện pháp khác"

    method = models.CharField("Biện pháp tránh thai", max_length=9, choices=Method.choices)
    started_on = modelfields.DateField("Ngày thực hiện")
    living_children = whole("Số con hiện có")
    ended_on = modelfields.DateField("Ngày thôi dùng", null=True, blank=True)
    end_reason = modelfields.CharField("Lý do thôi dùng", max_length=200, blank=True)
    provider = modelfields.CharField("Người thực hiện", max_length=100, blank=True)
    complication = modelfields.CharField("Tai biến, tác dụng phụ", max_length=200, blank=True)

    class Meta:
        verbose_name = "Biện pháp tránh thai"
        verbose_name_plural = "Biện pháp tránh thai"
        ordering = ["-started_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="contraception_end_after_start",
                violation_error_code="contraception.ended_before",
                violation_error_message="Ngày thôi dùng trước ngày thực hiện.",
            )
        ]
        indexes = [models.Index(fields=["started_on"], name="contraception_started_on")]

    def __str__(self) -> str:
        return str(self.Method(self.method).label)


@tracked(by="person")
class Abortion(OfProgramme):
    """A pregnancy that was ended on request. FHIR: Procedure."""

    class Method(models.TextChoices):
        ASPIRATION = "aspiration", "Hút chân không"
        MEDICAL = "medical", "Phá thai bằng thuốc"
        EVACUATION = "evacuation", "Nong và gắp"
        OTHER = "other", "Phương pháp khác"

    done_on = modelfields.DateField("Ngày thực hiện")
    gestation_weeks = whole("Tuổi thai (tuần)")
    living_children = whole("Số con hiện có")
    method = models.CharField("Phương pháp", max_length=10, choices=Method.choices, blank=True)
    tissue_checked = models.CharField("Đã soi mô", max_length=7, choices=YesNo.choices, blank=True)
    performer = modelfields.CharField("Người thực hiện", max_length=100, blank=True)
    complication = modelfields.CharField("Tai biến", max_length=200, blank=True)
    follow_up_on = modelfields.DateField("Ngày khám lại", null=True, blank=True)

    class Meta:
        verbose_name = "Phá thai"
        verbose_name_plural = "Phá thai"
        ordering = ["-done_on", "-id"]
        indexes = [models.Index(fields=["done_on"], name="abortion_done_on")]

    def __str__(self) -> str:
        return f"Phá thai {self.done_on:%d/%m/%Y}"
