"""Forms of the comparison: what is accepted, which villages are compared. Buttons that must work once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from ehr.common import formfields
from ehr.intake.forms import ActionForm
from ehr.intake.register.models import Group, RegisterAcceptance


class AcceptForm(ActionForm):
    """A group, or lines of it, with what became of people who are gone. `values()`: group, outcome, day, place."""

    group = forms.ChoiceField(choices=Group.choices, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label="Những người này", required=False, widget=forms.RadioSelect,
        choices=[choice for choice in RegisterAcceptance.Outcome.choices if choice[0]],
    )  # fmt: skip
    day = formfields.DateField(label="Ngày", required=False)
    place = forms.CharField(label="Chuyển đến", required=False, max_length=200)

    def __init__(self, *args: Any, group: str = "", **kwargs: Any) -> None:
        super().__init__(*args, initial={"group": group}, **kwargs)
        for name in ("day", "place"):
            self.fields[name].widget.attrs["autocomplete"] = "off"


class ScopeForm(ActionForm):
    """Villages whose absent people are asked for. The page writes the boxes itself: a district has 160 of them."""

    villages = forms.TypedMultipleChoiceField(
        label="Thôn được so sánh", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, villages: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["villages"].choices = villages
