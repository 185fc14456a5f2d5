"""Households and their members, with history. REQ-IDN-11."""

from django.db import models
from django.db.models import Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.records.models.base import OfPerson, ScopedQuerySet, Stamped, Versioned, code_field
from stations.models import AdminUnit, Village
from stations.scope import scope_of


class HouseholdQuerySet(ScopedQuerySet):
    def visible_to(self, user):
        """Households at the user's places. A station without villages of its own sees those of its people."""
        scope = scope_of(user)
        if not scope.can("record.view"):
            return self.none()
        condition = Q(pk__in=[])
        if scope.provinces:
            condition |= Q(province__in=scope.provinces)
        if scope.communes:
            condition |= Q(commune__in=scope.communes)
        if scope.villages:
            condition |= Q(village__in=scope.villages)
        return self.filter(condition)


class Toilet(models.TextChoices):
    FLUSH = "flush", "Xả nước"
    DOUBLE_VAULT = "double_vault", "Hai ngăn"
    BUCKET = "bucket", "Hố xí thùng"
    NONE = "none", "Không có hố xí"
    UNKNOWN = "unknown", "Không biết"


@tracked()
class Household(Versioned):
    """People living together at one place. `code` is what police or insurance call it: opaque text."""

    code = modelfields.CharField("Mã hộ gia đình", max_length=30, blank=True)
    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="households", verbose_name="Thôn"
    )
    commune = models.ForeignKey(
        AdminUnit, models.PROTECT, related_name="households", verbose_name="Xã/phường",
        limit_choices_to={"level": "commune", "scheme": "new"},
    )  # fmt: skip
    province = models.ForeignKey(
        AdminUnit, models.PROTECT, related_name="+", db_index=False, editable=False, verbose_name="Tỉnh/TP"
    )
    address_detail = modelfields.CharField("Địa chỉ hộ (số nhà, đường phố)", max_length=200, blank=True)
    toilet_type = models.CharField("Loại hố xí của gia đình", max_length=12, choices=Toilet.choices, blank=True)
    phone = models.CharField("Điện thoại của hộ", max_length=15, blank=True)
    closed_on = modelfields.DateField("Ngày giải thể hộ", null=True, blank=True)
    note = modelfields.TextField("Ghi chú", blank=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = "Hộ gia đình"
        verbose_name_plural = "Hộ gia đình"
        ordering = ["village", "code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["commune", "village", "code"],
                condition=~Q(code="") & Q(closed_on=None),
                nulls_distinct=False,
                name="household_code_unique",
                violation_error_code="household_code.taken",
                violation_error_message="Mã hộ đã có trong thôn này.",
            )
        ]
        indexes = [models.Index(fields=["code"], name="household_code")]

    def __str__(self) -> str:
        return f"Hộ {self.code or self.pk}"


@tracked(by="person")
class Membership(OfPerson, Stamped):
    """A person in a household for a time, with the relation to its head."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="memberships", verbose_name="Hộ gia đình")
    relation = code_field("Quan hệ với chủ hộ", "relation-831")
    is_head = models.BooleanField("Chủ hộ", default=False)
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)

    class Meta:
        verbose_name = "Thành viên hộ"
        verbose_name_plural = "Thành viên hộ"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(valid_to=None),
                name="membership_one_current",
                violation_error_code="household_code.two_households",
                violation_error_message="Người này đang thuộc một hộ khác.",
            ),
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(valid_to=None, is_head=True),
                name="membership_one_head",
                violation_error_code="relation_to_head.two_heads",
                violation_error_message="Hộ này đã có chủ hộ.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household}: {self.relation or '?'}"
