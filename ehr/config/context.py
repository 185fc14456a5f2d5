"""What every page of our own needs: the menu that the user's roles allow."""

from django.urls import reverse

from stations.roles import RIGHTS
from stations.scope import scope_of

MENU = [  # (label, URL name, right, key)
    ("Tìm người", "records:find", "record.view", "1"),
    ("Hộ gia đình", "records:households", "record.view", "2"),
    ("Nhập tệp", "intake:index", "record.view", "3"),
    ("Nhập XML", "claims:index", "record.view", "4"),
    ("Báo cáo", "reports:index", "report.view", "5"),
    ("Theo dõi", "dashboard:overview", "report.view", "6"),
    ("Quản trị", "admin:index", "list.view", "7"),
    ("Hạn chế", "claims:restricted", "restricted.view", "8"),
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
    for entry in menu:  # of two addresses that fit, the longer one is where the user is
        longer = [other for other in menu if other["here"] and len(other["href"]) > len(entry["href"])]
        entry["here"] = entry["here"] and not longer
    return {"menu": menu, "can": {right.replace(".", "_"): True for right in rights}}
