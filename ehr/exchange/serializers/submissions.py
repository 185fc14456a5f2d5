"""Reports that units send: what is sent, the state of a version, its steps."""

from __future__ import annotations

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.common import PageQuery
from ehr.exchange.serializers.shape import ShapeSerializer
from stations.models import AdminUnit

STATES = [
    ("checked", "Đã kiểm tra, chờ ký"), ("signed", "Đã ký, đã gửi"), ("received", "Cấp trên đã nhận"),
    ("returned", "Cấp trên trả lại"), ("dropped", "Đã bỏ, lập lại"),
]  # fmt: skip
_PERIOD = "2026-06, 2026-Q3, 2026-H1 hoặc 2026, theo loại kỳ của báo cáo."
_SCHEME = {"choices": AdminUnit.Scheme.choices, "help_text": "Khi mã có trong cả hai danh mục; mặc định new."}


class SubmissionsQuery(PageQuery):
    """Which submissions are wanted."""

    state = fields.ChoiceField(choices=STATES, help_text="Chỉ những báo cáo ở trạng thái này.")
    report = fields.TextField(max_length=40, help_text="Tên báo cáo, xem danh sách báo cáo.")
    period = fields.TextField(max_length=10, help_text=_PERIOD)
    unit = fields.CodeField(max_length=5, help_text="Mã đơn vị nộp.")
    scheme = fields.ChoiceField(**_SCHEME)


class SubmissionCheck(ShapeSerializer):
    """Kiểm tra và chốt số liệu của lúc này để trình ký."""

    report = fields.TextField(max_length=40, required=True, allow_null=False, label="Báo cáo")
    unit = fields.CodeField(max_length=5, required=True, allow_null=False, label="Đơn vị", help_text="Mã đơn vị nộp.")
    scheme = fields.ChoiceField(**_SCHEME)
    period = fields.TextField(max_length=10, required=True, allow_null=False, label="Kỳ", help_text=_PERIOD)
    reason = fields.TextField(max_length=300, label="Lý do gửi lại", help_text="Bắt buộc khi đã gửi lần trước.")


class SubmissionStep(ShapeSerializer):
    """Thân rỗng: {}."""


class SubmissionReturn(ShapeSerializer):
    """Trả lại để làm lại."""

    reason = fields.TextField(max_length=300, label="Lý do trả lại", help_text="Bắt buộc.")


class SubmissionRead(serializers.Serializer):
    """Một lần nộp báo cáo."""

    submission = serializers.UUIDField(help_text="Khóa của lần nộp.")
    report = serializers.CharField()
    unit = serializers.CharField(help_text="Mã đơn vị nộp.")
    scheme = serializers.CharField()
    unit_name = serializers.CharField()
    period = serializers.CharField()
    grouping = serializers.CharField(help_text="Mỗi dòng là gì.")
    version = serializers.IntegerField(help_text="Lần nộp, từ 1.")
    state = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField(allow_blank=True, help_text="Lý do gửi lại.")
    due_on = serializers.DateField(allow_null=True, help_text="Hạn nộp.")
    late_days = serializers.IntegerField(help_text="Ký trễ bao nhiêu ngày; 0: đúng hạn hoặc chưa ký.")
    checked_by = serializers.CharField(allow_blank=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    signed_by = serializers.CharField(allow_blank=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    received_by = serializers.CharField(allow_blank=True)
    received_at = serializers.DateTimeField(allow_null=True)
    returned_by = serializers.CharField(allow_blank=True)
    returned_at = serializers.DateTimeField(allow_null=True)
    return_reason = serializers.CharField(allow_blank=True)


class Difference(serializers.Serializer):
    """Một ô khác với lần nộp trước."""

    row = serializers.CharField()
    column = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class SubmissionOne(SubmissionRead):
    """Một lần nộp, với những ô khác lần trước."""

    differences = Difference(many=True)
    problems = serializers.ListField(child=serializers.DictField(), help_text="Cảnh báo của lần ghi.", required=False)
