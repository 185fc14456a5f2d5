"""Organisations of the health service: their own dated tree, apart from administrative units (REQ-ADM-07)."""

from django.db import models
from django.db.models import Q

from ehr.common import modelfields
from stations.models.units import AdminUnit, DatedQuerySet, Village


class Organization(models.Model):
    """Ministry, department, centre, hospital, station or site. FHIR: Organization, Location."""

    class Kind(models.TextChoices):
        MINISTRY = "ministry", "Bộ Y tế"
        DEPARTMENT = "department", "Sở Y tế"
        CDC = "cdc", "Trung tâm Kiểm soát bệnh tật"
        CENTRE = "centre", "Trung tâm y tế"
        HOSPITAL = "hospital", "Bệnh viện"
        POLYCLINIC = "polyclinic", "Phòng khám"
        STATION = "station", "Trạm y tế"
        SITE = "site", "Điểm trạm"

    name = modelfields.CharField("Tên cơ sở", max_length=150)
    plain_name = models.CharField("Tên không dấu", max_length=150, editable=False)
    kind = models.CharField("Loại", max_length=10, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="Đơn vị quản lý"
    )
    unit = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="organizations", verbose_name="Địa bàn"
    )
    address = modelfields.CharField("Địa chỉ", max_length=200, blank=True)
    valid_from = modelfields.DateField("Hoạt động từ", null=True, blank=True)
    valid_to = modelfields.DateField("Hoạt động đến", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Cơ sở y tế"
        verbose_name_plural = "Cơ sở y tế"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FacilityCode(models.Model):
    """A facility has two codes, both dated: 5 characters for claims, 13 digits (GLN) for health checks (REQ-IDN-13)."""

    class Kind(models.TextChoices):
        CLAIMS = "claims", "Mã CSKCB (5 ký tự)"
        GLN = "gln", "Mã GLN (13 chữ số)"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="codes", verbose_name="Cơ sở")
    kind = models.CharField("Loại mã", max_length=6, choices=Kind.choices)
    code = models.CharField("Mã", max_length=13)
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)
    source = models.CharField("Nguồn", max_length=120, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Mã cơ sở"
        verbose_name_plural = "Mã cơ sở"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                condition=Q(valid_to=None),
                name="facility_code_unique",
                violation_error_message="Mã này đang dùng cho cơ sở khác.",
            ),
            models.CheckConstraint(
                condition=Q(kind="claims", code__regex=r"^[0-9A-Z]{5}$") | Q(kind="gln", code__regex=r"^[0-9]{13}$"),
                name="facility_code_format",
                violation_error_message="Mã CSKCB gồm 5 ký tự; mã GLN gồm 13 chữ số.",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ServiceArea(models.Model):
    """A station or site serves a village for a time."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="service_areas", verbose_name="Trạm")
    village = models.ForeignKey(Village, models.CASCADE, related_name="service_areas", verbose_name="Thôn")
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Địa bàn phụ trách"
        verbose_name_plural = "Địa bàn phụ trách"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "village"],
                condition=Q(valid_to=None),
                name="service_area_once",
                violation_error_message="Thôn này đã thuộc địa bàn của trạm.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.village}"
