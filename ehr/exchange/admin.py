"""Admin pages of partner systems and their keys: system administrators only."""

from django.contrib import admin, messages
from django.template.response import TemplateResponse
from unfold.decorators import action

from ehr.common.admin import BaseAdmin
from ehr.exchange.keys import fill_key, revoke_key
from ehr.exchange.models import ApiKey, Partner


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    view_right = change_right = "partner.change"
    delete_right = ""
    list_display = ["name", "user", "contact", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["user"]
    search_fields = ["name"]
    autocomplete_fields = ["user"]


@admin.register(ApiKey)
class ApiKeyAdmin(BaseAdmin):
    """The text of a key is shown on the page after saving, and never again."""

    view_right = change_right = "partner.change"
    delete_right = ""
    list_display = ["partner", "label", "prefix", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["partner"]
    search_fields = ["partner__name", "label", "prefix"]
    autocomplete_fields = ["partner"]
    fields = ["partner", "label", "expires_at", "prefix", "created_at", "revoked_at"]
    readonly_fields = ["prefix", "created_at", "revoked_at"]
    actions = ["revoke"]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "partner"] if obj else self.readonly_fields

    def save_model(self, request, obj, form, change):
        if not change:
            request.new_key = fill_key(obj)
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        """Not a message, which would be stored in the session: the answer itself carries the text, once."""
        context = {
            **self.admin_site.each_context(request), "title": "Khóa truy cập mới", "key": obj,
            "text": request.new_key, "opts": self.opts,
        }  # fmt: skip
        return TemplateResponse(request, "exchange/key_once.html", context)

    @action(description="Thu hồi khóa", permissions=["change"])
    def revoke(self, request, queryset):
        for key in queryset:
            revoke_key(key=key)
        self.message_user(request, "Đã thu hồi các khóa được chọn.", messages.SUCCESS)
