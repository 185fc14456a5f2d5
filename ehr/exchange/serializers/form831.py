"""Form-831 XML sent by partners, and what became of it."""

from __future__ import annotations

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.common import ProblemSerializer
from ehr.exchange.serializers.intake import SheetField
from ehr.exchange.serializers.shape import ShapeSerializer


class Form831Upload(ShapeSerializer):
    """Tệp XML mẫu 831 gửi lên cho một xã (multipart/form-data)."""

    file = SheetField(required=True, allow_null=False, help_text="Tệp .xml, hoặc .zip chứa các tệp .xml.")
    commune = fields.CodeField(
        max_length=5, required=True, allow_null=False, label="Xã/phường", help_text="Mã xã/phường, danh mục hai cấp."
    )


class Form831Refused(serializers.Serializer):
    """Vì sao cả tệp không được nhận."""

    code = serializers.CharField()
    message = serializers.CharField()


class Form831File(serializers.Serializer):
    """Một tệp đã gửi."""

    file = serializers.CharField(help_text="Tên tệp.")
    sha256 = serializers.CharField(allow_blank=True)
    people = serializers.IntegerField(help_text="Số hồ sơ trong tệp.")
    refused = Form831Refused(allow_null=True, help_text="null: tệp đã được đọc.")


class Form831Counts(serializers.Serializer):
    """Số hồ sơ theo kết quả."""

    people = serializers.IntegerField()
    new = serializers.IntegerField(help_text="Lập mới.")
    update = serializers.IntegerField(help_text="Cập nhật.")
    unchanged = serializers.IntegerField(help_text="Không đổi.")
    ambiguous = serializers.IntegerField(help_text="Giống hồ sơ khác, cần người xem.")
    refused = serializers.IntegerField(help_text="Từ chối.")


class Form831Person(serializers.Serializer):
    """Kết quả của một hồ sơ trong tệp."""

    file = serializers.CharField()
    position = serializers.IntegerField(help_text="Hồ sơ thứ mấy trong tệp, từ 1.")
    fate = serializers.ChoiceField(choices=["new", "update", "unchanged", "ambiguous", "refused"])
    person = serializers.CharField(allow_blank=True, help_text="Mã hồ sơ đã ghi hoặc đã khớp.")
    candidates = serializers.ListField(child=serializers.CharField(), help_text="Mã các hồ sơ giống người này.")
    doses = serializers.IntegerField(help_text="Số mũi tiêm mới hoặc đổi.")
    visits = serializers.IntegerField(help_text="Số lượt khám mới hoặc đổi.")
    problems = ProblemSerializer(many=True)


class Form831Result(serializers.Serializer):
    """Kết quả nhập XML mẫu 831; cùng nội dung với `manage.py import_831 --json`."""

    files = Form831File(many=True)
    counts = Form831Counts()
    people = Form831Person(many=True)
