"""What every page of our own needs: the menu that the user's roles allow."""

from django.urls import reverse

from stations.roles import RIGHTS
from stations.scope import scope_of

MENU = [  # (label, URL name, right, key)
    ("Tìm người", "records:find", "record.view", "1"),
    ("Hộ gia đình", "records:households", "record.view", "2"),
    ("Nhập tệp", "intake:index", "record.view", "3"),
    ("Báo cáo", "reports:index", "report.view", "4"),
    ("Theo dõi", "dashboard:overview", "report.view", "5"),
    ("Quản trị", "admin:index", "list.view", "6"),
]


def navigation(request):
    """`menu`: entries for the user (label, href, key, here); `can`: rights, for `{% if can.record_change %}`."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"menu": [], "can": {}}
    scope = scope_of(user)
    rights = set().union(*(RIGHTS[role] for role in scope.roles))
    menu = []
    for label, name, right, key in MENU:
        if right in rights:
            href = reverse(name)
            menu.append({"label": label, "href": href, "key": key, "here": request.path.startswith(href)})
    return {"menu": menu, "can": {right.replace(".", "_"): True for right in rights}}
