"""Who is logged in: the user of a session, read by one prepared statement together with the version of all scopes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

from ehr.common.prepared import Prepared
from stations.models import User

VERSION = RawSQL("(SELECT version FROM stations_scopeversion)", (), output_field=BigIntegerField())
_USER: Prepared[User] = Prepared(lambda pk: User.objects.filter(pk=pk).annotate(scope_version=VERSION).order_by(), int)


class SessionBackend(ModelBackend):
    """Django's own backend; the user brings along `scope_version` (see `stations.scope`)."""

    def get_user(self, user_id: Any) -> User | None:
        user = _USER.first(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
