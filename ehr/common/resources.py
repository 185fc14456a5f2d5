"""Base of all spreadsheets that the admin writes and reads (django-import-export), for lists of a few hundred rows."""

from typing import Any

from import_export import fields, resources
from import_export.formats.base_formats import CSV, XLSX

from ehr.common.plain_names import fill_plain_name
from ehr.common.spreadsheet import safe_cell

FORMATS = [XLSX, CSV]


class SafeResource(resources.ModelResource):
    """Cells are defused, headings are Vietnamese labels. An import runs `full_clean` and writes all rows or none."""

    class Meta:
        clean_model_instances = True
        use_transactions = True
        skip_unchanged = True
        report_skipped = True

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: Any, readonly: bool) -> fields.Field:
        """The column is named by the label of the field, as people know it from the screens."""
        field = super().field_from_django_field(field_name, django_field, readonly)
        field.column_name = str(django_field.verbose_name)
        return field

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        """One line of cells; text that a spreadsheet would run gets an apostrophe."""
        return [safe_cell(cell) for cell in super().export_resource(instance, selected_fields, **kwargs)]

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """A sheet of ours comes back: takes off the apostrophe that the export put there."""
        for column, cell in row.items():
            if isinstance(cell, str) and cell.startswith("'") and safe_cell(cell[1:]) == cell:
                row[column] = cell[1:]
        super().before_import_row(row, **kwargs)

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        fill_plain_name(instance)
        super().before_save_instance(instance, row, **kwargs)
