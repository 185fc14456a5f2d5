"""Counts by village and day, so that the first page of a province is as quick as that of a village."""

from django.db import models

from ehr.common import modelfields
from stations.models import AdminUnit, Village


class DailyCount(models.Model):
    """Figures of a village (or of the people of a commune without a village) on a day, by the definitions of the
    coverage report. A day of the past is final; that of today is renewed when somebody looks."""

    on = modelfields.DateField("Ngày")
    commune = models.ForeignKey(AdminUnit, models.CASCADE, related_name="+", verbose_name="Xã", db_index=False)
    village = models.ForeignKey(
        Village, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="Thôn", db_index=False
    )
    records = models.PositiveIntegerField("Hồ sơ đang dùng")
    residents = models.PositiveIntegerField("Người đang cư trú")
    linked = models.PositiveIntegerField("Đã liên thông")
    examined = models.PositiveIntegerField("Đã khám tạo lập")
    managed = models.PositiveIntegerField("Đã quản lý")
    counted_at = models.DateTimeField("Đếm lúc")

    objects: models.Manager["DailyCount"] = models.Manager()

    class Meta:
        verbose_name = "Số đếm theo ngày"
        verbose_name_plural = "Số đếm theo ngày"
        ordering = ["-on", "commune", "village"]
        constraints = [
            models.UniqueConstraint(
                fields=["commune", "on", "village"], nulls_distinct=False, name="daily_count_once"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.village or self.commune} {self.on:%d/%m/%Y}"
