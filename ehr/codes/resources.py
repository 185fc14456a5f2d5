"""Spreadsheets of code lists, for small lists; large releases come by `manage.py load_codes`."""

from django.core.exceptions import ValidationError
from import_export import fields
from import_export.widgets import CharWidget, ForeignKeyWidget

from ehr.codes import services
from ehr.codes.models import Code, CodeSystem, Release
from ehr.common.resources import SafeResource

MOST_ROWS = 2_000


class ReleaseWidget(ForeignKeyWidget):
    """A release by its version, within the list named in the same row."""

    def __init__(self):
        super().__init__(Release, field="version")

    def clean(self, value, row=None, **kwargs):
        key, version = str((row or {}).get("Danh mục") or "").strip(), str(value or "").strip()
        release = Release.objects.filter(system__key=key, version=version).first()
        if release is None:
            raise ValueError(f"Danh mục {key} không có phiên bản {version}.")
        return release


class SystemWidget(ForeignKeyWidget):
    """A list by its key."""

    def __init__(self):
        super().__init__(CodeSystem, field="key")

    def clean(self, value, row=None, **kwargs):
        system = CodeSystem.objects.filter(key=str(value or "").strip()).first()
        if system is None:
            raise ValueError(f"Không có danh mục {value}.")
        return system


class CodeResource(SafeResource):
    """Codes of existing releases; a row is known by list, release and code."""

    system = fields.Field("system", "Danh mục", SystemWidget())
    release = fields.Field("release", "Phiên bản", ReleaseWidget())
    code = fields.Field("code", "Mã", CharWidget(coerce_to_string=True))

    class Meta:
        model = Code
        fields = ["system", "release", "code", "name", "name_en", "parent_code", "position", "valid_from", "valid_to"]
        import_id_fields = ["release", "code"]

    def before_import(self, dataset, **kwargs):
        if len(dataset) > MOST_ROWS:
            raise ValidationError("Tệp quá lớn cho màn hình này: nạp bằng lệnh load_codes.", code="file.large")
        super().before_import(dataset, **kwargs)

    def do_instance_save(self, instance, is_create):
        services.save_code(code=instance)


__all__ = ["CodeResource"]
