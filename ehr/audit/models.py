"""Who read whose record, and which submissions were already stored. Change history itself is kept by triggers."""

from django.conf import settings
from django.db import models

#: Stands for the person where personal data were read of people who have no record: rows of a file that came in.
NO_RECORD = 0


class AccessLog(models.Model):
    """One read of one person: view, print or export. Append-only: a trigger refuses change and removal (REQ-PDP-04).

    `person_id` is a plain number, not a foreign key: the log lives below the record and outlives it."""

    class Action(models.TextChoices):
        VIEW = "view", "Xem"
        PRINT = "print", "In"
        EXPORT = "export", "Xuất dữ liệu"
        CHANGE = "change", "Sửa"

    at = models.DateTimeField("Thời điểm", auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="Người dùng"
    )
    roles = models.CharField("Vai trò", max_length=60, blank=True)
    person_id = models.BigIntegerField("Người dân")
    action = models.CharField("Hành động", max_length=6, choices=Action.choices)
    object = models.CharField("Nội dung", max_length=60, blank=True, help_text="Phần hồ sơ, biểu mẫu hoặc báo cáo.")
    door = models.CharField("Kênh", max_length=10, help_text="screen, admin, rest, task…")
    address = models.GenericIPAddressField("Địa chỉ mạng", null=True)

    class Meta:
        verbose_name = "Lượt truy cập hồ sơ"
        verbose_name_plural = "Lượt truy cập hồ sơ"
        ordering = ["-id"]  # as good as by time, and needs no index of its own
        indexes = [models.Index(fields=["person_id", "-at"], name="access_person_at")]

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y %H:%M} {self.get_action_display()}"


class Submission(models.Model):
    """A form or request that was stored. A double click or a retry carries the same key and finds the first result."""

    key = models.UUIDField("Khóa", primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="Người dùng")
    result = models.CharField("Kết quả", max_length=200, blank=True)
    at = models.DateTimeField("Lúc", auto_now_add=True)

    class Meta:
        verbose_name = "Lượt gửi"
        verbose_name_plural = "Lượt gửi"

    def __str__(self) -> str:
        return str(self.key)
