"""Base classes of every admin page: rights and places instead of Django's permissions, short lists, safe exports.

A page belongs to a right ("list.view", "record.change"…, see `stations.roles`), asked from the admin site, because this
package knows no users. Rows come from `visible_to(user)` where the model has it. What a user may not see is answered
like a page that does not exist.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from import_export.admin import ExportMixin, ImportExportMixin, ImportMixin
from import_export.resources import modelresource_factory
from unfold import admin as unfold
from unfold.contrib.import_export.forms import ImportForm, SelectableFieldsExportForm
from unfold.widgets import UnfoldAdminTextInputWidget

from ehr.common.plain_names import fill_plain_name
from ehr.common.resources import FORMATS, SafeResource
from ehr.common.text import plain

MOST_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts to 10,000 and no further: nobody turns 200 pages, and counting a million rows is slower than the page."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, models.QuerySet):
            return rows.order_by()[:MOST_COUNTED].count()
        return len(rows)


class BaseForm(forms.ModelForm):
    """A model form that shows the error of a hidden or read-only field at its top, instead of failing on it."""

    def check_instance(self) -> None:
        """Override for rules that the model cannot know: look at `self.instance`, raise ValidationError."""

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors:
            try:
                self.check_instance()
            except ValidationError as error:
                self.add_error(None, error)

    def add_error(self, field: str | None, error: Any) -> None:
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        if not hasattr(error, "error_dict"):
            super().add_error(field if field is None or field in self.fields else None, error)
            return
        shown: dict[str, list[ValidationError]] = {}
        for name, found in error.error_dict.items():
            shown.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(found)
        super().add_error(None, ValidationError(shown))


class RightsMixin:
    """Permissions of a page or inline from the rights of the user's roles. A right left empty means nobody."""

    view_right = "list.view"
    change_right = "list.change"
    add_right: str | None = None  # None: as change_right
    delete_right: str | None = None  # None: as change_right
    admin_site: Any

    def can(self, request: HttpRequest, right: str | None) -> bool:
        """Whether the user has `right`; asked from the site, which knows the roles."""
        return bool(right and self.admin_site.can(request.user, right))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can(request, self.view_right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can(request, self.view_right) and self.can(request, self.change_right)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        right = self.change_right if self.add_right is None else self.add_right
        return self.can(request, self.view_right) and self.can(request, right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        right = self.change_right if self.delete_right is None else self.delete_right
        return self.can(request, self.view_right) and self.can(request, right)


class WidgetsMixin:
    """Dates and decimals are typed as text, so that 12/03/1980 and 61,5 are accepted; foreign keys search."""

    form = BaseForm
    formfield_overrides = {
        models.DateField: {"widget": UnfoldAdminTextInputWidget({"inputmode": "numeric", "data-mask": "date"})},
        models.DecimalField: {"widget": UnfoldAdminTextInputWidget({"inputmode": "decimal"})},
    }


class BaseTabularInline(RightsMixin, WidgetsMixin, unfold.TabularInline):
    """Rows of a detail table below the form."""

    formfield_overrides = {**unfold.TabularInline.formfield_overrides, **WidgetsMixin.formfield_overrides}
    extra = 0
    show_change_link = False


class BaseStackedInline(RightsMixin, WidgetsMixin, unfold.StackedInline):
    """A detail form below the form."""

    formfield_overrides = {**unfold.StackedInline.formfield_overrides, **WidgetsMixin.formfield_overrides}
    extra = 0


class BaseAdmin(RightsMixin, WidgetsMixin, unfold.ModelAdmin):
    """A page of the admin. Give it `view_right` and `change_right`, `list_select_related` and `autocomplete_fields`."""

    list_per_page = 25
    list_max_show_all = 200
    show_full_result_count = False
    paginator = CappedPaginator
    view_on_site = False
    warn_unsaved_form = True
    # Words are looked up without tones; give `search_fields` "plain_name__contains", which the trigram index serves.
    plain_search = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @property
    def is_scoped(self) -> bool:
        """Rows belong to people: `visible_to(user)` decides who sees them."""
        return hasattr(self.model._default_manager, "visible_to")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows: Any = super().get_queryset(request)
        visible: models.QuerySet = rows.visible_to(request.user) if self.is_scoped else rows
        return visible

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return super().get_search_results(request, queryset, plain(search_term) if self.plain_search else search_term)

    def autocomplete_label(self, obj: models.Model) -> str:
        """What the search box of a foreign key shows for a row."""
        return str(obj)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Admins of records override this and call their service."""
        fill_plain_name(obj)
        super().save_model(request, obj, form, change)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        """Django would redirect with a message; a row out of reach and a row that never was are both 404 here."""
        raise Http404

    # ------------------------------------------------------------------------------------------------ Django's own log
    # It stores the text of the object, which for people is a name; their changes stand in the history of the triggers.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if self.is_scoped else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if self.is_scoped else super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None if self.is_scoped else super().log_deletions(request, queryset)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if self.is_scoped:
            raise Http404
        return super().history_view(request, object_id, extra_context)


class ReadOnlyMixin:
    """Rows that the system writes: looked at, never touched."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ExportForm(SelectableFieldsExportForm):
    """Which columns, named by their labels alone, and which format: XLSX unless chosen otherwise."""

    def __init__(self, formats: Any, resources: Any, **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        self.fields["format"].initial = "0"

    def _get_field_label(self, resource: Any, field_name: str) -> str:
        return str(resource.fields[field_name].column_name)


class ExportAdmin(ExportMixin, BaseAdmin):
    """A page whose list can be exported as XLSX or CSV."""

    export_right: str | None = None  # None: as view_right
    export_form_class = ExportForm
    export_formats = FORMATS
    resource_classes: Iterable[type[SafeResource]] = ()

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and self.can(
            request, self.view_right if self.export_right is None else self.export_right
        )

    def get_resource_classes(self, request: HttpRequest) -> list[type[SafeResource]]:
        """Without classes of its own, all columns of the model, defused."""
        return list(self.resource_classes) or [modelresource_factory(self.model, SafeResource)]

    def get_export_queryset(self, request: HttpRequest) -> models.QuerySet:
        """The rows of the list, with the foreign keys that its columns read: no query per row."""
        rows: models.QuerySet = super().get_export_queryset(request)
        keys = [field.name for field in self.opts.concrete_fields if field.many_to_one]
        return rows.select_related(*keys) if keys else rows


class ListAdmin(ImportMixin, ExportAdmin):
    """A reference list: exported by whoever sees it, imported with a preview by whoever may change it."""

    import_export_change_list_template = ImportExportMixin.import_export_change_list_template
    import_form_class = ImportForm
    import_formats = FORMATS

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)


class RecordAdmin(ExportAdmin):
    """A page of people's records; rows are limited to the user's places by `visible_to`."""

    view_right = "record.view"
    change_right = "record.change"
    delete_right = "record.delete"
    export_right = "record.export"
