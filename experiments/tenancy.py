"""The way to its project from each table of this floor."""

from experiments.models import (
    ConfigVersion,
    Enrolment,
    Experiment,
    ExperimentGoal,
    Forecast,
    GoalTotal,
    Holdout,
    Look,
    Namespace,
    Phase,
    Refinement,
    Result,
    SavedGroup,
    Tally,
    Variant,
)
from tracking.tenancy import register

register(
    {
        **dict.fromkeys((Experiment, Namespace, SavedGroup, Holdout, ConfigVersion), "project"),
        **dict.fromkeys((Variant, ExperimentGoal, Phase, Forecast), "experiment__project"),
        **dict.fromkeys((Tally, Result, Look, Refinement, Enrolment), "phase__experiment__project"),
        GoalTotal: "enrolment__phase__experiment__project",
    }
)
