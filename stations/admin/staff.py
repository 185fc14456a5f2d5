"""Users and their assignments: system administrators only."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.timezone import localdate
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from ehr.common.admin import BaseAdmin, BaseTabularInline
from stations import services
from stations.models import Assignment, User

# Rights come from assignments (stations.roles); Django's groups would be a second, idle way.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)


class StrangerPasswordForm(AdminPasswordChangeForm):
    """A password that somebody else chose is changed at the next login (REQ-SEC-02)."""

    def save(self, commit=True):
        self.user.must_change_password = True
        return super().save(commit)


class AssignmentInline(BaseTabularInline):
    model = Assignment
    view_right = change_right = "user.change"
    delete_right = ""
    autocomplete_fields = ["unit", "organization"]
    fields = ["role", "unit", "organization", "valid_from", "valid_to"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("unit", "organization", "user")


class CurrentRoleFilter(admin.SimpleListFilter):
    title = "Vai trò hiện nay"
    parameter_name = "vai-tro"

    def lookups(self, request, model_admin):
        return Assignment._meta.get_field("role").choices

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        holders = Assignment.objects.valid_on(localdate()).filter(role=self.value())
        return queryset.filter(pk__in=holders.values("user"))


@admin.register(User)
class UserAdmin(BaseAdmin, DjangoUserAdmin):
    """Accounts are switched off, never deleted: logs point to them."""

    view_right = change_right = "user.change"
    delete_right = ""
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = StrangerPasswordForm
    list_display = ["username", "full_name", "phone", "is_active", "last_login"]
    list_filter = ["is_active", CurrentRoleFilter]
    search_fields = ["username__icontains", "full_name__icontains", "phone__startswith"]
    ordering = ["username"]
    filter_horizontal = []
    inlines = [AssignmentInline]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "full_name", "phone", "email"]}),
        ("Trạng thái", {"fields": ["is_active", "must_change_password", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "full_name", "phone", "usable_password", "password1", "password2"]}),
    ]

    def autocomplete_label(self, obj):
        return f"{obj.full_name} ({obj.username})"


@admin.register(Assignment)
class AssignmentAdmin(BaseAdmin):
    view_right = change_right = "user.change"
    delete_right = ""
    list_display = ["user", "role", "unit", "organization", "valid_from", "valid_to"]
    list_filter = ["role"]
    list_select_related = ["user", "unit", "organization"]
    search_fields = ["user__username__icontains", "user__full_name__icontains"]
    autocomplete_fields = ["user", "unit", "organization"]
    actions = ["end_today"]

    @action(description="Kết thúc phân công từ hôm nay", permissions=["change"])
    def end_today(self, request, queryset):
        open_ones = [row for row in queryset if row.valid_to is None or row.valid_to > localdate()]
        for assignment in open_ones:
            services.end_assignment(assignment=assignment, by=request.user)
        self.message_user(request, f"Đã kết thúc {len(open_ones)} phân công.", messages.SUCCESS)
