"""What every page of our own needs: the menu that the user's roles allow."""

from stations.scope import scope_of

MENU = [  # (label, URL name, right, key)
    ("Tìm người", "records:find", "record.view", "1"),
    ("Hộ gia đình", "records:households", "record.view", "2"),
    ("Báo cáo", "reports:index", "report.view", "3"),
    ("Quản trị", "admin:index", "list.view", "4"),
]


def navigation(request):
    """`menu`: entries for the user; `can`: the user's rights, for `{% if can.record_change %}`."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"menu": [], "can": {}}
    from stations.roles import RIGHTS

    scope = scope_of(user)
    rights = set().union(*(RIGHTS[role] for role in scope.roles)) if scope.roles else set()
    menu = [{"label": label, "url": url, "key": key} for label, url, right, key in MENU if right in rights]
    return {"menu": menu, "can": {right.replace(".", "_"): True for right in rights}}
