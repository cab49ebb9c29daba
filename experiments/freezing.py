"""What is frozen once an experiment has begun: all that its numbers stand for."""

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from experiments.models import Experiment, Status
from experiments.moves import UNBEGUN, Frozen, word

# Words for people, and a wish of the schedule: nothing is computed from them.
OPEN = {"key", "name", "hypothesis", "stops_by_itself"}
PARTS: dict[str, str | Promise] = {
    "kind": gettext_lazy("kind"),
    "variants": gettext_lazy("variants"),
    "goal_roles": gettext_lazy("goals"),
    "unit": gettext_lazy("unit"),
    "coverage": gettext_lazy("share of traffic"),
    "condition": gettext_lazy("audience"),
    "pages": gettext_lazy("pages"),
    "namespace": gettext_lazy("exclusion group"),
    "namespace_share": gettext_lazy("share of the exclusion group"),
    "prerequisites": gettext_lazy("other tests"),
    "alpha": gettext_lazy("tolerated false alarm"),
    "minimum_effect": gettext_lazy("smallest change worth having"),
    "planned_sample": gettext_lazy("planned number of people"),
    "planned_end": gettext_lazy("planned end"),
    "starts_at": gettext_lazy("scheduled start"),
}


def refuse_frozen(experiment: Experiment, changed: Collection[str]) -> None:
    """Raises ``Frozen`` when a field that would get another value may not change any more."""
    fixed = sorted(set(changed) - OPEN)
    if experiment.status in UNBEGUN or not fixed:
        return
    told = _("“%(name)s” is %(status)s: its %(parts)s cannot change. Start a new phase with the change instead.")
    if experiment.status == Status.ARCHIVED:
        told = _("“%(name)s” is %(status)s: its %(parts)s cannot change.")
    parts = ", ".join(str(PARTS.get(name, name)) for name in fixed)
    raise Frozen(told % {"name": experiment.name, "status": word(experiment.status), "parts": parts}, fixed)
