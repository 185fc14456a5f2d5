"""Which facility, which days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.timezone import localdate

from ehr.claims.export import services
from ehr.common.formfields import DateField
from stations.models import User
from stations.scope import scope_of


class PeriodForm(forms.Form):
    """The fields of the address, so that a page can be opened again."""

    facility = forms.ChoiceField(label="Cơ sở", error_messages={"required": "Chọn cơ sở."})
    first = DateField(label="Từ ngày ra")
    last = DateField(label="Đến hết ngày ra")
    changed = forms.BooleanField(label="Chỉ lượt chưa xuất hoặc đã đổi sau lần xuất trước", required=False)
    restricted = forms.BooleanField(label="Kèm hồ sơ hạn chế (HIV, lao, tâm thần…)", required=False)

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial=self.last_month())
        self.user = user
        choices = [(code, f"{code} – {facility.name}") for code, facility in services.facilities_of(user)]
        self.fields["facility"].choices = choices  # type: ignore[attr-defined]
        if not scope_of(user).can("restricted.view"):
            self.fields.pop("restricted")

    @staticmethod
    def last_month() -> dict[str, dt.date]:
        """The month before this one: claims of a month go out by the fifth of the next."""
        end = localdate().replace(day=1) - dt.timedelta(days=1)
        return {"first": end.replace(day=1), "last": end}

    def period(self) -> services.Period:
        """Of valid fields. Raises PermissionDenied, WrongPeriod."""
        given = self.cleaned_data
        return services.period_of(
            given["facility"], given["first"], given["last"], by=self.user, restricted=given.get("restricted", False)
        )
