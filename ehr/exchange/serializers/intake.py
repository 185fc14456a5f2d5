"""Sheets sent by partners: what is sent, the state of a batch, its rows."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.parsers import SentFile
from ehr.exchange.serializers.common import PageQuery
from ehr.exchange.serializers.shape import ShapeSerializer
from ehr.intake.models import Fate, ImportBatch, ImportRow, Kind

MOST_ROWS = 9_999_999


class SheetField(fields.ShapeField, serializers.FileField):
    """The file of a multipart form."""

    default_error_messages = {"required": "Chưa gửi tệp.", "null": "Chưa gửi tệp.", "invalid": "Phải là một tệp."}

    def to_internal_value(self, data: Any) -> SentFile:
        if not isinstance(data, SentFile):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> str:
        return str(value)


class NumberOfForm(fields.WholeField):
    """A whole number in a form, where everything is text."""

    def to_internal_value(self, data: Any) -> int:
        return super().to_internal_value(
            int(data) if isinstance(data, str) and data.isascii() and data.isdigit() else data
        )


class SheetUpload(ShapeSerializer):
    """Một bảng tính gửi lên cho một xã (multipart/form-data)."""

    file = SheetField(required=True, allow_null=False, help_text="Tệp .xlsx, .xls, .ods hoặc .csv.")
    commune = fields.CodeField(
        max_length=5, required=True, allow_null=False, label="Xã/phường", help_text="Mã xã/phường, danh mục hai cấp."
    )
    kind = fields.ChoiceField(choices=Kind.choices, label="Loại", help_text="survey (mặc định), register, …")
    header_row = NumberOfForm(
        min_value=1, max_value=MOST_ROWS, label="Dòng tiêu đề",
        help_text="Dòng có tên các cột, như Excel hiện, của mọi trang tính; bỏ trống để máy tự tìm.",
    )  # fmt: skip


class Counts(serializers.Serializer):
    """Số dòng theo kết quả."""

    rows = serializers.IntegerField(help_text="Số dòng có người.")
    new = serializers.IntegerField(help_text="Thêm mới.")
    updated = serializers.IntegerField(help_text="Cập nhật.")
    unchanged = serializers.IntegerField(help_text="Không đổi.")
    possible_duplicate = serializers.IntegerField(help_text="Nghi trùng, chờ quyết định.")
    refused = serializers.IntegerField(help_text="Từ chối.")


class CellProblem(serializers.Serializer):
    """Một vấn đề của một ô."""

    sheet = serializers.CharField(allow_blank=True, help_text="Trang tính.")
    row = serializers.IntegerField(allow_null=True, help_text="Số dòng như Excel hiện; null: cả tệp.")
    column = serializers.CharField(allow_blank=True, help_text="Cột, ví dụ F; rỗng: cả dòng.")
    value = serializers.CharField(allow_blank=True, help_text="Nội dung ô.")
    code = serializers.CharField()
    level = serializers.ChoiceField(choices=["error", "warning", "info"])
    message = serializers.CharField()


class BatchResult(serializers.Serializer):
    """Kết quả của một lần nhập: giống `manage.py import_sheet --json`."""

    batch = serializers.UUIDField()
    counts = Counts()
    problems = CellProblem(many=True)


class BatchRead(serializers.Serializer):
    """Trạng thái của một lần nhập tệp."""

    batch = serializers.UUIDField(help_text="Khóa của lần nhập, dùng trong địa chỉ.")
    kind = serializers.ChoiceField(choices=Kind.choices)
    commune = serializers.CharField(help_text="Mã xã/phường.")
    file_name = serializers.CharField()
    state = serializers.ChoiceField(
        choices=ImportBatch.State.choices,
        help_text="Hỏi lại khi là reading, queued, writing, undoing; preview: chờ xác nhận; done: đã ghi.",
    )
    message = serializers.CharField(allow_blank=True, help_text="Lý do khi refused (cả tệp bị từ chối).")
    message_code = serializers.CharField(allow_blank=True)
    done = serializers.IntegerField(help_text="Số dòng đã xử lý trong bước hiện tại.")
    total = serializers.IntegerField(help_text="Tổng số dòng của bước hiện tại.")
    counts = Counts()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    problems = serializers.ListField(child=serializers.DictField(), help_text="Luôn rỗng; vấn đề của ô ở result.")


class Candidate(serializers.Serializer):
    """Một hồ sơ có thể trùng."""

    person = serializers.CharField(allow_null=True, help_text="Mã hồ sơ; null: ngoài phạm vi của khóa.")
    why = serializers.CharField()


class RowRead(serializers.Serializer):
    """Một dòng của tệp và kết quả của nó."""

    position = serializers.IntegerField(help_text="Thứ tự trong lần nhập, dùng trong địa chỉ quyết định.")
    sheet = serializers.CharField()
    row = serializers.IntegerField(help_text="Số dòng như Excel hiện.")
    fate = serializers.ChoiceField(choices=Fate.choices)
    state = serializers.ChoiceField(choices=ImportRow.State.choices)
    decision = serializers.ChoiceField(choices=ImportRow.Decision.choices, allow_blank=True)
    person = serializers.CharField(allow_null=True, help_text="Mã hồ sơ khớp hoặc được lập; null: chưa có.")
    values = serializers.DictField(help_text="Giá trị đọc được, theo mã trường của mẫu 831.")
    cleaned = serializers.ListField(child=serializers.DictField(), help_text="Ô đã làm sạch: column, was, became, why.")
    changes = serializers.DictField(help_text="Trường thay đổi: {mã: [trước, sau]}.")
    problems = serializers.ListField(child=serializers.DictField())
    candidates = Candidate(many=True)


class BatchesQuery(PageQuery):
    """Filters of the list of batches."""

    commune = fields.CodeField(max_length=5, help_text="Mã xã/phường (danh mục hai cấp).")
    state = fields.ChoiceField(choices=ImportBatch.State.choices, help_text="Trạng thái.")


class RowsQuery(PageQuery):
    """Filters of the rows of a batch."""

    fate = fields.ChoiceField(choices=Fate.choices, help_text="Chỉ các dòng có kết quả này.")


class DecisionWrite(ShapeSerializer):
    """Quyết định về một dòng nghi trùng."""

    decision = fields.ChoiceField(
        choices=ImportRow.Decision.choices,
        help_text="same: là người đã có; new: là người khác; skip: bỏ qua dòng; null: rút lại.",
    )
    person = fields.CodeField(max_length=13, help_text="Mã hồ sơ khi same và có nhiều hồ sơ; bỏ trống nếu chỉ có một.")


class UndoWrite(ShapeSerializer):
    """Hoàn tác một lần nhập."""

    rest = fields.YesNoField(help_text="true: hoàn tác phần còn lại khi có hồ sơ đã được sửa sau đó.")


class ColumnRead(serializers.Serializer):
    """Một cột của trang tính."""

    letter = serializers.CharField(help_text="Cột, ví dụ F.")
    header = serializers.CharField(allow_blank=True, help_text="Tiêu đề trên tệp.")
    field = serializers.CharField(allow_blank=True, help_text="Mã trường được ghép; rỗng: bỏ qua cột.")
    sure = serializers.BooleanField(help_text="false: máy chưa chắc, nên xem lại.")
    samples = serializers.ListField(child=serializers.CharField(), help_text="Vài giá trị của cột.")
    why = serializers.CharField(allow_blank=True, help_text="Vì sao bỏ qua hoặc chưa chắc.")


class SheetLayout(serializers.Serializer):
    """Cách đọc một trang tính."""

    sheet = serializers.CharField()
    header_row = serializers.IntegerField(help_text="Dòng tiêu đề, như Excel hiện.")
    header_rows = serializers.IntegerField(help_text="Số dòng của tiêu đề.")
    columns = ColumnRead(many=True)


class FieldChoice(serializers.Serializer):
    """Một trường mà cột có thể ghép vào."""

    field = serializers.CharField()
    label = serializers.CharField()


class SheetTop(serializers.Serializer):
    """Những dòng đầu của một trang tính, để tìm dòng tiêu đề."""

    sheet = serializers.CharField()
    first_row = serializers.IntegerField(help_text="Số của dòng đầu tiên trong rows, như Excel hiện.")
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))


class LayoutRead(serializers.Serializer):
    """Cách đọc tệp của một lần nhập."""

    sheets = SheetLayout(many=True)
    choices = FieldChoice(many=True, help_text="Các trường mà cột có thể ghép vào, theo loại của lần nhập.")
    tops = SheetTop(many=True, help_text="Những dòng đầu của mọi trang tính, kể cả trang không đọc.")


class SheetWrite(ShapeSerializer):
    """Cách đọc một trang tính."""

    sheet = fields.TextField(max_length=100, required=True, allow_null=False, label="Trang tính")
    header_row = fields.WholeField(
        min_value=1, max_value=MOST_ROWS, label="Dòng tiêu đề", help_text="Bỏ trống: như máy đã tìm."
    )
    header_rows = fields.WholeField(
        min_value=1, max_value=3, label="Số dòng tiêu đề", help_text="Bỏ trống: máy tự xem."
    )
    columns = serializers.DictField(
        child=serializers.CharField(max_length=80, allow_blank=True), required=False,
        help_text='Cột và mã trường: {"B": "full_name", "F": ""}; "" bỏ qua cột. Cột không nêu giữ như đang ghép.',
    )  # fmt: skip


class LayoutWrite(ShapeSerializer):
    """Cách đọc tệp, thay cả danh sách trang tính."""

    sheets = serializers.ListField(child=SheetWrite(), min_length=1, max_length=200)
    save = fields.YesNoField(help_text="true: nhớ cho những tệp cùng tiêu đề của xã.")


class Nothing(ShapeSerializer):
    """Thân rỗng: {}."""
