"""What has begun, as one reads it: every frozen field in people's units."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.admin.entry_words import audience_line, group_line, moment_in_words, others_line, pages_line
from experiments.figures import DASH, percent
from experiments.models import Experiment

# A field and what it is shown as: both are read-only, or the field would stay in the form, required and unseen.
SHOWN_FROZEN = {
    "coverage": "coverage_shown",
    "minimum_effect": "minimum_effect_shown",
    "alpha": "alpha_shown",
    "condition": "condition_shown",
    "pages": "pages_shown",
    "namespace": "namespace_shown",
    "prerequisites": "prerequisites_shown",
    "starts_at": "starts_at_shown",
    "planned_end": "planned_end_shown",
}
# Only with the field before them, or not at all once it is frozen.
HIDDEN_FROZEN = {"namespace_share"}
FROZEN = [
    *("project", "kind", "unit", "planned_sample", "key"),
    *HIDDEN_FROZEN,
    *SHOWN_FROZEN,
    *SHOWN_FROZEN.values(),
]


class Frozen:
    """Columns of a page that is only read; mixed into the admin."""

    @admin.display(description=_("share of traffic"))
    def coverage_shown(self, experiment: Experiment) -> str:
        return percent(experiment.coverage)

    @admin.display(description=_("smallest change worth having"))
    def minimum_effect_shown(self, experiment: Experiment) -> str:
        return DASH if experiment.minimum_effect is None else percent(experiment.minimum_effect)

    @admin.display(description=_("tolerated false alarm"))
    def alpha_shown(self, experiment: Experiment) -> str:
        return percent(experiment.alpha)

    @admin.display(description=_("who takes part"))
    def condition_shown(self, experiment: Experiment) -> str:
        return audience_line(experiment) or gettext("Everybody")

    @admin.display(description=_("on which pages"))
    def pages_shown(self, experiment: Experiment) -> str:
        return pages_line(experiment) or gettext("Every page")

    @admin.display(description=_("exclusion group"))
    def namespace_shown(self, experiment: Experiment) -> str:
        return group_line(experiment) or DASH

    @admin.display(description=_("only people of other tests"))
    def prerequisites_shown(self, experiment: Experiment) -> str:
        return others_line(experiment) or DASH

    @admin.display(description=_("scheduled start"))
    def starts_at_shown(self, experiment: Experiment) -> str:
        moment = experiment.starts_at
        return moment_in_words(moment, experiment.project.timezone) if moment else DASH

    @admin.display(description=_("planned end"))
    def planned_end_shown(self, experiment: Experiment) -> str:
        moment = experiment.planned_end
        return moment_in_words(moment, experiment.project.timezone) if moment else DASH
