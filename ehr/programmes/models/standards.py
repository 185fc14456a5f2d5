"""Dated values behind the indicators: growth standards, thresholds, lists of antigens. Data, never constants."""

from django.db import models

from ehr.common import modelfields
from stations.models.units import DatedQuerySet


class GrowthStandard(models.Model):
    """L (power), M (median) and S (variation) of a growth standard for one day of age: z = ((x / M)^L - 1) / (L × S).
    Heights are lengths lying down before 731 days, heights standing from then on. WHO Child Growth Standards, 2006."""

    class Measure(models.TextChoices):
        WEIGHT = "weight", "Cân nặng theo tuổi"
        HEIGHT = "height", "Chiều dài, chiều cao theo tuổi"

    standard = models.CharField("Chuẩn tăng trưởng", max_length=20)
    measure = models.CharField("Chỉ số", max_length=6, choices=Measure.choices)
    sex = models.CharField("Giới tính", max_length=1)
    age_days = models.PositiveSmallIntegerField("Tuổi (ngày)")
    power = models.DecimalField("Hệ số L", max_digits=7, decimal_places=4)
    median = models.DecimalField("Trung vị M", max_digits=9, decimal_places=4)
    variation = models.DecimalField("Hệ số S", max_digits=8, decimal_places=5)

    class Meta:
        verbose_name = "Chuẩn tăng trưởng"
        verbose_name_plural = "Chuẩn tăng trưởng"
        ordering = ["standard", "measure", "sex", "age_days"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "measure", "sex", "age_days"], name="growth_standard_once")
        ]

    def __str__(self) -> str:
        return f"{self.standard} {self.get_measure_display().lower()}, {self.age_days} ngày"


class IndicatorSetting(models.Model):
    """A value that an indicator asks for, from a day on: threshold, list of antigens, prevalence. A new value is a new
    row with its first day, so that a report of a past month keeps the one of its time."""

    key = models.SlugField("Khóa", max_length=60, db_index=False)
    name = modelfields.CharField("Tên", max_length=200)
    value = models.JSONField("Giá trị")
    valid_from = modelfields.DateField("Từ ngày")
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)
    source = modelfields.CharField("Căn cứ", max_length=300)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Thông số chỉ tiêu"
        verbose_name_plural = "Thông số chỉ tiêu"
        ordering = ["key", "valid_from"]
        constraints = [models.UniqueConstraint(fields=["key", "valid_from"], name="indicator_setting_once")]

    def __str__(self) -> str:
        return self.name
