"""Households and their members as JSON."""

from __future__ import annotations

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.common import PageQuery, Stored, VersionField
from ehr.exchange.serializers.shape import ShapeSerializer, column_field, shape, texts_of
from ehr.records.models import Household

#: JSON name → column of Household: the field codes of form 831 where it has one.
NAMES = {
    "household_code": "code",
    "commune": "commune",
    "village": "village",
    "address_detail": "address_detail",
    "household_toilet_type": "toilet_type",
    "phone": "phone",
    "closed_on": "closed_on",
    "note": "note",
}


def _fields() -> dict[str, fields.ShapeField]:
    made: dict[str, fields.ShapeField] = {}
    for name, column_name in NAMES.items():
        column = Household._meta.get_field(column_name)
        texts = texts_of(None, column)
        if name == "commune":
            made[name] = fields.UnitField(**texts)
        elif name == "village":
            made[name] = fields.VillageField(**texts | {"help_text": "Mã thôn, duy nhất trong xã: gửi kèm commune."})
        else:
            made[name] = column_field(column, **texts)
    return made


class Member(ShapeSerializer):
    """Một thành viên hiện tại của hộ."""

    person = fields.TextField(read_only=True, label="Mã hồ sơ")
    full_name = fields.TextField(read_only=True, label="Họ và tên")
    sex = fields.TextField(read_only=True, label="Giới tính")
    birth_date = fields.PartialDateField(read_only=True, label="Ngày sinh")
    relation_to_head = fields.CodeField(read_only=True, label="Quan hệ với chủ hộ")
    is_head = fields.YesNoField(read_only=True, label="Chủ hộ")
    valid_from = fields.DayField(read_only=True, label="Từ ngày")
    status = fields.TextField(read_only=True, label="Trạng thái hồ sơ")


class HouseholdMeta(Stored):
    """Facts about the household itself."""

    id = fields.WholeField(read_only=True, label="Số của hộ")


HouseholdSummary = shape(
    "HouseholdSummary", _fields(), "Một hộ trong danh sách, không có thành viên.", base=HouseholdMeta
)
HouseholdRead = shape(
    "Household",
    {**_fields(), "members": Member(many=True, read_only=True)},
    "Một hộ với các thành viên hiện tại.",
    base=HouseholdMeta,
)
HouseholdCreate = shape("HouseholdCreate", _fields(), "Hộ mới.")
HouseholdPatch = shape(
    "HouseholdPatch",
    {"version": VersionField(), **_fields()},
    "Các trường cần sửa, kèm version đã đọc. Trường không gửi giữ nguyên; null xóa giá trị.",
)


class MemberAdd(ShapeSerializer):
    """Đưa một người vào hộ: người đó rời hộ cũ, nơi ở hiện tại theo hộ mới."""

    person = fields.TextField(
        max_length=14, required=True, allow_null=False, label="Mã hồ sơ",
        error_messages={"required": "Phải gửi mã hồ sơ.", "null": "Phải gửi mã hồ sơ."},
    )  # fmt: skip
    relation_to_head = fields.CodeField(label="Quan hệ với chủ hộ", help_text="Danh mục relation-831; 01: chủ hộ.")


class Members(serializers.Serializer):
    """Các thành viên hiện tại của hộ."""

    members = Member(many=True)


class HouseholdsQuery(PageQuery):
    """Filters of the list of households."""

    commune = fields.CodeField(max_length=5, help_text="Mã xã/phường (danh mục hai cấp).")
    village = fields.CodeField(max_length=20, help_text="Mã thôn; gửi kèm commune.")
    household_code = fields.TextField(max_length=30, help_text="Mã hộ gia đình.")
    updated_since = serializers.DateTimeField(required=False, help_text="Cập nhật từ thời điểm này, ISO 8601.")
