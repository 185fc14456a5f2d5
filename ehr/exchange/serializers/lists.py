"""Code lists, units, villages, coverage, and who the caller is."""

from __future__ import annotations

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.common import PageQuery
from ehr.exchange.serializers.shape import ShapeSerializer
from stations.models import AdminUnit


class SystemSummary(ShapeSerializer):
    """Một danh mục."""

    key = fields.TextField(read_only=True, label="Khóa")
    name = fields.TextField(read_only=True, label="Tên danh mục")
    uri = fields.TextField(read_only=True, label="URI (FHIR)")


class Systems(serializers.Serializer):
    """Các danh mục có trong hệ thống."""

    results = SystemSummary(many=True)


class CodeRead(ShapeSerializer):
    """Một mã trong danh mục."""

    code = fields.TextField(read_only=True, label="Mã")
    name = fields.TextField(read_only=True, label="Tên")
    name_en = fields.TextField(read_only=True, label="Tên tiếng Anh")
    parent_code = fields.TextField(read_only=True, label="Mã cha")
    release = fields.TextField(read_only=True, label="Phiên bản danh mục")
    valid_from = fields.DayField(read_only=True, label="Hiệu lực từ")
    valid_to = fields.DayField(read_only=True, label="Hiệu lực đến", help_text="Ngày đầu tiên không còn hiệu lực.")
    properties = serializers.DictField(read_only=True, label="Thuộc tính riêng của danh mục")


class CodesQuery(PageQuery):
    """Filters of a code list."""

    q = fields.TextField(max_length=100, help_text="Tìm theo mã hoặc tên, có hay không có dấu; trả về tốt nhất trước.")
    valid_on = fields.DayField(help_text="Mã có hiệu lực vào ngày này; mặc định hôm nay.")


class UnitRead(ShapeSerializer):
    """Một đơn vị hành chính của danh mục hai cấp (new) hoặc ba cấp (old)."""

    scheme = fields.ChoiceField(choices=AdminUnit.Scheme.choices, read_only=True, label="Danh mục")
    code = fields.TextField(read_only=True, label="Mã")
    level = fields.ChoiceField(choices=AdminUnit.Level.choices, read_only=True, label="Cấp")
    unit_type = fields.TextField(read_only=True, label="Loại")
    name = fields.TextField(read_only=True, label="Tên")
    full_name = fields.TextField(read_only=True, label="Tên đầy đủ")
    parent = fields.TextField(read_only=True, label="Mã đơn vị trên", help_text="Trong cùng danh mục.")
    valid_from = fields.DayField(read_only=True, label="Hiệu lực từ")
    valid_to = fields.DayField(read_only=True, label="Hiệu lực đến", help_text="Ngày đầu tiên không còn hiệu lực.")


class UnitsQuery(PageQuery):
    """Filters of the list of units."""

    scheme = fields.ChoiceField(choices=AdminUnit.Scheme.choices, help_text="new (mặc định) hoặc old.")
    level = fields.ChoiceField(choices=AdminUnit.Level.choices, help_text="province, district (chỉ old), commune.")
    parent = fields.CodeField(max_length=5, help_text="Mã đơn vị trên trực tiếp, trong cùng danh mục.")
    q = fields.TextField(max_length=100, help_text="Tìm theo mã hoặc tên, có hay không có dấu; trả về tốt nhất trước.")


class VillageRead(ShapeSerializer):
    """Một thôn, bản, tổ dân phố."""

    code = fields.TextField(read_only=True, label="Mã thôn")
    name = fields.TextField(read_only=True, label="Tên")
    kind = fields.TextField(read_only=True, label="Loại")
    commune = fields.UnitField(read_only=True, label="Xã/phường")
    old_commune = fields.UnitField(scheme="old", read_only=True, label="Xã/phường cũ (đến 30/06/2025)")
    valid_from = fields.DayField(read_only=True, label="Từ ngày")
    valid_to = fields.DayField(read_only=True, label="Đến ngày")


class VillagesQuery(PageQuery):
    """Filters of the list of villages."""

    commune = fields.CodeField(max_length=5, help_text="Mã xã/phường (danh mục hai cấp).")


class VaccineRead(ShapeSerializer):
    """Một vắc xin của lịch tiêm."""

    code = fields.TextField(read_only=True, label="Mã")
    name = fields.TextField(read_only=True, label="Tên vắc xin")
    diseases = fields.TextField(read_only=True, label="Phòng bệnh")
    cvx = fields.TextField(read_only=True, label="CVX")
    atc = fields.TextField(read_only=True, label="ATC")
    in_epi = fields.YesNoField(read_only=True, label="Thuộc chương trình TCMR")


