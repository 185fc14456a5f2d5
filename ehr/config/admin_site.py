"""The admin site: who may enter it is decided by the user's assignments, never by Django's staff or superuser flag."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.sites import UnfoldAdminSite


class RecordAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS in the place of django.contrib.admin."""

    default_site = "ehr.config.admin_site.RecordAdminSite"


def redirect_to_login(address: str) -> HttpResponse:
    """To the login page and back to `address` afterwards. Imported late: this module is read before the models are."""
    from django.contrib.auth import views

    return views.redirect_to_login(address)


class RecordAdminSite(UnfoldAdminSite):
    """Pages for users with the right list.view; everybody else, once logged in, finds no such page."""

    index_title = "Quản trị"

    def can(self, user: Any, right: str) -> bool:
        """Whether one of the user's current roles has `right`."""
        from stations.scope import scope_of

        return scope_of(user).can(right)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and self.can(request.user, "list.view")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the admin: strangers are sent to the login, users without the right get 404."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    def get_urls(self) -> list[Any]:
        # "View on site" would turn any row's key into its address, whoever asks.
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """The search box of foreign keys, with the label that the page of the model gives."""
        from django.contrib.admin.views.autocomplete import AutocompleteJsonView

        class Autocomplete(AutocompleteJsonView):
            def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
                label = getattr(self.model_admin, "autocomplete_label", str)
                return {"id": str(getattr(obj, to_field_name)), "text": label(obj)}

        answer: HttpResponse = Autocomplete.as_view(admin_site=self)(request)  # type: ignore[assignment]
        return answer

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One login page for the whole system (with lockout and the forced change of the first password)."""
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from django.contrib.auth import logout

        logout(request)
        return redirect("login")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("password_change")
