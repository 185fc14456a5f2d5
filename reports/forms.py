"""The question as a form: unit, month, grouping. Plain GET, so that an address can be kept and sent."""

import datetime as dt
from typing import Any

from django import forms

from reports.periods import Month, MonthError
from reports.questions import GROUPINGS, OutOfScope, unit_of_token, unit_token, units_offered, villages_seen
from reports.registry import Report
from stations.models import AdminUnit, User


class QuestionForm(forms.Form):
    """Cleaned data: `unit` (AdminUnit), `only_villages`, `month` (Month), `by`.

    A unit that the user may not see raises OutOfScope out of `full_clean`: a wrong address, not a typing error."""

    unit = forms.CharField(label="Đơn vị", widget=forms.Select)
    month = forms.CharField(
        label="Tháng", max_length=10,
        widget=forms.TextInput({"inputmode": "numeric", "placeholder": "mm/yyyy", "autocomplete": "off", "size": 8}),
    )  # fmt: skip
    by = forms.CharField(label="Theo", required=False, widget=forms.Select)

    def __init__(self, data: Any, *, report: Report, user: User, today: dt.date) -> None:
        super().__init__(data, initial={"month": Month.of(today).text})
        self.report, self.user, self.today = report, user, today
        offers = [(heading, [u for u in units if report.groupings_for(u)]) for heading, units in units_offered(user)]
        choices = [(heading, [(unit_token(u), _label(u)) for u in units]) for heading, units in offers if units]
        asked, unit = self.data.get("unit", ""), None
        if asked and not any(asked == token for _, units in choices for token, _ in units):
            unit = self._seen(asked)  # an old commune, reached by a link: not offered, because there are too many
            choices.append(("Đang xem", [(asked, _label(unit))]))
        self.fields["unit"].widget.choices = choices
        self.first_unit = next((token for _, units in choices for token, _ in units), "")
        levels = {unit.level for _, units in offers for unit in units} | ({unit.level} if unit else set())
        named = {name for level in levels for name in report.groupings.get(level, ())}
        self.fields["by"].widget.choices = [(key, label) for key, label in GROUPINGS.items() if key in named]
        if len(named) <= 1:
            del self.fields["by"]

    def _seen(self, token: str) -> AdminUnit:
        unit = unit_of_token(token)
        if unit is None or not self.report.groupings_for(unit):
            raise OutOfScope
        self.only_villages = villages_seen(self.user, unit)
        return unit

    def clean_unit(self) -> AdminUnit:
        return self._seen(self.cleaned_data["unit"])

    def clean_month(self) -> Month:
        try:
            return Month.parse(self.cleaned_data["month"], today=self.today)
        except MonthError as exc:
            raise forms.ValidationError(str(exc), code="month") from None

    def clean(self) -> dict[str, Any]:
        """A grouping that the unit does not have becomes the unit's own."""
        cleaned = super().clean() or self.cleaned_data
        if unit := cleaned.get("unit"):
            groupings = self.report.groupings_for(unit)
            cleaned["by"] = cleaned["by"] if cleaned.get("by") in groupings else groupings[0]
            cleaned["only_villages"] = self.only_villages
            if "by" in self.fields:  # the form shows what was answered
                self.data["by"] = cleaned["by"]
        if month := cleaned.get("month"):
            self.data["month"] = month.text
        return cleaned


def _label(unit: AdminUnit) -> str:
    return f"{unit.full_name} (cũ)" if unit.scheme == "old" else unit.full_name
