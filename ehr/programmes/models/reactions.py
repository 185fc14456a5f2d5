"""What happened after a dose of a vaccine (REQ-VAC-03, EPI-17)."""

from django.db import models
from django.db.models import F, Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.records.models.base import Versioned
from ehr.vaccination.models import Immunization
from stations.scope import ScopedQuerySet


class OfDoseQuerySet(ScopedQuerySet):
    person_path = "immunization__person__"


@tracked(by="immunization")
class AdverseEvent(Versioned):
    """A reaction worth a report. The text of the form stays at the dose. FHIR: AdverseEvent."""

    class Severity(models.TextChoices):
        USUAL = "usual", "Thông thường"
        SEVERE = "severe", "Nặng"

    immunization = models.OneToOneField(
        Immunization, models.CASCADE, related_name="adverse_event", verbose_name="Mũi tiêm"
    )
    severity = models.CharField("Mức độ", max_length=6, choices=Severity.choices)
    occurred_at = models.DateTimeField("Xảy ra lúc")
    reported_at = models.DateTimeField("Báo cáo cấp trên lúc", null=True, blank=True)
    description = modelfields.TextField("Diễn biến", blank=True)

    objects = OfDoseQuerySet.as_manager()

    class Meta:
        verbose_name = "Phản ứng sau tiêm"
        verbose_name_plural = "Phản ứng sau tiêm"
        ordering = ["-occurred_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reported_at=None) | Q(reported_at__gte=F("occurred_at")),
                name="adverse_event_reported_after",
                violation_error_code="adverse_event.reported_before",
                violation_error_message="Giờ báo cáo trước giờ xảy ra phản ứng.",
            )
        ]

    def __str__(self) -> str:
        return f"Phản ứng {self.get_severity_display().lower()}"
