"""People who use the system: User, and Assignment = role + place + dates."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from ehr.common import modelfields
from stations.models.organizations import Organization
from stations.models.units import AdminUnit, DatedQuerySet


class Role(models.TextChoices):
    """What a user may do; the rights stand in `stations.roles`."""

    CLERK = "clerk", "Tổ nhập liệu"
    HEAD = "head", "Trưởng trạm"
    CENTRE = "centre", "Trung tâm y tế"
    DEPARTMENT = "department", "Sở Y tế"
    PROGRAMME = "programme", "Cán bộ chương trình (HIV, lao, tâm thần)"
    ADMIN = "admin", "Quản trị hệ thống"
    PARTNER = "partner", "Hệ thống đối tác"


class User(AbstractUser):
    """A login. Accounts of people are personal; a partner system has its own, without a usable password."""

    first_name = None
    last_name = None
    full_name = modelfields.CharField("Họ và tên", max_length=100)
    phone = models.CharField("Điện thoại", max_length=15, blank=True)
    must_change_password = models.BooleanField("Phải đổi mật khẩu lần đăng nhập tới", default=True)

    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = "Người dùng"
        verbose_name_plural = "Người dùng"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name


class Assignment(models.Model):
    """Binds a user to a role at a place for a time. The place is an administrative unit (new or old) or an
    organisation; a system administrator has none."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments", verbose_name="Người dùng")
    role = models.CharField("Vai trò", max_length=10, choices=Role.choices)
    unit = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="assignments", verbose_name="Đơn vị hành chính"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="assignments", verbose_name="Cơ sở y tế"
    )
    valid_from = modelfields.DateField("Từ ngày")
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True, help_text="Ngày đầu tiên không còn quyền.")

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Phân công"
        verbose_name_plural = "Phân công"
        ordering = ["user", "-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role="admin", unit=None, organization=None)
                | (
                    ~Q(role="admin")
                    & (Q(unit__isnull=False, organization=None) | Q(unit=None, organization__isnull=False))
                ),
                name="assignment_one_place",
                violation_error_message="Chọn một đơn vị hành chính hoặc một cơ sở; "
                "quản trị hệ thống không gắn địa bàn.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="assignment_period",
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} – {self.unit or self.organization or 'toàn hệ thống'}"
