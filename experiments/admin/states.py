"""What a page of an experiment may change: everything before the start, and again where a new phase is prepared."""

from django.db.models import Model
from django.http import HttpRequest

from experiments.models import Experiment, Status
from experiments.moves import LIVE, UNBEGUN

# Where a phase has been, so that another may follow.
BEGUN = (*LIVE, Status.STOPPED)
ASKS = "phase"


def mark_new_phase(experiment: Experiment, request: HttpRequest) -> None:
    """Remembered on the experiment that this page is about: an inline is told of nothing else."""
    asked = "new_phase" in request.POST if request.method == "POST" else request.GET.get(ASKS) == "new"
    wanted = asked and experiment.status in BEGUN and not experiment.shipped_variant
    experiment.opens_phase = wanted  # type: ignore[attr-defined]  # no column, only this page's


def opens_phase(experiment: Model | None) -> bool:
    return bool(getattr(experiment, "opens_phase", False))


def is_editable(experiment: Model | None) -> bool:
    return experiment is None or getattr(experiment, "status", None) in UNBEGUN or opens_phase(experiment)
