"""The price list as a spreadsheet: a station uploads its list, corrects it, ends old prices."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export import fields
from import_export.widgets import BooleanWidget, CharWidget, ForeignKeyWidget

from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.common.resources import SafeResource
from stations.models import FacilityCode, Organization
from stations.resources import ChoiceWidget
from stations.services import may_change_place

FACILITY = "Mã CSKCB"


def _text(value: Any) -> str:
    """A code as text; a spreadsheet may have made a number of it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value or "").strip()


class FacilityWidget(ForeignKeyWidget):
    """A facility by its claims code of five characters."""

    def __init__(self) -> None:
        super().__init__(Organization)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Organization | None:
        code = _text(value).upper()
        if not code:
            return None
        rows = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS, code=code.zfill(5))
        found = rows.select_related("organization__unit").order_by("-valid_to", "-pk").first()
        if found is None:
            raise ValueError(f"Không có cơ sở mang mã {code} trong danh mục.")
        return found.organization

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        codes = getattr(self, "codes", None)
        if codes is None:  # all codes at once, not one query for each line
            rows = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS).order_by("valid_to", "pk")
            codes = self.codes = dict(rows.values_list("organization", "code"))
        return codes.get(getattr(value, "pk", None), "")


class YesNoWidget(BooleanWidget):
    """ "Có" or "Không", as people write it."""

    TRUE_VALUES = [*BooleanWidget.TRUE_VALUES, "có", "Có", "CÓ", "x", "X"]
    FALSE_VALUES = [*BooleanWidget.FALSE_VALUES, "không", "Không", "KHÔNG", ""]

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        return bool(super().clean(value, row, **kwargs))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "Có" if value else "Không"


class OfFacilityResource(SafeResource):
    """Rows of a facility: only those of the user's own places are taken."""

    by: Any = None
    facility = fields.Field("facility", FACILITY, FacilityWidget())

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.by = kwargs.get("user")
        super().before_import(dataset, **kwargs)

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        if self.by is not None and not may_change_place(self.by, unit=instance.facility.unit):
            raise ValidationError(f"Cơ sở {instance.facility} không thuộc địa bàn của bạn.")
        super().do_instance_save(instance, is_create)


def choice(column: str, label: str, choices: Any) -> fields.Field:
    return fields.Field(column, label, ChoiceWidget(choices))


class PriceItemResource(OfFacilityResource):
    """One line for each drug, service or supply and period; known by facility, kind, code, registration number, bid,
    strength and first day."""

    kind = choice("kind", "Loại", PriceItem.Kind.choices)
    group = choice("group", "Nhóm chi phí", PriceItem.Group.choices)
    code = fields.Field("code", "Mã thuốc, dịch vụ, vật tư", CharWidget(coerce_to_string=True))
    route_code = fields.Field("route_code", "Mã đường dùng", CharWidget(coerce_to_string=True))
    scope = choice("scope", "Phạm vi", PriceItem.Scope.choices)
    source = choice("source", "Nguồn chi trả", PriceItem.Source.choices)
    each_visit = fields.Field("each_visit", "Tính vào mỗi lượt khám", YesNoWidget())

    class Meta(SafeResource.Meta):
        model = PriceItem
        fields = export_order = [
            "facility", "kind", "group", "code", "name", "strength", "unit", "dose_form", "route_code",
            "registration_number", "bid", "price", "covered_price", "service_rate", "covered_rate", "scope", "source",
            "device_code", "each_visit", "valid_from", "valid_to",
        ]  # fmt: skip
        import_id_fields = ["facility", "kind", "code", "registration_number", "bid", "strength", "valid_from"]


class BillingTermsResource(OfFacilityResource):
    """One line for each facility and period."""

    payment = choice("payment", "Phương thức thanh toán", BillingTerms.Payment.choices)
    benefit = choice("benefit", "Mức hưởng", BillingTerms.Benefit.choices)
    care_class = fields.Field("care_class", "Loại hình khám chữa bệnh", CharWidget(coerce_to_string=True))
    occupation_code = fields.Field(
        "occupation_code", "Mã nghề nghiệp khi hồ sơ không có mã 5 chữ số", CharWidget(coerce_to_string=True)
    )
    payment_code = fields.Field("payment_code", "Đối tượng đến khám có thẻ", CharWidget(coerce_to_string=True))

    class Meta(SafeResource.Meta):
        model = BillingTerms
        fields = export_order = [
            "facility", "head_code", "department_code", "care_class", "payment_code", "payment", "benefit",
            "occupation_code", "valid_from", "valid_to",
        ]  # fmt: skip
        import_id_fields = ["facility", "valid_from"]
