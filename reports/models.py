"""What the reports keep: one row per produced report."""

import uuid
from typing import cast

from django.conf import settings
from django.db import models

from ehr.common import modelfields
from reports.periods import KINDS, NAMES, Kind, Period


class ReportRun(models.Model):
    """A report that left the system as a file: what, for which unit and period, by whom, with the hash of its rows."""

    report = models.CharField("Báo cáo", max_length=40)
    unit = models.ForeignKey("stations.AdminUnit", models.PROTECT, verbose_name="Đơn vị")
    period = modelfields.DateField("Kỳ (ngày đầu kỳ)")
    period_kind = models.CharField(
        "Loại kỳ", max_length=7, choices=[(kind, NAMES[kind].capitalize()) for kind in KINDS], default="month"
    )
    grouping = models.CharField("Theo", max_length=12)
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
        return f"{self.report} {Period(self.period, cast(Kind, self.period_kind)).text}"


class BackgroundPrint(models.Model):
    """Something printed by a worker into a folder of its own. Only who asked for it may fetch it."""

    class State(models.TextChoices):
        QUEUED = "queued", "Đang chờ"
        RUNNING = "running", "Đang in"
        DONE = "done", "Đã xong"
        FAILED = "failed", "Lỗi"

    OPEN = (State.QUEUED, State.RUNNING)

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="Người yêu cầu")
    state = models.CharField("Trạng thái", max_length=7, choices=State.choices, default=State.QUEUED)
    message = models.CharField("Thông báo", max_length=200, blank=True)
    created_at = models.DateTimeField("Tạo lúc", auto_now_add=True)
    finished_at = models.DateTimeField("Xong lúc", null=True, blank=True)

    class Meta:
        abstract = True


class PrintJob(BackgroundPrint):
    """Questionnaires of a village, printed in the background."""

    village = models.ForeignKey("stations.Village", models.PROTECT, related_name="+", verbose_name="Thôn")
    done = models.PositiveIntegerField("Số hộ đã in", default=0)
    total = models.PositiveIntegerField("Số hộ", default=0)

    class Meta:
        verbose_name = "Lần in phiếu điều tra"
        verbose_name_plural = "Các lần in phiếu điều tra"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.village}: {self.get_state_display()}"


class ReportBatch(BackgroundPrint):
    """One report of every commune of a district or province, as PDFs in one archive.

    `period`: as `Period.iso` has it; `options`: of the report. Two batches of the same question and user are one while
    it is open."""

    report = models.CharField("Báo cáo", max_length=40)
    unit = models.ForeignKey("stations.AdminUnit", models.PROTECT, related_name="+", verbose_name="Đơn vị")
    period = models.CharField("Kỳ", max_length=10)
    options = models.JSONField("Tham số", default=dict, blank=True)
    done = models.PositiveIntegerField("Số xã đã in", default=0)
    total = models.PositiveIntegerField("Số xã", default=0)

    class Meta:
        verbose_name = "Lần in báo cáo các xã"
        verbose_name_plural = "Các lần in báo cáo các xã"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "report", "unit", "period", "options"],
                condition=models.Q(state__in=("queued", "running")),
                name="report_batch_one_open",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.report} {self.period}: {self.get_state_display()}"
