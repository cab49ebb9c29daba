"""The table of an experiment's moves, and what may go wrong in one. A move is one UPDATE: of two clicks one wins."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from experiments.models import Experiment, Status

# Running to running and stopped to running: the next phase opens.
MOVES: dict[str, set[str]] = {
    "draft": {"scheduled", "running"},
    "scheduled": {"draft", "running"},
    "running": {"paused", "stopped", "running"},
    "paused": {"running", "stopped"},
    "stopped": {"archived", "running"},
    "archived": {"stopped"},
}
# While a phase is open: its plan is served, also where nobody new is let in.
LIVE = (Status.RUNNING, Status.PAUSED)
# Nothing has been served yet, so everything may still change.
UNBEGUN = (Status.DRAFT, Status.SCHEDULED)


class IllegalMove(Exception):
    """This state has no such move."""


class AlreadyMoved(Exception):
    """Somebody else was faster."""


class NotReady(Exception):
    """The experiment lacks what a start needs; ``problems`` are sentences for the marketer."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


class Frozen(Exception):
    """What was decided before the start cannot change; ``fields`` names what somebody tried to."""

    def __init__(self, sentence: str, fields: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.fields = tuple(fields)


def word(status: str) -> str:
    """A status inside a sentence."""
    return str(Status(status).label).lower()


def move(experiment: Experiment, new: str, *, among: Sequence[str] = ()) -> None:
    """From the state in which the caller saw it. ``among``: only from these, where the table would allow others.

    The state on ``experiment`` itself stays as it was: what follows may still fail, and is rolled back then.
    Raises ``IllegalMove`` or ``AlreadyMoved``.
    """
    old = experiment.status
    if new not in MOVES[old] or (among and old not in among):
        raise IllegalMove(_("This experiment is %(old)s and cannot be %(new)s.") % {"old": word(old), "new": word(new)})
    if not Experiment.objects.filter(id=experiment.id, status=old).update(status=new):
        raise overtaken()


def overtaken() -> AlreadyMoved:
    return AlreadyMoved(_("Somebody else has just changed this experiment. Reload the page."))
