"""A pregnancy from its registration to its end: registers A3 and A4 (REQ-MCH-01)."""

from django.db import models
from django.db.models import F, Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.programmes.models.base import OfProgramme
from ehr.records.models.base import YesNo
from ehr.records.models.encounter import whole


@tracked(by="person")
class Pregnancy(OfProgramme):
    """One pregnancy of a woman; at most one is open. Antenatal visits are her encounters, doses of tetanus vaccine her
    immunizations, children born her deliveries. FHIR: EpisodeOfCare.

    Of HIV, syphilis and hepatitis B only whether a test was done is kept: results are results of a visit, and the
    registers ask for no more."""

    class Risk(models.TextChoices):
        USUAL = "usual", "Thai bình thường"
        HIGH = "high", "Thai nguy cơ cao"

    class Outcome(models.TextChoices):
        BIRTH = "birth", "Đã sinh"
        MISCARRIAGE = "miscarriage", "Sảy thai"
        ABORTION = "abortion", "Phá thai"
        MOVED = "moved", "Chuyển nơi quản lý"
        LOST = "lost", "Mất dấu"

    class Place(models.TextChoices):
        STATION = "station", "Trạm y tế"
        HOSPITAL = "hospital", "Cơ sở y tế khác"
        HOME = "home", "Tại nhà"
        ELSEWHERE = "elsewhere", "Nơi khác"

    class Attendant(models.TextChoices):
        STAFF = "staff", "Nhân viên y tế"
        TRAINED = "trained", "Cô đỡ thôn bản"
        OTHER = "other", "Người khác"

    registered_on = modelfields.DateField("Ngày đăng ký quản lý thai")
    last_period_on = modelfields.DateField("Ngày đầu kỳ kinh cuối", null=True, blank=True)
    due_on = modelfields.DateField("Ngày dự sinh", null=True, blank=True)
    gravida = whole("Có thai lần thứ")
    para = models.CharField("Tiền thai (PARA, 4 chữ số)", max_length=4, blank=True)
    risk = models.CharField("Tiên lượng", max_length=5, choices=Risk.choices, blank=True)
    risk_note = modelfields.CharField("Nguy cơ", max_length=200, blank=True)
    hiv_tested = models.CharField("Đã xét nghiệm HIV", max_length=7, choices=YesNo.choices, blank=True)
    syphilis_tested = models.CharField("Đã xét nghiệm giang mai", max_length=7, choices=YesNo.choices, blank=True)
    hepatitis_b_tested = models.CharField("Đã xét nghiệm viêm gan B", max_length=7, choices=YesNo.choices, blank=True)
    outcome = models.CharField("Kết thúc", max_length=11, choices=Outcome.choices, blank=True)
    ended_on = modelfields.DateField("Ngày kết thúc", null=True, blank=True)
    birth_place = models.CharField("Nơi sinh", max_length=9, choices=Place.choices, blank=True)
    birth_attendant = models.CharField("Người đỡ đẻ", max_length=7, choices=Attendant.choices, blank=True)
    complication = modelfields.CharField("Tai biến sản khoa", max_length=200, blank=True)

    class Meta:
        verbose_name = "Thai kỳ"
        verbose_name_plural = "Quản lý thai"
        ordering = ["-registered_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(outcome=""),
                name="pregnancy_one_open",
                violation_error_code="pregnancy.open",
                violation_error_message="Đang có một thai kỳ chưa kết thúc.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", ended_on=None) | ~Q(outcome="") & Q(ended_on__isnull=False),
                name="pregnancy_end_has_date",
                violation_error_code="pregnancy.ended_on",
                violation_error_message="Thai kỳ đã kết thúc phải có ngày kết thúc, và ngược lại.",
            ),
            models.CheckConstraint(
                condition=Q(last_period_on=None) | Q(due_on=None) | Q(due_on__gt=F("last_period_on")),
                name="pregnancy_due_after_period",
                violation_error_code="pregnancy.due_on",
                violation_error_message="Ngày dự sinh phải sau ngày đầu kỳ kinh cuối.",
            ),
        ]
        indexes = [models.Index(fields=["ended_on"], name="pregnancy_ended_on")]

    def __str__(self) -> str:
        return f"Thai kỳ đăng ký {self.registered_on:%d/%m/%Y}"
