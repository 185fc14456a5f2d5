"""Administrative units of two eras and the villages below them.

The same number means another unit before and after 1 July 2025 (16516, 00598…), so a unit is known by
(scheme, code), never by its code alone. Source: Decision 19/2025/QĐ-TTg; regulation.md REQ-ADM-01…06.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from ehr.common import modelfields


class DatedQuerySet(models.QuerySet):
    def valid_on(self, day):
        """Rows whose period `valid_from <= day < valid_to` holds; an empty end is open."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gt=day))


class AdminUnit(models.Model):
    """A province, (old) district or commune in one of the two schemes."""

    class Scheme(models.TextChoices):
        OLD = "old", "Ba cấp (đến 30/06/2025)"
        NEW = "new", "Hai cấp (từ 01/07/2025)"

    class Level(models.TextChoices):
        PROVINCE = "province", "Tỉnh/thành phố"
        DISTRICT = "district", "Quận/huyện (cũ)"
        COMMUNE = "commune", "Xã/phường/đặc khu"

    scheme = models.CharField("Danh mục", max_length=3, choices=Scheme.choices)
    code = models.CharField("Mã", max_length=5)
    level = models.CharField("Cấp", max_length=8, choices=Level.choices)
    unit_type = models.CharField("Loại", max_length=20, help_text="Xã, Phường, Thị trấn, Đặc khu, Tỉnh, Thành phố…")
    full_name = modelfields.CharField("Tên đầy đủ", max_length=120)
    name = modelfields.CharField("Tên", max_length=100)
    plain_name = models.CharField("Tên không dấu", max_length=120, editable=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="Thuộc đơn vị"
    )
    valid_from = modelfields.DateField("Hiệu lực từ", null=True, blank=True)
    valid_to = modelfields.DateField(
        "Hiệu lực đến", null=True, blank=True, help_text="Ngày đầu tiên không còn hiệu lực."
    )
    source = models.CharField("Nguồn", max_length=120, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Đơn vị hành chính"
        verbose_name_plural = "Đơn vị hành chính"
        ordering = ["scheme", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code", "level"],
                name="admin_unit_code_unique",
                violation_error_message="Mã đơn vị đã có trong danh mục này.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gt=F("valid_from")),
                name="admin_unit_period",
                violation_error_message="Ngày hết hiệu lực phải sau ngày bắt đầu.",
            ),
        ]
        indexes = [
            GinIndex(OpClass(F("plain_name"), name="gin_trgm_ops"), name="admin_unit_plain_trgm"),
            models.Index(fields=["level", "scheme", "plain_name"], name="admin_unit_level_plain"),
        ]

    def __str__(self) -> str:
        return self.full_name


class AdminUnitName(models.Model):
    """The name a unit bore in a period: an upgrade (xã to phường) changes the name, not the code."""

    unit = models.ForeignKey(AdminUnit, models.CASCADE, related_name="names", verbose_name="Đơn vị")
    full_name = modelfields.CharField("Tên đầy đủ", max_length=120)
    unit_type = models.CharField("Loại", max_length=20)
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)
    document = models.CharField("Văn bản", max_length=200, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Tên đơn vị theo thời gian"
        verbose_name_plural = "Tên đơn vị theo thời gian"
        ordering = ["unit", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], nulls_distinct=False, name="unit_name_once")
        ]

    def __str__(self) -> str:
        return self.full_name


class AdminUnitSuccession(models.Model):
    """Old unit to new unit, n:m. `is_default` says where most of the old unit went, not where one household lives."""

    class Part(models.TextChoices):
        WHOLE = "whole", "Toàn bộ"
        PARTIAL = "partial", "Một phần"

    old = models.ForeignKey(AdminUnit, models.PROTECT, related_name="successions", verbose_name="Đơn vị cũ")
    new = models.ForeignKey(AdminUnit, models.PROTECT, related_name="predecessions", verbose_name="Đơn vị mới")
    part = models.CharField("Phạm vi", max_length=7, choices=Part.choices)
    is_default = models.BooleanField("Mặc định", default=False)
    effective = modelfields.DateField("Ngày hiệu lực")
    basis = models.CharField("Căn cứ", max_length=60)

    class Meta:
        verbose_name = "Chuyển đổi đơn vị"
        verbose_name_plural = "Chuyển đổi đơn vị cũ – mới"
        ordering = ["old", "-is_default"]
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="succession_pair_unique"),
            models.UniqueConstraint(fields=["old"], condition=Q(is_default=True), name="succession_one_default"),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class Village(models.Model):
    """Thôn, bản, tổ dân phố: the smallest unit, without a national code."""

    class Kind(models.TextChoices):
        THON = "thon", "Thôn"
        BAN = "ban", "Bản"
        TDP = "tdp", "Tổ dân phố"
        AP = "ap", "Ấp"
        OTHER = "other", "Khác"

    code = models.CharField("Mã thôn", max_length=20, help_text="Mã nội bộ, duy nhất trong xã.")
    name = modelfields.CharField("Tên thôn, bản, tổ dân phố", max_length=100)
    plain_name = models.CharField("Tên không dấu", max_length=100, editable=False)
    kind = models.CharField("Loại", max_length=5, choices=Kind.choices, default=Kind.THON)
    commune = models.ForeignKey(
        AdminUnit, models.PROTECT, related_name="villages", verbose_name="Xã/phường",
        limit_choices_to={"level": "commune", "scheme": "new"},
    )  # fmt: skip
    # History of the village, not of a person's present address (REQ-ADM-04); reports by old unit group by it.
    old_commune = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="old_villages", verbose_name="Xã/phường cũ",
        limit_choices_to={"level": "commune", "scheme": "old"},
    )  # fmt: skip
    position = models.PositiveSmallIntegerField("Thứ tự", default=0)
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Thôn, bản, tổ dân phố"
        verbose_name_plural = "Thôn, bản, tổ dân phố"
        ordering = ["commune", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["commune", "code"],
                name="village_code_unique",
                violation_error_message="Mã thôn đã có trong xã này.",
            ),
            models.UniqueConstraint(
                F("commune"),
                Upper("name"),
                condition=Q(valid_to=None),
                name="village_name_unique",
                violation_error_message="Tên thôn đã có trong xã này.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VillagePlacement(models.Model):
    """Which commune a village belonged to in a period: old commune until 30/06/2025, new one since."""

    village = models.ForeignKey(Village, models.CASCADE, related_name="placements", verbose_name="Thôn")
    commune = models.ForeignKey(AdminUnit, models.PROTECT, related_name="+", verbose_name="Xã/phường")
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)
    document = models.CharField("Văn bản", max_length=200, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Thôn thuộc xã theo thời gian"
        verbose_name_plural = "Thôn thuộc xã theo thời gian"
        ordering = ["village", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["village", "valid_from"], nulls_distinct=False, name="village_placement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.village}: {self.commune}"
