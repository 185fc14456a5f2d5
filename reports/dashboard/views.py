"""The page "Theo dõi": figures, trend and places of one unit; the first unit of the user when none is named."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404
from django.template.loader import render_to_string
from django.utils.timezone import localdate

from ehr.common.background import enqueue_on_commit
from ehr.records.views.base import RightPage
from reports.dashboard.counting import is_old
from reports.dashboard.figures import overview
from reports.periods import Period
from reports.questions import OutOfScope, Question, unit_of_token, unit_token, units_offered, villages_seen
from reports.small import sees_small
from reports.submission.calendar import open_dues, title_of
from reports.submission.kept import kept
from stations import memory
from stations.models import AdminUnit
from stations.scope import scope_of

BY = {"province": "commune", "district": "commune", "commune": "village"}


class Overview(RightPage):
    right = "report.view"
    template_name = "reports/dashboard/overview.html"

    def prepare(self) -> None:
        self.offered = units_offered(self.request.user)
        token = self.request.GET.get("unit", "")
        first = next((unit for _, units in self.offered for unit in units), None)
        unit = unit_of_token(token) if token else first
        if unit is None and not token:
            self.unit: AdminUnit | None = None
            return
        try:
            if unit is None:
                raise OutOfScope
            self.only_villages = villages_seen(self.request.user, unit)
        except OutOfScope:
            raise Http404 from None
        self.unit = unit

    def context(self) -> dict[str, Any]:
        if self.unit is None:
            return {"unit": None}
        today, unit = localdate(), self.unit
        question = Question(
            unit=self.unit, period=Period.of("month", today), by=BY[self.unit.level], user=self.request.user,
            today=today, only_villages=self.only_villages,
        )  # fmt: skip
        seen = overview(question, hide=not sees_small(self.request.user))
        if seen["built"]:  # once a minute, not with every look
            self._renew(seen)
        scope = scope_of(self.request.user)
        sends = scope.can("record.change") or scope.can("report.submit")
        return {
            "unit": self.unit, "seen": seen,
            "choices": self._choices(unit_token(self.unit)),
            "dues": kept(f"dues:{self.unit.pk}:{today}", lambda: _dues(unit, today)) if sends else [],
        }  # fmt: skip

    def _renew(self, seen: dict[str, Any]) -> None:
        """Has the commune counted again, or what was never counted: it is shown next time."""
        if self.unit and self.unit.level == "commune" and self.unit.scheme == "new" and is_old(seen["counted_at"]):
            enqueue_on_commit("dashboard.renew", self.unit.pk)
        elif seen["uncounted"]:
            enqueue_on_commit("dashboard.renew", *seen["uncounted"])

    def _choices(self, token: str) -> str:
        """The units of the selection list, drawn; kept for as long as they are remembered."""

        def draw() -> list[str]:
            offered = [
                (heading, [(unit_token(unit), unit.full_name) for unit in units]) for heading, units in self.offered
            ]
            return [render_to_string("reports/dashboard/_choices.html", {"offered": offered, "token": token})]

        return memory.listed(("choices", token, *(unit.pk for _, units in self.offered for unit in units)), draw)[0]


def _dues(unit: AdminUnit, today: dt.date) -> list[str]:
    """The most urgent reports that the unit has not sent."""
    return [
        f"{title_of(due)} {due.period.title.lower()} (hạn {due.early:%d/%m/%Y})" for due in open_dues([unit], today)[:5]
    ]