class CoverageQuery(ShapeSerializer):
    """What the coverage table is asked for."""

    unit = fields.CodeField(
        max_length=5, required=True, allow_null=False, help_text="Mã đơn vị: tỉnh, huyện cũ hoặc xã."
    )
    scheme = fields.ChoiceField(
        choices=AdminUnit.Scheme.choices, help_text="Khi mã có trong cả hai danh mục; mặc định new."
    )
    month = fields.TextField(max_length=7, help_text="Tháng, ví dụ 2026-10; mặc định tháng này.")
    by = fields.ChoiceField(
        choices=["village", "commune", "district"],
        help_text="Mỗi dòng là một thôn, xã hay huyện cũ; mặc định theo cấp.",
    )


class CoverageColumn(serializers.Serializer):
    """Một cột của bảng."""

    key = serializers.CharField()
    heading = serializers.CharField()
    number = serializers.CharField(help_text="Số cột in trên mẫu báo cáo, ví dụ (3).")
    kind = serializers.CharField(help_text="index, text, int hoặc percent.")


class Coverage(serializers.Serializer):
    """Bảng liên thông và bao phủ; mỗi dòng là một đối tượng với key của các cột, null khi thiếu số."""

    report = serializers.CharField()
    unit = serializers.DictField(child=serializers.CharField())
    period = serializers.DictField(child=serializers.CharField())
    columns = CoverageColumn(many=True)
    rows = serializers.ListField(child=serializers.DictField())
    total = serializers.DictField()


class ReportQuery(serializers.Serializer):
    """What a report is asked for; the list of reports says what each can be asked."""

    unit = fields.CodeField(
        max_length=5, required=True, allow_null=False, help_text="Mã đơn vị: tỉnh, huyện cũ hoặc xã."
    )
    scheme = fields.ChoiceField(
        choices=AdminUnit.Scheme.choices, help_text="Khi mã có trong cả hai danh mục; mặc định new."
    )
    period = fields.TextField(
        max_length=10, help_text="2026-06, 2026-Q3, 2026-H1, 2026 hoặc 2026-06-15; mặc định kỳ đang chạy."
    )
    by = fields.TextField(max_length=12, help_text="Mỗi dòng là gì: xem danh sách báo cáo; mặc định theo cấp.")
    option = fields.TextField(max_length=60, help_text="Tham số riêng của báo cáo, dạng tên=giá trị.")
    page = fields.WholeField(min_value=1, max_value=1_000_000, help_text="Trang của sổ (500 dòng mỗi trang), từ 1.")


class ReportSummary(serializers.Serializer):
    """Một báo cáo và tham số của nó."""

    report = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    by = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    periods = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    options = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    personal = serializers.BooleanField(help_text="Sổ có dữ liệu cá nhân: cần quyền xuất hồ sơ.")


class ReportRead(serializers.Serializer):
    """Một bảng: mỗi dòng là một đối tượng với key của các cột; null khi thiếu số hoặc khi số được che (xem hidden)."""

    report = serializers.CharField()
    version = serializers.CharField(help_text="Phiên bản định nghĩa chỉ tiêu.")
    title = serializers.CharField()
    subtitle = serializers.CharField()
    unit = serializers.DictField(child=serializers.CharField())
    period = serializers.DictField(child=serializers.CharField())
    columns = serializers.ListField(child=serializers.DictField())
    rows = serializers.ListField(child=serializers.DictField())
    total = serializers.DictField(allow_null=True)
    definitions = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.DictField())
    explanations = serializers.ListField(child=serializers.CharField())
    problems = serializers.ListField(child=serializers.DictField())
    personal = serializers.BooleanField()
    next_page = serializers.IntegerField(allow_null=True)


class Place(serializers.Serializer):
    """Một địa bàn hoặc cơ sở mà khóa được gắn với."""

    role = serializers.CharField()
    unit = serializers.CharField(allow_null=True, help_text="Mã đơn vị; đơn vị cũ viết old-<mã>.")
    facility = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    valid_to = serializers.DateField(allow_null=True)


class Me(serializers.Serializer):
    """Khóa này là của ai, được làm gì, ở đâu."""

    partner = serializers.CharField()
    key = serializers.CharField(help_text="Nhãn của khóa.")
    expires_at = serializers.DateTimeField(allow_null=True)
    rights = serializers.ListField(child=serializers.CharField())
    places = Place(many=True)
    requests_per_minute = serializers.IntegerField()
