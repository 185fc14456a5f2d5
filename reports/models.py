"""What the reports keep: one row per produced report."""

from django.conf import settings
from django.db import models

from ehr.common import modelfields


class ReportRun(models.Model):
    """A report that left the system as a file: what, for which unit and period, by whom, with the hash of its rows."""

    report = models.CharField("Báo cáo", max_length=40)
    unit = models.ForeignKey("stations.AdminUnit", models.PROTECT, verbose_name="Đơn vị")
    period = modelfields.DateField("Kỳ (ngày đầu kỳ)")
    grouping = models.CharField("Theo", max_length=10)
    format = models.CharField("Định dạng", max_length=5)
    data_hash = models.CharField("SHA-256 của số liệu", max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="Người lập"
    )
    at = models.DateTimeField("Lập lúc", auto_now_add=True)

    class Meta:
        verbose_name = "Lần lập báo cáo"
        verbose_name_plural = "Lần lập báo cáo"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.report} {self.period:%m/%Y}"
