"""The question as a form: unit, period, grouping, options of the report. Plain GET: an address can be kept and sent."""

import datetime as dt
from typing import Any

from django import forms

from reports.periods import EXAMPLES, NAMES, Period, PeriodError
from reports.questions import GROUPINGS, OutOfScope, unit_of_token, unit_token, units_offered, villages_seen
from reports.report import Report
from stations.models import AdminUnit, User


class QuestionForm(forms.Form):
    """Cleaned data: `unit` (AdminUnit), `only_villages`, `period` (Period), `by`, `options`.

    A unit that the user may not see raises OutOfScope out of `full_clean`: a wrong address, not a typing error."""

    unit = forms.CharField(label="Đơn vị", widget=forms.Select)
    period = forms.CharField(
        label="Kỳ", max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "size": 18}),
    )  # fmt: skip
    by = forms.CharField(label="Theo", required=False, widget=forms.Select)

    def __init__(self, data: Any, *, report: Report, user: User, today: dt.date) -> None:
        super().__init__(data, initial={"period": Period.of(report.periods[0], today).text})
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
        named = {name for level in levels for name in report.levels.get(level, ())}
        self.fields["by"].widget.choices = [(key, label) for key, label in GROUPINGS.items() if key in named]
        if len(named) <= 1:
            del self.fields["by"]
        self._period_help(report)
        for option in report.options:
            self.fields[option.key] = forms.ChoiceField(
                label=option.label, choices=option.choices, required=False, initial=option.choices[0][0]
            )

    def _period_help(self, report: Report) -> None:
        """Which periods can be typed: offered as suggestions, and said in the hint."""
        field = self.fields["period"]
        field.label = "Kỳ (" + ", ".join(NAMES[kind] for kind in report.periods) + ")"
        field.widget.attrs["placeholder"] = EXAMPLES[report.periods[0]]
        field.widget.attrs["list"] = "period-examples"
        running = [Period.of(kind, self.today) for kind in report.periods]
        self.suggestions = [period.text for now in running for period in (now, now.previous())]

    def _seen(self, token: str) -> AdminUnit:
        unit = unit_of_token(token)
        if unit is None or not self.report.groupings_for(unit):
            raise OutOfScope
        self.only_villages = villages_seen(self.user, unit)
        return unit

    def clean_unit(self) -> AdminUnit:
        return self._seen(self.cleaned_data["unit"])

    def clean_period(self) -> Period:
        try:
            return Period.parse(self.cleaned_data["period"], today=self.today, kinds=self.report.periods)
        except PeriodError as exc:
            raise forms.ValidationError(str(exc), code="period") from None

    def clean(self) -> dict[str, Any]:
        """A grouping that the unit does not have becomes the unit's own."""
        cleaned = super().clean() or self.cleaned_data
        if unit := cleaned.get("unit"):
            groupings = self.report.groupings_for(unit)
            cleaned["by"] = cleaned["by"] if cleaned.get("by") in groupings else groupings[0]
            cleaned["only_villages"] = self.only_villages
            if "by" in self.fields:  # the form shows what was answered
                self.data["by"] = cleaned["by"]
        if period := cleaned.get("period"):
            self.data["period"] = period.text
        cleaned["options"] = self.report.options_of(cleaned)
        return cleaned


def _label(unit: AdminUnit) -> str:
    return f"{unit.full_name} (cũ)" if unit.scheme == "old" else unit.full_name
