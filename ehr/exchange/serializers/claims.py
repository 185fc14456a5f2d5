"""Claim files sent by partners: the state of a file, the answer for each HOSO."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ehr.claims.models import Claim, ClaimEntry, ClaimFile
from ehr.exchange import fields
from ehr.exchange.serializers.common import PageQuery
from ehr.exchange.serializers.shape import ShapeSerializer


class ClaimUpload(serializers.Serializer):
    """Tệp XML hoặc .zip gửi bằng biểu mẫu (multipart/form-data)."""

    file = serializers.FileField(help_text="Tệp .xml hoặc .zip.")


class ClaimCounts(serializers.Serializer):
    """Số hồ sơ theo kết quả."""

    encounters = serializers.IntegerField(help_text="Số hồ sơ (HOSO) của tệp.")
    stored = serializers.IntegerField(help_text="Nhận mới.")
    versions = serializers.IntegerField(help_text="Thành bản mới của hồ sơ đã có.")
    unchanged = serializers.IntegerField(help_text="Không đổi.")
    rejected = serializers.IntegerField(help_text="Từ chối.")
    unmatched = serializers.IntegerField(help_text="Chưa gắn được với người nào trong sổ.")


class ClaimProblem(serializers.Serializer):
    """Một điều sai so với quy tắc."""

    table = serializers.CharField(allow_blank=True, help_text="XML0 … XML15; rỗng: cả tệp hoặc cả hồ sơ.")
    line = serializers.IntegerField(help_text="Dòng trong bảng, từ 1; 0: không thuộc dòng nào.")
    column = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True, help_text="Giá trị trên tệp.")
    rule = serializers.CharField(allow_blank=True, help_text="Mã quy tắc, ví dụ CLM-T1-05.")
    level = serializers.ChoiceField(choices=["reject", "error", "warning"])
    message = serializers.CharField()


class ClaimFileRead(serializers.Serializer):
    """Một tệp hồ sơ BHYT."""

    file = serializers.UUIDField(help_text="Khóa của tệp.")
    name = serializers.CharField()
    sha256 = serializers.CharField()
    standard = serializers.CharField(allow_blank=True, help_text="4210, 130-4750 hoặc 3176; rỗng khi chưa đọc.")
    facility = serializers.CharField(allow_blank=True, help_text="Mã CSKCB trên tệp.")
    state = serializers.ChoiceField(choices=ClaimFile.State.choices)
    done = serializers.IntegerField(help_text="Số hồ sơ đã xử lý.")
    message = serializers.CharField(allow_blank=True, help_text="Vì sao không nhận hoặc để riêng.")
    counts = ClaimCounts()
    problems = ClaimProblem(many=True, help_text="Về cả tệp.")


class ClaimFiles(serializers.Serializer):
    """Các tệp đã nhận: một tệp XML, hoặc mọi tệp của một .zip."""

    files = ClaimFileRead(many=True)


class ClaimEntryRead(serializers.Serializer):
    """Kết quả của một hồ sơ (HOSO)."""

    index = serializers.IntegerField(help_text="Hồ sơ thứ mấy trong tệp, từ 1.")
    ma_lk = serializers.CharField(allow_blank=True)
    outcome = serializers.ChoiceField(choices=ClaimEntry.Outcome.choices)
    match = serializers.ChoiceField(choices=Claim.Match.choices, allow_blank=True, help_text="Gắn với người.")
    person = serializers.CharField(
        allow_null=True, help_text="Mã hồ sơ của người; null khi chưa gắn hoặc ngoài phạm vi."
    )
    problems = ClaimProblem(many=True)


class EntriesQuery(PageQuery):
    outcome = fields.ChoiceField(choices=ClaimEntry.Outcome.choices, help_text="Chỉ những hồ sơ có kết quả này.")


class FilesQuery(PageQuery):
    state = fields.ChoiceField(choices=ClaimFile.State.choices, help_text="Chỉ những tệp ở trạng thái này.")


NAMES = ("table", "line", "column", "value", "rule", "level", "message")


def problem(found: dict[str, Any]) -> dict[str, Any]:
    """A kept finding with all its names."""
    return {name: found.get(name) or ("" if name != "line" else 0) for name in NAMES}


__all__ = [
    "ClaimEntryRead",
    "ClaimFileRead",
    "ClaimFiles",
    "ClaimUpload",
    "EntriesQuery",
    "FilesQuery",
    "ShapeSerializer",
    "problem",
]
