"""What somebody expects of goals that have no history yet: visitors a day and shares of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from experiments.admin.fields import PercentField
from experiments.forecasts import MOST_A_DAY, Assumed
from experiments.models import Experiment, ExperimentGoal


class AssumedForm(forms.Form):
    """One field for each goal that is counted once a person: of a sum, nobody knows the spread."""

    people_per_day = forms.IntegerField(
        label=_("Visitors a day"),
        required=False,
        min_value=1,
        max_value=MOST_A_DAY,
        localize=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, experiment: Experiment, assumed: Assumed, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.goals = [row.goal for row in _counted_once(experiment)]
        known = assumed.people_per_day
        self.initial["people_per_day"] = None if known is None else round(known)
        for goal in self.goals:
            name = _field_of(goal.key)
            self.fields[name] = PercentField(label=goal.name, required=False, min_value=0.001, max_value=99.9)
            self.initial[name] = assumed.rates.get(goal.key)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(_("Enter the visitors a day, or what share of them does something."))
        return cleaned

    @property
    def has_numbers(self) -> bool:
        """Whether it comes filled in."""
        return any(value is not None for value in self.initial.values())

    @property
    def assumed(self) -> Assumed:
        """Of a form that is valid."""
        cleaned = self.cleaned_data
        rates = {goal.key: cleaned[_field_of(goal.key)] for goal in self.goals}
        return Assumed(cleaned["people_per_day"], {key: rate for key, rate in rates.items() if rate is not None})


def _field_of(key: str) -> str:
    return f"rate-{key}"


def _counted_once(experiment: Experiment) -> Iterator[ExperimentGoal]:
    return experiment.goal_roles.select_related("goal").filter(goal__measure="once").iterator()
