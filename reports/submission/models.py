"""Snapshots that nothing changes, submissions with their versions, and what is due when (REQ-RPT-05, -09, -11)."""

from __future__ import annotations

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from stations.models import AdminUnit
from stations.models.units import DatedQuerySet
from stations.scope import scope_of


def _user(label: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label
    )


class OfUnitQuerySet(models.QuerySet):
    """Rows of a unit: seen by whoever may ask for reports of it, as `reports.questions.units_offered` says."""

    def visible_to(self, user):
        from reports.questions import units_offered

        if not scope_of(user).can("report.view"):
            return self.none()
        return self.filter(unit__in=[unit.pk for _, units in units_offered(user) for unit in units])


class Snapshot(models.Model):
    """The figures of a report as they were at one moment. `data`: the table as `reports.tables.as_json` writes it,
    `data_hash` its SHA-256. The database refuses to change or remove a row."""

    class Origin(models.TextChoices):
        CLOSE = "close", "Chốt số liệu tháng"
        SUBMISSION = "submission", "Nộp báo cáo"

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    report = models.CharField("Báo cáo", max_length=40)
    definition = models.CharField("Phiên bản định nghĩa", max_length=40, blank=True)
    unit = models.ForeignKey(AdminUnit, models.PROTECT, related_name="+", verbose_name="Đơn vị", db_index=False)
    period = models.CharField("Kỳ", max_length=10)  # 2026-10, 2026-Q3, 2026-H1, 2026, 2026-10-15
    period_start = modelfields.DateField("Từ ngày")
    period_end = modelfields.DateField("Đến trước ngày")
    grouping = models.CharField("Theo", max_length=12)
    origin = models.CharField("Nguồn gốc", max_length=10, choices=Origin.choices)
    as_of = models.DateTimeField("Số liệu tại thời điểm")
    data = models.JSONField("Số liệu")
    data_hash = models.CharField("SHA-256 của số liệu", max_length=64)
    made_by = _user("Người lập")
    made_at = models.DateTimeField("Lập lúc", auto_now_add=True)

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "Bản chốt số liệu"
        verbose_name_plural = "Bản chốt số liệu"
        ordering = ["-period_start", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "unit", "period", "grouping"], condition=Q(origin="close"), name="snapshot_close_once"
            ),
        ]
        indexes = [models.Index(fields=["unit", "report", "period_start"], name="snapshot_of_unit")]
        triggers = [pgtrigger.Protect(name="frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.report} {self.period}"


@tracked()
class Submission(models.Model):
    """One version of a report that a unit sends: what was checked is frozen, signed as it is, and received."""

    class State(models.TextChoices):
        CHECKED = "checked", "Đã kiểm tra, chờ ký"
        SIGNED = "signed", "Đã ký, đã gửi"
        RECEIVED = "received", "Cấp trên đã nhận"
        RETURNED = "returned", "Cấp trên trả lại"
        DROPPED = "dropped", "Đã bỏ, lập lại"

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    report = models.CharField("Báo cáo", max_length=40)
    unit = models.ForeignKey(AdminUnit, models.PROTECT, related_name="+", verbose_name="Đơn vị", db_index=False)
    period = models.CharField("Kỳ", max_length=10)
    period_start = modelfields.DateField("Từ ngày")
    grouping = models.CharField("Theo", max_length=12)
    version = models.PositiveSmallIntegerField("Lần")
    state = models.CharField("Trạng thái", max_length=8, choices=State.choices, default=State.CHECKED)
    snapshot = models.OneToOneField(Snapshot, models.PROTECT, related_name="submission", verbose_name="Số liệu đã chốt")
    reason = modelfields.CharField("Lý do gửi lại", max_length=300, blank=True)
    due_on = modelfields.DateField("Hạn gửi", null=True, blank=True)
    checked_by, checked_at = _user("Người kiểm tra"), models.DateTimeField("Kiểm tra lúc", auto_now_add=True)
    signed_by, signed_at = _user("Người ký"), models.DateTimeField("Ký lúc", null=True, blank=True)
    received_by, received_at = _user("Người nhận"), models.DateTimeField("Nhận lúc", null=True, blank=True)
    returned_by, returned_at = _user("Người trả lại"), models.DateTimeField("Trả lại lúc", null=True, blank=True)
    return_reason = modelfields.CharField("Lý do trả lại", max_length=300, blank=True)

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "Báo cáo đã nộp"
        verbose_name_plural = "Báo cáo đã nộp"
        ordering = ["-period_start", "report", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "unit", "period", "grouping", "version"], name="submission_version_once"
            ),
            models.UniqueConstraint(
                fields=["report", "unit", "period", "grouping"], condition=Q(state="checked"),
                name="submission_one_waiting",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["unit", "period_start"], name="submission_of_unit")]

    def __str__(self) -> str:
        return f"{self.report} {self.period}, lần {self.version}"

    @property
    def late_days(self) -> int:
        """Days between the day it was due and the day it was signed; 0 when in time or not signed."""
        if not self.signed_at or not self.due_on:
            return 0
        from django.utils.timezone import localdate

        return max(0, (localdate(self.signed_at) - self.due_on).days)


