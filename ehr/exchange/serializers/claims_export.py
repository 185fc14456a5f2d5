"""A facility's own visits as claim XML: what is asked, what would happen."""

from __future__ import annotations

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.shape import ShapeSerializer


class ClaimsExportQuery(ShapeSerializer):
    """Cơ sở và kỳ."""

    facility = fields.CodeField(max_length=5, required=True, allow_null=False, help_text="Mã CSKCB (5 ký tự).")
    first = fields.DayField(required=True, allow_null=False, help_text="Từ ngày ra (yyyy-mm-dd).")
    last = fields.DayField(required=True, allow_null=False, help_text="Đến hết ngày ra (yyyy-mm-dd).")
    changed = fields.TextField(max_length=4, help_text="true: chỉ lượt chưa xuất hoặc đã đổi sau lần xuất trước.")
    kind = fields.TextField(max_length=3, help_text="xml (mặc định) hoặc zip: mỗi lượt khám một tệp.")


class ClaimsExportChanged(serializers.Serializer):
    """Một lượt khám cần xuất lại."""

    ma_lk = serializers.CharField()
    reason = serializers.CharField(help_text="Bảng nào khác lần xuất trước.")


class ClaimsExportProblem(serializers.Serializer):
    """Vì sao một lượt khám bị giữ lại."""

    ma_lk = serializers.CharField()
    table = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(help_text="Dòng trong bảng, từ 1; 0: không về dòng nào.")
    column = serializers.CharField(allow_blank=True)
    rule = serializers.CharField()
    level = serializers.ChoiceField(choices=["reject", "error", "warning"])
    message = serializers.CharField()


class ClaimsExportPreview(serializers.Serializer):
    """Điều một lần xuất sẽ làm; cùng nội dung với `manage.py export_claims --json`."""

    visits = serializers.IntegerField(help_text="Lượt khám trong kỳ.")
    exported = serializers.IntegerField(help_text="Sẽ xuất.")
    new = serializers.IntegerField(help_text="Chưa xuất lần nào.")
    unchanged = serializers.IntegerField(help_text="Đã xuất, không đổi.")
    changed = ClaimsExportChanged(many=True)
    held = serializers.IntegerField(help_text="Giữ lại.")
    restricted_left_out = serializers.IntegerField(help_text="Hồ sơ hạn chế không xuất.")
    cancelled = serializers.ListField(child=serializers.CharField(), help_text="MA_LK đã hủy sau khi xuất.")
    standards = serializers.DictField(child=serializers.IntegerField())
    sha256 = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()
    problems = ClaimsExportProblem(many=True)
