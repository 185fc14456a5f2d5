"""The price list of a facility and what it declares for all of its claims. Both are dated: a visit is billed by what
was valid on its day. Prices are public; they are about no person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from ehr.common import modelfields
from stations.models import Organization
from stations.models.units import DatedQuerySet

_PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


def money(label: str, **more: Any) -> Any:
    """Đồng, up to four decimals as the drug list has them."""
    return modelfields.DecimalField(label, max_digits=15, decimal_places=4, validators=[MinValueValidator(0)], **more)


def percent(label: str) -> Any:
    return modelfields.DecimalField(label, max_digits=5, decimal_places=2, default=Decimal(100), validators=_PERCENT)


class PriceItem(models.Model):
    """A drug, service or supply with its price at one facility. Columns as XML2 and XML3 of the claims have them.

    `price`: DON_GIA, DON_GIA_BV; `covered_price`: DON_GIA_BH, None for the same; `each_visit`: charged with every visit
    at which somebody is examined (the exam fee)."""

    class Kind(models.TextChoices):
        DRUG = "drug", "Thuốc"
        SERVICE = "service", "Dịch vụ kỹ thuật"
        SUPPLY = "supply", "Vật tư y tế"

    class Group(models.TextChoices):  # MA_NHOM
        LAB = "1", "Xét nghiệm"
        IMAGING = "2", "Chẩn đoán hình ảnh"
        FUNCTION = "3", "Thăm dò chức năng"
        DRUG = "4", "Thuốc trong danh mục"
        DRUG_CANCER = "5", "Thuốc ung thư, chống thải ghép ngoài danh mục"
        DRUG_SHARED = "6", "Thuốc thanh toán theo tỷ lệ"
        SURGERY = "8", "Phẫu thuật"
        SERVICE_SHARED = "9", "Dịch vụ thanh toán theo tỷ lệ"
        SUPPLY = "10", "Vật tư trong danh mục"
        SUPPLY_SHARED = "11", "Vật tư thanh toán theo tỷ lệ"
        TRANSPORT = "12", "Vận chuyển"
        EXAM = "13", "Khám bệnh"
        DAY_BED = "14", "Ngày giường ban ngày"
        BED = "15", "Ngày giường nội trú"
        STATION_BED = "16", "Ngày giường lưu"
        MINOR = "18", "Thủ thuật"
        OTHER = "19", "Khác"

    class Scope(models.TextChoices):  # PHAM_VI
        INSIDE = "1", "Trong phạm vi quỹ BHYT"
        OUTSIDE = "2", "Ngoài phạm vi quỹ BHYT"
        ARMED = "3", "Ngoài danh mục, trả cho quân đội, công an, cơ yếu"

    class Source(models.TextChoices):  # NGUON_CTRA
        FUND = "1", "Quỹ BHYT, người bệnh"
        PROJECT = "2", "Dự án, viện trợ"
        PROGRAMME = "3", "Chương trình mục tiêu, ngân sách"
        OTHER = "4", "Nguồn khác"

    facility = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="Cơ sở", db_index=False)
    kind = models.CharField("Loại", max_length=7, choices=Kind.choices)
    group = models.CharField("Nhóm chi phí", max_length=2, choices=Group.choices)
    code = models.CharField("Mã thuốc, dịch vụ, vật tư", max_length=255)
    name = modelfields.CharField("Tên theo danh mục", max_length=1024)
    plain_name = models.CharField("Tên không dấu", max_length=1024, editable=False)
    strength = modelfields.CharField("Hàm lượng", max_length=255, blank=True)
    unit = modelfields.CharField("Đơn vị tính", max_length=50)
    dose_form = modelfields.CharField("Dạng bào chế", max_length=255, blank=True)
    route_code = models.CharField("Mã đường dùng", max_length=4, blank=True)
    registration_number = models.CharField("Số đăng ký", max_length=255, blank=True)
    bid = models.CharField("Thông tin thầu", max_length=50, blank=True)
    price = money("Đơn giá")
    covered_price = money("Đơn giá BHYT", null=True, blank=True)
    service_rate = percent("Tỷ lệ dịch vụ (%)")
    covered_rate = percent("Tỷ lệ quỹ trả (%)")
    scope = models.CharField("Phạm vi", max_length=1, choices=Scope.choices, default=Scope.INSIDE)
    source = models.CharField("Nguồn chi trả", max_length=1, choices=Source.choices, default=Source.FUND)
    device_code = models.CharField("Mã máy", max_length=255, blank=True)
    each_visit = models.BooleanField("Tính vào mỗi lượt khám", default=False)
    valid_from = modelfields.DateField("Áp dụng từ ngày")
    valid_to = modelfields.DateField("Đến trước ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Giá thuốc, dịch vụ"
        verbose_name_plural = "Bảng giá thuốc, dịch vụ của cơ sở"
        ordering = ["facility", "kind", "plain_name", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "code", "registration_number", "bid", "strength", "valid_from"],
                name="price_item_once",
                violation_error_code="price.taken",
                violation_error_message="Bảng giá của cơ sở đã có dòng này từ ngày đó.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="price_item_period",
                violation_error_code="valid_to.order",
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.strength}".strip()


class BillingTerms(models.Model):
    """What a facility declares for all of its claims, for a time."""

    class Benefit(models.TextChoices):
        WHOLE = "100", "100% (khám chữa bệnh tại trạm y tế cấp xã)"
        CARD = "card", "Theo mức hưởng ghi ở ký tự thứ ba của thẻ"

    class Payment(models.TextChoices):  # MA_PTTT
        SERVICE = "1", "Phí dịch vụ"
        HEADS = "2", "Định suất"
        CASE = "3", "Trường hợp bệnh"

    facility = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="Cơ sở", db_index=False)
    head_code = models.CharField("Mã người đứng đầu (MA_TTDV)", max_length=255)
    department_code = models.CharField("Mã khoa", max_length=50, default="K01")
    care_class = models.CharField("Loại hình khám chữa bệnh", max_length=2, default="01")
    payment_code = models.CharField("Đối tượng đến khám có thẻ", max_length=4, default="1.2")
    payment = models.CharField("Phương thức thanh toán", max_length=1, choices=Payment.choices, default=Payment.SERVICE)
    benefit = models.CharField("Mức hưởng", max_length=4, choices=Benefit.choices, default=Benefit.WHOLE)
    # The official list of occupations (five digits) is not published with the form; records often hold shorter codes.
    occupation_code = models.CharField("Mã nghề nghiệp khi hồ sơ không có mã 5 chữ số", max_length=5, blank=True)
    valid_from = modelfields.DateField("Áp dụng từ ngày")
    valid_to = modelfields.DateField("Đến trước ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Thông tin thanh toán BHYT của cơ sở"
        verbose_name_plural = "Thông tin thanh toán BHYT của cơ sở"
        ordering = ["facility", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "valid_from"],
                name="billing_terms_once",
                violation_error_code="terms.taken",
                violation_error_message="Cơ sở đã có thông tin thanh toán từ ngày đó.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="billing_terms_period",
                violation_error_code="valid_to.order",
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facility}, từ {self.valid_from:%d/%m/%Y}"
