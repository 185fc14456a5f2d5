"""What went out: each package with who, when and what; each visit in it with what it then said, so that a visit that
changed since is sent again (REQ-CLM-05)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from ehr.records.models import Encounter
from stations.models import Organization
from stations.scope import scope_of


class ExportQuerySet(models.QuerySet):
    path = ""

    def visible_to(self, user):
        """Packages of facilities in the user's places, for whoever may send records out."""
        scope = scope_of(user)
        if not (scope.can("record.view") and scope.can("record.export")):
            return self.none()
        places = Q(**{f"{self.path}facility__unit__in": scope.communes | scope.provinces})
        places |= Q(**{f"{self.path}facility__unit__parent__in": scope.provinces})
        places |= Q(**{f"{self.path}facility__in": scope.stations})
        found = self.filter(places)
        return found if scope.can("restricted.view") else found.filter(**{f"{self.path}restricted": False})


class OfExportQuerySet(ExportQuerySet):
    path = "export__"


class ClaimExport(models.Model):
    """One package of visits. The file itself is not kept: it can be made again, and its SHA-256 says whether a file at
    hand is this one."""

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    facility = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="Cơ sở", db_index=False)
    facility_code = models.CharField("Mã CSKCB", max_length=5)
    first = models.DateField("Từ ngày")
    last = models.DateField("Đến hết ngày")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="Người xuất"
    )
    door = models.CharField("Xuất qua", max_length=10)
    created_at = models.DateTimeField("Xuất lúc", auto_now_add=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField("Cỡ (byte)")
    visits = models.PositiveIntegerField("Số lượt khám")
    held = models.PositiveIntegerField("Giữ lại")
    restricted = models.BooleanField("Có hồ sơ hạn chế", default=False)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = "Lần xuất XML"
        verbose_name_plural = "Các lần xuất XML"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["facility", "-created_at"], name="claim_export_facility")]

    def __str__(self) -> str:
        return f"{self.facility_code} {self.first:%d/%m/%Y}–{self.last:%d/%m/%Y}"


class ExportedVisit(models.Model):
    """A visit as it went out. `digests`: {table: digest of its rows}, which says what is different next time."""

    export = models.ForeignKey(
        ClaimExport, models.CASCADE, related_name="exported", verbose_name="Lần xuất", db_index=False
    )
    encounter = models.ForeignKey(
        Encounter, models.SET_NULL, null=True, related_name="+", verbose_name="Lượt khám", db_index=False
    )
    facility_code = models.CharField("Mã CSKCB", max_length=5)
    ma_lk = models.CharField("MA_LK", max_length=100)
    digests = models.JSONField("Dấu vết các bảng", default=dict)

    objects = OfExportQuerySet.as_manager()

    class Meta:
        verbose_name = "Lượt khám đã xuất"
        verbose_name_plural = "Lượt khám đã xuất"
        ordering = ["export", "id"]
        constraints = [models.UniqueConstraint(fields=["export", "ma_lk"], name="exported_visit_once")]
        indexes = [
            models.Index(fields=["facility_code", "ma_lk", "-id"], name="exported_visit_key"),
            models.Index(fields=["encounter"], name="exported_visit_encounter", condition=~Q(encounter=None)),
        ]

    def __str__(self) -> str:
        return self.ma_lk
