"""Entered figures: population per unit and period, yearly targets per village. Never counted from records (COV-01)."""

from django.db import models
from django.db.models import F, Q

from ehr.common import modelfields
from stations.models.units import AdminUnit, Village

ONE_PLACE = Q(unit=None, village__isnull=False) | Q(unit__isnull=False, village=None)


class PopulationFigure(models.Model):
    """Average population of a village or unit in [period_start, period_end], as entered, with its source."""

    unit = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="population_figures", verbose_name="Đơn vị"
    )
    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="population_figures", verbose_name="Thôn"
    )
    period_start = modelfields.DateField("Từ ngày")
    period_end = modelfields.DateField("Đến hết ngày")
    population = models.PositiveIntegerField("Dân số trung bình")
    source = modelfields.CharField("Nguồn số liệu", max_length=200)
    entered_at = models.DateTimeField("Nhập lúc", auto_now_add=True)

    class Meta:
        verbose_name = "Dân số trung bình"
        verbose_name_plural = "Dân số trung bình"
        ordering = ["-period_start"]
        constraints = [
            models.CheckConstraint(
                condition=ONE_PLACE,
                name="population_one_place",
                violation_error_message="Chọn một đơn vị hoặc một thôn.",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="population_period",
                violation_error_message="Ngày cuối kỳ phải sau ngày đầu kỳ.",
            ),
            models.UniqueConstraint(
                fields=["unit", "village", "period_start", "period_end"],
                nulls_distinct=False,
                name="population_once",
                violation_error_message="Kỳ này đã có số liệu dân số.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.village or self.unit} {self.period_start:%m/%Y}: {self.population}"


class VillageTarget(models.Model):
    """How many records a village is to have by the end of a year (commune plan, REQ-RPT-04)."""

    village = models.ForeignKey(Village, models.PROTECT, related_name="targets", verbose_name="Thôn")
    year = models.PositiveSmallIntegerField("Năm")
    target = models.PositiveIntegerField("Chỉ tiêu lập hồ sơ")
    source = modelfields.CharField("Nguồn", max_length=200)

    class Meta:
        verbose_name = "Chỉ tiêu của thôn"
        verbose_name_plural = "Chỉ tiêu của thôn"
        ordering = ["-year", "village"]
        constraints = [
            models.UniqueConstraint(
                fields=["village", "year"],
                name="village_target_once",
                violation_error_message="Thôn đã có chỉ tiêu của năm này.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.village} {self.year}: {self.target}"
