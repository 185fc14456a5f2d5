"""Spreadsheets of places and figures, for lists of a few hundred rows."""

from import_export import fields
from import_export.widgets import ForeignKeyWidget, IntegerWidget

from ehr.common.resources import SafeResource
from stations import services
from stations.models import AdminUnit, PopulationFigure, Village, VillageTarget

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


class AdminUnitResource(SafeResource):
    """Export only: units come from official lists."""

    parent = fields.Field("parent__code", "Mã cấp trên", readonly=True)

    class Meta:
        model = AdminUnit
        fields = [
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


__all__ = ["AdminUnitResource", "PopulationResource", "TargetResource", "VillageResource"]
