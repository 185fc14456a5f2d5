"""The stored difference between a list and the register: one line per person that is not the same in both."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ehr.intake.models import ImportBatch, ImportRow, RowQuerySet
from stations.models import Village


class Group(models.TextChoices):
    """What a line of the comparison says. The order is that of the screen."""

    AMBIGUOUS = "ambiguous", "Cần quyết định"
    BORN = "born", "Mới sinh"
    MOVED_IN = "moved_in", "Chuyển đến"
    MISSING_HERE = "missing_here", "Chưa có trong sổ"
    NUMBER = "number", "Đổi số định danh"
    MOVED_WITHIN = "moved_within", "Chuyển thôn trong xã"
    CHANGED = "changed", "Thay đổi thông tin"
    DIED = "died", "Đã mất"
    MOVED_OUT = "moved_out", "Chuyển đi"
    MISSING_THERE = "missing_there", "Không còn trong danh sách"
    REFUSED = "refused", "Dòng bị từ chối"


class RegisterComparison(models.Model):
    """What was compared: the whole commune, or the villages that the list holds."""

    batch = models.OneToOneField(
        ImportBatch, models.CASCADE, related_name="comparison", verbose_name="Lần nhập", primary_key=True
    )
    # Villages of which people who are not in the list are shown; `whole` adds people without a village.
    villages = ArrayField(models.BigIntegerField(), verbose_name="Thôn được so sánh", default=list)
    whole = models.BooleanField("So sánh cả xã", default=False)
    # {village key: [rows in the list, people in the register]} as of the comparison; "" without a village
    places = models.JSONField("Số người theo thôn", default=dict)
    unchanged = models.PositiveIntegerField("Số người không đổi", default=0)
    compared_at = models.DateTimeField("So sánh lúc", auto_now=True)

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = "Lần so sánh danh sách dân cư"
        verbose_name_plural = "Lần so sánh danh sách dân cư"

    def __str__(self) -> str:
        return str(self.batch)


class RegisterAcceptance(models.Model):
    """Lines accepted together, by one press of a button; undone together."""

    class State(models.TextChoices):
        QUEUED = "queued", "Chờ ghi"
        WORKING = "working", "Đang ghi"
        DONE = "done", "Đã ghi"
        UNDOING = "undoing", "Đang hoàn tác"
        UNDONE = "undone", "Đã hoàn tác"

    class Outcome(models.TextChoices):
        """What the officer decided about people who are gone."""

        NONE = "", "Theo danh sách"
        MOVED = "moved", "Đã chuyển đi"
        DEAD = "dead", "Đã mất"

    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, related_name="acceptances", verbose_name="Lần nhập", db_index=False
    )
    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    group = models.CharField("Nhóm", max_length=13, choices=Group.choices)
    outcome = models.CharField("Quyết định", max_length=5, choices=Outcome.choices, blank=True)
    day = models.DateField("Ngày", null=True, blank=True)
    place = models.CharField("Chuyển đến", max_length=200, blank=True)
    state = models.CharField("Trạng thái", max_length=7, choices=State.choices, default=State.QUEUED)
    total = models.PositiveIntegerField("Số người", default=0)
    accepted = models.PositiveIntegerField("Đã ghi", default=0)
    refused = models.PositiveIntegerField("Bị từ chối", default=0)
    kept = models.PositiveIntegerField("Không hoàn tác được", default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="Người nhận"
    )
    door = models.CharField("Gửi qua", max_length=10, default="excel")
    created_at = models.DateTimeField("Nhận lúc", auto_now_add=True)
    finished_at = models.DateTimeField("Ghi xong lúc", null=True, blank=True)
    undone_at = models.DateTimeField("Hoàn tác lúc", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="Người hoàn tác",
    )  # fmt: skip

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = "Lần nhận thay đổi dân cư"
        verbose_name_plural = "Lần nhận thay đổi dân cư"
        ordering = ["-id"]
        indexes = [models.Index(fields=["batch", "-id"], name="register_acceptance_batch")]

    def __str__(self) -> str:
        return f"{self.get_group_display()} ({self.total})"

    @property
    def settled(self) -> int:
        """Lines that are through, written or not."""
        return self.accepted + self.refused

    @property
    def working(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.WORKING, self.State.UNDOING)

    @property
    def undoable(self) -> bool:
        return self.state == self.State.DONE and self.accepted > 0


class RegisterLine(models.Model):
    """One person who differs. `row` is empty for who is not in the list, `person` for who is not in the register."""

    class State(models.TextChoices):
        OPEN = "open", "Chờ"
        QUEUED = "queued", "Đang ghi"
        ACCEPTED = "accepted", "Đã nhận"
        REFUSED = "refused", "Không ghi được"
        KEPT = "kept", "Để nguyên"

    class Mother(models.TextChoices):
        """How the mother of a child was found."""

        NONE = "", "Không có thông tin"
        FOUND = "found", "Tìm thấy"
        CHOSEN = "chosen", "Đã chọn"
        ASK = "ask", "Cần chọn"
        UNKNOWN = "unknown", "Để trống"

    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, related_name="lines", verbose_name="Lần nhập", db_index=False
    )
    group = models.CharField("Nhóm", max_length=13, choices=Group.choices)
    state = models.CharField("Trạng thái", max_length=8, choices=State.choices, default=State.OPEN)
    row = models.ForeignKey(
        ImportRow, models.CASCADE, null=True, blank=True, related_name="lines", verbose_name="Dòng trong danh sách"
    )
    person = models.ForeignKey(
        "records.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="Hồ sơ"
    )
    village = models.ForeignKey(
        Village, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name="Thôn"
    )
    name = models.CharField("Họ và tên", max_length=100, blank=True)
    changes = models.JSONField("Thay đổi", default=dict)  # {field code: [in the register, in the list]}
    why = models.CharField("Lý do", max_length=200, blank=True)
    day = models.DateField("Ngày mất hoặc chuyển đi", null=True, blank=True)
    place = models.CharField("Chuyển đến", max_length=200, blank=True)
    problems = models.JSONField("Vấn đề", default=list)  # [{field, code, level, message}]
    candidates = models.JSONField("Hồ sơ có thể là", default=list)  # [{person, why}]: the same person, or the mother
    mother = models.ForeignKey(
        "records.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="Hồ sơ của mẹ"
    )
    mother_state = models.CharField("Tìm mẹ", max_length=7, choices=Mother.choices, blank=True)
    acceptance = models.ForeignKey(
        RegisterAcceptance, models.SET_NULL, null=True, blank=True, related_name="lines", verbose_name="Lần nhận"
    )

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = "Dòng so sánh dân cư"
        verbose_name_plural = "Dòng so sánh dân cư"
        ordering = ["batch", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "row"], condition=models.Q(row__isnull=False), name="register_line_row"
            )
        ]
        indexes = [models.Index(fields=["batch", "group", "state", "id"], name="register_line_group")]

    def __str__(self) -> str:
        return f"{self.get_group_display()}: {self.name}"


__all__ = ["Group", "RegisterAcceptance", "RegisterComparison", "RegisterLine"]
