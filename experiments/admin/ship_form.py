"""Which variant everyone gets."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.admin.listing import phase_of, result_of
from experiments.models import Experiment
from experiments.moves import LIVE
from experiments.phases import plan_of


class ShipForm(forms.Form):
    """Offers the variants of the last phase; a winner is chosen beforehand, and nothing where there is none."""

    variant = forms.ChoiceField(label=_("Which one?"), widget=forms.RadioSelect)

    def __init__(self, experiment: Experiment, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        phase = phase_of(experiment)
        plan = plan_of(phase.plan) if phase else None
        self.names = {variant.key: variant.name for variant in plan.variants} if plan else {}
        field = self.fields["variant"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(self.names.items())
        changed = [variant.key for variant in plan.variants if not variant.is_control] if plan else []
        result = result_of(experiment)
        if result is not None and result.verdict == "ship" and len(changed) == 1:
            self.initial["variant"] = changed[0]

    def name_of(self, key: str) -> str:
        return self.names.get(key, key)


def after_ship(experiment: Experiment) -> list[str]:
    first = [gettext("The experiment is stopped first: nobody new joins it.")] if experiment.status in LIVE else []
    return [
        *first,
        gettext(
            "Everybody it is for sees this variant from then on, within seconds and without a change of your site; "
            "on the same pages, and whatever the share of traffic was. A holdout keeps seeing the original."
        ),
        gettext("You can take it back at any time. Build it into the page when you find the time."),
    ]
