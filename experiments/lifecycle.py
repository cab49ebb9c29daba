"""Everything that can be done with an experiment, for the doors: the verbs, and what each may raise.

Every verb that changes what is served takes the project's lock, moves by one UPDATE and publishes, in one transaction.
"""

from experiments.enrolling import add_goal, pause, resume, start, stop
from experiments.freezing import refuse_frozen
from experiments.moves import LIVE, MOVES, UNBEGUN, AlreadyMoved, Frozen, IllegalMove, NotReady, word
from experiments.plan_building import planned_goal
from experiments.readiness import problems_before_schedule, problems_before_start
from experiments.rephasing import grow_coverage, new_phase
from experiments.schedule import keep_schedule, schedule, unschedule
from experiments.shipping import archive, ship, unarchive, unship

__all__ = [
    "LIVE",
    "MOVES",
    "UNBEGUN",
    "AlreadyMoved",
    "Frozen",
    "IllegalMove",
    "NotReady",
    "add_goal",
    "archive",
    "grow_coverage",
    "keep_schedule",
    "new_phase",
    "pause",
    "planned_goal",
    "problems_before_schedule",
    "problems_before_start",
    "refuse_frozen",
    "resume",
    "schedule",
    "ship",
    "start",
    "stop",
    "unarchive",
    "unschedule",
    "unship",
    "word",
]
