"""The tables of questions and answers, by what they are about."""

from experiments.models.answers import (
    ClockTimestamp,
    ConfigVersion,
    Enrolment,
    Forecast,
    GoalTotal,
    Look,
    Phase,
    Refinement,
    Result,
    Tally,
)
from experiments.models.audience import Holdout, Namespace, SavedGroup
from experiments.models.questions import Experiment, ExperimentGoal, Role, Status, Unit, Variant, kind_choices

__all__ = [
    "ClockTimestamp",
    "ConfigVersion",
    "Enrolment",
    "Experiment",
    "ExperimentGoal",
    "Forecast",
    "GoalTotal",
    "Holdout",
    "Look",
    "Namespace",
    "Phase",
    "Refinement",
    "Result",
    "Role",
    "SavedGroup",
    "Status",
    "Tally",
    "Unit",
    "Variant",
    "kind_choices",
]
