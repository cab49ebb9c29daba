"""How much of the traffic a running experiment takes: only more."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.admin.fields import PercentField
from experiments.figures import percent


class CoverageForm(forms.Form):
    coverage = PercentField(label=_("Share of traffic from now on"))

    def __init__(self, now_taken: float, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"coverage": 1.0})
        self.now_taken = now_taken

    def clean_coverage(self) -> float:
        share: float = self.cleaned_data["coverage"]
        if share <= self.now_taken:
            told = gettext("Enter more than %(share)s: with less, people would lose the variant they know.")
            raise forms.ValidationError(told % {"share": percent(self.now_taken)})
        return share
