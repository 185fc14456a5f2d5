"""Spreadsheets of places and figures, for lists of a few hundred rows."""

from import_export import fields
from import_export.widgets import CharWidget, ForeignKeyWidget, IntegerWidget

from ehr.common.resources import SafeResource
from ehr.common.text import nfc
from stations import services
from stations.models import AdminUnit, FacilityCode, Organization, PopulationFigure, Village, VillageTarget
from stations.queries import organization_by_code

COMMUNE, OLD_COMMUNE, VILLAGE = "Mã xã", "Mã xã cũ", "Mã thôn"


def _text(value):
    """A code as text; a spreadsheet may have made a number of it and lost its zeros."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value or "").strip()


class CommuneWidget(ForeignKeyWidget):
    """A commune of one list by its code of five digits."""

    def __init__(self, scheme):
        super().__init__(AdminUnit, field="code")
        self.scheme = scheme

    def clean(self, value, row=None, **kwargs):
        code = _text(value)
        if not code:
            return None
        unit = AdminUnit.objects.filter(scheme=self.scheme, level="commune", code=code.zfill(5)).first()
        if unit is None:
            raise ValueError(f"Không có xã mang mã {code} trong danh mục.")
        return unit


class VillageWidget(ForeignKeyWidget):
    """A village by its code; the column with the code of the commune stands beside it."""

    def __init__(self):
        super().__init__(Village, field="code")

    def clean(self, value, row=None, **kwargs):
        code, commune = _text(value), _text((row or {}).get(COMMUNE)).zfill(5)
        if not code:
            return None
        village = Village.objects.filter(commune__code=commune, commune__scheme="new", code=code).first()
        if village is None:
            raise ValueError(f"Xã {commune} không có thôn mang mã {code}.")
        return village


class _ByUser:
    """Keeps who imports, for the services."""

    by = None

    def before_import(self, dataset, **kwargs):
        self.by = kwargs.get("user")
        super().before_import(dataset, **kwargs)


class ChoiceWidget(CharWidget):
    """A choice by its label, as people read it; its stored value is understood, too."""

    def __init__(self, choices):
        super().__init__(coerce_to_string=True)
        self.labels = {str(value): str(label) for value, label in choices}

    def clean(self, value, row=None, **kwargs):
        text = _text(value)
        found = {label.casefold(): value for value, label in self.labels.items()}.get(text.casefold())
        if text in self.labels or not text:
            return text
        if found is None:
            raise ValueError(f"«{text}» không có trong các lựa chọn: {', '.join(self.labels.values())}.")
        return found

    def render(self, value, obj=None, **kwargs):
        return self.labels.get(str(value), "")


class UnitWidget(ForeignKeyWidget):
    """A unit by its code, in the list and of the levels that `read` takes from the row."""

    def __init__(self, read):
        super().__init__(AdminUnit, field="code")
        self.read = read

    def clean(self, value, row=None, **kwargs):
        code = _text(value)
        if not code:
            return None
        scheme, levels = self.read(row or {})
        unit = AdminUnit.objects.filter(scheme=scheme, level__in=levels, code=code).first()
        if unit is None:
            raise ValueError(f"Không có đơn vị mang mã {code} trong danh mục.")
        return unit


SCHEMES, LEVELS = ChoiceWidget(AdminUnit.Scheme.choices), ChoiceWidget(AdminUnit.Level.choices)
SCHEME, LEVEL = "Danh mục", "Cấp"
ABOVE = {"commune": ("district", "province"), "district": ("province",), "province": ()}


def _above(row):
    """The list and the levels in which the unit above this row stands."""
    scheme, level = SCHEMES.clean(row.get(SCHEME)), LEVELS.clean(row.get(LEVEL))
    return scheme, ABOVE.get(level, ())


class AdminUnitResource(_ByUser, SafeResource):
    """Units of both lists; a row is known by list, level and code. For corrections: official lists come by
    `load_reference`."""

    scheme = fields.Field("scheme", SCHEME, SCHEMES)
    code = fields.Field("code", "Mã", CharWidget(coerce_to_string=True))
    level = fields.Field("level", LEVEL, LEVELS)
    parent = fields.Field("parent", "Mã cấp trên", UnitWidget(_above))

    class Meta:
        model = AdminUnit
        fields = export_order = [
            "scheme",
            "code",
            "level",
            "unit_type",
            "full_name",
            "name",
            "parent",
            "valid_from",
            "valid_to",
            "source",
        ]
        import_id_fields = ["scheme", "level", "code"]

    def do_instance_save(self, instance, is_create):
        services.save_unit(unit=instance, by=self.by)


def _new_unit(row):
    return "new", ("commune", "province")


class OrganizationWidget(ForeignKeyWidget):
    """An organisation by its name."""

    def __init__(self):
        super().__init__(Organization, field="name")

    def clean(self, value, row=None, **kwargs):
        name = _text(value)
        if not name:
            return None
        found = list(Organization.objects.filter(name=name)[:2])
        if len(found) != 1:
            raise ValueError(f"Không có cơ sở tên «{name}»." if not found else f"Có nhiều cơ sở tên «{name}».")
        return found[0]


class OrganizationResource(_ByUser, SafeResource):
    """Organisations of the health service with their codes; a row is known by its claims code, else by its name and
    unit."""

    kind = fields.Field("kind", "Loại", ChoiceWidget(Organization.Kind.choices))
    parent = fields.Field("parent", "Đơn vị quản lý", OrganizationWidget())
    unit = fields.Field("unit", "Mã địa bàn", UnitWidget(_new_unit))
    claims = fields.Field(column_name="Mã CSKCB")
    gln = fields.Field(column_name="Mã GLN")

    class Meta:
        model = Organization
        fields = export_order = [
            "name", "kind", "claims", "gln", "parent", "unit", "address", "valid_from", "valid_to",
        ]  # fmt: skip
        import_id_fields = ["name", "unit"]

    def get_queryset(self):
        return super().get_queryset().prefetch_related("codes")

    def dehydrate_claims(self, organization):
        return self._code(organization, FacilityCode.Kind.CLAIMS)

    def dehydrate_gln(self, organization):
        return self._code(organization, FacilityCode.Kind.GLN)

    def _code(self, organization, kind):
        """The code in force; the codes of a list are read with it."""
        return next((row.code for row in organization.codes.all() if row.kind == kind and row.valid_to is None), "")

    def get_instance(self, instance_loader, row):
        code = _text(row.get("Mã CSKCB")).upper()
        if code and (known := organization_by_code(code)):
            return known
        unit = self.fields["unit"].clean(row)
        return Organization.objects.filter(name=nfc(_text(row.get("Tên cơ sở"))), unit=unit).first()

    def before_save_instance(self, instance, row, **kwargs):
        self.codes = {"claims_code": _text(row.get("Mã CSKCB")), "gln": _text(row.get("Mã GLN"))}
        super().before_save_instance(instance, row, **kwargs)

    def skip_row(self, instance, original, row, import_validation_errors=None):
        """A code that differs is a change, too."""
        same = super().skip_row(instance, original, row, import_validation_errors)
        given = {
            FacilityCode.Kind.CLAIMS: _text(row.get("Mã CSKCB")).upper(),
            FacilityCode.Kind.GLN: _text(row.get("Mã GLN")),
        }
        stored = {kind: self._code(instance, kind) if instance.pk else "" for kind in given}
        return same and all(not code or code == stored[kind] for kind, code in given.items())

    def do_instance_save(self, instance, is_create):
        services.save_organization(organization=instance, by=self.by, source="Nhập từ bảng tính", **self.codes)


class VillageResource(_ByUser, SafeResource):
    """Villages of one or many communes; a row is known by the codes of commune and village."""

    commune = fields.Field("commune", COMMUNE, CommuneWidget("new"))
    old_commune = fields.Field("old_commune", OLD_COMMUNE, CommuneWidget("old"))

    class Meta:
        model = Village
        fields = ["commune", "code", "name", "kind", "old_commune", "position"]
        import_id_fields = ["commune", "code"]

    def do_instance_save(self, instance, is_create):
        services.save_village(village=instance, by=self.by)


class TargetResource(_ByUser, SafeResource):
    """Yearly targets of villages, as in the commune plan."""

    commune = fields.Field("village__commune__code", COMMUNE, readonly=True)
    village = fields.Field("village", VILLAGE, VillageWidget())
    name = fields.Field("village__name", "Tên thôn", readonly=True)

    class Meta:
        model = VillageTarget
        fields = export_order = ["commune", "village", "name", "year", "target", "source"]
        import_id_fields = ["village", "year"]


class PopulationResource(_ByUser, SafeResource):
    """Average population of villages per period."""

    commune = fields.Field("village__commune__code", COMMUNE, readonly=True)
    village = fields.Field("village", VILLAGE, VillageWidget())
    name = fields.Field("village__name", "Tên thôn", readonly=True)
    population = fields.Field("population", "Dân số trung bình", IntegerWidget())

    class Meta:
        model = PopulationFigure
        fields = export_order = ["commune", "village", "name", "period_start", "period_end", "population", "source"]
        import_id_fields = ["village", "period_start", "period_end"]


__all__ = ["AdminUnitResource", "OrganizationResource", "PopulationResource", "TargetResource", "VillageResource"]
