"""Arguments that commands share: a commune by its code, an account by its name."""

from __future__ import annotations

from django.core.management.base import CommandError

from stations.models import AdminUnit, User


def commune_of(code: str) -> AdminUnit:
    """The commune of the present list with this code. Raises CommandError."""
    found = AdminUnit.objects.filter(scheme="new", level="commune", code=code).select_related("parent").first()
    if found is None:
        raise CommandError(f"Không có xã/phường mã {code} trong danh mục hai cấp.")
    return found


def user_of(name: str | None) -> User | None:
    """The active account of this name; None for none, which is the system itself. Raises CommandError."""
    if name is None:
        return None
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"Không có tài khoản {name} đang hoạt động.")
    return found