class ReportDuty(models.Model):
    """Which units owe which report, and until when: dated, because the rules change."""

    class Rule(models.TextChoices):
        DAY = "day", "Ngày trong tháng cuối của kỳ"
        DAYS_AFTER = "days", "Số ngày sau khi hết kỳ"
        WORKING_DAYS_AFTER = "working", "Số ngày làm việc sau khi hết kỳ"

    report = models.CharField("Báo cáo", max_length=40)
    level = models.CharField("Cấp nộp", max_length=8, choices=AdminUnit.Level.choices)
    period_kind = models.CharField("Kỳ", max_length=7, choices=[
        ("month", "Tháng"), ("quarter", "Quý"), ("half", "6 tháng"), ("year", "Năm")])  # fmt: skip
    grouping = models.CharField("Theo", max_length=12)
    rule = models.CharField("Cách tính hạn", max_length=7, choices=Rule.choices)
    number = models.PositiveSmallIntegerField("Ngày / số ngày")
    early_days = models.PositiveSmallIntegerField(
        "Hạn sớm (số ngày sau khi hết kỳ)", null=True, blank=True,
        help_text="Khi văn bản ghi hai hạn: nhắc theo hạn sớm, tính trễ theo hạn chính.",
    )  # fmt: skip
    closes = models.BooleanField(
        "Chốt hằng tháng", default=True, help_text="Lúc 00:10 ngày 01 giữ lại số liệu của mọi đơn vị."
    )
    source = modelfields.CharField("Văn bản", max_length=200)
    valid_from = modelfields.DateField("Từ kỳ bắt đầu ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến trước kỳ bắt đầu ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Báo cáo phải nộp"
        verbose_name_plural = "Lịch báo cáo"
        ordering = ["report", "level"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "level", "period_kind", "valid_from"], nulls_distinct=False, name="duty_once",
                violation_error_message="Cấp này đã có lịch nộp báo cáo đó từ ngày này.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.report} ({AdminUnit.Level(self.level).label})"


class Holiday(models.Model):
    """A day on which offices are closed although it is none of a weekend, or open although it is one."""

    class Kind(models.TextChoices):
        OFF = "off", "Nghỉ"
        WORK = "work", "Làm bù"

    day = modelfields.DateField("Ngày", unique=True)
    kind = models.CharField("Loại", max_length=4, choices=Kind.choices, default=Kind.OFF)
    name = modelfields.CharField("Tên", max_length=100)
    source = modelfields.CharField("Văn bản", max_length=200)

    class Meta:
        verbose_name = "Ngày nghỉ lễ, làm bù"
        verbose_name_plural = "Lịch nghỉ lễ, làm bù"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}: {self.name}"
