"""Pages about the account itself."""

from django.contrib import messages
from django.contrib.auth import views as auth
from django.urls import reverse_lazy


class PasswordChange(auth.PasswordChangeView):
    """Changing the own password, also forced at the first login."""

    template_name = "registration/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form):
        form.user.must_change_password = False
        response = super().form_valid(form)
        messages.success(self.request, "Đã đổi mật khẩu.")
        return response
