"""Parts that several answers share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.shape import ShapeSerializer


class ProblemSerializer(serializers.Serializer):
    """Một lỗi hoặc cảnh báo. `code` ổn định giữa các phiên bản; `message` có thể được viết lại."""

    field = serializers.CharField(allow_blank=True, help_text="Tên trường trong JSON đã gửi; rỗng: cả yêu cầu.")
    code = serializers.CharField(help_text="Mã lỗi, giống mã trên biểu mẫu nhập liệu.")
    message = serializers.CharField()
    level = serializers.ChoiceField(choices=["error", "warning", "info"])


class ProblemsSerializer(serializers.Serializer):
    """Thân của mọi câu trả lời lỗi."""

    problems = ProblemSerializer(many=True)


class VersionField(fields.WholeField):
    """The version that the partner has read; a write on an older one is refused with 409."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("help_text", "Phiên bản đã đọc; nếu đã cũ, trả lời 409 với mã stale.")
        super().__init__(
            **{"required": True, "allow_null": False, "min_value": 0, "max_value": 2_147_483_647, "label": "Phiên bản"}
            | kwargs
        )

    default_error_messages = {"required": "Phải gửi version đã đọc.", "null": "Phải gửi version đã đọc."}


class Stored(ShapeSerializer):
    """What every stored thing shows: version, times, warnings of the last write."""

    version = fields.WholeField(read_only=True, label="Phiên bản", help_text="Gửi lại số này khi sửa.")
    updated_at = serializers.DateTimeField(read_only=True, label="Cập nhật lúc")
    problems = ProblemSerializer(many=True, read_only=True, help_text="Cảnh báo của lần ghi; rỗng khi chỉ đọc.")

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        return super().to_representation({"problems": [], **instance})


class PageQuery(ShapeSerializer):
    """Query parameters of every list."""

    cursor = fields.TextField(max_length=500, help_text="Con trỏ trang, lấy từ next hoặc previous của trang trước.")
    page_size = fields.TextField(max_length=9, help_text="Số bản ghi mỗi trang, 1–200; mặc định 50.")


class Reason(ShapeSerializer):
    """Lý do hủy một lượt khám nhập nhầm."""

    reason = fields.TextField(max_length=200, label="Lý do hủy", help_text="Bắt buộc; lượt khám vẫn còn trong hồ sơ.")
    version = VersionField()


@cache
def page_of(row: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Describes a page of rows."""
    link = "Địa chỉ trang {}; null khi hết."
    return type(
        f"{row.__name__}Page",
        (serializers.Serializer,),
        {
            "next": serializers.URLField(allow_null=True, help_text=link.format("sau")),
            "previous": serializers.URLField(allow_null=True, help_text=link.format("trước")),
            "results": row(many=True),
            "__doc__": "Một trang kết quả.",
        },
    )


@cache
def results_of(row: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Describes a list that has no further pages."""
    return type(
        f"{row.__name__}Results", (serializers.Serializer,), {"results": row(many=True), "__doc__": "Kết quả tìm."}
    )
