"""The first page: what this user's places are like, and where the user was last."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import cache
from django.utils.timezone import localdate

from ehr.records import queries
from ehr.records.panels import panels_of
from ehr.records.recent import recent
from ehr.records.views.base import RightPage
from stations.models import Assignment
from stations.scope import scope_of

COUNTS_KEPT = 300  # seconds; counting a province takes longer than the page may


class Home(RightPage):
    """For everybody who may log in; what is shown follows the rights."""

    right = ""
    template_name = "records/home.html"

    def context(self) -> dict[str, Any]:
        user = self.request.user
        assignments = Assignment.objects.valid_on(localdate()).filter(user=user).select_related("unit", "organization")
        context: dict[str, Any] = {"assignments": list(assignments), "panels": panels_of(user)}
        if scope_of(user).can("record.view"):
            context |= {
                "counts": self._counts(),
                "people": queries.people_by_keys(user=user, keys=recent(user, "person")),
                "households": queries.households_by_keys(user=user, keys=recent(user, "household")),
            }
        return context

    def _counts(self) -> queries.PlaceCounts:
        scope = scope_of(self.request.user)
        places = repr([sorted(part) for part in (scope.provinces, scope.communes, scope.villages, scope.stations)])
        name = f"counts:{hashlib.sha256(places.encode()).hexdigest()}"
        counts = cache.get(name)
        if counts is None:
            counts = queries.place_counts(user=self.request.user)
            cache.set(name, counts, COUNTS_KEPT)
        return counts
