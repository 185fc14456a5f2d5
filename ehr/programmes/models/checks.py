"""What a periodic check or screening says beyond a visit (REQ-REC-08…10, REQ-KSK-01, 02)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.programmes.models.base import OfVisit
from ehr.records.models.encounter import Encounter, whole


@tracked(by="encounter")
class HealthCheck(OfVisit):
    """One row for a check. `target_groups` (DOI_TUONG), `funding` (NGUON_CHI_TRA): codes of the dated lists
    check-target and check-funding. `accepted_at`: when the receiving system took the form, typed from its answer as
    long as this software does not send it itself."""

    encounter = models.OneToOneField(Encounter, models.CASCADE, related_name="health_check", verbose_name="Lượt khám")
    target_groups = ArrayField(models.CharField(max_length=2), verbose_name="Đối tượng khám", default=list, blank=True)
    funding = models.CharField("Nguồn chi trả", max_length=1, blank=True)
    health_class = whole("Phân loại sức khỏe (1–5)")
    school_year = models.CharField("Năm học", max_length=9, blank=True)
    conclusion = modelfields.TextField("Kết luận", blank=True)
    accepted_at = models.DateTimeField("Hệ thống nhận tiếp nhận lúc", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "Phiếu khám sức khỏe"
        verbose_name_plural = "Phiếu khám sức khỏe"
        ordering = ["-encounter"]
        constraints = [
            models.CheckConstraint(
                condition=Q(health_class=None) | Q(health_class__range=(1, 5)),
                name="check_class_range",
                violation_error_code="health_class.range",
                violation_error_message="Phân loại sức khỏe từ 1 đến 5.",
            )
        ]

    def __str__(self) -> str:
        return f"Phiếu khám sức khỏe, đối tượng {'; '.join(self.target_groups)}" if self.target_groups else "Phiếu khám"
