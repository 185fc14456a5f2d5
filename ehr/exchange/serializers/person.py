"""Section A as JSON, made from its spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ehr.exchange import fields
from ehr.exchange.serializers.common import PageQuery, Stored, VersionField
from ehr.exchange.serializers.shape import ShapeSerializer, column_field, shape, texts_of
from ehr.records.models import Address, Household, Identifier, Person, Relative
from ehr.records.sections import SECTION_A, a

READ_ONLY = {"current_province"}  # follows the commune
TABLES = {"person": Person, "household": Household, "address": Address, "relative": Relative}
UNIT_COLUMNS = {"commune", "district", "province", "recorded_district", "birth_province"}
UNIT_HELP = " Mã trong danh mục hai cấp; đơn vị cũ viết old-<mã>."


def _field(code: str, store: str) -> fields.ShapeField:
    item = SECTION_A.item(code) if code in SECTION_A.names else None
    table, _, rest = store.partition(".")
    column = rest.rpartition(".")[2]
    answerable = code in a.ANSWERABLE
    if table == "identifier":
        return _identifier_field(code, column, texts_of(item), answerable)
    if table == "membership":
        return fields.CodeField(**_with_system(texts_of(item), "relation-831"))
    model_column = TABLES[table]._meta.get_field(column)
    options: dict[str, Any] = texts_of(item, model_column)
    if code in READ_ONLY:
        options["read_only"] = True
    if code == "birth_date":
        return fields.PartialDateField(**options)
    if column in UNIT_COLUMNS:
        old = code.endswith("district")
        options["help_text"] += " Mã trong danh mục ba cấp cũ." if old else UNIT_HELP
        return fields.UnitField(scheme="old" if old else "new", **options)
    if column == "village":
        options["help_text"] += " Mã thôn, duy nhất trong xã: gửi kèm mã xã."
        return fields.VillageField(**options)
    if column == "station":
        options["help_text"] += " Mã CSKCB 5 ký tự, mã 13 số, hoặc org-<số>."
        return fields.FacilityField(**options)
    if model_column.is_relation:
        return fields.CodeField(**_with_system(options, a.SYSTEMS.get(code, "id-missing-reason")))
    return column_field(model_column, answerable=answerable, **options)


def _identifier_field(code: str, column: str, options: dict[str, Any], answerable: bool) -> fields.ShapeField:
    if column in ("issued_on", "issued_by"):
        return column_field(Identifier._meta.get_field(column), **options)
    if code == "birth_certificate_number":
        options["label"] = options["help_text"] = "Số giấy chứng sinh"
    return column_field(Identifier._meta.get_field("value"), answerable=answerable, **options)


def _with_system(options: dict[str, Any], system: str) -> dict[str, Any]:
    return options | {"help_text": f"{options['help_text']} Danh mục {system}."}


def _fields() -> Mapping[str, fields.ShapeField]:
    return {code: _field(code, store) for code, store in (a.STORES | a.EXTRA_STORES).items()}


PersonCreate = shape("PersonCreate", _fields(), "Phần A của người mới. Tên trường là mã trường của mẫu 831.")
PersonPatch = shape(
    "PersonPatch",
    {"version": VersionField(), **_fields()},
    "Các trường phần A cần sửa, kèm version đã đọc. Trường không gửi giữ nguyên; null xóa giá trị.",
)


class PersonMeta(Stored):
    """Facts about the record itself."""

    code = fields.TextField(read_only=True, label="Mã hồ sơ")
    household_id = fields.WholeField(read_only=True, label="Số của hộ trong /households/{id}/")
    created_at = serializers.DateTimeField(read_only=True, label="Tạo lúc")
    section_a_complete_on = fields.DayField(read_only=True, label="Ngày đủ thông tin phần A")
    merged_into = fields.TextField(read_only=True, label="Đã gộp vào hồ sơ", help_text="Mã hồ sơ đích nếu đã gộp.")


PersonRead = shape("Person", _fields(), "Phần A của một người, đầy đủ.", base=PersonMeta)


class PersonSummary(ShapeSerializer):
    """Một dòng trong danh sách người; đọc /people/{code}/ để có đủ phần A."""

    code = fields.TextField(read_only=True, label="Mã hồ sơ")
    full_name = fields.TextField(read_only=True, label="Họ và tên")
    sex = fields.ChoiceField(choices=Person._meta.get_field("sex").choices, read_only=True, label="Giới tính")
    birth_date = fields.PartialDateField(read_only=True, label="Ngày sinh")
    current_commune = fields.UnitField(read_only=True, label="Xã/phường")
    current_village_code = fields.VillageField(read_only=True, label="Thôn")
    household_id = fields.WholeField(read_only=True, label="Số của hộ")
    household_code = fields.TextField(read_only=True, label="Mã hộ gia đình")
    status = fields.ChoiceField(choices=Person.Status.choices, read_only=True, label="Trạng thái hồ sơ")
    version = fields.WholeField(read_only=True, label="Phiên bản phần A")
    updated_at = serializers.DateTimeField(read_only=True, label="Cập nhật lúc")


class PeopleQuery(PageQuery):
    """Filters of the list of people."""

    commune = fields.CodeField(max_length=5, help_text="Mã xã/phường nơi ở hiện tại (danh mục hai cấp).")
    village = fields.CodeField(max_length=20, help_text="Mã thôn; gửi kèm commune.")
    household = serializers.RegexField(r"^[0-9]{1,18}$", required=False, help_text="Số của hộ.")
    status = fields.ChoiceField(
        choices=Person.Status.choices, help_text="Mặc định: mọi hồ sơ đang dùng (active, moved, dead)."
    )
    updated_since = serializers.DateTimeField(
        required=False, help_text="Phần A cập nhật từ thời điểm này, ISO 8601, ví dụ 2026-01-31T00:00:00Z."
    )


class PeopleSearch(ShapeSerializer):
    """Tìm theo một số giấy tờ, hoặc theo họ tên và ngày sinh. Gửi trong thân yêu cầu, không bao giờ trong địa chỉ."""

    identifier = fields.TextField(
        max_length=30, label="Số giấy tờ", help_text="CCCD, CMND, thẻ BHYT, mã số BHXH…, đang dùng hoặc đã cũ."
    )
    full_name = fields.TextField(
        max_length=100, label="Họ và tên", help_text="Có hay không có dấu; gửi kèm birth_date."
    )
    birth_date = fields.PartialDateField(label="Ngày sinh")
