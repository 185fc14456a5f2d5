"""Partner systems and their keys."""

from django.conf import settings
from django.db import models

from ehr.common import modelfields


class Partner(models.Model):
    """A system that speaks REST with us. Its user carries the assignments that bind it to places."""

    name = modelfields.CharField("Tên hệ thống", max_length=120, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="partner", verbose_name="Tài khoản"
    )
    contact = modelfields.CharField("Đầu mối liên hệ", max_length=200, blank=True)
    is_active = models.BooleanField("Đang hoạt động", default=True)

    class Meta:
        verbose_name = "Hệ thống đối tác"
        verbose_name_plural = "Hệ thống đối tác"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A bearer token of a partner. Only its SHA-256 is stored; the text is shown once, when it is made."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="keys", verbose_name="Đối tác")
    label = models.CharField("Nhãn", max_length=60)
    digest = models.CharField("SHA-256 của khóa", max_length=64, unique=True, editable=False)
    prefix = models.CharField("Đầu khóa", max_length=8, editable=False)
    created_at = models.DateTimeField("Tạo lúc", auto_now_add=True)
    expires_at = models.DateTimeField("Hết hạn", null=True, blank=True)
    revoked_at = models.DateTimeField("Thu hồi lúc", null=True, blank=True)

    class Meta:
        verbose_name = "Khóa truy cập"
        verbose_name_plural = "Khóa truy cập"

    def __str__(self) -> str:
        return f"{self.partner}: {self.label}"
